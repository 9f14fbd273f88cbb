//! Organizations: listed, created for a test of its own, and deleted with all they have.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Refusal, created};
use super::input::{self, Content, Named};
use super::route::{Resource, delete, get, post};
use crate::platform::Platform;
use crate::rules::Grant;
use crate::wire::error::ApiError;
use crate::world::{Client, Tenant};

/// Characters of a name.
const MAX_NAME: usize = 200;

pub(super) fn resource() -> Resource {
    let new = "creates an organization with its own credentials: {\"name\":…}";
    let create = post("/__admin/tenants", new, create).may_read::<Order>().creates::<Created>();
    let remove = delete("/__admin/tenants/{id}", "deletes an organization that this API created", remove);
    let list = get("/__admin/tenants", "the organizations and their clients", list);
    Resource::new().with(list.answers::<Tenants>()).with(create.refuses(&[409])).with(remove.refuses(&[409]))
}

#[derive(Serialize, ToSchema)]
struct Tenants {
    tenants: Vec<View>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Tenant)]
struct View {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    name: String,
    clients: Vec<ClientView>,
}

/// An organization with its client secrets, which only the answer to its creation contains.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedTenant)]
struct Created {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    name: String,
    clients: Vec<Credentials>,
}

/// A client as listings show it.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
struct ClientView {
    id: String,
    name: String,
}

/// A client as only the answer to its creation shows it.
#[derive(Serialize, ToSchema)]
struct Credentials {
    id: String,
    name: String,
    /// A public client has none.
    #[schema(required)]
    secret: Option<String>,
}

impl View {
    fn of(tenant: &Tenant) -> Self {
        Self { id: tenant.id, name: tenant.name.clone(), clients: clients(tenant, ClientView::of) }
    }
}

impl Created {
    fn of(tenant: &Tenant) -> Self {
        Self { id: tenant.id, name: tenant.name.clone(), clients: clients(tenant, Credentials::of) }
    }
}

/// The clients of an organization. The first one can log in on its own.
fn clients<C>(tenant: &Tenant, view: impl Fn(&Client) -> C) -> Vec<C> {
    let logs_in =
        |client: &Client| client.secret.is_some() && client.grants.contains(&Grant::ClientCredentials);
    let mut clients: Vec<_> = tenant.clients.iter().collect();
    clients.sort_by_key(|client| !logs_in(client));
    clients.into_iter().map(|client| view(client)).collect()
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

async fn list(State(platform): State<Arc<Platform>>) -> Json<Tenants> {
    let tenants = platform.tenants.all().iter().map(|tenant| View::of(tenant)).collect();
    Json(Tenants { tenants })
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantOrder)]
struct Order {
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
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
    Ok(created(&Created::of(&tenant)))
}

async fn remove(State(platform): State<Arc<Platform>>, Named(id): Named) -> Answer<StatusCode> {
    let tenant = input::tenant(&platform, Some(&id))?;
    if platform.tenants.is_seeded(tenant.id) {
        let why = format!("The organization {} exists from the start and cannot be deleted.", tenant.name);
        return Err(ApiError::conflict(why).into());
    }
    platform.tenants.remove(tenant.id).ok_or_else(|| ApiError::no_such("tenant", &id))?;
    platform.forget(&tenant);
    platform.identity.tokens.forget(tenant.id);
    Ok(StatusCode::NO_CONTENT)
}
