//! The search for the largest clean value of each knob.
//!
//! Clean is monotone only piece by piece: timers hold whole milliseconds, first samples come in a burst, lockouts come in
//! cycles. So the search bisects, and then looks at the neighbours of what it found, and at other seeds.
//!
//! The load generator of the search has no costs of its own. They spread requests, so a value could be clean only because
//! one machine is slow.

use std::rc::Rc;

use super::draws::{LONGEST, fitting};
use super::forever::{Forever, sinks};
use super::knob::{Knob, Place, Setting, all_loads, groups, places};
use super::length::{end_of_group, lasts};
use super::played::Played;
use super::scale::{Kind, Scale};
use super::{Ask, whole_seconds, words};
use crate::model::{Phase, Plan};
use crate::simulate::{Costs, Options, Run, STEPS_OF_A_REQUEST, System, Unfit, is_random, run};

/// A clean value of a knob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The knob.
    pub knob: Knob,
    /// The value, in the knob's unit.
    pub value: u64,
    /// What is left of the limit nearest to refusing when it is lowest, in thousandths of its capacity. `None`: no limit
    /// covers a request.
    pub headroom: Option<u16>,
    /// How long it is clean, in seconds. `None`: always, as far as the search tries it: at least four periods of the slowest limit.
    pub clean_for: Option<u64>,
    /// Whether the plan has this value already.
    pub current: bool,
    /// Whether the search ended at this value: greater ones may be clean.
    pub at_least: bool,
    /// What has to be set: the knob of one group, or one of each group for [`Knob::Load`].
    pub settings: Vec<Setting>,
    /// Whether the plan has several main groups, so that a knob needs the name of its own.
    pub several: bool,
}

impl Advice {
    /// Under this headroom, in thousandths, a value is at the edge: a run in real time may meet a refusal.
    pub const EDGE: u16 = 30;

    /// Whether a run in real time may meet a refusal.
    pub fn is_at_the_edge(&self) -> bool {
        self.headroom.is_some_and(|headroom| headroom < Self::EDGE)
    }
}

/// Clean values, and whether the search ended before all were tried.
#[derive(Debug, Default)]
pub(super) struct Advised {
    pub(super) values: Vec<Advice>,
    pub(super) ended: bool,
    /// Why there are none although requests are refused.
    pub(super) none: Option<String>,
}

/// The most groups whose knobs are tried one by one.
const MOST_GROUPS: usize = 4;

/// The seeds with which a value has to be clean.
const SEEDS: u64 = 5;
/// The neighbours of a value that have to be clean as well.
const NEIGHBOURS: u64 = 3;
/// The most requests of one trial, and of all trials of a search. What it finds is confirmed with as many again.
pub(super) const TRIAL: u64 = 8_000_000;
const ALL_TRIALS: u64 = 20_000_000;

/// Looks for the clean values of all knobs, for the plan's length and for a run of any length.
pub(super) fn advise(plan: &Plan, system: &dyn System, run: &Run, ask: &Ask) -> Result<Advised, Unfit> {
    if run.limits.is_empty() {
        return Ok(Advised::default());
    }
    let groups = groups(plan, run);
    let random = is_random(plan, system)?;
    let forever = Forever::of(plan, system, random)?;
    let played = Played::default();
    let mut search = Search { plan, system, ask, random, each: 0, left: 0, ended: false, cut: false, played };
    let mut values = Vec::new();
    for group in groups.iter().take(MOST_GROUPS) {
        search.advise_on_all(&places(plan, *group), run, forever.as_ref(), &mut values)?;
        // The load of one group may be too much whatever the others do.
        if !values.is_empty() || run.refused == 0 {
            break;
        }
    }
    let others = all_loads(plan).len() > 1;
    if values.is_empty() && run.refused > 0 && others {
        search.advise_on_all(&[Place::of_all()], run, forever.as_ref(), &mut values)?;
    }
    let none =
        (values.is_empty() && run.refused > 0 && !search.ended).then(|| words::none(plan, &groups, others));
    Ok(Advised { values, ended: search.ended, none })
}

struct Search<'a> {
    plan: &'a Plan,
    system: &'a dyn System,
    ask: &'a Ask,
    random: bool,
    /// The most requests of the search for one value, and how many it may still play.
    each: u64,
    left: u64,
    ended: bool,
    /// Whether a trial was too long to say anything of its value.
    cut: bool,
    played: Played,
}

/// The greatest clean step that was found.
#[derive(Clone, Copy)]
struct Found {
    step: u64,
    /// Whether greater ones may be clean.
    at_least: bool,
}

impl Search<'_> {
    /// Looks for the clean values of some knobs.
    fn advise_on_all(
        &mut self,
        places: &[Place],
        run: &Run,
        forever: Option<&Forever>,
        all: &mut Vec<Advice>,
    ) -> Result<(), Unfit> {
        self.each = ALL_TRIALS / (2 * places.len().max(1) as u64);
        places.iter().try_for_each(|place| self.advise_on(place, run, forever, all))
    }

    /// `forever`: the plan without an end. `None`: loops end the plan.
    fn advise_on(
        &mut self,
        place: &Place,
        run: &Run,
        forever: Option<&Forever>,
        all: &mut Vec<Advice>,
    ) -> Result<(), Unfit> {
        let (plan, scale) = (self.plan, Scale::of(self.plan, place));
        // With a ramp-up that is longer than its group, some users never start.
        let end = end_of_group(plan, place.group).map(whole_seconds);
        let is_in_run = |found: &Found| {
            place.knob != Knob::RampUp || end.is_none_or(|end| scale.value(found.step) <= end)
        };
        let now = self.best(plan, place, &scale, false)?.filter(is_in_run);
        let Some(forever) = forever else {
            // A plan that its loops end is clean for as long as it runs.
            all.extend(now.map(|found| self.advice(plan, place, (&scale, found), None)).transpose()?);
            return Ok(());
        };
        let ever = self.best(&forever.plan, place, &scale, forever.is_slow || !self.random)?;
        let ever = ever.filter(is_in_run);
        if let Some(found) = ever {
            all.push(self.advice(&forever.plan, place, (&scale, found), forever.lasts)?);
        }
        let clean_for = whole_seconds(lasts(plan, run.length));
        if let Some(found) = now.filter(|now| ever.is_none_or(|ever| now.step > ever.step)) {
            all.push(self.advice(plan, place, (&scale, found), Some(clean_for))?);
        }
        Ok(())
    }

    /// Plays a plan to its first refusal. One that was played before costs the search as much, and no time.
    fn play(&mut self, plan: &Plan, costs: Costs, seed: u64) -> Result<Rc<Run>, Unfit> {
        let run = match self.played.find(plan, costs, seed) {
            Some(run) => run,
            None => self.played.keep(plan, costs, seed, self.run(plan, costs, seed)?),
        };
        self.left = self.left.saturating_sub(run.cost());
        // A trial that is too long says nothing of its value.
        self.cut |= run.cut.is_some() && run.refused == 0;
        self.ended |= self.cut;
        Ok(run)
    }

    fn run(&self, plan: &Plan, costs: Costs, seed: u64) -> Result<Run, Unfit> {
        let options = Options {
            costs,
            seed,
            horizon: LONGEST,
            until_refused: true,
            max_requests: TRIAL,
            max_work: STEPS_OF_A_REQUEST * TRIAL,
            ..Options::default()
        };
        run(plan, self.system, &options)
    }

    /// Whether nothing is refused with this many seeds. `lasts`: and whether no bucket sinks, which would be empty later.
    fn is_clean(&mut self, plan: &Plan, seeds: u64, lasts: bool) -> Result<bool, Unfit> {
        for seed in 0..if self.random { seeds } else { 1 } {
            let run = self.play(plan, Costs::IDEAL, seed)?;
            if run.refused > 0 || run.cut.is_some() || (lasts && sinks(&run)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The clean step of a knob with the most load. `None`: there is none, or the search took too long.
    fn best(
        &mut self,
        plan: &Plan,
        place: &Place,
        scale: &Scale,
        lasts: bool,
    ) -> Result<Option<Found>, Unfit> {
        (self.left, self.cut) = (self.each, false);
        let clean = |search: &mut Self, step, seeds| {
            search.is_clean(&place.with(plan, scale.value(step)), seeds, lasts)
        };
        let found = self.bisect(scale, &clean)?;
        let checked = found.map(|found| self.checked(found, &clean)).transpose()?;
        self.ended |= self.left == 0;
        let checked = checked.filter(|step| *step > 0 && self.left > 0);
        let at_least = self.cut;
        let step = checked.map_or(Ok(None), |step| self.confirmed(place, scale, step))?;
        let is_rising = matches!(scale.kind, Kind::Rising) && place.knob != Knob::Load;
        Ok(step.map(|step| Found { step, at_least: is_rising && (at_least || step == scale.most) }))
    }

    /// The greatest clean step, if steps were monotone: doubled until one is refused, then halved.
    fn bisect(&mut self, scale: &Scale, clean: &IsClean<'_, Self>) -> Result<Option<u64>, Unfit> {
        let (mut good, mut bad) = (None, None);
        let mut step = scale.start.clamp(1, scale.most);
        while bad.is_none() && self.left > 0 {
            if clean(self, step, 1)? {
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
            if clean(self, middle, 1)? {
                low = middle;
            } else {
                bad = middle;
            }
        }
        Ok((low > 0 && self.left > 0).then_some(low))
    }

    /// The greatest step up to `found` that is clean with all seeds, and whose neighbours with less load are clean too.
    fn checked(&mut self, found: u64, clean: &IsClean<'_, Self>) -> Result<u64, Unfit> {
        let (mut best, mut step) = (found, found);
        while step > 0 && best - step <= NEIGHBOURS && self.left > 0 {
            if !clean(self, step, if step == best { SEEDS } else { 1 })? {
                best = step - 1;
            }
            step -= 1;
        }
        Ok(best)
    }

    /// The greatest of some steps up to `step` whose own prediction has no refusal.
    fn confirmed(&mut self, place: &Place, scale: &Scale, mut step: u64) -> Result<Option<u64>, Unfit> {
        self.left = ALL_TRIALS;
        for less in [1, 2, 4, 8, 16] {
            if self.is_predicted_clean(&place.with(self.plan, scale.value(step)))? {
                return Ok(Some(step));
            }
            step = step.saturating_sub(less);
            if step == 0 {
                break;
            }
        }
        Ok(None)
    }

    fn is_predicted_clean(&mut self, plan: &Plan) -> Result<bool, Unfit> {
        let mut seeds = if self.random { self.ask.seeds } else { 1 };
        let mut seed = 0;
        while seed < seeds {
            if self.left == 0 {
                self.ended = true;
                return Ok(false);
            }
            let run = self.play(plan, self.ask.costs, seed.into())?;
            if run.refused > 0 || run.cut.is_some() {
                return Ok(false);
            }
            seeds = fitting(seeds, &run);
            seed += 1;
        }
        Ok(true)
    }

    fn advice(
        &mut self,
        plan: &Plan,
        place: &Place,
        (scale, Found { step, at_least }): (&Scale, Found),
        clean_for: Option<u64>,
    ) -> Result<Advice, Unfit> {
        let value = scale.value(step);
        let run = self.play(&place.with(plan, value), Costs::IDEAL, 0)?;
        let current = place.value(self.plan) == value;
        let settings = place.settings(self.plan, value);
        let several = self.plan.groups.iter().filter(|group| group.phase == Phase::Main).count() > 1;
        let headroom = run.headroom();
        Ok(Advice { knob: place.knob, value, headroom, clean_for, current, at_least, settings, several })
    }
}

/// Whether a step is clean with a number of seeds.
type IsClean<'c, S> = dyn Fn(&mut S, u64, u64) -> Result<bool, Unfit> + 'c;
