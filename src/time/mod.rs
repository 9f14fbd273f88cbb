//! Model time and its text forms. Only [`clock`] reads a clock.

pub mod clock;
pub mod duration;
