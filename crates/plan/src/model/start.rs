//! When the threads of a group start and end.

use crate::Nanos;

/// Whether a group runs before, with or after the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before all main groups.
    Setup,
    /// The test itself.
    #[default]
    Main,
    /// After all main groups.
    Teardown,
}

/// The schedule of a group's threads. Instants count from the start of the group.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// A plain thread group. Thread i starts at delay + i · round(ramp / threads), in whole milliseconds.
    Threads {
        /// How many threads.
        threads: u32,
        /// The ramp-up in whole seconds, as nanoseconds.
        ramp: Nanos,
        /// The delay of the group's start.
        delay: Nanos,
        /// The time after which every thread ends, counted from the delay. `None`: the loops end it.
        duration: Option<Nanos>,
        /// Whether a thread is created only when it starts.
        delayed: bool,
    },
    /// The rows of an Ultimate Thread Group.
    Ultimate(Vec<UltimateRow>),
    /// A Stepping Thread Group.
    Stepping {
        /// Threads at the top.
        threads: u32,
        /// The delay of the first thread.
        delay: Nanos,
        /// Threads that start at first. 0: one step.
        first: u32,
        /// Threads that each step adds. 0: all.
        step: u32,
        /// The time of one step.
        every: Nanos,
        /// The ramp-up of one step.
        ramp: Nanos,
        /// How long all of them run.
        hold: Nanos,
        /// Threads that stop at a time. 0: all.
        stop: u32,
        /// The time between two such stops.
        stop_every: Nanos,
    },
    /// A Concurrency Thread Group. A thread that ends is replaced.
    Concurrency {
        /// Threads at the top.
        target: u32,
        /// The time to the top.
        ramp: Nanos,
        /// Steps to the top. 0: none.
        steps: u32,
        /// How long the top is held.
        hold: Nanos,
    },
    /// An Arrivals Thread Group. Each arrival runs one iteration.
    Arrivals {
        /// Arrivals a second at the top.
        rate: f64,
        /// The time to the top.
        ramp: Nanos,
        /// Steps to the top. 0: none.
        steps: u32,
        /// How long the top is held.
        hold: Nanos,
        /// The most iterations at a time. `None`: no bound.
        concurrency: Option<u32>,
    },
    /// An Open Model Thread Group. Each arrival is a new thread of one iteration.
    OpenModel {
        /// The schedule.
        steps: Vec<OpenStep>,
        /// The seed of random arrivals. 0: none.
        seed: i64,
    },
}

/// One row of an Ultimate Thread Group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UltimateRow {
    /// How many threads.
    pub threads: u32,
    /// The delay of the first.
    pub delay: Nanos,
    /// The time in which all start.
    pub ramp: Nanos,
    /// How long all of them run.
    pub hold: Nanos,
    /// The time in which all end.
    pub down: Nanos,
}

/// One step of an Open Model Thread Group: arrivals whose rate goes in a straight line from one value to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenStep {
    /// Arrivals a second at its start.
    pub from: f64,
    /// Arrivals a second at its end.
    pub to: f64,
    /// Its length.
    pub length: Nanos,
    /// Whether the arrivals are drawn in place of spread evenly.
    pub random: bool,
}
