//! The vendor's API document: its operations, and the schemas that they refer to.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Map, Value};

/// The document as it was read, and its operations in the document's order.
pub(crate) struct Document {
    definitions: &'static Map<String, Value>,
    pub(crate) operations: Vec<Operation>,
}

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: &'static str,
    pub(crate) parameters: Vec<&'static Value>,
    /// The schema of its body.
    pub(crate) body: Option<&'static Value>,
    pub(crate) needs_body: bool,
    /// Its success statuses, those with a schema first.
    pub(crate) answers: Vec<(u16, Option<&'static Value>)>,
    /// The schema of its 400.
    pub(crate) error_body: Option<&'static Value>,
}

/// The file that is read: `GCMOCK_TEST_DOCUMENT`, or the one beside the repository.
pub(crate) fn file() -> PathBuf {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/spec/publicapi-v2.json.gz");
    std::env::var_os("GCMOCK_TEST_DOCUMENT").map_or_else(|| PathBuf::from(beside), PathBuf::from)
}

/// The unpacked document. `None` where there is no such file.
fn read(file: &Path) -> Option<Value> {
    if !file.exists() {
        return None;
    }
    let unpacked = Command::new("gzip").arg("-dc").arg(file).output().expect("gzip runs");
    assert!(unpacked.status.success(), "{} is not gzip", file.display());
    Some(serde_json::from_slice(&unpacked.stdout).expect("the document is JSON"))
}

/// What is documented for a status.
#[derive(Clone, Copy)]
pub(crate) enum Documented {
    NoSuchStatus,
    /// A success without a body.
    Nothing,
    /// A body of this schema.
    Body(&'static Value),
}

impl Document {
    /// The document, read once. `None` on a machine without it.
    pub(crate) fn load() -> Option<&'static Self> {
        static DOCUMENT: OnceLock<Option<Document>> = OnceLock::new();
        DOCUMENT.get_or_init(|| read(&file()).map(|json| Self::new(Box::leak(Box::new(json))))).as_ref()
    }

    fn new(json: &'static Value) -> Self {
        let definitions = json["definitions"].as_object().expect("definitions");
        let paths = json["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.iter().map(move |(method, operation)| Operation::new(method, path, operation))
        });
        Self { definitions, operations: operations.collect() }
    }

    /// The schema itself where `schema` is a reference.
    pub(crate) fn resolve(&self, schema: &'static Value) -> &'static Value {
        let Some(name) = schema["$ref"].as_str().and_then(|uri| uri.rsplit('/').next()) else {
            return schema;
        };
        self.definitions.get(name).expect("a definition of that name")
    }

    /// The properties of a schema; none where it is not an object.
    pub(crate) fn properties(&self, schema: &'static Value) -> Option<&'static Map<String, Value>> {
        self.resolve(schema).get("properties")?.as_object()
    }

    /// The operation of that method and path.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == method && operation.path == path)
    }
}

impl Operation {
    fn new(method: &str, path: &'static str, json: &'static Value) -> Self {
        let parameters: Vec<_> = json["parameters"].as_array().into_iter().flatten().collect();
        let body = parameters.iter().find(|parameter| parameter["in"] == "body");
        let responses = json["responses"].as_object().expect("responses");
        let mut answers: Vec<_> = responses.iter().filter_map(success).collect();
        answers.sort_by_key(|(_, schema)| schema.is_none());
        Self {
            method: method.to_uppercase(),
            path,
            body: body.map(|body| &body["schema"]),
            needs_body: body.is_some_and(|body| body["required"] == true),
            parameters,
            answers,
            error_body: responses.get("400").and_then(|response| response.get("schema")),
        }
    }

    /// The parameters of `place`: `path`, `query` or `header`.
    pub(crate) fn parameters_in(&self, place: &str) -> impl Iterator<Item = &'static Value> {
        self.parameters.iter().copied().filter(move |parameter| parameter["in"] == place)
    }

    /// The query parameter of that name.
    pub(crate) fn query(&self, name: &str) -> Option<&'static Value> {
        self.parameters_in("query").find(|parameter| parameter["name"] == name)
    }

    /// What is documented for a success of that status.
    pub(crate) fn answer(&self, status: u16) -> Documented {
        let documented = self.answers.iter().find(|(of, _)| *of == status || *of == 0);
        match documented.filter(|_| (200..300).contains(&status)) {
            Some((_, Some(schema))) => Documented::Body(schema),
            Some((_, None)) => Documented::Nothing,
            None => Documented::NoSuchStatus,
        }
    }

    /// The schema of the first success that has one.
    pub(crate) fn first_schema(&self) -> Option<&'static Value> {
        self.answers.iter().find_map(|(_, schema)| *schema)
    }

    /// `METHOD path`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The first segment below `/api/v2`.
    pub(crate) fn family(&self) -> &'static str {
        self.path.split('/').nth(3).unwrap_or_default()
    }
}

/// A response of a success: its status, 0 for `default`, and its schema.
fn success((status, response): (&'static String, &'static Value)) -> Option<(u16, Option<&'static Value>)> {
    let status = if status == "default" { 0 } else { status.parse().ok()? };
    (status == 0 || (200..300).contains(&status)).then(|| (status, response.get("schema")))
}
