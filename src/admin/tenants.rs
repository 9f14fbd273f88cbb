//! Organizations: listed, created for a test of its own, and deleted with all they have.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Resource;
use super::answer::{Answer, Refusal, created};
use super::input::{self, Content, Named};
use crate::platform::Platform;
use crate::rules::Grant;
use crate::wire::error::ApiError;
use crate::world::{Client, Tenant};

/// Characters of a name.
const MAX_NAME: usize = 200;

pub(super) fn resource() -> Resource {
    Resource::new()
        .get("/__admin/tenants", "the organizations and their clients", list)
        .post("/__admin/tenants", "creates an organization with its own credentials: {\"name\":…}", create)
        .delete("/__admin/tenants/{id}", "deletes an organization that this API created", remove)
}

#[derive(Serialize)]
struct View<C> {
    id: Uuid,
    name: String,
    clients: Vec<C>,
}

/// A client as listings show it.
#[derive(Serialize)]
struct ClientView {
    id: String,
    name: String,
}

/// A client as only the answer to its creation shows it.
#[derive(Serialize)]
struct Credentials {
    id: String,
    name: String,
    /// A public client has none.
    secret: Option<String>,
}

impl<C> View<C> {
    /// The first client is one that can log in on its own.
    fn of(tenant: &Tenant, view: impl Fn(&Client) -> C) -> Self {
        let logs_in =
            |client: &Client| client.secret.is_some() && client.grants.contains(&Grant::ClientCredentials);
        let mut clients: Vec<_> = tenant.clients.iter().collect();
        clients.sort_by_key(|client| !logs_in(client));
        let clients = clients.into_iter().map(|client| view(client)).collect();
        Self { id: tenant.id, name: tenant.name.clone(), clients }
    }
}

impl ClientView {
    fn of(client: &Client) -> Self {
        Self { id: client.id.clone(), name: client.name.clone() }
    }
}

impl Credentials {
    fn of(client: &Client) -> Self {
        Self { id: client.id.clone(), name: client.name.clone(), secret: client.secret.clone() }
    }
}

async fn list(State(platform): State<Arc<Platform>>) -> Json<Value> {
    let tenants: Vec<_> =
        platform.tenants.all().iter().map(|tenant| View::of(tenant, ClientView::of)).collect();
    Json(json!({ "tenants": tenants }))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    name: Option<String>,
}

async fn create(State(platform): State<Arc<Platform>>, content: Content) -> Answer<Response> {
    let order: Order = content.json_or_none()?.unwrap_or_default();
    let bad = |name: &String| name.trim().is_empty() || name.chars().count() > MAX_NAME;
    if order.name.as_ref().is_some_and(bad) {
        return Err(Refusal::bad(format!("name: expected 1 to {MAX_NAME} characters, or no name")));
    }
    let made = platform.create_tenant(order.name);
    let tenant = made.map_err(|full| ApiError::conflict(full.to_string()))?;
    Ok(created(&View::of(&tenant, Credentials::of)))
}

async fn remove(State(platform): State<Arc<Platform>>, Named(who): Named) -> Answer<StatusCode> {
    let tenant = input::tenant(&platform, Some(&who))?;
    if platform.tenants.is_seeded(tenant.id) {
        let why = format!("The organization {} exists from the start and cannot be deleted.", tenant.name);
        return Err(ApiError::conflict(why).into());
    }
    platform.tenants.remove(tenant.id).ok_or_else(|| ApiError::no_such("tenant", &who))?;
    platform.forget(&tenant);
    platform.identity.tokens.forget(tenant.id);
    Ok(StatusCode::NO_CONTENT)
}
