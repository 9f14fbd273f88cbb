//! What a plan will meet, and what to set so that nothing is refused.
//!
//! [`predict`] runs a plan by `simulate`: once, or with several seeds where something is drawn. Then it looks for the
//! largest value of each knob of the plan that is clean. [`Prediction`] is written by [`Prediction::text`],
//! [`Prediction::json`] and [`Prediction::html`].
//!
//! | file | has |
//! |---|---|
//! | `knob` | the knobs of a plan, and plans with another value |
//! | `advice`, `scale` | the search for the largest clean value, and what it tries |
//! | `forever` | a run that stands for one of any length |
//! | `draws`, `part` | runs with several seeds, and their medians; runs that were cut |
//! | `table` | the requests of each sampler, as JMeter's summary has them: by name |
//! | `hosts` | hosts that do not look like those of the platform |
//! | `length` | how long a plan runs, and plans that run longer |
//! | `sentence`, `words`, `text`, `json`, `html` | a prediction and its clean values in words, as text, for programs, as a page |

mod advice;
mod draws;
mod forever;
mod hosts;
mod html;
mod json;
mod knob;
mod length;
mod part;
mod played;
mod scale;
mod sentence;
mod table;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use self::advice::Advice;
use self::advice::Advised;
pub use self::draws::Spread;
pub use self::hosts::other_hosts;
pub use self::knob::{Knob, Setting};
pub use self::length::{cut, for_seconds, planned};
pub use self::table::SamplerRow;

use crate::Nanos;
use crate::model::Plan;
use crate::simulate::{Costs, Met, Run, SECOND, System, Unfit, meeting, settled};

/// What is asked of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What the load generator and the network cost.
    pub costs: Costs,
    /// How many seeds a plan with random timers is run with.
    pub seeds: u32,
    /// Whether to look for clean values.
    pub advise: bool,
}

impl Default for Ask {
    fn default() -> Self {
        Self { costs: Costs::default(), seeds: 20, advise: true }
    }
}

/// What a plan will meet.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The name of the plan.
    pub plan: String,
    /// The run with the median number of refusals, the only one where nothing is drawn.
    pub run: Run,
    /// Requests of each sampler name.
    pub samplers: Vec<SamplerRow>,
    /// Requests over all seeds.
    pub samples: Spread,
    /// Refusals over all seeds.
    pub refused: Spread,
    /// First refusals over all seeds, of the runs that have one.
    pub first_refusal: Option<Spread>,
    /// How many seeds were run.
    pub seeds: u32,
    /// How many were asked for, where a run is too long for all of them.
    pub seeds_asked: Option<u32>,
    /// Requests that the platform refuses because it knows no caller. No limit counts them.
    pub without_caller: u64,
    /// Requests whose operation cannot be told, as only a run knows their address.
    pub untold: u64,
    /// Hosts that do not look like those of the platform.
    pub other_hosts: Vec<String>,
    /// What the counts leave out or assume, in a few words: [`Reading::doubts`](crate::read::Reading::doubts).
    pub doubts: Option<String>,
    /// The time that was run in full, where the counts are scaled up from it.
    pub scaled_from: Option<Nanos>,
    /// When a run was cut by its bounds, where what comes later is not counted.
    pub cut_at: Option<Nanos>,
    /// The length of the plan, the run's own where the plan ends with its last request.
    pub length: Nanos,
    /// Clean values of the plan's knobs.
    pub advice: Vec<Advice>,
    /// Why there are none although requests are refused.
    pub no_advice: Option<String>,
    /// Whether the search for them was ended before all values were tried.
    pub search_ended: bool,
}

/// Predicts what a plan meets.
///
/// # Errors
/// [`Unfit`] for a plan that is too large.
pub fn predict(plan: &Plan, system: &dyn System, ask: &Ask) -> Result<Prediction, Unfit> {
    let plan = &settled(plan, system);
    let drawn = draws::draw(plan, system, ask)?;
    let samplers = table::rows(plan, &drawn.run);
    let without_caller = requests(plan, system, &drawn.run, |met| met.fails)?;
    let untold = requests(plan, system, &drawn.run, |met| met.untold)?;
    // Advice looks at longer runs too: arrivals of eight hours can be more than are simulated. The plan itself fits.
    let advises = ask.advise && drawn.samples.high > 0;
    let advised =
        if advises { advice::advise(plan, system, &drawn.run, ask) } else { Ok(Advised::default()) };
    let too_large = |unfit: Unfit| Advised {
        none: (drawn.run.refused > 0).then(|| format!("Clean values were not looked for: {unfit}.")),
        ..Advised::default()
    };
    let advised = advised.unwrap_or_else(too_large);
    Ok(Prediction {
        plan: plan.name.to_string(),
        samplers,
        samples: drawn.samples,
        refused: drawn.refused,
        first_refusal: drawn.first_refusal,
        seeds: drawn.seeds,
        seeds_asked: drawn.seeds_asked,
        without_caller,
        untold,
        other_hosts: other_hosts(plan),
        doubts: None,
        scaled_from: drawn.scaled_from,
        cut_at: drawn.cut_at.filter(|_| drawn.scaled_from.is_none()),
        length: planned(plan).unwrap_or(drawn.run.length),
        run: drawn.run,
        advice: advised.values,
        no_advice: advised.none,
        search_ended: advised.ended,
    })
}

/// The requests of the samplers that can meet what has a property.
fn requests(plan: &Plan, system: &dyn System, run: &Run, has: impl Fn(&Met) -> bool) -> Result<u64, Unfit> {
    let found = meeting(plan, system, has)?;
    let theirs = run.samplers.iter().filter(|sampler| found.contains(&sampler.node));
    Ok(theirs.map(|sampler| sampler.samples).sum())
}

/// A length of time as whole seconds, rounded up.
fn whole_seconds(length: Nanos) -> u64 {
    length.div_ceil(SECOND)
}
