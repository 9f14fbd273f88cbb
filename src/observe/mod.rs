//! What happened: the journal, the metrics, and the verdicts over them.
//!
//! `journal` keeps the last exchanges, `filter` picks some of them by name, `audit` tells how callers behaved after
//! a refusal, `verify` judges a run by its expectations. `metrics` counts by itself: it does not read the journal.

pub mod audit;
pub mod close_reason;
pub mod filter;
pub mod journal;
pub mod metrics;
pub mod refusals;
pub mod scenario_check;
pub mod verify;
