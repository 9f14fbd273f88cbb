//! Surveys of conversations: a customer answers a published form at the address of the survey.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::forms::{SURVEY_FORMS, is_published};
use super::{check_conversation, check_user, id_in};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::record::referred;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::routing::Queue;
use crate::world::table::Kind;

use super::scoring;

pub(in crate::api) const SURVEYS: &str = "/api/v2/quality/surveys";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(SURVEYS, json_entity::create::<Survey>),
        Route::get(&format!("{SURVEYS}/{{surveyId}}"), json_entity::get::<Survey>),
        Route::get(&format!("{SURVEYS}/scorable"), get_scorable),
        Route::put(&format!("{SURVEYS}/scorable"), finish),
        Route::post(&format!("{SURVEYS}/scoring"), score),
        Route::get("/api/v2/quality/conversations/{conversationId}/surveys", list_of_conversation),
    ]
}

/// A survey.
enum Survey {}

impl JsonEntity for Survey {
    const NAME: &'static str = "survey";
    const PATH: &'static str = SURVEYS;
    const PARAM: &'static str = "surveyId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let conversation = text(body, "conversationId");
        check_conversation(organization, conversation)
            .map_err(|_| ApiError::no_reference("conversationId", "conversation", conversation))?;
        let context = text(body, "surveyFormContextId");
        if find_form(organization, context).is_none() {
            return Err(ApiError::no_reference("surveyFormContextId", "published survey form", context));
        }
        check_user(organization, "agentId", text(body, "agentId"))?;
        match text(body, "queueId") {
            "" => Ok(()),
            queue => referred::<Queue>(organization, "queueId", queue).map(drop),
        }
    }

    fn start(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let conversation = text(entity, "conversationId").to_owned();
        let uri = format!("/api/v2/conversations/{conversation}");
        let form = find_form(organization, text(entity, "surveyFormContextId"))
            .map(|form| text(form, "id").to_owned());
        let (agent, queue) = (text(entity, "agentId").to_owned(), text(entity, "queueId").to_owned());
        let mut set = |key: &str, value: Value| drop(entity.insert(key.to_owned(), value));
        set("conversation", json!({ "id": conversation, "selfUri": uri }));
        set("surveyForm", json!({ "id": form }));
        set("status", json!("Pending"));
        set("surveyType", json!("Web"));
        if !agent.is_empty() {
            set("agent", user::reference(&agent));
        }
        if !queue.is_empty() {
            set("queue", json!({ "id": queue, "selfUri": format!("{}/{queue}", Queue::PATH) }));
        }
        // The address that a customer gets; it names the survey.
        set("customerSurveyUrl", json!(format!("https://surveys.gcmock/?key={}", Uuid::new_v4())));
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        if let Some(form) = organization.collections.get(SURVEY_FORMS, id_in(entity, "surveyForm")) {
            entity.insert("surveyForm".to_owned(), Value::Object(Map::clone(form)));
        }
    }
}

/// The newest published and enabled form of a context.
fn find_form<'o>(organization: &'o Organization, context: &str) -> Option<&'o Body> {
    let forms = organization.collections.list(SURVEY_FORMS).map(|form| &**form);
    let of_context = forms.filter(|form| text(form, "contextId") == context && is_published(form));
    of_context.filter(|form| form.get("disabled") != Some(&Value::Bool(true))).last()
}

/// Refuses a reference to a survey form that is not published: 400. It has the id of a form, or of its context.
pub(in crate::api) fn check_published_form(organization: &Organization, form: &Body) -> Result<(), ApiError> {
    let (id, context) = (text(form, "id"), text(form, "contextId"));
    if id.is_empty() && (context.is_empty() || find_form(organization, context).is_some()) {
        return Ok(());
    }
    match organization.collections.get(SURVEY_FORMS, id) {
        Some(form) if is_published(form) => Ok(()),
        Some(_) => {
            Err(ApiError::bad_request("The property surveyForm refers to a form that is not published."))
        }
        None if id.is_empty() => Err(ApiError::no_reference("surveyForm", "survey form", context)),
        None => Err(ApiError::no_reference("surveyForm", "survey form", id)),
    }
}

fn list_of_conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    let conversation = call.param("conversationId")?;
    let organization = call.tenant().read();
    check_conversation(&organization, &conversation)?;
    let all = organization.collections.list(SURVEYS).filter(|one| id_in(one, "conversation") == conversation);
    let all: Vec<Value> =
        all.map(|one| Value::Object(json_entity::to_json::<Survey>(call, &organization, one))).collect();
    drop(organization);
    answer::reply(call, all)
}

/// The survey that the query's `customerSurveyUrl` names.
fn find_by_url<'o>(call: &Call<'_>, organization: &'o Organization) -> Result<&'o Body, ApiError> {
    let url = call.query_text("customerSurveyUrl").unwrap_or_default();
    let mut all = organization.collections.list(SURVEYS);
    let found = all.find(|survey| text(survey, "customerSurveyUrl") == url);
    found.map(|survey| &**survey).ok_or_else(|| ApiError::no_such("survey", &url))
}

fn get_scorable(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let shown = json_entity::to_json::<Survey>(call, &organization, find_by_url(call, &organization)?);
    drop(organization);
    answer::reply(call, shown)
}

/// `PUT …/surveys/scorable`: the customer's answers.
fn finish(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let shown = call.change(|organization| {
        let mut survey = find_by_url(call, organization)?.clone();
        if text(&survey, "status") == "Finished" {
            return Err(ApiError::conflict("The survey is finished."));
        }
        let form = organization.collections.get(SURVEY_FORMS, id_in(&survey, "surveyForm"));
        if let (Some(form), Some(answers)) = (form, body.get("answers").and_then(Value::as_object)) {
            survey.insert("answers".to_owned(), Value::Object(scoring::score(form, answers)));
        }
        let status = body.get("status").cloned().unwrap_or(json!("Finished"));
        if status == "Finished" {
            survey.insert("completedDate".to_owned(), json!(rfc3339(call.now)));
        }
        survey.insert("status".to_owned(), status);
        let id = text(&survey, "id").to_owned();
        let survey = organization.collections.insert(SURVEYS, &id, survey);
        Ok(json_entity::to_json::<Survey>(call, organization, &survey))
    })?;
    answer::reply(call, shown)
}

/// `POST …/surveys/scoring`: the scores of answers that are not stored.
fn score(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let part = |key: &str| body.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
    answer::reply(call, scoring::score(&part("surveyForm"), &part("answers")))
}
