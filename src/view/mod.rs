//! An entity as the vendor writes it: one file for each noun.

pub(crate) mod conversation;
pub(crate) mod user;
