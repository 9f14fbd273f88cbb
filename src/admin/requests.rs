//! The journal: listed, counted and emptied. `entry` has its entries in words.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::entry::{Entry, entries};
use super::input::{self, Content, Params};
use super::listing::listing;
use super::route::{Query, Resource, TENANT, delete, get, post};
use super::schema::null;
use crate::observe::filter::{ADHERENCE, Filter, ResolvedFilter, StatusFilter, is_caller, is_limit};
use crate::platform::Platform;
use crate::rules::excerpt;

/// The default number of entries of a listing.
const LISTED: usize = 100;
/// Entries that are looked up at a time.
const PAGE: usize = 50;
const FILTERS: &str = "status, tenant, operation, limit (or limitName), fault, caller, correlationId";

pub(super) fn resource() -> Resource {
    let does = "the journal, newest first (?status=429&limit=100&tenant=&operation=; limit=NAME too)";
    let counts = "counts entries: {\"status\":429,\"limit\":\"NAME\"}";
    let count = post("/__admin/requests/count", counts, count).query(&FILTER);
    Resource::new()
        .with(get("/__admin/requests", does, list).query(&FILTER).answers::<Requests>())
        .with(delete("/__admin/requests", "empties the journal", clear).refuses(&[400]))
        .with(count.may_read::<FilterBody>().answers::<Count>())
}

/// The filters of a query.
const FILTER: [Query; 8] = [
    Query { name: "status", about: "such as 429 or 4xx", schema: statuses },
    TENANT,
    Query::of::<String>("operation", "a path template, with or without its method, or a pattern"),
    Query::of::<String>(
        "limit",
        "the name of a limit or `adherence`; a number is the maximum number of entries",
    ),
    Query::of::<String>("limitName", "the name of a limit or `adherence`"),
    Query::of::<String>("fault", "the name of a fault, or * for any"),
    Query::of::<String>("caller", "a user or client, by id or name, or the 12 digits of a token"),
    Query { name: "correlationId", about: "the `ININ-Correlation-Id` of an answer", schema: uuids },
];

fn statuses() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([1-5][0-9][0-9]|[1-5]xx)$")).into()
}

fn uuids() -> RefOr<Schema> {
    let format = SchemaFormat::Custom("uuid".to_owned());
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
}

/// The journal's entries, the newest first.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: the listing is written while it is read")]
struct Requests {
    requests: Vec<Entry>,
}

#[derive(Serialize, ToSchema)]
struct Count {
    count: u64,
}

/// The filters of a body: any of those of a query.
#[derive(Default, Deserialize)]
struct FilterBody(Map<String, Value>);

impl PartialSchema for FilterBody {
    fn schema() -> RefOr<Schema> {
        let filters = FILTER
            .iter()
            .fold(ObjectBuilder::new(), |filters, query| filters.property(query.name, in_body(query)));
        filters.additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false))).into()
    }
}

impl ToSchema for FilterBody {}

/// A filter's value: as the query has it, or null. A status may be a number.
fn in_body(query: &Query) -> Schema {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(100)).maximum(Some(599));
    let value = OneOfBuilder::new().item((query.schema)()).item(null());
    if query.name == "status" { value.item(number).into() } else { value.into() }
}

impl Filter {
    /// Sets a filter. Returns `false` for an unknown name.
    fn set(&mut self, name: &str, value: Option<&str>) -> Answer<bool> {
        let text = value.map(str::to_owned);
        match name {
            "status" => self.status = value.map(status).transpose()?,
            "tenant" => self.tenant = text,
            "operation" => self.operation = text,
            "limit" | "limitName" | "name" => self.limit = text,
            "fault" => self.fault = text,
            "caller" => self.caller = text,
            "correlationId" => self.correlation = value.map(correlation).transpose()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `limit` is the number of entries where it is a number, and else the name of a limit.
    fn of_query(params: &Params) -> Answer<(Self, usize)> {
        let (mut filter, mut most) = (Self::default(), LISTED);
        for (name, value) in params.iter() {
            match input::count(value).filter(|_| name == "limit") {
                Some(count) => most = count,
                None if filter.set(name, Some(value))? => {}
                None => return Err(unknown(name)),
            }
        }
        Ok((filter, most))
    }

    fn of_json(object: &Map<String, Value>) -> Answer<Self> {
        let mut filter = Self::default();
        for (name, value) in object {
            let known = match value {
                Value::Null => filter.set(name, None)?,
                Value::String(text) => filter.set(name, Some(text))?,
                Value::Number(number) if name == "status" => filter.set(name, Some(&number.to_string()))?,
                _ => {
                    return Err(Refusal::bad(format!("{name}: expected a string, of the filters {FILTERS}")));
                }
            };
            if !known {
                return Err(unknown(name));
            }
        }
        Ok(filter)
    }

    /// Refuses an organization or a limit that does not exist: an empty answer would mean that no request was sent or
    /// refused.
    fn check(self, platform: &Platform) -> Answer<Self> {
        input::tenant(platform, self.tenant.as_deref())?;
        if let Some(caller) = self.caller.as_deref().filter(|caller| !is_caller(platform.names(), caller)) {
            const EXPECTED: &str = "a user or client, by id or name, or the 12 digits of a token";
            return Err(Refusal::bad(format!("Unknown caller [{}]; expected {EXPECTED}", excerpt(caller))));
        }
        match self.limit.as_deref().filter(|name| !is_limit(platform.names(), name)) {
            None => Ok(self),
            Some(name) => Err(no_limit(platform, name)),
        }
    }
}

fn status(text: &str) -> Answer<StatusFilter> {
    let bad = || Refusal::bad(format!("status [{text}]: expected a status such as 429 or 4xx"));
    StatusFilter::parse(text).ok_or_else(bad)
}

fn correlation(text: &str) -> Answer<Uuid> {
    text.parse().map_err(|_| Refusal::bad(format!("correlationId [{}]: expected a UUID", excerpt(text))))
}

fn unknown(name: &str) -> Refusal {
    Refusal::bad(format!("{name} is not a filter; expected: {FILTERS}"))
}

fn no_limit(platform: &Platform, name: &str) -> Refusal {
    let config = platform.config.current();
    let known: Vec<_> = config.rules().map(|rule| &*rule.name).chain([ADHERENCE]).collect();
    Refusal::bad(format!("Unknown limit [{}]; expected: {}", excerpt(name), known.join(", ")))
}

async fn list(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Response> {
    let (filter, mut most) = Filter::of_query(&params)?;
    let filter = filter.check(&platform)?;
    let mut before = u64::MAX;
    Ok(listing("requests", move || {
        let wanted = ResolvedFilter::of(platform.names(), &filter);
        let count = most.min(PAGE);
        let (found, next) = platform.journal.find_before(before, count, |exchange| wanted.takes(exchange));
        (before, most) = (next, most - found.len());
        (!found.is_empty()).then(|| entries(&platform, &found))
    }))
}

/// Takes no filter: one that is not read would empty the whole journal.
async fn clear(State(platform): State<Arc<Platform>>, params: Params) -> Answer<StatusCode> {
    if let Some((name, _)) = params.iter().next() {
        let why = "DELETE empties the whole journal and takes no filter";
        return Err(Refusal::bad(format!("{name}: {why}; GET and count take: {FILTERS}")));
    }
    platform.journal.clear();
    Ok(StatusCode::NO_CONTENT)
}

/// Counts entries. The filters are in the body, or in the query as for GET.
async fn count(
    State(platform): State<Arc<Platform>>,
    params: Params,
    content: Content,
) -> Answer<Json<Count>> {
    let FilterBody(object) = content.json_or_none()?.unwrap_or_default();
    let mut filter = Filter::of_json(&object)?;
    for (name, value) in params.iter() {
        if !filter.set(name, Some(value))? {
            return Err(unknown(name));
        }
    }
    let filter = filter.check(&platform)?;
    let wanted = ResolvedFilter::of(platform.names(), &filter);
    let mut count = 0_u64;
    platform.journal.each(|exchange| count += u64::from(wanted.takes(exchange)));
    Ok(Json(Count { count }))
}
