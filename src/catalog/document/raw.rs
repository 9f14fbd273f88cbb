//! The parts of an API document that are used, as both versions write them. All others are skipped while reading.

use indexmap::IndexMap;
use serde::Deserialize;

use super::words::{self, Bound, Keyed, Names, OneSchema, Pattern, RawFormat, RawKind, Version};

/// A document of either version.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an API document")]
pub(super) struct RawDocument {
    pub(super) swagger: Option<Version>,
    pub(super) openapi: Option<Version>,
    pub(super) base_path: Option<String>,
    pub(super) servers: Vec<RawServer>,
    pub(super) paths: IndexMap<String, RawPath>,
    #[serde(deserialize_with = "words::definitions")]
    pub(super) definitions: IndexMap<String, RawSchema>,
    pub(super) parameters: IndexMap<String, RawParameter>,
    pub(super) responses: IndexMap<String, RawAnswer>,
    pub(super) components: RawComponents,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a server with a url")]
pub(super) struct RawServer {
    pub(super) url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "the components of a document")]
pub(super) struct RawComponents {
    #[serde(deserialize_with = "words::definitions")]
    pub(super) schemas: IndexMap<String, RawSchema>,
    pub(super) parameters: IndexMap<String, RawParameter>,
    pub(super) responses: IndexMap<String, RawAnswer>,
    pub(super) request_bodies: IndexMap<String, RawBody>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a path with its operations")]
pub(super) struct RawPath {
    pub(super) parameters: Vec<RawParameter>,
    pub(super) get: Option<Box<RawOperation>>,
    pub(super) put: Option<Box<RawOperation>>,
    pub(super) post: Option<Box<RawOperation>>,
    pub(super) patch: Option<Box<RawOperation>>,
    pub(super) delete: Option<Box<RawOperation>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "an operation")]
pub(super) struct RawOperation {
    pub(super) parameters: Vec<RawParameter>,
    pub(super) request_body: Option<RawBody>,
    pub(super) responses: IndexMap<String, RawAnswer>,
}

/// A parameter. Swagger 2.0 writes the schema of a query or path parameter into the parameter itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a parameter")]
pub(super) struct RawParameter {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    pub(super) name: String,
    #[serde(rename = "in")]
    pub(super) place: String,
    pub(super) required: bool,
    #[serde(deserialize_with = "words::schema")]
    pub(super) schema: Option<RawSchema>,
    /// Of Swagger 2.0: the keywords of a schema, beside those of the parameter.
    #[serde(flatten)]
    pub(super) own: RawSchema,
}

/// The body of a request of `OpenAPI` 3.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a request body")]
pub(super) struct RawBody {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    pub(super) required: bool,
    pub(super) content: IndexMap<String, RawContent>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a content with its schema")]
pub(super) struct RawContent {
    #[serde(deserialize_with = "words::schema")]
    pub(super) schema: Option<RawSchema>,
}

/// The answer of one status.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a response")]
pub(super) struct RawAnswer {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    /// Of Swagger 2.0.
    #[serde(deserialize_with = "words::schema")]
    pub(super) schema: Option<RawSchema>,
    /// Of `OpenAPI` 3.
    pub(super) content: IndexMap<String, RawContent>,
}

/// A schema. A property may be named `$ref`: only the schema itself has a reference. The document of the platform has
/// 28,000 of them at a time, so what is rare takes little room.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", expecting = "a schema")]
pub(super) struct RawSchema {
    #[serde(rename = "$ref")]
    pub(super) reference: Option<Box<str>>,
    #[serde(rename = "type")]
    pub(super) kind: RawKind,
    pub(super) format: RawFormat,
    pub(super) pattern: Pattern,
    #[serde(rename = "enum")]
    pub(super) words: Option<Names>,
    pub(super) properties: Keyed,
    pub(super) required: Names,
    pub(super) read_only: bool,
    pub(super) items: OneSchema,
    pub(super) additional_properties: OneSchema,
    #[serde(deserialize_with = "words::schemas")]
    pub(super) all_of: Box<[Self]>,
    pub(super) min_items: Bound,
    pub(super) min_length: Bound,
    pub(super) max_length: Bound,
    pub(super) minimum: Bound,
    pub(super) maximum: Bound,
}
