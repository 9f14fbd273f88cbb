//! Generic answers: the answers to operations without a handler.
//!
//! The API document says what an answer has to be: a listing, an array, one thing, nothing (`kind`), and its status.
//! What clients create is kept under the path that they use (`stored`), so that it is listed, read, changed and removed.
//! A job moves with the clock (`job`). Such answers carry `Gcmock-Note: generic`. A path through an entity that was
//! deleted, was never created or belongs to another organization is a 404 (`missing`), as is a path that no operation
//! has (`unknown`).

mod body;
mod job;
mod kind;
mod listing;
pub(super) mod missing;
mod removing;
mod stored;
mod unknown;

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use self::kind::Kind;
use super::call::Call;
use crate::catalog::schema::Example;
use crate::catalog::{Catalog, Facts};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// A call of an operation without a handler, with what the document says of it.
struct GenericCall<'c, 'a> {
    call: &'c Call<'a>,
    catalog: &'c Catalog,
    facts: &'c Facts,
    template: &'c str,
    kind: Kind,
    /// The collection of the path: the path itself, or the path before its last segment where that is an id.
    collection: &'c str,
    /// The id, where the path ends with one.
    id: Option<String>,
}

/// Answers a call below `/api/v2` that has no handler.
pub(crate) fn answer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let is_refused = call.platform.options.strict_paths || call.path.split('/').skip(1).any(is_hostile);
    let operation = call.operation.filter(|_| !is_refused);
    let Some((operation, facts)) = operation.and_then(|of| Some((of, of.facts.as_ref()?))) else {
        return Err(unknown::refusal(call));
    };
    if facts.removed {
        return Err(unknown::removed(call));
    }
    super::check(call)?;
    let generic = GenericCall::new(call, facts, &operation.template)?;
    let body = body::read(&generic)?;
    missing::refuse(call, &operation.template)?;
    generic.answer(body).map(Reply::generic)
}

impl<'c, 'a> GenericCall<'c, 'a> {
    fn new(call: &'c Call<'a>, facts: &'c Facts, template: &'c str) -> Result<Self, ApiError> {
        let catalog = &*call.platform.catalog;
        let last = template.rsplit('/').next().unwrap_or_default();
        // From the path: operations of one path may name its parameters differently.
        let id = last.starts_with('{').then(|| last_segment(call.path)).transpose()?;
        let kind = Kind::of(&catalog.schemas, facts.answer);
        let collection = if id.is_some() { parent(call.path) } else { listing::base(call.path, &kind) };
        Ok(Self { call, catalog, facts, template, kind, collection, id })
    }

    fn answer(&self, body: Option<Value>) -> Result<Reply, ApiError> {
        match (self.call.method.as_str(), self.id.as_deref()) {
            ("GET" | "HEAD", None) => listing::list_or_read(self),
            ("GET" | "HEAD", Some(id)) => stored::get(self, id),
            ("POST", None) => stored::post(self, body),
            ("POST", Some(id)) => stored::act(self, id, body),
            ("DELETE", None) => removing::delete_many(self),
            ("DELETE", Some(id)) => removing::delete(self, id),
            (_, None) => stored::put_whole(self, body),
            (_, Some(id)) => stored::update(self, id, body),
        }
    }

    /// The same call, with the whole path as the collection: for operations that keep things below an id.
    fn below(&self) -> Self {
        Self { collection: self.call.path, id: None, kind: self.kind.clone(), ..*self }
    }

    /// The body without the properties that no answer shows.
    fn without_request_only(&self, mut body: Map<String, Value>) -> Map<String, Value> {
        body.retain(|key, _| !self.facts.request_only.iter().any(|name| **name == *key));
        body
    }

    /// Whether the documented answer has a property.
    fn has(&self, name: &str) -> bool {
        let object = self.facts.answer.and_then(|answer| self.catalog.schemas.object(answer));
        object.is_some_and(|object| object.find(name).is_some())
    }

    /// How examples for this call are made: equal at every call, with every property at the top where `whole`.
    fn example(&self, whole: bool) -> Example<'c> {
        Example { seed: self.call.path, self_uri: Some(self.call.path), whole }
    }

    /// The answer of one thing, in the documented kind.
    fn reply_one(&self, entity: Map<String, Value>) -> Result<Reply, ApiError> {
        match self.kind {
            Kind::Scalar => self.reply(&stored::scalar(self)),
            Kind::Array => self.reply(&Value::Array(Vec::new())),
            _ => self.reply(&Value::Object(stored::to_answer(self, entity))),
        }
    }

    /// The answer with the documented status.
    fn reply(&self, body: &Value) -> Result<Reply, ApiError> {
        match (&self.kind, body) {
            (Kind::Nothing, _) => Ok(Reply::empty(self.facts.status)),
            (Kind::Array, Value::Array(items)) => {
                Reply::json(self.facts.status, &stored::to_array(self, items))
            }
            _ => Reply::json(self.facts.status, body),
        }
    }

    /// Whether clients can create entities in the collection of the path, which are answered with an id.
    fn is_creatable(&self) -> bool {
        is_kept(self.catalog, self.template)
    }
}

/// Whether generic answers keep what the last parameter of `template` names, so that an id that is not stored was never
/// created. A parameter that is not called an id is a word, such as a version or a language.
fn is_kept(catalog: &Catalog, template: &str) -> bool {
    let (collection, parameter) = template.rsplit_once('/').unwrap_or_default();
    let is_id = parameter.ends_with("Id}") || parameter == "{id}";
    let reads = [template, collection].map(|template| catalog.find(&Method::GET, template));
    let mut reads = reads.iter().flatten().peekable();
    let is_kept = reads.peek().is_some() && reads.all(|read| !read.operation.by_hand);
    is_id && is_kept && catalog.creates_generic(collection)
}

/// The last segment of a path, decoded.
fn last_segment(path: &str) -> Result<String, ApiError> {
    let segment = path.rsplit('/').next().unwrap_or_default();
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| ApiError::bad_request("The path is not UTF-8."))
}

/// Whether no path of the platform has such a segment: the client built its path wrongly.
fn is_hostile(segment: &str) -> bool {
    const LONGEST: usize = 1000;
    matches!(segment, "" | "." | "..") || segment.len() > LONGEST
}

/// The path before its last segment.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(parent, _)| parent)
}
