//! The instants of open models: threads that arrive by a schedule, whatever the answers take.

use fastrand::Rng;

use super::{MAX_THREADS, Unfit};
use crate::Nanos;
use crate::model::{OpenStep, Start};

/// The arrivals of a group, sorted, counted from its start.
pub(super) fn arrivals(start: &Start, random: &mut Rng) -> Result<Vec<Nanos>, Unfit> {
    match start {
        Start::OpenModel { steps, seed } => {
            let mut own = if *seed == 0 { random.fork() } else { Rng::with_seed(seed.unsigned_abs()) };
            open_model(steps, &mut own)
        }
        Start::Arrivals { rate, ramp, steps, hold, .. } => by_rate(*rate, *ramp, *steps, *hold),
        _ => Ok(Vec::new()),
    }
}

/// The length of the schedule of an open model.
pub(super) fn length(steps: &[OpenStep]) -> Nanos {
    steps.iter().fold(0, |sum, step| sum.saturating_add(step.length))
}

#[expect(clippy::cast_precision_loss, reason = "schedules are shorter than 2^53 ns, a hundred days")]
fn seconds(length: Nanos) -> f64 {
    length as f64 / 1e9
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturating")]
fn nanos(seconds: f64) -> Nanos {
    (seconds.max(0.0) * 1e9).round() as Nanos
}

/// A whole number of arrivals; a count beyond all bounds is found to be so by the caller.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturating")]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

/// Adds `count` arrivals, if that is not over the bound.
fn grown(all: &[Nanos], count: u64) -> Result<(), Unfit> {
    let total = all.len() as u64 + count;
    if total > MAX_THREADS { Err(Unfit::Threads(total)) } else { Ok(()) }
}

/// trunc((b + e) / 2 · t) arrivals in each step.
fn open_model(steps: &[OpenStep], random: &mut Rng) -> Result<Vec<Nanos>, Unfit> {
    let (mut all, mut begin) = (Vec::new(), 0);
    for step in steps {
        let length = seconds(step.length);
        let count = whole(f64::midpoint(step.from, step.to) * length);
        grown(&all, count)?;
        let first = all.len();
        if step.random {
            let even = whole(step.from.min(step.to) * length).min(count);
            all.extend((0..even).map(|_| begin + nanos(random.f64() * length)));
            all.extend((even..count).map(|_| {
                let at = random.f64().sqrt() * length;
                begin + nanos(if step.to >= step.from { at } else { length - at })
            }));
            all[first..].sort_unstable();
        } else {
            all.extend((1..=count).map(|n| begin + nanos(even_arrival(step, length, n))));
        }
        begin = begin.saturating_add(step.length);
    }
    Ok(all)
}

/// When the n-th arrival of an even step comes: b · t + a · t² / 2 = n.
#[expect(clippy::cast_precision_loss, reason = "at most MAX_THREADS")]
fn even_arrival(step: &OpenStep, length: f64, n: u64) -> f64 {
    let (rate, n) = (step.from, n as f64);
    let slope = if length > 0.0 { (step.to - step.from) / length } else { 0.0 };
    let root = (rate * rate + 2.0 * slope * n).max(0.0).sqrt();
    // The form that does not divide by the slope holds for a constant rate as well.
    let sum = rate + root;
    if sum > 0.0 { (2.0 * n / sum).min(length) } else { 0.0 }
}

/// One arrival every 1 / rate(t).
fn by_rate(rate: f64, ramp: Nanos, steps: u32, hold: Nanos) -> Result<Vec<Nanos>, Unfit> {
    let (rise, end) = (seconds(ramp), seconds(ramp.saturating_add(hold)));
    grown(&[], whole(rate * end))?;
    let (mut all, mut arrived) = (Vec::new(), 1.0);
    loop {
        let at = instant(rate, rise, steps, arrived);
        if !(at.is_finite() && at < end) {
            return Ok(all);
        }
        grown(&all, 1)?;
        all.push(nanos(at));
        arrived += 1.0;
    }
}

/// When the integral of the rate reaches `arrived`.
fn instant(rate: f64, rise: f64, steps: u32, arrived: f64) -> f64 {
    if steps == 0 {
        let in_ramp = rate * rise / 2.0;
        return if arrived <= in_ramp {
            (2.0 * arrived * rise / rate).sqrt()
        } else {
            rise + (arrived - in_ramp) / rate
        };
    }
    let (count, length) = (f64::from(steps), rise / f64::from(steps));
    let each = rate / count * length;
    // After k whole steps each · k · (k + 1) / 2 have arrived.
    let whole = if each > 0.0 { ((1.0 + 8.0 * arrived / each).sqrt() - 1.0) / 2.0 } else { count };
    let step = whole.floor().min(count);
    let before = each * step * (step + 1.0) / 2.0;
    let now = if step >= count { rate } else { rate / count * (step + 1.0) };
    step.mul_add(length, (arrived - before) / now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::simulate::SECOND;

    const PARTS: f64 = 4000.0;

    /// How many arrivals a rate makes until `at`, by small steps of time.
    fn integral(rate: impl Fn(f64) -> f64, at: f64) -> f64 {
        let step = at / PARTS;
        (0..4000).map(|part| rate((f64::from(part) + 0.5) * step) * step).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn even_arrivals_come_where_the_rate_has_made_the_next_one(from in 0..30_u32, to in 0..30_u32, length in 1..20_u64) {
            let (begin, end) = (f64::from(from), f64::from(to));
            let step = OpenStep { from: begin, to: end, length: length * SECOND, random: false };
            let found = open_model(&[step], &mut fastrand::Rng::with_seed(1)).expect("few");
            let count = u64::from(from + to) * length / 2;
            prop_assert_eq!(found.len() as u64, count);
            for (n, at) in (1u32..).zip(found) {
                let reached = integral(|now| begin + (end - begin) * now / seconds(step.length), seconds(at));
                prop_assert!((reached - f64::from(n)).abs() < 0.01, "{reached}, {n}");
            }
        }

        #[test]
        fn random_arrivals_are_as_many_and_within_their_step(from in 0..30_u32, to in 0..30_u32, length in 1..20_u64) {
            let step = |random| OpenStep { from: from.into(), to: to.into(), length: length * SECOND, random };
            let found = open_model(&[step(false), step(true)], &mut fastrand::Rng::with_seed(7)).expect("few");
            let count = found.len() / 2;
            prop_assert!(found.is_sorted());
            prop_assert!(found[..count].iter().all(|at| *at <= length * SECOND));
            prop_assert!(found[count..].iter().all(|at| (length * SECOND..=2 * length * SECOND).contains(at)));
        }

        #[test]
        fn an_arrivals_group_has_an_arrival_where_its_rate_has_made_one(
            rate in 1..20_u32,
            ramp in 1..20_u64,
            steps in 0..6_u32,
            hold in 1..20_u64,
        ) {
            let found = by_rate(rate.into(), ramp * SECOND, steps, hold * SECOND).expect("few");
            let rise = seconds(ramp * SECOND);
            let planned = |now: f64| match steps {
                _ if now >= rise => f64::from(rate),
                0 => f64::from(rate) * now / rise,
                steps => f64::from(rate) / f64::from(steps) * ((now * f64::from(steps) / rise).floor() + 1.0),
            };
            // A small step of time lies across a step of the rate.
            let blurred = |at: f64| f64::from(rate) * at / PARTS + 0.001;
            let end = rise + seconds(hold * SECOND);
            let off = f64::from(u32::try_from(found.len()).expect("few")) - integral(planned, end);
            prop_assert!(off.abs() <= 1.0 + blurred(end), "{off} of {}", found.len());
            for (n, at) in (1u32..).zip(found) {
                let reached = integral(planned, seconds(at));
                prop_assert!((reached - f64::from(n)).abs() < blurred(seconds(at)), "{reached}, {n}");
            }
        }
    }
}
