//! The workforce: agents' statuses and schedules, and the adherence check.
//!
//! `status` and `routing` are the activity of an agent, `history` its changes, `schedule` the planned activity.
//! `adherence` compares the two ([`Standing`]), `check` decides whether an agent may connect. `planning` holds edges,
//! skill groups and publications, `unit` management units, `explanation` the agents' explanations. To add a status, add
//! a variant of [`AgentStatus`] and its line in [`AgentStatus::ALL`].

mod adherence;
mod check;
pub(crate) mod explanation;
mod historical;
mod history;
pub(crate) mod planning;
mod routing;
mod schedule;
pub(crate) mod seed;
mod status;
pub(crate) mod unit;

pub(crate) use self::adherence::{Activity, Standing, UNSCHEDULED};
pub(crate) use self::check::{AdherenceCause, AdherenceRefusal, Demand, View};
pub(crate) use self::historical::{Kept, Stretch, stretches};
pub(crate) use self::history::History;
pub(crate) use self::routing::Routing;
pub(crate) use self::schedule::{Pattern, Publication, Schedule, Shift, instant, zone};
pub(crate) use self::status::AgentStatus;
