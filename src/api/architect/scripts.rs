//! Scripts, by two paths: the platform's, which only read, and the one that only users' reports know.
//!
//! Both have one store: what `POST /api/v2/architect/scripts` creates, `GET /api/v2/scripts` lists.
//! The platform's path shows what a script has there; the other one also `version`, which counts the
//! writes, and whatever else a client put in. The real way to create a script, an upload to the
//! application host, is not emulated, so every upload counts as done.

use http::header::HOST;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::resource::{Type, lay_over, only};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, delete, get, post, put};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{SCRIPTS, script_page};
use crate::world::collection::Entity;
use crate::world::seed::home_division;

/// What a script has on the platform's own path.
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

/// What only the platform says of a script.
const OWN: [&str; 8] =
    ["id", "selfUri", "version", "versionId", "createdDate", "modifiedDate", "publishedDate", "versionDate"];

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/architect/scripts", list_whole).unpublished(),
        post("/api/v2/architect/scripts", create).unpublished(),
        get("/api/v2/architect/scripts/{scriptId}", read_whole).unpublished(),
        put("/api/v2/architect/scripts/{scriptId}", write).unpublished(),
        delete("/api/v2/architect/scripts/{scriptId}", remove).unpublished(),
        get("/api/v2/scripts", list),
        get("/api/v2/scripts/divisionviews", list),
        get("/api/v2/scripts/published", list_published),
        post("/api/v2/scripts/published", publish),
        get("/api/v2/scripts/published/divisionviews", list_published),
        get("/api/v2/scripts/published/divisionviews/{scriptId}/variables", variables),
        get("/api/v2/scripts/published/{scriptId}", read_published),
        get("/api/v2/scripts/published/{scriptId}/pages", published_pages),
        get("/api/v2/scripts/published/{scriptId}/pages/{pageId}", published_page),
        get("/api/v2/scripts/published/{scriptId}/variables", variables),
        get("/api/v2/scripts/uploads/{uploadId}/status", upload_status),
        get("/api/v2/scripts/{scriptId}", read),
        get("/api/v2/scripts/{scriptId}/pages", pages),
        get("/api/v2/scripts/{scriptId}/pages/{pageId}", page),
        post("/api/v2/scripts/{scriptId}/export", export),
    ]
}

fn list_whole(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::page(call, SCRIPTS)?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = body(call)?;
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
    lay_over(&mut script, body);
    let id = Uuid::new_v4().to_string();
    page_ids(&mut script, &id, call);
    script.insert("selfUri".to_owned(), json!(format!("{SCRIPTS}/{id}")));
    let mut stored = Map::from_iter([("id".to_owned(), json!(id))]);
    stored.extend(script);
    call.change(|organization| Reply::ok(&organization.collections.insert(SCRIPTS, &id, stored)))
}

fn read_whole(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&script(call)?)
}

/// Lays the body over what is stored; every write makes a new version.
fn write(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = body(call)?;
    let id = call.param("scriptId")?;
    let written = entity::change(call, SCRIPTS, KIND, &id, |script| {
        lay_over(script, changes);
        let version = script.get("version").and_then(Value::as_u64).unwrap_or_default();
        script.insert("version".to_owned(), json!(version.saturating_add(1)));
        script.insert("versionId".to_owned(), json!(Uuid::new_v4()));
        script.insert("modifiedDate".to_owned(), json!(rfc3339(call.now)));
        script.insert("versionDate".to_owned(), json!(rfc3339(call.now)));
        page_ids(script, &id, call);
        Ok(())
    })?;
    Reply::ok(&written)
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::remove(call, SCRIPTS, KIND, &call.param("scriptId")?)
}

/// Any JSON object is a script; what it names has to have the right type.
fn body(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
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

/// Makes pages of what a client gave as such, and the first one the start where none is named.
fn page_ids(script: &mut Map<String, Value>, id: &str, call: &Call<'_>) {
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

/// What errors call it.
const KIND: &str = "script";

fn script(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, SCRIPTS, KIND, &call.param("scriptId")?)
}

fn published(call: &Call<'_>) -> Result<Entity, ApiError> {
    let script = script(call)?;
    if is_published(&script) {
        return Ok(script);
    }
    Err(ApiError::no_such("published script", entity::text(&script, "id")))
}

fn is_published(script: &Map<String, Value>) -> bool {
    script.contains_key("publishedDate")
}

/// A script in a listing: without its pages.
fn listed(script: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = only(script, &SHOWN);
    shown.shift_remove("pages");
    shown
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::shown(entity::page(call, SCRIPTS)?, listed))
}

fn list_published(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::shown(entity::page_where(call, SCRIPTS, is_published)?, listed))
}

fn read(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&only(&*script(call)?, &SHOWN))
}

fn read_published(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&only(&*published(call)?, &SHOWN))
}

fn pages(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&all_pages(&*script(call)?))
}

fn published_pages(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&all_pages(&*published(call)?))
}

fn all_pages(script: &Map<String, Value>) -> Vec<&Value> {
    script.get("pages").and_then(Value::as_array).into_iter().flatten().collect()
}

fn page(call: &Call<'_>) -> Result<Reply, ApiError> {
    page_of(call, &*script(call)?)
}

fn published_page(call: &Call<'_>) -> Result<Reply, ApiError> {
    page_of(call, &*published(call)?)
}

fn page_of(call: &Call<'_>, script: &Map<String, Value>) -> Result<Reply, ApiError> {
    let id = call.param("pageId")?;
    let is_it = |page: &&Value| page.get("id").and_then(Value::as_str) == Some(&*id);
    let page = all_pages(script).into_iter().find(is_it);
    Reply::ok(page.ok_or_else(|| ApiError::no_such("script page", &id))?)
}

fn variables(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&published(call)?.get("variables").cloned().unwrap_or_else(|| json!({})))
}

fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = entity::required_text(&body, "scriptId")?;
    let written = entity::change(call, SCRIPTS, KIND, id, |script| {
        script.insert("publishedDate".to_owned(), json!(rfc3339(call.now)));
        Ok(())
    })?;
    Reply::ok(&only(&written, &SHOWN))
}

fn export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let script = script(call)?;
    let body = call.json_or_none::<Map<String, Value>>()?.unwrap_or_default();
    let file = match entity::text(&body, "fileName") {
        "" => entity::text(&script, "name"),
        file => file,
    };
    let file = percent_encoding::utf8_percent_encode(file, percent_encoding::NON_ALPHANUMERIC);
    Reply::ok(&json!({ "url": address(call, &format!("/api/v2/downloads/{file}.script")) }))
}

fn upload_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("uploadId")?;
    let url = address(call, call.path);
    let message = format!("Upload {id} counts as done: gcmock takes no uploads.");
    Reply::ok(&json!({ "url": url, "succeeded": true, "message": message }))
}

/// `path` on this server, as the caller reaches it.
pub(super) fn address(call: &Call<'_>, path: &str) -> String {
    let host = call.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}{path}")
}
