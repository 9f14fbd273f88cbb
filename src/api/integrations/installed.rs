//! Installed integrations and their configuration.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::record::{self, Resource, check_version, find};
use crate::api::refusal;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::Nanos;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::integration::kinds::integration_type;
use crate::world::integration::{Credential, Integration};
use crate::world::table::{Record, Stored};

/// What the types of client applications begin with.
const CLIENT_APP: &str = "embedded-client-app";

/// The fields of a configuration.
const CONFIG: [&str; 4] = ["properties", "advanced", "notes", "credentials"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/integrations", record::list::<Integration>),
        Route::post("/api/v2/integrations", create).checks(Checks::Inside),
        Route::get("/api/v2/integrations/clientapps", list_client_apps),
        Route::get("/api/v2/integrations/userapps", list_user_apps),
        Route::get("/api/v2/integrations/{integrationId}", get),
        Route::patch("/api/v2/integrations/{integrationId}", update),
        Route::delete("/api/v2/integrations/{integrationId}", delete),
        Route::get("/api/v2/integrations/{integrationId}/config/current", get_config),
        Route::put("/api/v2/integrations/{integrationId}/config/current", replace_config),
    ]
}

impl Resource for Integration {
    const PARAM: &'static str = "integrationId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::integration::integration(organization, record, record.modified)
    }

    fn to_json_at(organization: &Organization, record: &Record<Self>, now: Nanos) -> Map<String, Value> {
        view::integration::integration(organization, record, now)
    }

    fn check(_organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let Some(kind) = body.get("integrationType") else { return Ok(()) };
        let id = kind.get("id").and_then(Value::as_str).unwrap_or_default();
        let unknown = || ApiError::no_reference("integrationType", "integration type", id);
        integration_type(id).map(drop).ok_or_else(unknown)
    }

    fn matches(call: &Call<'_>, _organization: &Organization, record: &Record<Self>) -> bool {
        let is = |name: &str, value: &str| call.query_text(name).is_none_or(|wanted| wanted == value);
        let ids = call.query_list("ids");
        let credential = call.query_text("credentialId");
        is("integrationType", record.type_id())
            && is("reportedState", record.reported_state(call.now))
            && (ids.is_empty() || ids.contains(&record.id().to_string()))
            && credential.is_none_or(|id| uses(record, &id))
    }
}

/// Whether the configuration of an integration refers to the credential.
fn uses(record: &Record<Integration>, credential: &str) -> bool {
    let named = record.extra.get("config").and_then(|config| config.get("credentials")?.as_object());
    let mut named = named.into_iter().flat_map(Map::values);
    named.any(|one| one.get("id").and_then(Value::as_str) == Some(credential))
}

/// Whether any integration refers to the credential.
pub(super) fn is_in_use(organization: &Organization, credential: Id<Credential>) -> bool {
    let id = credential.to_string();
    Integration::table(organization).iter().any(|record| uses(record, &id))
}

/// Creates an integration. It is disabled. Without a name, it has that of its type.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    body.shift_remove("intendedState");
    let kind = body.get("integrationType").filter(|kind| !kind.is_null());
    let kind = kind.ok_or_else(|| refusal::of_missing("integrationType"))?;
    let kind = kind.get("id").and_then(Value::as_str).and_then(integration_type);
    if let Some(kind) = kind.filter(|_| body.get("name").is_none_or(Value::is_null)) {
        body.insert("name".to_owned(), json!(kind.name));
    }
    Reply::ok(&record::add::<Integration>(call, &body)?)
}

/// One integration. The document gives it the parameters of a listing.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.page()?;
    record::get::<Integration>(call)
}

/// Asks for a state. The reported state follows after a moment.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (call.param(Integration::PARAM)?, call.json_object()?);
    let (state, author) = (required_text(&body, "intendedState")?, record::author(call));
    call.change(|organization| {
        let mut integration = find::<Integration>(organization, &id)?.clone();
        if integration.intended_state() != state {
            integration.version += 1;
            (integration.modified, integration.modified_by) = (call.now, author);
            integration.extra.insert("intendedState".to_owned(), json!(state));
        }
        replace(organization, integration.clone())?;
        Reply::ok(&view::integration::integration(organization, &integration, call.now))
    })
}

fn replace(organization: &mut Organization, integration: Record<Integration>) -> Result<(), ApiError> {
    let replaced = Integration::table_mut(organization).replace(integration);
    replaced.map(drop).map_err(record::refused::<Integration>)
}

/// Deletes an integration and its actions, and answers with what was deleted.
fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param(Integration::PARAM)?;
    call.change(|organization| {
        let integration = find::<Integration>(organization, &id)?.clone();
        organization.remove(integration.id());
        Reply::json(StatusCode::OK, &view::integration::integration(organization, &integration, call.now))
    })
}

fn get_config(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param(Integration::PARAM)?;
    let organization = call.tenant().read();
    Reply::ok(&view::integration::configuration(find::<Integration>(&organization, &id)?))
}

/// Replaces the configuration, whose current version the body has to name.
fn replace_config(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (call.param(Integration::PARAM)?, call.json_object()?);
    call.change(|organization| {
        let mut integration = find::<Integration>(organization, &id)?.clone();
        let current = view::integration::configuration(&integration)["version"].as_u64().unwrap_or(1);
        check_version(u32::try_from(current).unwrap_or(u32::MAX), &body)?;
        check_credentials(organization, &body)?;
        let fields = CONFIG.iter().filter_map(|key| Some(((*key).to_owned(), body.get(*key)?.clone())));
        let mut config: Map<String, Value> = fields.collect();
        config.insert("version".to_owned(), json!(current + 1));
        integration.extra.insert("config".to_owned(), Value::Object(config));
        required_text(&body, "name")?.clone_into(&mut integration.name);
        replace(organization, integration.clone())?;
        Reply::ok(&view::integration::configuration(&integration))
    })
}

fn check_credentials(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
    let named = body.get("credentials").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for id in named.filter_map(|one| one.get("id").and_then(Value::as_str)) {
        record::referred::<Credential>(organization, "credentials", id)?;
    }
    Ok(())
}

fn list_client_apps(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_apps(call, view::integration::integration, |_| true)
}

/// The applications that are enabled for users.
fn list_user_apps(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_apps(call, view::integration::user_app, |record| record.reported_state(call.now) == "ACTIVE")
}

fn list_apps(
    call: &Call<'_>,
    to_json: fn(&Organization, &Record<Integration>, Nanos) -> Map<String, Value>,
    wanted: impl Fn(&Record<Integration>) -> bool,
) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = record::select::<Integration>(call, &organization).into_iter();
    let apps = all.filter(|record| record.type_id().starts_with(CLIENT_APP) && wanted(record));
    let apps = apps.map(|record| to_json(&organization, record, call.now));
    Reply::ok(&Page::of(apps, page, call.path, call.query))
}
