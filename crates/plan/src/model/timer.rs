//! What delays a sample. All timers in scope are added, each is asked once for a sample.

use crate::Nanos;

/// A timer.
#[derive(Clone, Debug, PartialEq)]
pub enum Timer {
    /// A constant delay.
    Constant(Nanos),
    /// A drawn delay in whole milliseconds.
    Random {
        /// How it is drawn.
        spread: Spread,
        /// The range in milliseconds: the width, the deviation, or the mean of Poisson.
        range: f64,
        /// The constant part in milliseconds.
        offset: f64,
    },
    /// A Constant Throughput Timer.
    Throughput {
        /// Samples a minute.
        per_minute: f64,
        /// Who shares them.
        mode: ThroughputMode,
    },
    /// A Precise Throughput Timer: random instants, drawn for the whole group.
    Precise {
        /// Samples in one `period`.
        throughput: f64,
        /// The period.
        period: Nanos,
        /// The length of one list of instants.
        duration: Nanos,
        /// How often each instant is repeated.
        batch: u32,
        /// The seed. 0: none.
        seed: i64,
    },
    /// A Throughput Shaping Timer: a bound of the samples in each second of the wall clock.
    Shaping(Vec<ShapingRow>),
    /// A Synchronizing Timer: waits until a group of threads is there.
    Synchronize {
        /// How many threads. 0: all of the group.
        threads: u32,
        /// The longest wait. `None`: no bound.
        timeout: Option<Nanos>,
    },
    /// The pacing script of the shipped plans (`gcmock: pace`). User i of the group's N threads takes its first sample
    /// at lead + i · ramp / N after the start of its thread group, whatever the answers take. The next are `pace`
    /// apart: due = last due + pace, or now if that is more than a pace ago. A user that is late starts at once.
    ///
    /// A user whose next start lies at or behind the end of the group waits for the end with its connection open.
    /// A sample that a [`super::NodeKind::Retry`] repeats starts at the time of the retry, and leaves the schedule as it is.
    Pace {
        /// The time before the first user.
        lead: Nanos,
        /// The time in which all users start.
        ramp: Nanos,
        /// The distance of two starts of one user. `None`: a throughput timer in scope paces all samples, also the
        /// first. It is asked at the end of this timer's wait.
        pace: Option<Nanos>,
        /// The least time between the end of an answer and the next start.
        think: Nanos,
    },
    /// The start of a user by the shipped plans' script (`gcmock: start`): user i of the group's N threads starts at
    /// lead + i · ramp / N after the start of its thread group. It does not wait once that is over. A sample that a
    /// [`super::NodeKind::Retry`] repeats starts at the time of the retry.
    UserStart {
        /// The time before the first user.
        lead: Nanos,
        /// The time in which all users start.
        ramp: Nanos,
    },
    /// Waits until this long after the start of the thread group (`gcmock: hold`).
    Until(Nanos),
}

/// One row of a Throughput Shaping Timer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapingRow {
    /// Samples a second at its start.
    pub from: f64,
    /// Samples a second at its end.
    pub to: f64,
    /// Its length.
    pub length: Nanos,
}

/// The distribution of a random timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Uniform between offset and offset + range.
    Uniform,
    /// Gaussian, folded at 0.
    Gaussian,
    /// Poisson with the mean range.
    Poisson,
}

/// Who shares the samples of a Constant Throughput Timer. The numbers are JMeter's `calcMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThroughputMode {
    /// 0: each thread has them for itself.
    Thread,
    /// 1: the active threads of all groups.
    AllThreads,
    /// 2: the active threads of the group.
    GroupThreads,
    /// 3: all threads, by one shared schedule.
    AllShared,
    /// 4: the threads of the group, by one shared schedule.
    GroupShared,
}
