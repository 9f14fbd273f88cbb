//! Evaluations of conversations: an evaluator answers a published form, PENDING, INPROGRESS, then FINISHED.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::forms::{EVALUATION_FORMS, is_published};
use super::{check_conversation, check_user, id_in, instant_in, scoring, search};
use crate::api::announce::{TopicEvent, id_under, pick};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;

/// The collection of the evaluations of every conversation.
pub(in crate::api) const EVALUATIONS: &str = "/api/v2/quality/evaluations";
const OF_CONVERSATION: &str = "/api/v2/quality/conversations/{conversationId}/evaluations";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{OF_CONVERSATION}/{{evaluationId}}");
    vec![
        Route::post(OF_CONVERSATION, json_entity::create::<Evaluation>).publishes(events),
        Route::get(&one, json_entity::get::<Evaluation>),
        // The document has whole forms and users here. Clients send their ids.
        Route::put(&one, json_entity::update::<Evaluation>).checks(Checks::Inside).publishes(events),
        Route::delete(&one, json_entity::delete::<Evaluation>),
        Route::get(&format!("{EVALUATIONS}/query"), query),
        Route::post(&format!("{EVALUATIONS}/search"), find),
        Route::post(&format!("{EVALUATIONS}/scoring"), score),
        Route::post(&format!("{EVALUATIONS}/aggregates/query/me"), aggregate),
    ]
}

/// An evaluation.
pub(super) enum Evaluation {}

impl JsonEntity for Evaluation {
    const NAME: &'static str = "evaluation";
    const PATH: &'static str = EVALUATIONS;
    const PARAM: &'static str = "evaluationId";
    const SET_BY_SERVER: &'static [&'static str] = &["conversation", "status"];

    fn check_path(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        let (conversation, id) = (call.param("conversationId")?, call.param(Self::PARAM)?);
        if conversation.is_empty() {
            return Ok(());
        }
        check_conversation(organization, &conversation)?;
        let Some(known) = organization.collections.get(EVALUATIONS, &id) else { return Ok(()) };
        if id_in(known, "conversation").eq_ignore_ascii_case(&conversation) {
            return Ok(());
        }
        Err(ApiError::no_such(Self::NAME, &id))
    }

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        for field in ["evaluator", "agent", "assignee"] {
            check_user(organization, field, id_in(body, field))?;
        }
        check_answers(organization, before.unwrap_or(body), body)?;
        match before {
            None => check_new(organization, body),
            Some(before) => check_change(organization, before, body),
        }
    }

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let conversation = call.param("conversationId").unwrap_or_default();
        let uri = format!("/api/v2/conversations/{conversation}");
        entity.insert("conversation".to_owned(), json!({ "id": conversation, "selfUri": uri }));
        entity.entry("status").or_insert(json!("PENDING"));
        entity.entry("agentHasRead").or_insert(json!(false));
        entity.entry("neverRelease").or_insert(json!(false));
        entity.entry("rescore").or_insert(json!(false));
        entity.insert("assignedDate".to_owned(), json!(rfc3339(call.now)));
        follow_status(call, organization, entity);
    }

    fn change(call: &Call<'_>, organization: &Organization, before: &Body, entity: &mut Body) {
        for key in ["conversation", "evaluationForm", "evaluator", "agent"] {
            entity.insert(key.to_owned(), before.get(key).cloned().unwrap_or_default());
        }
        follow_status(call, organization, entity);
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        for key in ["evaluator", "agent", "assignee"] {
            let id = id_in(entity, key).to_owned();
            if !id.is_empty() {
                entity.insert(key.to_owned(), user::reference(&id));
            }
        }
        if let Some(form) = organization.collections.get(EVALUATION_FORMS, id_in(entity, "evaluationForm")) {
            entity.insert("evaluationForm".to_owned(), Value::Object(Map::clone(form)));
        }
        let (conversation, id) = (id_in(entity, "conversation"), text(entity, "id"));
        let uri = format!("/api/v2/quality/conversations/{conversation}/evaluations/{id}");
        entity.insert("selfUri".to_owned(), json!(uri));
        let changed = entity.get("dateModified").cloned().unwrap_or_default();
        entity.insert("changedDate".to_owned(), changed);
    }
}

/// Adds the evaluation of one evaluator to a calibration that has a form.
pub(super) fn add_to_calibration(
    call: &Call<'_>,
    organization: &mut Organization,
    calibration: &Body,
    evaluator: &str,
) {
    let form = id_in(calibration, "evaluationForm");
    if form.is_empty() {
        return;
    }
    let (id, at) = (uuid::Uuid::new_v4().to_string(), rfc3339(call.now));
    let conversation = id_in(calibration, "conversation");
    let reference = |path: &str, id: &str| json!({ "id": id, "selfUri": format!("/api/v2/{path}/{id}") });
    let mut entity = Body::from_iter(
        [
            ("id", json!(id)),
            ("conversation", reference("conversations", conversation)),
            ("calibration", reference("quality/calibrations", text(calibration, "id"))),
            ("evaluationForm", json!({ "id": form })),
            ("evaluator", user::reference(evaluator)),
            ("dateCreated", json!(at)),
            ("dateModified", json!(at)),
            ("assignedDate", json!(at)),
            ("status", json!("PENDING")),
            ("agentHasRead", json!(false)),
            ("neverRelease", json!(true)),
            ("rescore", json!(false)),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    if !id_in(calibration, "agent").is_empty() {
        entity.insert("agent".to_owned(), user::reference(id_in(calibration, "agent")));
    }
    organization.collections.insert(EVALUATIONS, &id, entity);
}

/// The fields of an evaluation that its topic has. Their names are those of the vendor's SDKs (August 2026).
const PUBLISHED: [&str; 7] =
    ["id", "agentHasRead", "releaseDate", "assignedDate", "changedDate", "rescore", "version"];

/// `v2.quality.evaluations`: an evaluation was assigned or changed.
fn events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let mut body = pick(answered, &PUBLISHED);
    body["status"] = json!(match answered["status"].as_str() {
        Some("INPROGRESS") => "InProgress",
        Some("FINISHED") => "Finished",
        _ => "Pending",
    });
    body["eventTime"] = json!(rfc3339(call.now));
    body["conversationId"] = id_under(answered, "conversation");
    for user in ["agent", "evaluator"] {
        body[user] = json!({ "id": id_under(answered, user) });
    }
    let form = &answered["evaluationForm"];
    body["evaluationFormId"] = form["id"].clone();
    body["formName"] = form["name"].clone();
    body["contextId"] = form["contextId"].clone();
    if let Some(scores) = answered.get("answers") {
        let whole = |score: &str| format!("{:.0}", scores[score].as_f64()?).parse::<i64>().ok();
        body["scoringSet"] = json!({
            "totalScore": whole("totalScore"), "totalCriticalScore": whole("totalCriticalScore"),
        });
    }
    vec![TopicEvent::now("v2.quality.evaluations".to_owned(), body)]
}

/// A new evaluation needs a published form, an evaluator and an agent.
fn check_new(organization: &Organization, body: &Body) -> Result<(), ApiError> {
    published_form(organization, id_in(body, "evaluationForm"))?;
    for field in ["evaluator", "agent"] {
        if id_in(body, field).is_empty() {
            return Err(ApiError::bad_request(format!(
                "The property {field} is required and must have an id."
            )));
        }
    }
    check_finished(organization, body, body)
}

/// The published form of that id, or a 400.
pub(in crate::api) fn published_form<'o>(
    organization: &'o Organization,
    id: &str,
) -> Result<&'o Body, ApiError> {
    let form = organization.collections.get(EVALUATION_FORMS, id);
    let form = form.ok_or_else(|| ApiError::no_reference("evaluationForm", "evaluation form", id))?;
    if is_published(form) {
        return Ok(form);
    }
    Err(ApiError::bad_request("The property evaluationForm refers to a form that is not published."))
}

/// The order of the states of an evaluation.
const STATES: [&str; 3] = ["PENDING", "INPROGRESS", "FINISHED"];

/// Refuses another conversation or form, a state before the current one, and a change of a finished evaluation that is
/// not a rescore.
fn check_change(organization: &Organization, before: &Body, body: &Body) -> Result<(), ApiError> {
    check_same(before, body, "conversation", "quality.evaluation.cannot.change.conversation")?;
    check_same(before, body, "evaluationForm", "quality.evaluation.cannot.change.evaluation.form")?;
    let position = |state: &str| STATES.iter().position(|of| *of == state);
    let (now, then) = (position(text(before, "status")), position(text(body, "status")));
    let rescores = body.get("rescore") == Some(&Value::Bool(true));
    if text(before, "status") == "FINISHED" && body.contains_key("answers") && !rescores {
        return Err(ApiError::conflict("A finished evaluation is changed only with rescore."));
    }
    if then.is_some() && then < now && !rescores {
        let why = format!(
            "An evaluation that is {} does not become {}.",
            text(before, "status"),
            text(body, "status")
        );
        return Err(ApiError::conflict(why));
    }
    check_finished(organization, before, body)
}

/// Refuses a body that names another entity in `field` than the evaluation has.
fn check_same(before: &Body, body: &Body, field: &str, code: &'static str) -> Result<(), ApiError> {
    let named = id_in(body, field);
    if named.is_empty() || named.eq_ignore_ascii_case(id_in(before, field)) {
        return Ok(());
    }
    let why = format!("The property {field} of an evaluation cannot change.");
    Err(ApiError { code: code.into(), ..ApiError::bad_request(why) })
}

/// Refuses answers that the form of the evaluation does not have.
fn check_answers(organization: &Organization, evaluation: &Body, body: &Body) -> Result<(), ApiError> {
    let form = organization.collections.get(EVALUATION_FORMS, id_in(evaluation, "evaluationForm"));
    let answers = body.get("answers").and_then(Value::as_object);
    form.zip(answers).map_or(Ok(()), |(form, answers)| scoring::check(form, answers))
}

/// Refuses to finish an evaluation with open questions.
fn check_finished(organization: &Organization, before: &Body, body: &Body) -> Result<(), ApiError> {
    if text(body, "status") != "FINISHED"
        || text(before, "status") == "FINISHED" && !body.contains_key("answers")
    {
        return Ok(());
    }
    let form = organization.collections.get(EVALUATION_FORMS, id_in(before, "evaluationForm"));
    let answers = body.get("answers").or_else(|| before.get("answers")).and_then(Value::as_object);
    let open = form.map(|form| scoring::unanswered(form, answers.unwrap_or(&Map::new()))).unwrap_or_default();
    match open.first() {
        None => Ok(()),
        Some(question) => {
            let why = format!("The question {} is not answered.", quoted(question));
            let code = "quality.scoring.unanswered.required.questions";
            Err(ApiError { code: code.into(), ..ApiError::bad_request(why) })
        }
    }
}

/// Sets what follows from the answers and the status: scores and dates.
fn follow_status(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
    let form = organization.collections.get(EVALUATION_FORMS, id_in(entity, "evaluationForm"));
    let answers = entity.get("answers").and_then(Value::as_object);
    if let (Some(form), Some(answers)) = (form, answers) {
        let scored = scoring::score(form, answers);
        entity.insert("answers".to_owned(), Value::Object(scored));
    }
    if text(entity, "status") == "FINISHED" {
        let now = json!(rfc3339(call.now));
        entity.entry("submittedDate").or_insert(now.clone());
        if entity.get("neverRelease") != Some(&Value::Bool(true)) {
            entity.entry("releaseDate").or_insert(now);
        }
    }
}

/// The parameters of which a query of evaluations needs one. Documented.
const SUBJECTS: [&str; 5] =
    ["conversationId", "agentUserId", "evaluatorUserId", "assigneeUserId", "agentTeamId"];

fn check_subject(call: &Call<'_>) -> Result<(), ApiError> {
    if SUBJECTS.iter().any(|name| call.query_text(name).is_some()) {
        return Ok(());
    }
    let code = "quality.query.spec.one.of.agent.or.evaluator.or.assignee.or.conversation";
    let why = format!("The query needs one of {}.", SUBJECTS.join(", "));
    Err(ApiError::new(StatusCode::BAD_REQUEST, code, why))
}

/// `GET …/evaluations/query`.
fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_subject(call)?;
    let wanted = |name: &str, value: &str| call.query_text(name).is_none_or(|of| of == value);
    let states = call.query_list("evaluationState");
    let (start, end) = (instant_in(call, "startTime"), instant_in(call, "endTime"));
    let flag = |name: &str, is_so: bool| call.query_text(name).is_none_or(|of| (of == "true") == is_so);
    let all: Vec<Body> = {
        let organization = call.tenant().read();
        let all = organization.collections.list(EVALUATIONS).filter(|one| {
            let form = organization.collections.get(EVALUATION_FORMS, id_in(one, "evaluationForm"));
            let created = text(one, "dateCreated");
            wanted("conversationId", id_in(one, "conversation"))
                && wanted("agentUserId", id_in(one, "agent"))
                && wanted("evaluatorUserId", id_in(one, "evaluator"))
                && wanted("assigneeUserId", id_in(one, "assignee"))
                && wanted("queueId", id_in(one, "queue"))
                && wanted("formContextId", form.map_or("", |form| text(form, "contextId")))
                && (states.is_empty() || states.iter().any(|state| state == text(one, "status")))
                && start.as_deref().is_none_or(|start| created >= start)
                && end.as_deref().is_none_or(|end| created < end)
                && flag("isReleased", one.contains_key("releaseDate"))
                && flag("agentHasRead", one.get("agentHasRead") == Some(&Value::Bool(true)))
        });
        let most = call.query_text("maximum").and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
        all.take(most).map(|one| json_entity::to_json::<Evaluation>(call, &organization, one)).collect()
    };
    answer::list(call, all)
}

/// `POST …/evaluations/search`: criteria by field, all of which have to hold.
fn find(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let page = PageRequest::of_body(&body)?;
    let organization = call.tenant().read();
    let all = organization
        .collections
        .list(EVALUATIONS)
        .filter(|one| search::matches(&organization, one, body.get("query")));
    let results: Vec<Body> = all
        .skip(page.offset())
        .take(page.most())
        .map(|one| json_entity::to_json::<Evaluation>(call, &organization, one))
        .collect();
    drop(organization);
    answer::reply(
        call,
        json!({ "pageSize": page.size, "pageNumber": page.number, "results": results, "aggregations": {} }),
    )
}

/// `POST …/evaluations/scoring`: the scores of answers that are not stored.
fn score(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let part = |key: &str| body.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
    let (form, answers) = (part("evaluationForm"), part("answers"));
    scoring::check(&form, &answers)?;
    answer::reply(call, scoring::score(&form, &answers))
}

/// `POST …/aggregates/query/me`: how many evaluations the caller's user has.
fn aggregate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    crate::api::interval::interval("interval", text(&body, "interval"))?;
    answer::reply(call, json!({ "results": [] }))
}
