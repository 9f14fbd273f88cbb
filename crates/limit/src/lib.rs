//! The limit engine: pure, exact, and unaware of HTTP, clocks and tasks.
//!
//! Read in this order: `rule` (what a limit is), `scope` (what it is counted by), `bucket` (the state
//! of one key) with the arithmetic of the three algorithms in `token_bucket`, `fixed_window` and
//! `concurrency`, then `decision` (the two phases over several rules), `permit` (a held place),
//! `partition` over `table` (where all buckets of one organization live), `past` (what is kept of swept buckets), and
//! `retired` (rules that have left the
//! configuration).
//!
//! It refuses to read a clock: `now` is an argument everywhere, in nanoseconds of model time. It
//! uses integers only, and buckets hold state, never the quota, so new limits need no migration.

mod bucket;
mod concurrency;
mod decision;
mod fixed_window;
mod held;
mod partition;
mod past;
mod permit;
mod retired;
pub mod rule;
pub mod scope;
mod table;
mod token_bucket;

pub use self::decision::{Charge, Decision, LimitStatus, NEAR_PERCENT, decide, peek};
pub use self::held::HeldSlots;
pub use self::partition::{BucketView, Buckets};
pub use self::permit::Permit;
pub use self::retired::RetiredRules;
pub use self::rule::{Algorithm, Cost, Hold, Mode, Rule, RuleId, Source};
pub use self::scope::{Client, Home, Key, Scope, Scopes, Subject};
pub use self::table::{History, Totals};

/// An instant (since the Unix epoch) or a length of model time, in nanoseconds.
pub type Nanos = u64;
