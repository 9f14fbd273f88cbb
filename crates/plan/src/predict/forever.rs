//! A run that stands for one of any length.

use gcmock_limit::Algorithm;

use super::advice::TRIAL;
use super::draws::LONGEST;
use super::length::{for_seconds, goes_on};
use super::whole_seconds;
use crate::Nanos;
use crate::model::{NodeKind, Phase, Plan};
use crate::simulate::{
    Costs, MINUTE, Options, Run, STEPS_OF_A_REQUEST, Series, System, Unfit, longest_period, run,
};

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
    /// `None` for a plan whose loops end all of its groups.
    pub(super) fn of(plan: &Plan, system: &dyn System, random: bool) -> Result<Option<Self>, Unfit> {
        if !(0..plan.groups.len()).any(|group| goes_on(plan, group)) {
            return Ok(None);
        }
        let usual = if random { USUAL_RANDOM } else { USUAL };
        let needed = longest_period(plan, system)?.saturating_mul(TURNAROUNDS);
        let lasts = (needed > MOST).then(|| whole_seconds(MOST));
        let longer = for_seconds(plan, needed.clamp(usual, MOST));
        if may_end_by_itself(plan) && sends_as_many(plan, &longer, system)? {
            return Ok(None);
        }
        Ok(Some(Self { plan: longer, lasts, is_slow: needed > usual }))
    }
}

/// Whether loops or the rows of a file may end all groups before their time does.
fn may_end_by_itself(plan: &Plan) -> bool {
    let has_rows = plan.nodes.iter().any(|node| matches!(&node.kind, NodeKind::Rows(rows) if rows.stops));
    let mut main = plan.groups.iter().filter(|group| group.phase == Phase::Main);
    main.all(|group| has_rows || group.loops.is_some())
}

/// Whether a longer run sends no more than the plan itself: then its time does not end it.
fn sends_as_many(plan: &Plan, longer: &Plan, system: &dyn System) -> Result<bool, Unfit> {
    let options = Options {
        costs: Costs::IDEAL,
        horizon: LONGEST,
        max_requests: TRIAL,
        max_work: STEPS_OF_A_REQUEST * TRIAL,
        ..Options::default()
    };
    let (own, other) = (run(plan, system, &options)?, run(longer, system, &options)?);
    Ok(own.samples == other.samples && other.cut.is_none())
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
