//! What happened: the journal, the metrics, and the verdicts over them.
//!
//! `journal` keeps the last exchanges, `filter` picks some of them by name, `audit` tells how callers behaved after
//! a refusal, `verify` judges a run by its expectations. `metrics` counts by itself: it does not read the journal.

pub(crate) mod audit;
pub(crate) mod close_reason;
pub(crate) mod filter;
pub(crate) mod journal;
pub(crate) mod metrics;
pub(crate) mod refusals;
pub(crate) mod scenario_check;
pub(crate) mod verify;
