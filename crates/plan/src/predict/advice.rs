//! The search for the largest clean value of each knob.
//!
//! Clean is monotone only piece by piece: timers hold whole milliseconds, first samples come in a burst, lockouts come in
//! cycles. So the search bisects, and then looks at the neighbours of what it found, and at other seeds.
//!
//! The load generator of the search has no costs of its own. They spread requests, so a value could be clean only because
//! one machine is slow.

use super::draws::LONGEST;
use super::knob::{Knob, Place, places};
use super::length::{for_seconds, goes_on, planned};
use super::whole_seconds;
use crate::Nanos;
use crate::model::Plan;
use crate::simulate::{Costs, MINUTE, Options, Run, System, Unfit, is_random, run};

/// A clean value of a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The knob.
    pub knob: Knob,
    /// The value, in the knob's unit.
    pub value: u64,
    /// What is left of the limit nearest to refusing when it is lowest, in thousandths of its capacity. `None`: no limit
    /// covers a request.
    pub headroom: Option<u16>,
    /// How long it is clean, in seconds. `None`: always. That was tried for eight hours.
    pub clean_for: Option<u64>,
    /// Whether the plan has this value already.
    pub current: bool,
}

impl Advice {
    /// Under this headroom, in thousandths, a value is at the edge: a run in real time may meet a refusal.
    pub const EDGE: u16 = 30;

    /// Whether a run in real time may meet a refusal.
    pub fn is_at_the_edge(&self) -> bool {
        self.headroom.is_some_and(|headroom| headroom < Self::EDGE)
    }
}

/// A time that stands for any length of a run.
const FOREVER: Nanos = 8 * 60 * MINUTE;
/// The same for plans with random timers.
const RANDOM_FOREVER: Nanos = 30 * MINUTE;
/// The seeds with which a value has to be clean.
const SEEDS: u64 = 5;
/// The neighbours of a value that have to be clean as well.
const NEIGHBOURS: u64 = 3;
/// The most requests of one trial, and of all trials of a prediction.
const TRIAL: u64 = 8_000_000;
const ALL_TRIALS: u64 = 20_000_000;

/// Looks for the clean values of all knobs, for the plan's length and for a run of any length.
pub(super) fn advise(plan: &Plan, system: &dyn System, run: &Run) -> Result<Vec<Advice>, Unfit> {
    let worst = run.samplers.iter().max_by_key(|sampler| (sampler.refused, sampler.samples));
    if run.limits.is_empty() {
        return Ok(Vec::new());
    }
    let random = is_random(plan, system)?;
    let mut search = Search { system, random, left: ALL_TRIALS };
    let endless = goes_on(plan);
    let forever = for_seconds(plan, if random { RANDOM_FOREVER } else { FOREVER });
    let mut all = Vec::new();
    for place in places(plan, worst.map(|sampler| sampler.node)) {
        let clean_for = whole_seconds(planned(plan).filter(|_| endless).unwrap_or(run.length));
        let now = search.best(plan, &place)?;
        let ever = if endless { search.best(&forever, &place)? } else { None };
        match (now, ever) {
            (Some(now), Some(ever)) if now == ever => all.push(search.advice(&forever, &place, ever, None)?),
            (now, ever) => {
                if let Some(value) = ever {
                    all.push(search.advice(&forever, &place, value, None)?);
                }
                // Users that start after the end of the run are none.
                let is_in_run = |value: &u64| place.knob != Knob::RampUp || !endless || *value <= clean_for;
                if let Some(value) = now.filter(is_in_run) {
                    // A plan that its loops end is clean for as long as it runs.
                    let lasts = endless.then_some(clean_for);
                    all.push(search.advice(plan, &place, value, lasts)?);
                }
            }
        }
    }
    Ok(all)
}

struct Search<'a> {
    system: &'a dyn System,
    random: bool,
    /// Requests that may still be played.
    left: u64,
}

impl Search<'_> {
    fn play(&mut self, plan: &Plan, seed: u64) -> Result<Run, Unfit> {
        let options = Options {
            costs: Costs::IDEAL,
            seed,
            horizon: LONGEST,
            until_refused: true,
            max_requests: TRIAL,
            ..Options::default()
        };
        let run = run(plan, self.system, &options)?;
        self.left = self.left.saturating_sub(run.played);
        Ok(run)
    }

    fn is_clean(&mut self, plan: &Plan, place: &Place, value: u64) -> Result<bool, Unfit> {
        let plan = place.with(plan, value);
        let seeds = if self.random { SEEDS } else { 1 };
        for seed in 0..seeds {
            let run = self.play(&plan, seed)?;
            if run.refused > 0 || run.cut {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The clean value of a knob with the most load. `None`: there is none, or the search took too long.
    fn best(&mut self, plan: &Plan, place: &Place) -> Result<Option<u64>, Unfit> {
        let scale = Scale::of(plan, place);
        let Some(found) = self.bisect(plan, place, &scale)? else { return Ok(None) };
        self.checked(plan, place, &scale, found)
    }

    /// The greatest clean step, if steps were monotone: doubled until one is refused, then halved.
    fn bisect(&mut self, plan: &Plan, place: &Place, scale: &Scale) -> Result<Option<u64>, Unfit> {
        let clean = |search: &mut Self, step| search.is_clean(plan, place, scale.value(step));
        let (mut good, mut bad) = (None, None);
        let mut step = scale.start.clamp(1, scale.most);
        while bad.is_none() && self.left > 0 {
            if clean(self, step)? {
                good = Some(step);
                if step >= scale.most {
                    return Ok(good);
                }
                step = step.saturating_mul(2).min(scale.most);
            } else {
                bad = Some(step);
            }
        }
        let mut bad = bad.unwrap_or(scale.most);
        let mut low = good.unwrap_or(0);
        while bad - low > 1 && self.left > 0 {
            let middle = low + (bad - low) / 2;
            if clean(self, middle)? {
                low = middle;
            } else {
                bad = middle;
            }
        }
        Ok((low > 0 && self.left > 0).then_some(low))
    }

    /// The greatest step up to `found` whose neighbours with less load are clean too.
    fn checked(
        &mut self,
        plan: &Plan,
        place: &Place,
        scale: &Scale,
        found: u64,
    ) -> Result<Option<u64>, Unfit> {
        let mut best = found;
        let mut step = found.saturating_sub(1);
        while step > 0 && best - step <= NEIGHBOURS && self.left > 0 {
            if !self.is_clean(plan, place, scale.value(step))? {
                best = step.saturating_sub(1);
            }
            step -= 1;
        }
        Ok((best > 0).then(|| scale.value(best)))
    }

    fn advice(
        &mut self,
        plan: &Plan,
        place: &Place,
        value: u64,
        clean_for: Option<u64>,
    ) -> Result<Advice, Unfit> {
        let run = self.play(&place.with(plan, value), 0)?;
        let current = place.value(plan) == value;
        Ok(Advice { knob: place.knob, value, headroom: run.headroom(), clean_for, current })
    }
}

/// The values of a knob as steps from 1 on, each with more load than the one before.
struct Scale {
    start: u64,
    most: u64,
    kind: Kind,
}

enum Kind {
    /// The value is the step.
    Rising,
    /// The value falls as the step rises: `total` - step.
    Falling(u64),
    /// Tens of what is left: 10 · (`total` - step).
    Tens(u64),
    /// Samples a minute whose distance is whole milliseconds: 60,000 / (`total` - step).
    Milliseconds(u64),
}

impl Scale {
    fn of(plan: &Plan, place: &Place) -> Self {
        let value = place.value(plan);
        match place.knob {
            Knob::Throughput if place.holds_milliseconds(plan) => {
                // A sample a minute is the slowest, one a millisecond the fastest.
                let total = 60_001;
                Self { start: total - 600, most: total - 1, kind: Kind::Milliseconds(total) }
            }
            Knob::Throughput => Self { start: value.min(6000), most: 1_000_000, kind: Kind::Rising },
            Knob::Threads | Knob::Rate => {
                Self { start: value, most: value.max(1).saturating_mul(64).min(50_000), kind: Kind::Rising }
            }
            Knob::RampUp => {
                let total = value.saturating_mul(60).clamp(600, 36_000) + 1;
                Self { start: total - value.max(1), most: total, kind: Kind::Falling(total) }
            }
            Knob::Pace => {
                // In tens of milliseconds: a pace that is too fast by a hair is refused after hours.
                let total = value.saturating_mul(6).clamp(100, 360_000) + 1;
                let start = total.saturating_sub(value.div_ceil(10).max(1));
                Self { start, most: total - 1, kind: Kind::Tens(total) }
            }
        }
    }

    fn value(&self, step: u64) -> u64 {
        match self.kind {
            Kind::Rising => step,
            Kind::Falling(total) => total.saturating_sub(step),
            Kind::Tens(total) => total.saturating_sub(step).saturating_mul(10),
            Kind::Milliseconds(total) => 60_000 / total.saturating_sub(step).max(1),
        }
    }
}
