#![doc = include_str!("../README.md")]
//! # Reading the source
//!
//! `model` is a plan that is ready to run: its thread groups, controllers, timers and samplers, without any
//! expression. `read` makes it from a JMeter plan. `results` are the samples of a run. `learn` finds limits in them.
//! `report` is the outcome of a run, as a page, as text and as JSON. `simulate` runs a plan against limits in model
//! time, and `predict` says from such runs what a plan will meet and what to set.

pub mod learn;
pub mod model;
pub mod predict;
mod printable;
pub mod read;
pub mod report;
pub mod results;
pub mod simulate;

/// An instant since the start of a plan or since the Unix epoch, or a length of time, in nanoseconds.
pub type Nanos = u64;
