//! Learning modules, which are published in versions, and their assignments to users.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::{check_users, is_flag, is_one, list, wanted_users};
use crate::api::announce::{TopicEvent, id_under, pick};
use crate::api::call::Call;
use crate::api::entity::{Order, is_descending, matches_name, text};
use crate::api::interval::query_interval;
use crate::api::json_entity::{self, Body, JsonEntity, answer, check_reference};
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;

const MODULES: &str = "/api/v2/learning/modules";
pub(super) const ASSIGNMENTS: &str = "/api/v2/learning/assignments";
/// The field of a stored assignment with the type of its module. No answer has it.
const TYPE: &str = "\u{0}type";
/// The field of a stored assignment with the time at which it was completed. No answer has it.
const COMPLETED: &str = "\u{0}completed";
const DAY: Nanos = 24 * 3600 * 1_000_000_000;

pub(super) fn routes() -> Vec<Route> {
    let module = format!("{MODULES}/{{moduleId}}");
    let assignment = format!("{ASSIGNMENTS}/{{assignmentId}}");
    vec![
        Route::get(MODULES, json_entity::list::<Module>),
        Route::post(MODULES, json_entity::create::<Module>),
        Route::get(&module, json_entity::get::<Module>),
        Route::put(&module, json_entity::replace::<Module>),
        Route::delete(&module, json_entity::delete::<Module>),
        Route::post(&format!("{module}/publish"), publish),
        Route::get(&format!("{module}/versions/{{versionId}}"), get_version),
        Route::get(ASSIGNMENTS, list::<Assignment>),
        Route::get(&format!("{ASSIGNMENTS}/me"), list::<Assignment>),
        Route::post(ASSIGNMENTS, json_entity::create::<Assignment>).publishes(events_of_new),
        Route::get(&assignment, json_entity::get::<Assignment>),
        Route::patch(&assignment, json_entity::update::<Assignment>).publishes(events),
        Route::delete(&assignment, json_entity::delete::<Assignment>),
        Route::post(&format!("{assignment}/reset"), reset).publishes(events),
    ]
}

/// A learning module.
enum Module {}

impl JsonEntity for Module {
    const NAME: &'static str = "learning module";
    const PATH: &'static str = MODULES;
    const PARAM: &'static str = "moduleId";
    const SET_BY_SERVER: &'static [&'static str] = &["isPublished", "isArchived", "source"];

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.entry("type").or_insert(json!("Informational"));
        entity.insert("isPublished".to_owned(), json!(false));
        entity.insert("isArchived".to_owned(), json!(false));
        entity.insert("source".to_owned(), json!("UserCreated"));
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let published = entity.get("isPublished") == Some(&Value::Bool(true));
        let term = call.query_text("searchTerm").map(|term| term.to_lowercase());
        is_one(&call.query_list("types"), text(entity, "type"))
            && is_one(&call.query_list("statuses"), if published { "Published" } else { "Unpublished" })
            && is_one(&call.query_list("externalIds"), text(entity, "externalId"))
            && term.is_none_or(|term| matches_name(&term, &text(entity, "name").to_lowercase()))
    }
}

/// Publishes a version of a module.
fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    let shown = call.change(|organization| {
        let id = text(json_entity::find::<Module>(call, organization)?, "id").to_owned();
        let changed = organization.collections.update(MODULES, &id, |module| {
            let version = module.get("version").and_then(Value::as_u64).unwrap_or_default() + 1;
            module.insert("version".to_owned(), json!(version));
            module.insert("isPublished".to_owned(), json!(true));
            Ok::<(), ApiError>(())
        });
        let changed = changed.ok_or_else(ApiError::internal)??;
        let version = changed.get("version").map(Value::to_string).unwrap_or_default();
        organization.collections.insert_chosen(&versions_of(&id), &version, Map::clone(&changed));
        Ok(json!({ "id": id, "version": changed.get("version"), "selfUri": format!("{MODULES}/{id}") }))
    })?;
    answer::reply(call, shown)
}

/// The collection of the published versions of a module.
fn versions_of(module: &str) -> String {
    format!("{MODULES}/{module}/versions")
}

fn get_version(call: &Call<'_>) -> Result<Reply, ApiError> {
    let version = call.param("versionId")?;
    let found = {
        let organization = call.tenant().read();
        let id = text(json_entity::find::<Module>(call, &organization)?, "id");
        organization.collections.get(&versions_of(id), &version).map(|found| Map::clone(found))
    };
    answer::reply(call, found.ok_or_else(|| ApiError::no_such("version", &version))?)
}

/// The assignment of a module to a user.
pub(super) enum Assignment {}

impl JsonEntity for Assignment {
    const NAME: &'static str = "learning assignment";
    const PATH: &'static str = ASSIGNMENTS;
    const PARAM: &'static str = "assignmentId";

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        if before.is_some() {
            return Ok(());
        }
        check_reference::<Module>(call, organization, "moduleId", body.get("moduleId"))?;
        let module = organization.collections.get(MODULES, text(body, "moduleId"));
        if module.is_some_and(|module| module.get("isPublished") != Some(&Value::Bool(true))) {
            return Err(ApiError::bad_request(
                "The property moduleId refers to a module that is not published.",
            ));
        }
        check_users(organization, "userId", &[text(body, "userId")])
    }

    /// A new assignment of a module takes the place of the latest one of its user.
    fn relate(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let is_same = |one: &&Entity| {
            ["moduleId", "userId"].iter().all(|key| one.get(*key) == entity.get(*key))
                && one.get("isLatest") == Some(&Value::Bool(true))
                && one.get("id") != entity.get("id")
        };
        if entity.get("isLatest") != Some(&Value::Bool(true)) {
            return;
        }
        let before: Vec<_> = organization.collections.list(ASSIGNMENTS).filter(is_same).cloned().collect();
        for mut one in before.into_iter().map(|one| Map::clone(&one)) {
            one.insert("isLatest".to_owned(), json!(false));
            let id = text(&one, "id").to_owned();
            organization.collections.insert(ASSIGNMENTS, &id, one);
        }
    }

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let module = organization.collections.get(MODULES, text(entity, "moduleId"));
        let days = module.and_then(|module| module.get("completionTimeInDays")?.as_u64()).unwrap_or_default();
        let due = rfc3339(call.now.saturating_add(days.saturating_mul(DAY)));
        let due = entity.get("recommendedCompletionDate").cloned().unwrap_or_else(|| json!(due));
        let user = user::reference(text(entity, "userId"));
        let version = module.and_then(|module| module.get("version")).cloned();
        let kind = module.and_then(|module| module.get("type")).cloned();
        let more = [
            ("user", user),
            ("state", json!("Assigned")),
            ("dateRecommendedForCompletion", due),
            ("isManual", json!(true)),
            ("isRule", json!(false)),
            ("isLatest", json!(true)),
        ];
        entity.extend(more.map(|(key, value)| (key.to_owned(), value)));
        entity.extend(version.map(|version| ("version".to_owned(), version)));
        entity.extend(kind.map(|kind| (TYPE.to_owned(), kind)));
    }

    fn change(call: &Call<'_>, _: &Organization, _: &Body, entity: &mut Body) {
        note_scores(entity);
        if text(entity, "state") == "Completed" {
            entity.entry(COMPLETED).or_insert(json!(rfc3339(call.now)));
        } else {
            entity.shift_remove(COMPLETED);
        }
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        if let Some(module) = organization.collections.get(MODULES, text(entity, "moduleId")) {
            entity.insert("module".to_owned(), Value::Object(Map::clone(module)));
            if entity.get("version") != module.get("version") {
                entity.insert("isLatest".to_owned(), json!(false));
            }
        }
        entity.insert("isOverdue".to_owned(), json!(is_overdue(call, entity)));
        entity.shift_remove(TYPE);
        entity.shift_remove(COMPLETED);
    }

    /// The latest date comes first, by default.
    fn order(call: &Call<'_>) -> Order {
        let key = match call.query_text("sortBy").as_deref() {
            Some("DateModified") => "dateModified",
            _ => "dateRecommendedForCompletion",
        };
        let descending = call.query("sortOrder").is_none() || is_descending(call);
        Order { key: Some(key.to_owned()), descending }
    }

    fn matches(call: &Call<'_>, organization: &Organization, entity: &Body) -> bool {
        let module = call.query_text("moduleId");
        let time = |parameter: &str| query_interval(call, parameter).ok().flatten();
        let is_in = |parameter: &str, at: Option<Nanos>| {
            time(parameter).is_none_or(|(from, to)| at.is_some_and(|at| (from..to).contains(&at)))
        };
        is_one(&wanted_users(call, organization, "userId"), text(entity, "userId"))
            && is_flag(call, "overdue", Some(is_overdue(call, entity)))
            && is_flag(call, "pass", entity.get("isPassed").and_then(Value::as_bool))
            && is_in("interval", due(entity))
            && is_in("completionInterval", parse_rfc3339(text(entity, COMPLETED)))
            && has_score(call, entity)
            && is_one(&call.query_list("states"), text(entity, "state"))
            && is_one(&call.query_list("types"), text(entity, TYPE))
            && module.is_none_or(|module| module == text(entity, "moduleId"))
    }
}

/// Sets what follows from the answers of the assessment.
fn note_scores(assignment: &mut Body) {
    let answers = assignment.get("assessment").and_then(|assessment| assessment.get("answers"));
    let of = |key: &str| answers.and_then(|answers| answers.get(key)).cloned();
    let (score, passed) = (of("totalScore"), of("isPassed"));
    let scores = ["percentageScore", "assessmentPercentageScore"].map(|key| (key, score.clone()));
    let all = scores.into_iter().chain([("isPassed", passed)]);
    assignment.extend(all.filter_map(|(key, value)| Some((key.to_owned(), value?))));
}

/// Whether the score of an assignment is within the bounds of the query. One without a score is within none.
fn has_score(call: &Call<'_>, assignment: &Body) -> bool {
    let bound = |parameter: &str| call.query_text(parameter).and_then(|text| text.parse::<f64>().ok());
    let score = assignment.get("assessmentPercentageScore").or_else(|| assignment.get("percentageScore"));
    let score = score.and_then(Value::as_f64);
    bound("minPercentageScore").is_none_or(|least| score.is_some_and(|score| score >= least))
        && bound("maxPercentageScore").is_none_or(|most| score.is_some_and(|score| score <= most))
}

fn due(assignment: &Body) -> Option<Nanos> {
    parse_rfc3339(text(assignment, "dateRecommendedForCompletion"))
}

fn is_overdue(call: &Call<'_>, assignment: &Body) -> bool {
    text(assignment, "state") != "Completed" && due(assignment).is_some_and(|due| due < call.now)
}

fn reset(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = Map::from_iter([("state".to_owned(), json!("Assigned"))]);
    answer::reply(call, json_entity::edit::<Assignment>(call, body, false)?)
}

/// The events of a new assignment.
fn events_of_new(call: &Call<'_>, assignment: &Value) -> Vec<TopicEvent> {
    let mut all = events(call, assignment);
    all.extend(events_of_modules(std::slice::from_ref(assignment)));
    all
}

/// The new assignments of each module, as the topic of the module has them. Those that no rule made are among them (assumed).
pub(super) fn events_of_modules(assignments: &[Value]) -> Vec<TopicEvent> {
    let mut modules: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for module in assignments.iter().map(|assignment| &assignment["module"]) {
        if let Some(id) = module["id"].as_str() {
            modules.entry(id).or_default().push(json!({ "module": pick(module, &["id", "name"]) }));
        }
    }
    let events = modules.into_iter().map(|(id, entities)| {
        let body = json!({ "total": entities.len(), "entities": entities });
        TopicEvent::now(format!("v2.wem.learning.assignments.modules.{id}"), body)
    });
    events.collect()
}

/// The assignment as its user is told of it.
pub(super) fn events(_: &Call<'_>, assignment: &Value) -> Vec<TopicEvent> {
    const FIELDS: [&str; 8] = [
        "id",
        "version",
        "state",
        "dateRecommendedForCompletion",
        "dateCreated",
        "dateModified",
        "isOverdue",
        "lengthInMinutes",
    ];
    let Some(user) = assignment["user"]["id"].as_str() else { return Vec::new() };
    let topic = format!("v2.users.{user}.wem.learning.assignment");
    let mut body = pick(assignment, &FIELDS);
    for field in ["user", "module", "createdBy", "modifiedBy"] {
        let id = id_under(assignment, field);
        if !id.is_null() {
            body[field] = json!({ "id": id });
        }
    }
    vec![TopicEvent::now(topic, body)]
}
