//! Numbers, kinds and scopes as people say them.

use std::sync::Arc;

use crate::Nanos;
use crate::learn::answer::Limit;
use crate::learn::number::{float, seconds};
use crate::learn::{By, Scope, Shape};

/// A number without needless digits: at most four that count.
pub(in crate::learn) fn number(value: f64) -> String {
    let digits = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    let unit = 10f64.powf(digits - 3.0);
    let rounded = (value / unit).round() * unit;
    let text = format!("{rounded:.6}");
    let text = if digits >= 4.0 { format!("{value:.0}") } else { text };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.to_owned()
}

/// A length of time, such as `250 ms`, `1.5 s` or `60 s`.
pub(in crate::learn) fn time(time: Nanos) -> String {
    match time {
        0..1_000_000_000 => format!("{} ms", number(seconds(time) * 1000.0)),
        _ => format!("{} s", number(seconds(time))),
    }
}

pub(super) fn percent(part: f64) -> String {
    match part * 100.0 {
        percent if percent > 0.0 && percent < 10.0 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

/// The kind with its numbers: `a token bucket of 50, refilled at 6/s`.
pub(super) fn kind(shape: Shape, capacity: u64) -> String {
    let counted = if shape.counts_refused() { ", refused requests counted too" } else { "" };
    match shape {
        Shape::TokenBucket { rate } => format!("a token bucket of {capacity}, refilled at {}", rate_of(rate)),
        Shape::FixedWindow { period, lockout: None, .. } => {
            format!("{capacity} in each window of {}, opened by its first request{counted}", time(period))
        }
        Shape::FixedWindow { period, lockout: Some(lockout), .. } => {
            format!("{capacity} in each window of {}; a refusal locks for {}", time(period), time(lockout))
        }
        Shape::AlignedWindow { period, .. } => {
            format!("{capacity} in each window of {} of the clock", time(period))
        }
        Shape::SlidingWindow { period, .. } => format!("{capacity} in any {}{counted}", time(period)),
        Shape::Requests => format!("{capacity} requests at once"),
        Shape::Connections => format!("{capacity} connections at once"),
    }
}

fn rate_of(rate: f64) -> String {
    if rate < 1.0 { format!("{}/min", number(rate * 60.0)) } else { format!("{}/s", number(rate)) }
}

/// What a scope covers and counts by: `of "Send message", one count for each token`.
pub(super) fn scope(scope: &Scope, labels: &[Arc<str>]) -> String {
    let covers = match scope.labels.as_slice() {
        [] => "all requests".to_owned(),
        some => names(some, labels),
    };
    let by = match &scope.by {
        By::All => ", counted together".to_owned(),
        By::Label => ", counted by label".to_owned(),
        By::Thread => ", counted by user of the load tool, or its connection".to_owned(),
        By::Column(name) => format!(", counted by {name}"),
    };
    covers + &by
}

fn names(some: &[u32], labels: &[Arc<str>]) -> String {
    let quoted = some
        .iter()
        .take(4)
        .map(|label| format!("“{}”", labels.get(*label as usize).map_or("", |label| label)));
    let shown = quoted.collect::<Vec<_>>().join(", ");
    match some.len().saturating_sub(4) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The range of a limit's capacity and of its number in time, where they are ranges.
pub(super) fn ranges(limit: &Limit) -> String {
    let (low, high) = limit.capacities;
    let capacity = if low == high { format!("capacity {low}") } else { format!("capacity {low} to {high}") };
    let (from, to) = limit.numbers;
    match limit.shape {
        Shape::TokenBucket { .. } => format!("{capacity}, rate {} to {} a second", number(from), number(to)),
        shape if shape.period().is_some() && to > 0.0 => {
            format!("{capacity}, period {} to {} s", number(from / 1e9), number(to / 1e9))
        }
        _ => capacity,
    }
}

/// How many for each second, for a sentence.
pub(super) fn per_second(count: u64, time: Nanos) -> String {
    number(float(count) / seconds(time).max(0.001))
}
