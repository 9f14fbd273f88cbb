//! A run that stands for one of any length.

use gcmock_limit::Algorithm;

use super::length::{for_seconds, goes_on};
use super::whole_seconds;
use crate::Nanos;
use crate::model::Plan;
use crate::simulate::{MINUTE, Run, Series, System, Unfit, longest_period};

/// A plan that runs long enough to stand for any length.
#[derive(Clone, Debug)]
pub(super) struct Forever {
    pub(super) plan: Plan,
    /// The seconds of its run where they are fewer than the limits need. `None`: they are enough.
    pub(super) lasts: Option<u64>,
    /// Whether a limit is so slow that the run is longer than usual for it.
    pub(super) is_slow: bool,
}

/// The usual length, and that of plans with random timers.
const USUAL: Nanos = 8 * 60 * MINUTE;
const USUAL_RANDOM: Nanos = 30 * MINUTE;
/// How many periods of the slowest limit the run has to last.
const TURNAROUNDS: u64 = 4;
/// The longest run.
const MOST: Nanos = 6 * 24 * 60 * MINUTE;
/// A bucket that is lower by this in the second half of a run, in thousandths, sinks.
const SINKS: u16 = 100;

impl Forever {
    /// `None` for a plan that its loops end.
    pub(super) fn of(plan: &Plan, system: &dyn System, random: bool) -> Result<Option<Self>, Unfit> {
        if !goes_on(plan) {
            return Ok(None);
        }
        let usual = if random { USUAL_RANDOM } else { USUAL };
        let needed = longest_period(plan, system)?.saturating_mul(TURNAROUNDS);
        let lasts = (needed > MOST).then(|| whole_seconds(MOST));
        let plan = for_seconds(plan, needed.clamp(usual, MOST));
        Ok(Some(Self { plan, lasts, is_slow: needed > usual }))
    }
}

/// Whether a bucket sinks: it would be empty after a longer run. A run that repeats itself has buckets that do not.
pub(super) fn sinks(run: &Run) -> bool {
    let limits = run.limits.iter().zip(&run.series.levels);
    let mut buckets =
        limits.filter(|(limit, _)| matches!(limit.rule.algorithm, Algorithm::TokenBucket { .. }));
    run.skipped == 0
        && buckets.any(|(_, levels)| {
            let (before, after) = levels.split_at(levels.len() / 2);
            lowest(after).zip(lowest(before)).is_some_and(|(after, before)| after + SINKS < before)
        })
}

fn lowest(levels: &[u16]) -> Option<u16> {
    levels.iter().copied().filter(|level| *level != Series::UNKNOWN).min()
}
