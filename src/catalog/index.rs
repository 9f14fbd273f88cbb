//! Finds the operation of a request.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use http::Method;
use smallvec::SmallVec;

use super::facts::{Document, Published};
use super::nearest::Words;
use super::operation::{Access, Operation, OperationId};
use super::published;
use super::schema::{Kind, Schemas};
use super::tree::{Tree, shape};

/// Every operation, found by path and then by method.
pub(crate) struct Catalog {
    operations: Vec<Operation>,
    /// The schemas that the facts of the operations refer to.
    pub(crate) schemas: Arc<Schemas>,
    /// The first segments below `/api/v2`.
    families: BTreeSet<String>,
    paths: Vec<Path>,
    /// The positions of the paths without parameters. They are the path of most requests of load tests, and no other
    /// template fits them better.
    literal: HashMap<Box<str>, usize, foldhash::fast::RandomState>,
    /// Finds the position of any path.
    tree: Tree,
    /// Made for the first path without an operation.
    words: OnceLock<Words>,
}

/// The operations of one path. A literal segment wins over a parameter before the method counts, so that
/// `DELETE /users/search` is a method that the path lacks, and not the user "search".
#[derive(Default)]
struct Path {
    methods: SmallVec<[(Method, OperationId); 3]>,
    /// Apart from the methods, so that no HTTP method finds a socket.
    socket: Option<OperationId>,
}

/// The operation that a request asks for.
pub(crate) struct Found<'i, 'p> {
    pub(crate) operation: &'i Operation,
    /// The values of its template, still percent-encoded.
    pub(crate) params: Params<'i, 'p>,
}

/// The values of a template's parameters in a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params<'i, 'p> {
    template: &'i str,
    path: &'p str,
}

impl<'p> Params<'_, 'p> {
    /// The value of `{name}`, still percent-encoded.
    pub(crate) fn get(&self, name: &str) -> Option<&'p str> {
        let is_wanted = |segment: &str| {
            segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) == Some(name)
        };
        let mut segments = self.template.split('/').zip(self.path.split('/'));
        segments.find(|(segment, _)| is_wanted(segment)).map(|(_, value)| value)
    }
}

impl Catalog {
    /// A catalog of the `written` operations, numbered in their order, and of those that only an API document has.
    ///
    /// # Panics
    /// When two of the written ones claim the same method and path: a mistake in this program that a test sees.
    pub(crate) fn new(written: Vec<Operation>, document: Document) -> Self {
        let count = written.len();
        let mut operations = merge(written, document.operations);
        let mut families = BTreeSet::new();
        let (mut paths, mut shapes) = (Vec::<Path>::new(), HashMap::new());
        for (at, (operation, number)) in operations.iter_mut().zip(1u32..).enumerate() {
            operation.id = OperationId(number);
            families.extend(family(&operation.template).map(str::to_owned));
            let path = *shapes.entry(shape(&operation.template)).or_insert_with(|| {
                paths.push(Path::default());
                paths.len() - 1
            });
            let is_new = paths[path].add(operation);
            assert!(is_new || at >= count, "{} {} clashes", operation.method, operation.template);
        }
        let mut templates: Vec<_> = shapes.iter().map(|(shape, at)| (*at, shape.as_str())).collect();
        templates.sort_unstable();
        let tree = Tree::of(templates.into_iter().map(|(_, template)| template));
        let literal = shapes.iter().filter(|(shape, _)| !shape.contains('{'));
        let literal = literal.map(|(shape, at)| (shape.as_str().into(), *at)).collect();
        operations.shrink_to_fit();
        paths.shrink_to_fit();
        let (schemas, words) = (document.schemas, OnceLock::new());
        let mut catalog = Self { operations, schemas, families, paths, literal, tree, words };
        catalog.link();
        catalog
    }

    /// Notes in the facts of the operations where their entities are.
    fn link(&mut self) {
        for (method, path, place) in published::kept() {
            let Ok(method) = Method::from_bytes(method.as_bytes()) else { continue };
            let Some(id) = self.find(&method, path).map(|found| found.operation.id) else { continue };
            let operation = (id.0 as usize).checked_sub(1).and_then(|at| self.operations.get_mut(at));
            if let Some(facts) = operation.and_then(|operation| operation.facts.as_mut()) {
                facts.kept = Some(place.into());
            }
        }
    }

    fn at(&self, path: &str) -> Option<&Path> {
        let literal = self.literal.get(path).copied();
        self.paths.get(literal.or_else(|| self.tree.find(path))?)
    }

    fn with_params<'i, 'p>(&'i self, id: OperationId, path: &'p str) -> Option<Found<'i, 'p>> {
        let operation = self.by_id(id)?;
        Some(Found { operation, params: Params { template: &operation.template, path } })
    }

    /// The operation that `method` and `path` ask; a GET also answers HEAD.
    pub(crate) fn find<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let known = self.at(path)?;
        let head_of = || (*method == Method::HEAD).then(|| known.method(&Method::GET)).flatten();
        self.with_params(known.method(method).or_else(head_of)?, path)
    }

    /// The operation, or else the WebSocket behind the path of a GET.
    pub(crate) fn find_any<'p>(&self, method: &Method, path: &'p str) -> Option<Found<'_, 'p>> {
        let found = self.find(method, path);
        if found.is_none() && *method == Method::GET { self.find_socket(path) } else { found }
    }

    /// The WebSocket behind `path`.
    pub(crate) fn find_socket<'p>(&self, path: &'p str) -> Option<Found<'_, 'p>> {
        self.with_params(self.at(path)?.socket?, path)
    }

    /// The methods that `path` does answer, for the `Allow` header.
    pub(crate) fn methods(&self, path: &str) -> Vec<&Method> {
        let Some(known) = self.at(path) else { return Vec::new() };
        let socket = known.socket.map(|_| &Method::GET);
        known.methods.iter().map(|(method, _)| method).chain(socket).collect()
    }

    /// The operation of that number.
    pub(crate) fn by_id(&self, id: OperationId) -> Option<&Operation> {
        self.operations.get((id.0 as usize).checked_sub(1)?)
    }

    /// The resource families of the platform: the first segments below `/api/v2`.
    pub(crate) fn families(&self) -> impl Iterator<Item = &str> {
        self.families.iter().map(String::as_str)
    }

    /// Whether only generic answers create something in the collection of that template.
    pub(crate) fn creates_generic(&self, template: &str) -> bool {
        let found = self.find(&Method::POST, template);
        found.is_some_and(|found| {
            !found.operation.by_hand
                && (self.answers_entity(found.operation) || self.answers_key(found.operation))
        })
    }

    /// The name of the last parameter in the path of an entity of the collection, such as `fileId`.
    pub(crate) fn key(&self, collection: &str) -> Option<&str> {
        let one = format!("{collection}/{{id}}");
        let operation = self.find(&Method::GET, &one)?.operation;
        operation.template.rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')
    }

    /// Whether the documented answer has the id of an entity under the name in the path of that entity.
    fn answers_key(&self, operation: &Operation) -> bool {
        let answer = operation.facts.as_ref().and_then(|facts| self.schemas.object(facts.answer?));
        let key = self.key(&operation.template);
        answer.is_some_and(|answer| key.is_some_and(|key| answer.find(key).is_some()))
    }

    /// Whether the documented answer is a thing with an id, or an array of things.
    fn answers_entity(&self, operation: &Operation) -> bool {
        let answer = operation.facts.as_ref().filter(|facts| !facts.removed).and_then(|facts| facts.answer);
        answer.is_some_and(|answer| match self.schemas.kind(answer) {
            Kind::Object(object) => ["id", "jobId"].iter().any(|name| object.find(name).is_some()),
            Kind::Array { .. } => true,
            _ => false,
        })
    }

    /// Whether an entity of the collection of that template is read by its id.
    pub(crate) fn reads_below(&self, template: &str) -> bool {
        self.find(&Method::GET, &format!("{template}/{{id}}")).is_some()
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// The template nearest to a path without an operation.
    pub(crate) fn nearest(&self, path: &str) -> Option<&str> {
        let published = || self.operations.iter().filter(|operation| operation.published);
        let words = self.words.get_or_init(|| Words::of(published().map(|operation| &*operation.template)));
        words.nearest(path)
    }
}

impl Path {
    fn method(&self, method: &Method) -> Option<OperationId> {
        self.methods.iter().find(|(of, _)| of == method).map(|(_, id)| *id)
    }

    /// Adds an operation; false where the path has one of that method.
    fn add(&mut self, operation: &Operation) -> bool {
        if operation.access == Access::Socket {
            return self.socket.replace(operation.id).is_none();
        }
        let is_new = self.method(&operation.method).is_none();
        if is_new {
            self.methods.push((operation.method.clone(), operation.id));
        }
        is_new
    }
}

fn family(template: &str) -> Option<&str> {
    template.strip_prefix("/api/v2/")?.split('/').next()
}

/// The written operations with the facts of the document, then the other operations of the document.
fn merge(mut written: Vec<Operation>, document: Vec<Published>) -> Vec<Operation> {
    let key = |method: &Method, template: &str| (method.clone(), shape(template));
    let places = written.iter().enumerate().filter(|(_, operation)| operation.access != Access::Socket);
    let places: HashMap<_, _> = places.map(|(at, of)| (key(&of.method, &of.template), at)).collect();
    for published in document {
        match places.get(&key(&published.method, &published.template)) {
            Some(at) => written[*at].facts = Some(published.facts),
            None => written.push(Operation::of_document(published)),
        }
    }
    written
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_parameters_is_the_one_that_the_tree_finds() {
        let document = published::document().expect("the embedded files are sound");
        let catalog = Catalog::new(Vec::new(), document);
        assert!(catalog.literal.len() > 500, "{}", catalog.literal.len());
        for (path, at) in &catalog.literal {
            assert_eq!(catalog.tree.find(path), Some(*at), "{path}");
        }
    }
}
