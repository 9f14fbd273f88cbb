//! The pure model of the workforce: agents' statuses, what each means to router and schedule.
//!
//! It knows no HTTP, no clock and no lock. To add a status: a variant of [`Status`] and its line in
//! [`Status::ALL`]. [`Standing`] is where a schedule meets a status.

mod adherence;
mod check;
mod routing;
mod status;

pub use adherence::{Activity, Standing, UNSCHEDULED};
pub use check::{Refused, Why};
pub use routing::Routing;
pub use status::Status;
