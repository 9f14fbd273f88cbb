//! Libraries of responses.

use http::StatusCode;
use serde_json::{Map, Value};

use super::with_ids;
use crate::api::call::Call;
use crate::api::entity::texts;
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::response::Library;
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/responsemanagement/libraries", record::list::<Library>),
        Route::post("/api/v2/responsemanagement/libraries", record::create::<Library>),
        Route::post("/api/v2/responsemanagement/libraries/bulk", list_many),
        Route::post("/api/v2/responsemanagement/libraries/query", query),
        Route::get("/api/v2/responsemanagement/libraries/{libraryId}", record::get::<Library>),
        Route::put("/api/v2/responsemanagement/libraries/{libraryId}", record::update::<Library>),
        Route::delete("/api/v2/responsemanagement/libraries/{libraryId}", record::delete::<Library>),
    ]
}

impl Resource for Library {
    const PARAM: &'static str = "libraryId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "general.conflict");
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::response::library(organization, record)
    }

    fn matches(call: &Call<'_>, organization: &Organization, record: &Record<Self>) -> bool {
        let prefix = call.query_text("libraryPrefix").map(|prefix| prefix.to_lowercase());
        let channel = call.query_text("messagingTemplateFilter");
        prefix.is_none_or(|prefix| record.name.to_lowercase().starts_with(&prefix))
            && channel.is_none_or(|channel| has_template(organization, record, &channel))
    }
}

/// Whether a response of a library has a template of messages for a channel, such as `whatsapp`.
fn has_template(organization: &Organization, library: &Record<Library>, channel: &str) -> bool {
    let responses = organization.responses();
    let inside = responses.filed.members(library.id()).iter();
    let templates = inside.filter_map(|(id, ())| responses.canned.get(*id)?.extra.get("messagingTemplate"));
    let mut channels = templates.filter_map(Value::as_object).flatten();
    channels.any(|(name, template)| name.eq_ignore_ascii_case(channel) && template.is_object())
}

fn list_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let organization = call.tenant().read();
    let found = with_ids::<Library>(&organization, &texts(&body, "libraryIds")).into_iter();
    let shown = found.map(|record| view::response::library(&organization, record));
    Reply::ok(&Page::of(shown, call.page()?, call.path, call.query))
}

/// Lists every library. Of the criteria of the body nothing is published but their shape, so they select nothing.
fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = Library::table(&organization).iter();
    let shown = all.map(|record| view::response::library(&organization, record));
    Reply::ok(&Page::of(shown, page, call.path, call.query))
}
