//! The shapes of bodies and parameters: a compact arena of schemas, and what is done with one.
//!
//! [`Schemas`] holds every schema of one source: our own text ([`text`]), or an API document of the user. It is built
//! once by a [`Builder`] and shared. [`check`] says what is wrong with a value, [`example`] makes a
//! valid value or completes a stored one. Both are pure. A new kind of schema is a variant of `Node` in [`arena`], and
//! an arm in each of the two.

mod arena;
mod builder;
mod check;
mod check_text;
mod example;
mod format;
mod invention;
mod least;
mod respell;
mod scalar;
mod text;
mod violation;

#[cfg(test)]
mod tests;

pub(crate) use arena::{Kind, Object, Range, SchemaId, Schemas};
pub(crate) use builder::{Builder, NewProperty, NewText};
pub(crate) use check::Mode;
pub(crate) use example::Example;
pub(crate) use format::Format;
pub(crate) use violation::{Violation, Wrong};
