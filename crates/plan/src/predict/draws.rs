//! Runs with several seeds, and their medians.

use super::length::planned;
use super::{Ask, part};
use crate::Nanos;
use crate::model::{Plan, Timer};
use crate::simulate::{MINUTE, Options, Run, STEPS_OF_A_REQUEST, System, Unfit, has_limits, is_random, run};

/// The median of several runs, and the least and greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The median.
    pub median: u64,
    /// The least.
    pub low: u64,
    /// The greatest.
    pub high: u64,
}

impl Spread {
    pub(super) fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let (low, high) = (*values.first()?, *values.last()?);
        Some(Self { median: values[(values.len() - 1) / 2], low, high })
    }

    /// Whether all runs agree.
    pub const fn is_exact(self) -> bool {
        self.low == self.high
    }
}

/// All runs.
pub(super) struct Drawn {
    /// The run with the median number of refusals. Its counts are scaled up where it was cut.
    pub(super) run: Run,
    /// Whether a run was cut by a bound, and when the first was.
    pub(super) cut_at: Option<Nanos>,
    pub(super) samples: Spread,
    pub(super) refused: Spread,
    pub(super) first_refusal: Option<Spread>,
    pub(super) seeds: u32,
    pub(super) seeds_asked: Option<u32>,
    pub(super) scaled_from: Option<Nanos>,
}

/// The time that a plan with random timers is run in full. Its counts are scaled from there.
const IN_FULL: Nanos = 30 * MINUTE;
/// A plan with random timers that is longer is scaled.
const SCALED: Nanos = 2 * IN_FULL;
/// The most requests of one run: those of eight hours at 200 a second.
const ONE_RUN: u64 = 6_000_000;
/// The same of a plan that no limit covers: all that is asked is how many requests it sends.
const WITHOUT_LIMITS: u64 = 600_000;
/// The most requests of all runs of a plan with random timers.
const ALL_RUNS: u64 = 3_000_000;
/// The longest run.
pub(super) const LONGEST: Nanos = 7 * 24 * 60 * MINUTE;

pub(super) fn draw(plan: &Plan, system: &dyn System, ask: &Ask) -> Result<Drawn, Unfit> {
    let random = is_random(plan, system)?;
    let length = planned(plan);
    // The end of a schedule is not like its beginning.
    let has_schedule = plan.timers.iter().any(|timer| matches!(timer, Timer::Shaping(_)));
    let is_long = random && !has_schedule && length.is_some_and(|length| length > SCALED);
    let horizon = if is_long { IN_FULL.max(settled(plan, system)?) } else { LONGEST };
    let is_limited = has_limits(plan, system)?;
    let most = if is_limited { ONE_RUN } else { WITHOUT_LIMITS };
    let options = Options {
        costs: ask.costs,
        horizon,
        max_requests: most,
        max_work: STEPS_OF_A_REQUEST * most,
        ..Options::default()
    };
    let first = run(plan, system, &options)?;
    let asked = if random && is_limited { ask.seeds.max(1) } else { 1 };
    let seeds = fitting(asked, &first);
    let others = (1..u64::from(seeds)).map(|seed| run(plan, system, &Options { seed, ..options }));
    let runs = std::iter::once(Ok(first)).chain(others).collect::<Result<Vec<_>, _>>()?;
    let drawn = spread(runs, length);
    Ok(Drawn { seeds_asked: (seeds < asked).then_some(asked), ..drawn })
}

/// How many runs like the first are made of those that are asked for.
pub(super) fn fitting(asked: u32, first: &Run) -> u32 {
    let most = ALL_RUNS / first.cost().max(1);
    asked.min(u32::try_from(most).unwrap_or(u32::MAX)).max(1)
}

/// The medians of runs. The counts of a run that was cut are scaled to the length of its plan.
fn spread(mut runs: Vec<Run>, length: Option<Nanos>) -> Drawn {
    let cut_at = runs.iter().filter(|run| run.cut.is_some()).map(|run| run.reached).min();
    let scaled_from = runs.iter().filter_map(|run| part::left(run, length)).map(|(from, _)| from).min();
    for run in &mut runs {
        part::scale_up(run, length);
    }
    let first_refusal = Spread::of(runs.iter().filter_map(|run| run.first_refusal).collect());
    let seeds = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    let samples = Spread::of(runs.iter().map(|run| run.samples).collect()).unwrap_or_default();
    let refused = Spread::of(runs.iter().map(|run| run.refused).collect()).unwrap_or_default();
    runs.sort_by_key(|run| (run.refused, run.samples));
    let run = runs.swap_remove((runs.len() - 1) / 2);
    // The numbers of one run agree with each other and with its tables: those of several runs would not.
    let samples = Spread { median: run.samples, ..samples };
    Drawn { run, cut_at, samples, refused, first_refusal, seeds, seeds_asked: None, scaled_from }
}

/// Twenty times the longest period of a limit.
fn settled(plan: &Plan, system: &dyn System) -> Result<Nanos, Unfit> {
    let periods = crate::simulate::longest_period(plan, system)?;
    Ok(periods.saturating_mul(20).min(LONGEST))
}
