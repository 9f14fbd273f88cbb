//! Finds the operation of a request.

use http::Method;
use matchit::{Params, Router};

use super::operation::{Access, Operation, OperationId};
use super::path::words;

/// Every operation, found by method and path.
pub(crate) struct Catalog {
    operations: Vec<Operation>,
    trees: Vec<(Method, Router<OperationId>)>,
    /// Apart from the trees, so that no HTTP method finds a socket.
    sockets: Router<OperationId>,
}

/// The operation that a request asks for.
pub(crate) struct Found<'i, 'p> {
    pub(crate) operation: &'i Operation,
    /// The values of its template, still percent-encoded.
    pub(crate) params: Params<'i, 'p>,
}

impl Catalog {
    /// A catalog of `operations`, numbered in their order.
    ///
    /// # Panics
    /// When two of them claim the same method and path: a mistake in this program that a test sees.
    pub(crate) fn new(operations: Vec<Operation>) -> Self {
        let mut index = Self { operations, trees: Vec::new(), sockets: Router::new() };
        for (at, number) in (0..index.operations.len()).zip(1u32..) {
            let id = OperationId(number);
            index.operations[at].id = id;
            let Operation { method, template, access, .. } = index.operations[at].clone();
            let inserted = match access {
                Access::Socket => index.sockets.insert(&*template, id),
                _ => index.tree_mut(&method).insert(&*template, id),
            };
            inserted.unwrap_or_else(|clash| panic!("{method} {template} clashes: {clash}"));
        }
        index
    }

    fn tree_mut(&mut self, method: &Method) -> &mut Router<OperationId> {
        let at = self.trees.iter().position(|(of, _)| of == method).unwrap_or_else(|| {
            self.trees.push((method.clone(), Router::new()));
            self.trees.len() - 1
        });
        &mut self.trees[at].1
    }

    /// The operation that `method` and `path` ask; a GET also answers HEAD.
    pub(crate) fn find<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let found = self.find_exact(method, path);
        if found.is_none() && *method == Method::HEAD {
            return self.find_exact(&Method::GET, path);
        }
        found
    }

    /// The operation, or else the WebSocket behind the path of a GET.
    pub(crate) fn find_any<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let found = self.find(method, path);
        if found.is_none() && *method == Method::GET { self.find_socket(path) } else { found }
    }

    fn find_exact<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let (_, tree) = self.trees.iter().find(|(of, _)| of == method)?;
        let hit = tree.at(path).ok()?;
        Some(Found { operation: self.by_id(*hit.value)?, params: hit.params })
    }

    /// The WebSocket behind `path`.
    pub(crate) fn find_socket<'p>(&self, path: &'p str) -> Option<Found<'_, 'p>> {
        let hit = self.sockets.at(path).ok()?;
        Some(Found { operation: self.by_id(*hit.value)?, params: hit.params })
    }

    /// The methods that `path` does answer, for the `Allow` header.
    pub(crate) fn methods(&self, path: &str) -> Vec<&Method> {
        let socket = self.sockets.at(path).is_ok().then_some(&Method::GET);
        let trees = self.trees.iter().filter(|(_, tree)| tree.at(path).is_ok()).map(|(method, _)| method);
        trees.chain(socket).collect()
    }

    /// The operation of that number.
    pub(crate) fn by_id(&self, id: OperationId) -> Option<&Operation> {
        self.operations.get((id.0 as usize).checked_sub(1)?)
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The template nearest to a path without an operation.
    pub(crate) fn nearest(&self, path: &str) -> Option<&str> {
        let length = |path: &str| path.split('/').count();
        let (wanted, wanted_length) = (words(path), length(path));
        let scored = self.operations.iter().filter(|operation| operation.published).map(|operation| {
            let found = words(&operation.template);
            let shared = wanted.iter().filter(|word| found.contains(word)).count();
            let score = (shared, std::cmp::Reverse(length(&operation.template).abs_diff(wanted_length)));
            (score, &*operation.template)
        });
        // `max_by_key` returns the last of equals, so the order is reversed.
        let best = scored.rev().max_by_key(|(score, _)| *score);
        best.filter(|((shared, _), _)| *shared > 0).map(|(_, template)| template)
    }
}

/// `GET, HEAD, POST`: the methods of a path, for people and the `Allow` header.
pub(crate) fn allow_value(methods: &[&Method]) -> String {
    let mut names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
    if names.contains(&"GET") && !names.contains(&"HEAD") {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.join(", ")
}
