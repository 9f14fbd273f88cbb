//! `POST …/evaluations/search`: criteria by field, all of which have to hold.

use std::cmp::Ordering;

use serde_json::Value;

use super::forms::EVALUATION_FORMS;
use super::id_in;
use crate::api::entity::text;
use crate::api::json_entity::Body;
use crate::time::clock::parse_rfc3339;
use crate::world::Organization;

/// Whether every criterion holds for an evaluation.
pub(super) fn matches(organization: &Organization, evaluation: &Body, criteria: Option<&Value>) -> bool {
    let criteria = criteria.and_then(Value::as_array).into_iter().flatten();
    criteria.filter_map(Value::as_object).all(|criterion| {
        let found = values_of(organization, evaluation, text(criterion, "field"));
        holds(criterion, &found) != (text(criterion, "operator") == "NOT")
    })
}

/// Whether a criterion holds for one of the values of its field.
fn holds(criterion: &Body, found: &[String]) -> bool {
    let given = |key: &str| Some(text(criterion, key)).filter(|given| !given.is_empty());
    let compares = |key: &str, wanted: fn(Ordering) -> bool| {
        given(key).is_none_or(|of| found.iter().any(|value| compare(value, of).is_some_and(wanted)))
    };
    match text(criterion, "type") {
        "REQUIRED_FIELDS" => !found.is_empty(),
        "GREATER_THAN" => compares("value", Ordering::is_gt),
        "GREATER_THAN_EQUAL_TO" => compares("value", Ordering::is_ge),
        "LESS_THAN" => compares("value", Ordering::is_lt),
        "LESS_THAN_EQUAL_TO" => compares("value", Ordering::is_le),
        "RANGE" | "DATE_RANGE" => {
            compares("startValue", Ordering::is_ge) && compares("endValue", Ordering::is_le)
        }
        _ => is_one_of(criterion, found),
    }
}

/// Whether a value is one of those that a criterion names. One that names none holds.
fn is_one_of(criterion: &Body, found: &[String]) -> bool {
    let listed = criterion.get("values").and_then(Value::as_array).into_iter().flatten();
    let wanted = listed.chain(criterion.get("value")).filter_map(Value::as_str);
    let wanted: Vec<&str> = wanted.collect();
    wanted.is_empty() || found.iter().any(|value| wanted.iter().any(|of| of.eq_ignore_ascii_case(value)))
}

/// Compares two numbers, two instants or two texts.
fn compare(value: &str, with: &str) -> Option<Ordering> {
    if let (Ok(value), Ok(with)) = (value.parse::<f64>(), with.parse::<f64>()) {
        return value.partial_cmp(&with);
    }
    match (parse_rfc3339(value), parse_rfc3339(with)) {
        (Some(value), Some(with)) => Some(value.cmp(&with)),
        _ => Some(value.cmp(with)),
    }
}

/// The values that an evaluation has in a field of the search.
fn values_of(organization: &Organization, evaluation: &Body, field: &str) -> Vec<String> {
    let one = |value: &str| Some(value.to_owned()).filter(|value| !value.is_empty()).into_iter().collect();
    match field {
        "evaluationId" => one(text(evaluation, "id")),
        "evaluationStatus" => one(text(evaluation, "status")),
        "formId" => one(id_in(evaluation, "evaluationForm")),
        "createdDate" => one(text(evaluation, "dateCreated")),
        "submittedDate" | "releaseDate" => one(text(evaluation, field)),
        "released" => vec![evaluation.contains_key("releaseDate").to_string()],
        "contextId" => {
            let form = organization.collections.get(EVALUATION_FORMS, id_in(evaluation, "evaluationForm"));
            one(form.map_or("", |form| text(form, "contextId")))
        }
        "totalScore" | "totalCriticalScore" => {
            let score = evaluation.get("answers").and_then(|answers| answers.get(field));
            score.map(Value::to_string).into_iter().collect()
        }
        named => named.strip_suffix("Id").map_or_else(Vec::new, |named| {
            let in_answers = answered(evaluation, field);
            if in_answers.is_empty() { one(id_in(evaluation, named)) } else { in_answers }
        }),
    }
}

/// The ids of the groups, questions or options that are answered.
fn answered(evaluation: &Body, field: &str) -> Vec<String> {
    let groups = evaluation.get("answers").and_then(|answers| answers.get("questionGroupScores")?.as_array());
    let groups = groups.into_iter().flatten();
    let questions = groups.clone().filter_map(|group| group["questionScores"].as_array()).flatten();
    let all: Vec<&Value> = match field {
        "questionGroupId" => groups.map(|group| &group["questionGroupId"]).collect(),
        "questionId" => questions.map(|answer| &answer["questionId"]).collect(),
        "questionAnswerId" => questions.map(|answer| &answer["answerId"]).collect(),
        _ => Vec::new(),
    };
    all.into_iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
