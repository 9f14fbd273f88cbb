//! The limit engine: pure, exact, and unaware of HTTP, clocks and tasks.
//!
//! Read in this order: `rule` (what a limit is), `scope` (what it is counted by), the three
//! algorithms `token_bucket`, `fixed_window` and `concurrency` (the arithmetic of one bucket), and
//! `partition` (all buckets of one organization, and the two-phase decision over several rules).
//!
//! It refuses to read a clock: `now` is an argument everywhere, in nanoseconds of model time. It
//! uses integers only, and buckets hold state, never the quota, so new limits need no migration.

pub mod rule;
pub mod scope;

pub use rule::{Algorithm, Cost, Hold, Mode, Rule, RuleId, Source};
pub use scope::{Client, Home, Key, Scope, Scopes, Subject};

/// An instant (since the Unix epoch) or a length of model time, in nanoseconds.
pub type Nanos = u64;
