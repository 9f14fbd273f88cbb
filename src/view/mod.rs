//! An entity as the vendor writes it: one file for each noun.

pub mod conversation;
pub mod user;
