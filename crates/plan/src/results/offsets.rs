//! The CSV of hey (`hey -o csv`) and of oha (`oha --output-format csv`): times in seconds since the start of the run.

use std::io::Read;

use csv::StringRecord;

use super::collector::Collector;
use super::table::Rows;
use super::{Outcome, ReadError, Results, Sample, number, status};

const SECOND: u64 = 1_000_000_000;
/// The columns of a start, a length, a connection and a status: those of hey, and those of oha.
const TOOLS: [[&str; 4]; 2] = [
    ["offset", "response-time", "DNS+dialup", "status-code"],
    ["request-start", "request-duration", "DNS+dialup", "status"],
];

/// Whether a header is that of hey or oha. hey before 0.1.3 writes no offsets.
pub(super) fn is_header(header: &StringRecord) -> bool {
    let has = |name: &str| header.iter().any(|column| column.trim() == name);
    TOOLS.iter().any(|[_, length, connection, status]| has(length) && has(connection) && has(status))
}

/// Reads the rows after the header, which is the first of `rows`.
pub(super) fn read<R: Read>(header: &StringRecord, mut rows: Rows<R>) -> Result<Results, ReadError> {
    let at = |name: &str| header.iter().position(|column| column.trim() == name);
    let columns = TOOLS.iter().find_map(|[start, length, connection, status]| {
        Some([at(start)?, at(length)?, at(connection)?, at(status)?])
    });
    let columns = columns.ok_or_else(|| {
        ReadError::at(1, "the header has no column offset, which says when a request began")
    })?;
    let mut collector = Collector::default();
    let (label, thread) = (collector.label("request"), collector.thread(""));
    let mut take = |line, row: &StringRecord| {
        if row == header {
            return Ok(());
        }
        let sample = sample(row, columns, &mut collector).map_err(|message| ReadError::at(line, message))?;
        collector.push(line, Sample { label, thread, ..sample })
    };
    let Some((line, row)) = rows.all_but_last(&mut take)? else { return collector.finish() };
    let ends_in_status = columns[3] + 1 == header.len();
    let status = row.get(columns[3]).unwrap_or_default();
    let is_cut = ends_in_status && rows.ends_within_row() && status::is_cut(status);
    let mistake =
        if is_cut { Some(ReadError::at(line, "the row is cut off")) } else { take(line, &row).err() };
    collector.finish_but(mistake, is_cut || row.len() < header.len())
}

fn sample(row: &StringRecord, columns: [usize; 4], collector: &mut Collector) -> Result<Sample, String> {
    let [start, elapsed, connect, code] = columns.map(|column| row.get(column).unwrap_or_default().trim());
    let time = |what: &str, text: &str| {
        let wrong = || format!("{what} is {:?}; expected seconds", text.chars().take(40).collect::<String>());
        number::time(text, SECOND).ok_or_else(wrong)
    };
    let outcome = status::outcome(code, |text| collector.value(text));
    Ok(Sample {
        start: time("the start", start)?,
        elapsed: time("the response time", elapsed)?,
        connect: number::time(connect, SECOND).unwrap_or_default(),
        success: outcome.is_success(),
        outcome: if code == "0" { Outcome::Failed(collector.value("no answer")) } else { outcome },
        ..Sample::default()
    })
}
