//! From raw paths to operations.

use std::sync::Arc;

use http::{Method, StatusCode};
use indexmap::IndexMap;

use super::convert::Converter;
use super::mistake::Mistake;
use super::raw::{RawBody, RawContent, RawDocument, RawOperation, RawParameter, RawPath, RawSchema};
use super::words::Version;
use crate::catalog::facts::{Document, Facts, Parameter, Published, RequestBody};
use crate::catalog::schema::SchemaId;

/// Where the platform's paths begin. Other operations of a document are left out.
const ROOT: &str = "/api/v2/";

/// The most operations of a document. The platform has some 3,200.
const MOST_OPERATIONS: usize = 20_000;

/// The operations and schemas of a raw document.
pub(super) fn document(raw: &RawDocument) -> Result<Document, Mistake> {
    let is_new = check_version(raw)?;
    let converter = if is_new {
        Converter::new(&raw.components.schemas, "#/components/schemas/")
    } else {
        Converter::new(&raw.definitions, "#/definitions/")
    };
    let mut reader = Reader { raw, converter, is_new };
    reader.converter.definitions()?;
    let operations = reader.operations()?;
    let schemas = reader.converter.builder.finish();
    let schemas = schemas.map_err(|undefined| Mistake::whole(undefined.to_string()))?;
    Ok(Document { operations, schemas: Arc::new(schemas) })
}

/// Whether the document is of version 3.
fn check_version(raw: &RawDocument) -> Result<bool, Mistake> {
    let begins = |version: &Option<Version>, with: &str| {
        version.as_ref().is_some_and(|version| version.0.starts_with(with))
    };
    match () {
        () if begins(&raw.swagger, "2.") => Ok(false),
        () if begins(&raw.openapi, "3.") => Ok(true),
        () => {
            Err(Mistake::whole("expected an API document with \"swagger\": \"2.0\" or \"openapi\": \"3…\""))
        }
    }
}

struct Reader<'d> {
    raw: &'d RawDocument,
    converter: Converter<'d>,
    is_new: bool,
}

impl<'d> Reader<'d> {
    fn operations(&mut self) -> Result<Vec<Published>, Mistake> {
        let base = self.base();
        let mut operations = Vec::new();
        self.converter.path.push("paths");
        for (path, raw) in &self.raw.paths {
            let template = if path.starts_with(ROOT) { path.clone() } else { format!("{base}{path}") };
            let template = template.trim_end_matches('/');
            if template.starts_with(ROOT) {
                self.converter.path.push(path);
                self.path(template, raw, &mut operations)?;
                self.converter.path.pop();
            }
        }
        self.converter.path.clear();
        if operations.len() > MOST_OPERATIONS {
            return Err(Mistake::whole(format!("the document has more than {MOST_OPERATIONS} operations")));
        }
        if operations.is_empty() {
            return Err(Mistake::whole(format!("no path of the document begins with {ROOT}")));
        }
        Ok(operations)
    }

    /// The path that all paths begin with: of `basePath`, or of the first server.
    fn base(&self) -> String {
        let server = self.raw.servers.first().map(|server| server.url.as_str()).unwrap_or_default();
        let server =
            server.split_once("://").map_or(server, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
        let base = self.raw.base_path.as_deref().unwrap_or(server);
        base.trim_end_matches('/').to_owned()
    }

    fn path(
        &mut self,
        template: &str,
        raw: &'d RawPath,
        operations: &mut Vec<Published>,
    ) -> Result<(), Mistake> {
        self.check_template(template)?;
        let methods = [
            (Method::GET, "get", &raw.get),
            (Method::PUT, "put", &raw.put),
            (Method::POST, "post", &raw.post),
            (Method::PATCH, "patch", &raw.patch),
            (Method::DELETE, "delete", &raw.delete),
        ];
        for (method, name, operation) in methods {
            let Some(operation) = operation else { continue };
            self.converter.path.push(name);
            operations.push(self.operation(method, template, &raw.parameters, operation)?);
            self.converter.path.pop();
        }
        Ok(())
    }

    /// A segment is a word, or one parameter in braces.
    fn check_template(&self, template: &str) -> Result<(), Mistake> {
        let is_right = |segment: &str| {
            let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let word = inner.unwrap_or(segment);
            !word.is_empty() && !word.contains(['{', '}', '*'])
        };
        let wrong = template[1..].split('/').find(|segment| !is_right(segment));
        wrong.map_or(Ok(()), |segment| {
            Err(self
                .converter
                .mistake(format!("{segment:?}: expected a word or {{name}} between two slashes")))
        })
    }

    fn operation(
        &mut self,
        method: Method,
        template: &str,
        shared: &'d [RawParameter],
        raw: &'d RawOperation,
    ) -> Result<Published, Mistake> {
        let mut body = self.new_body(raw.request_body.as_ref())?;
        let mut query: Vec<Parameter> = Vec::new();
        for parameter in shared.iter().chain(&raw.parameters) {
            let parameter = self.followed_parameter(parameter)?;
            match parameter.place.as_str() {
                "query" => self.parameter(parameter, &mut query)?,
                "body" => body = self.old_body(parameter)?,
                _ => {}
            }
        }
        let (status, answer) = self.success(&method, raw)?;
        let facts = Facts { query: query.into(), body, answer, detailed: true, ..Facts::new(status) };
        Ok(Published { method, template: template.into(), facts })
    }

    fn parameter(&mut self, raw: &'d RawParameter, all: &mut Vec<Parameter>) -> Result<(), Mistake> {
        let schema = self.converter.within("parameters", |converter| {
            converter.within(&raw.name, |converter| converter.schema(raw.schema.as_ref().unwrap_or(&raw.own)))
        })?;
        // A parameter of the operation stands for one of its path with the same name.
        all.retain(|earlier| *earlier.name != *raw.name);
        all.push(Parameter { name: raw.name.as_str().into(), schema, required: raw.required, most: None });
        Ok(())
    }

    fn old_body(&mut self, raw: &'d RawParameter) -> Result<Option<RequestBody>, Mistake> {
        let Some(schema) = &raw.schema else { return Ok(None) };
        let schema = self.converter.within("parameters", |converter| {
            converter.within(&raw.name, |converter| converter.schema(schema))
        })?;
        Ok(Some(RequestBody { schema, required: raw.required }))
    }

    fn new_body(&mut self, raw: Option<&'d RawBody>) -> Result<Option<RequestBody>, Mistake> {
        let Some(raw) = raw else { return Ok(None) };
        let known = &self.raw.components.request_bodies;
        let raw = self.followed(raw, known, "requestBodies", |raw| raw.reference.as_deref())?;
        let Some(schema) = json_schema(&raw.content) else { return Ok(None) };
        let schema = self.converter.within("requestBody", |converter| converter.schema(schema))?;
        Ok(Some(RequestBody { schema, required: raw.required }))
    }

    fn followed_parameter(&self, raw: &'d RawParameter) -> Result<&'d RawParameter, Mistake> {
        let known = if self.is_new { &self.raw.components.parameters } else { &self.raw.parameters };
        self.followed(raw, known, "parameters", |raw| raw.reference.as_deref())
    }

    /// The part that a reference of `raw` means, or `raw` itself.
    fn followed<T>(
        &self,
        raw: &'d T,
        known: &'d IndexMap<String, T>,
        kind: &str,
        reference: impl Fn(&'d T) -> Option<&'d str>,
    ) -> Result<&'d T, Mistake> {
        let Some(text) = reference(raw) else { return Ok(raw) };
        let place = if self.is_new { "#/components/" } else { "#/" };
        let name = text.strip_prefix(place).and_then(|rest| rest.strip_prefix(kind)?.strip_prefix('/'));
        let found = name.and_then(|name| known.get(name)).filter(|found| reference(found).is_none());
        found.ok_or_else(|| self.converter.mistake(format!("$ref {text:?} leads to nothing")))
    }

    /// The status of the success, and the schema of its body.
    fn success(
        &mut self,
        method: &Method,
        raw: &'d RawOperation,
    ) -> Result<(StatusCode, Option<SchemaId>), Mistake> {
        let mut first = None;
        for (name, answer) in &raw.responses {
            let Some(status) = success_status(name, method) else { continue };
            let known = if self.is_new { &self.raw.components.responses } else { &self.raw.responses };
            let answer = self.followed(answer, known, "responses", |raw| raw.reference.as_deref())?;
            if let Some(schema) = answer.schema.as_ref().or_else(|| json_schema(&answer.content)) {
                let schema = self.converter.within("responses", |converter| {
                    converter.within(name, |converter| converter.schema(schema))
                })?;
                return Ok((status, Some(schema)));
            }
            first = first.or(Some(status));
        }
        Ok((first.unwrap_or_else(|| usual_status(method)), None))
    }
}

/// The status that the name of a success says; `default` stands for the usual one.
fn success_status(name: &str, method: &Method) -> Option<StatusCode> {
    match name {
        "default" => Some(usual_status(method)),
        "2XX" | "2xx" => Some(StatusCode::OK),
        _ => name.parse().ok().filter(StatusCode::is_success),
    }
}

fn usual_status(method: &Method) -> StatusCode {
    if *method == Method::DELETE { StatusCode::NO_CONTENT } else { StatusCode::OK }
}

fn json_schema(content: &IndexMap<String, RawContent>) -> Option<&RawSchema> {
    let json = content.iter().find(|(kind, _)| kind.contains("json") || kind.as_str() == "*/*");
    json.and_then(|(_, content)| content.schema.as_ref())
}
