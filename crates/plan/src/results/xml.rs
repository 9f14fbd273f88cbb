//! JMeter's JTL as XML, read as a stream.
//!
//! A sample with samples inside is a transaction, or a request with its redirects and embedded resources. The inner ones are the
//! requests; the outer one is their sum, and marked as a transaction.

use std::borrow::Cow;
use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

use super::collector::Collector;
use super::input::{Input, Meter, io_message};
use super::status::outcome;
use super::table::small;
use super::{ReadError, Results, Sample, number, stamp};

const MILLISECOND: u64 = 1_000_000;
const TRANSACTION: &str = "Number of samples in transaction";
/// JMeter nests samples a few levels deep.
const DEPTH: usize = 100;

/// Reads a document of JMeter.
pub(super) fn read(source: impl BufRead) -> Result<Results, ReadError> {
    let meter = Meter::new();
    let mut reader = Reader::from_reader(Input::new(source, &meter));
    // Element names are compared by the reader; a file that is cut off ends with an error of its own.
    let mut document =
        Document { collector: Collector::default(), open: Vec::new(), header: None, root: false };
    let mut buffer = Vec::new();
    loop {
        let line = meter.line();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) if document.ended() => break,
            Ok(Event::Eof) | Err(Error::Syntax(_)) if document.collector.len() > 0 => {
                document.collector.warn(format!("line {line}: the file is cut off here"));
                break;
            }
            Ok(Event::Eof) => {
                return Err(ReadError::at(line, "the document ends before its first sample does"));
            }
            Ok(event) => document.event(line, &event)?,
            Err(Error::Io(error)) => return Err(ReadError::at(line, io_message(&error))),
            Err(error) => return Err(ReadError::at(line, error.to_string())),
        }
        buffer.clear();
        meter.next_record();
    }
    document.collector.finish()
}

#[derive(Debug)]
struct Document {
    collector: Collector,
    /// The samples whose elements are open, the outermost first.
    open: Vec<Open>,
    /// The text of the response headers or of the URL that is being read.
    header: Option<String>,
    root: bool,
}

#[derive(Debug)]
struct Open {
    sample: Sample,
    line: u64,
    /// Elements open inside this sample that are no samples.
    inner: usize,
}

impl Document {
    /// Whether the document has ended where the reader says so: the root was there and no sample is open.
    fn ended(&self) -> bool {
        self.root && self.open.is_empty()
    }

    fn event(&mut self, line: u64, event: &Event<'_>) -> Result<(), ReadError> {
        match event {
            Event::Start(element) => self.start(line, element),
            Event::Empty(element) => {
                self.start(line, element)?;
                self.end()
            }
            Event::End(_) => self.end(),
            Event::Text(text) => {
                if let (Some(header), Ok(text)) = (&mut self.header, text.decode()) {
                    header.push_str(&text);
                }
                Ok(())
            }
            Event::DocType(_) => {
                let message = "the document has a DOCTYPE. JMeter writes none, and entities are not read";
                Err(ReadError::at(line, message))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, line: u64, element: &BytesStart<'_>) -> Result<(), ReadError> {
        if !self.root {
            self.root = element.name().as_ref() == b"testResults";
            let message = "the root element is not testResults; expected a JTL of JMeter";
            return if self.root { Ok(()) } else { Err(ReadError::at(line, message)) };
        }
        if !matches!(element.name().as_ref(), b"httpSample" | b"sample") {
            if let Some(open) = self.open.last_mut() {
                open.inner += 1;
            }
            let wanted = matches!(element.name().as_ref(), b"responseHeader" | b"java.net.URL");
            self.header = wanted.then(String::new);
            return Ok(());
        }
        if self.open.len() >= DEPTH {
            return Err(ReadError::at(line, "samples are nested more than 100 levels deep"));
        }
        if let Some(outer) = self.open.last_mut() {
            outer.sample.transaction = true;
        }
        let sample = self.sample(element).map_err(|message| ReadError::at(line, message))?;
        self.open.push(Open { sample, line, inner: 0 });
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReadError> {
        let header = self.header.take();
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        if let Some(inner) = open.inner.checked_sub(1) {
            open.inner = inner;
            let text = header.unwrap_or_default();
            open.sample.retry_after = retry_after(&text).or(open.sample.retry_after);
            if text.starts_with("http") && !text.contains(char::is_whitespace) {
                self.collector.note_url(open.sample.label, &text);
            }
            return Ok(());
        }
        match self.open.pop() {
            Some(open) => self.collector.push(open.line, open.sample),
            None => Ok(()),
        }
    }

    fn sample(&mut self, element: &BytesStart<'_>) -> Result<Sample, String> {
        let mut sample = Sample::default();
        let mut stamped = false;
        let (mut label, mut thread) = (Cow::Borrowed(""), Cow::Borrowed(""));
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| format!("an attribute is malformed: {error}"))?;
            let raw = || String::from_utf8_lossy(&attribute.value).into_owned();
            let text = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or_else(|_| raw().into());
            match attribute.key.as_ref() {
                b"ts" => {
                    sample.start = stamp::stamp(&text).ok_or_else(|| wrong("ts", &text))?;
                    stamped = true;
                }
                b"lb" => label = text.into_owned().into(),
                b"tn" => thread = text.into_owned().into(),
                b"rc" => sample.outcome = outcome(text.trim(), |text| self.collector.value(text)),
                b"rm" => sample.transaction = text.starts_with(TRANSACTION),
                key => self.attribute(&mut sample, key, &text)?,
            }
        }
        if !stamped {
            return Err("a sample has no attribute ts".to_owned());
        }
        sample.label = self.collector.label(&label);
        sample.thread = self.collector.thread(&thread);
        Ok(sample)
    }

    fn attribute(&mut self, sample: &mut Sample, key: &[u8], text: &str) -> Result<(), String> {
        let time = || match text.strip_prefix('-').unwrap_or(text) {
            "" => Ok(0),
            digits if digits.len() < text.len() => Ok(0),
            digits => {
                number::time(digits, MILLISECOND).ok_or_else(|| wrong(&String::from_utf8_lossy(key), text))
            }
        };
        match key {
            b"t" => sample.elapsed = time()?,
            b"lt" => sample.latency = time()?,
            b"ct" => sample.connect = time()?,
            b"s" => sample.success = text == "true",
            b"by" => sample.received = number::count(text).unwrap_or_default(),
            b"sby" => sample.sent = number::count(text).unwrap_or_default(),
            b"na" => sample.all_threads = number::count(text).map_or(0, small),
            b"it" | b"dt" | b"de" | b"sc" | b"ec" | b"ng" => {}
            b"RETRY_AFTER" => sample.retry_after = number::count(text).map(small),
            b"LIMIT" => sample.limit = (!text.is_empty()).then(|| self.collector.value(text)),
            key => self.variable(sample, &String::from_utf8_lossy(key), text),
        }
        Ok(())
    }

    /// An attribute that JMeter has not: a variable of `sample_variables`, or the engine's name.
    fn variable(&mut self, sample: &mut Sample, name: &str, text: &str) {
        let column = self.collector.column(if name == "hn" { "Hostname" } else { name });
        let mut extra = std::mem::take(&mut sample.extra).into_vec();
        if extra.len() <= column {
            extra.resize(column + 1, self.collector.value(""));
        }
        extra[column] = self.collector.value(text);
        sample.extra = extra.into();
    }
}

fn wrong(attribute: &str, text: &str) -> String {
    format!("the attribute {attribute} is {:?}; expected a number", text.chars().take(40).collect::<String>())
}

/// The whole seconds of the header `Retry-After`.
pub(super) fn retry_after(headers: &str) -> Option<u32> {
    let value = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("retry-after").then_some(value)
    });
    value.and_then(number::count).map(small)
}
