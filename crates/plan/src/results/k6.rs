//! k6's CSV (`k6 run --out csv=FILE`): one row for each metric of each request.
//!
//! k6 writes the metrics of a request in order, `http_reqs` first. Their timestamp is the end of the request
//! (`netext/httpext.Trail`).

use std::io::Read;
use std::sync::Arc;

use csv::StringRecord;

use super::collector::Collector;
use super::table::{self, Rows};
use super::{Outcome, ReadError, Results, Sample, number, stamp, status};

const MILLISECOND: u64 = 1_000_000;
/// Tags of k6 that can name what a limit counts by.
const TAGS: [&str; 2] = ["scenario", "group"];
/// The most tags of a script that become columns.
const MOST: usize = 16;

/// Reads the rows after the header, which is the first of `rows`.
pub(super) fn read<R: Read>(header: &StringRecord, mut rows: Rows<R>) -> Result<Results, ReadError> {
    let at = |name: &str| header.iter().position(|column| column.trim() == name);
    let (Some(timestamp), Some(value)) = (at("timestamp"), at("metric_value")) else {
        return Err(ReadError::at(
            1,
            "the header has no columns timestamp and metric_value, which k6 writes",
        ));
    };
    let tags: Vec<(&str, usize)> = TAGS.iter().filter_map(|name| Some((*name, at(name)?))).collect();
    let names = ["name", "method", "status", "error", "vu", "url"].map(at);
    let extra_tags = at("extra_tags");
    let columns = tags.iter().map(|(name, _)| (*name).into()).collect();
    let mut file = File {
        collector: Collector::with_columns(columns),
        timestamp,
        value,
        tags: tags.into_iter().map(|(_, column)| column).collect(),
        names,
        extra_tags,
        open: None,
    };
    let mut row = StringRecord::new();
    while let Some(line) = rows.next(&mut row)? {
        if row != *header {
            file.row(line, &row)?;
        }
    }
    file.close()?;
    file.collector.finish()
}

#[derive(Debug)]
struct File {
    collector: Collector,
    timestamp: usize,
    value: usize,
    tags: Vec<usize>,
    /// The columns name, method, status, error, vu and url.
    names: [Option<usize>; 6],
    extra_tags: Option<usize>,
    /// The request whose metrics are being read: its line, and its sample with the end as start.
    open: Option<(u64, Sample)>,
}

impl File {
    fn row(&mut self, line: u64, row: &StringRecord) -> Result<(), ReadError> {
        let metric = row.get(0).unwrap_or_default();
        if metric == "http_reqs" {
            self.close()?;
            self.open = Some((line, self.begin(line, row)?));
            return Ok(());
        }
        let Some((_, sample)) = &mut self.open else { return Ok(()) };
        let time = number::time(row.get(self.value).unwrap_or_default(), MILLISECOND).unwrap_or_default();
        match metric {
            "http_req_duration" => sample.elapsed = sample.elapsed.saturating_add(time),
            "http_req_connecting" | "http_req_tls_handshaking" => {
                sample.connect = sample.connect.saturating_add(time);
                sample.elapsed = sample.elapsed.saturating_add(time);
                sample.latency = sample.latency.saturating_add(time);
            }
            "http_req_waiting" | "http_req_sending" => sample.latency = sample.latency.saturating_add(time),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, line: u64, row: &StringRecord) -> Result<Sample, ReadError> {
        let [name, method, status, error, vu, url] =
            self.names.map(|column| column.and_then(|column| row.get(column)).unwrap_or_default());
        let text = row.get(self.timestamp).unwrap_or_default();
        let end = stamp::stamp(text).ok_or_else(|| {
            ReadError::at(line, format!("the timestamp is {text:?}; expected a number or a date"))
        })?;
        let outcome = match status::outcome(status, |text| self.collector.value(text)) {
            Outcome::Status(status) => Outcome::Status(status),
            // k6 writes the status 0 if no answer came.
            _ => Outcome::Failed(self.collector.value(error)),
        };
        let extra = self.extra(row);
        let label = self.collector.label(&table::with_method(method, name));
        self.collector.note_url(label, url);
        Ok(Sample {
            extra,
            start: end,
            label,
            thread: self.collector.thread(vu),
            success: matches!(outcome, Outcome::Status(101 | 200..=399)),
            outcome,
            ..Sample::default()
        })
    }

    /// The values of the columns: k6's own tags, and those of the script, which one column has as `name=value&name=value`.
    fn extra(&mut self, row: &StringRecord) -> Box<[Arc<str>]> {
        let own = self.tags.iter().map(|tag| self.collector.value(row.get(*tag).unwrap_or_default()));
        let mut extra: Vec<Arc<str>> = own.collect();
        let tags = self.extra_tags.and_then(|column| row.get(column)).unwrap_or_default();
        for (name, value) in tags.split('&').filter_map(|tag| tag.split_once('=')).take(MOST) {
            let Some(column) = self.collector.column_within(name, TAGS.len() + MOST) else { continue };
            let none = self.collector.value("");
            extra.resize(extra.len().max(column + 1), none);
            extra[column] = self.collector.value(value);
        }
        extra.into()
    }

    /// Adds the open request. Its start follows from its end.
    fn close(&mut self) -> Result<(), ReadError> {
        let Some((line, mut sample)) = self.open.take() else { return Ok(()) };
        sample.start = sample.start.saturating_sub(sample.elapsed);
        self.collector.push(line, sample)
    }
}
