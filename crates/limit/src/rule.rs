//! One limit as the engine needs it: numbers and names, already validated.
//!
//! Which requests a rule covers is not known here: `config` holds the patterns beside the rule and
//! hands the engine only the rules that match. To add an algorithm: a variant of [`Algorithm`], a
//! file beside this one with the same verbs as its siblings, and an arm in `partition`.

use std::sync::Arc;

use crate::{Nanos, Scopes};

/// Identifies one rule for the whole life of the process; never reused, so that a request that still
/// holds an older configuration can not touch the buckets of another rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// A configured limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable across reloads as long as name, algorithm kind and scope stay.
    pub id: RuleId,
    /// Unique; shown in the explanation, the journal and the metrics.
    pub name: Arc<str>,
    /// `limit.namespace` of the vendor's 429 body.
    pub namespace: Arc<str>,
    /// `limit.key` of the vendor's 429 body.
    pub key: Arc<str>,
    /// What the limit is counted by.
    pub scope: Scopes,
    /// How it counts.
    pub algorithm: Algorithm,
    /// A fixed answer in seconds, sent as written, in place of the computed wait.
    pub retry_after: Option<u32>,
    /// After a refusal its key is refused for so long, then it is free.
    pub lockout: Option<Nanos>,
    /// Whether requests that any limit refused are charged too.
    pub count_refused: bool,
    /// What one request costs.
    pub cost: Cost,
    /// The number shown to clients; the capacity unless the file says otherwise.
    pub value: u64,
    /// Whether it refuses, or only counts what it would have refused.
    pub mode: Mode,
    /// Where the number is from.
    pub source: Source,
}

/// How a limit counts. Periods are nanoseconds of model time, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Starts full; tokens accrue one at a time, each `period / refill`.
    TokenBucket {
        /// Tokens a full bucket holds.
        capacity: u32,
        /// Tokens that accrue in a period.
        refill: u32,
        /// The period of `refill`.
        period: Nanos,
    },
    /// `capacity` per window `[start, start + period)`, opened by a key's first charge.
    FixedWindow {
        /// Units a window holds.
        capacity: u32,
        /// Length of a window.
        period: Nanos,
    },
    /// `capacity` places, each held until its [`Hold`] ends.
    Concurrency {
        /// Places in all.
        capacity: u32,
        /// How long one place is held.
        hold: Hold,
    },
}

impl Algorithm {
    /// The most units a key can have in use.
    pub const fn capacity(&self) -> u32 {
        match *self {
            Self::TokenBucket { capacity, .. }
            | Self::FixedWindow { capacity, .. }
            | Self::Concurrency { capacity, .. } => capacity,
        }
    }

    /// The name used in limits files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TokenBucket { .. } => "token-bucket",
            Self::FixedWindow { .. } => "fixed-window",
            Self::Concurrency { .. } => "concurrency",
        }
    }
}

/// What holds the place of a concurrency limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The request, until its answer is written.
    Request,
    /// The TCP connection, from its first admitted matching request until it ends.
    Connection,
}

/// What a request costs: at least 1, at most the capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cost {
    /// The same for every request.
    Fixed(u32),
    /// The value of a query parameter.
    Query {
        /// The parameter's name.
        name: Box<str>,
        /// The cost without the parameter, or with one that is not a number.
        default: u32,
    },
}

impl Cost {
    /// The cost of a request whose query parameters `query` looks up, before clamping.
    pub fn of(&self, query: impl FnOnce(&str) -> Option<u64>) -> u32 {
        match self {
            Self::Fixed(cost) => *cost,
            Self::Query { name, default } => {
                query(name).map_or(*default, |n| u32::try_from(n).unwrap_or(u32::MAX))
            }
        }
        .max(1)
    }
}

/// Whether a limit refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It refuses.
    Enforce,
    /// It is counted and shown, and never refuses.
    Shadow,
}

/// Where a limit's number is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The vendor published it.
    Documented,
    /// Users reported it.
    Reported,
    /// Ours.
    Assumed,
}

impl Source {
    /// The name used in limits files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Reported => "reported",
            Self::Assumed => "assumed",
        }
    }
}
