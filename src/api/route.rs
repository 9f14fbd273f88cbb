//! Which handler answers an operation.
//!
//! A [`Route`] is one line of a family: an [`Operation`] and its handler. [`Routes`] keeps the handlers by the
//! number that the catalog gives each operation.

use std::sync::Arc;

use http::Method;

use super::announce::{Publishing, TopicEvents};
use super::call::Call;
use super::request::Request;
use crate::catalog::{Access, Catalog, Checks, Document, Operation, OperationId};
use crate::platform::Platform;
use crate::session::session::NewSession;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// Answers a call of a caller with a token.
pub(crate) type Answer = fn(&Call<'_>) -> Result<Reply, ApiError>;

/// Answers a request without a token. The handler authenticates the caller if it has to.
pub(crate) type PublicAnswer = fn(&Platform, &Request<'_>) -> Result<Reply, ApiError>;

/// Authenticates the caller of a handshake, and makes the session of the socket.
pub(crate) type OpenSession = fn(&Platform, &Request<'_>) -> Result<NewSession, ApiError>;

/// The handler of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// The platform, for callers with a token.
    Platform(Answer),
    /// The login host.
    Login(PublicAnswer),
    /// A public page.
    Public(PublicAnswer),
    /// A page for guests.
    Guest(PublicAnswer),
    /// A WebSocket.
    Socket(OpenSession),
}

impl Handler {
    const fn access(&self) -> Access {
        match self {
            Self::Platform(_) => Access::Token,
            Self::Login(_) => Access::Login,
            Self::Public(_) => Access::Public,
            Self::Guest(_) => Access::Guest,
            Self::Socket(_) => Access::Socket,
        }
    }
}

/// An operation and its handler.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    operation: Operation,
    handler: Handler,
    publishing: Option<Publishing>,
}

impl Route {
    /// A route of `method`.
    pub(crate) fn new(method: Method, template: &str, handler: Handler) -> Self {
        Self { operation: Operation::new(method, template, handler.access()), handler, publishing: None }
    }

    /// `GET template`, answered by `answer`.
    pub(crate) fn get(template: &str, answer: Answer) -> Self {
        Self::new(Method::GET, template, Handler::Platform(answer))
    }

    /// `POST template`, answered by `answer`.
    pub(crate) fn post(template: &str, answer: Answer) -> Self {
        Self::new(Method::POST, template, Handler::Platform(answer))
    }

    /// `PUT template`, answered by `answer`.
    pub(crate) fn put(template: &str, answer: Answer) -> Self {
        Self::new(Method::PUT, template, Handler::Platform(answer))
    }

    /// `PATCH template`, answered by `answer`.
    pub(crate) fn patch(template: &str, answer: Answer) -> Self {
        Self::new(Method::PATCH, template, Handler::Platform(answer))
    }

    /// `DELETE template`, answered by `answer`.
    pub(crate) fn delete(template: &str, answer: Answer) -> Self {
        Self::new(Method::DELETE, template, Handler::Platform(answer))
    }

    /// `HEAD template`, answered by `answer`.
    pub(crate) fn head(template: &str, answer: Answer) -> Self {
        Self::new(Method::HEAD, template, Handler::Platform(answer))
    }

    /// `WS template`, opened by `open`.
    pub(crate) fn socket(template: &str, open: OpenSession) -> Self {
        Self::new(Method::GET, template, Handler::Socket(open))
    }

    /// Marks the operation as one that no published document has.
    #[must_use]
    pub(crate) fn unpublished(mut self) -> Self {
        self.operation.published = false;
        self
    }

    /// Checks no more than this of requests by the API document.
    #[must_use]
    pub(crate) fn checks(mut self, checks: Checks) -> Self {
        self.operation.checks = checks;
        self
    }

    /// Publishes the events that `events` makes of each successful answer.
    #[must_use]
    pub(super) fn publishes(mut self, events: TopicEvents) -> Self {
        self.publishing = Some(Publishing { events, later: false });
        self
    }

    /// Publishes the events that `events` makes of each successful answer, some of them later.
    #[must_use]
    pub(super) fn publishes_later(mut self, events: TopicEvents) -> Self {
        self.publishing = Some(Publishing { events, later: true });
        self
    }

    /// Lets this OAuth scope be enough for the operation.
    #[must_use]
    pub(crate) fn or_scope(mut self, scope: &'static str) -> Self {
        self.operation.scope = Some(scope);
        self
    }
}

/// Every handler, and the catalog of their operations.
#[derive(Clone)]
pub(crate) struct Routes {
    /// The operations.
    pub(crate) catalog: Arc<Catalog>,
    handlers: Arc<[(Handler, Option<Publishing>)]>,
}

impl Routes {
    /// The handlers of `routes`, and the operations of an API document; the catalog numbers the operations of the routes
    /// first, in the same order.
    ///
    /// # Panics
    /// When two of them claim the same method and path: a mistake in this program that a test sees.
    pub(crate) fn new(routes: Vec<Route>, document: Document) -> Self {
        let (operations, handlers): (Vec<_>, Vec<_>) =
            routes.into_iter().map(|route| (route.operation, (route.handler, route.publishing))).unzip();
        Self { catalog: Arc::new(Catalog::new(operations, document)), handlers: handlers.into() }
    }

    /// The handler of an operation of this catalog.
    pub(crate) fn handler(&self, id: OperationId) -> Option<Handler> {
        self.entry(id).map(|(handler, _)| *handler)
    }

    /// What an operation of this catalog publishes, beside what follows from a change.
    pub(super) fn publishing(&self, id: OperationId) -> Option<Publishing> {
        self.entry(id)?.1
    }

    fn entry(&self, id: OperationId) -> Option<&(Handler, Option<Publishing>)> {
        self.handlers.get((id.0 as usize).checked_sub(1)?)
    }
}
