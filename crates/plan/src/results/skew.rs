//! How far the clocks of two load engines differ, by the refusals of a limit that both met.
//!
//! A limit that two engines share refuses both at the same times. So the part of refused requests over time is compared
//! at every distance of the two clocks, and the distance at which both agree best is taken. Without refusals that come
//! and go it is not known.

use super::{Outcome, Sample};
use crate::Nanos;

const MILLISECOND: Nanos = 1_000_000;
/// The width of a step of time, first coarse, then fine.
const STEPS: [Nanos; 2] = [100 * MILLISECOND, 10 * MILLISECOND];
/// How many steps each way are tried: a minute, then a coarse step and a half.
const LAGS: [i64; 2] = [600, 15];
/// The part of a run that is looked at.
const LENGTH: Nanos = 900_000 * MILLISECOND;
/// How much of it comes before the first refusal.
const BEFORE: Nanos = 60_000 * MILLISECOND;
/// The least correlation of two clocks that are the same.
const ENOUGH: f64 = 0.5;
/// A correlation that is worse by less is as good.
const NEARLY: f64 = 0.03;

/// What two files say of their clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skew {
    /// Their refusals do not say.
    Unknown,
    /// The second clock is that much ahead of the first, in nanoseconds. 0: they agree.
    Ahead(i64),
}

/// How far the clock of `other` is ahead of that of `first`. Both are sorted by their start. `refused` are the statuses of a refusal.
pub(super) fn estimate(first: &[Sample], other: &[Sample], refused: &[u16]) -> Skew {
    let (Some(one), Some(two)) = (span(first), span(other)) else { return Skew::Unknown };
    let overlap = one.1.min(two.1).saturating_sub(one.0.max(two.0));
    let shorter = (one.1 - one.0).min(two.1 - two.0);
    let apart = signed(two.0) - signed(one.0);
    let base = if overlap * 2 >= shorter { Some(0) } else { Some(apart).filter(|apart| are_zones(*apart)) };
    // Runs one after the other, such as a probe after a first run.
    let Some(base) = base else { return Skew::Unknown };
    let Some(begin) = begin(first, refused) else { return Skew::Unknown };
    let coarse = Comparison { first, other, refused, begin, step: STEPS[0] };
    let Some(near) = coarse.best(base, LAGS[0]) else { return Skew::Unknown };
    let fine = Comparison { step: STEPS[1], ..coarse };
    Skew::Ahead(fine.best(near, LAGS[1]).unwrap_or(near))
}

/// Whether the clocks of two engines that started together are in time zones that far apart: whole half hours.
fn are_zones(apart: i64) -> bool {
    let (apart, half_hour, minute) = (apart.unsigned_abs(), 1_800_000 * MILLISECOND, 60_000 * MILLISECOND);
    let off = (apart % half_hour).min(half_hour - apart % half_hour);
    (half_hour - minute..28 * half_hour + minute).contains(&apart) && off <= minute
}

fn span(samples: &[Sample]) -> Option<(Nanos, Nanos)> {
    Some((samples.first()?.start, samples.last()?.start))
}

fn is_refused(sample: &Sample, refused: &[u16]) -> Option<bool> {
    match sample.outcome {
        Outcome::Status(status) if !sample.transaction => Some(refused.contains(&status)),
        _ => None,
    }
}

/// Where the comparison begins: a while before the first refusal.
fn begin(samples: &[Sample], refused: &[u16]) -> Option<Nanos> {
    let first = samples.iter().find(|sample| is_refused(sample, refused) == Some(true))?;
    Some(first.start.saturating_sub(BEFORE).max(samples.first()?.start))
}

fn signed(time: Nanos) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// Two files over steps of time.
#[derive(Clone, Copy)]
struct Comparison<'s> {
    first: &'s [Sample],
    other: &'s [Sample],
    refused: &'s [u16],
    begin: Nanos,
    step: Nanos,
}

impl Comparison<'_> {
    /// The distance around `base` at which both agree best: of those that are as good, the one nearest to `base`.
    fn best(&self, base: i64, lags: i64) -> Option<i64> {
        let step = signed(self.step);
        let first = self.series(self.first, signed(self.begin));
        let other = self.series(self.other, signed(self.begin) + base - lags * step);
        let shift = |lag: i64| usize::try_from(lag + lags).unwrap_or_default();
        let scores =
            (-lags..=lags).map(|lag| (lag, correlation(&first, other.get(shift(lag)..).unwrap_or_default())));
        let scores: Vec<(i64, f64)> = scores.filter_map(|(lag, score)| Some((lag, score?))).collect();
        let best = scores.iter().map(|(_, score)| *score).fold(f64::MIN, f64::max);
        let good = scores.iter().filter(|(_, score)| best >= ENOUGH && *score >= best - NEARLY);
        let (nearest, _) = good.min_by_key(|(lag, _)| lag.abs())?;
        // The middle of the run of good ones around it, which is the top of one hill.
        let is_good = |lag: i64| scores.iter().any(|(other, score)| *other == lag && *score >= best - NEARLY);
        let hill = |towards: i64| {
            let way = (0..2 * lags).map(|far| nearest + towards * far);
            way.take_while(|lag| is_good(*lag)).last().unwrap_or(*nearest)
        };
        Some(base + i64::midpoint(hill(-1), hill(1)) * step)
    }

    /// The part of refused requests in each step from `begin` on. A step without a request is as the one before.
    fn series(&self, samples: &[Sample], begin: i64) -> Vec<f32> {
        let mut series: Vec<f32> = Vec::new();
        let step = self.step;
        let (mut refused, mut all, mut last) = (0.0, 0.0, 0.0);
        for sample in samples {
            let Some(is_refused) = is_refused(sample, self.refused) else { continue };
            let Ok(since) = u64::try_from(signed(sample.start).saturating_sub(begin)) else { continue };
            if since > LENGTH {
                break;
            }
            let place = usize::try_from(since / step).unwrap_or_default();
            while series.len() < place {
                last = if all > 0.0 { refused / all } else { last };
                series.push(last);
                (refused, all) = (0.0, 0.0);
            }
            refused += f32::from(u8::from(is_refused));
            all += 1.0;
        }
        series
    }
}

/// The correlation of the first steps of two series. None if one of them does not change, or they are too short.
fn correlation(first: &[f32], other: &[f32]) -> Option<f64> {
    let length = first.len().min(other.len());
    if length < 20 || length * 2 < first.len() {
        return None;
    }
    let mut sums = [0.0_f64; 5];
    for (one, two) in first.iter().zip(other) {
        let (one, two) = (f64::from(*one), f64::from(*two));
        for (sum, term) in sums.iter_mut().zip([one, two, one * one, two * two, one * two]) {
            *sum += term;
        }
    }
    let count = f64::from(u32::try_from(length).ok()?);
    let [one, two, ones, twos, both] = sums.map(|sum| sum / count);
    let variances = (ones - one * one) * (twos - two * two);
    (variances > 1e-6).then(|| (both - one * two) / variances.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BEGIN: Nanos = 1_795_817_680_000 * MILLISECOND;

    /// A request each 50 ms, refused in some of the stretches.
    fn engine(stretches: &[(u64, bool)], offset: i64, phase: u64) -> Vec<Sample> {
        let mut begin = 0;
        let mut samples = Vec::new();
        for (length, refused) in stretches {
            let times = (begin..begin + length).filter(|time| (time + phase).is_multiple_of(50));
            samples.extend(times.map(|time| Sample {
                start: BEGIN.saturating_add_signed(offset * 1_000_000) + time * MILLISECOND,
                outcome: Outcome::Status(if *refused { 429 } else { 200 }),
                ..Sample::default()
            }));
            begin += length;
        }
        samples
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_constant_difference_of_two_clocks_is_found(
            lengths in prop::collection::vec(700..6_000_u64, 20..40),
            // At least half of each run is in the other one, or they are taken for two runs.
            offset in -6_000..6_000_i64,
        ) {
            let stretches: Vec<(u64, bool)> = lengths.into_iter().zip([false, true].into_iter().cycle()).collect();
            let (first, other) = (engine(&stretches, 0, 0), engine(&stretches, offset, 17));
            let Skew::Ahead(found) = estimate(&first, &other, &[429]) else { panic!("it is known") };
            prop_assert!((found / 1_000_000 - offset).abs() <= 60, "{found} ns, not {offset} ms");
        }
    }

    #[test]
    fn engines_of_two_time_zones_started_together_and_other_runs_came_one_after_the_other() {
        let stretches: Vec<(u64, bool)> = [900, 2_100, 700, 3_000, 1_300, 2_600]
            .into_iter()
            .zip([false, true].into_iter().cycle())
            .collect();
        let run = |offset| engine(&stretches, offset, 0);
        for hours in [-5, 1, 14] {
            let Skew::Ahead(found) = estimate(&run(0), &run(hours * 3_600_000 + 1_200), &[429]) else {
                panic!("it is known")
            };
            assert!((found / 1_000_000 - hours * 3_600_000 - 1_200).abs() <= 60, "{found}");
        }
        for seconds in [15, 300, 1_000, 26 * 3600] {
            assert_eq!(estimate(&run(0), &run(seconds * 1000), &[429]), Skew::Unknown, "{seconds}");
        }
    }

    #[test]
    fn files_without_refusals_say_nothing_of_their_clocks() {
        let stretches = [(30_000, false)];
        assert_eq!(estimate(&engine(&stretches, 0, 0), &engine(&stretches, 700, 9), &[429]), Skew::Unknown);
        assert_eq!(estimate(&[], &engine(&stretches, 700, 9), &[429]), Skew::Unknown);
    }
}
