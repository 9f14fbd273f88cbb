//! What a run tells while it runs, and at its end.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use gcmock_plan::model::Plan;
use parking_lot::Mutex;

use super::run::Run;
use super::tally::{Counts, Tally};
use crate::time::Nanos;

const SECOND: Duration = Duration::from_secs(1);

/// Writes a line every second over the last one, if stderr is a terminal.
pub(super) async fn follow(run: &Run, tally: &Mutex<Tally>) -> Infallible {
    if !stderr().is_terminal() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(SECOND).await;
        let line = line(run, &mut tally.lock());
        let _ = stderr().write_all(format!("\r\x1b[K{line}").as_bytes());
    }
}

/// Ends the progress line.
pub(super) fn end() {
    if stderr().is_terminal() {
        let _ = stderr().write_all(b"\r\x1b[K");
    }
}

/// The line of now. Times are those of the last second.
fn line(run: &Run, tally: &mut Tally) -> String {
    let users = run.outlet.users.load(Relaxed);
    let recent = std::mem::take(&mut tally.recent);
    format!(
        "gcmock: {} s  {users} users  {} sent  {} refused  p50 {}  p99 {}  late {}",
        run.now() / 1_000_000_000,
        grouped(tally.all.sent),
        grouped(tally.all.refused),
        millis(recent.percentile(50)),
        millis(recent.percentile(99)),
        millis(tally.lateness.percentile(99)),
    )
}

/// The summary of a run.
pub(super) fn summary(plan: &Plan, tally: &Tally) -> String {
    let Counts { sent, refused, failed } = tally.all;
    let (first, last) = tally.span.unwrap_or_default();
    let mut text = format!("Sent {} in {}", grouped(sent), seconds(last - first));
    let _ = write!(text, " ({}/s): {} refused", rate(sent, last - first), grouped(refused));
    if let Some(at) = tally.first_refusal {
        let _ = write!(text, " ({}), first at {}", percent(refused, sent), seconds(at - first));
    }
    let _ = writeln!(text, ", {} failed{}.", grouped(failed), statuses(&tally.failures));
    for (what, times) in [("Admitted", &tally.admitted), ("Refused", &tally.refused)] {
        if times.total() > 0 {
            let (half, most, longest) = (times.percentile(50), times.percentile(99), times.longest());
            let _ = writeln!(
                text,
                "{what}: p50 {}, p99 {}, at most {}.",
                millis(half),
                millis(most),
                millis(longest)
            );
        }
    }
    let late = &tally.lateness;
    let _ = writeln!(
        text,
        "Sent late: p50 {}, p99 {}, at most {}.",
        millis(late.percentile(50)),
        millis(late.percentile(99)),
        millis(late.longest())
    );
    if let Some((count, why)) = &tally.unanswered {
        let _ = writeln!(text, "Without an answer: {}, the first: {why}", grouped(*count));
    }
    text + &samplers(plan, tally)
}

/// `: 401 × 10, no answer × 2`.
fn statuses(failures: &BTreeMap<u16, u64>) -> String {
    let named = |status: u16| if status == 0 { "no answer".to_owned() } else { status.to_string() };
    let each = failures.iter().map(|(status, count)| format!("{} × {}", named(*status), grouped(*count)));
    let each = each.collect::<Vec<_>>().join(", ");
    if each.is_empty() { each } else { format!(": {each}") }
}

/// The counts of each sampler, if there are several.
fn samplers(plan: &Plan, tally: &Tally) -> String {
    if tally.samplers.len() < 2 {
        return String::new();
    }
    let name = |label: u32| plan.nodes.get(label as usize).map_or("", |node| &*node.name);
    let width = tally.samplers.keys().map(|label| name(*label).chars().count()).max().unwrap_or(0).max(7);
    let mut text = format!("\n{:<width$}  {:>10}  {:>10}  {:>10}\n", "Sampler", "Sent", "Refused", "Failed");
    for (label, counts) in &tally.samplers {
        let [sent, refused, failed] = [counts.sent, counts.refused, counts.failed].map(grouped);
        let _ = writeln!(text, "{:<width$}  {sent:>10}  {refused:>10}  {failed:>10}", name(*label));
    }
    text
}

/// `12,345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn millis(time: Nanos) -> String {
    format!("{}.{} ms", time / 1_000_000, time / 100_000 % 10)
}

fn seconds(time: Nanos) -> String {
    format!("{}.{:02} s", time / 1_000_000_000, time / 10_000_000 % 100)
}

/// Tenths of a percent.
fn percent(part: u64, all: u64) -> String {
    let tenths = (part * 1000).checked_div(all).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Tenths of a request a second.
fn rate(count: u64, time: Nanos) -> String {
    let tenths = u128::from(count) * 10_000_000_000 / u128::from(time.max(1));
    if time == 0 { count.to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}
