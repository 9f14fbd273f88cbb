//! The pure model of the workforce: agents' statuses and schedules, and who may connect.
//!
//! `status` and `routing` are what an agent is doing, `history` when that changed, `schedule` what the
//! agent is due for, `adherence` where the two meet ([`Standing`]), `check` whether an edge lets the
//! agent connect. It knows no HTTP, no clock and no lock; `now` is an argument, an instant in
//! nanoseconds. Only `engine` does: it lets changes take effect at their instants. To add a status: a variant of [`AgentStatus`] and its line in [`AgentStatus::ALL`].

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
