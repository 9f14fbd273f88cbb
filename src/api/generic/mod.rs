//! Generic answers: the answers to operations without a handler.
//!
//! The API document says what an answer has to be: a listing, an array, one thing, nothing (`kind`), and its status.
//! What clients create is kept under the path that they use (`stored`), so that it is listed, read, changed and removed.
//! A setting is kept at its path (`whole`). What belongs to another path is kept there (`target`): actions (`acts`), bulk
//! operations (`bulk`) and second listings. A PUT replaces and a PATCH lays over (`change`). A job moves with the clock
//! (`job`). An id in a body becomes the reference that the answer has (`refer`), and addresses for files take one
//! (`address`). Such answers carry `Gcmock-Note: generic`. A path through an entity that was deleted, was never created or
//! belongs to another organization is a 404 (`missing`), as is a path that no operation has (`unknown`).

mod acts;
mod address;
mod body;
mod bulk;
mod change;
mod filter;
mod history;
mod job;
mod kind;
mod listing;
pub(super) mod missing;
mod refer;
mod removing;
mod stored;
mod target;
mod unknown;
mod whole;
mod written;

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use self::kind::Kind;
use self::target::Target;
use super::call::Call;
use super::interval::check_order;
use super::order;
use super::route::Routes;
use crate::catalog::schema::{self, Example};
use crate::catalog::{Catalog, Facts};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// A call of an operation without a handler, with what the document says of it.
struct GenericCall<'c, 'a> {
    call: &'c Call<'a>,
    routes: &'c Routes,
    catalog: &'c Catalog,
    facts: &'c Facts,
    template: &'c str,
    kind: Kind,
    /// Where its entities are, if not at its own path.
    target: Target,
    /// The collection of the path: the path itself, or the path before its last segment where that is an id.
    collection: Cow<'c, str>,
    /// The id, where the path ends with one.
    id: Option<String>,
}

/// Answers a call below `/api/v2` that has no handler.
pub(crate) fn answer(call: &Call<'_>, routes: &Routes) -> Result<Reply, ApiError> {
    let is_refused = call.platform.options.strict_paths || call.path.split('/').skip(1).any(is_hostile);
    let operation = call.operation.filter(|_| !is_refused);
    let Some((operation, facts)) = operation.and_then(|of| Some((of, of.facts.as_ref()?))) else {
        return Err(unknown::refusal(call));
    };
    if facts.removed {
        return Err(unknown::removed(call));
    }
    super::check(call, routes)?;
    let generic = GenericCall::new(call, routes, &operation.template)?;
    let body = body::read(&generic)?;
    check_interval(call, body.as_ref())?;
    body.as_ref().map_or(Ok(()), |body| order::check(&operation.template, body))?;
    missing::refuse(call, routes, &operation.template)?;
    generic.answer(body).map(Reply::generic)
}

/// Refuses an interval that ends before it starts, also without a document.
fn check_interval(call: &Call<'_>, body: Option<&Value>) -> Result<(), ApiError> {
    let queried = call.query_text("interval");
    let sent = body.and_then(|body| body.get("interval")?.as_str());
    queried.as_deref().into_iter().chain(sent).try_for_each(|text| check_order("interval", text))
}

impl<'c, 'a> GenericCall<'c, 'a> {
    fn new(call: &'c Call<'a>, routes: &'c Routes, template: &'c str) -> Result<Self, ApiError> {
        let catalog = &*call.platform.catalog;
        let facts = call.operation.and_then(|operation| operation.facts.as_ref());
        let facts = facts.ok_or_else(|| unknown::refusal(call))?;
        let last = template.rsplit('/').next().unwrap_or_default();
        // From the path: operations of one path may name its parameters differently.
        let id = last.starts_with('{').then(|| last_segment(call.path)).transpose()?;
        let kind = match Kind::of(&catalog.schemas, facts.answer) {
            Kind::Object if catalog.creates_generic(template) => Kind::Entity,
            kind => kind,
        };
        let target = Target::of(call, template, facts.kept.as_deref());
        let collection = match (&target, &id) {
            (Target::Collection(path), _) => Cow::Owned(path.clone()),
            (_, Some(_)) => Cow::Borrowed(listing::without_view(parent(call.path))),
            (_, None) => Cow::Borrowed(listing::base(call.path, &kind)),
        };
        Ok(Self { call, routes, catalog, facts, template, kind, target, collection, id })
    }

    fn answer(&self, body: Option<Value>) -> Result<Reply, ApiError> {
        let method = self.call.method.as_str();
        match (&self.target, method) {
            (Target::Entity(collection, id), _) => return acts::on(self, (collection, id), body),
            (Target::Collection(_), _) if bulk::is_bulk(self.template) && self.kind != Kind::Entity => {
                return bulk::answer(self, body);
            }
            (Target::Collection(_), "GET" | "HEAD") => return listing::list_or_read(self),
            (Target::Collection(_), _) if self.template.ends_with("/copy") => return acts::copy(self, body),
            _ => {}
        }
        match (method, self.id.as_deref()) {
            ("GET" | "HEAD", None) => listing::list_or_read(self),
            ("GET" | "HEAD", Some(id)) => stored::get(self, id),
            ("POST", None) => stored::post(self, body),
            ("POST", Some(id)) => stored::act(self, id, body),
            ("DELETE", None) => removing::delete_many(self),
            ("DELETE", Some(id)) => removing::delete(self, id),
            (_, None) => whole::put(self, body),
            (_, Some(id)) => stored::update(self, id, body),
        }
    }

    /// The same call, with the whole path as the collection: for operations that keep things below an id.
    fn below(&self) -> Self {
        let (kind, target) = (self.kind.clone(), Target::Own);
        Self { collection: Cow::Borrowed(self.call.path), id: None, kind, target, ..*self }
    }

    /// The property of the documented answer that is an array, if there is just one.
    fn list_of_answer(&self) -> Option<&'c str> {
        let schemas = &self.catalog.schemas;
        let is_array = |id| matches!(schemas.kind(id), schema::Kind::Array { .. });
        let mut lists = schemas.object(self.facts.answer?)?.properties().filter(|of| is_array(of.schema));
        let first = lists.next()?;
        lists.next().is_none().then_some(first.name)
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

    /// Whether a GET of this path answers a listing.
    fn lists_own(&self) -> bool {
        let found = self.catalog.find(&Method::GET, self.template).map(|found| found.operation);
        let answer = found.and_then(|list| list.facts.as_ref()?.answer);
        matches!(Kind::of(&self.catalog.schemas, answer), Kind::Listing(_) | Kind::Array)
    }

    /// Whether a GET of this path answers one thing that is kept here.
    fn is_read_whole(&self) -> bool {
        let found = self.catalog.find(&Method::GET, self.template).map(|found| found.operation);
        found.is_some_and(|get| !get.by_hand) && !self.lists_own()
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
