//! The vendor's dialect on the wire: errors, replies, headers, bodies, paging.
//!
//! It uses neither organizations nor handlers. To add an error, add a constructor to [`error::ApiError`].

pub(crate) mod body;
pub(crate) mod cors;
pub(crate) mod csv;
pub(crate) mod error;
pub(crate) mod header_block;
mod invalid;
pub(crate) mod paging;
pub(crate) mod query;
pub(crate) mod quoted;
pub(crate) mod redact;
pub(crate) mod reply;
mod scim;
pub(crate) mod uri;
