//! A plan that is ready to run: thread groups, controllers, timers and samplers, without any expression.
//!
//! `read` makes it from a JMeter plan. The simulator and the driver run it. All of its numbers are final: variables and
//! properties are resolved, and what depends on answers has been decided by options.
//!
//! | file | has |
//! |---|---|
//! | `mod` | the plan, its groups and controllers |
//! | `condition` | counters, and what one value decides |
//! | `rows` | the rows of data sets |
//! | `start` | when the threads of a group start and end |
//! | `timer` | what delays a sample |
//! | `sampler` | what a thread does |

mod condition;
mod rows;
mod sampler;
mod start;
mod timer;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::condition::{ByValue, Child, Condition, Counter, IndexOf, Selection, Value};
pub use self::rows::{Known, Place, Rows, Share, Texts};
pub use self::sampler::{
    Action, Address, ByRow, Credentials, Flow, HttpRequest, Sampler, SocketMessage, Target,
};
pub use self::start::{OpenStep, Phase, Start, UltimateRow};
pub use self::timer::{ShapingRow, Spread, ThroughputMode, Timer};

/// A plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The plan's name.
    pub name: Arc<str>,
    /// The thread groups in file order.
    pub groups: Vec<Group>,
    /// Whether the main groups run one after the other.
    pub serial: bool,
    /// All nodes of all groups. A [`NodeId`] is an index of them.
    pub nodes: Vec<Node>,
    /// All timers. A [`TimerId`] is an index of them.
    pub timers: Vec<Timer>,
    /// The variables of texts whose values a driver knows, by name.
    pub known: BTreeMap<Arc<str>, Known>,
}

/// Index of a node in [`Plan::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Index of a timer in [`Plan::timers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(pub u32);

/// A thread group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it runs before, with or after the others.
    pub phase: Phase,
    /// When its threads start and end.
    pub start: Start,
    /// Iterations of each thread. `None`: until the thread's end.
    pub loops: Option<u32>,
    /// What a failed sample does.
    pub on_error: OnError,
    /// Whether a thread keeps its connections from one iteration to the next.
    pub same_user: bool,
    /// What each iteration runs, in order.
    pub children: Vec<NodeId>,
}

/// What a thread does after a sample that failed. A refused request has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// Goes on.
    #[default]
    Continue,
    /// Starts the next iteration of the group.
    NextIteration,
    /// Ends the thread.
    StopThread,
    /// Ends the test; running samples finish.
    StopTest,
    /// Ends the test at once.
    StopTestNow,
}

/// A controller or a sampler.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name.
    pub name: Arc<str>,
    /// What it does.
    pub kind: NodeKind,
    /// What it contains, in file order. Empty for a sampler.
    pub children: Vec<NodeId>,
}

/// What a node does with its children.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A sampler.
    Sampler(Box<Sampler>),
    /// Runs its children once: a simple controller, a condition that holds, a module.
    Sequence,
    /// Runs its children and adds a row with their sum to the results.
    Transaction {
        /// Whether the row replaces those of the children.
        parent: bool,
        /// Whether the row's time includes timers.
        with_timers: bool,
    },
    /// Runs its children several times. `None`: until the thread's end.
    Loop(Option<u32>),
    /// Runs its children until a sample of the last turn failed.
    WhileSuccessful {
        /// Whether the last sample before the controller counts as well.
        at_entry: bool,
    },
    /// Runs its children as long as a condition on a value holds. It is looked at before each turn.
    While {
        /// The condition.
        condition: Box<Condition>,
        /// Whether the variable is the index of its own turns.
        on_turn: bool,
    },
    /// Runs its children if a condition on a value holds.
    If {
        /// The condition.
        condition: Box<Condition>,
        /// Whether it is looked at before each sampler, and not only at the entry.
        each: bool,
    },
    /// Sets a variable to the next number, at each turn of the controller that it is in.
    Counter(Box<Counter>),
    /// Sets a variable to a number that `JMeter` knows, at each turn of the controller that it is in.
    Index {
        /// The variable.
        variable: u32,
        /// The number.
        of: IndexOf,
    },
    /// Runs its children in the first iteration of the enclosing loop alone.
    OnceOnly,
    /// Runs its children the first time that a thread comes, and never again: a loop that does not continue forever.
    Once,
    /// Runs its children in a share of the turns: turn n, from 0, runs if (100 · runs + 50) / (n + 1) < percent.
    Percent {
        /// The share in percent.
        percent: f64,
        /// Whether each thread counts for itself.
        per_thread: bool,
    },
    /// Runs its children in the first turns.
    Total {
        /// How many turns run.
        runs: u32,
        /// Whether each thread counts for itself.
        per_thread: bool,
    },
    /// Takes a row of a data set, at each turn of the controller that it is in.
    Rows(Box<Rows>),
    /// Runs its children in one thread of all at a time.
    Critical {
        /// The lock. Sections of one lock exclude each other.
        lock: u32,
    },
    /// Runs the next child at each turn.
    Interleave {
        /// Whether thread i begins with child i, modulo their number. Otherwise each begins with the first.
        across_threads: bool,
        /// Whether a child that is a controller runs one sampler at a turn in place of all.
        one_sampler: bool,
    },
    /// Runs one child, drawn at each turn.
    Random {
        /// Whether a child that is a controller runs one sampler at a turn in place of all.
        one_sampler: bool,
    },
    /// Runs all children in an order drawn at each turn.
    RandomOrder,
    /// Runs one child.
    Switch(Child),
    /// Runs the child that a value names.
    Select(Box<Selection>),
    /// Runs one child, in proportion to its weight. Without a positive weight the thread ends.
    Weighted {
        /// The weights of the children, in their order.
        weights: Vec<i64>,
        /// Whether it is drawn. Otherwise each thread runs the child that is furthest behind its share.
        drawn: bool,
    },
    /// Runs its children for a time. It is looked at between samples.
    Runtime {
        /// The time in whole seconds, as nanoseconds.
        length: crate::Nanos,
    },
    /// Runs its samplers at the same time.
    Parallel {
        /// How many at a time. `None`: all.
        most: Option<u32>,
        /// Whether they are one sample for the thread, which fails if one of them does. Otherwise the last of them is its last
        /// sample, and a failure ends no thread and no test.
        is_sample: bool,
    },
    /// Runs its children if the thread's last sample ended so: `${JMeterThread.last_sample_ok}`.
    IfLast {
        /// Whether it has to have succeeded.
        ok: bool,
        /// Whether that is looked at before each sampler, and not only at the entry.
        each: bool,
    },
    /// Runs its children again as long as their last sample is refused. Sample n is repeated after its Retry-After and
    /// a drawn delay between 0 and back-off · 2^min(n - 1, 10). A [`Timer::Pace`] or [`Timer::UserStart`] in scope of the
    /// repeated sample waits for that instant and no other. Other timers are asked as usual.
    Retry {
        /// The most turns.
        attempts: u32,
        /// The longest drawn delay of the first repetition.
        back_off: crate::Nanos,
    },
    /// Runs its children for one thread of all: the first that comes after each period. The first period counts from
    /// the start of the test.
    Every(crate::Nanos),
    /// Runs nothing: a condition that does not hold.
    Never,
}

impl NodeKind {
    /// Whether the controller is a loop for `JMeter`: "go to the next iteration of the current loop" and "break" mean it, and its
    /// first turn is that of a Once Only Controller.
    pub const fn iterates(&self) -> bool {
        match self {
            Self::Loop(_) | Self::WhileSuccessful { .. } | Self::While { .. } | Self::Retry { .. } => true,
            Self::Sampler(_)
            | Self::Sequence
            | Self::Transaction { .. }
            | Self::OnceOnly
            | Self::Once
            | Self::Percent { .. }
            | Self::Total { .. }
            | Self::Rows(_)
            | Self::Critical { .. }
            | Self::Interleave { .. }
            | Self::Random { .. }
            | Self::RandomOrder
            | Self::Switch(_)
            | Self::Select(_)
            | Self::Weighted { .. }
            | Self::Runtime { .. }
            | Self::Parallel { .. }
            | Self::IfLast { .. }
            | Self::If { .. }
            | Self::Counter(_)
            | Self::Index { .. }
            | Self::Every(_)
            | Self::Never => false,
        }
    }

    /// Whether a child that is a controller runs one sampler at a turn.
    pub const fn gives_one_sampler(&self) -> bool {
        matches!(self, Self::Interleave { one_sampler: true, .. } | Self::Random { one_sampler: true })
    }

    /// Whether the controller runs all of its children at each turn.
    pub const fn runs_all(&self) -> bool {
        !matches!(
            self,
            Self::Interleave { .. }
                | Self::Random { .. }
                | Self::RandomOrder
                | Self::Switch(_)
                | Self::Select(_)
                | Self::Weighted { .. }
                | Self::Parallel { .. }
        )
    }
}
