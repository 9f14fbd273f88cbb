//! The kinds of limits that are tried, with everything but their capacity.

use crate::Nanos;

/// A kind of limit and its numbers in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Tokens come back at a rate.
    TokenBucket {
        /// Tokens a second.
        rate: f64,
    },
    /// A number of requests in a window, which the first admission after its predecessor opens.
    FixedWindow {
        /// The length of a window.
        period: Nanos,
        /// For how long a refusal locks everything.
        lockout: Option<Nanos>,
        /// Whether refused requests count too.
        counts_refused: bool,
    },
    /// A number of requests in a window of the clock, such as a minute.
    AlignedWindow {
        /// The length of a window.
        period: Nanos,
        /// When a window begins, after a multiple of the period since 1970.
        phase: Nanos,
    },
    /// A number of requests in the time before each request.
    SlidingWindow {
        /// How far back it counts.
        period: Nanos,
        /// Whether refused requests count too.
        counts_refused: bool,
    },
    /// A number of requests in a window of the clock and in the part of the window before that the period still covers, as if they had
    /// come evenly.
    SlidingCounter {
        /// The length of a window.
        period: Nanos,
        /// When a window begins, after a multiple of the period since 1970.
        phase: Nanos,
    },
    /// A bucket whose tokens come back at once whenever a period ends, whether requests come or not.
    Stepped {
        /// The time between two refills.
        period: Nanos,
        /// The tokens of a refill, or None if each fills the bucket.
        refill: Option<u32>,
        /// When a period begins, after a multiple of it since 1970. None: the first begins with the first request of a count.
        phase: Option<Nanos>,
    },
    /// A number of requests at once.
    Requests,
    /// A number of connections at once, held from their first admitted request.
    Connections,
    /// Everything is refused from the first refusal on.
    Ban,
}

impl Shape {
    /// The kind without its numbers, as people say it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TokenBucket { .. } => "token bucket",
            Self::FixedWindow { lockout: None, counts_refused: false, .. } => "fixed window",
            Self::FixedWindow { lockout: None, counts_refused: true, .. } => {
                "fixed window that counts refusals"
            }
            Self::FixedWindow { lockout: Some(_), .. } => "fixed window with a lockout",
            Self::AlignedWindow { .. } => "window of the clock",
            Self::SlidingWindow { counts_refused: false, .. } => "sliding window",
            Self::SlidingWindow { counts_refused: true, .. } => "sliding window that counts refusals",
            Self::SlidingCounter { .. } => "sliding window counter",
            Self::Stepped { refill: None, .. } => "renewed window",
            Self::Stepped { refill: Some(_), .. } => "token bucket with steps",
            Self::Requests => "requests at once",
            Self::Connections => "connections at once",
            Self::Ban => "ban",
        }
    }

    /// How unusual the kind is; of two that explain a run equally well, the answer is the smaller rank.
    pub(super) const fn rank(&self) -> usize {
        match self {
            Self::TokenBucket { .. } => 0,
            Self::FixedWindow { lockout: None, counts_refused: false, .. } => 1,
            Self::Requests => 2,
            Self::Connections => 3,
            Self::SlidingWindow { counts_refused: false, .. } => 4,
            Self::AlignedWindow { .. } => 5,
            Self::SlidingWindow { counts_refused: true, .. } => 6,
            Self::FixedWindow { lockout: Some(_), .. } => 7,
            Self::FixedWindow { counts_refused: true, .. } => 8,
            Self::SlidingCounter { .. } => 9,
            Self::Ban => 10,
            Self::Stepped { .. } => 11,
        }
    }

    /// A window that its first request opens.
    pub(super) const fn window(period: Nanos) -> Self {
        Self::FixedWindow { period, lockout: None, counts_refused: false }
    }

    /// Whether refused requests are charged too, as `count_refused` of a limits file says.
    pub const fn counts_refused(&self) -> bool {
        matches!(
            self,
            Self::FixedWindow { counts_refused: true, .. } | Self::SlidingWindow { counts_refused: true, .. }
        )
    }

    /// Whether its windows begin by the clock.
    pub(super) const fn is_aligned(&self) -> bool {
        matches!(self, Self::AlignedWindow { .. } | Self::Stepped { refill: None, .. })
    }

    /// The window that the kind looks at, of those that have one.
    pub(super) const fn period(&self) -> Option<Nanos> {
        match *self {
            Self::FixedWindow { period, .. }
            | Self::AlignedWindow { period, .. }
            | Self::SlidingCounter { period, .. }
            | Self::Stepped { period, .. }
            | Self::SlidingWindow { period, .. } => Some(period),
            _ => None,
        }
    }
}
