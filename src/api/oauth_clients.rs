//! OAuth clients. A client that is created here can log in at `/oauth/token`.
//!
//! The secret is in the answers to the creation and to its own rotation, and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::entity::required_text;
use super::record::{author, check_name, referred};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::rules::Grant;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::authorization::{Division, Grant as RoleGrant, Role, home};
use crate::world::id::{ClientIndex, Id};
use crate::world::{Client, Organization};

/// The fields that are stored as they are sent.
const FIELDS: [&str; 6] =
    ["authorizedGrantType", "description", "roleIds", "roleDivisions", "state", "dateToDelete"];
/// The vendor's words for grants.
const GRANT_TYPES: [&str; 5] = ["CODE", "TOKEN", "SAML2-BEARER", "PASSWORD", "CLIENT-CREDENTIALS"];
/// The most bytes of the body of a client.
const MAX_CLIENT: usize = 64 << 10;
/// The bounds and the default of a token's lifetime in seconds.
const LIFETIME: (u64, u64, u64) = (300, 172_800, 86_400);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/oauth/clients", list),
        Route::post("/api/v2/oauth/clients", create).checks(Checks::Inside),
        Route::get("/api/v2/oauth/clients/{clientId}", get),
        Route::put("/api/v2/oauth/clients/{clientId}", update),
        Route::delete("/api/v2/oauth/clients/{clientId}", delete),
        Route::post("/api/v2/oauth/clients/{clientId}/secret", rotate_secret),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (all, page) = (call.tenant().oauth_clients(), call.page()?);
    let organization = call.tenant().read();
    let on_page = all.iter().skip(page.offset()).take(page.most());
    let entities: Vec<_> = on_page.map(|client| to_json(&organization, client)).collect();
    Reply::ok(&Page::new(entities, all.len(), page, call.path, call.query))
}

/// The client in the call's path.
fn find(call: &Call<'_>) -> Result<Arc<Client>, ApiError> {
    let id = call.param("clientId")?;
    let found = call.tenant().oauth_clients().into_iter().find(|client| client.id == id);
    found.ok_or_else(|| ApiError::no_such("OAuth client", &id))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let client = find(call)?;
    Reply::ok(&to_json(&call.tenant().read(), &client))
}

/// A client without its secret, and without roles that were deleted.
fn to_json(organization: &Organization, client: &Client) -> Map<String, Value> {
    let mut written = Map::new();
    let mut put = |key: &str, value: Value| drop(written.insert(key.to_owned(), value));
    put("id", json!(client.id));
    put("name", json!(client.name));
    put("authorizedGrantType", json!(client.grants.first().map(|grant| grant.vendor_name())));
    put("scope", json!(*client.scopes));
    put("registeredRedirectUri", json!(client.redirect_uris));
    put("accessTokenValiditySeconds", json!(client.token_lifetime.as_secs()));
    put("state", json!("active"));
    written.extend(client.extra.iter().map(|(key, value)| (key.clone(), value.clone())));
    for key in ["roleIds", "roleDivisions"] {
        if let Some(roles) = written.get_mut(key).and_then(Value::as_array_mut) {
            roles.retain(|role| is_role(organization, role.get("roleId").unwrap_or(role)));
        }
    }
    written.insert("selfUri".to_owned(), json!(format!("/api/v2/oauth/clients/{}", client.id)));
    written
}

fn is_role(organization: &Organization, id: &Value) -> bool {
    id.as_str().is_some_and(|id| organization.authorization().roles.find(id).is_some())
}

/// A client and its secret.
fn with_secret(call: &Call<'_>, client: &Client) -> Map<String, Value> {
    let mut written = to_json(&call.tenant().read(), client);
    written.insert("secret".to_owned(), json!(client.secret));
    written
}

fn random_secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), &Uuid::new_v4().simple().to_string()[..11])
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let empty = Client {
        index: ClientIndex(0),
        id: Uuid::new_v4().to_string(),
        name: String::new(),
        secret: Some(random_secret()),
        grants: Vec::new(),
        scopes: Arc::new([]),
        redirect_uris: Vec::new(),
        token_lifetime: Duration::ZERO,
        extra: Map::new(),
    };
    if body.get("state").and_then(Value::as_str).is_some_and(|state| state != "active") {
        return Err(refused("bad.client.state", "New clients can only have an active state"));
    }
    let mut client = changed(call, &empty, &body)?;
    let stamp = json!(rfc3339(call.now));
    client.extra.insert("dateCreated".to_owned(), stamp);
    if let Some(author) = author(call) {
        client.extra.insert("createdBy".to_owned(), author_reference(author));
    }
    let client = store(call, client, &body)?;
    Reply::ok(&with_secret(call, &client))
}

/// Changes a client. The tokens of one that is disabled end; those of one that is inactive stay.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, known) = (call.json_object()?, find(call)?);
    let client = store(call, changed(call, &known, &body)?, &body)?;
    if client.extra.get("state").is_some_and(|state| state == "disabled") {
        call.platform.identity.tokens.forget_client(&client.id);
    }
    Reply::ok(&to_json(&call.tenant().read(), &client))
}

/// The client as the body wants it.
fn changed(call: &Call<'_>, known: &Client, body: &Map<String, Value>) -> Result<Client, ApiError> {
    if call.body.len() > MAX_CLIENT {
        return Err(ApiError::bad_request(format!("An OAuth client has at most {MAX_CLIENT} bytes.")));
    }
    check_name(body, "name")?;
    let missing = |_| refused("grant.type.required", "The property authorizedGrantType is required.");
    let kind = required_text(body, "authorizedGrantType").map_err(missing)?;
    if !GRANT_TYPES.contains(&kind) {
        return Err(ApiError::invalid_value("authorizedGrantType", kind, &GRANT_TYPES.join(", ")));
    }
    let strings = |key: &str| {
        body.get(key)
            .and_then(Value::as_array)
            .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
    };
    let (least, most, default) = LIFETIME;
    let seconds = body.get("accessTokenValiditySeconds").and_then(Value::as_u64).unwrap_or(default);
    if !(least..=most).contains(&seconds) {
        let why = format!("The property accessTokenValiditySeconds must be from {least} to {most}.");
        return Err(ApiError::bad_request(why));
    }
    let mut client = known.clone();
    required_text(body, "name")?.clone_into(&mut client.name);
    client.grants = grants(kind);
    client.scopes = strings("scope").unwrap_or_else(|| vec!["*".to_owned()]).into();
    client.redirect_uris = strings("registeredRedirectUri").unwrap_or_default();
    client.token_lifetime = Duration::from_secs(seconds);
    client.extra.retain(|key, _| matches!(key.as_str(), "dateCreated" | "createdBy"));
    let fields = FIELDS.into_iter().filter_map(|field| Some((field.to_owned(), body.get(field)?.clone())));
    client.extra.extend(fields.filter(|(_, value)| !value.is_null()));
    client.extra.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
    if let Some(author) = author(call) {
        client.extra.insert("modifiedBy".to_owned(), author_reference(author));
    }
    Ok(client)
}

/// The grants of the login host that the vendor's word stands for. The others can not be used here.
fn grants(kind: &str) -> Vec<Grant> {
    match kind {
        "CLIENT-CREDENTIALS" => vec![Grant::ClientCredentials],
        "CODE" => vec![Grant::AuthorizationCode, Grant::RefreshToken],
        "TOKEN" => vec![Grant::Implicit],
        _ => Vec::new(),
    }
}

fn author_reference(author: Uuid) -> Value {
    json!({ "id": author, "selfUri": format!("/api/v2/users/{author}") })
}

fn refused(code: &'static str, why: &'static str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why)
}

/// Stores a client, and grants it the roles of the body in place of those before.
fn store(call: &Call<'_>, client: Client, body: &Map<String, Value>) -> Result<Arc<Client>, ApiError> {
    let id = Uuid::try_parse(&client.id).map_err(|_| ApiError::internal())?;
    let grants = read_grants(call, &call.tenant().read(), body)?;
    let tenant = &call.caller.token.tenant;
    let stored = call.platform.tenants.put_client(tenant, client);
    let stored = stored.map_err(|full| refused_full(&full.to_string()))?;
    if body.contains_key("roleDivisions") || body.contains_key("roleIds") {
        call.change(|organization| {
            organization.retain_grants(id, |_| false);
            grants
                .into_iter()
                .try_for_each(|grant| organization.grant(id, grant).map_err(|_| super::record::full()))
        })?;
    }
    Ok(stored)
}

fn refused_full(why: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "auth.too.many.clients", why.to_owned())
}

/// The grants of `roleDivisions`, and of `roleIds` in the home division.
fn read_grants(
    call: &Call<'_>,
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<Vec<RoleGrant>, ApiError> {
    let list = |key: &str| body.get(key).and_then(Value::as_array).into_iter().flatten();
    let grant = |role: &str, division: Option<Id<Division>>| {
        let role = referred::<Role>(organization, "roleId", role)?;
        Ok(RoleGrant { role, division, made: call.now })
    };
    let pairs = list("roleDivisions").filter_map(Value::as_object).map(|pair| {
        let division = required_text(pair, "divisionId")?;
        let division = match division {
            "*" => None,
            id => Some(referred::<Division>(organization, "divisionId", id)?),
        };
        grant(required_text(pair, "roleId")?, division)
    });
    let roles = list("roleIds").filter_map(Value::as_str).map(|id| grant(id, Some(home(organization.id))));
    pairs.chain(roles).collect()
}

/// Deletes a client that is not active. Its tokens end.
fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let client = find(call)?;
    if client.is_active() {
        const WHY: &str = "Clients must be marked as inactive to be eligible for deletion.";
        return Err(refused("cannot.delete.client", WHY));
    }
    call.platform.tenants.remove_client(call.tenant(), &client.id);
    call.platform.identity.tokens.forget_client(&client.id);
    if let Ok(id) = Uuid::try_parse(&client.id) {
        call.change(|organization| {
            organization.retain_grants(id, |_| false);
            Ok(())
        })?;
    }
    Ok(Reply::no_content())
}

/// Gives a client another secret. The secret before does not work any more; tokens stay.
fn rotate_secret(call: &Call<'_>) -> Result<Reply, ApiError> {
    let known = find(call)?;
    let client = Client { secret: Some(random_secret()), ..Client::clone(&known) };
    let stored = call.platform.tenants.put_client(&call.caller.token.tenant, client);
    let stored = stored.map_err(|full| refused_full(&full.to_string()))?;
    Reply::ok(&with_secret(call, &stored))
}
