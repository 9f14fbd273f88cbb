//! Identity providers of single sign-on. A kind with a path of its own is not there before a PUT and after a DELETE;
//! the platform's own, `purecloud`, is always there. Logins do not use them.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::entity;
use super::json_entity::answer;
use super::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;

const PROVIDERS: &str = "/api/v2/identityproviders";
const KIND: &str = "identity provider";
/// The provider that every organization has.
const OWN: &str = "purecloud";
/// The kinds of which an organization has one at most.
const SINGLE: [&str; 11] = [
    "adfs",
    "cic",
    "generic",
    "gsuite",
    "identitynow",
    "okta",
    "onelogin",
    "ping",
    OWN,
    "pureengage",
    "salesforce",
];

pub(super) fn routes() -> Vec<Route> {
    let single = SINGLE.into_iter().flat_map(|kind| {
        let one = format!("{PROVIDERS}/{kind}");
        [Route::get(&one, get), Route::put(&one, put), Route::delete(&one, delete)]
    });
    let one = format!("{PROVIDERS}/{{providerId}}");
    let custom = [
        Route::get(PROVIDERS, list),
        Route::post(PROVIDERS, create),
        Route::get(&one, get),
        Route::put(&one, replace),
        Route::delete(&one, delete),
    ];
    single.chain(custom).collect()
}

/// The id in the path: the word of a kind, or the id of a custom provider.
fn id_in_path(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.param("providerId")?;
    let word = call.path.rsplit('/').next().unwrap_or_default();
    Ok(if id.is_empty() { word.to_owned() } else { id.into_owned() })
}

fn find(organization: &Organization, id: &str) -> Result<Map<String, Value>, ApiError> {
    let stored = organization.collections.get(PROVIDERS, id).map(|stored| Map::clone(stored));
    let own = || (id == OWN).then(|| with_id(OWN, object(json!({ "name": "PureCloud", "disabled": false }))));
    stored.or_else(own).ok_or_else(|| ApiError::no_such(KIND, id))
}

fn with_id(id: &str, mut provider: Map<String, Value>) -> Map<String, Value> {
    provider.insert("id".to_owned(), json!(id));
    provider.insert("selfUri".to_owned(), json!(format!("{PROVIDERS}/{id}")));
    provider
}

/// The custom providers and the configured ones, without the platform's own (assumed).
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let all = organization.collections.entries(PROVIDERS).filter(|(id, _)| *id != OWN);
    answer::list(call, all.map(|(_, provider)| Map::clone(provider)).collect())
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = id_in_path(call)?;
    let found = find(&call.tenant().read(), &id)?;
    answer::reply(call, found)
}

/// Refuses a custom provider without a name. Documented: the operations' error code.
fn check_name(body: &Map<String, Value>) -> Result<(), ApiError> {
    const WHY: &str = "The identity provider must have a name.";
    let has_text = |key: &&str| !entity::text(body, key).trim().is_empty();
    let is_named = ["name", "providerName"].iter().any(has_text);
    let missing = || ApiError::new(StatusCode::BAD_REQUEST, "missing.provider.name", WHY);
    is_named.then_some(()).ok_or_else(missing)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_name(&body)?;
    let created = entity::create(call, PROVIDERS, body);
    answer::reply(call, Map::clone(&created))
}

/// Configures the provider of a kind.
fn put(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (id_in_path(call)?, call.json_object()?);
    let provider = with_id(&id, body);
    call.change(|organization| {
        organization.collections.insert_chosen(PROVIDERS, &id, provider.clone());
        Ok(())
    })?;
    answer::reply(call, provider)
}

/// Replaces a custom provider.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (id_in_path(call)?, call.json_object()?);
    find(&call.tenant().read(), &id)?;
    check_name(&body)?;
    let provider = with_id(&id, body);
    call.change(|organization| {
        find(organization, &id)?;
        organization.collections.insert(PROVIDERS, &id, provider.clone());
        Ok(())
    })?;
    answer::reply(call, provider)
}

/// Removes a provider. The platform's own is reset.
fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = id_in_path(call)?;
    call.change(|organization| {
        find(organization, &id)?;
        organization.collections.remove(PROVIDERS, &id);
        Ok(())
    })?;
    answer::done(call)
}
