//! Runs with several seeds, and their medians.

use super::Ask;
use super::length::planned;
use crate::Nanos;
use crate::model::Plan;
use crate::simulate::{MINUTE, Options, Run, System, Unfit, is_random, run};

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
    pub(super) run: Run,
    pub(super) samples: Spread,
    pub(super) refused: Spread,
    pub(super) first_refusal: Option<Spread>,
    pub(super) seeds: u32,
    pub(super) seeds_asked: Option<u32>,
    pub(super) scaled_from: Option<Nanos>,
}

impl Drawn {
    /// A count of the run, scaled as its requests are.
    pub(super) fn scaled(&self, count: u64) -> u64 {
        if self.scaled_from.is_some() { scaled(count, self.run.samples, self.samples.median) } else { count }
    }
}

/// The time that a plan with random timers is run in full. Its counts are scaled from there.
const IN_FULL: Nanos = 30 * MINUTE;
/// A plan with random timers that is longer is scaled.
const SCALED: Nanos = 2 * IN_FULL;
/// The most requests of all runs of a plan with random timers.
const ALL_RUNS: u64 = 20_000_000;
/// The longest run.
pub(super) const LONGEST: Nanos = 7 * 24 * 60 * MINUTE;

pub(super) fn draw(plan: &Plan, system: &dyn System, ask: &Ask) -> Result<Drawn, Unfit> {
    let random = is_random(plan, system)?;
    let length = planned(plan);
    let is_long = random && length.is_some_and(|length| length > SCALED);
    let horizon = if is_long { IN_FULL.max(settled(plan, system)?) } else { LONGEST };
    let mut options = Options { costs: ask.costs, horizon, ..Options::default() };
    if random {
        options.max_requests = ALL_RUNS;
    }
    let first = run(plan, system, &options)?;
    let asked = if random { ask.seeds.max(1) } else { 1 };
    let seeds = fitting(asked, &first);
    let others = (1..u64::from(seeds)).map(|seed| run(plan, system, &Options { seed, ..options }));
    let runs = std::iter::once(Ok(first)).chain(others).collect::<Result<Vec<_>, _>>()?;
    let drawn = spread(runs, length, horizon, &options);
    Ok(Drawn { seeds_asked: (seeds < asked).then_some(asked), ..drawn })
}

/// How many runs like the first are made of those that are asked for.
pub(super) fn fitting(asked: u32, first: &Run) -> u32 {
    let most = ALL_RUNS / first.played.max(1);
    asked.min(u32::try_from(most).unwrap_or(u32::MAX)).max(1)
}

/// The medians of runs. The counts of a run that was cut are scaled to the length of its plan.
fn spread(mut runs: Vec<Run>, length: Option<Nanos>, horizon: Nanos, options: &Options) -> Drawn {
    let reached = |run: &Run| {
        let reached = if run.played < options.max_requests { horizon } else { run.length };
        length.filter(|length| run.cut && reached < *length).map(|length| (reached, length - reached))
    };
    let scale = |run: &Run, count: u64, tail: u64| {
        count + reached(run).map_or(0, |(from, left)| scaled(tail, from / 2, left))
    };
    let all = |count: fn(&Run) -> u64, tail: fn(&Run) -> u64| {
        Spread::of(runs.iter().map(|run| scale(run, count(run), tail(run))).collect()).unwrap_or_default()
    };
    let samples = all(|run| run.samples, |run| tail(run, |second| second.0 + second.1));
    let refused = all(|run| run.refused, |run| tail(run, |second| second.1));
    let first_refusal = Spread::of(runs.iter().filter_map(|run| run.first_refusal).collect());
    let scaled_from = runs.iter().filter_map(reached).map(|(from, _)| from).min();
    let seeds = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    runs.sort_by_key(|run| run.refused);
    let median = runs.swap_remove((runs.len() - 1) / 2);
    Drawn { run: median, samples, refused, first_refusal, seeds, seeds_asked: None, scaled_from }
}

/// Twenty times the longest period of a limit.
fn settled(plan: &Plan, system: &dyn System) -> Result<Nanos, Unfit> {
    let periods = crate::simulate::longest_period(plan, system)?;
    Ok(periods.saturating_mul(20).min(LONGEST))
}

/// Requests of the second half of a run.
fn tail(run: &Run, count: impl Fn((u64, u64)) -> u64) -> u64 {
    let seconds = &run.series.seconds;
    let half = &seconds[seconds.len() / 2..];
    half.iter().map(|second| count((second.admitted.into(), second.refused.into()))).sum()
}

/// A count of a time, for another time.
fn scaled(count: u64, of: u64, to: u64) -> u64 {
    let scaled = u128::from(count) * u128::from(to) / u128::from(of.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
