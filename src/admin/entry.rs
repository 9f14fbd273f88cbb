//! An entry of the journal in words. The journal holds numbers; this file turns them into names.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use uuid::Uuid;

use super::names;
use super::schema::one_of;
use crate::observe::filter::{ADHERENCE, Filter, ResolvedFilter};
use crate::observe::journal::{Exchange, SocketEvent, SocketNote};
use crate::platform::Platform;
use crate::time::clock::rfc3339;
use crate::world::Tenant;
use crate::world::id::TenantIndex;
use crate::world::workforce::AdherenceCause;

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
    /// 12 hexadecimal digits of the hash of the token. Each process has another hash key.
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
    /// The HTTP status, or the close code of a closed socket.
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
    /// The fault that struck. `status` is 0 where it reset the connection before an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Whether it was answered generically, without a handler.
    pub generic: bool,
    /// Milliseconds of real time until the answer; for a closed socket, from its handshake on.
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
    /// The reason of the adherence check, in one sentence.
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
    /// The close code; 1006 without a close frame.
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

/// The newest entries that match `filter`, at most `limit`, newest first.
pub(crate) fn newest(platform: &Platform, limit: usize, filter: &Filter) -> Vec<Entry> {
    let wanted = ResolvedFilter::of(platform.names(), filter);
    entries(platform, &platform.journal.find(limit, |exchange| wanted.takes(exchange)))
}

/// The newest entries that a limit refused, whatever status its dialect has for that.
pub(super) fn refusals(platform: &Platform, limit: usize) -> Vec<Entry> {
    entries(platform, &platform.journal.find(limit, |exchange| exchange.refused))
}

pub(super) fn entries(platform: &Platform, found: &[Exchange]) -> Vec<Entry> {
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
        let adherence = exchange.adherence();
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
            fault: exchange.fault().map(|fault| fault.as_ref().to_owned()),
            generic: exchange.generic,
            agent_id: agent.as_ref().map(|(id, _)| *id),
            agent: agent.map(|(_, name)| name),
            cause: adherence.map(|note| note.cause.name()),
            reason: adherence.map(|note| note.reason.to_string()),
            took_ms: f64::from(exchange.took_micros) / 1000.0,
            socket: exchange.socket().map(SocketView::of),
        }
    }
}

fn refusing(exchange: &Exchange, nearest: Option<&String>) -> Option<String> {
    if exchange.adherence().is_some() {
        return Some(ADHERENCE.to_owned());
    }
    nearest.filter(|_| exchange.refused).cloned()
}

fn caller(client: &str, user: Option<&(Uuid, String)>) -> String {
    user.map_or_else(|| client.to_owned(), |(_, user)| format!("{client} ({user})"))
}

fn operation(platform: &Platform, exchange: &Exchange) -> String {
    let path = exchange.path().unwrap_or_default();
    names::operation(platform, exchange.operation).unwrap_or_else(|| format!("{} {path}", exchange.method()))
}
