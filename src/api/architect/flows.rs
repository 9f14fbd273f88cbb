//! Flows and their actions: check out, save, check in, publish, revert, deactivate, unlock.
//!
//! A checked-out flow can only be changed by its holder until it is unlocked, checked in, published or reverted. What
//! the vendor does in the background is finished before the answer.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::author::{Author, flow_author};
use super::filters::select_flows;
use super::resource::{BodyRules, Type, duplicate, in_use, last_param, patch_fields, pick};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::record::{self, Starred, find, read_division};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::{Flow, FlowAuthor, FlowRef, FlowState};
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Refused};

type Fields = Map<String, Value>;

/// The body of a flow.
static BODY: BodyRules = BodyRules {
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
        Route::get("/api/v2/flows/{flowId}", get),
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

/// The type that a key of Architect's YAML stands for, such as `inboundCall`.
pub(super) fn type_of_key(key: &str) -> Option<&'static str> {
    TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(key))
}

/// The flow of that id, or a 404.
pub(super) fn find_flow<'o>(organization: &'o Organization, id: &str) -> Result<FlowRef<'o>, ApiError> {
    organization.flows.find(id).ok_or_else(|| ApiError::no_such(Flow::NAME, id))
}

/// The page of the flows that the query selects.
fn page(call: &Call<'_>, with_deleted: bool) -> Result<Page<Fields>, ApiError> {
    let (wanted, page) = (read_types(call)?, call.page()?);
    let organization = call.tenant().read();
    let deleted = organization.flows.iter_deleted().filter(|_| with_deleted);
    let all = select_flows(call, organization.flows.iter().chain(deleted), &wanted);
    let on_page = all.iter().skip(page.offset()).take(page.most());
    let flows = on_page.map(|flow| view::architect::flow(&organization, *flow)).collect();
    Ok(Page::new(flows, all.len(), page, call.path, call.query))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&page(call, call.query_flag("deleted"))?)
}

/// Answers with a flow; with one that was deleted, too, where the query asks for that.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = last_param(call)?;
    let organization = call.tenant().read();
    let deleted = || organization.flows.find_deleted(&id).filter(|_| call.query_flag("deleted"));
    let flow = find_flow(&organization, &id).or_else(|unknown| deleted().ok_or(unknown))?;
    Reply::ok(&view::architect::flow(&organization, flow))
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
    let mut page = page(call, false)?;
    page.entities.iter_mut().for_each(|flow| *flow = pick(flow, &SHOWN));
    Reply::ok(&page)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = BODY.read(call, true)?;
    let kind = entity::text(&body, "type").to_uppercase();
    check_type(&kind)?;
    let mut record = Record::new(Id::random(), entity::text(&body, "name").to_owned(), call.now);
    let author = record::author(call);
    (record.created_by, record.modified_by) = (author, author);
    let written = call.change(|organization| {
        let id = record.id();
        record.division = read_division(organization, &body, Starred::Never)?;
        patch_fields(&mut record.extra, extra(body));
        organization.flows.add(record, &kind).map_err(refused)?;
        to_json(organization, id)
    })?;
    Reply::ok(&written)
}

/// The fields of a body that are stored as they are sent.
fn extra(mut body: Fields) -> Fields {
    const TYPED: [&str; 4] = ["name", "type", "division", "divisionId"];
    body.retain(|key, _| !TYPED.contains(&key.as_str()));
    body
}

pub(super) fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::DuplicateName => duplicate("architect.flow.already.exists", Flow::NAME),
        Refused::Full => record::full(),
    }
}

fn to_json(organization: &Organization, id: Id<Flow>) -> Result<Fields, ApiError> {
    let flow = organization.flows.get(id).ok_or_else(ApiError::internal)?;
    Ok(view::architect::flow(organization, flow))
}

/// Updates a flow. Its type does not change.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = BODY.read(call, false)?;
    let (id, author, modified_by) = (last_param(call)?, flow_author(call), record::author(call));
    let written = call.change(|organization| {
        let id = editable(organization, &id, &author)?;
        let mut record = find::<Flow>(organization, &id.to_string())?.clone();
        (record.modified_by, record.modified) = (modified_by, call.now);
        record.version += 1;
        record.division = read_division(organization, &changes, Starred::Never)?.or(record.division);
        if let Some(name) = changes.get("name").and_then(Value::as_str) {
            name.clone_into(&mut record.name);
        }
        record.extra.shift_remove("description");
        patch_fields(&mut record.extra, extra(changes));
        organization.flows.replace(record).map_err(refused)?;
        to_json(organization, id)
    })?;
    Reply::ok(&written)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = last_param(call)?;
    call.change(|organization| {
        let id = find::<Flow>(organization, &id)?.id();
        check_unused(organization, id)?;
        organization.remove(id);
        Ok(Reply::no_content())
    })
}

/// Refuses the deletion of a flow to which another entity refers: 409.
fn check_unused(organization: &Organization, id: Id<Flow>) -> Result<(), ApiError> {
    let Some(user) = organization.referrer(Flow::PATH, id.uuid()) else { return Ok(()) };
    let code = match user {
        "IVR" => "architect.flow.cannot.delete.used.in.ivr.configs",
        "queue" => "architect.flow.cannot.delete.used.in.queues",
        "emergency group" => "architect.flow.cannot.delete.used.in.emergency.groups",
        "email route" => "architect.flow.cannot.delete.used.in.email.routes",
        "recipient" => "architect.flow.cannot.delete.used.by.message.addresses",
        _ => "architect.dependency.object.in.use",
    };
    Err(in_use(code, Flow::NAME, &id.to_string(), user))
}

fn delete_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter id is required."));
    }
    call.change(|organization| {
        let known = ids.iter().map(|id| find::<Flow>(organization, id).map(Record::id));
        let known = known.collect::<Result<Vec<_>, _>>()?;
        known.iter().try_for_each(|id| check_unused(organization, *id))?;
        for id in known {
            organization.remove(id);
        }
        Ok(())
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
    Reply::ok(&change_flow(call, FlowState::check_out)?)
}

fn check_in(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_flow(call, |flow, author| flow.check_in(author, call.now))?;
    finished_operation(call, "CHECKIN")
}

fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_flow(call, |flow, author| flow.publish(author, call.now))?;
    finished_operation(call, "PUBLISH")
}

fn revert(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&change_flow(call, |flow, _| flow.revert())?)
}

fn deactivate(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&change_flow(call, |flow, _| flow.deactivate())?)
}

/// Removes the lock of any holder. The permission that the vendor requires is not checked.
fn unlock(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = flow_id(call)?;
    let flow = call.change(|organization| {
        let id = find::<Flow>(organization, &id)?.id();
        organization.flows.change(id, FlowState::unlock);
        to_json(organization, id)
    })?;
    Reply::ok(&flow)
}

fn flow_id(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.query("flow").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::bad_request("The query parameter flow is required."))?;
    Ok(id.into_owned())
}

/// Changes the flow that `?flow=` names, unless another holder has it checked out.
fn change_flow(
    call: &Call<'_>,
    change: impl FnOnce(&mut FlowState, &FlowAuthor),
) -> Result<Fields, ApiError> {
    let (id, author) = (flow_id(call)?, flow_author(call));
    call.change(|organization| {
        let id = editable(organization, &id, &author)?;
        organization.flows.change(id, |flow| change(flow, &author));
        to_json(organization, id)
    })
}

/// The flow that `text` names by its id, unless another holder than `author` has it checked out.
pub(super) fn editable(
    organization: &Organization,
    text: &str,
    author: &FlowAuthor,
) -> Result<Id<Flow>, ApiError> {
    let flow = find_flow(organization, text)?;
    let Some(holder) = flow.state.other_holder(author) else { return Ok(flow.record.id()) };
    let why = format!("Flow is locked by another user: {}.", quoted(holder.name(organization)));
    Err(ApiError { code: "architect.flow.locked.by.user".into(), ..ApiError::conflict(why) })
}
