#![doc = include_str!("../README.md")]
//! # Reading the source
//!
//! `rule` is one limit, `scope` and `key` are the dimensions that it counts by. `state` is the state of one bucket;
//! `algorithm` moves it with time, one file for each algorithm. `decision` is the decision over several rules:
//! `homes` locks, `trial` decides on copies. `partition` over `table` stores the buckets, `past` the levels of
//! swept ones. `level` reads and writes the state of buckets. `permit` and `held` are held slots, and `retired` has the rules that left the configuration.

mod algorithm;
mod decision;
mod held;
mod homes;
mod key;
mod level;
mod partition;
mod past;
mod permit;
mod retired;
mod rule;
mod scope;
mod state;
mod table;
mod trial;

pub use self::algorithm::{Algorithm, Hold};
pub use self::decision::{
    Charge, Decision, Elsewhere, LimitStatus, decide, decide_beside, peek, peek_beside,
};
pub use self::held::HeldSlots;
pub use self::key::Key;
pub use self::level::Level;
pub use self::partition::{BucketView, Buckets};
pub use self::permit::Permit;
pub use self::retired::RetiredRules;
pub use self::rule::{Cost, Mode, Rule, RuleId, Source};
pub use self::scope::{Client, Home, Scope, Scopes, Subject};
pub use self::table::{History, Totals};

/// An instant (since the Unix epoch, or any other) or a length of time, in nanoseconds.
pub type Nanos = u64;
