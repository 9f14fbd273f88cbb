//! How each operation is answered: by a handler of its own, or generically.

use super::operation::{Access, Operation};
use super::{Catalog, Checks};

/// What answers an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    /// A handler of its own.
    ByHand,
    /// A generic answer.
    Generic,
    /// A 404, because the vendor has removed it from its API.
    Removed,
}

/// How an operation is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coverage<'c> {
    /// The HTTP method; `WS` for a handshake.
    pub(crate) method: &'c str,
    /// The path, with `{name}` for each parameter.
    pub(crate) path: &'c str,
    pub(crate) answered: Answered,
    /// Whether the types of its body and its query are checked by the API document before it is answered.
    pub(crate) validated: bool,
    /// Whether the published API has it.
    pub(crate) published: bool,
}

impl<'c> Coverage<'c> {
    fn of(operation: &'c Operation) -> Self {
        Self {
            method: operation.verb(),
            path: &operation.template,
            answered: answered(operation),
            validated: is_validated(operation),
            published: operation.published,
        }
    }

    /// The first segment of the path below `/api/v2`; empty for a path outside of it.
    pub(crate) fn family(&self) -> &'c str {
        let below = self.path.strip_prefix("/api/v2/").unwrap_or_default();
        below.split('/').next().unwrap_or_default()
    }
}

fn answered(operation: &Operation) -> Answered {
    match operation.by_hand {
        _ if operation.facts.as_ref().is_some_and(|facts| facts.removed) => Answered::Removed,
        true => Answered::ByHand,
        false => Answered::Generic,
    }
}

/// An operation without a body and without parameters has nothing to check: it counts as validated where its types are
/// known.
fn is_validated(operation: &Operation) -> bool {
    let facts = operation.facts.as_ref().filter(|facts| facts.detailed);
    facts.is_some_and(|facts| facts.body.is_none() || operation.checks != Checks::Query)
}

impl Catalog {
    /// How each operation of the platform is answered, sorted by path. The login host's are not of the platform.
    pub(crate) fn coverage(&self) -> Vec<Coverage<'_>> {
        let operations = self.iter().filter(|operation| operation.access != Access::Login);
        let mut all: Vec<_> = operations.map(Coverage::of).collect();
        all.sort_unstable_by_key(|one| (one.path, one.method));
        all
    }
}
