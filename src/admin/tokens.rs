//! Tokens for load tests: one of a user for each agent, without a login.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Answer;
use super::input::{self, Content, Params};
use super::route::{LIMIT, Resource, TENANT, post};
use crate::platform::Platform;
use crate::rules::Grant;
use crate::wire::error::ApiError;
use crate::world::id::UserIndex;
use crate::world::{Client, Tenant};

pub(super) fn resource() -> Resource {
    let does = "issues a user token for each of the first agents: {\"count\":100,\"tenant\":…}";
    let issue = post("/__admin/tokens", does, issue).query(&[LIMIT, TENANT]).may_read::<Order>();
    Resource::new().with(issue.answers::<Tokens>().refuses(&[409]))
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TokenOrder)]
struct Order {
    count: Option<u32>,
    tenant: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Tokens {
    tokens: Vec<Issued>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Token)]
struct Issued {
    #[schema(value_type = String, format = "uuid")]
    user_id: Uuid,
    name: String,
    token: String,
}

async fn issue(
    State(platform): State<Arc<Platform>>,
    params: Params,
    content: Content,
) -> Answer<Json<Tokens>> {
    let params = params.only(&[LIMIT, TENANT])?;
    let order: Order = content.json_or_none()?.unwrap_or_default();
    let tenant = input::tenant(&platform, order.tenant.as_deref().or(params.get("tenant")))?;
    let limit = params.limit()?;
    let count = order.count.map_or(limit, |count| count as usize);
    let client = client(&tenant)?;
    let now = platform.clock.now();
    let issue = |(user, id, name)| {
        let grant = Grant::AuthorizationCode;
        let token = platform.identity.tokens.issue(&tenant, client, Some(user), grant, now);
        Issued { user_id: id, name, token: token.text }
    };
    let tokens = agents(&tenant, count).into_iter().map(issue).collect();
    Ok(Json(Tokens { tokens }))
}

/// The client that agents log in with.
fn client(tenant: &Tenant) -> Answer<&Arc<Client>> {
    let found = tenant.clients.iter().find(|client| client.grants.contains(&Grant::AuthorizationCode));
    let why = || format!("The organization {} has no client for the grant authorization_code.", tenant.name);
    Ok(found.ok_or_else(|| ApiError::conflict(why()))?)
}

/// The first agents, with id and name.
fn agents(tenant: &Tenant, count: usize) -> Vec<(UserIndex, Uuid, String)> {
    let organization = tenant.read();
    let users = organization.people().indexed().filter(|(_, user)| user.is_agent());
    users.take(count).map(|(index, user)| (index, user.id.uuid(), user.name.clone())).collect()
}
