//! What an API document says of an operation: its status, its parameters, its body and its answer.

use std::sync::Arc;

use http::StatusCode;

use super::schema::{SchemaId, Schemas};

/// The documented facts of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// The status of success.
    pub(crate) status: StatusCode,
    /// The documented query parameters; empty where they are not known.
    pub(crate) query: Arc<[Parameter]>,
    /// The body of the request; `None` for an operation without one.
    pub(crate) body: Option<RequestBody>,
    /// The properties of the body that the answer lacks.
    pub(crate) request_only: Arc<[RequestOnly]>,
    /// The body of the answer; `None` for an operation that answers without one.
    pub(crate) answer: Option<SchemaId>,
    /// The template of the collection or of the entity that the operation is about, where its own path is not the
    /// place of it.
    pub(crate) kept: Option<Arc<str>>,
    /// Whether the schemas have every property, or only those that show the kind of the body.
    pub(crate) detailed: bool,
    /// Whether the vendor has removed the operation from its API.
    pub(crate) removed: bool,
}

impl Facts {
    /// The facts of an operation of which nothing but its status is known.
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            query: Arc::default(),
            body: None,
            request_only: Arc::default(),
            answer: None,
            kept: None,
            detailed: false,
            removed: false,
        }
    }
}

/// A property of the body that the answer lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestOnly {
    pub(crate) name: Arc<str>,
    /// The property of the answer that refers to the entity whose id it is.
    pub(crate) refers: Option<Arc<str>>,
}

impl From<&str> for RequestOnly {
    /// Reads `name`, or `name:refers`.
    fn from(text: &str) -> Self {
        let (name, refers) = text.split_once(':').map_or((text, None), |(name, to)| (name, Some(to)));
        Self { name: name.into(), refers: refers.map(Arc::from) }
    }
}

/// A query parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Arc<str>,
    /// The type of the parameter. For an array, a request may repeat the parameter or separate items by commas.
    pub(crate) schema: SchemaId,
    pub(crate) required: bool,
    /// The greatest size of a page. A greater one is read as this one.
    pub(crate) most: Option<u64>,
}

impl Parameter {
    /// What a value that is too great is read as.
    pub(crate) fn capped(&self, value: &str) -> Option<String> {
        let most = self.most?;
        value.parse::<u64>().is_ok_and(|value| value > most).then(|| most.to_string())
    }
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestBody {
    pub(crate) schema: SchemaId,
    pub(crate) required: bool,
}

/// An operation of an API document.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    /// The HTTP method.
    pub(crate) method: http::Method,
    /// The path, with `{name}` for each parameter.
    pub(crate) template: Arc<str>,
    pub(crate) facts: Facts,
}

/// The operations of an API document, and the schemas that they refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) operations: Vec<Published>,
    pub(crate) schemas: Arc<Schemas>,
}
