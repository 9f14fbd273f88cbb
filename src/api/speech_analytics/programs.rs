//! Programs: the topics that are searched in the conversations of queues and flows.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::settings;
use super::topics::TOPICS;
use super::{check_ids, references, strings, unpublish};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, author_reference};
use crate::api::record::find;
use crate::api::route::Route;
use crate::api::setting;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::Flow;
use crate::world::routing::Queue;
use crate::world::table::Kind;

/// The collection of the programs.
pub(super) const PROGRAMS: &str = "/api/v2/speechandtextanalytics/programs";

pub(super) fn routes() -> Vec<Route> {
    let part = |name: &str| format!("{PROGRAMS}/{{programId}}/{name}");
    let mut routes = json_entity::routes_with_put::<Program>();
    routes.extend([
        Route::get(&format!("{PROGRAMS}/unpublished"), list_unpublished),
        Route::get(&format!("{PROGRAMS}/mappings"), list_mappings),
        Route::get(&part("mappings"), get_part),
        Route::put(&part("mappings"), put_mappings),
        Route::get(&format!("{PROGRAMS}/settings/insights"), list_insights),
        Route::get(&part("settings/insights"), get_part),
        Route::put(&part("settings/insights"), put_part),
        Route::get(&part("transcriptionengines"), get_part),
        Route::put(&part("transcriptionengines"), put_engines),
    ]);
    routes
}

/// A program.
pub(super) enum Program {}

impl JsonEntity for Program {
    const NAME: &'static str = "program";
    const PATH: &'static str = PROGRAMS;
    const PARAM: &'static str = "programId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "conflict");

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_ids(organization, TOPICS, ("topicIds", "topic"), body)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        unpublish(entity);
        entity.entry("tags").or_insert(json!([]));
    }

    fn change(_: &Call<'_>, _: &Organization, _: &Body, entity: &mut Body) {
        unpublish(entity);
        entity.entry("tags").or_insert(json!([]));
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let topics = references(organization, TOPICS, strings(entity, "topicIds"));
        entity.insert("topicsCount".to_owned(), json!(topics.len()));
        entity.insert("topics".to_owned(), topics.into());
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        if !settings::has_default(organization, text(entity, "id")) {
            return Ok(());
        }
        let refused = ApiError::bad_request("The program is the default of the settings.");
        Err(ApiError { code: "deleting.default.program.is.forbidden".into(), ..refused })
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        super::topics::is_selected(call, entity)
    }
}

fn list_unpublished(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all: Vec<Body> = {
        let organization = call.tenant().read();
        let all = organization.collections.list(PROGRAMS);
        let all = all.filter(|program| program.get("published") != Some(&json!(true)));
        all.map(|program| json_entity::to_json::<Program>(call, &organization, program)).collect()
    };
    answer::list(call, all)
}

/// The part of a program at `path`, with the reference to the program.
fn part_of(organization: &Organization, program: &Body, path: &str) -> Body {
    let mut part = setting::stored(organization, path).unwrap_or_default();
    let references = references(organization, PROGRAMS, [text(program, "id")].into_iter());
    part.insert("id".to_owned(), program.get("id").cloned().unwrap_or_default());
    part.insert("program".to_owned(), references.into_iter().next().unwrap_or_default());
    part.entry("enabled").or_insert(json!(false));
    part.entry("transcriptionEngines").or_insert(json!([]));
    let queues =
        strings(&part, "queueIds").map(|id| json!({ "id": id, "selfUri": format!("{}/{id}", Queue::PATH) }));
    let queues: Vec<_> = queues.collect();
    let flows: Vec<_> = strings(&part, "flowIds")
        .map(|id| json!({ "id": id, "selfUri": format!("{}/{id}", Flow::PATH) }))
        .collect();
    part.insert("queues".to_owned(), queues.into());
    part.insert("flows".to_owned(), flows.into());
    part
}

fn get_part(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let program = json_entity::find::<Program>(call, &organization)?;
    let part = part_of(&organization, program, call.path);
    drop(organization);
    answer::reply(call, part)
}

fn put_part(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (mut body, author) = (call.json_object()?, author_reference(call));
    body.insert("modifiedBy".to_owned(), author);
    body.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
    let part = call.change(|organization| {
        let program = json_entity::find::<Program>(call, organization)?.clone();
        setting::set(organization, call.path, body);
        Ok(part_of(organization, &program, call.path))
    })?;
    answer::reply(call, part)
}

/// `PUT …/mappings`: the queues and flows of a program. A queue belongs to one program.
fn put_mappings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    {
        let organization = call.tenant().read();
        let id = call.param("programId")?;
        if organization.collections.get(PROGRAMS, &id).is_none() {
            return Err(ApiError::no_such("program", &id));
        }
        let mut queues = strings(&body, "queueIds");
        queues.try_for_each(|queue| {
            find::<Queue>(&organization, queue)
                .map(drop)
                .map_err(|_| ApiError::no_reference("queueIds", Queue::NAME, queue))
        })?;
        check_ids(&organization, Flow::PATH, ("flowIds", Flow::NAME), &body)?;
    }
    put_part(call)
}

/// `PUT …/transcriptionengines`: the engine of each dialect.
fn put_engines(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let engines = body.get("transcriptionEngines").and_then(Value::as_array).into_iter().flatten();
    let mut seen = HashSet::new();
    if !engines.filter_map(|engine| engine["dialect"].as_str()).all(|dialect| seen.insert(dialect)) {
        let code = "dialect.duplicate".into();
        return Err(ApiError { code, ..ApiError::bad_request("A dialect has one engine.") });
    }
    put_part(call)
}

/// The part `name` of every program.
fn list_parts(call: &Call<'_>, name: &str) -> Result<Reply, ApiError> {
    let wanted = call.query_list("programIds");
    let all: Vec<Body> = {
        let organization = call.tenant().read();
        let programs = organization.collections.list(PROGRAMS);
        let programs =
            programs.filter(|one| wanted.is_empty() || wanted.iter().any(|id| id == text(one, "id")));
        programs.map(|one| part_of(&organization, one, &format!("{}/{name}", text(one, "selfUri")))).collect()
    };
    answer::list(call, all)
}

fn list_mappings(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_parts(call, "mappings")
}

fn list_insights(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_parts(call, "settings/insights")
}

/// Adds a topic to programs, and takes it out of the others.
pub(super) fn set_programs_of(organization: &mut Organization, topic: &str, programs: &[String]) {
    let all: Vec<Body> = organization.collections.list(PROGRAMS).map(|program| Map::clone(program)).collect();
    for mut program in all {
        let id = text(&program, "id").to_owned();
        let mut topics: Vec<String> = strings(&program, "topicIds").map(str::to_owned).collect();
        let (has, wanted) = (topics.iter().any(|of| of == topic), programs.contains(&id));
        if has == wanted {
            continue;
        }
        topics.retain(|of| of != topic);
        if wanted {
            topics.push(topic.to_owned());
        }
        program.insert("topicIds".to_owned(), topics.into_iter().map(Value::from).collect());
        organization.collections.insert(PROGRAMS, &id, program);
    }
}
