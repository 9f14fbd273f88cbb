//! `gcmock find`: the largest or smallest value with which a load tool meets no refusal.
//!
//! `mod` runs the tool with one value after the other, each against a new server; `search` chooses the values.

mod search;

use std::collections::BTreeMap;
use std::ffi::OsString;

use anyhow::anyhow;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use self::search::{Next, next};
use super::args::{Find, Format, LogFormat, Values};
use super::inner::{self, Output};
use super::{Failure, log, print_err, print_out, summary};
use crate::observe::journal::RUN_CAPACITY;
use crate::platform::Platform;
use crate::time::Nanos;

/// What a command replaces by the value.
const PLACE: &str = "{}";

/// Finds the value. The exit code is 1 if no value is without a refusal.
pub(super) async fn run(options: &Find) -> Result<u8, Failure> {
    log::to_stderr(LogFormat::Text, LevelFilter::WARN);
    if !options.command.iter().any(|word| word.to_string_lossy().contains(PLACE)) {
        return Err(Failure::Usage(anyhow!("the command has no {PLACE}, which the values would replace")));
    }
    let Values { least, most } = options.value;
    let mut trials = Vec::new();
    let found = loop {
        let clean =
            trials.iter().map(|trial: &Trial| (place(options, trial.value), trial.refused == 0)).collect();
        match next(&clean, most - least) {
            Next::Found(found) => break found.map(|place| value(options, place)),
            Next::Try(place) => {
                let trial = Trial::run(options, value(options, place)).await?;
                print_err(format_args!("gcmock: {}", trial.line()));
                trials.push(trial);
            }
        }
    };
    print_out(&told(options, found, &trials))?;
    Ok(u8::from(found.is_none()))
}

/// The value at a place of the search, the mildest first.
const fn value(options: &Find, place: u64) -> u64 {
    if options.smallest { options.value.most - place } else { options.value.least + place }
}

const fn place(options: &Find, value: u64) -> u64 {
    if options.smallest { options.value.most - value } else { value - options.value.least }
}

/// One run of the command.
struct Trial {
    value: u64,
    code: u8,
    requests: u64,
    refused: u64,
    /// Time from the first request to the first refusal.
    first: Option<Nanos>,
    /// Refusals by limit.
    by_limit: Vec<(String, u64)>,
}

impl Trial {
    async fn run(options: &Find, value: u64) -> Result<Self, Failure> {
        let instance = inner::start(&options.world, RUN_CAPACITY, None)?;
        let output = if options.show_output { Output::Shown } else { Output::Hidden };
        let code = inner::run_command(&filled(&options.command, value), &instance, output).await;
        let platform = inner::stop(instance).await;
        let trial = Self::of(value, code?, &platform);
        if trial.requests == 0 {
            let code = trial.code;
            return Err(Failure::Running(anyhow!(
                "with {value} the command sends no request to this server, and ends with {code}: its variable \
                 GCMOCK_URI has the address, and --show-output shows what it prints"
            )));
        }
        if trial.code >= 128 {
            return Err(Failure::Running(anyhow!("with {value} a signal ended the command")));
        }
        Ok(trial)
    }

    fn of(value: u64, code: u8, platform: &Platform) -> Self {
        let mut begin = Nanos::MAX;
        platform.journal.each(|exchange| begin = begin.min(exchange.time));
        let by_limit = platform.refusals.by_limit();
        let first = by_limit.iter().map(|(first, _)| first.time).min();
        Self {
            value,
            code,
            requests: platform.requests(),
            refused: by_limit.iter().map(|(_, count)| count).sum(),
            first: first.map(|first| first.saturating_sub(begin)),
            by_limit: by_limit
                .iter()
                .map(|(first, count)| (summary::limit(platform, first), *count))
                .collect(),
        }
    }

    fn line(&self) -> String {
        let Self { value, requests, refused, .. } = self;
        let code = if self.code == 0 { String::new() } else { format!(" (exit code {})", self.code) };
        match self.first {
            None => format!("{value}: no refusal of {requests} requests{code}"),
            Some(first) => {
                let limits: Vec<_> = self.by_limit.iter().map(|(limit, _)| limit.as_str()).collect();
                let (limits, first) = (limits.join(", "), seconds(first));
                format!(
                    "{value}: {refused} of {requests} requests refused, first at {first} s, by {limits}{code}"
                )
            }
        }
    }

    fn json(&self) -> Value {
        let by_limit =
            self.by_limit.iter().map(|(limit, refused)| json!({ "limit": limit, "refused": refused }));
        json!({
            "value": self.value,
            "requests": self.requests,
            "refused": self.refused,
            "firstRefusalSeconds": self.first.map(|first| seconds(first).parse::<f64>().unwrap_or_default()),
            "byLimit": by_limit.collect::<Vec<_>>(),
            "exitCode": self.code,
        })
    }
}

/// The command with the value in its places.
fn filled(command: &[OsString], value: u64) -> Vec<OsString> {
    let fill = |word: &OsString| match word.to_str() {
        Some(text) => text.replace(PLACE, &value.to_string()).into(),
        None => word.clone(),
    };
    command.iter().map(fill).collect()
}

/// The result.
fn told(options: &Find, found: Option<u64>, trials: &[Trial]) -> String {
    let kind = if options.smallest { "smallest" } else { "largest" };
    let Values { least, most } = options.value;
    if options.format == Format::Json {
        let tried: Vec<_> = trials.iter().map(Trial::json).collect();
        return format!("{:#}\n", json!({ "value": found, "kind": kind, "tried": tried }));
    }
    let Some(found) = found else { return format!("Every value from {least} to {most} is refused.\n") };
    let tried: BTreeMap<_, _> = trials.iter().map(|trial| (trial.value, trial)).collect();
    let harder = place(options, found).checked_add(1).filter(|place| *place <= most - least);
    match harder.and_then(|place| tried.get(&value(options, place))) {
        Some(next) => format!("The {kind} value without a refusal is {found}. {}.\n", next.line()),
        None => format!(
            "The {kind} value without a refusal is {found}: no value from {least} to {most} is refused.\n"
        ),
    }
}

/// Seconds with two decimals.
fn seconds(time: Nanos) -> String {
    format!("{}.{:02}", time / 1_000_000_000, time / 10_000_000 % 100)
}
