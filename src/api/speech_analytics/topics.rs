//! Topics: the phrases that are searched. The programs of a topic are kept with the programs.

use http::StatusCode;
use serde_json::{Value, json};

use super::programs::{PROGRAMS, set_programs_of};
use super::{check_ids, references, strings, unpublish};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The collection of the topics.
pub(super) const TOPICS: &str = "/api/v2/speechandtextanalytics/topics";

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes_with_put::<Topic>()
}

/// A topic.
pub(super) enum Topic {}

impl JsonEntity for Topic {
    const NAME: &'static str = "topic";
    const PATH: &'static str = TOPICS;
    const PARAM: &'static str = "topicId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "conflict");

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_ids(organization, PROGRAMS, ("programIds", "program"), body)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        unpublish(entity);
        set_defaults(entity);
    }

    fn change(_: &Call<'_>, _: &Organization, _: &Body, entity: &mut Body) {
        unpublish(entity);
        set_defaults(entity);
    }

    fn relate(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        if entity.contains_key("programIds") {
            let programs: Vec<String> = strings(entity, "programIds").map(str::to_owned).collect();
            set_programs_of(organization, text(entity, "id"), &programs);
        }
    }

    fn forget(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        set_programs_of(organization, text(entity, "id"), &[]);
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let id = text(entity, "id");
        let programs = organization.collections.list(PROGRAMS);
        let ids: Vec<&str> = programs
            .filter(|program| strings(program, "topicIds").any(|topic| topic == id))
            .map(|program| text(program, "id"))
            .collect();
        let programs = references(organization, PROGRAMS, ids.into_iter());
        let phrases = entity.get("phrases").and_then(Value::as_array).map_or(0, Vec::len);
        entity.insert("programsCount".to_owned(), json!(programs.len()));
        entity.insert("phrasesCount".to_owned(), json!(phrases));
        entity.insert("programs".to_owned(), programs.into());
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let dialects = call.query_list("dialects");
        is_selected(call, entity)
            && (dialects.is_empty() || dialects.iter().any(|dialect| dialect == text(entity, "dialect")))
    }
}

fn set_defaults(entity: &mut Body) {
    for (key, value) in [
        ("strictness", json!("72")),
        ("participants", json!("All")),
        ("matchingType", json!("Semantic")),
        ("phrases", json!([])),
        ("tags", json!([])),
    ] {
        entity.entry(key).or_insert(value);
    }
}

/// Whether the query's `ids` and `state` select a program or a topic.
pub(super) fn is_selected(call: &Call<'_>, entity: &Body) -> bool {
    let ids = call.query_list("ids");
    let published = call.query_text("state").is_some_and(|state| state.eq_ignore_ascii_case("published"));
    (ids.is_empty() || ids.iter().any(|id| id == text(entity, "id")))
        && (!published || entity.get("published") == Some(&json!(true)))
}
