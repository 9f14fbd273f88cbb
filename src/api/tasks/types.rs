//! Work types. A new one has a status of each of the categories that work goes through.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::bins::BINS;
use super::query::query;
use super::statuses::{Status, statuses_of};
use super::{Named, check_named, is_used, items, refer, rules, show_named, versions};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, author_reference};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::SCRIPTS;
use crate::world::authorization::Division;
use crate::world::reference::Reference;
use crate::world::routing::{Language, Queue, Skill};

pub(super) const TYPES: &str = "/api/v2/taskmanagement/worktypes";
pub(super) const SCHEMAS: &str = "/api/v2/taskmanagement/workitems/schemas";
const NAMED: &[Named] = &[
    Named::new(Reference::to::<Division>("divisionId"), "division"),
    Named::new(Reference::new("defaultWorkbinId", BINS, "workbin"), "defaultWorkbin"),
    Named::new(Reference::new("schemaId", SCHEMAS, "schema"), "schema"),
    Named::new(Reference::to::<Queue>("defaultQueueId"), "defaultQueue"),
    Named::new(Reference::to::<Language>("defaultLanguageId"), "defaultLanguage"),
    Named::new(Reference::to::<Skill>("defaultSkillIds"), "defaultSkills"),
    Named::new(Reference::new("defaultScriptId", SCRIPTS, "script"), "defaultScript"),
];
/// The statuses that a new type has, by their categories. Their names are assumed.
const FIRST: [(&str, &str); 4] =
    [("Open", "Open"), ("In Progress", "InProgress"), ("Waiting", "Waiting"), ("Closed", "Closed")];

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{TYPES}/{{worktypeId}}");
    let mut routes = versions::routes::<Type>();
    routes.extend([
        Route::post(TYPES, create),
        Route::post(&format!("{TYPES}/query"), query::<Type>),
        Route::get(&one, json_entity::get::<Type>),
        Route::patch(&one, json_entity::update::<Type>),
        Route::delete(&one, json_entity::delete::<Type>),
    ]);
    routes
}

/// A work type.
pub(super) enum Type {}

impl JsonEntity for Type {
    const NAME: &'static str = "worktype";
    const PATH: &'static str = TYPES;
    const PARAM: &'static str = "worktypeId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "pre.check.name.in.use");

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_named(organization, NAMED, body)?;
        check_queue(before, body)?;
        let statuses = statuses_of(before.map_or("", |before| text(before, "id")));
        let Some(id) = body.get("defaultStatusId").and_then(Value::as_str) else { return Ok(()) };
        let status = organization.collections.get(&statuses, id);
        let status = status.ok_or_else(|| ApiError::no_reference("defaultStatusId", "status", id))?;
        if rules::is_true(status, "autoTerminateWorkitem") {
            let why = "New workitems cannot have a status that terminates them.";
            return Err(rules::bad("invalid.input.default.status.cannot.be.terminating", why));
        }
        Ok(())
    }

    fn start(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let bin = organization.collections.get(BINS, text(entity, "defaultWorkbinId"));
        let division = bin.and_then(|bin| bin.get("divisionId")).cloned();
        let given = [
            ("divisionId", division.unwrap_or_default()),
            ("assignmentEnabled", json!(false)),
            ("defaultPriority", json!(0)),
            ("serviceLevelTarget", json!(100)),
        ];
        for (key, value) in given {
            entity.entry(key).or_insert(value);
        }
    }

    fn relate(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        versions::note::<Self>(organization, entity);
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        show_named(organization, NAMED, entity);
        if let (Some(version), Some(schema)) =
            (entity.get("schemaVersion").cloned(), entity.get_mut("schema"))
        {
            schema["version"] = version;
        }
        let path = statuses_of(text(entity, "id"));
        let statuses = organization.collections.list(&path).map(|status| json!(status)).collect();
        entity.insert("statuses".to_owned(), statuses);
        if let Some(id) = entity.get("defaultStatusId").and_then(Value::as_str) {
            let status = refer(organization, &path, id);
            entity.insert("defaultStatus".to_owned(), status);
        }
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        if is_used(organization, items::ITEMS, "typeId", text(entity, "id")) {
            return Err(rules::conflict("pre.check.worktype.being.used", "The worktype has workitems."));
        }
        Ok(())
    }
}

/// Work is assigned from a queue.
fn check_queue(before: Option<&Body>, body: &Body) -> Result<(), ApiError> {
    let worktype = rules::changed(before, body);
    if rules::is_true(&worktype, "assignmentEnabled") && text(&worktype, "defaultQueueId").is_empty() {
        let why = "A worktype with assignmentEnabled needs a defaultQueueId.";
        return Err(rules::bad("invalid.input.default.queue.required", why));
    }
    Ok(())
}

/// Creates a type and its first statuses, unless the body has none of them.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = json_entity::read_body(call)?;
    let author = author_reference(call);
    let is_bare = body.get("disableDefaultStatusCreation") == Some(&Value::Bool(true));
    let made = call.change(|organization| {
        let made = json_entity::add_to::<Type>(call, organization, body, author.clone())?;
        let id = text(&made, "id");
        for (name, category) in FIRST.iter().filter(|_| !is_bare) {
            add_status(organization, id, name, category);
        }
        let found = organization.collections.get(TYPES, id).cloned().unwrap_or_default();
        Ok(json_entity::to_json::<Type>(call, organization, &found))
    })?;
    answer::reply(call, made)
}

/// Adds a status. The first one is that of new work items.
fn add_status(organization: &mut Organization, worktype: &str, name: &str, category: &str) {
    let (id, path) = (uuid::Uuid::new_v4().to_string(), statuses_of(worktype));
    let kept = json!({ "id": id, "name": name, "category": category, "selfUri": format!("{path}/{id}") });
    let kept = kept.as_object().cloned().unwrap_or_else(Map::new);
    let kept = organization.collections.insert(&path, &id, kept);
    Status::become_default(organization, worktype, text(&kept, "id"));
}
