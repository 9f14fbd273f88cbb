//! The sockets that are open, and a way to end one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::input::{Named, Params};
use super::names;
use super::route::{LIMIT, Query, Resource, TENANT, delete, get};
use crate::observe::close_reason::CloseReason;
use crate::platform::Platform;
use crate::push::registry::Socket;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;

/// The default close reason of an operator: the vendor's text before maintenance.
const DEFAULT_CODE: u16 = 1012;

pub(super) fn resource() -> Resource {
    let does = "the open sockets, oldest first (?limit=100&tenant=&kind=)";
    let close = delete("/__admin/sockets/{id}", "closes a socket (?code=1012&reason=)", close);
    Resource::new()
        .with(get("/__admin/sockets", does, list).query(&LISTING).answers::<Sockets>())
        .with(close.query(&CLOSE))
}

const LISTING: [Query; 3] = [LIMIT, TENANT, Query::of::<String>("kind", "the kind of the sockets")];
const CLOSE: [Query; 2] = [
    Query { name: "code", about: "the close code", schema: codes },
    Query::of::<String>("reason", "the close reason"),
];

fn codes() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1000)).maximum(Some(4999)).into()
}

#[derive(Serialize, ToSchema)]
struct Sockets {
    sockets: Vec<View>,
    /// All that are open, shown or not.
    total: usize,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Socket)]
struct View {
    id: u64,
    kind: &'static str,
    path: String,
    #[schema(required, value_type = Option<String>, format = "uuid")]
    tenant: Option<Uuid>,
    #[schema(required)]
    edge: Option<String>,
    #[schema(required)]
    agent: Option<String>,
    #[schema(required)]
    caller: Option<String>,
    #[schema(required)]
    token: Option<String>,
    #[schema(format = DateTime)]
    opened: String,
    age_ms: u64,
    queue: usize,
    dropped: u64,
    topics: Vec<String>,
}

impl View {
    fn of(platform: &Platform, socket: &Socket) -> Self {
        let (tenant, subject) = (socket.tenant.as_deref(), &socket.subject);
        let user = |index| tenant.and_then(|tenant| names::user(tenant, index)).map(|(_, name)| name);
        let client = crate::observe::journal::known(subject.client);
        Self {
            id: socket.id,
            kind: socket.kind,
            path: socket.path.to_string(),
            tenant: tenant.map(|tenant| tenant.id),
            edge: socket.edge().and_then(|edge| platform.tenants.edge_name(edge)),
            agent: socket.agent.and_then(user),
            caller: tenant.zip(client).map(|(of, client)| platform.client_name(of, client).1),
            token: subject.token.map(names::short_hash),
            opened: rfc3339(socket.opened),
            age_ms: u64::try_from(socket.age.elapsed().as_millis()).unwrap_or(u64::MAX),
            queue: socket.outbox.len(),
            dropped: socket.outbox.dropped(),
            topics: socket.topics(),
        }
    }
}

async fn list(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Sockets>> {
    let params = params.only(&LISTING)?;
    let limit = params.limit()?;
    let tenant = params.get("tenant").map(|_| params.tenant(&platform)).transpose()?;
    let kind = params.get("kind");
    let wanted = |socket: &&Arc<Socket>| {
        tenant.as_ref().is_none_or(|tenant| socket.tenant_index() == Some(tenant.index))
            && kind.is_none_or(|kind| socket.kind == kind)
    };
    let open = platform.sockets.all();
    let total = open.iter().filter(wanted).count();
    let sockets = open.iter().filter(wanted).take(limit).map(|socket| View::of(&platform, socket)).collect();
    Ok(Json(Sockets { sockets, total }))
}

async fn close(
    State(platform): State<Arc<Platform>>,
    Named(id): Named,
    params: Params,
) -> Answer<StatusCode> {
    let params = params.only(&CLOSE)?;
    let code = match params.get("code") {
        None => DEFAULT_CODE,
        Some(text) => code(text).ok_or_else(|| bad_code(text))?,
    };
    let reason = params.get("reason").unwrap_or("closed by an operator").to_owned();
    let socket = id.parse().ok().and_then(|id| platform.sockets.get(id));
    let socket = socket.ok_or_else(|| ApiError::no_such("socket", &id))?;
    socket.outbox.close(CloseReason::operator(code, reason));
    Ok(StatusCode::NO_CONTENT)
}

/// Reads a code that is allowed in a close frame (RFC 6455, 7.4).
fn code(text: &str) -> Option<u16> {
    text.parse().ok().filter(|code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999))
}

fn bad_code(text: &str) -> Refusal {
    Refusal::bad(format!("code [{text}]: expected one of 1000 to 1003, 1007 to 1014 or 3000 to 4999"))
}
