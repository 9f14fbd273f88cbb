//! Records: the journal, the metrics, and the verdicts over them.
//!
//! `journal` keeps the last exchanges, `filter` selects entries, `audit` reports how callers behaved after a refusal,
//! `verify` checks a run against its expectations. `metrics` has its own counters and does not read the journal. `family` is
//! the form in which metrics are read.
//! `history` keeps what happened in each second, also where the journal has dropped its requests. `feed` keeps the last
//! seconds for the live page.

pub(crate) mod audit;
pub(crate) mod close_reason;
pub(crate) mod compact_method;
pub(crate) mod family;
pub(crate) mod feed;
pub(crate) mod filter;
pub(crate) mod history;
pub(crate) mod journal;
pub(crate) mod metrics;
pub(crate) mod refusals;
pub(crate) mod scenario_check;
pub(crate) mod verify;
