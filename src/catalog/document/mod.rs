//! The user's own API document: Swagger 2.0 or `OpenAPI` 3, JSON or YAML, compressed with gzip or not.
//!
//! [`Document::read`] goes three steps: [`source`] makes text of bytes and bounds their size, [`raw`] has the parts of
//! the document that are used and skips the rest, [`convert`] and [`operations`] make schemas and operations of them.
//! Nothing here opens a file. A new keyword is a field in [`raw`] and its use in [`convert`].

mod convert;
mod mistake;
mod operations;
mod raw;
mod source;
#[cfg(test)]
mod tests;
mod words;

use std::io::Read;

use http::Method;

use super::schema::{SchemaId, Schemas};

pub(crate) use mistake::Mistake;

/// The operations and schemas of an API document.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// In the document's order.
    pub(crate) operations: Vec<DocumentedOperation>,
    pub(crate) schemas: Schemas,
}

/// An operation as the document has it.
#[derive(Clone, Debug)]
pub(crate) struct DocumentedOperation {
    pub(crate) method: Method,
    /// The whole path, with `{name}` for each parameter.
    pub(crate) template: Box<str>,
    /// The status of its success: the first with a schema, else the first.
    pub(crate) status: u16,
    /// The body of its success; `None` where it has none.
    pub(crate) answer: Option<SchemaId>,
    /// The body of its request; `None` where it takes none.
    pub(crate) body: Option<RequestBody>,
    /// Its query and path parameters.
    pub(crate) parameters: Box<[Parameter]>,
}

/// The body that an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestBody {
    pub(crate) schema: SchemaId,
    pub(crate) required: bool,
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Query,
    Path,
}

/// A parameter of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: Box<str>,
    pub(crate) place: Place,
    pub(crate) schema: SchemaId,
    pub(crate) required: bool,
}

impl Document {
    /// Reads a document to its end.
    pub(crate) fn read(reader: impl Read) -> Result<Self, Mistake> {
        let text = source::text(reader)?;
        let raw = source::parse(&text)?;
        drop(text);
        operations::document(&raw)
    }
}
