//! Model time and its text forms. Only [`clock`] reads a clock.

pub(crate) mod clock;
pub(crate) mod duration;

/// An instant (since the Unix epoch) or a length of model time, in nanoseconds.
pub type Nanos = u64;
