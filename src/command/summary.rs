//! The summary of the limits on the terminal of `serve` and `run`: the first refusal of each limit at once, and a table
//! at the end.
//!
//! It reads existing counters and shows no token: callers have the names of the journal.

use std::convert::Infallible;
use std::fmt::Write as _;

use gcmock_limit::{Rule, RuleId};

use super::args::LogFormat;
use super::print_err;
use crate::admin::entry::Entry;
use crate::observe::audit::{Audit, Conduct};
use crate::observe::filter::ADHERENCE;
use crate::observe::journal::Exchange;
use crate::observe::verify::callers;
use crate::platform::Platform;
use crate::rules::Limit;
use crate::time::Nanos;
use crate::time::clock::rfc3339;

const HEAD: [&str; 8] =
    ["limit", "scope", "requests", "admitted", "refused", "first refusal", "highest", "Retry-After"];
/// Columns of numbers.
const RIGHT: std::ops::Range<usize> = 2..5;

/// Logs the first refusal of each limit at once.
pub(super) async fn follow(platform: &Platform) -> Infallible {
    loop {
        let first = platform.refusals.next_first().await;
        tracing::info!("{}", first_refusal(platform, &first));
    }
}

/// Prints the table of the limits, or log lines if the format is JSON.
pub(super) fn print(platform: &Platform, format: LogFormat) {
    let unread = std::iter::from_fn(|| platform.refusals.unread_first());
    let firsts = unread.map(|first| first_refusal(platform, &first));
    let (lines, rows) = (firsts.chain([total(platform)]), rows(platform));
    match format {
        LogFormat::Text => {
            let lines = lines.map(|line| format!("gcmock: {line}")).chain(table(&rows));
            lines.for_each(print_err);
        }
        LogFormat::Json => {
            lines.for_each(|line| tracing::info!("{line}"));
            rows.iter().for_each(Row::log);
        }
    }
}

/// Says how a report is made, after a run that has none.
pub(super) fn offer_report(platform: &Platform, format: LogFormat) {
    if format == LogFormat::Text && platform.requests() > 0 {
        print_err(
            "gcmock: for a report on a run: serve --report report.html, or gcmock report -o report.html while it runs",
        );
    }
}

fn first_refusal(platform: &Platform, exchange: &Exchange) -> String {
    let entry = Entry::of_one(platform, exchange);
    let config = platform.config.current();
    let limit = exchange.refused_by().and_then(|id| config.limit_of(id));
    let action = entry.socket.and_then(|socket| socket.action).map(|action| format!(" [{action}]"));
    let organization = entry.tenant_name.map(|name| format!(" of {name}"));
    format!(
        "first refusal by {} (scope {}) at {}: {}{}, caller {}{}, retry after {} s{}",
        entry.limit.as_deref().unwrap_or("a removed limit"),
        limit.map_or_else(|| "user".to_owned(), |limit| limit.rule.scope.to_string()),
        entry.time,
        entry.operation,
        action.unwrap_or_default(),
        entry.caller.as_deref().unwrap_or("without a client"),
        organization.unwrap_or_default(),
        entry.retry_after.unwrap_or(1),
        ending(platform, limit, exchange),
    )
}

/// The end of the line: tells that the store took no part, where that is why the limit refused.
fn ending(platform: &Platform, limit: Option<&Limit>, exchange: &Exchange) -> &'static str {
    let refuses = limit.is_some_and(|limit| platform.limiter.refuses_without_store(limit));
    if refuses && exchange.is_without_store() { "; the store took no part" } else { "" }
}

/// `12000 requests, 4501 refusals: messaging-send 4501`.
fn total(platform: &Platform) -> String {
    let by_limit = platform.refusals.by_limit();
    let mut text = match platform.requests() {
        0 => "no requests".to_owned(),
        1 => "1 request".to_owned(),
        requests => format!("{requests} requests"),
    };
    let refusals: u64 = by_limit.iter().map(|(_, count)| count).sum();
    let _ = match refusals {
        0 => write!(text, ", no refusals"),
        1 => write!(text, ", 1 refusal: "),
        refusals => write!(text, ", {refusals} refusals: "),
    };
    let counted = by_limit.iter().map(|(first, count)| format!("{} {count}", limit(platform, first)));
    text + &counted.collect::<Vec<_>>().join(", ")
}

/// The name of the limit that refused.
pub(super) fn limit(platform: &Platform, exchange: &Exchange) -> String {
    exchange.refused_by().map_or_else(
        || ADHERENCE.to_owned(),
        |id| platform.config.ids().name(id).map_or_else(|| id.0.to_string(), |name| name.to_string()),
    )
}

/// The row of a limit that covered a request.
#[derive(Default)]
struct Row {
    limit: String,
    scope: String,
    requests: Option<u64>,
    admitted: Option<u64>,
    refused: u64,
    /// Refusals of a limit that only counts.
    shadow: u64,
    /// The time of the first refusal, and how long that is after the first request where that is known.
    first: Option<(Nanos, Option<Nanos>)>,
    highest: Option<(u32, u32)>,
    retry_after: String,
}

/// Every limit in force that was met, and the adherence check where it refused.
fn rows(platform: &Platform) -> Vec<Row> {
    let requests = platform.journal.requests();
    let callers = callers(&platform.catalog, platform.clock.mode(), &requests);
    let audit = Audit::of(&requests, &callers);
    let forgotten = platform.journal.forgotten() > 0;
    let config = platform.config.current();
    let adherence = platform.refusals.by_limit().into_iter().find(|(first, _)| first.refused_by().is_none());
    let met = config.rules().map(|rule| (Some(rule.id), Row::of(platform, rule)));
    let met = met.filter(|(_, row)| row.requests != Some(0));
    let rows = met.chain(adherence.map(|(first, refused)| (None, Row::of_adherence(&first, refused))));
    let told = |(id, row): (Option<RuleId>, Row)| {
        let retry_after = retry_column(row.refused, audit.limits.get(&id), forgotten);
        Row { retry_after, ..row }
    };
    rows.map(told).collect()
}

impl Row {
    fn of(platform: &Platform, rule: &Rule) -> Self {
        let (totals, history) = (platform.limiter.totals(rule.id), platform.limiter.history(rule.id));
        let since = |refused: Nanos| history.first.map(|first| refused.saturating_sub(first));
        Self {
            limit: rule.name.to_string(),
            scope: rule.scope.to_string(),
            requests: Some(totals.hits),
            admitted: Some(totals.admitted),
            refused: totals.refused,
            shadow: totals.shadow_refused,
            first: history.first_refused.map(|refused| (refused, since(refused))),
            highest: Some((history.highest, rule.algorithm.capacity())),
            retry_after: String::new(),
        }
    }

    fn of_adherence(first: &Exchange, refused: u64) -> Self {
        Self {
            limit: ADHERENCE.to_owned(),
            scope: "user".to_owned(),
            refused,
            first: Some((first.time, None)),
            ..Self::default()
        }
    }

    fn cells(&self) -> [String; HEAD.len()] {
        let number = |number: Option<u64>| number.map_or_else(none, |number| number.to_string());
        let refused = match self.shadow {
            0 => self.refused.to_string(),
            shadow => format!("{shadow} (shadow)"),
        };
        [
            self.limit.clone(),
            self.scope.clone(),
            number(self.requests),
            number(self.admitted),
            refused,
            self.first.map_or_else(none, first_time),
            self.highest.map_or_else(none, |(highest, capacity)| format!("{highest} of {capacity}")),
            self.retry_after.clone(),
        ]
    }

    fn log(&self) {
        let (highest, capacity) = self.highest.unzip();
        tracing::info!(
            limit = self.limit,
            scope = self.scope,
            requests = self.requests,
            admitted = self.admitted,
            refused = self.refused,
            shadow = self.shadow,
            first_refusal = self.first.map(|(at, _)| rfc3339(at)),
            highest,
            capacity,
            retry_after = self.retry_after,
            "limit"
        );
    }
}

fn none() -> String {
    "-".to_owned()
}

fn first_time((at, since): (Nanos, Option<Nanos>)) -> String {
    let millis = since.map(|since| since / 1_000_000);
    let since = millis.map(|millis| format!(" (+{}.{:03} s)", millis / 1000, millis % 1000));
    rfc3339(at) + &since.unwrap_or_default()
}

/// Whether clients waited for `Retry-After`, as far as the journal reaches back.
fn retry_column(refused: u64, conduct: Option<&Conduct>, forgotten: bool) -> String {
    match conduct {
        _ if refused == 0 => none(),
        _ if forgotten => "unknown: the journal is too small".to_owned(),
        None => none(),
        Some(Conduct { retries: 0, .. }) => "no retries".to_owned(),
        Some(Conduct { early: 0, .. }) => "honoured".to_owned(),
        Some(conduct) => format!("{} of {} retries too early", conduct.early, conduct.retries),
    }
}

/// The rows as aligned lines under a head; nothing where no limit was met.
fn table(rows: &[Row]) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let cells: Vec<_> = std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let line = |row: &[String; HEAD.len()]| {
        let aligned = row.iter().enumerate().map(|(column, cell)| match width(column) {
            width if RIGHT.contains(&column) => format!("  {cell:>width$}"),
            width => format!("  {cell:<width$}"),
        });
        aligned.collect::<String>().trim_end().to_owned()
    };
    cells.iter().map(line).collect()
}
