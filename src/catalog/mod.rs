//! The operations of the emulated platform, as data.
//!
//! An operation is one line of a family's `routes()` in `api`. Limits, metrics, `check` and the journal see it
//! at once. The [`Catalog`] is built once at start; one look-up serves the whole request. It uses no other room.

pub mod family;
mod index;
pub mod operation;
pub mod path;

pub use index::{Catalog, Found, allow_value};
pub use operation::{Access, Operation, OperationId, counted_method};
