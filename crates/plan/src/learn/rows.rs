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

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// When it reached the server, as far as the client can tell: its start and the time of its connection.
    pub(super) at: Nanos,
    pub(super) end: Nanos,
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
        self.end.max(self.at.saturating_add(1))
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
    pub(super) refused: u64,
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
        let rows: Vec<Row> = picked.into_iter().map(|(row, _)| row).collect();
        Self::with(rows, columns)
    }

    /// Rows in the order of their arrival.
    pub(super) fn with(rows: Vec<Row>, columns: Vec<Column>) -> Self {
        let refused = rows.iter().filter(|row| row.refused).count() as u64;
        let mut by_end: Vec<u32> =
            (0u32..).zip(&rows).filter(|(_, row)| !row.refused).map(|(index, _)| index).collect();
        by_end.sort_by_key(|index| rows[*index as usize].released());
        let place = places(&rows);
        Self { resolution: resolution(&rows), by_end, last: last(&rows), rows, columns, refused, place }
    }

    /// From the first arrival to the last.
    pub(super) fn span(&self) -> Nanos {
        match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => last.at - first.at,
            _ => 0,
        }
    }

    /// The first rows, up to the one at `end`.
    pub(super) fn head(&self, end: usize) -> Self {
        let rows: Vec<Row> = self.rows.iter().take(end).cloned().collect();
        let mut columns = self.columns.clone();
        for column in &mut columns {
            column.values.truncate(end);
        }
        Self::with(rows, columns)
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
fn resolution(rows: &[Row]) -> Nanos {
    const SECOND: Nanos = 1_000_000_000;
    let whole =
        |time: fn(&Row) -> Nanos| rows.len() > 10 && rows.iter().all(|row| time(row).is_multiple_of(SECOND));
    if whole(|row| row.at) || whole(|row| row.end) { SECOND } else { SECOND / 1000 }
}
