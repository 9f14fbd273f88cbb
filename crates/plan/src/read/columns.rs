//! Data sets whose rows decide conditions. A variable stands for the row that a thread has.

use std::collections::HashMap;
use std::rc::Rc;

use csv::ByteRecord;

use super::expression::{Given, Names};
use super::table::Table;

/// The most rows of the data sets that a condition depends on.
const MOST_ROWS: usize = 100_000;

/// What a variable has after the end of the file.
const END: &str = "<EOF>";

/// The data sets of a plan whose rows are followed.
#[derive(Default)]
pub(super) struct Columns {
    /// The names of all columns of the data sets that have a column. Those of other lists are not followed.
    lists: HashMap<String, String>,
    /// The data sets of each list of names.
    sets: HashMap<String, Vec<Set>>,
    next: i64,
}

/// A data set, and the value of its first row.
struct Set {
    table: Rc<Table>,
    first: i64,
    /// Whether a thread goes on after the last row.
    has_end: bool,
}

impl Columns {
    /// Adds a data set. Returns the names of columns that another data set has beside other ones: they are not followed.
    pub(super) fn add(&mut self, table: Rc<Table>, has_end: bool) -> Vec<String> {
        let list = table.names.join(",");
        let is_other = |name: &&String| self.lists.get(*name).is_some_and(|other| *other != list);
        let others = table.names.iter().filter(is_other).cloned().collect();
        for name in &table.names {
            self.lists.entry(name.clone()).or_insert_with(|| list.clone());
        }
        let sets = self.sets.entry(list).or_default();
        if let Some(set) = sets.iter_mut().find(|set| Rc::ptr_eq(&set.table, &table)) {
            set.has_end |= has_end;
        } else {
            let first = self.next;
            self.next = first.saturating_add_unsigned(table.rows.len() as u64 + 1);
            sets.push(Set { table, first, has_end });
        }
        others
    }

    /// The list of names that a column is in.
    pub(super) fn list(&self, column: &str) -> Option<&str> {
        self.lists.get(column).map(String::as_str)
    }

    /// The value of a data set's first row.
    pub(super) fn first(&self, table: &Rc<Table>) -> Option<i64> {
        let sets = self.sets.get(&table.names.join(","))?;
        sets.iter().find(|set| Rc::ptr_eq(&set.table, table)).map(|set| set.first)
    }

    /// The values of the rows of all data sets of a list, with the cells of some columns. `None` if there are too many, or if
    /// one is too short for them: the variables keep what they have then.
    pub(super) fn rows(&self, list: &str, columns: &[String]) -> Option<Vec<Row>> {
        let mut all = Vec::new();
        let end = || vec![END.to_owned(); columns.len()];
        for set in self.sets.get(list)? {
            if all.len() + set.table.rows.len() > MOST_ROWS {
                return None;
            }
            let places: Vec<usize> = columns.iter().filter_map(|name| set.place(name)).collect();
            for (value, row) in (set.first..).zip(&set.table.rows) {
                all.push((value, if row.is_empty() { end() } else { cells(row, &places)? }));
            }
            let last = set.first.saturating_add_unsigned(set.table.rows.len() as u64);
            all.extend(set.has_end.then(|| (last, end())));
        }
        Some(all)
    }
}

/// A row: its value, and the cells of the columns that are asked for.
pub(super) type Row = (i64, Vec<String>);

impl Set {
    fn place(&self, column: &str) -> Option<usize> {
        self.table.names.iter().position(|name| name == column)
    }
}

fn cells(row: &ByteRecord, places: &[usize]) -> Option<Vec<String>> {
    places
        .iter()
        .map(|place| row.get(*place).map(|cell| String::from_utf8_lossy(cell).into_owned()))
        .collect()
}

/// Columns before their first row: those that the plan defines have that value.
pub(super) fn unset(names: &Names, columns: &[String]) -> Vec<Given> {
    columns.iter().map(|name| (name.clone(), names.at_start(name))).collect()
}
