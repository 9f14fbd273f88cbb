//! A run that was cut, as the part of a longer one: its counts are scaled up, and still agree with each other.

use crate::Nanos;
use crate::simulate::{Run, SECOND, SamplerCount};

/// The time that a run reached and what was left of its plan, if it was cut before the end.
pub(super) fn left(run: &Run, length: Option<Nanos>) -> Option<(Nanos, Nanos)> {
    let length = length.filter(|length| run.cut.is_some() && run.reached < *length)?;
    Some((run.reached, length - run.reached))
}

/// Scales the counts of a run up to the length of its plan: what was left is like the second half of what was run.
pub(super) fn scale_up(run: &mut Run, length: Option<Nanos>) {
    let Some((from, left)) = left(run, length) else { return };
    let (late_admitted, late_refused, time) = second_half(run, from);
    let (was_admitted, was_refused) = (run.samples - run.refused, run.refused);
    let admitted = was_admitted.saturating_add(product(late_admitted, left, time));
    let refused = was_refused.saturating_add(product(late_refused, left, time));
    let of_admitted = |count: u64| product(count, admitted, was_admitted);
    let of_refused = |count: u64| product(count, refused, was_refused);
    for one in &mut run.samplers {
        let its_admitted = of_admitted(one.samples - one.refused);
        one.refused = of_refused(one.refused);
        one.samples = its_admitted.saturating_add(one.refused);
    }
    run.limits.iter_mut().for_each(|limit| limit.refused = of_refused(limit.refused));
    run.not_adherent = of_refused(run.not_adherent);
    settle(run, admitted, refused);
}

/// Gives what rounding has lost to the largest counts, so that the sums are the totals.
fn settle(run: &mut Run, admitted: u64, refused: u64) {
    let of_samplers =
        |run: &Run, count: fn(&SamplerCount) -> u64| -> u64 { run.samplers.iter().map(count).sum() };
    let lost_refused = refused.saturating_sub(of_samplers(run, |one| one.refused));
    let lost = admitted.saturating_sub(of_samplers(run, |one| one.samples - one.refused));
    if let Some(most) = run.samplers.iter_mut().max_by_key(|one| one.refused) {
        (most.refused, most.samples) = (most.refused + lost_refused, most.samples + lost_refused);
    }
    if let Some(most) = run.samplers.iter_mut().max_by_key(|one| one.samples - one.refused) {
        most.samples += lost;
    }
    let by_limits: u64 = run.limits.iter().map(|limit| limit.refused).sum();
    let lost = refused.saturating_sub(by_limits.saturating_add(run.not_adherent));
    match run.limits.iter_mut().max_by_key(|limit| limit.refused).filter(|limit| limit.refused > 0) {
        Some(most) => most.refused += lost,
        None if run.not_adherent > 0 => run.not_adherent += lost,
        None => {}
    }
    (run.samples, run.refused) = (admitted.saturating_add(refused), refused);
}

/// Admitted and refused requests of the second half of a run, and its length.
fn second_half(run: &Run, from: Nanos) -> (u64, u64, Nanos) {
    let run_for = from.saturating_sub(run.first_sample.unwrap_or(0)).max(1);
    let begin = run_for / 2 / SECOND;
    let seconds = run.series.seconds.iter().skip(usize::try_from(begin).unwrap_or(usize::MAX));
    let (mut admitted, mut refused) = (0, 0);
    for second in seconds {
        admitted += u64::from(second.admitted);
        refused += u64::from(second.refused);
    }
    (admitted, refused, run_for - begin * SECOND)
}

/// count · to / of, without a fraction.
fn product(count: u64, to: u64, of: u64) -> u64 {
    let scaled = u128::from(count) * u128::from(to) / u128::from(of.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
