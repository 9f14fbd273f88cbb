//! A journal as `gcmock requests --json` or `GET /__admin/requests` prints it, as the samples of a run.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use gcmock_plan::report::Material;
use gcmock_plan::results::{Outcome, Results, Sample};
use serde::Deserialize;

use crate::command::Failure;
use crate::time::clock::parse_rfc3339;

/// What `GET /__admin/requests` answers.
#[derive(Deserialize)]
struct Listing {
    requests: Vec<Entry>,
}

/// The parts of an entry that a report counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    time: String,
    operation: String,
    status: u16,
    #[serde(default)]
    caller: Option<String>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    limit: Option<String>,
    #[serde(default)]
    retry_after: Option<u32>,
    #[serde(default)]
    took_ms: f64,
    #[serde(default)]
    socket: Option<SocketEntry>,
}

#[derive(Deserialize)]
struct SocketEntry {
    event: String,
}

/// Reads a journal.
///
/// # Errors
/// [`Failure::Usage`] with the file, line and column, and what is wrong.
pub(super) fn read(file: &Path) -> Result<Material, Failure> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("--journal {shown}"));
    let text = text.map_err(Failure::Usage)?;
    let results = results(&text).map_err(|why| Failure::Usage(anyhow!("--journal {shown}: {why}")))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut material = Material::of_results(results, &name);
    material.notes.push(
        "An entry of a journal names its token and not its connection, so retries are matched by token and operation."
            .to_owned(),
    );
    Ok(material)
}

fn results(text: &str) -> Result<Results, String> {
    let entries = if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<Entry>>(text)
    } else {
        serde_json::from_str::<Listing>(text).map(|listing| listing.requests)
    };
    let entries =
        entries.map_err(|error| format!("{error}; expected the output of gcmock requests --json"))?;
    let (mut labels, mut threads) = (Names::default(), Names::default());
    let mut samples = Vec::with_capacity(entries.len());
    // The newest entry is the first one.
    for entry in entries.into_iter().rev().filter(Entry::is_request) {
        let caller = entry.token.as_deref().or(entry.caller.as_deref()).unwrap_or("without a token");
        let (label, thread) = (labels.number(&entry.operation), threads.number(caller));
        samples.push(entry.sample(label, thread)?);
    }
    samples.sort_by_key(|sample| sample.start);
    Ok(Results { labels: labels.all, threads: threads.all, samples, ..Results::default() })
}

impl Entry {
    /// The other entries are about a socket that is open already.
    fn is_request(&self) -> bool {
        self.socket.as_ref().is_none_or(|socket| socket.event == "opened")
    }

    fn sample(self, label: u32, thread: u32) -> Result<Sample, String> {
        let start = parse_rfc3339(&self.time);
        let start = start
            .ok_or_else(|| format!("time {:?}: expected a time such as 2026-03-08T00:00:00Z", self.time))?;
        let took = Duration::try_from_secs_f64(self.took_ms / 1000.0).unwrap_or_default();
        let elapsed = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        Ok(Sample {
            start,
            elapsed,
            latency: elapsed,
            label,
            thread,
            outcome: Outcome::Status(self.status),
            success: self.status < 400 && self.limit.is_none(),
            retry_after: self.retry_after,
            limit: self.limit.map(Arc::from),
            ..Sample::default()
        })
    }
}

/// Names and their numbers, in the order in which they come.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    all: Vec<Arc<str>>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.to_owned(), number);
        self.all.push(name.into());
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_is_read_oldest_first_and_without_the_life_of_sockets() {
        let closed = r#"{"time":"2026-03-08T00:00:09.000Z","operation":"WS /x","status":1000,"socket":{"id":1,"event":"closed"}}"#;
        let refused = r#"{"time":"2026-03-08T00:00:01.000Z","operation":"GET /a","status":429,"limit":"me","retryAfter":2,"tookMs":1.5,"token":"aa"}"#;
        let first = r#"{"time":"2026-03-08T00:00:00.000Z","operation":"GET /a","status":200,"limit":null,"retryAfter":null,"tookMs":0.5,"token":"aa"}"#;
        let text = format!("[{closed},{refused},{first}]");
        let read = results(&text).expect("a journal");
        assert_eq!(results(&format!("{{\"requests\":{text}}}")), Ok(read.clone()));
        let rows: Vec<_> =
            read.samples.iter().map(|sample| (sample.elapsed, sample.success, sample.thread)).collect();
        assert_eq!(rows, [(500_000, true, 0), (1_500_000, false, 0)]);
        assert_eq!(
            (read.labels.len(), read.threads.len(), read.samples[1].limit.as_deref()),
            (1, 1, Some("me"))
        );
    }

    #[test]
    fn what_is_no_journal_is_told_with_its_place() {
        let why = results("[{\"time\":1}]").expect_err("no time");
        assert!(why.contains("line 1 column 10") && why.contains("gcmock requests --json"), "{why}");
        let why =
            results("[{\"time\":\"noon\",\"operation\":\"GET /a\",\"status\":200}]").expect_err("no time");
        assert!(why.contains("\"noon\""), "{why}");
        assert!(results("").is_err());
    }
}
