//! Work items. A new one takes from its type what its body leaves out.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::bins::BINS;
use super::query::query;
use super::statuses::statuses_of;
use super::types::{SCHEMAS, TYPES};
use super::{Named, USERS, check_named, events, refer, rules, show_named, versions};
use crate::api::call::Call;
use crate::api::data_schemas::check_custom_fields;
use crate::api::entity::{text, texts};
use crate::api::json_entity::{self, Body, JsonEntity, answer, author_reference};
use crate::api::refusal;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::SCRIPTS;
use crate::world::contact::ExternalContact;
use crate::world::reference::Reference;
use crate::world::routing::{Language, Queue, Skill, UtilizationLabel, WrapUpCode};

pub(super) const ITEMS: &str = "/api/v2/taskmanagement/workitems";
const SECOND: Nanos = 1_000_000_000;
const NAMED: &[Named] = &[
    Named::new(Reference::new("typeId", TYPES, "worktype"), "type"),
    Named::new(Reference::new("workbinId", BINS, "workbin"), "workbin"),
    Named::new(Reference::to::<Queue>("queueId"), "queue"),
    Named::new(Reference::new("assigneeId", USERS, "user"), "assignee"),
    Named::new(Reference::to::<Language>("languageId"), "language"),
    Named::new(Reference::to::<Skill>("skillIds"), "skills"),
    Named::new(Reference::new("preferredAgentIds", USERS, "user"), "preferredAgents"),
    Named::new(Reference::to::<ExternalContact>("externalContactId"), "externalContact"),
    Named::new(Reference::new("scriptId", SCRIPTS, "script"), "script"),
    Named::new(Reference::to::<UtilizationLabel>("utilizationLabelId"), "utilizationLabel"),
];
/// What a body names and an answer does not refer to.
const CHECKED: &[Named] = &[Named::new(Reference::to::<WrapUpCode>("wrapupCode"), "")];
/// What an item takes from its type: the property of the type, and its own.
const INHERITED: [(&str, &str); 8] = [
    ("defaultWorkbinId", "workbinId"),
    ("defaultStatusId", "statusId"),
    ("defaultPriority", "priority"),
    ("defaultDurationSeconds", "durationSeconds"),
    ("defaultQueueId", "queueId"),
    ("defaultLanguageId", "languageId"),
    ("defaultSkillIds", "skillIds"),
    ("defaultScriptId", "scriptId"),
];

pub(super) fn routes() -> Vec<Route> {
    let one = |more: &str| format!("{ITEMS}/{{workitemId}}{more}");
    let mut routes = versions::routes::<Item>();
    routes.extend([
        Route::post(ITEMS, json_entity::create::<Item>),
        Route::post(&format!("{ITEMS}/query"), query::<Item>),
        Route::get(&one(""), json_entity::get::<Item>),
        Route::patch(&one(""), json_entity::update::<Item>),
        Route::delete(&one(""), json_entity::delete::<Item>),
        Route::patch(&one("/assignment"), assign),
        Route::post(&one("/acd/cancel"), |call| set_assignment(call, "AcdCancelled")),
        Route::post(&one("/disconnect"), |call| set_assignment(call, "Disconnected")),
        Route::post(&one("/terminate"), terminate),
    ]);
    routes
}

/// A work item.
pub(super) enum Item {}

impl JsonEntity for Item {
    const NAME: &'static str = "workitem";
    const PATH: &'static str = ITEMS;
    const PARAM: &'static str = "workitemId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_named(organization, NAMED, body)?;
        check_named(organization, CHECKED, body)?;
        check_fields(organization, before, body)?;
        if before.is_some_and(is_terminated) {
            let why = "A terminated workitem cannot be changed.";
            return Err(rules::conflict("pre.check.cannot.update.terminated.workitem", why));
        }
        rules::check_item(organization, before, body)?;
        let Some(id) = body.get("statusId").and_then(Value::as_str) else { return Ok(()) };
        let path = statuses_of(text(before.unwrap_or(body), "typeId"));
        if organization.collections.get(&path, id).is_none() {
            return Err(ApiError::no_reference("statusId", "status", id));
        }
        let now = before.map(|before| text(before, "statusId")).unwrap_or_default();
        let next = organization.collections.get(&path, now).map(|now| texts(now, "destinationStatusIds"));
        if next.is_some_and(|next| !next.is_empty() && now != id && !next.contains(&id)) {
            return Err(ApiError::bad_request(format!("The status {now} can not become the status {id}.")));
        }
        Ok(())
    }

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let Some(worktype) = organization.collections.get(TYPES, text(entity, "typeId")) else { return };
        for (from, to) in INHERITED {
            if let Some(value) = worktype.get(from).filter(|_| entity.get(to).is_none_or(Value::is_null)) {
                entity.insert(to.to_owned(), value.clone());
            }
        }
        for (from, to) in
            [("defaultDueDurationSeconds", "dateDue"), ("defaultExpirationSeconds", "dateExpires")]
        {
            if let Some(seconds) = worktype.get(from).and_then(Value::as_u64) {
                let at = call.now.saturating_add(seconds.saturating_mul(SECOND));
                entity.entry(to).or_insert(json!(rfc3339(at)));
            }
        }
        let is_offered = worktype.get("assignmentEnabled") == Some(&Value::Bool(true));
        let reporter = entity.get("createdBy").cloned().unwrap_or_default();
        entity.insert("reporter".to_owned(), reporter);
        entity.entry("autoStatusTransition").or_insert(json!(true));
        let state = if is_offered { "AcdStarted" } else { "Idle" };
        entity.entry("assignmentState").or_insert(json!(state));
        enter_status(call, organization, entity);
    }

    fn change(call: &Call<'_>, organization: &Organization, before: &Body, entity: &mut Body) {
        entity.insert("typeId".to_owned(), before.get("typeId").cloned().unwrap_or_default());
        if before.get("statusId") != entity.get("statusId") {
            enter_status(call, organization, entity);
        }
        if before.get("assignmentState") != entity.get("assignmentState") {
            entity.insert("dateAssignmentStateChanged".to_owned(), json!(rfc3339(call.now)));
        }
    }

    fn relate(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let before = versions::last::<Self>(organization, text(entity, "id")).cloned();
        versions::note::<Self>(organization, entity);
        events::publish(organization, before.as_deref(), entity);
    }

    fn forget(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        events::publish_deleted(organization, entity);
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        show_named(organization, NAMED, entity);
        let path = statuses_of(text(entity, "typeId"));
        if let Some(id) = entity.get("statusId").and_then(Value::as_str) {
            let status = refer(organization, &path, id);
            entity.insert("status".to_owned(), status);
        }
        let bin = organization.collections.get(BINS, text(entity, "workbinId"));
        if let Some(division) = bin.and_then(|bin| bin.get("divisionId")?.as_str()) {
            let division = refer(organization, "/api/v2/authorization/divisions", division);
            entity.insert("division".to_owned(), division);
        }
    }
}

/// Refuses custom fields that are not as the schema of the item's type has them.
fn check_fields(organization: &Organization, before: Option<&Body>, body: &Body) -> Result<(), ApiError> {
    let worktype = organization.collections.get(TYPES, text(before.unwrap_or(body), "typeId"));
    let schema = worktype.map_or("", |of| text(of, "schemaId"));
    check_custom_fields(organization, (SCHEMAS, schema), (before, body))
}

/// Notes the category of the status of an item, and when it was closed.
fn enter_status(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
    let path = statuses_of(text(entity, "typeId"));
    let Some(status) = organization.collections.get(&path, text(entity, "statusId")) else { return };
    let category = text(status, "category");
    entity.insert("statusCategory".to_owned(), json!(category));
    entity.insert("dateStatusChanged".to_owned(), json!(rfc3339(call.now)));
    if category == "Closed" {
        entity.insert("dateClosed".to_owned(), json!(rfc3339(call.now)));
    } else {
        entity.shift_remove("dateClosed");
    }
    if status.get("autoTerminateWorkitem") == Some(&Value::Bool(true)) {
        entity.insert("assignmentState".to_owned(), json!("Terminated"));
    }
}

/// `PATCH …/assignment`: offers the item to a user.
fn assign(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = body.get("id").and_then(Value::as_str).ok_or_else(|| refusal::of_missing("id"))?;
    {
        let organization = call.tenant().read();
        json_entity::find::<Item>(call, &organization)?;
        if !organization.has_entity(USERS, id) {
            return Err(ApiError::no_reference("id", "user", id));
        }
    }
    let change = [("assigneeId", json!(id)), ("assignmentState", json!("Alerting"))];
    json_entity::edit::<Item>(
        call,
        change.map(|(key, value)| (key.to_owned(), value)).into_iter().collect(),
        false,
    )?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

fn set_assignment(call: &Call<'_>, state: &str) -> Result<Reply, ApiError> {
    let change = Map::from_iter([("assignmentState".to_owned(), json!(state))]);
    answer::reply(call, json_entity::edit::<Item>(call, change, false)?)
}

/// `POST …/terminate`: closes the item, with the status of the body or the first one that is closed.
fn terminate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = json_entity::read_body(call)?;
    let status = body.get("statusId").filter(|id| !id.is_null()).cloned();
    answer::reply(call, terminate_by_id(call, &call.param("workitemId")?, status)?)
}

/// Closes an item with that status, or with the first one that is closed.
pub(super) fn terminate_by_id(call: &Call<'_>, id: &str, status: Option<Value>) -> Result<Body, ApiError> {
    let author = author_reference(call);
    call.change(|organization| {
        let item = json_entity::find_by_id::<Item>(call, organization, id)?;
        let status = status.or_else(|| closed_status(organization, item));
        check_termination(organization, item, status.as_ref())?;
        let mut change = Map::from_iter([("assignmentState".to_owned(), json!("Terminated"))]);
        change.extend(status.map(|id| ("statusId".to_owned(), id)));
        json_entity::edit_by_id::<Item>(call, organization, id, change, author)
    })
}

/// An item is terminated once, with a status that is closed.
fn check_termination(
    organization: &Organization,
    item: &Body,
    status: Option<&Value>,
) -> Result<(), ApiError> {
    if is_terminated(item) {
        let why = "The workitem is terminated already.";
        return Err(rules::conflict("pre.check.cannot.terminate.terminated.workitem", why));
    }
    let status = status.and_then(Value::as_str).unwrap_or_default();
    let status = organization.collections.get(&statuses_of(text(item, "typeId")), status);
    if status.is_some_and(|status| text(status, "category") != "Closed") {
        let code = "pre.check.status.must.be.closed.category.for.terminated.workitem";
        return Err(rules::bad(code, "The status of a terminated workitem is of the category Closed."));
    }
    Ok(())
}

fn is_terminated(item: &Body) -> bool {
    text(item, "assignmentState") == "Terminated"
}

fn closed_status(organization: &Organization, item: &Body) -> Option<Value> {
    let path = statuses_of(text(item, "typeId"));
    let mut all = organization.collections.list(&path);
    all.find(|status| text(status, "category") == "Closed")?.get("id").cloned()
}
