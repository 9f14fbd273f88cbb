//! The vendor's dialect on the wire: errors, replies, headers, bodies, paging.
//!
//! It knows no organization and no handler. To add an error, add a constructor to [`error::ApiError`].

pub mod body;
pub mod error;
pub mod headers;
pub mod paging;
