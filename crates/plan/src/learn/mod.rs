//! Learns limits from the results of a run: kind, capacity, rate, lockout, scope, one limit or two.
//!
//! | module | has |
//! |---|---|
//! | `answer`, `learned` | the order of what is tried; the answer as a value |
//! | `rows`, `view` | the requests; those of one scope |
//! | `scope` | what a limit may cover and count by |
//! | `shape`, `replay/` | the kinds of limits; each kind, run over the observed admissions |
//! | `ways` | how long a request is on the way to a server that is far away |
//! | `score`, `decided` | the capacity that explains a replay best; whether the noise alone explains it |
//! | `propose`, `search`, `refine` | numbers that are worth a try; the try; exact numbers |
//! | `solve` | single limits and pairs under each noise of the times |
//! | `layers`, `pool`, `envelope` | two limits at once: the fit, its candidates, their rates |
//! | `counters` | where nothing fits: sliding window counters |
//! | `steps` | where nothing fits, or a period is odd: limits that come back in steps |
//! | `clock` | windows that begin at no multiple of their period, some of them with the run |
//! | `lockouts` | a lockout in the place of a window of an odd length |
//! | `later`, `full` | where nothing fits: a run without its beginning; a bucket that was in use before the run |
//! | `labels`, `random` | where nothing fits: each label by itself; refusals by chance |
//! | `permutation`, `waits`, `pacing` | whether a limit explains more than chance; what `Retry-After` says; whether a queue holds requests back |
//! | `runs` | runs of refusals: how long they last, whether they end |
//! | `question`, `bounds`, `notes` | what the run cannot tell; what was admitted at most; doubts |
//! | `written` | what stands in a limits file for a kind that gcmock does not have |
//! | `tell/` | the answer as text, JSON, a limits file, a plan of probes |
//!
//! A new kind gets a variant of [`Shape`], a replay, and its numbers in `search`.

mod answer;
mod bounds;
mod clock;
mod counters;
mod decided;
mod envelope;
mod full;
mod labels;
mod later;
mod layers;
mod learned;
mod lockouts;
mod notes;
mod number;
mod pacing;
mod permutation;
mod pool;
mod propose;
mod question;
mod random;
mod refine;
mod replay;
mod rows;
mod runs;
mod scope;
mod score;
mod search;
mod shape;
mod solve;
mod steps;
mod tell;
#[cfg(test)]
mod tests;
mod view;
mod waits;
mod ways;
mod written;

pub use self::answer::learn;
pub use self::bounds::Bound;
pub use self::learned::{Alternative, Learned, Lengths, Limit};
pub use self::question::{Probe, Question, Step};
pub use self::scope::{By, Scope};
pub use self::shape::Shape;
pub use self::tell::{to_arguments, to_json, to_limits, to_plan, to_text};
pub use self::written::Written;

/// What the caller knows of the run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The statuses of a refusal.
    pub refused: Vec<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self { refused: vec![429] }
    }
}
