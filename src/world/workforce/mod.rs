//! The workforce: agents' statuses and schedules, and whether an edge lets an agent connect.
//!
//! `status` and `routing` are what an agent does, `history` when that changed, `schedule` what the agent is due
//! for, `adherence` compares the two ([`Standing`]), `check` decides about a connection. `planning` holds edges,
//! skill groups and publications, `explanation` the agents' explanations. To add a status, add a variant of
//! [`AgentStatus`] and its line in [`AgentStatus::ALL`].

mod adherence;
mod check;
pub mod explanation;
mod historical;
mod history;
pub mod planning;
mod routing;
mod schedule;
pub mod seed;
mod status;

pub use self::adherence::{Activity, Standing, UNSCHEDULED};
pub use self::check::{AdherenceCause, AdherenceRefusal, Demand, View};
pub use self::historical::{Kept, Stretch, stretches};
pub use self::history::History;
pub use self::routing::Routing;
pub use self::schedule::{BadTime, Pattern, Publication, Schedule, Shift, instant, zone};
pub use self::status::AgentStatus;
