//! The journal as JSON: requests, callers and answers.
//!
//! The journal holds numbers. This file turns them into names.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::input::{self, Content, Params};
use super::listing::listing;
use super::names;
use super::route::{Query, Resource, TENANT, delete, get, post};
use super::schema::one_of;
use crate::observe::filter::{ADHERENCE, Filter, ResolvedFilter, StatusFilter, is_limit};
use crate::observe::journal::{Exchange, SocketEvent, SocketNote};
use crate::platform::Platform;
use crate::rules::excerpt;
use crate::time::clock::rfc3339;
use crate::world::Tenant;
use crate::world::id::TenantIndex;
use crate::world::workforce::AdherenceCause;

/// The default number of entries of a listing.
const LISTED: usize = 100;
/// Entries that are looked up at a time.
const PAGE: usize = 50;
const FILTERS: &str = "status, tenant, operation, limit (or limitName)";

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
const FILTER: [Query; 5] = [
    Query { name: "status", about: "such as 429 or 4xx", schema: statuses },
    TENANT,
    Query::of::<String>("operation", "a path template, with or without its method, or a pattern"),
    Query::of::<String>(
        "limit",
        "the name of a limit or `adherence`; a number is the maximum number of entries",
    ),
    Query::of::<String>("limitName", "the name of a limit or `adherence`"),
];

fn statuses() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^([1-5][0-9][0-9]|[1-5]xx)$")).into()
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
    let null = ObjectBuilder::new().schema_type(Type::Null);
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(100)).maximum(Some(599));
    let value = OneOfBuilder::new().item((query.schema)()).item(null);
    if query.name == "status" { value.item(number).into() } else { value.into() }
}

/// A request and its outcome, in a readable form.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Model time of its arrival, RFC 3339 with milliseconds.
    #[schema(format = DateTime)]
    pub time: String,
    /// The organization's id; `None` for a request without a known organization.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    pub tenant: Option<Uuid>,
    /// The organization's name.
    #[schema(required)]
    pub tenant_name: Option<String>,
    /// The client's name, and the user's in parentheses: `web-app (agent-1)`.
    #[schema(required)]
    pub caller: Option<String>,
    /// Stands for the token: 12 hexadecimal digits of its hash, other ones in every process.
    #[schema(required)]
    pub token: Option<String>,
    /// The client's id.
    #[schema(required)]
    pub client: Option<String>,
    /// The user's id.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    pub user: Option<Uuid>,
    /// The edge it arrived at.
    #[schema(required)]
    pub edge: Option<String>,
    /// `METHOD template`, or `METHOD path` for a path without an operation.
    pub operation: String,
    /// The HTTP status.
    pub status: u16,
    /// The limit that refused.
    #[schema(required)]
    pub limit: Option<String>,
    /// The limit that refused, or else the one nearest to refusing.
    #[schema(required)]
    pub nearest: Option<String>,
    /// The used percentage of that limit.
    pub used_percent: u8,
    /// The `Retry-After` of a refusal, in seconds.
    #[schema(required)]
    pub retry_after: Option<u32>,
    /// The `ININ-Correlation-Id` of the answer.
    #[schema(value_type = String, format = "uuid")]
    pub correlation_id: Uuid,
    /// Whether it was answered generically, without a handler.
    pub generic: bool,
    /// Milliseconds of wire time until the answer; of a socket that closed, from its handshake on.
    pub took_ms: f64,
    /// The agent that the adherence check refused, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The id of that agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub agent_id: Option<Uuid>,
    /// Which rule of the adherence check refused: `status`, `schedule` or `overstaffed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = causes)]
    pub cause: Option<&'static str>,
    /// Why the adherence check refused, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The event of a socket, if the entry is about a socket. `status` is the close code of a closed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<SocketView>,
}

fn causes() -> RefOr<Schema> {
    use AdherenceCause::{AgentStatus, Overstaffed, Schedule};
    one_of([AgentStatus, Schedule, Overstaffed].map(AdherenceCause::name))
}

/// The event of a socket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SocketView {
    /// The socket's number, as `GET /__admin/sockets` shows it.
    pub id: u64,
    /// `opened`, `closed`, or `refused` of a message.
    pub event: &'static str,
    /// The refused message's action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The close code; 1006 where there was no close frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The close reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The side that closed: `client`, `platform` or `operator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
}

impl SocketView {
    fn of(note: &SocketNote) -> Self {
        let bare =
            Self { id: note.id, event: note.event.name(), action: None, code: None, reason: None, by: None };
        match &note.event {
            SocketEvent::Opened => bare,
            SocketEvent::Refused { action } => Self { action: action.clone(), ..bare },
            SocketEvent::Closed(end) => Self {
                code: Some(end.code),
                reason: Some(end.reason.to_string()),
                by: Some(end.by.name()),
                ..bare
            },
        }
    }
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

/// The newest entries that match `filter`, at most `limit`, newest first.
pub(crate) fn newest(platform: &Platform, limit: usize, filter: &Filter) -> Vec<Entry> {
    let wanted = ResolvedFilter::of(platform.names(), filter);
    entries(platform, &platform.journal.find(limit, |exchange| wanted.takes(exchange)))
}

/// The newest entries that a limit refused, whatever status its dialect has for that.
pub(super) fn refusals(platform: &Platform, limit: usize) -> Vec<Entry> {
    entries(platform, &platform.journal.find(limit, |exchange| exchange.refused))
}

fn entries(platform: &Platform, found: &[Exchange]) -> Vec<Entry> {
    let tenants: HashMap<TenantIndex, Arc<Tenant>> =
        platform.tenants.all().into_iter().map(|tenant| (tenant.index, tenant)).collect();
    let tenant = |exchange: &Exchange| tenants.get(&exchange.tenant?).map(|tenant| &**tenant);
    found.iter().map(|exchange| Entry::of(platform, tenant(exchange), exchange)).collect()
}

impl Entry {
    /// The entry of one exchange.
    pub(crate) fn of_one(platform: &Platform, exchange: &Exchange) -> Self {
        let is_its = |tenant: &Arc<Tenant>| Some(tenant.index) == exchange.tenant;
        let tenant = platform.tenants.all().into_iter().find(is_its);
        Self::of(platform, tenant.as_deref(), exchange)
    }

    fn of(platform: &Platform, tenant: Option<&Tenant>, exchange: &Exchange) -> Self {
        let client = tenant.zip(exchange.client).map(|(of, client)| platform.client_name(of, client));
        let user = tenant.zip(exchange.user).and_then(|(of, user)| names::user(of, user));
        let nearest = exchange.governing.and_then(|rule| platform.config.ids().name(rule));
        let nearest = nearest.map(|name| name.as_ref().to_owned());
        let adherence = exchange.adherence.as_deref();
        let agent = tenant.zip(adherence).and_then(|(of, note)| names::user(of, note.agent));
        Self {
            time: rfc3339(exchange.time),
            tenant: tenant.map(|tenant| tenant.id),
            tenant_name: tenant.map(|tenant| tenant.name.clone()),
            caller: client.as_ref().map(|(_, client)| caller(client, user.as_ref())),
            token: (exchange.token != 0).then(|| names::short_hash(exchange.token)),
            client: client.map(|(id, _)| id),
            user: user.map(|(id, _)| id),
            edge: exchange.edge.and_then(|edge| platform.tenants.edge_name(edge)),
            operation: operation(platform, exchange),
            status: exchange.status,
            limit: refusing(exchange, nearest.as_ref()),
            nearest,
            used_percent: exchange.used_percent,
            retry_after: exchange.retry_after,
            correlation_id: exchange.correlation,
            generic: exchange.generic,
            agent_id: agent.as_ref().map(|(id, _)| *id),
            agent: agent.map(|(_, name)| name),
            cause: adherence.map(|note| note.cause.name()),
            reason: adherence.map(|note| note.reason.to_string()),
            took_ms: f64::from(exchange.took_micros) / 1000.0,
            socket: exchange.socket.as_deref().map(SocketView::of),
        }
    }
}

fn refusing(exchange: &Exchange, nearest: Option<&String>) -> Option<String> {
    if exchange.adherence.is_some() {
        return Some(ADHERENCE.to_owned());
    }
    nearest.filter(|_| exchange.refused).cloned()
}

fn caller(client: &str, user: Option<&(Uuid, String)>) -> String {
    user.map_or_else(|| client.to_owned(), |(_, user)| format!("{client} ({user})"))
}

fn operation(platform: &Platform, exchange: &Exchange) -> String {
    let path = exchange.path.as_deref().unwrap_or_default();
    names::operation(platform, exchange.operation).unwrap_or_else(|| format!("{} {path}", exchange.method))
}
