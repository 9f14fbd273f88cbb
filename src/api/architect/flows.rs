//! Flows, and what is done to them: check out, save, check in, publish, revert, deactivate, unlock.
//!
//! A flow that somebody has checked out is refused to others until it is unlocked, checked in,
//! published or reverted. Whatever the vendor does in the background is done when the answer comes.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::author::Author;
use super::resource::{Resource, Type, lay_over, only, own_id, read};
use super::versions::next_version;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, delete, get, post, put};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{FLOWS, versions_of};
use crate::world::collection::{Collections, Entity};

/// Flows.
pub(super) static FLOW: Resource = Resource {
    path: FLOWS,
    kind: "flow",
    required: &["name", "type"],
    fields: &[("type", Type::Text), ("inputSchema", Type::Object), ("outputSchema", Type::Object)],
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
};

/// The version that calls go through.
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
        get("/api/v2/flows", list),
        post("/api/v2/flows", create),
        delete("/api/v2/flows", remove_many),
        get("/api/v2/flows/divisionviews", views),
        get("/api/v2/flows/lookup", list),
        get("/api/v2/flows/{flowId}", read),
        put("/api/v2/flows/{flowId}", write),
        delete("/api/v2/flows/{flowId}", remove),
        post("/api/v2/flows/actions/checkin", check_in),
        post("/api/v2/flows/actions/checkout", check_out),
        post("/api/v2/flows/actions/deactivate", deactivate),
        post("/api/v2/flows/actions/publish", publish),
        post("/api/v2/flows/actions/revert", revert),
        post("/api/v2/flows/actions/unlock", unlock),
    ]
}

fn is_one_of(wanted: &[String]) -> impl Fn(&Map<String, Value>) -> bool {
    move |flow| {
        let kind = entity::text(flow, "type");
        wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind))
    }
}

fn wanted_types(call: &Call<'_>) -> Result<Vec<String>, ApiError> {
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
    let wanted = wanted_types(call)?;
    Reply::ok(&entity::page_where(call, FLOWS, is_one_of(&wanted))?)
}

fn views(call: &Call<'_>) -> Result<Reply, ApiError> {
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
    let wanted = wanted_types(call)?;
    let page = entity::page_where(call, FLOWS, is_one_of(&wanted))?;
    Reply::ok(&entity::shown(page, |flow| only(flow, &SHOWN)))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut flow = FLOW.fresh(call)?;
    let kind = entity::text(&flow, "type").to_uppercase();
    check_type(&kind)?;
    flow.insert("type".to_owned(), json!(kind));
    for (key, value) in [("active", false), ("system", false), ("deleted", false)] {
        flow.insert(key.to_owned(), json!(value));
    }
    Reply::ok(&entity::create(call, FLOWS, flow))
}

/// A flow keeps its type.
fn write(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut changes = FLOW.body(call, false)?;
    changes.shift_remove("type");
    let asker = Author::of(call);
    let written = entity::change(call, FLOWS, FLOW.kind, &own_id(call)?, |flow| {
        check_lock(flow, &asker)?;
        lay_over(flow, changes);
        Ok(())
    })?;
    Reply::ok(&written)
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = own_id(call)?;
    call.change(|organization| {
        organization.collections.remove(FLOWS, &id).ok_or_else(|| ApiError::no_such(FLOW.kind, &id))?;
        organization.collections.remove_all(&versions_of(&id));
        Ok(Reply::empty(FLOW.removed))
    })
}

fn remove_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter id is required."));
    }
    call.change(|organization| {
        if let Some(unknown) = ids.iter().find(|id| organization.collections.get(FLOWS, id).is_none()) {
            return Err(ApiError::no_such(FLOW.kind, unknown));
        }
        for id in &ids {
            organization.collections.remove(FLOWS, id);
            organization.collections.remove_all(&versions_of(id));
        }
        Ok(())
    })?;
    done(call, "DELETE")
}

/// The answer where the vendor works in the background: an operation, here always finished.
pub(super) fn done(call: &Call<'_>, action: &str) -> Result<Reply, ApiError> {
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
    let flow = act(call, |flow, asker, _| asker.sign(flow, LOCKS[0], LOCKS[1]))?;
    Reply::ok(&flow)
}

fn check_in(call: &Call<'_>) -> Result<Reply, ApiError> {
    act(call, |flow, asker, versions| {
        let version = next_version(versions, flow, "CHECKIN", asker, call);
        flow.insert("checkedInVersion".to_owned(), json!(version));
        release(flow);
    })?;
    done(call, "CHECKIN")
}

fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    act(call, |flow, asker, versions| {
        let version = json!(next_version(versions, flow, "PUBLISH", asker, call));
        for key in [PUBLISHED, "savedVersion", "checkedInVersion"] {
            flow.insert(key.to_owned(), version.clone());
        }
        flow.insert("active".to_owned(), json!(true));
        asker.sign_user(flow, "publishedBy");
        release(flow);
    })?;
    done(call, "PUBLISH")
}

fn revert(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = act(call, |flow, _, _| {
        match flow.get("checkedInVersion").cloned() {
            Some(version) => flow.insert("savedVersion".to_owned(), version),
            None => flow.shift_remove("savedVersion"),
        };
        release(flow);
    })?;
    Reply::ok(&flow)
}

fn deactivate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = act(call, |flow, _, _| {
        flow.insert("active".to_owned(), json!(false));
        flow.shift_remove(PUBLISHED);
    })?;
    Reply::ok(&flow)
}

/// Takes anybody's lock away, as people with the permission for it can.
fn unlock(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = flow_id(call)?;
    let flow = entity::change(call, FLOWS, FLOW.kind, &id, |flow| {
        release(flow);
        Ok(())
    })?;
    Reply::ok(&flow)
}

/// Who has a flow checked out: a user or a client.
const LOCKS: [&str; 2] = ["lockedUser", "lockedClient"];

fn release(flow: &mut Map<String, Value>) {
    for lock in LOCKS {
        flow.shift_remove(lock);
    }
}

fn flow_id(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.query("flow").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::bad_request("The query parameter flow is required."))?;
    Ok(id.into_owned())
}

/// Changes the flow that `?flow=` names, unless somebody else has it checked out.
fn act(
    call: &Call<'_>,
    change: impl FnOnce(&mut Map<String, Value>, &Author, &mut Collections),
) -> Result<Entity, ApiError> {
    let id = flow_id(call)?;
    let asker = Author::of(call);
    call.change(|organization| {
        let flow =
            organization.collections.get(FLOWS, &id).ok_or_else(|| ApiError::no_such(FLOW.kind, &id))?;
        let mut flow = Map::clone(flow);
        check_lock(&flow, &asker)?;
        change(&mut flow, &asker, &mut organization.collections);
        Ok(organization.collections.insert(FLOWS, &id, flow))
    })
}

pub(super) fn check_lock(flow: &Map<String, Value>, asker: &Author) -> Result<(), ApiError> {
    let holder = LOCKS.iter().find_map(|lock| flow.get(*lock)?.as_object());
    match holder {
        Some(holder) if entity::text(holder, "id") != asker.id() => {
            let why = format!("Flow is locked by another user: {}.", entity::text(holder, "name"));
            let code = "architect.flow.locked.by.user".into();
            Err(ApiError { code, ..ApiError::conflict(why) })
        }
        _ => Ok(()),
    }
}
