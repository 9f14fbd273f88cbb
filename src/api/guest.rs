//! Guest web messaging: the socket, a guest's history, and the configuration of a deployment.

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::request::Request;
use crate::api::route::{Handler, Route};
use crate::identity::{GuestPrincipal, Principal, bearer};
use crate::platform::Platform;
use crate::session::guest::Speaker;
use crate::session::session::NewSession;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;
use crate::world::messaging::WebDeployment;
use crate::world::table::Record;
use crate::world::{LANGUAGE, Tenant};

const HISTORY: &str = "/api/v2/webmessaging/messages";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::socket("/v1", open),
        Route::new(http::Method::GET, HISTORY, Handler::Guest(get_history)),
        Route::new(
            http::Method::GET,
            "/webdeployments/v1/deployments/{deploymentId}/config.json",
            Handler::Public(get_config),
        ),
    ]
}

/// Identifies a guest by the token in `Authorization`, which its socket issued.
pub(crate) fn principal(
    platform: &Platform,
    headers: &HeaderMap,
    host: &str,
    now: Nanos,
) -> Result<Principal, ApiError> {
    let bearer = bearer(headers).ok_or_else(ApiError::authentication_required)?;
    let known = std::str::from_utf8(bearer).ok().and_then(|jwt| platform.guests.by_jwt(jwt, now));
    let guest = known.ok_or_else(ApiError::bad_credentials)?;
    let (tenant, deployment) = (Arc::clone(&guest.tenant), guest.deployment);
    let edge = tenant.edge_at(host);
    Ok(Principal::Guest(GuestPrincipal { tenant, deployment, session: Some(guest.hash), edge }))
}

/// Opens the socket of a guest. The id of a deployment, `?deploymentId=…`, is enough to connect.
fn open(platform: &Platform, request: &Request<'_>) -> Result<NewSession, ApiError> {
    let named = request.query_text("deploymentId");
    let named =
        named.ok_or_else(|| ApiError::bad_request("The query parameter deploymentId is required."))?;
    let (tenant, id, _) = find_deployment(platform, &named)?;
    let speaker = Speaker::new(Arc::clone(&tenant), id, base_uri(request.secure, request.host));
    let edge = tenant.edge_at(request.host);
    let principal = Principal::Guest(GuestPrincipal { tenant, deployment: id, session: None, edge });
    Ok(NewSession { principal, agent: None, session: Box::new(speaker) })
}

/// Finds the active deployment `named`, and its organization.
fn find_deployment(
    platform: &Platform,
    named: &str,
) -> Result<(Arc<Tenant>, Uuid, Record<WebDeployment>), ApiError> {
    let unknown = || ApiError::no_such("deployment", named);
    let id = Uuid::try_parse(named).map_err(|_| unknown())?;
    let found = platform.deployment(id).filter(|(_, deployment)| deployment.is_active());
    let (tenant, found) = found.ok_or_else(unknown)?;
    Ok((tenant, id, found))
}

/// Lists the messages of a guest, for the token that `getJwt` issued.
fn get_history(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let bearer = bearer(request.headers).and_then(|bearer| std::str::from_utf8(bearer).ok());
    let guest = bearer.and_then(|jwt| platform.guests.by_jwt(jwt, request.now));
    let guest = guest.ok_or_else(ApiError::bad_credentials)?;
    let page = PageRequest::parse(|name| request.query_text(name))?;
    let messages = guest.history(request.now);
    let shown = messages.iter().rev().skip(page.offset()).take(page.most()).cloned().collect();
    let page = Page::<Value>::new(shown, messages.len(), page, HISTORY, request.query);
    Reply::ok(&page.without(&["firstUri", "nextUri", "previousUri", "lastUri", "selfUri"]))
}

/// Serves the configuration that a messenger loads before it connects.
fn get_config(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let (_, id, found) = find_deployment(platform, &request.param("deploymentId")?)?;
    let none = Map::new();
    Reply::ok(&json!({
        "id": id,
        "deploymentId": id,
        "version": "1",
        "languages": [LANGUAGE],
        "defaultLanguage": LANGUAGE,
        "apiEndpoint": base_uri(request.secure, request.host),
        "messenger": {
            "enabled": true,
            "apps": { "conversations": {
                "messagingEndpoint": request.socket_uri("webmessaging", ""),
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
        "status": found.status(),
        "name": found.name,
    }))
}
