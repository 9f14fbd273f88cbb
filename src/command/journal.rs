//! A journal as `gcmock requests --json` or `GET /__admin/requests` prints it, as the samples of a run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use gcmock_plan::results::{Outcome, Results, Sample};
use serde::Deserialize;

use crate::rules::json_mistake;
use crate::time::clock::{nanos, parse_rfc3339};

/// What a limit may count by, as [`Results::columns`] names it.
const COLUMNS: [&str; 5] = ["tenant", "client", "token", "user", "edge"];

/// What `GET /__admin/requests` answers.
#[derive(Deserialize)]
struct Listing {
    requests: Vec<Entry>,
}

/// The parts of an entry that reports and the learner read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    time: String,
    operation: String,
    status: u16,
    #[serde(default)]
    caller: Option<Box<str>>,
    #[serde(default)]
    limit: Option<Arc<str>>,
    #[serde(default)]
    retry_after: Option<u32>,
    #[serde(default)]
    took_ms: f64,
    #[serde(default)]
    socket: Option<SocketEntry>,
    #[serde(default)]
    agent: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    fault: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    tenant_name: Option<Box<str>>,
    #[serde(default)]
    client: Option<Box<str>>,
    #[serde(default)]
    token: Option<Box<str>>,
    #[serde(default)]
    user: Option<Box<str>>,
    #[serde(default)]
    edge: Option<Box<str>>,
}

#[derive(Deserialize)]
struct SocketEntry {
    event: String,
}

/// Reads the entries: an array, or the whole answer of the route.
///
/// # Errors
/// What is wrong, with line and column.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Entry>> {
    let entries = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str::<Listing>(text).map(|listing| listing.requests)
    };
    entries.map_err(|error| anyhow::anyhow!(json_mistake(text.as_bytes(), &error)))
}

/// The requests of a journal, whose newest entry is the first.
///
/// # Errors
/// A time that is none.
pub(super) fn results(entries: Vec<Entry>) -> Result<Results, String> {
    let (mut labels, mut threads) = (Names::default(), Names::default());
    let mut samples = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().rev().filter(Entry::is_request) {
        let caller = entry.token.as_deref().or(entry.caller.as_deref()).unwrap_or("without a token");
        let (label, thread) = (labels.number(&entry.operation), threads.number(caller));
        samples.push(entry.sample(label, thread)?);
    }
    samples.sort_by_key(|sample| sample.start);
    let columns = COLUMNS.map(Arc::from).to_vec();
    Ok(Results { labels: labels.all, threads: threads.all, columns, samples, ..Results::default() })
}

impl Entry {
    /// Whether the adherence check refused it, and no limit.
    pub(super) const fn is_not_adherent(&self) -> bool {
        self.agent.is_some()
    }

    /// Whether a fault struck it: then no limit decided.
    pub(super) const fn is_struck(&self) -> bool {
        self.fault.is_some()
    }

    /// The other entries are about a socket that is open already.
    fn is_request(&self) -> bool {
        self.socket.as_ref().is_none_or(|socket| socket.event == "opened")
    }

    fn sample(self, label: u32, thread: u32) -> Result<Sample, String> {
        let start = parse_rfc3339(&self.time);
        let start = start
            .ok_or_else(|| format!("time {:?}: expected a time such as 2026-03-08T00:00:00Z", self.time))?;
        let elapsed = nanos(Duration::try_from_secs_f64(self.took_ms / 1000.0).unwrap_or_default());
        let outcome = Outcome::of_journal(self.status);
        let columns = [self.tenant_name, self.client, self.token, self.user, self.edge];
        Ok(Sample {
            start,
            elapsed,
            latency: elapsed,
            label,
            thread,
            success: outcome.is_success() && self.limit.is_none(),
            outcome,
            retry_after: self.retry_after,
            limit: self.limit,
            extra: columns.into_iter().map(|value| value.unwrap_or_default().into()).collect(),
            ..Sample::default()
        })
    }
}

/// Names and their numbers, in the order in which they come.
#[derive(Default)]
struct Names {
    numbers: HashMap<Arc<str>, u32>,
    all: Vec<Arc<str>>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        self.numbers.insert(Arc::clone(&name), number);
        self.all.push(name);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Results, String> {
        results(parse(text).map_err(|error| error.to_string())?)
    }

    #[test]
    fn a_journal_is_read_oldest_first_and_without_the_life_of_sockets() {
        let closed = r#"{"time":"2026-03-08T00:00:09.000Z","operation":"WS /x","status":1000,"socket":{"id":1,"event":"closed"}}"#;
        let refused = r#"{"time":"2026-03-08T00:00:01.000Z","operation":"GET /a","status":429,"limit":"me","retryAfter":2,"tookMs":1.5,"token":"aa","edge":"sg"}"#;
        let first = r#"{"time":"2026-03-08T00:00:00.000Z","operation":"GET /a","status":200,"limit":null,"retryAfter":null,"tookMs":0.5,"token":"aa"}"#;
        let text = format!("[{closed},{refused},{first}]");
        let journal = read(&text).expect("a journal");
        assert_eq!(read(&format!("{{\"requests\":{text}}}")), Ok(journal.clone()));
        let rows: Vec<_> =
            journal.samples.iter().map(|sample| (sample.elapsed, sample.success, sample.thread)).collect();
        assert_eq!(rows, [(500_000, true, 0), (1_500_000, false, 0)]);
        let refused = &journal.samples[1];
        assert_eq!(
            (journal.labels.len(), journal.threads.len(), refused.limit.as_deref()),
            (1, 1, Some("me"))
        );
        let extra: Vec<_> = refused.extra.iter().map(|value| &**value).collect();
        assert_eq!(extra, ["", "", "aa", "", "sg"]);
    }

    #[test]
    fn a_refusal_by_the_adherence_check_names_its_agent() {
        let entry = |agent: &str| {
            let time = "2026-03-08T00:00:00.000Z";
            format!(r#"{{"time":"{time}","operation":"WS /x","status":429,"limit":null,"agent":{agent}}}"#)
        };
        let entries = parse(&format!("[{},{}]", entry("\"agent-1\""), entry("null"))).expect("a journal");
        assert_eq!(entries.iter().map(Entry::is_not_adherent).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_connection_that_a_fault_reset_has_no_status_and_is_no_success() {
        let entry = r#"{"time":"2026-03-08T00:00:00.000Z","operation":"GET /a","status":0,"fault":"torn"}"#;
        let journal = read(&format!("[{entry}]")).expect("a journal");
        let sample = &journal.samples[0];
        assert!(matches!(sample.outcome, Outcome::Failed(_)) && !sample.success, "{sample:?}");
        assert!(parse(&format!("[{entry}]")).expect("a journal")[0].is_struck());
    }

    #[test]
    fn what_is_no_journal_is_told_with_its_place() {
        let why = read("[{\"time\":1}]").expect_err("no time");
        assert!(why.contains("line 1 column 10"), "{why}");
        let why = read("[{\"time\":\"noon\",\"operation\":\"GET /a\",\"status\":200}]").expect_err("no time");
        assert!(why.contains("\"noon\""), "{why}");
        assert!(read("").is_err());
    }
}
