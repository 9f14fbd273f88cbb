//! Calibrations: several evaluators evaluate one conversation with one form.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::activity::{average, whole};
use super::evaluations::{EVALUATIONS, Evaluation, add_to_calibration, published_form};
use super::forms::EVALUATION_FORMS;
use super::{check_conversation, check_user, id_in};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::collection::Entity;

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{}/{{calibrationId}}", Calibration::PATH);
    vec![
        Route::get(Calibration::PATH, json_entity::list::<Calibration>),
        // The document has whole forms and users here. Clients send their ids.
        Route::post(Calibration::PATH, json_entity::create::<Calibration>).checks(Checks::Inside),
        Route::get(&one, json_entity::get::<Calibration>),
        Route::put(&one, json_entity::replace::<Calibration>).checks(Checks::Inside),
        Route::delete(&one, json_entity::delete::<Calibration>),
    ]
}

/// A calibration.
enum Calibration {}

impl JsonEntity for Calibration {
    const NAME: &'static str = "calibration";
    const PATH: &'static str = "/api/v2/quality/calibrations";
    const PARAM: &'static str = "calibrationId";
    const SET_BY_SERVER: &'static [&'static str] = &["conversation", "evaluationForm"];

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        for field in ["calibrator", "agent", "expertEvaluator"] {
            check_user(organization, field, id_in(body, field))?;
        }
        for evaluator in body.get("evaluators").and_then(Value::as_array).into_iter().flatten() {
            check_user(organization, "evaluators", evaluator["id"].as_str().unwrap_or_default())?;
        }
        if before.is_none() {
            let conversation = id_in(body, "conversation");
            check_conversation(organization, conversation)
                .map_err(|_| ApiError::no_reference("conversation", "conversation", conversation))?;
            if body.contains_key("evaluationForm") {
                published_form(organization, id_in(body, "evaluationForm"))?;
            }
        }
        Ok(())
    }

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let form = organization.collections.get(EVALUATION_FORMS, id_in(entity, "evaluationForm"));
        if let Some(context) = form.and_then(|form| form.get("contextId")) {
            entity.insert("contextId".to_owned(), context.clone());
        }
        let author = author(call, organization);
        entity.entry("calibrator").or_insert(author);
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        for key in ["calibrator", "agent", "expertEvaluator"] {
            let id = id_in(entity, key).to_owned();
            if id.is_empty() {
                entity.shift_remove(key);
            } else {
                entity.insert(key.to_owned(), user::reference(&id));
            }
        }
        let conversation = id_in(entity, "conversation").to_owned();
        let uri = format!("/api/v2/conversations/{conversation}");
        entity.insert("conversation".to_owned(), json!({ "id": conversation, "selfUri": uri }));
        if let Some(form) = organization.collections.get(EVALUATION_FORMS, id_in(entity, "evaluationForm")) {
            entity.insert("evaluationForm".to_owned(), Value::Object(Map::clone(form)));
        }
        let id = text(entity, "id").to_owned();
        let evaluations = evaluations_of(organization, &id);
        set_scores(entity, &evaluations);
        let shown = evaluations.iter().map(|one| json_entity::to_json::<Evaluation>(call, organization, one));
        let shown: Vec<Body> = shown.collect();
        entity.insert("evaluations".to_owned(), json!(shown));
    }

    /// Gives each evaluator an evaluation of its own.
    fn relate(call: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let evaluators = entity.get("evaluators").and_then(Value::as_array).into_iter().flatten();
        let evaluators = evaluators.chain(entity.get("expertEvaluator"));
        let mut evaluators: BTreeSet<&str> = evaluators.filter_map(|one| one.get("id")?.as_str()).collect();
        for evaluation in evaluations_of(organization, text(entity, "id")) {
            evaluators.remove(id_in(evaluation, "evaluator"));
        }
        for evaluator in evaluators {
            add_to_calibration(call, organization, entity, evaluator);
        }
    }

    fn forget(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let evaluations = evaluations_of(organization, text(entity, "id"));
        let ids: Vec<String> = evaluations.iter().map(|one| text(one, "id").to_owned()).collect();
        for id in ids {
            organization.collections.remove(EVALUATIONS, &id);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let wanted = |name: &str, value: &str| call.query_text(name).is_none_or(|of| of == value);
        wanted("calibratorId", id_in(entity, "calibrator"))
            && wanted("conversationId", id_in(entity, "conversation"))
    }
}

/// The evaluations of a calibration.
fn evaluations_of<'o>(organization: &'o Organization, id: &str) -> Vec<&'o Entity> {
    organization.collections.list(EVALUATIONS).filter(|one| id_in(one, "calibration") == id).collect()
}

/// Sets the scores of the evaluations that are finished.
fn set_scores(entity: &mut Body, evaluations: &[&Entity]) {
    let finished = evaluations.iter().filter(|one| text(one, "status") == "FINISHED");
    let scores: Vec<f64> =
        finished.filter_map(|one| one.get("answers")?.get("totalScore")?.as_f64()).collect();
    let high = scores.iter().copied().reduce(f64::max);
    let low = scores.iter().copied().reduce(f64::min);
    let average = high.map(|_| average(&scores));
    for (key, score) in [("averageScore", average), ("highScore", high), ("lowScore", low)] {
        match score {
            Some(score) => drop(entity.insert(key.to_owned(), json!(whole(score)))),
            None => drop(entity.shift_remove(key)),
        }
    }
}

/// The reference to the caller's user.
fn author(call: &Call<'_>, organization: &Organization) -> Value {
    let user = call.caller.token.user.and_then(|user| organization.people().at(user));
    user.map_or(Value::Null, |user| crate::view::user::reference(&user.id.to_string()))
}
