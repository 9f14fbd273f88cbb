//! The reports of a forum, repeated with their scenarios: exact counts and exact instants, because only the test moves
//! the clock.
//!
//! `stage` has what all of them need: a server, keep-alive clients, arrivals, and what every refusal
//! has to carry. Real time comes close to these numbers; the JMeter plans show how close.

mod architect_scripts;
mod byoc_websocket;
mod messaging_digital;
mod messaging_tenant;
mod stage;
mod wem_availability;
