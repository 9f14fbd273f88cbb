//! What happened: the journal, the metrics, and the verdicts over them.

pub mod audit;
pub mod close_reason;
pub mod filter;
pub mod journal;
pub mod metrics;
pub mod scenario_check;
pub mod verify;
