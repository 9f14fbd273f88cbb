//! When the threads of a group start and end, counted from the start of the group.

use super::{MAX_THREADS, MILLI, SECOND, Unfit};
use crate::Nanos;
use crate::model::{Start, UltimateRow};

/// The life of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    /// When it begins.
    pub(super) begin: Nanos,
    /// When it was made: what scripts see as its start.
    pub(super) made: Nanos,
    /// When it ends at the latest.
    pub(super) end: Option<Nanos>,
}

/// The lives of all threads of a group with a closed formula. Empty for groups whose threads arrive.
pub(super) fn lives(start: &Start, cost: Nanos) -> Result<Vec<Life>, Unfit> {
    let count = threads(start);
    if count > MAX_THREADS {
        return Err(Unfit::Threads(count));
    }
    Ok(match start {
        Start::Threads { threads, ramp, delay, duration, delayed } => {
            let begins = if *delayed { delayed_begins(*threads, *ramp) } else { begins(*threads, *ramp) };
            let life = |(i, begin): (u64, Nanos)| {
                // With a delayed start a thread is made when it begins.
                let made = delay + if *delayed { 0 } else { i * cost };
                let end = duration.map(|duration| made.saturating_add(duration));
                Life { begin: delay + begin.max(i * cost), made, end }
            };
            let all = (0..).zip(begins).map(life);
            all.filter(|life| !delayed || life.end.is_none_or(|end| life.begin <= end)).collect()
        }
        Start::Ultimate(rows) => rows.iter().flat_map(|row| ultimate(row, cost)).collect(),
        Start::Stepping { .. } => stepping(start, cost),
        Start::Concurrency { .. } | Start::Arrivals { .. } | Start::OpenModel { .. } => Vec::new(),
    })
}

/// How many threads a group has. Groups whose threads arrive have none of their own.
pub(super) fn threads(start: &Start) -> u64 {
    match start {
        Start::Threads { threads, .. } | Start::Stepping { threads, .. } => u64::from(*threads),
        Start::Ultimate(rows) => rows.iter().map(|row| u64::from(row.threads)).sum(),
        Start::Concurrency { target, .. } => u64::from(*target),
        Start::Arrivals { .. } | Start::OpenModel { .. } => 0,
    }
}

/// round(a / b), half up, of whole milliseconds; `ThreadGroup.start` counts so.
const fn rounded(milliseconds: u64, count: u64) -> u64 {
    if count == 0 { 0 } else { (2 * milliseconds + count) / (2 * count) }
}

/// Thread i begins at i · round(ramp / threads), in whole milliseconds.
fn begins(threads: u32, ramp: Nanos) -> Vec<Nanos> {
    let distance = rounded(ramp / SECOND * 1000, threads.into());
    (0..u64::from(threads)).map(|i| i * distance * MILLI).collect()
}

/// The distance is computed again for each thread, from what is left of the ramp.
fn delayed_begins(threads: u32, ramp: Nanos) -> Vec<Nanos> {
    let ramp = ramp / SECOND * 1000;
    let mut now = 0;
    let all = (0..u64::from(threads)).map(|i| {
        if i > 0 {
            now += rounded(ramp.saturating_sub(now), u64::from(threads) - i);
        }
        now * MILLI
    });
    all.collect()
}

/// Thread k = n … 1 of a row: start = delay + ramp · k / n, end = delay + ramp + hold + down · k / n.
fn ultimate(row: &UltimateRow, cost: Nanos) -> impl Iterator<Item = Life> + use<> {
    let row = *row;
    let n = u64::from(row.threads).max(1);
    (1..=u64::from(row.threads)).rev().zip(0..).map(move |(k, i)| {
        let part = |length: Nanos| u64::try_from(u128::from(length) * u128::from(k) / u128::from(n));
        let begin = row.delay.saturating_add(part(row.ramp).unwrap_or(Nanos::MAX));
        let hold = row.delay.saturating_add(row.ramp).saturating_add(row.hold);
        let end = hold.saturating_add(part(row.down).unwrap_or(Nanos::MAX));
        Life { begin: begin.max(i * cost), made: i * cost, end: Some(end) }
    })
}

fn stepping(start: &Start, cost: Nanos) -> Vec<Life> {
    let Start::Stepping { threads, delay, first, step, every, ramp, hold, stop, stop_every } = *start else {
        return Vec::new();
    };
    let (threads, step) = (u64::from(threads), u64::from(step).max(1));
    let first = if first == 0 { step } else { u64::from(first) };
    let begin = |i: u64| {
        let bucket = if i < first { 0 } else { 1 + (i - first) / step };
        let (place, size) = if i < first { (i, first) } else { ((i - first) % step, step) };
        bucket.saturating_mul(every.saturating_add(ramp)).saturating_add(ramp.saturating_mul(place) / size)
    };
    let full = if threads == 0 { 0 } else { begin(threads - 1) };
    let life = |i: u64| {
        let down = (i / u64::from(stop).max(1)).saturating_mul(stop_every);
        let end = delay.saturating_add(full).saturating_add(hold).saturating_add(down);
        let begin = delay.saturating_add(begin(i)).max(i * cost);
        Life { begin, made: i * cost, end: Some(end) }
    };
    (0..threads).map(life).collect()
}

/// How many threads a Concurrency Thread Group plans at `now`. `None`: it is over.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a 32 bit number"
)]
pub(super) fn planned(target: u32, ramp: Nanos, steps: u32, hold: Nanos, now: Nanos) -> Option<u32> {
    if now >= ramp.saturating_add(hold) {
        return None;
    }
    if now >= ramp {
        return Some(target);
    }
    let (ramp, now) = (ramp as f64, now as f64);
    let share = if steps == 0 {
        f64::from(target) * now / ramp
    } else {
        let steps = f64::from(steps);
        f64::from(target) / steps * ((now / (ramp / steps)).floor() + 1.0)
    };
    Some((share.round() as u32).min(target))
}
