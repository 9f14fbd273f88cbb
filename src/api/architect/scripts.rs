//! Scripts under two paths: the published one, which only reads, and `/api/v2/architect/scripts`, which no published
//! document has.
//!
//! Both use one store: `GET /api/v2/scripts` lists what `POST /api/v2/architect/scripts` creates. The published path
//! shows the published fields; the other path also shows `version`, which counts writes, and all other fields of the
//! client. An upload of a script to the host of the applications stores its name, and is finished at once.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::filters::{matches_script, matches_variable};
use super::resource::{Type, patch_fields, pick};
use crate::api::call::Call;
use crate::api::downloads;
use crate::api::entity;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;
use crate::world::architect::{SCRIPTS, script_page};
use crate::world::collection::Entity;
use crate::world::seed::home_division;

/// The fields of a script on the published path.
const SHOWN: [&str; 15] = [
    "id",
    "name",
    "division",
    "versionId",
    "createdDate",
    "modifiedDate",
    "publishedDate",
    "versionDate",
    "startPageId",
    "startPageName",
    "features",
    "variables",
    "customActions",
    "pages",
    "selfUri",
];

/// The fields that only the platform sets.
const OWN: [&str; 8] =
    ["id", "selfUri", "version", "versionId", "createdDate", "modifiedDate", "publishedDate", "versionDate"];

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/architect/scripts", list_full).unpublished(),
        Route::post("/api/v2/architect/scripts", create).unpublished(),
        Route::get("/api/v2/architect/scripts/{scriptId}", get_full).unpublished(),
        Route::put("/api/v2/architect/scripts/{scriptId}", update).unpublished(),
        Route::delete("/api/v2/architect/scripts/{scriptId}", delete).unpublished(),
        Route::get("/api/v2/scripts", list),
        Route::get("/api/v2/scripts/divisionviews", list),
        Route::get("/api/v2/scripts/published", list_published),
        Route::post("/api/v2/scripts/published", publish),
        Route::get("/api/v2/scripts/published/divisionviews", list_published),
        Route::get("/api/v2/scripts/published/divisionviews/{scriptId}/variables", get_variables),
        Route::get("/api/v2/scripts/published/{scriptId}", get_published),
        Route::get("/api/v2/scripts/published/{scriptId}/pages", list_published_pages),
        Route::get("/api/v2/scripts/published/{scriptId}/pages/{pageId}", get_published_page),
        Route::get("/api/v2/scripts/published/{scriptId}/variables", get_variables),
        Route::get("/api/v2/scripts/uploads/{uploadId}/status", get_upload_status),
        Route::get("/api/v2/scripts/{scriptId}", get),
        Route::get("/api/v2/scripts/{scriptId}/pages", list_pages),
        Route::get("/api/v2/scripts/{scriptId}/pages/{pageId}", get_page),
        Route::post("/api/v2/scripts/{scriptId}/export", export),
    ]
}

fn list_full(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::list(call, SCRIPTS)?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&add(call, read_body(call)?)?)
}

/// Stores an uploaded script: a new one, or a new version of the one that it replaces. The id of the upload.
pub(in crate::api) fn put_script(
    call: &Call<'_>,
    name: &str,
    replaced: Option<String>,
) -> Result<String, ApiError> {
    let body = Map::from_iter([("name".to_owned(), json!(name))]);
    let script = match replaced {
        Some(id) => change(call, &id, body)?,
        None => add(call, body)?,
    };
    let upload = Map::from_iter([("script".to_owned(), json!(entity::text(&script, "id")))]);
    Ok(entity::text(&entity::create(call, SCRIPT_UPLOADS, upload), "id").to_owned())
}

fn add(call: &Call<'_>, body: Map<String, Value>) -> Result<Entity, ApiError> {
    let (version, since) = (Uuid::new_v4().to_string(), rfc3339(call.now));
    let mut script = Map::from_iter([
        ("name".to_owned(), json!("Untitled script")),
        ("division".to_owned(), home_division(call.tenant().id)),
        ("version".to_owned(), json!(1)),
        ("versionId".to_owned(), json!(version)),
        ("createdDate".to_owned(), json!(since)),
        ("modifiedDate".to_owned(), json!(since)),
        ("versionDate".to_owned(), json!(since)),
        ("features".to_owned(), json!({})),
        ("variables".to_owned(), json!({})),
        ("customActions".to_owned(), json!({})),
        ("pages".to_owned(), json!([{ "name": "Start" }])),
    ]);
    patch_fields(&mut script, body);
    let id = Uuid::new_v4().to_string();
    complete_pages(&mut script, &id, call);
    script.insert("selfUri".to_owned(), json!(format!("{SCRIPTS}/{id}")));
    let mut stored = Map::from_iter([("id".to_owned(), json!(id))]);
    stored.extend(script);
    call.change(|organization| Ok(organization.collections.insert(SCRIPTS, &id, stored)))
}

fn get_full(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&find_script(call)?)
}

/// Merges the body into the stored script, as a new version.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = read_body(call)?;
    Reply::ok(&change(call, &call.param("scriptId")?, changes)?)
}

fn change(call: &Call<'_>, id: &str, changes: Map<String, Value>) -> Result<Entity, ApiError> {
    entity::update(call, SCRIPTS, KIND, id, |script| {
        patch_fields(script, changes);
        let version = script.get("version").and_then(Value::as_u64).unwrap_or_default();
        script.insert("version".to_owned(), json!(version.saturating_add(1)));
        script.insert("versionId".to_owned(), json!(Uuid::new_v4()));
        script.insert("modifiedDate".to_owned(), json!(rfc3339(call.now)));
        script.insert("versionDate".to_owned(), json!(rfc3339(call.now)));
        complete_pages(script, id, call);
        Ok(())
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, SCRIPTS, KIND, &call.param("scriptId")?)
}

/// Reads a script: any JSON object whose known fields have the right types.
fn read_body(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    const TYPES: [(&str, Type); 9] = [
        ("name", Type::Text),
        ("division", Type::Object),
        ("startPageId", Type::Text),
        ("startPageName", Type::Text),
        ("features", Type::Object),
        ("variables", Type::Object),
        ("customActions", Type::Object),
        ("pages", Type::Objects),
        ("description", Type::Text),
    ];
    let mut body = call.json_object()?;
    body.retain(|key, _| !OWN.contains(&key.as_str()));
    if body.contains_key("name") {
        entity::required_text(&body, "name")?;
    }
    for (field, kind) in TYPES {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            kind.check(field, value)?;
        }
    }
    Ok(body)
}

/// Completes the pages of a script. The first page is the start page if none is named.
fn complete_pages(script: &mut Map<String, Value>, id: &str, call: &Call<'_>) {
    let version = entity::text(script, "versionId").to_owned();
    let pages = script.get_mut("pages").and_then(Value::as_array_mut).into_iter().flatten();
    for page in pages.filter_map(Value::as_object_mut) {
        let page_id = match entity::text(page, "id") {
            "" => Uuid::new_v4().to_string(),
            known => known.to_owned(),
        };
        let name = entity::text(page, "name").to_owned();
        if let Value::Object(mut whole) = script_page(id, &page_id, &name, &version, call.now) {
            whole.extend(page.iter().map(|(key, value)| (key.clone(), value.clone())));
            *page = whole;
        }
    }
    let first = script.get("pages").and_then(|pages| pages.get(0)).cloned().unwrap_or_default();
    if script.get("startPageId").is_none()
        && let Some(first) = first.as_object()
    {
        script.insert("startPageId".to_owned(), json!(entity::text(first, "id")));
        script.insert("startPageName".to_owned(), json!(entity::text(first, "name")));
    }
}

/// The name of a script in error messages.
const KIND: &str = "script";
/// The uploads of scripts.
const SCRIPT_UPLOADS: &str = "/api/v2/scripts/uploads";

fn find_script(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, SCRIPTS, KIND, &call.param("scriptId")?)
}

fn find_published(call: &Call<'_>) -> Result<Entity, ApiError> {
    let script = find_script(call)?;
    if is_published(&script) {
        return Ok(script);
    }
    Err(ApiError::no_such("published script", entity::text(&script, "id")))
}

fn is_published(script: &Map<String, Value>) -> bool {
    script.contains_key("publishedDate")
}

/// A script in a listing, without its pages.
fn to_summary(script: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = pick(script, &SHOWN);
    shown.shift_remove("pages");
    shown
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = |script: &Map<String, Value>| matches_script(call, script);
    Reply::ok(&entity::map_page(entity::list_where(call, SCRIPTS, wanted)?, to_summary))
}

fn list_published(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = |script: &Map<String, Value>| is_published(script) && matches_script(call, script);
    Reply::ok(&entity::map_page(entity::list_where(call, SCRIPTS, wanted)?, to_summary))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&pick(&*find_script(call)?, &SHOWN))
}

fn get_published(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&pick(&*find_published(call)?, &SHOWN))
}

fn list_pages(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&pages_of(&*find_script(call)?))
}

fn list_published_pages(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&pages_of(&*find_published(call)?))
}

fn pages_of(script: &Map<String, Value>) -> Vec<&Value> {
    script.get("pages").and_then(Value::as_array).into_iter().flatten().collect()
}

fn get_page(call: &Call<'_>) -> Result<Reply, ApiError> {
    find_page(call, &*find_script(call)?)
}

fn get_published_page(call: &Call<'_>) -> Result<Reply, ApiError> {
    find_page(call, &*find_published(call)?)
}

fn find_page(call: &Call<'_>, script: &Map<String, Value>) -> Result<Reply, ApiError> {
    let id = call.param("pageId")?;
    let is_it = |page: &&Value| page.get("id").and_then(Value::as_str) == Some(&*id);
    let page = pages_of(script).into_iter().find(is_it);
    Reply::ok(page.ok_or_else(|| ApiError::no_such("script page", &id))?)
}

fn get_variables(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut variables = find_published(call)?.get("variables").cloned().unwrap_or_else(|| json!({}));
    match &mut variables {
        Value::Object(all) => all.retain(|_, variable| matches_variable(call, variable)),
        Value::Array(all) => all.retain(|variable| matches_variable(call, variable)),
        _ => {}
    }
    Reply::ok(&variables)
}

fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = entity::required_text(&body, "scriptId")?;
    let written = entity::update(call, SCRIPTS, KIND, id, |script| {
        script.insert("publishedDate".to_owned(), json!(rfc3339(call.now)));
        Ok(())
    })?;
    Reply::ok(&pick(&written, &SHOWN))
}

fn export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let script = find_script(call)?;
    let body = call.json_object_or_none()?.unwrap_or_default();
    let file = match entity::text(&body, "fileName") {
        "" => entity::text(&script, "name"),
        file => file,
    };
    let file = format!("{file}.script");
    let id = downloads::store(call, &file, &json!(pick(&script, &SHOWN)).to_string());
    Reply::ok(&json!({ "url": downloads::file_uri(call, &id, &file) }))
}

/// The upload of a script: it is finished as soon as the file is there.
fn get_upload_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let upload = entity::get(call, SCRIPT_UPLOADS, "upload", &call.param("uploadId")?)?;
    let script = format!("{SCRIPTS}/{}", entity::text(&upload, "script"));
    Reply::ok(&json!({ "succeeded": true, "url": url(call, &script) }))
}

/// The address of `path` on this server, as the caller reaches it.
pub(super) fn url(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", base_uri(call.secure, call.host))
}
