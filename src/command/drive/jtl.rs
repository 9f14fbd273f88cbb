//! A result file as JMeter writes it: its 17 default columns in CSV.
//!
//! The file is written beside its place and gets its name at the end, so that no half of a file has it. What is not a
//! plain file, such as a pipe, is written to as it is.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use gcmock_plan::results::{Outcome, Sample};
use http::{StatusCode, Uri};

use crate::command::Failure;
use crate::command::output::check_writable;

/// JMeter's columns.
const HEAD: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,\
                    bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect";
const MILLI: u64 = 1_000_000;

/// A sample and what only a result file has of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The sample. Its thread is the user's number in its group.
    pub(super) sample: Sample,
    /// Index of the group.
    pub(super) group: u32,
    /// Active threads of its group at the end of the sample.
    pub(super) group_threads: u32,
    /// How long after its instant it was sent.
    pub(super) late: u64,
    /// The samples of a transaction, and how many of them failed.
    pub(super) counts: [u32; 2],
    /// What was sent, where it is not the same in all samples.
    pub(super) told: Option<Box<Told>>,
}

/// The name and the URL of a sample. `None`: that of its sampler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The name.
    pub(super) name: Option<Arc<str>>,
    /// The path and the query.
    pub(super) path: Option<Uri>,
}

/// The names that rows refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// Those of each sampler.
    pub(super) samplers: Vec<Label>,
    /// The names of the groups.
    pub(super) groups: Vec<Arc<str>>,
}

/// What rows say of a sampler.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Where its requests go: the URL without the path.
    pub(super) base: String,
    /// The URL of its request.
    pub(super) url: String,
}

/// A result file that is being written.
pub(super) struct ResultFile {
    out: BufWriter<File>,
    /// The plain file that is being written, and the name that it gets.
    names: Option<(PathBuf, PathBuf)>,
}

impl ResultFile {
    /// Creates the file for `path` beside it.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it cannot be written, or is one of `inputs`.
    pub(super) fn create(path: &Path, inputs: &[&Path]) -> Result<Self, Failure> {
        check_writable("-l", path, inputs)?;
        let written = Self::open(path).with_context(|| format!("-l {}", path.display()));
        written.map_err(Failure::Usage)
    }

    fn open(path: &Path) -> io::Result<Self> {
        let is_plain = fs::metadata(path).map_or(true, |known| known.is_file());
        let names = is_plain.then(|| {
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            (PathBuf::from(part), path.to_owned())
        });
        let file = match &names {
            Some((part, _)) => File::create(part)?,
            None => File::options().write(true).open(path)?,
        };
        let mut written = Self { out: BufWriter::with_capacity(1 << 18, file), names };
        writeln!(written.out, "{HEAD}")?;
        Ok(written)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the disk is full.
    pub(super) fn write(&mut self, row: &Row, labels: &Labels) -> io::Result<()> {
        write_row(&mut self.out, row, labels)
    }

    /// Hands what is buffered to the system.
    ///
    /// # Errors
    /// When the disk is full.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When the rest cannot be written.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        match self.names.take() {
            Some((part, path)) => fs::rename(&part, path).inspect_err(|_| drop(fs::remove_file(&part))),
            None => Ok(()),
        }
    }
}

impl Drop for ResultFile {
    /// Removes what has no name yet.
    fn drop(&mut self) {
        if let Some((part, _)) = &self.names {
            let _ = fs::remove_file(part);
        }
    }
}

fn write_row(out: &mut impl io::Write, row: &Row, labels: &Labels) -> io::Result<()> {
    let sample = &row.sample;
    let label = labels.samplers.get(sample.label as usize);
    let (name, mut url) =
        label.map_or(("", Cow::Borrowed("")), |label| (&*label.name, Cow::Borrowed(&*label.url)));
    let told = row.told.as_deref();
    let label = told.and_then(|told| told.name.as_deref()).unwrap_or(name);
    if let (Some(path), Some(sampler)) =
        (told.and_then(|told| told.path.as_ref()), labels.samplers.get(sample.label as usize))
    {
        url = Cow::Owned(format!("{}{path}", sampler.base));
    }
    let group = labels.groups.get(row.group as usize).map_or("", |name| name);
    let thread = format!("{group} {}-{}", row.group + 1, sample.thread + 1);
    let (code, message) = code_and_message(sample);
    let message = if sample.transaction { Cow::Owned(counted(row.counts)) } else { Cow::Borrowed(message) };
    write!(
        out,
        "{},{},",
        sample.start / MILLI,
        (sample.start + sample.elapsed) / MILLI - sample.start / MILLI
    )?;
    for text in [label, &code, &message, &thread, if sample.transaction { "" } else { "text" }] {
        write_text(out, text)?;
    }
    write!(out, "{},,{},{},", sample.success, sample.received, sample.sent)?;
    write!(out, "{},{},", row.group_threads, sample.all_threads)?;
    write_text(out, if sample.transaction { "null" } else { &url })?;
    writeln!(out, "{},0,{}", sample.latency / MILLI, sample.connect / MILLI)
}

/// JMeter's response code and message.
fn code_and_message(sample: &Sample) -> (String, &str) {
    match &sample.outcome {
        Outcome::Status(101) => ("101".to_owned(), "Switching Protocols"),
        Outcome::Status(status) => {
            let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
            (status.to_string(), reason.unwrap_or_default())
        }
        Outcome::Failed(why) => why.split_once(": ").map_or_else(
            || (format!("Non HTTP response code: {why}"), "Non HTTP response message"),
            |(class, message)| (format!("Non HTTP response code: {class}"), message),
        ),
        Outcome::Silent if sample.success => ("200".to_owned(), "OK"),
        Outcome::Silent => (String::new(), ""),
    }
}

/// The message of a transaction. (`TransactionSampler`)
fn counted([samples, failed]: [u32; 2]) -> String {
    format!("Number of samples in transaction : {samples}, number of failing samples : {failed}")
}

/// A text and its comma, in quotation marks where JMeter would quote it.
fn write_text(out: &mut impl io::Write, text: &str) -> io::Result<()> {
    if text.contains([',', '"', '\n', '\r']) {
        write!(out, "\"{}\",", text.replace('"', "\"\""))
    } else {
        write!(out, "{text},")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sample: Sample) -> String {
        let labels = Labels {
            samplers: vec![Label {
                name: "Send, \"now\"".into(),
                base: "http://127.0.0.1:8080".to_owned(),
                url: "http://127.0.0.1:8080/api".to_owned(),
            }],
            groups: vec!["Users".into()],
        };
        let mut out = Vec::new();
        let row = Row { sample, group_threads: 2, counts: [2, 1], ..Row::default() };
        write_row(&mut out, &row, &labels).expect("in memory");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_row_is_what_jmeter_would_write() {
        let sample = Sample {
            start: 1_764_000_000_123_900_000,
            elapsed: 5_200_000,
            latency: 4_100_000,
            connect: 1_000_000,
            thread: 4,
            outcome: Outcome::Status(429),
            received: 812,
            sent: 301,
            all_threads: 7,
            ..Sample::default()
        };
        assert_eq!(
            row(sample),
            "1764000000123,6,\"Send, \"\"now\"\"\",429,Too Many Requests,Users 1-5,text,false,,812,301,2,7,\
             http://127.0.0.1:8080/api,4,0,1\n"
        );
    }

    #[test]
    fn a_failure_has_the_class_of_its_exception() {
        let outcome = Outcome::Failed("java.net.SocketException: Connection reset, by peer".into());
        let text = row(Sample { outcome, ..Sample::default() });
        assert!(
            text.contains(",Non HTTP response code: java.net.SocketException,\"Connection reset, by peer\","),
            "{text}"
        );
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("gcmock-jtl-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("out.jtl");
        drop(ResultFile::create(&path, &[]).expect("created"));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0);
        ResultFile::create(&path, &[]).expect("created").finish().expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), format!("{HEAD}\n"));
        assert!(ResultFile::create(&folder, &[]).is_err(), "a folder has no rows");
        fs::remove_dir_all(&folder).expect("removed");
    }
}
