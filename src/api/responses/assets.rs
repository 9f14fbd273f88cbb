//! Assets of responses. An upload ends by the clock, whether a client sends the file or not.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{page_in_body, with_ids};
use crate::api::call::Call;
use crate::api::entity::texts;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::api::uploads;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::response::ResponseAsset;
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    let one = "/api/v2/responsemanagement/responseassets/{responseAssetId}";
    vec![
        Route::post("/api/v2/responsemanagement/responseassets/uploads", upload),
        Route::get("/api/v2/responsemanagement/responseassets/status/{statusId}", get_status),
        Route::post("/api/v2/responsemanagement/responseassets/search", search),
        Route::post("/api/v2/responsemanagement/responseassets/bulk", list_many),
        Route::get(one, record::get::<ResponseAsset>),
        Route::put(one, record::replace::<ResponseAsset>),
        Route::delete(one, record::delete::<ResponseAsset>),
    ]
}

impl Resource for ResponseAsset {
    const PARAM: &'static str = "responseAssetId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::response::asset(organization, record)
    }
}

/// Creates an asset, and answers with the address to which its file is sent.
fn upload(call: &Call<'_>) -> Result<Reply, ApiError> {
    let asset = record::add::<ResponseAsset>(call, &call.json_object()?)?;
    let upload = call.change(|organization| Ok(uploads::expect(organization, "asset", Map::new())))?;
    let name = asset.get("name").and_then(Value::as_str).unwrap_or("file");
    let url = uploads::address(call, &upload, name);
    Reply::ok(&json!({ "id": asset.get("id"), "url": url, "headers": {} }))
}

fn get_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let found = find::<ResponseAsset>(&organization, &call.param("statusId")?)?;
    let status = if found.is_uploaded(call.now) { "Uploaded" } else { "InProgress" };
    Reply::ok(&json!({ "id": found.id(), "status": status }))
}

fn list_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = texts(&body, "assetIds");
    let organization = call.tenant().read();
    let found = with_ids::<ResponseAsset>(&organization, &ids);
    let known: HashSet<_> = found.iter().map(|record| record.id().to_string()).collect();
    let missing: Vec<_> = ids.into_iter().filter(|id| !known.contains(*id)).collect();
    let shown: Vec<_> =
        found.into_iter().map(|record| view::response::asset(&organization, record)).collect();
    Reply::ok(&json!({ "entities": shown, "notFound": missing }))
}

/// Finds assets by the words and beginnings of their properties. Ranges select nothing.
fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let page = page_in_body(call, &body)?;
    let filters: Vec<_> = body.get("query").and_then(Value::as_array).into_iter().flatten().collect();
    let organization = call.tenant().read();
    let all = ResponseAsset::table(&organization).iter();
    let all = all.map(|record| view::response::asset(&organization, record));
    let found = all.filter(|asset| filters.iter().all(|filter| passes(asset, filter)));
    let found = serde_json::to_value(Page::of(found, page, call.path, call.query));
    let found = found.map_err(|_| ApiError::internal())?;
    Reply::ok(&json!({
        "total": found["total"], "pageCount": found["pageCount"], "pageSize": found["pageSize"],
        "pageNumber": found["pageNumber"], "results": found["entities"],
    }))
}

fn passes(asset: &Map<String, Value>, filter: &Value) -> bool {
    let Some(filter) = filter.as_object() else { return true };
    let kind = filter.get("type").and_then(Value::as_str).unwrap_or("TERM");
    let mut wanted: Vec<_> = texts(filter, "values").into_iter().map(str::to_lowercase).collect();
    wanted.extend(filter.get("value").and_then(Value::as_str).map(str::to_lowercase));
    let fields = texts(filter, "fields");
    let texts = fields.iter().filter_map(|field| asset.get(*field)?.as_str()).map(str::to_lowercase);
    let texts: Vec<_> = texts.collect();
    let any = |holds: fn(&str, &str) -> bool| {
        texts.iter().any(|text| wanted.iter().any(|wanted| holds(text, wanted)))
    };
    match kind {
        "STARTS_WITH" => any(|text, wanted| text.starts_with(wanted)),
        "TERM" | "TERMS" => wanted.is_empty() || any(|text, wanted| text.contains(wanted)),
        _ => true,
    }
}
