//! One operation: a method, a path template, and the kind of its callers.

use std::sync::Arc;

use http::Method;

use super::facts::{Facts, Published};

/// The number of an operation, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct OperationId(pub u32);

impl OperationId {
    /// The id of every path without an operation.
    pub(crate) const UNKNOWN: Self = Self(0);
}

/// The kind of callers of an operation, and how they are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// A caller with a bearer token of the platform.
    Token,
    /// A client at the login host, which names itself in the form.
    Login,
    /// Any client: a page whose address is its secret.
    Public,
    /// A guest, with the bearer that its session gave.
    Guest,
    /// A WebSocket handshake; each kind of socket authenticates its own callers.
    Socket,
}

/// What is checked of a request by the API document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// Types, enumerations, formats, and that everything required is there.
    All,
    /// The same without what is required of the body itself, because the handler knows that better than the document.
    Inside,
    /// The same without everything that is required.
    Types,
    /// The query alone, because the handler reads the body into a type of its own.
    Query,
}

/// An operation of the platform.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Its number. The catalog assigns it.
    pub(crate) id: OperationId,
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path, with `{name}` for each parameter.
    pub(crate) template: Arc<str>,
    /// The kind of its callers.
    pub(crate) access: Access,
    /// Whether the published API has it, or only a user's report.
    pub(crate) published: bool,
    /// OAuth scope that is enough for it, beside those of its family.
    pub(crate) scope: Option<&'static str>,
    /// Whether it has a handler of its own; every other one gets a generic answer.
    pub(crate) by_hand: bool,
    /// What is checked of its requests before the handler reads them.
    pub(crate) checks: Checks,
    /// What the API document says of it.
    pub(crate) facts: Option<Facts>,
}

impl Operation {
    /// An operation of the published API, without a number.
    pub(crate) fn new(method: Method, template: &str, access: Access) -> Self {
        Self {
            id: OperationId::UNKNOWN,
            method,
            template: template.into(),
            access,
            published: true,
            scope: None,
            by_hand: true,
            checks: Checks::All,
            facts: None,
        }
    }

    /// An operation that only an API document has.
    pub(crate) fn of_document(published: Published) -> Self {
        Self {
            template: published.template,
            by_hand: false,
            facts: Some(published.facts),
            ..Self::new(published.method, "", Access::Token)
        }
    }

    /// The method as limits files, journal and metrics write it: `WS` for a handshake.
    pub(crate) fn verb(&self) -> &str {
        match self.access {
            Access::Socket => "WS",
            _ => self.method.as_str(),
        }
    }
}

/// The method that limits see: a HEAD that a GET answers counts as that GET, so that no limit is walked
/// around with it.
pub(crate) fn counted_method<'m>(method: &'m Method, operation: Option<&'m Operation>) -> &'m Method {
    let own = operation.map(|operation| &operation.method);
    if *method == Method::HEAD { own.unwrap_or(&Method::GET) } else { method }
}
