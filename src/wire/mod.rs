//! The vendor's dialect on the wire: errors, replies, headers, bodies, paging.
//!
//! It knows no organization and no handler. To add an error, add a constructor to [`error::ApiError`].

pub mod body;
pub mod cors;
pub mod error;
pub mod header_block;
pub mod paging;
pub mod query;
pub mod redact;
pub mod reply;
pub mod uri;
