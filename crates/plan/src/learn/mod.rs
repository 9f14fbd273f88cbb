//! Learns limits from the results of a run: kind, capacity, rate, lockout, scope, one limit or two.
//!
//! `rows` are the requests, `scope` what a limit may cover and count by, `view` the rows of one scope, `runs` its runs of refusals.
//! `replay` runs a kind of limit (`shape`) over the observed admissions, `score` finds the capacity. `propose` names numbers worth a
//! try, `search` tries them, `refine` makes them exact, `layers` fits two limits at once, of the candidates of `pool` and the rates of
//! `envelope`. Where nothing fits, `counters` tries sliding counters, `later` leaves out the beginning, `labels` takes each label by itself, and `random` asks whether
//! chance refused. A new kind gets a variant of [`Shape`], a replay, and its numbers in `search`.

mod answer;
mod bounds;
mod counters;
mod envelope;
mod full;
mod labels;
mod later;
mod layers;
mod learned;
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
mod tell;
#[cfg(test)]
mod tests;
mod view;
mod waits;

pub use self::answer::learn;
pub use self::bounds::Bound;
pub use self::learned::{Alternative, Learned, Lengths, Limit};
pub use self::question::{Probe, Question, Step};
pub use self::scope::{By, Scope};
pub use self::shape::Shape;
pub use self::tell::{to_arguments, to_json, to_limits, to_plan, to_text};

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
