//! Numbers, kinds and scopes as people say them.

use std::sync::Arc;

use crate::Nanos;
use crate::learn::number::{SECOND, float, nanos, seconds};
use crate::learn::{By, Lengths, Limit, Scope, Shape};

/// The range of a rate is told beside it from this ratio of its ends on.
const WIDE_RATE: f64 = 1.02;

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
pub(super) fn kind(shape: Shape, capacity: u64, lengths: Lengths) -> String {
    let counted = if shape.counts_refused() { ", refused requests counted too" } else { "" };
    let period = |period| length(period, lengths.numbers, lengths);
    match shape {
        Shape::TokenBucket { rate } => {
            format!("a token bucket of {capacity}, refilled at {}{}", rate_of(rate), rates(lengths))
        }
        Shape::FixedWindow { period: time, lockout: None, .. } => {
            format!("a fixed window of {capacity} in {}, opened by its first request{counted}", period(time))
        }
        Shape::FixedWindow { period: time, lockout: Some(lockout), .. } => {
            let lockout = length(lockout, lengths.lockouts, lengths);
            format!(
                "a fixed window of {capacity} in {} with a lockout: a refusal locks for {lockout}",
                period(time)
            )
        }
        Shape::AlignedWindow { period: time, .. } => {
            format!("a fixed window of the clock: {capacity} in {}", every("each", period(time)))
        }
        Shape::SlidingWindow { period: time, .. } => {
            format!("a sliding window of {capacity} in {}{counted}", every("any", period(time)))
        }
        Shape::SlidingCounter { period: time, .. } => {
            format!(
                "a sliding window counter of {capacity} in {}, by two windows of the clock{counted}",
                period(time)
            )
        }
        Shape::Stepped { period: time, refill: None, .. } => {
            format!(
                "a fixed window of {capacity}, renewed {} from its first request on",
                every("each", period(time))
            )
        }
        Shape::Stepped { period: time, refill: Some(refill), .. } => {
            format!(
                "a token bucket of {capacity}, refilled by {refill} at once {}",
                every("each", period(time))
            )
        }
        Shape::Requests => format!("concurrency: {capacity} requests at once"),
        Shape::Connections => format!("concurrency: {capacity} connections at once"),
        Shape::Ban => ban(capacity, lengths),
    }
}

/// A length with a word before it, unless it begins with words of its own.
fn every(word: &str, length: String) -> String {
    if length.starts_with("at least") { length } else { format!("{word} {length}") }
}

/// The range of a rate, where it is wide.
fn rates(lengths: Lengths) -> String {
    let (low, high) = lengths.numbers;
    let is_wide = low > 0.0 && high > low * WIDE_RATE;
    if is_wide { format!(" ({} to {})", rate_of(low), rate_of(high)) } else { String::new() }
}

fn ban(capacity: u64, lengths: Lengths) -> String {
    let least = time(whole(lengths.numbers.0));
    format!(
        "a ban without a known end: after {capacity} admitted requests everything is refused, for at least {least}"
    )
}

/// A length of time, or its range if it was seen once.
fn length(told: Nanos, range: (f64, f64), lengths: Lengths) -> String {
    match range {
        range if !lengths.is_open(range) && !lengths.is_wide(range) => time(told),
        (low, high) if high.is_infinite() => format!("at least {}", time(whole(low))),
        (low, high) => {
            let ends = format!("{} to {}", time(whole(low)), time(whole(high)));
            if lengths.is_open(range) { ends } else { format!("{} ({ends})", time(told)) }
        }
    }
}

/// An end of a range.
pub(super) fn whole(nanoseconds: f64) -> Nanos {
    nanos(nanoseconds / SECOND)
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
    let capacity = if high == u64::MAX {
        format!("capacity at least {low}")
    } else if low == high {
        format!("capacity {low}")
    } else {
        format!("capacity {low} to {high}")
    };
    let (from, to) = limit.lengths.numbers;
    match limit.shape {
        Shape::Ban => format!("{low} to {high} requests admitted before it"),
        shape if shape.period().is_some() && to.is_infinite() => {
            format!("{capacity}, period at least {} s", number(from / 1e9))
        }
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
