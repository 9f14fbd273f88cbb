//! The wire of the emulated platform: what refusals, errors and good answers look like to a client,
//! whatever it sends.

mod browser;
mod callers;
mod encodings;
mod errors;
mod hostile;
mod refusals;
mod reports;
mod scopes;
mod spelling;
mod waits;
