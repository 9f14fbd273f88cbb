//! Wrap-up codes, and those of a queue.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::{matches_name, required_text};
use crate::api::record::{self, Resource, Starred, find, referred};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::routing::{Queue, WrapUpCode};
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/wrapupcodes", record::list::<WrapUpCode>),
        Route::post("/api/v2/routing/wrapupcodes", record::create::<WrapUpCode>),
        Route::get("/api/v2/routing/wrapupcodes/divisionviews", record::list::<WrapUpCode>),
        Route::get("/api/v2/routing/wrapupcodes/divisionviews/{codeId}", record::get::<WrapUpCode>),
        Route::get("/api/v2/routing/wrapupcodes/{codeId}", record::get::<WrapUpCode>),
        Route::put("/api/v2/routing/wrapupcodes/{codeId}", record::replace::<WrapUpCode>),
        Route::delete("/api/v2/routing/wrapupcodes/{codeId}", record::delete::<WrapUpCode>),
        Route::get("/api/v2/routing/queues/{queueId}/wrapupcodes", list_of_queue),
        Route::post("/api/v2/routing/queues/{queueId}/wrapupcodes", add_to_queue),
        Route::delete("/api/v2/routing/queues/{queueId}/wrapupcodes/{codeId}", remove_from_queue),
    ]
}

impl Resource for WrapUpCode {
    const PARAM: &'static str = "codeId";
    const DELETED: StatusCode = StatusCode::OK;
    const STARRED: Starred = Starred::ByDefault;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::routing::wrap_up_code(organization, record)
    }

    /// A deleted code is not kept.
    fn matches(call: &Call<'_>, _: &Organization, _: &Record<Self>) -> bool {
        call.query_text("includeState").as_deref() != Some("Deleted")
    }
}

fn list_of_queue(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let name = call.query_text("name").map(|name| name.to_lowercase());
    let organization = call.tenant().read();
    let queue = find::<Queue>(&organization, &call.param("queueId")?)?.id();
    let acd = organization.acd();
    let codes = acd.codes_of_queue.members(queue).iter().filter_map(|(id, ())| acd.wrap_up_codes.get(*id));
    let codes =
        codes.filter(|code| name.as_ref().is_none_or(|name| matches_name(name, &code.name.to_lowercase())));
    let codes = codes.map(|code| view::routing::wrap_up_code(&organization, code));
    Reply::ok(&Page::of(codes, page, call.path, call.query))
}

/// Adds the codes of the body to a queue, and answers with them. If one is wrong, none is added.
fn add_to_queue(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    call.change(|organization| {
        let queue = find::<Queue>(organization, &call.param("queueId")?)?.id();
        let ids = bodies.iter().map(|body| referred(organization, "id", required_text(body, "id")?));
        let ids = ids.collect::<Result<Vec<_>, ApiError>>()?;
        for id in &ids {
            organization.add_code_to_queue(queue, *id).map_err(|_| record::full())?;
        }
        let codes = ids.iter().filter_map(|id| organization.acd().wrap_up_codes.get(*id));
        let codes: Vec<_> = codes.map(|code| view::routing::wrap_up_code(organization, code)).collect();
        Reply::ok(&codes)
    })
}

/// Removes a code from a queue. The code itself stays.
fn remove_from_queue(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let queue = find::<Queue>(organization, &call.param("queueId")?)?.id();
        let text = call.param("codeId")?;
        let code = find::<WrapUpCode>(organization, &text)?.id();
        if organization.remove_code_from_queue(queue, code) {
            return Ok(Reply::empty(StatusCode::OK));
        }
        Err(ApiError::no_such("wrap-up code of the queue", &text))
    })
}
