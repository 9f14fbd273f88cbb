//! Runs a plan against limits in model time: which requests are refused, when, and by which limit.
//!
//! [`run`] plays the threads of a [`Plan`] as `JMeter` 5.6.3 does, as a sequence of events over the engine of
//! `gcmock-limit`. What the requests meet is asked of a [`System`]: their limits, their waits, the agents of WebSocket
//! handshakes. Equal seeds give equal runs. Nothing reads a clock.
//!
//! | file | has |
//! |---|---|
//! | `system` | what a caller provides: limits, waits, agents |
//! | `tree` | the plan's controllers, each place of the plan a branch of its own |
//! | `walk`, `choose`, `interleave`, `weighted`, `values`, `redirect`, `restart` | the next sampler of a thread, one rule for each controller; changes of its course |
//! | `starts` | when threads start and end |
//! | `groups`, `arrivals` | the phases of a run, the instants of open models |
//! | `timers` | the delay of a sample |
//! | `thread`, `orders` | the state of a thread |
//! | `requests` | the limits of each sampler, and the decision |
//! | `settle` | a plan without what decides nothing |
//! | `events` | the order of events |
//! | `machine`, `course`, `send` | the event loop, the way of a thread from sample to sample, its requests |
//! | `bound` | the ends of a run that has no other, threads that go round |
//! | `together` | what a parallel controller sends in one turn |
//! | `critical` | sections that one thread runs at a time |
//! | `depends` | what a controller depends on: chance, other threads |
//! | `gate`, `shaping` | the threads that wait at a synchronizing timer and at a throughput shaping timer |
//! | `live` | the same threads for a driver that runs them in real time |
//! | `steady` | the proof that a run repeats itself, and the jump over the repetitions |
//! | `tally` | what is counted |

mod arrivals;
mod bound;
mod choose;
mod course;
mod critical;
mod depends;
mod events;
mod gate;
mod groups;
mod interleave;
pub mod live;
mod machine;
mod orders;
mod random;
mod redirect;
mod requests;
mod restart;
mod send;
mod settle;
mod shaping;
mod starts;
mod steady;
mod system;
mod tally;
mod thread;
mod timers;
mod together;
mod tree;
mod values;
mod walk;
mod weighted;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use self::bound::STEPS_OF_A_REQUEST;
pub use self::bound::{Circles, Cut};
pub use self::settle::settled;
pub(crate) use self::shaping::length as shaping_length;
pub use self::system::{Agent, Costs, Met, Operation, System, Wait};
pub use self::tally::{LimitCount, Run, SamplerCount, Second, Series};

use std::collections::HashSet;

use crate::Nanos;
use crate::model::{NodeId, Plan};

/// One second.
pub(crate) const SECOND: Nanos = 1_000_000_000;
/// One minute.
pub(crate) const MINUTE: Nanos = 60 * SECOND;
/// One millisecond, the unit of `JMeter`'s timers.
pub(crate) const MILLI: Nanos = 1_000_000;

/// The most requests of a run, unless its options say otherwise.
const MAX_REQUESTS: u64 = 50_000_000;

/// How a plan is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the load generator and the network cost.
    pub costs: Costs,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// The model time, counted from the start of the main groups, after which the run is cut.
    pub horizon: Nanos,
    /// Whether to end at the first refusal. A clean run then counts only its requests in full: its series has gaps
    /// where it was jumped over.
    pub until_refused: bool,
    /// Whether to jump over repetitions. The results are the same either way.
    pub skip: bool,
    /// The most requests that are played one by one. Beyond them the run is cut.
    pub max_requests: u64,
    /// The most events and questions to controllers. Beyond them the run is cut.
    pub max_work: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            costs: Costs::default(),
            seed: 0,
            horizon: 8 * 3600 * SECOND,
            until_refused: false,
            skip: true,
            max_requests: MAX_REQUESTS,
            max_work: STEPS_OF_A_REQUEST * MAX_REQUESTS,
        }
    }
}

/// Why a plan can not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Its groups start more threads than [`MAX_THREADS`].
    Threads(u64),
    /// Its controllers stand more than [`MAX_DEPTH`] deep, or contain each other.
    Depth,
    /// Its modules expand to more than [`MAX_BRANCHES`] elements.
    Branches,
    /// An index of a node or timer leads nowhere.
    Index,
}

/// The most threads or arrivals of a plan.
pub const MAX_THREADS: u64 = 2_000_000;
/// How deep controllers can stand in each other.
pub const MAX_DEPTH: usize = 200;
/// The most controllers and samplers of a plan, each use of a module counted.
pub const MAX_BRANCHES: usize = 200_000;

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Threads(count) => {
                let (count, most) = (Thousands(*count), Thousands(MAX_THREADS));
                write!(f, "the plan starts {count} threads or arrivals, more than {most}")
            }
            Self::Depth => write!(f, "the plan's controllers stand more than {MAX_DEPTH} deep in each other"),
            Self::Branches => write!(f, "the plan's modules expand to more than {MAX_BRANCHES} elements"),
            Self::Index => write!(f, "the plan refers to an element that it does not have"),
        }
    }
}

impl std::error::Error for Unfit {}

/// A number with a comma before each three digits.
struct Thousands(u64);

impl std::fmt::Display for Thousands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0 / 1000, self.0 % 1000) {
            (0, rest) => write!(f, "{rest}"),
            (more, rest) => write!(f, "{},{rest:03}", Self(more)),
        }
    }
}

/// Whether something in a run of `plan` is drawn, so that seeds differ.
///
/// # Errors
/// [`Unfit`] for a plan that is too large.
pub fn is_random(plan: &Plan, system: &dyn System) -> Result<bool, Unfit> {
    let tree = tree::Tree::of(plan)?;
    Ok(random::draws(plan, &tree, &requests::Requests::of(&tree, system)))
}

/// The longest time after which a limit of the plan's requests is as it was: a window, a lockout, the refill of a whole
/// bucket.
///
/// # Errors
/// [`Unfit`] for a plan that is too large.
pub fn longest_period(plan: &Plan, system: &dyn System) -> Result<Nanos, Unfit> {
    let tree = tree::Tree::of(plan)?;
    let requests = requests::Requests::of(&tree, system);
    Ok(requests.rules.iter().map(|rule| requests::period(rule)).max().unwrap_or(0))
}

/// Whether a limit covers a request of the plan.
///
/// # Errors
/// [`Unfit`] for a plan that is too large.
pub fn has_limits(plan: &Plan, system: &dyn System) -> Result<bool, Unfit> {
    let tree = tree::Tree::of(plan)?;
    Ok(!requests::Requests::of(&tree, system).rules.is_empty())
}

/// The samplers that can meet what has a property.
///
/// # Errors
/// [`Unfit`] for a plan that is too large.
pub fn meeting(
    plan: &Plan,
    system: &dyn System,
    has: impl Fn(&Met) -> bool,
) -> Result<HashSet<NodeId>, Unfit> {
    let tree = tree::Tree::of(plan)?;
    let requests = requests::Requests::of(&tree, system);
    let is = |branch: &u32| requests.reached(*branch, &tree).any(&has);
    let branches = (0..).zip(&tree.branches).filter(|(index, _)| is(index));
    Ok(branches.filter_map(|(_, branch)| branch.node).collect())
}

/// Runs `plan` against `system`.
///
/// # Errors
/// [`Unfit`] for a plan that is too large.
pub fn run(plan: &Plan, system: &dyn System, options: &Options) -> Result<Run, Unfit> {
    let tree = tree::Tree::of(plan)?;
    let requests = requests::Requests::of(&tree, system);
    machine::Machine::new(plan, &tree, &requests, system, options)?.run()
}
