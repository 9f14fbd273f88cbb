//! Tests of the simulator on plans that are made here.

mod controllers;
mod ordinary;
mod scenarios;
mod speed;
mod steady;
mod timers;
pub(crate) mod world;
