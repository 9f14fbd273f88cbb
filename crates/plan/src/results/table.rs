//! CSV with one row for each request: JMeter's JTL, and what listeners of Locust and other tools write.

use std::io::Read;
use std::sync::Arc;

use csv::StringRecord;

use super::collector::Collector;
use super::columns::{self, Role};
use super::input::{Input, Meter, io_message};
use super::{Outcome, ReadError, Results, Sample, k6, number, offsets, stamp, status, vegeta};

const MILLISECOND: u64 = 1_000_000;
/// What separates fields. JMeter's `jmeter.save.saveservice.default_delimiter` is a comma; spreadsheets of half the world write
/// semicolons.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How a row of a Transaction Controller begins its message. (`TransactionSampler`)
const TRANSACTION: &str = "Number of samples in transaction";
const HEADER: &str =
    "expected a header such as timeStamp,elapsed,label,responseCode, or JMeter's default columns";

/// Reads a table whose first bytes are `head`; `source` begins with them too.
pub(super) fn read(head: &[u8], source: impl Read) -> Result<Results, ReadError> {
    let first = first_row(head, b',');
    if vegeta::is_row(&first) {
        return vegeta::read_table(Rows::of(source, b','));
    }
    if offsets::is_header(&first) {
        return offsets::read(&first, Rows::of(source, b','));
    }
    let shape = Shape::of(head)?;
    let rows = Rows::of(source, shape.separator);
    if shape.k6 {
        return k6::read(&shape.first, rows);
    }
    Table::new(shape).read(rows)
}

/// The rows of a file, one at a time.
#[derive(Debug)]
pub(super) struct Rows<R> {
    reader: csv::Reader<Input<R>>,
    meter: Meter,
}

impl<R: Read> Rows<R> {
    fn of(source: R, separator: u8) -> Self {
        let meter = Meter::new();
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(separator).has_headers(false).flexible(true);
        Self { reader: builder.from_reader(Input::new(source, &meter)), meter }
    }

    /// Reads the next row and returns its line, or None at the end.
    pub(super) fn next(&mut self, row: &mut StringRecord) -> Result<Option<u64>, ReadError> {
        self.meter.next_record();
        // Labels are not always UTF-8; a row is not lost for it.
        let mut bytes = csv::ByteRecord::new();
        let more = self.reader.read_byte_record(&mut bytes);
        let line = bytes.position().map_or_else(|| self.reader.position().line(), csv::Position::line);
        match more {
            Ok(true) => {
                *row = StringRecord::from_byte_record_lossy(bytes);
                Ok(Some(line))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(ReadError::at(line, message(&error))),
        }
    }

    /// Hands over all rows but the last, and returns the last one. Only the last row of a file may be cut off: the tool
    /// was ended while it wrote.
    pub(super) fn all_but_last(
        &mut self,
        mut take: impl FnMut(u64, &StringRecord) -> Result<(), ReadError>,
    ) -> Result<Option<(u64, StringRecord)>, ReadError> {
        let mut row = StringRecord::new();
        let mut last = None;
        while let Some(line) = self.next(&mut row)? {
            if let Some((line, row)) = last.replace((line, std::mem::take(&mut row))) {
                take(line, &row)?;
            }
        }
        Ok(last)
    }

    /// Whether the last row has no end of its line.
    pub(super) fn ends_within_row(&self) -> bool {
        self.meter.is_within_line()
    }
}

fn message(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => io_message(error),
        _ => error.to_string(),
    }
}

/// How the file is written, from its first row.
#[derive(Debug)]
struct Shape {
    separator: u8,
    roles: Vec<Role>,
    /// The first row; it is a header unless `headless`.
    first: StringRecord,
    headless: bool,
    k6: bool,
}

impl Shape {
    fn of(head: &[u8]) -> Result<Self, ReadError> {
        let firsts = SEPARATORS.map(|separator| (separator, first_row(head, separator)));
        if firsts.iter().any(|(_, first)| columns::is_of_totals(first)) {
            let message =
                "this is a table of totals; limits show only in a file with one row for each request";
            return Err(ReadError::at(1, message));
        }
        let known = |first: &StringRecord| columns::known(&columns::roles(first));
        let best = firsts.iter().rev().max_by_key(|(_, first)| known(first));
        let best = best.filter(|(_, first)| known(first) >= 2);
        if let Some((separator, first)) = best {
            let roles = columns::roles(first);
            let k6 = first.iter().next().is_some_and(|name| name.trim() == "metric_name");
            if !roles.contains(&Role::Start) {
                return Err(ReadError::at(1, "the header has no column timeStamp"));
            }
            if !k6 && !roles.iter().any(|role| matches!(role, Role::Code | Role::Success | Role::Failure)) {
                return Err(ReadError::at(
                    1,
                    "the header has no column of status codes, such as responseCode",
                ));
            }
            return Ok(Self { separator: *separator, roles, first: first.clone(), headless: false, k6 });
        }
        let headless = firsts.into_iter().find(|(_, first)| is_data(first));
        let (separator, first) = headless.ok_or_else(|| ReadError::at(1, HEADER))?;
        Ok(Self { separator, roles: columns::default_roles(first.len()), first, headless: true, k6: false })
    }
}

fn first_row(head: &[u8], separator: u8) -> StringRecord {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.delimiter(separator).has_headers(false).flexible(true).from_reader(head);
    let mut row = csv::ByteRecord::new();
    match reader.read_byte_record(&mut row) {
        Ok(_) => StringRecord::from_byte_record_lossy(row),
        Err(_) => StringRecord::new(),
    }
}

/// Whether a row begins as JMeter's rows do: an instant, a time, a label.
fn is_data(row: &StringRecord) -> bool {
    let field = |index| row.get(index).unwrap_or_default();
    row.len() >= 4 && stamp::stamp(field(0)).is_some() && number::time(field(1), MILLISECOND).is_some()
}

/// A table that is being read.
#[derive(Debug)]
struct Table {
    shape: Shape,
    collector: Collector,
    has_code: bool,
    has_success: bool,
    /// The length of the timestamp before.
    stamp_width: usize,
}

/// The fields of a row whose meaning depends on others.
#[derive(Debug, Default)]
struct Fields<'a> {
    sample: Sample,
    method: &'a str,
    label: &'a str,
    url: &'a str,
    code: &'a str,
    failure: &'a str,
    message: &'a str,
    success: Option<bool>,
}

impl Table {
    fn new(shape: Shape) -> Self {
        let name = |role: &Role| if let Role::Extra(name) = role { Some(name.as_str().into()) } else { None };
        let columns: Vec<Arc<str>> = shape.roles.iter().filter_map(name).collect();
        let has = |role| shape.roles.contains(&role);
        let (has_code, has_success) = (has(Role::Code), has(Role::Success));
        let mut collector = Collector::with_columns(columns);
        if !has_code {
            collector.warn(
                "the file has no column of status codes; they are taken from the failures' texts".to_owned(),
            );
        }
        Self { shape, collector, has_code, has_success, stamp_width: 0 }
    }

    fn read<R: Read>(mut self, mut rows: Rows<R>) -> Result<Results, ReadError> {
        let last = rows.all_but_last(|line, row| self.row(line, row))?;
        let Some((line, row)) = last else { return self.collector.finish() };
        let is_cut = rows.ends_within_row() && self.is_cut(&row);
        let cut = || ReadError::at(line, "the row is cut off");
        let mistake = if is_cut { Some(cut()) } else { self.row(line, &row).err() };
        self.collector.finish_but(mistake, is_cut || row.len() < self.shape.roles.len())
    }

    /// Whether the last field of a row without an end lacks some of its characters. Of most fields nothing tells.
    fn is_cut(&self, row: &StringRecord) -> bool {
        let last = row.get(self.shape.roles.len().saturating_sub(1)).map(str::trim);
        let Some(text) = last.filter(|_| !is_blank(row)) else { return false };
        match self.shape.roles.last() {
            Some(Role::Code) => status::is_cut(text),
            Some(Role::Start) => text.len() < self.stamp_width,
            Some(Role::Success) => ["true", "false"]
                .iter()
                .any(|word| word.len() > text.len() && word.starts_with(&text.to_ascii_lowercase())),
            _ => false,
        }
    }

    fn row(&mut self, line: u64, row: &StringRecord) -> Result<(), ReadError> {
        // Runs that were written to one file repeat the header.
        if (!self.shape.headless && *row == self.shape.first) || is_blank(row) {
            return Ok(());
        }
        if row.len() < self.shape.roles.len() {
            let message = format!("the row has {} columns; expected {}", row.len(), self.shape.roles.len());
            return Err(ReadError::at(line, message));
        }
        let fields = self.fields(row).map_err(|message| ReadError::at(line, message))?;
        let sample = self.sample(fields);
        self.collector.push(line, sample)
    }

    fn fields<'a>(&mut self, row: &'a StringRecord) -> Result<Fields<'a>, String> {
        let mut fields = Fields::default();
        let mut extra = Vec::new();
        for (role, text) in self.shape.roles.iter().zip(row) {
            match role {
                Role::Extra(_) => extra.push(self.collector.value(text)),
                Role::Thread => fields.sample.thread = self.collector.thread(text),
                Role::Limit if !text.is_empty() => fields.sample.limit = Some(self.collector.value(text)),
                Role::Method => fields.method = text,
                Role::Label => fields.label = text,
                Role::Url => fields.url = text,
                Role::Code => fields.code = text.trim(),
                Role::Failure => fields.failure = text,
                Role::Message => {
                    (fields.message, fields.sample.transaction) = (text, text.starts_with(TRANSACTION));
                }
                Role::Success => fields.success = Some(text.trim().eq_ignore_ascii_case("true")),
                role => {
                    if *role == Role::Start {
                        self.stamp_width = text.trim().len();
                    }
                    measure(&mut fields.sample, role, text)?;
                }
            }
        }
        fields.sample.extra = extra.into();
        Ok(fields)
    }

    fn sample(&mut self, fields: Fields<'_>) -> Sample {
        let mut sample = fields.sample;
        sample.label = self.collector.label(&with_method(fields.method, fields.label));
        self.collector.note_url(sample.label, fields.url);
        if !self.shape.roles.contains(&Role::Thread) {
            sample.thread = self.collector.thread("");
        }
        let failed = fields.success == Some(false) || !fields.failure.is_empty() && fields.failure != "None";
        sample.outcome = if self.has_code {
            status::outcome(fields.code, |text| self.collector.value(text))
        } else {
            guessed(failed, [fields.failure, fields.message], |text| self.collector.value(text))
        };
        sample.success = match (self.has_success, fields.success) {
            (true, Some(success)) => success,
            _ => !failed && matches!(sample.outcome, Outcome::Status(200..=399 | 101)),
        };
        sample
    }
}

/// Takes a number from a field. A negative time, which JMeter writes when the clock is set back, is 0.
fn measure(sample: &mut Sample, role: &Role, text: &str) -> Result<(), String> {
    let text = text.trim();
    let wrong = |what: &str| format!("{what} is {:?}", text.chars().take(40).collect::<String>());
    let time = |what: &str| match text {
        "" => Ok(0),
        _ if text.starts_with('-') && number::time(&text[1..], MILLISECOND).is_some() => Ok(0),
        _ => {
            number::time(text, MILLISECOND).ok_or_else(|| wrong(what) + "; expected a number of milliseconds")
        }
    };
    match role {
        Role::Start => {
            let expected = "; expected a number such as 1795817680980, or a date and time";
            sample.start = stamp::stamp(text).ok_or_else(|| wrong("the timestamp") + expected)?;
        }
        Role::Elapsed => sample.elapsed = time("the elapsed time")?,
        Role::Latency => sample.latency = time("the latency")?,
        Role::Connect => sample.connect = time("the connect time")?,
        Role::Received => sample.received = number::count(text).unwrap_or_default(),
        Role::Sent => sample.sent = number::count(text).unwrap_or_default(),
        Role::AllThreads => sample.all_threads = number::count(text).map_or(0, small),
        Role::RetryAfter => sample.retry_after = number::count(text).map(small),
        _ => {}
    }
    Ok(())
}

/// A count that fits 32 bits.
pub(super) fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The label with its method, for tools that have both.
pub(super) fn with_method(method: &str, label: &str) -> String {
    match method {
        "" => label.to_owned(),
        method if label.starts_with(method) => label.to_owned(),
        method => format!("{method} {label}"),
    }
}

/// What the texts of a failure say where the file has no codes: Locust's is `HTTPError('429 Client Error: …')`, JMeter's message is
/// `Too Many Requests`.
fn guessed(failed: bool, texts: [&str; 2], value: impl FnOnce(&str) -> Arc<str>) -> Outcome {
    if !failed {
        return Outcome::Status(200);
    }
    let [failure, message] = texts;
    let words = failure.split(|letter: char| !letter.is_ascii_alphanumeric());
    let number = words.filter(|word| word.len() == 3).find_map(|word| word.parse().ok());
    match number.filter(|status| (400..=599).contains(status)).or_else(|| status::of(message)) {
        Some(status) => Outcome::Status(status),
        None => Outcome::Failed(value(failure)),
    }
}

fn is_blank(row: &StringRecord) -> bool {
    row.iter().all(|field| field.trim().is_empty())
}
