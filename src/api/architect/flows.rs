//! Flows and their actions: check out, save, check in, publish, revert, deactivate, unlock.
//!
//! A checked-out flow can only be changed by its holder until it is unlocked, checked in, published or reverted. What
//! the vendor does in the background is finished before the answer.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::author::Author;
use super::filters::matches_flow;
use super::resource::{Resource, Type, last_param, patch_fields, pick};
use super::versions::add_version;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::{FLOWS, versions_of};
use crate::world::collection::{Collections, Entity};

/// Flows.
pub(super) static FLOW: Resource = Resource {
    path: FLOWS,
    kind: "flow",
    required: &["name", "type"],
    fields: &[
        ("type", Type::Text),
        ("inputSchema", Type::Object),
        ("outputSchema", Type::Object),
        ("virtualAgentEnabled", Type::Flag),
    ],
    own: &[
        "lockedUser",
        "lockedClient",
        "active",
        "system",
        "deleted",
        PUBLISHED,
        "savedVersion",
        "checkedInVersion",
        "debugVersion",
        "publishedBy",
        "currentOperation",
    ],
    stamped: false,
    divided: true,
    removed: StatusCode::NO_CONTENT,
    duplicate: "architect.flow.already.exists",
};

/// The key of the version that conversations use.
pub(super) const PUBLISHED: &str = "publishedVersion";

/// The vendor's types of flows.
const TYPES: [&str; 20] = [
    "BOT",
    "COMMONMODULE",
    "DIGITALBOT",
    "EMAILSEND",
    "INBOUNDCALL",
    "INBOUNDCHAT",
    "INBOUNDEMAIL",
    "INBOUNDSHORTMESSAGE",
    "INQUEUECALL",
    "INQUEUEEMAIL",
    "INQUEUESHORTMESSAGE",
    "OUTBOUNDCALL",
    "SECURECALL",
    "SPEECH",
    "SURVEYINVITE",
    "VOICE",
    "VOICEMAIL",
    "VOICESURVEY",
    "WORKFLOW",
    "WORKITEM",
];

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/flows", list),
        Route::post("/api/v2/flows", create),
        Route::delete("/api/v2/flows", delete_many),
        Route::get("/api/v2/flows/divisionviews", list_views),
        Route::get("/api/v2/flows/lookup", list),
        Route::get("/api/v2/flows/{flowId}", read),
        Route::put("/api/v2/flows/{flowId}", update),
        Route::delete("/api/v2/flows/{flowId}", delete),
        Route::post("/api/v2/flows/actions/checkin", check_in),
        Route::post("/api/v2/flows/actions/checkout", check_out),
        Route::post("/api/v2/flows/actions/deactivate", deactivate),
        Route::post("/api/v2/flows/actions/publish", publish),
        Route::post("/api/v2/flows/actions/revert", revert),
        Route::post("/api/v2/flows/actions/unlock", unlock),
    ]
}

fn is_wanted(call: &Call<'_>, types: &[String]) -> impl Fn(&Map<String, Value>) -> bool {
    move |flow| {
        let kind = entity::text(flow, "type");
        let has_type = types.is_empty() || types.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind));
        has_type && matches_flow(call, flow)
    }
}

fn read_types(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
    let wanted = call.query_list("type");
    for kind in &wanted {
        check_type(kind)?;
    }
    Ok(wanted)
}

fn check_type(kind: &str) -> Result<(), ApiError> {
    if TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Ok(());
    }
    Err(ApiError::invalid_value("type", kind, &TYPES.join(", ")))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = read_types(call)?;
    let collections: &[&str] = if call.query_flag("deleted") { &[FLOWS, DELETED] } else { &[FLOWS] };
    Reply::ok(&entity::list_in(call, collections, is_wanted(call, &wanted))?)
}

/// Answers with a flow; with one that was deleted, too, where the query asks for that.
fn read(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = last_param(call)?;
    let organization = call.tenant().read();
    let deleted = || organization.collections.get(DELETED, &id).filter(|_| call.query_flag("deleted"));
    let flow = organization.collections.get(FLOWS, &id).or_else(deleted).cloned();
    drop(organization);
    Reply::ok(&flow.ok_or_else(|| ApiError::no_such(FLOW.kind, &id))?)
}

fn list_views(call: &Call<'_>) -> Result<Reply, ApiError> {
    const SHOWN: [&str; 10] = [
        "id",
        "name",
        "division",
        "type",
        "description",
        "inputSchema",
        "outputSchema",
        PUBLISHED,
        "debugVersion",
        "selfUri",
    ];
    let wanted = read_types(call)?;
    let page = entity::list_where(call, FLOWS, is_wanted(call, &wanted))?;
    Reply::ok(&entity::map_page(page, |flow| pick(flow, &SHOWN)))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut flow = FLOW.read_new(call)?;
    let kind = entity::text(&flow, "type").to_uppercase();
    check_type(&kind)?;
    flow.insert("type".to_owned(), json!(kind));
    for (key, value) in [("active", false), ("system", false), ("deleted", false)] {
        flow.insert(key.to_owned(), json!(value));
    }
    Reply::ok(&FLOW.store(call, flow)?)
}

/// Updates a flow. Its type does not change.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut changes = FLOW.read_body(call, false)?;
    changes.shift_remove("type");
    let author = Author::of(call);
    let written = FLOW.change(call, &last_param(call)?, |flow| {
        check_lock(flow, &author)?;
        flow.shift_remove("description");
        patch_fields(flow, changes);
        Ok(())
    })?;
    Reply::ok(&written)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = last_param(call)?;
    call.change(|organization| {
        let flow = FLOW.remove(organization, &id)?;
        retire(organization, &flow);
        Ok(Reply::empty(FLOW.removed))
    })
}

/// The deleted flows, which listings have where the query asks for them.
const DELETED: &str = "/api/v2/flows/deleted";

/// Keeps what is left of a removed flow, and removes its versions.
fn retire(organization: &mut Organization, flow: &Entity) {
    let id = entity::text(flow, "id");
    organization.collections.remove_all(&versions_of(id));
    let mut left = Map::clone(flow);
    left.insert("deleted".to_owned(), json!(true));
    left.insert("active".to_owned(), json!(false));
    organization.collections.insert(DELETED, id, left);
}

fn delete_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter id is required."));
    }
    call.change(|organization| {
        if let Some(unknown) = ids.iter().find(|id| organization.collections.get(FLOWS, id).is_none()) {
            return Err(ApiError::no_such(FLOW.kind, unknown));
        }
        ids.iter().try_for_each(|id| FLOW.check_unused(organization, id))?;
        ids.iter().try_for_each(|id| {
            let flow = FLOW.remove(organization, id)?;
            retire(organization, &flow);
            Ok(())
        })
    })?;
    finished_operation(call, "DELETE")
}

/// Answers with an operation that is finished. The vendor runs it in the background.
pub(super) fn finished_operation(call: &Call<'_>, action: &str) -> Result<Reply, ApiError> {
    let mut operation = Map::from_iter([
        ("id".to_owned(), json!(Uuid::new_v4())),
        ("complete".to_owned(), json!(true)),
        ("actionName".to_owned(), json!(action)),
        ("actionStatus".to_owned(), json!("SUCCESS")),
    ]);
    Author::of(call).sign(&mut operation, "user", "client");
    Reply::ok(&operation)
}

fn check_out(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = change_flow(call, |flow, author, _| author.sign(flow, LOCKS[0], LOCKS[1]))?;
    Reply::ok(&flow)
}

fn check_in(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_flow(call, |flow, author, versions| {
        let version = add_version(versions, flow, "CHECKIN", author, call);
        flow.insert("checkedInVersion".to_owned(), json!(version));
        clear_lock(flow);
    })?;
    finished_operation(call, "CHECKIN")
}

fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_flow(call, |flow, author, versions| {
        let version = json!(add_version(versions, flow, "PUBLISH", author, call));
        for key in [PUBLISHED, "savedVersion", "checkedInVersion"] {
            flow.insert(key.to_owned(), version.clone());
        }
        flow.insert("active".to_owned(), json!(true));
        author.sign_user(flow, "publishedBy");
        clear_lock(flow);
    })?;
    finished_operation(call, "PUBLISH")
}

fn revert(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = change_flow(call, |flow, _, _| {
        match flow.get("checkedInVersion").cloned() {
            Some(version) => flow.insert("savedVersion".to_owned(), version),
            None => flow.shift_remove("savedVersion"),
        };
        clear_lock(flow);
    })?;
    Reply::ok(&flow)
}

fn deactivate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = change_flow(call, |flow, _, _| {
        flow.insert("active".to_owned(), json!(false));
        flow.shift_remove(PUBLISHED);
    })?;
    Reply::ok(&flow)
}

/// Removes the lock of any holder. The permission that the vendor requires is not checked.
fn unlock(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = flow_id(call)?;
    let flow = entity::update(call, FLOWS, FLOW.kind, &id, |flow| {
        clear_lock(flow);
        Ok(())
    })?;
    Reply::ok(&flow)
}

/// The keys of the holder of a checked-out flow: a user or a client.
const LOCKS: [&str; 2] = ["lockedUser", "lockedClient"];

fn clear_lock(flow: &mut Map<String, Value>) {
    for lock in LOCKS {
        flow.shift_remove(lock);
    }
}

fn flow_id(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.query("flow").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::bad_request("The query parameter flow is required."))?;
    Ok(id.into_owned())
}

/// Changes the flow that `?flow=` names, unless another holder has it checked out.
fn change_flow(
    call: &Call<'_>,
    change: impl FnOnce(&mut Map<String, Value>, &Author, &mut Collections),
) -> Result<Entity, ApiError> {
    let id = flow_id(call)?;
    let author = Author::of(call);
    call.change(|organization| {
        let flow =
            organization.collections.get(FLOWS, &id).ok_or_else(|| ApiError::no_such(FLOW.kind, &id))?;
        let mut flow = Map::clone(flow);
        check_lock(&flow, &author)?;
        change(&mut flow, &author, &mut organization.collections);
        Ok(organization.collections.insert(FLOWS, &id, flow))
    })
}

pub(super) fn check_lock(flow: &Map<String, Value>, author: &Author) -> Result<(), ApiError> {
    let holder = LOCKS.iter().find_map(|lock| flow.get(*lock)?.as_object());
    match holder {
        Some(holder) if entity::text(holder, "id") != author.id() => {
            let why = format!("Flow is locked by another user: {}.", quoted(entity::text(holder, "name")));
            let code = "architect.flow.locked.by.user".into();
            Err(ApiError { code, ..ApiError::conflict(why) })
        }
        _ => Ok(()),
    }
}
