//! What the emulated platform can be asked, and which of it a request asks.
//!
//! An [`Operation`] is one line of a family's `operations()` in `api`: method, path template and
//! handler together, so limits, metrics, `check` and the journal see it at once. The
//! [`OperationIndex`] is built once at start; one look-up serves the whole request.

use std::borrow::Cow;

use http::Method;
use matchit::{Params, Router};

use crate::api::call::Call;
use crate::api::login::Login;
use crate::session::session::{Knock, NewSession};
use crate::wire::error::{ApiError, Dialect};
use crate::wire::reply::Reply;

/// Answers one call of a caller who has a token.
pub type Answer = fn(&Call<'_>) -> Result<Reply, ApiError>;

/// Who answers, and with that, who may ask.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// The platform: whoever has a token may ask.
    Platform(Answer),
    /// The login host: a client that names itself.
    Login(fn(&Login<'_>) -> Result<Reply, ApiError>),
    /// A page that whoever knows its address may read.
    Open(fn(&Knock<'_>) -> Result<Reply, ApiError>),
    /// A guest with a bearer of its own, which the handler knows.
    Guest(fn(&Knock<'_>) -> Result<Reply, ApiError>),
    /// A WebSocket: each kind knows its own callers.
    Socket(OpenSession),
}

/// Tells who knocks at a WebSocket, and what would run on it.
pub type OpenSession = fn(&Knock<'_>) -> Result<NewSession, ApiError>;

/// One thing that can be asked.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its number, from 1; 0 stands for every unknown path.
    pub id: u32,
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{name}` for what varies.
    pub template: &'static str,
    /// Who answers.
    pub handler: Handler,
    /// Whether the published API has it, or only a user's report.
    pub published: bool,
    /// OAuth scopes of which the token needs one, beside those of its family.
    pub scope: Option<&'static str>,
}

impl Operation {
    /// The method as limits files, journal and metrics write it: `WS` for a handshake.
    pub fn verb(&self) -> &str {
        match self.handler {
            Handler::Socket(_) => "WS",
            _ => self.method.as_str(),
        }
    }

    /// How its errors are written.
    pub const fn dialect(&self) -> Dialect {
        match self.handler {
            Handler::Login(_) => Dialect::OAuth,
            _ => Dialect::Platform,
        }
    }

    /// The same, as one that no published document has.
    #[must_use]
    pub const fn unpublished(mut self) -> Self {
        self.published = false;
        self
    }

    /// The same, also allowed by this OAuth scope.
    #[must_use]
    pub const fn or_scope(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }
}

/// An operation of `method`.
pub const fn operation(method: Method, template: &'static str, handler: Handler) -> Operation {
    Operation { id: 0, method, template, handler, published: true, scope: None }
}

/// `GET template`, answered by `answer`.
pub const fn get(template: &'static str, answer: Answer) -> Operation {
    operation(Method::GET, template, Handler::Platform(answer))
}

/// `POST template`, answered by `answer`.
pub const fn post(template: &'static str, answer: Answer) -> Operation {
    operation(Method::POST, template, Handler::Platform(answer))
}

/// `PUT template`, answered by `answer`.
pub const fn put(template: &'static str, answer: Answer) -> Operation {
    operation(Method::PUT, template, Handler::Platform(answer))
}

/// `PATCH template`, answered by `answer`.
pub const fn patch(template: &'static str, answer: Answer) -> Operation {
    operation(Method::PATCH, template, Handler::Platform(answer))
}

/// `DELETE template`, answered by `answer`.
pub const fn delete(template: &'static str, answer: Answer) -> Operation {
    operation(Method::DELETE, template, Handler::Platform(answer))
}

/// `HEAD template`, answered by `answer`.
pub const fn head(template: &'static str, answer: Answer) -> Operation {
    operation(Method::HEAD, template, Handler::Platform(answer))
}

/// `WS template`, whose callers `door` knows.
pub const fn socket(template: &'static str, door: OpenSession) -> Operation {
    operation(Method::GET, template, Handler::Socket(door))
}

/// Finds the operation of a request.
pub struct OperationIndex {
    operations: Vec<Operation>,
    trees: Vec<(Method, Router<u32>)>,
    /// Apart from the trees: no HTTP method leads here, however it is spelled.
    sockets: Router<u32>,
}

/// What a request asks.
pub struct Found<'i, 'p> {
    /// The operation.
    pub operation: &'i Operation,
    /// The values of its template, still percent-encoded.
    pub params: Params<'i, 'p>,
}

impl OperationIndex {
    /// An index over `operations`, numbered in their order.
    ///
    /// # Panics
    /// When two of them claim the same method and path: a mistake in this program that a test sees.
    pub fn new(operations: Vec<Operation>) -> Self {
        let mut index = Self { operations, trees: Vec::new(), sockets: Router::new() };
        for (place, id) in (0..index.operations.len()).zip(1u32..) {
            index.operations[place].id = id;
            let Operation { method, template, handler, .. } = index.operations[place].clone();
            let inserted = match handler {
                Handler::Socket(_) => index.sockets.insert(template, id),
                _ => index.tree_mut(&method).insert(template, id),
            };
            inserted.unwrap_or_else(|clash| panic!("{method} {template} clashes: {clash}"));
        }
        index
    }

    fn tree_mut(&mut self, method: &Method) -> &mut Router<u32> {
        let place = self.trees.iter().position(|(of, _)| of == method).unwrap_or_else(|| {
            self.trees.push((method.clone(), Router::new()));
            self.trees.len() - 1
        });
        &mut self.trees[place].1
    }

    /// The operation that `method` and `path` ask; a GET also answers HEAD.
    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let found = self.find_exact(method, path);
        if found.is_none() && *method == Method::HEAD {
            return self.find_exact(&Method::GET, path);
        }
        found
    }

    fn find_exact<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let (_, tree) = self.trees.iter().find(|(of, _)| of == method)?;
        let hit = tree.at(path).ok()?;
        Some(Found { operation: self.by_id(*hit.value)?, params: hit.params })
    }

    /// The WebSocket behind `path`.
    pub fn find_socket<'p>(&self, path: &'p str) -> Option<Found<'_, 'p>> {
        let hit = self.sockets.at(path).ok()?;
        Some(Found { operation: self.by_id(*hit.value)?, params: hit.params })
    }

    /// The methods that `path` does answer, for the `Allow` header.
    pub fn methods(&self, path: &str) -> Vec<&Method> {
        let socket = self.sockets.at(path).is_ok().then_some(&Method::GET);
        let trees = self.trees.iter().filter(|(_, tree)| tree.at(path).is_ok()).map(|(method, _)| method);
        trees.chain(socket).collect()
    }

    /// The operation of that number.
    pub fn by_id(&self, id: u32) -> Option<&Operation> {
        self.operations.get((id as usize).checked_sub(1)?)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The template that comes nearest to a path which nothing answers.
    pub fn nearest(&self, path: &str) -> Option<&'static str> {
        let length = |path: &str| path.split('/').count();
        let (wanted, wanted_length) = (words(path), length(path));
        let scored = self.operations.iter().filter(|operation| operation.published).map(|operation| {
            let found = words(operation.template);
            let shared = wanted.iter().filter(|word| found.contains(word)).count();
            let score = (shared, std::cmp::Reverse(length(operation.template).abs_diff(wanted_length)));
            (score, operation.template)
        });
        // The first of equals: `max_by_key` takes the last.
        let best = scored.rev().max_by_key(|(score, _)| *score);
        best.filter(|((shared, _), _)| *shared > 0).map(|(_, template)| template)
    }
}

/// The method that limits see: a HEAD that a GET answers counts as that GET, so that no limit is walked
/// around with it.
pub fn counted_method<'m>(method: &'m Method, operation: Option<&'m Operation>) -> &'m Method {
    let own = operation.map(|operation| &operation.method);
    if *method == Method::HEAD { own.unwrap_or(&Method::GET) } else { method }
}

/// The telling words of a path: its literal segments below `/api/v2`, without the plural's `s`. The
/// first few tell enough; a path may have thousands.
fn words(path: &str) -> Vec<&str> {
    const MOST: usize = 16;
    path.strip_prefix("/api/v2")
        .unwrap_or(path)
        .split('/')
        .take(MOST)
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .map(|segment| segment.trim_end_matches('s'))
        .collect()
}

/// The path that limits and the index see: percent-encoded letters decoded, a trailing slash dropped,
/// so that a limit is not walked around by writing its path another way.
pub fn normalize(path: &str) -> Cow<'_, str> {
    let trimmed = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    if trimmed.contains('%') { decode_unreserved(trimmed) } else { Cow::Borrowed(trimmed) }
}

/// RFC 3986, 6.2.2.2: an encoded unreserved character means the same as the plain one.
fn decode_unreserved(path: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let plain = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let plain = plain.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
        out.push(plain.map_or('%', char::from));
        rest = &rest[at + if plain.is_some() { 3 } else { 1 }..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_written_another_way_is_the_same_path() {
        assert_eq!(normalize("/api/v2/%75sers/"), "/api/v2/users");
        assert_eq!(normalize("/api/v2/users/a%2Fb"), "/api/v2/users/a%2Fb");
        assert_eq!(normalize("/"), "/");
        assert_eq!(normalize("/%zz%"), "/%zz%");
        assert_eq!(normalize("/%€"), "/%€");
    }
}
