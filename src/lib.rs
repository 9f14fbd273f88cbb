//! gcmock.

pub mod limit;
