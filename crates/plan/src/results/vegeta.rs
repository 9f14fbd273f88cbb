//! What vegeta writes: `vegeta encode --to csv`, which has no header, and `vegeta encode --to json`, one object a line.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use csv::StringRecord;
use serde::Deserialize;

use super::collector::Collector;
use super::input::{Input, Meter, io_message};
use super::table::{Rows, with_method};
use super::{Outcome, ReadError, Results, Sample, number, path, stamp, status, xml};

const NANOSECOND: u64 = 1;
/// Columns up to the number of the request. Newer versions add method, URL and response headers.
const COLUMNS: usize = 9;

/// Whether a row is one of vegeta: nanoseconds since 1970, a status, a latency in nanoseconds.
pub(super) fn is_row(row: &StringRecord) -> bool {
    let digits = |index: usize, lengths: std::ops::RangeInclusive<usize>| {
        let text = row.get(index).unwrap_or_default();
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    row.len() >= COLUMNS && digits(0, 18..=20) && digits(1, 1..=3) && digits(2, 1..=20)
}

/// Reads rows without a header.
pub(super) fn read_table<R: Read>(mut rows: Rows<R>) -> Result<Results, ReadError> {
    let (mut collector, mut row) = (Collector::default(), StringRecord::new());
    let mut mistake = None;
    while let Some(line) = rows.next(&mut row)? {
        if let Some(mistake) = mistake {
            return Err(mistake);
        }
        mistake = Hit::of_row(&row, line).and_then(|hit| hit.add(line, &mut collector)).err();
    }
    collector.finish_but(mistake, row.len() < COLUMNS)
}

/// Reads one JSON object a line.
pub(super) fn read_lines(source: impl BufRead) -> Result<Results, ReadError> {
    let meter = Meter::new();
    let (mut source, mut collector) = (Input::new(source, &meter), Collector::default());
    let (mut text, mut mistake, mut is_cut) = (Vec::new(), None, false);
    for line in 1.. {
        meter.next_record();
        text.clear();
        let read = source.read_until(b'\n', &mut text);
        if read.map_err(|error| ReadError::at(line, io_message(&error)))? == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        if let Some(mistake) = mistake {
            return Err(mistake);
        }
        mistake = Hit::of_json(&text, line).and_then(|hit| hit.add(line, &mut collector)).err();
        is_cut = !text.ends_with(b"\n");
    }
    collector.finish_but(mistake, is_cut)
}

/// One request, as vegeta calls it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Hit {
    code: u16,
    timestamp: Option<String>,
    latency: Option<u64>,
    bytes_out: u64,
    bytes_in: u64,
    error: String,
    method: String,
    url: String,
    headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip)]
    retry_after: Option<u32>,
    /// Only lines of k6 have it.
    metric: Option<String>,
}

impl Hit {
    fn of_row(row: &StringRecord, line: u64) -> Result<Self, ReadError> {
        let text = |index: usize| row.get(index).unwrap_or_default();
        let wrong = || {
            ReadError::at(line, "the row is none of vegeta's; expected nanoseconds, a status and a latency")
        };
        Ok(Self {
            code: text(1).parse().map_err(|_| wrong())?,
            timestamp: Some(text(0).to_owned()),
            latency: Some(number::time(text(2), NANOSECOND).ok_or_else(wrong)?),
            bytes_out: number::count(text(3)).unwrap_or_default(),
            bytes_in: number::count(text(4)).unwrap_or_default(),
            error: text(5).to_owned(),
            method: text(9).to_owned(),
            url: text(10).to_owned(),
            retry_after: xml::retry_after(&String::from_utf8_lossy(&base64(text(11)))),
            ..Self::default()
        })
    }

    fn of_json(text: &[u8], line: u64) -> Result<Self, ReadError> {
        let hit: Self = serde_json::from_slice(text).unwrap_or_default();
        if hit.metric.is_some() {
            return Err(ReadError::at(
                line,
                "this is k6's JSON; k6 writes CSV with --out csv=FILE, which is read",
            ));
        }
        if hit.timestamp.is_none() || hit.latency.is_none() {
            let message = "the file is JSON; expected CSV, JMeter's XML, or the JSON lines of vegeta";
            return Err(ReadError::at(line, message));
        }
        Ok(hit)
    }

    fn add(self, line: u64, collector: &mut Collector) -> Result<(), ReadError> {
        let start = stamp::stamp(self.timestamp.as_deref().unwrap_or_default())
            .ok_or_else(|| ReadError::at(line, "the timestamp is neither a number nor a date"))?;
        let label = collector.label(&with_method(&self.method, path::of_url(&self.url).unwrap_or("request")));
        collector.note_url(label, &self.url);
        let outcome = match self.code {
            0 => Outcome::Failed(collector.value(&self.error)),
            code => status::outcome(&code.to_string(), |text| collector.value(text)),
        };
        let elapsed = self.latency.unwrap_or_default();
        let retry_after = self.retry_after.or_else(|| self.waits());
        let sample = Sample { start, elapsed, latency: elapsed, label, retry_after, ..Sample::default() };
        let (received, sent, success) = (self.bytes_in, self.bytes_out, outcome.is_success());
        let thread = collector.thread("");
        collector.push(line, Sample { thread, outcome, success, received, sent, ..sample })
    }

    fn waits(&self) -> Option<u32> {
        let headers = self.headers.as_ref()?;
        let (_, values) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
        values.first()?.trim().parse().ok()
    }
}

/// The bytes of a text in base64, up to the first letter that is none of it.
fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte: u8| LETTERS.iter().position(|letter| *letter == byte);
    let (mut bits, mut count, mut bytes) = (0usize, 0, Vec::with_capacity(text.len() * 3 / 4));
    for digit in text.bytes().map_while(digit) {
        (bits, count) = ((bits << 6 | digit) & 0xffff, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
        }
    }
    bytes
}
