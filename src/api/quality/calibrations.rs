//! Calibrations: several evaluators evaluate one conversation with one form.

use serde_json::{Map, Value, json};

use super::evaluations::published_form;
use super::forms::EVALUATION_FORMS;
use super::{check_conversation, check_user, id_in};
use crate::api::call::Call;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::world::Organization;

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

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
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
        let count = entity.get("evaluators").and_then(Value::as_array).map_or(0, Vec::len);
        for key in ["averageScore", "highScore", "lowScore"] {
            if count == 0 {
                entity.shift_remove(key);
            }
        }
    }

    fn matches(call: &Call<'_>, entity: &Body) -> bool {
        let wanted = |name: &str, value: &str| call.query_text(name).is_none_or(|of| of == value);
        wanted("calibratorId", id_in(entity, "calibrator"))
            && wanted("conversationId", id_in(entity, "conversation"))
    }
}

/// The reference to the caller's user.
fn author(call: &Call<'_>, organization: &Organization) -> Value {
    let user = call.caller.token.user.and_then(|user| organization.people().at(user));
    user.map_or(Value::Null, |user| crate::view::user::reference(&user.id.to_string()))
}
