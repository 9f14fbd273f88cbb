//! The operations of the emulated platform, as data.
//!
//! An operation is one line of a family in `api`. Limits, metrics, `check` and the journal see it at once.

pub mod operation;
