//! The rows of a run as the learner needs them: when a request arrived, and whether it was refused.

use std::collections::HashMap;
use std::sync::Arc;

use super::Options;
use crate::Nanos;
use crate::results::{Outcome, Results, Sample};

/// A column of the file with more values than this names rows, not what a limit counts by.
const VALUES: usize = 5_000;
/// Columns that are tried as scopes.
const COLUMNS: usize = 6;
const MILLISECOND: Nanos = 1_000_000;
const SECOND: Nanos = 1_000_000_000;

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// When it reached the server, as far as the client can tell: its start and the time of its connection.
    pub(super) at: Nanos,
    pub(super) end: Nanos,
    /// How long before its end it gave its slot back: the way to the server and back, where that shows.
    pub(super) way: Nanos,
    pub(super) label: u32,
    pub(super) thread: u32,
    pub(super) refused: bool,
    /// Whether it opened a connection.
    pub(super) fresh: bool,
    pub(super) retry_after: Option<u32>,
}

impl Row {
    /// When it gave its slot back: after it came, also where the file's clock cannot tell the two apart.
    pub(super) fn released(&self) -> Nanos {
        self.end.saturating_sub(self.way).max(self.at.saturating_add(1))
    }
}

/// A column that can be a scope: the value of each row as a number.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) values: Vec<u32>,
}

/// All requests of a run, in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    #[expect(clippy::struct_field_names, reason = "the rows of rows")]
    pub(super) rows: Vec<Row>,
    pub(super) columns: Vec<Column>,
    /// Refusals of rows that bind.
    pub(super) refused: u64,
    /// Rows before it charge, but bind nothing: what was in use before the run is not known.
    pub(super) from: Nanos,
    /// Tokens in use where the rows begin.
    pub(super) in_use: f64,
    /// For each row the refusals before it: the place of a refused row among the refusals.
    pub(super) place: Vec<u32>,
    /// The distance of two instants that the file can tell apart.
    pub(super) resolution: Nanos,
    /// Indices of the admitted rows, by their end.
    pub(super) by_end: Vec<u32>,
    /// The end of each thread, by time.
    pub(super) last: Vec<Last>,
}

/// What is known of the end of a thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) thread: u32,
    /// The end of its last row. Its connection may have stayed open.
    pub(super) end: Nanos,
    /// Its longest pause between two rows. A thread that waits longer is over.
    pub(super) pause: Nanos,
}

impl Rows {
    /// The requests of `results`. A row without an answer, a transaction or a script is none.
    pub(super) fn of(results: &Results, options: &Options) -> Self {
        let mut picked: Vec<(Row, &Sample)> =
            results.samples.iter().filter_map(|sample| Some((row(sample, options)?, sample))).collect();
        // Which of two requests of one millisecond came first is not known. A limit admits before it refuses.
        picked.sort_by_key(|(row, _)| (row.at, row.refused));
        let columns = (0..results.columns.len()).filter_map(|index| column(results, &picked, index));
        let columns = columns.take(COLUMNS).collect();
        let resolution = resolution(&picked);
        let rows: Vec<Row> = picked.into_iter().map(|(row, _)| row).collect();
        Self { resolution, ..Self::with(rows, columns) }
    }

    /// Rows in the order of their arrival.
    pub(super) fn with(rows: Vec<Row>, columns: Vec<Column>) -> Self {
        let refused = rows.iter().filter(|row| row.refused).count() as u64;
        let mut by_end: Vec<u32> =
            (0u32..).zip(&rows).filter(|(_, row)| !row.refused).map(|(index, _)| index).collect();
        by_end.sort_by_key(|index| rows[*index as usize].released());
        let place = places(&rows);
        let last = last(&rows);
        Self { resolution: MILLISECOND, by_end, last, rows, columns, refused, from: 0, in_use: 0.0, place }
    }

    /// From the first arrival to the last.
    pub(super) fn span(&self) -> Nanos {
        match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => last.at - first.at,
            _ => 0,
        }
    }

    /// The same requests with their outcomes in another order within each `block` of time, but for the excused ones. The order is
    /// the same at every call.
    pub(super) fn shuffled(&self, block: Nanos, excused: &[bool]) -> Self {
        let is_excused = |index: usize| excused.get(index).copied().unwrap_or_default();
        let is_free = |index: &usize| self.binds(&self.rows[*index]) && !is_excused(*index);
        let free: Vec<usize> = (0..self.rows.len()).filter(is_free).collect();
        let mut order = free.clone();
        let mut random = fastrand::Rng::with_seed(1);
        for block in
            order.chunk_by_mut(|one, other| self.rows[*one].at / block == self.rows[*other].at / block)
        {
            random.shuffle(block);
        }
        let mut rows = self.rows.clone();
        for (to, from) in free.into_iter().zip(order) {
            // What came of a request and how long it took go together.
            let Row { refused, at, end, .. } = self.rows[from];
            (rows[to].refused, rows[to].end) = (refused, rows[to].at.saturating_add(end - at));
        }
        Self { resolution: self.resolution, ..Self::with(rows, self.columns.clone()) }
            .binding_from(self.from)
            .in_use(self.in_use)
    }

    /// The same rows, where this many tokens are in use as they begin.
    pub(super) fn in_use(self, in_use: f64) -> Self {
        Self { in_use, ..self }
    }

    /// The same rows, where an answer takes this long on the way to the server and back.
    pub(super) fn with_way(&self, way: Nanos) -> Self {
        let rows = self.rows.iter().map(|row| Row { way, ..row.clone() }).collect();
        let rows = Self { resolution: self.resolution, ..Self::with(rows, self.columns.clone()) };
        rows.binding_from(self.from).in_use(self.in_use)
    }

    /// The same rows, of which only those from an instant on bind. Only single limits are searched in such rows.
    pub(super) fn binding_from(self, from: Nanos) -> Self {
        let refused = self.rows.iter().filter(|row| row.refused && row.at >= from).count() as u64;
        Self { refused, from, ..self }
    }

    /// The rows from an instant on.
    pub(super) fn starting_at(&self, from: Nanos) -> Self {
        let start = self.rows.partition_point(|row| row.at < from);
        let columns = self
            .columns
            .iter()
            .map(|column| Column { name: column.name.clone(), values: column.values[start..].to_vec() });
        Self { resolution: self.resolution, ..Self::with(self.rows[start..].to_vec(), columns.collect()) }
    }

    /// The rows of a label.
    pub(super) fn of_label(&self, label: u32) -> Self {
        let kept = |index: &usize| self.rows[*index].label == label;
        let kept: Vec<usize> = (0..self.rows.len()).filter(kept).collect();
        let columns = self.columns.iter().map(|column| Column {
            name: column.name.clone(),
            values: kept.iter().map(|index| column.values[*index]).collect(),
        });
        let rows = kept.iter().map(|index| self.rows[*index].clone()).collect();
        Self { resolution: self.resolution, ..Self::with(rows, columns.collect()) }.binding_from(self.from)
    }

    /// Whether the times of the file are whole seconds.
    pub(super) const fn has_whole_seconds(&self) -> bool {
        self.resolution >= SECOND
    }

    /// Whether a limit has to explain the row.
    pub(super) const fn binds(&self, row: &Row) -> bool {
        row.at >= self.from
    }

    /// The first rows, up to the one at `end`.
    pub(super) fn head(&self, end: usize) -> Self {
        let rows: Vec<Row> = self.rows.iter().take(end).cloned().collect();
        let mut columns = self.columns.clone();
        for column in &mut columns {
            column.values.truncate(end);
        }
        let head = Self { resolution: self.resolution, ..Self::with(rows, columns) };
        head.binding_from(self.from).in_use(self.in_use)
    }
}

fn places(rows: &[Row]) -> Vec<u32> {
    let places = rows.iter().scan(0, |refusals, row| {
        let place = *refusals;
        *refusals += u32::from(row.refused);
        Some(place)
    });
    places.collect()
}

fn last(rows: &[Row]) -> Vec<Last> {
    let mut last: HashMap<u32, Last> = HashMap::new();
    for row in rows {
        let entry = last.entry(row.thread).or_insert(Last { thread: row.thread, end: row.end, pause: 0 });
        entry.pause = entry.pause.max(row.at.saturating_sub(entry.end));
        entry.end = entry.end.max(row.end);
    }
    let mut last: Vec<_> = last.into_values().collect();
    last.sort_by_key(|last| (last.end, last.thread));
    last
}

fn row(sample: &Sample, options: &Options) -> Option<Row> {
    let Outcome::Status(status) = sample.outcome else { return None };
    let at = sample.start.saturating_add(sample.connect);
    (!sample.transaction).then(|| Row {
        at,
        end: sample.start.saturating_add(sample.elapsed).max(at),
        way: 0,
        label: sample.label,
        thread: sample.thread,
        refused: options.refused.contains(&status),
        fresh: sample.connect > 0,
        retry_after: sample.retry_after,
    })
}

/// The column as a scope, or None if all rows have one value, or nearly each its own.
fn column(results: &Results, picked: &[(Row, &Sample)], index: usize) -> Option<Column> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut values = Vec::with_capacity(picked.len());
    for (_, sample) in picked {
        let text = sample.extra.get(index).map_or("", |text| &**text);
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        values.push(*numbers.entry(text).or_insert(next));
    }
    let distinct = numbers.len();
    let useful = distinct > 1 && distinct <= VALUES && distinct * 3 <= values.len();
    useful.then(|| Column { name: Arc::clone(&results.columns[index]), values })
}

/// One millisecond, or one second if all starts or all ends are whole seconds.
fn resolution(picked: &[(Row, &Sample)]) -> Nanos {
    let whole = |time: fn(&Sample) -> Nanos| {
        picked.len() > 10 && picked.iter().all(|(_, sample)| time(sample).is_multiple_of(SECOND))
    };
    if whole(|sample| sample.start) || whole(|sample| sample.start.saturating_add(sample.elapsed)) {
        SECOND
    } else {
        MILLISECOND
    }
}
