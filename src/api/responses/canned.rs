//! Responses. Each is in at least one library.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::page_in_body;
use crate::api::call::Call;
use crate::api::entity::texts;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::response::{CannedResponse, Library, ResponseAsset};
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/responsemanagement/responses", list),
        Route::post("/api/v2/responsemanagement/responses", record::create::<CannedResponse>),
        Route::post("/api/v2/responsemanagement/responses/query", query),
        Route::get("/api/v2/responsemanagement/responses/{responseId}", record::get::<CannedResponse>),
        Route::put("/api/v2/responsemanagement/responses/{responseId}", record::update::<CannedResponse>),
        Route::delete("/api/v2/responsemanagement/responses/{responseId}", record::delete::<CannedResponse>),
    ]
}

impl Resource for CannedResponse {
    const PARAM: &'static str = "responseId";
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;
    const VERSION_REQUIRED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::response::response(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        for asset in body.get("assets").and_then(Value::as_array).into_iter().flatten() {
            let id = asset["id"].as_str().unwrap_or_default();
            record::referred::<ResponseAsset>(organization, "assets", id)?;
        }
        match read_libraries(organization, body)? {
            Some(libraries) if libraries.is_empty() => {
                Err(ApiError::constraint("libraries", "The field [libraries] needs at least one library."))
            }
            _ => Ok(()),
        }
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        match read_libraries(organization, body)? {
            Some(libraries) => organization.file_response(id, &libraries).map_err(|_| record::full()),
            None => Ok(()),
        }
    }
}

/// The libraries of a body. `None` where it has no such field.
fn read_libraries(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<Option<Vec<Id<Library>>>, ApiError> {
    let Some(all) = body.get("libraries").and_then(Value::as_array) else { return Ok(None) };
    let ids = all.iter().map(|one| one.get("id").and_then(Value::as_str).unwrap_or_default());
    let found = ids.map(|id| record::referred::<Library>(organization, "libraries", id));
    found.collect::<Result<Vec<_>, _>>().map(Some)
}

/// Lists the responses of a library.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (page, library) = (call.page()?, call.query_text("libraryId"));
    let missing = || ApiError::constraint("libraryId", "The parameter [libraryId] is required.");
    let library = library.ok_or_else(missing)?;
    let organization = call.tenant().read();
    let library = find::<Library>(&organization, &library)?.id();
    let responses = organization.responses();
    let inside = responses.filed.members(library).iter();
    let inside = inside.filter_map(|(id, ())| responses.canned.get(*id));
    let shown = inside.map(|record| view::response::response(&organization, record));
    Reply::ok(&Page::of(shown, page, call.path, call.query))
}

/// Finds responses by a phrase of their name or text, and by filters.
fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let page = page_in_body(call, &body)?;
    let phrase = body.get("queryPhrase").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let filters: Vec<_> = body.get("filters").and_then(Value::as_array).into_iter().flatten().collect();
    let organization = call.tenant().read();
    let all = CannedResponse::table(&organization).iter();
    let all = all.map(|record| view::response::response(&organization, record));
    let found = all.filter(|response| {
        has_phrase(response, &phrase) && filters.iter().all(|filter| passes(response, filter))
    });
    let found = Page::of(found, page, call.path, call.query);
    Reply::ok(&json!({ "results": found }))
}

fn has_phrase(response: &Map<String, Value>, phrase: &str) -> bool {
    let has = |text: &Value| text.as_str().is_some_and(|text| text.to_lowercase().contains(phrase));
    let texts = response.get("texts").and_then(Value::as_array).into_iter().flatten();
    response.get("name").is_some_and(has) || texts.filter_map(|text| text.get("content")).any(has)
}

/// Whether a response passes a filter: the field `name` of the response against `values` by `operator`.
fn passes(response: &Map<String, Value>, filter: &Value) -> bool {
    let Some(filter) = filter.as_object() else { return true };
    let text = |key: &str| filter.get(key).and_then(Value::as_str).unwrap_or_default();
    let values = values_of(response, text("name"));
    let wanted: Vec<_> = texts(filter, "values").into_iter().map(str::to_lowercase).collect();
    let any = |holds: fn(&str, &str) -> bool| {
        values.iter().any(|value| wanted.iter().any(|wanted| holds(value, wanted)))
    };
    match text("operator") {
        "NOTEQUALS" => !any(|value, wanted| value == wanted),
        "BEGINS_WITH" => any(|value, wanted| value.starts_with(wanted)),
        "ENDS_WITH" => any(|value, wanted| value.ends_with(wanted)),
        "CONTAINS" => any(|value, wanted| value.contains(wanted)),
        _ => any(|value, wanted| value == wanted),
    }
}

/// The values of a field in lower case: of `libraryId` the ids of the libraries, else the string of that name.
fn values_of(response: &Map<String, Value>, name: &str) -> Vec<String> {
    let found: Vec<&Value> = match name {
        "libraryId" | "libraries" => {
            let libraries = response.get("libraries").and_then(Value::as_array).into_iter().flatten();
            libraries.filter_map(|library| library.get("id")).collect()
        }
        other => response.get(other).into_iter().collect(),
    };
    found.into_iter().filter_map(Value::as_str).map(str::to_lowercase).collect()
}
