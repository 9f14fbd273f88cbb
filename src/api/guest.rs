//! Guest web messaging: the socket, a guest's history, and what a deployment's page asks first.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::catalog::operation::{Handler, Operation, operation, socket};
use crate::identity::{GuestPrincipal, Principal};
use crate::platform::Platform;
use crate::session::guest::Speaker;
use crate::session::session::{Knock, NewSession};
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::wire::uri::{base_uri, socket_uri};
use crate::world::Tenant;
use crate::world::collection::Entity;
use crate::world::seed::DEPLOYMENTS;

const HISTORY: &str = "/api/v2/webmessaging/messages";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        socket("/v1", door),
        operation(http::Method::GET, HISTORY, Handler::Guest(history)),
        operation(
            http::Method::GET,
            "/webdeployments/v1/deployments/{deploymentId}/config.json",
            Handler::Open(config),
        ),
    ]
}

/// `?deploymentId=…`: whoever knows a deployment may connect.
fn door(knock: &Knock<'_>) -> Result<NewSession, ApiError> {
    let named = knock.query("deploymentId");
    let named =
        named.ok_or_else(|| ApiError::bad_request("The query parameter deploymentId is required."))?;
    let (tenant, id, _) = deployment(knock.platform, &named)?;
    let speaker = Speaker::new(Arc::clone(&tenant), id, base_uri(knock.secure, knock.host));
    let edge = tenant.edge_at(knock.host);
    let asker = Principal::Guest(GuestPrincipal { tenant, deployment: id, session: None, edge });
    Ok(NewSession { asker, agent: None, session: Box::new(speaker) })
}

/// The deployment of that id, and whose it is.
fn deployment(platform: &Platform, named: &str) -> Result<(Arc<Tenant>, Uuid, Entity), ApiError> {
    let unknown = || ApiError::no_such("deployment", named);
    let id = Uuid::try_parse(named).map_err(|_| unknown())?;
    let key = id.to_string();
    let of = |tenant: Arc<Tenant>| {
        let found = tenant.data.read().collections.get(DEPLOYMENTS, &key).cloned();
        found.map(|found| (tenant, id, found))
    };
    platform.tenants.all().into_iter().find_map(of).ok_or_else(unknown)
}

/// `Authorization: Bearer` with what `getJwt` gave.
fn history(knock: &Knock<'_>) -> Result<Reply, ApiError> {
    let bearer = crate::identity::bearer(knock.headers).and_then(|bearer| std::str::from_utf8(bearer).ok());
    let guest = bearer.and_then(|jwt| knock.platform.guests.by_jwt(jwt, knock.now));
    let guest = guest.ok_or_else(ApiError::bad_credentials)?;
    let page = PageRequest::parse(|name| knock.query(name))?;
    let messages = guest.history();
    let shown = messages.iter().rev().skip(page.offset()).take(page.most()).cloned().collect();
    Reply::ok(&Page::<Value>::new(shown, messages.len(), page, HISTORY, knock.query))
}

/// What a messenger's page loads before it connects.
fn config(knock: &Knock<'_>) -> Result<Reply, ApiError> {
    let (_, id, found) = deployment(knock.platform, &knock.param("deploymentId"))?;
    let field = |key: &str| found.get(key).cloned().unwrap_or_default();
    let none = Map::new();
    Reply::ok(&json!({
        "id": id,
        "deploymentId": id,
        "version": "1",
        "languages": ["en-us"],
        "defaultLanguage": "en-us",
        "apiEndpoint": base_uri(knock.secure, knock.host),
        "messenger": {
            "enabled": true,
            "apps": { "conversations": {
                "messagingEndpoint": socket_uri(knock.secure, knock.host, ""),
                "conversationClear": { "enabled": true },
                "conversationDisconnect": { "enabled": true, "type": "Send" },
                "autoStart": { "enabled": false },
                "humanize": { "enabled": false },
            } },
            "styles": none,
            "launcherButton": { "visibility": "On" },
            "fileUpload": { "enableAttachments": true, "modes": [] },
        },
        "journeyEvents": { "enabled": false },
        "auth": { "enabled": false, "allowSessionUpgrade": false },
        "status": field("status"),
        "name": field("name"),
    }))
}
