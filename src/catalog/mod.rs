//! The operations of the emulated platform, as data.
//!
//! An operation by hand is one line of a family's `routes()` in `api`. All other operations come from [`published`], or
//! from the API document of the user ([`document`]). `facts` is what a document says of an operation, [`schema`] has the
//! types of bodies and parameters. Limits, metrics, `check` and the journal see an operation at once. The [`Catalog`] is
//! built once at start; one look-up serves the whole request. It uses no other room.

mod coverage;
pub(crate) mod document;
mod facts;
mod index;
mod namespaces;
mod nearest;
pub(crate) mod operation;
pub(crate) mod path;
pub(crate) mod published;
pub(crate) mod schema;
mod tree;

pub(crate) use coverage::{Answered, Coverage};
pub(crate) use facts::{Document, Facts, Parameter, RequestBody};
pub(crate) use index::{Catalog, Found, Params, allow_value};
pub(crate) use namespaces::NAMESPACES;
pub(crate) use operation::{Access, Checks, Operation, OperationId, counted_method};
