//! The rows of one scope, ready to be replayed through candidate limits.

use std::collections::HashSet;

use super::rows::{Last, Row, Rows};
use super::scope::{By, Scope};
use crate::Nanos;

/// One request of a scope.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) at: Nanos,
    /// Which of the scope's counts it belongs to.
    pub(super) group: u32,
    pub(super) thread: u32,
    pub(super) refused: bool,
    pub(super) fresh: bool,
    /// A refusal that another limit explains, or a row at the begin of the run: it binds this limit in nothing.
    pub(super) excused: bool,
    /// Admissions of its group that came before it, but so shortly that the server may have seen them after.
    pub(super) early: u32,
    /// Admissions of its group that came after it, but so shortly that the server may have seen them before.
    pub(super) late: u32,
    /// All requests of its group around it, refused ones too, as `early` and `late` count admissions.
    pub(super) all_around: (u32, u32),
    /// Index of the row in [`Rows`].
    pub(super) row: u32,
}

impl Item {
    /// How many requests that a limit counts came before it, and after it, that the server may have seen in the other order.
    #[inline]
    pub(super) const fn around(&self, counts_refused: bool) -> (u32, u32) {
        if counts_refused { self.all_around } else { (self.early, self.late) }
    }
}

/// The rows of a scope under one time noise.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) items: Vec<Item>,
    pub(super) groups: usize,
    /// Refusals that a limit of this scope should explain.
    pub(super) refusals: u64,
    /// Refusals that the scope does not cover and that are not excused. No limit of the scope explains them.
    pub(super) outside: u64,
    /// How far the order of arrival may differ from the stamps: twice the time noise.
    pub(super) noise: Nanos,
    /// The ends of admitted requests: group and time, by time.
    pub(super) ends: Vec<(u32, Nanos)>,
    /// The end of each thread, by time.
    pub(super) last: Vec<Last>,
    /// Tokens in use where the rows begin.
    pub(super) in_use: f64,
}

impl View {
    /// The rows that `scope` covers. `excused` has one entry for each row, or none.
    pub(super) fn new(rows: &Rows, scope: &Scope, noise: Nanos, excused: &[bool]) -> Self {
        let column = match &scope.by {
            By::Column(name) => rows.columns.iter().find(|column| column.name == *name),
            _ => None,
        };
        let key = |index: usize, row: &Row| match (&scope.by, column) {
            (By::Label, _) => row.label,
            (By::Thread, _) => row.thread,
            (By::Column(_), Some(column)) => column.values[index],
            _ => 0,
        };
        // Keys are small numbers. u32::MAX: not seen yet.
        let (mut numbers, mut groups): (Vec<u32>, u32) = (Vec::new(), 0);
        let (mut items, mut outside) = (Vec::new(), 0);
        // Threads that opened a connection for a request outside the scope, and so gave up the one before.
        let mut reconnected: HashSet<u32> = HashSet::new();
        for (index, row) in rows.rows.iter().enumerate() {
            let excused = row.refused && excused.get(index).copied().unwrap_or_default() || !rows.binds(row);
            if !scope.covers(row.label) {
                outside += u64::from(row.refused && !excused);
                if row.fresh {
                    reconnected.insert(row.thread);
                }
                continue;
            }
            let key = key(index, row) as usize;
            numbers.resize(numbers.len().max(key + 1), u32::MAX);
            if numbers[key] == u32::MAX {
                (numbers[key], groups) = (groups, groups + 1);
            }
            let group = numbers[key];
            let fresh = row.fresh || reconnected.remove(&row.thread);
            items.push(Item { fresh, ..item(index, row, group, excused) });
        }
        let (groups, ends, last) = (groups as usize, ends(rows, &items), rows.last.clone());
        let refusals = items.iter().filter(|item| item.refused && !item.excused).count() as u64;
        let mut view = Self { items, groups, refusals, outside, noise, ends, last, in_use: rows.in_use };
        view.neighbours(false);
        view.neighbours(true);
        view
    }

    pub(super) fn span(&self) -> Nanos {
        match (self.items.first(), self.items.last()) {
            (Some(first), Some(last)) => last.at - first.at,
            _ => 0,
        }
    }

    /// Counts the admissions, or all requests, around each item that may be out of order, with two pointers for each group.
    fn neighbours(&mut self, all: bool) {
        let mut counted: Vec<Vec<(Nanos, usize)>> = vec![Vec::new(); self.groups];
        for (index, item) in self.items.iter().enumerate().filter(|(_, item)| all || !item.refused) {
            counted[item.group as usize].push((item.at, index));
        }
        let mut pointers = vec![(0, 0, 0); self.groups];
        for index in 0..self.items.len() {
            let (at, group) = (self.items[index].at, self.items[index].group as usize);
            let list = &counted[group];
            let (first, here, last) = &mut pointers[group];
            while list.get(*first).is_some_and(|(time, _)| time + self.noise < at) {
                *first += 1;
            }
            while list.get(*here).is_some_and(|(_, other)| *other < index) {
                *here += 1;
            }
            while list.get(*last).is_some_and(|(time, _)| *time <= at + self.noise) {
                *last += 1;
            }
            let item = &mut self.items[index];
            let own = usize::from(all || !item.refused);
            let around = (small(here.saturating_sub(*first)), small(last.saturating_sub(*here + own)));
            if all {
                item.all_around = around;
            } else {
                (item.early, item.late) = around;
            }
        }
    }
}

fn item(index: usize, row: &Row, group: u32, excused: bool) -> Item {
    let Row { at, thread, refused, fresh, .. } = *row;
    Item {
        at,
        group,
        thread,
        refused,
        fresh,
        excused,
        early: 0,
        late: 0,
        all_around: (0, 0),
        row: small(index),
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The ends of the view's admissions, in order.
fn ends(rows: &Rows, items: &[Item]) -> Vec<(u32, Nanos)> {
    let mut groups = vec![None; rows.rows.len()];
    for item in items {
        groups[item.row as usize] = Some(item.group);
    }
    let released = |row: &u32| Some((groups[*row as usize]?, rows.rows[*row as usize].released()));
    let ends = rows.by_end.iter().filter_map(released);
    ends.collect()
}
