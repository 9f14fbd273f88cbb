//! An entity as the vendor writes it: one file for each noun.

pub(crate) mod architect;
pub(crate) mod authorization;
pub(crate) mod automation;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod directory;
pub(crate) mod integration;
pub(crate) mod messaging;
pub(crate) mod observation;
pub(crate) mod outbound;
pub(crate) mod record;
pub(crate) mod response;
pub(crate) mod routing;
pub(crate) mod telephony;
pub(crate) mod user;
