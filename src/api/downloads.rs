//! Files that clients fetch: exports of reports, contacts, rows of data tables, flows and scripts.
//!
//! `GET /api/v2/downloads/{downloadId}` leads to an address of this server that gives the file without a token, as the
//! vendor's signed addresses do.

use std::path::Path;

use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use serde_json::{Map, json};

use super::call::Call;
use super::entity;
use super::request::Request;
use super::route::{Handler, Route};
use crate::platform::Platform;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;
use crate::world::collection::{DOWNLOADS, Entity};

/// The kind in error messages.
const KIND: &str = "download";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/downloads/{downloadId}", get),
        Route::new(Method::GET, "/files/{downloadId}/{fileName}", Handler::Public(get_file)).unpublished(),
    ]
}

/// Keeps a file and gives its id.
pub(super) fn store(call: &Call<'_>, name: &str, content: &str) -> String {
    let file = Map::from_iter([("name".to_owned(), json!(name)), ("content".to_owned(), json!(content))]);
    entity::text(&entity::create(call, DOWNLOADS, file), "id").to_owned()
}

/// The address of the download of that id. It needs a token.
pub(super) fn uri(call: &Call<'_>, id: &str) -> String {
    format!("{}{DOWNLOADS}/{id}", base_uri(call.secure, call.host))
}

/// The address of the file of that id. It needs no token.
pub(super) fn file_uri(call: &Call<'_>, id: &str, name: &str) -> String {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    format!("{}/files/{id}/{name}", base_uri(call.secure, call.host))
}

/// Leads to the file, or with `issueRedirect=false` names its address.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let file = entity::get(call, DOWNLOADS, KIND, &call.param("downloadId")?)?;
    let uri = file_uri(call, entity::text(&file, "id"), entity::text(&file, "name"));
    if call.query("issueRedirect").is_some_and(|redirect| redirect.eq_ignore_ascii_case("false")) {
        return Reply::ok(&json!({ "url": uri }));
    }
    let location = HeaderValue::from_str(&uri).map_err(|_| ApiError::internal())?;
    Ok(Reply::empty(StatusCode::TEMPORARY_REDIRECT).with(LOCATION, location))
}

fn get_file(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let id = request.param("downloadId")?;
    let file: Entity = platform.file(&id).ok_or_else(|| ApiError::no_such(KIND, &id))?;
    let content = entity::text(&file, "content").to_owned();
    let kind = content_type(entity::text(&file, "name"));
    Ok(Reply { body: content.into(), ..Reply::empty(StatusCode::OK) }.with(CONTENT_TYPE, kind))
}

fn content_type(name: &str) -> HeaderValue {
    let is_csv = Path::new(name).extension().is_some_and(|extension| extension == "csv");
    HeaderValue::from_static(if is_csv { "text/csv" } else { "application/json" })
}
