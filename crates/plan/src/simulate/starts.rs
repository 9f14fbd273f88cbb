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

/// Thread i of a Stepping Thread Group, as `SteppingThreadGroup.scheduleThread` (jmeter-plugins 1bb949a) has it: in whole
/// milliseconds, and with the end of the last step's ramp computed from the size of a whole step.
fn stepping(start: &Start, cost: Nanos) -> Vec<Life> {
    let Start::Stepping { threads, delay, first, step, every, ramp, hold, stop, stop_every } = *start else {
        return Vec::new();
    };
    let or_all = |count: u32| u64::from(if count == 0 { threads } else { count }).max(1);
    let (threads, step, stop) = (u64::from(threads), or_all(step), or_all(stop));
    let first = if first == 0 { step } else { u64::from(first).min(threads) };
    let part = |size: u64| ramp / MILLI / size * MILLI;
    let whole_step = every.saturating_add(ramp);
    let begin = |i: u64| {
        let bucket = if i < first { 0 } else { 1 + (i - first) / step };
        let (place, size) = if i < first { (i, first) } else { ((i - first) % step, step) };
        bucket.saturating_mul(whole_step).saturating_add(part(size).saturating_mul(place))
    };
    let end =
        delay.saturating_add(descent(threads, first, step, whole_step, part(step))).saturating_add(hold);
    let life = |i: u64| {
        let begin = delay.saturating_add(begin(i)).max(i * cost);
        let end = end.saturating_add((i / stop).saturating_mul(stop_every));
        Life { begin, made: i * cost, end: Some(end) }
    };
    (0..threads).map(life).collect()
}

/// The time from the first step to the end of the last one's ramp. `part` is the distance of two threads of a step.
fn descent(threads: u64, first: u64, step: u64, whole_step: Nanos, part: Nanos) -> Nanos {
    // A group that is smaller than its first step has one step, and is that much before its end.
    let Some(later) = threads.checked_sub(first) else {
        let missing = (first - threads) % step;
        let all = whole_step.saturating_add(if missing == 0 { part.saturating_mul(step) } else { 0 });
        return all.saturating_sub(part.saturating_mul(missing));
    };
    let last = if later.is_multiple_of(step) { step } else { later % step };
    later.div_ceil(step).saturating_mul(whole_step).saturating_add(part.saturating_mul(last))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begins_and_ends(start: &Start) -> Vec<(u64, u64)> {
        let lives = lives(start, 0).expect("few threads");
        lives.iter().map(|life| (life.begin / MILLI, life.end.expect("an end") / MILLI)).collect()
    }

    const STEPPING: Start = Start::Stepping {
        threads: 8,
        delay: 5 * SECOND,
        first: 0,
        step: 3,
        every: 10 * SECOND,
        ramp: SECOND,
        hold: 60 * SECOND,
        stop: 4,
        stop_every: 2 * SECOND,
    };

    #[test]
    fn a_stepping_group_starts_and_stops_as_the_plugin_schedules_it() {
        // Steps at 5, 16 and 27 s, 333 ms apart within; 2 whole steps, and 2 threads of the third: 22.666 s and 60 s.
        let ends = [87_666, 87_666, 87_666, 87_666, 89_666, 89_666, 89_666, 89_666];
        let begins = [5000, 5333, 5666, 16_000, 16_333, 16_666, 27_000, 27_333];
        let expected: Vec<(u64, u64)> = begins.into_iter().zip(ends).collect();
        assert_eq!(begins_and_ends(&STEPPING), expected);
    }

    #[test]
    fn steps_of_no_size_have_all_threads() {
        let Start::Stepping { threads, delay, every, ramp, hold, stop_every, .. } = STEPPING else { return };
        let all =
            Start::Stepping { threads, delay, first: 0, step: 0, every, ramp, hold, stop: 0, stop_every };
        let expected: Vec<(u64, u64)> = (0..8).map(|i| (5000 + 125 * i, 66_000)).collect();
        assert_eq!(begins_and_ends(&all), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn threads_of_an_ultimate_row_start_and_end_on_straight_lines(
            threads in 1..60_u32,
            times in prop::array::uniform4(0..50_u64),
            at in 0..220_000_u64,
        ) {
            let [delay, ramp, hold, down] = times.map(|time| time * SECOND);
            let lives = lives(&Start::Ultimate(vec![UltimateRow { threads, delay, ramp, hold, down }]), 0);
            let (lives, now) = (lives.expect("few threads"), at * MILLI);
            // How many of n have come at `now` on a line of that length.
            let line = |begin: Nanos, length: Nanos| match now.checked_sub(begin) {
                None => 0,
                Some(since) if since >= length => u64::from(threads),
                Some(since) => since * u64::from(threads) / length,
            };
            let count = |is: &dyn Fn(&Life) -> bool| lives.iter().filter(|life| is(life)).count() as u64;
            prop_assert_eq!(count(&|life| life.begin <= now), line(delay, ramp));
            prop_assert_eq!(count(&|life| life.end.is_some_and(|end| end <= now)), line(delay + ramp + hold, down));
        }

        #[test]
        fn a_concurrency_group_rises_to_its_target_in_even_steps(
            target in 1..200_u32,
            steps in 1..20_u32,
            ramp in 1..100_u64,
            hold in 1..100_u64,
        ) {
            let (ramp, hold) = (ramp * SECOND, hold * SECOND);
            let middle = |step: u32| ramp / 2 / u64::from(steps) * (2 * u64::from(step) + 1);
            for step in 0..steps {
                // Twice the exact share, rounded half up.
                let expected = (2 * target * (step + 1) + steps) / (2 * steps);
                let found = planned(target, ramp, steps, hold, middle(step)).expect("not over");
                prop_assert!(found.abs_diff(expected) <= u32::from(2 * target * (step + 1) % steps == 0));
            }
            prop_assert_eq!(planned(target, ramp, steps, hold, ramp), Some(target));
            prop_assert_eq!(planned(target, ramp, steps, hold, ramp + hold), None);
            let without_steps = |now| planned(target, ramp, 0, hold, now).expect("not over");
            prop_assert_eq!(without_steps(0), 0);
            prop_assert!(without_steps(ramp / 2).abs_diff(target / 2) <= 1);
        }
    }
}
