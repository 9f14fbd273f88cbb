//! The journal of a running server as the results of a run.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use gcmock_plan::results::{Outcome, Results, Sample};
use http::Method;
use serde_json::Value;

use crate::command::args::Running;
use crate::command::{Failure, client};
use crate::time::clock::parse_rfc3339;

/// The most entries that are read; the answer to more is larger than [`client::ask`] takes.
const MOST: usize = 80_000;
/// What a limit may count by, as the journal names it.
const COLUMNS: [&str; 5] = ["tenantName", "client", "token", "user", "edge"];

/// Asks a server for its journal.
pub(super) async fn read(url: &str, admin_token: Option<&str>) -> Result<Results, Failure> {
    let server = Running { url: url.to_owned(), admin_token: admin_token.map(str::to_owned) };
    let token = client::token_for(&server);
    let path = format!("/__admin/requests?limit={MOST}");
    let answer = client::ask(Method::GET, url, &path, token.as_deref(), String::new()).await?;
    let answer = client::json_of(url, answer)?;
    let entries = answer["requests"].as_array().context("the answer is not a journal")?;
    Ok(results(entries))
}

/// The requests of a journal, whose newest entry is the first.
fn results(entries: &[Value]) -> Results {
    let (mut labels, mut threads) = (Names::default(), Names::default());
    let mut samples: Vec<Sample> =
        entries.iter().rev().filter_map(|entry| sample(entry, &mut labels, &mut threads)).collect();
    samples.sort_by_key(|sample| sample.start);
    let columns = COLUMNS.iter().map(|column| Arc::from(column.trim_end_matches("Name"))).collect();
    Results { labels: labels.all, threads: threads.all, columns, samples, ..Results::default() }
}

/// A request, or None for an event of a socket that is open already. The adherence check is not a limit, so that what it refuses is
/// left out.
fn sample(entry: &Value, labels: &mut Names, threads: &mut Names) -> Option<Sample> {
    let opened = entry["socket"].is_null() || entry["socket"]["event"] == "opened";
    let start = parse_rfc3339(entry["time"].as_str()?).filter(|_| opened && entry["agent"].is_null())?;
    let status = u16::try_from(entry["status"].as_u64()?).ok()?;
    let limit = entry["limit"].as_str();
    // The login host refuses with 400; the limit's name says that it was a limit.
    let status = if limit.is_some() { 429 } else { status };
    let elapsed = nanos(entry["tookMs"].as_f64().unwrap_or_default());
    let caller = entry["token"].as_str().or_else(|| entry["caller"].as_str()).unwrap_or_default();
    let label = labels.number(entry["operation"].as_str()?);
    let thread = threads.number(caller);
    let retry_after = entry["retryAfter"].as_u64().and_then(|seconds| u32::try_from(seconds).ok());
    let extra = COLUMNS.iter().map(|column| entry[*column].as_str().unwrap_or_default().into()).collect();
    let outcome = Outcome::Status(status);
    let (success, limit) = (status < 400, limit.map(Arc::from));
    Some(Sample {
        start,
        elapsed,
        latency: elapsed,
        label,
        thread,
        outcome,
        success,
        retry_after,
        limit,
        extra,
        ..Sample::default()
    })
}

fn nanos(milliseconds: f64) -> u64 {
    let time = std::time::Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Names and their numbers, in the order in which they come.
#[derive(Default)]
struct Names {
    numbers: HashMap<Box<str>, u32>,
    all: Vec<Arc<str>>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.into(), number);
        self.all.push(name.into());
        number
    }
}
