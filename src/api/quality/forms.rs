//! Evaluation forms and survey forms. A form is a draft that can be changed. Once published it is a version that cannot,
//! and the draft goes on as a form of a new id with the same `contextId`.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::evaluations::EVALUATIONS;
use super::id_in;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
pub(in crate::api) use crate::world::reference::{EVALUATION_FORMS, SURVEY_FORMS};

pub(super) fn routes() -> Vec<Route> {
    let mut routes = form_routes::<EvaluationForm>("/api/v2/quality/forms", "/api/v2/quality/publishedforms");
    routes.extend(form_routes::<EvaluationForm>(
        EVALUATION_FORMS,
        "/api/v2/quality/publishedforms/evaluations",
    ));
    routes.extend(form_routes::<SurveyForm>(SURVEY_FORMS, "/api/v2/quality/publishedforms/surveys"));
    routes.extend([
        Route::get("/api/v2/quality/forms/evaluations/bulk", list_by_ids::<EvaluationForm>),
        Route::get("/api/v2/quality/forms/surveys/bulk", list_by_ids::<SurveyForm>),
        Route::get("/api/v2/quality/forms/evaluations/bulk/contexts", list_by_contexts::<EvaluationForm>),
        Route::get("/api/v2/quality/forms/surveys/bulk/contexts", list_by_contexts::<SurveyForm>),
        Route::patch("/api/v2/quality/forms/surveys/{formId}", update_survey_form),
        Route::put("/api/v2/quality/forms/evaluations/{formId}/aiscoring/settings", put_scoring_settings),
    ]);
    routes
}

fn form_routes<K: JsonEntity>(forms: &str, published: &str) -> Vec<Route> {
    let one = format!("{forms}/{{formId}}");
    vec![
        Route::get(forms, list::<K>),
        Route::post(forms, json_entity::create::<K>),
        Route::get(&one, json_entity::get::<K>),
        Route::put(&one, json_entity::replace::<K>),
        Route::delete(&one, json_entity::delete::<K>),
        Route::get(&format!("{one}/versions"), list_versions::<K>),
        Route::get(published, list_published::<K>),
        Route::post(published, publish::<K>),
        Route::get(&format!("{published}/{{formId}}"), get_published::<K>),
    ]
}

/// A form to evaluate an agent.
pub(super) enum EvaluationForm {}

/// A form that customers fill in.
pub(super) enum SurveyForm {}

impl JsonEntity for EvaluationForm {
    const NAME: &'static str = "evaluation form";
    const PATH: &'static str = EVALUATION_FORMS;
    const PARAM: &'static str = "formId";
    const SET_BY_SERVER: &'static [&'static str] = &["contextId", "published"];

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_draft(before, body)?;
        check_name::<Self>(organization, before, body, "evaluation.name.conflict")
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        start_form(entity);
    }

    fn change(_: &Call<'_>, _: &Organization, before: &Body, entity: &mut Body) {
        change_form(before, entity);
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        check_deletable(entity, "evaluation.cannot.be.deleted")?;
        let mut evaluations = organization.collections.list(EVALUATIONS);
        let id = text(entity, "id");
        if evaluations.any(|evaluation| id_in(evaluation, "evaluationForm") == id) {
            return Err(ApiError::conflict("The form is used by an evaluation."));
        }
        check_unassigned(organization, EVALUATION_FORMS, id)
    }
}

impl JsonEntity for SurveyForm {
    const NAME: &'static str = "survey form";
    const PATH: &'static str = SURVEY_FORMS;
    const PARAM: &'static str = "formId";
    const SET_BY_SERVER: &'static [&'static str] = &["contextId", "published", "disabled"];

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_draft(before, body)?;
        check_name::<Self>(organization, before, body, "survey.name.conflict")
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        start_form(entity);
        entity.entry("disabled").or_insert(json!(false));
    }

    fn change(_: &Call<'_>, _: &Organization, before: &Body, entity: &mut Body) {
        change_form(before, entity);
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        check_deletable(entity, "survey.cannot.be.deleted")?;
        check_unassigned(organization, SURVEY_FORMS, text(entity, "id"))
    }
}

/// Refuses the deletion of a published form.
fn check_deletable(form: &Body, code: &'static str) -> Result<(), ApiError> {
    if !is_published(form) {
        return Ok(());
    }
    let why = "A form that has been published cannot be deleted.";
    Err(ApiError { code: code.into(), ..ApiError::conflict(why) })
}

/// Refuses a change of a published form, and questions whose options cannot be told apart.
fn check_draft(before: Option<&Body>, body: &Body) -> Result<(), ApiError> {
    if before.is_some_and(is_published) {
        return Err(ApiError::conflict("A published form cannot be changed. Change its draft."));
    }
    if body.get("questionGroups").and_then(Value::as_array).is_some_and(|groups| groups.len() > MAX_GROUPS) {
        return Err(ApiError::constraint("questionGroups", format!("must have at most {MAX_GROUPS} groups")));
    }
    Ok(())
}

/// Refuses a name that a form of another context has.
fn check_name<K: JsonEntity>(
    organization: &Organization,
    before: Option<&Body>,
    body: &Body,
    code: &'static str,
) -> Result<(), ApiError> {
    let name = text(body, "name");
    let own = before.map_or("", |before| text(before, "contextId"));
    let is_other = |form: &Body| text(form, "contextId") != own && text(form, "name") == name;
    if name.is_empty() || !organization.collections.list(K::PATH).any(|form| is_other(form)) {
        return Ok(());
    }
    let why = format!("Another {} has this name already.", K::NAME);
    Err(ApiError { code: code.into(), ..ApiError::conflict(why) })
}

/// The most question groups of a form. Assumed.
const MAX_GROUPS: usize = 100;

/// Refuses the deletion of a form that a media retention policy assigns.
fn check_unassigned(organization: &Organization, collection: &str, id: &str) -> Result<(), ApiError> {
    match Uuid::try_parse(id).ok().and_then(|id| organization.referrer(collection, id)) {
        None => Ok(()),
        Some(by) => Err(ApiError::conflict(format!("The form is in use. What refers to it: {by}."))),
    }
}

pub(super) fn is_published(form: &Body) -> bool {
    form.get("published") == Some(&Value::Bool(true))
}

fn start_form(entity: &mut Body) {
    entity.insert("contextId".to_owned(), json!(Uuid::new_v4()));
    entity.insert("published".to_owned(), json!(false));
    entity.entry("weightMode").or_insert(json!("SCALED"));
    give_ids(entity.get_mut("questionGroups"));
}

fn change_form(before: &Body, entity: &mut Body) {
    for key in ["contextId", "published"] {
        entity.insert(key.to_owned(), before.get(key).cloned().unwrap_or_default());
    }
    give_ids(entity.get_mut("questionGroups"));
}

/// Gives each group, question and answer the ids that the body lacks.
fn give_ids(parts: Option<&mut Value>) {
    let parts = parts.and_then(Value::as_array_mut).into_iter().flatten();
    for part in parts.filter_map(Value::as_object_mut) {
        for key in ["id", "contextId"] {
            if part.get(key).is_none_or(|id| id.as_str().is_none_or(str::is_empty)) {
                part.insert(key.to_owned(), json!(Uuid::new_v4()));
            }
        }
        for below in ["questions", "answerOptions", "multipleSelectOptionQuestions"] {
            give_ids(part.get_mut(below));
        }
    }
}

/// `GET …/forms`: the drafts. A form without a draft is listed as its newest version.
fn list<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = select::<K>(call, |_| true)?;
    answer::list(call, newest_by_context(&all, |form| !is_published(form)))
}

fn select<K: JsonEntity>(call: &Call<'_>, wanted: impl Fn(&Body) -> bool) -> Result<Vec<Body>, ApiError> {
    let organization = call.tenant().read();
    let all = json_entity::select::<K>(call, &organization)?.into_iter();
    Ok(all.filter(|form| wanted(form)).map(|form| Map::clone(form)).collect())
}

/// One form of each context: the preferred one, else the last.
fn newest_by_context(all: &[Body], is_preferred: impl Fn(&Body) -> bool) -> Vec<Body> {
    let mut newest: Vec<Body> = Vec::new();
    for form in all {
        match newest.iter_mut().find(|other| other.get("contextId") == form.get("contextId")) {
            Some(other) if is_preferred(other) && !is_preferred(form) => {}
            Some(other) => other.clone_from(form),
            None => newest.push(form.clone()),
        }
    }
    newest
}

/// `GET …/publishedforms`, with `onlyLatestPerContext` the newest version of each.
fn list_published<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let newest = call.query_flag("onlyLatestPerContext") || call.query_flag("onlyLatestEnabledPerContext");
    let all = select::<K>(call, is_published)?;
    answer::list(call, if newest { newest_by_context(&all, |_| true) } else { all })
}

fn get_published<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("formId")?;
    let form = select::<K>(call, |form| is_published(form) && text(form, "id") == id)?.pop();
    answer::reply(call, form.ok_or_else(|| ApiError::no_such(K::NAME, &id))?)
}

/// `POST …/publishedforms` with the id of a draft: the draft becomes a version, and its copy the draft. `"published": false`
/// takes a version back.
fn publish<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = text(&body, "id").to_owned();
    let is_wanted = is_published(&body);
    let form = call.change(|organization| {
        let form =
            organization.collections.get(K::PATH, &id).ok_or_else(|| ApiError::no_such(K::NAME, &id))?;
        let mut form = Map::clone(form);
        if is_published(&form) == is_wanted {
            return Ok(form);
        }
        form.insert("published".to_owned(), json!(is_wanted));
        form.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        if is_wanted {
            add_draft(organization, K::PATH, &form);
        }
        Ok(Map::clone(&organization.collections.insert(K::PATH, &id, form)))
    })?;
    answer::reply(call, form)
}

/// Adds the draft of a form that has been published.
fn add_draft(organization: &mut Organization, path: &str, form: &Body) {
    let id = Uuid::new_v4().to_string();
    let mut draft = form.clone();
    draft.insert("id".to_owned(), json!(id));
    draft.insert("published".to_owned(), json!(false));
    draft.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
    organization.collections.insert(path, &id, draft);
}

/// `GET …/versions`: every form of the context, the oldest first.
fn list_versions<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let context = {
        let organization = call.tenant().read();
        json_entity::find::<K>(call, &organization)?.get("contextId").cloned()
    };
    answer::list(call, select::<K>(call, |form| form.get("contextId") == context.as_ref())?)
}

fn list_by_ids<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::list(call, select::<K>(call, |_| true)?)
}

/// `GET …/bulk/contexts`: the newest published version of each context, or with `published=false` its draft.
fn list_by_contexts<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let contexts = call.query_list("contextId");
    let published = call.query("published").is_none_or(|_| call.query_flag("published"));
    let of_these = |form: &Body| contexts.iter().any(|context| context == text(form, "contextId"));
    let all = select::<K>(call, |form| is_published(form) == published && of_these(form))?;
    let newest = newest_by_context(&all, |_| true);
    answer::reply(call, newest.into_iter().map(Value::Object).collect::<Vec<_>>())
}

/// `PATCH …/forms/surveys/{formId}`: enables or disables a form. A draft takes the other fields too.
fn update_survey_form(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    let form = Map::clone(json_entity::find::<SurveyForm>(call, &call.tenant().read())?);
    if !is_published(&form) {
        return answer::reply(call, json_entity::edit::<SurveyForm>(call, body, false)?);
    }
    let disabled = body.shift_remove("disabled");
    let id = text(&form, "id").to_owned();
    let form = call.change(|organization| {
        let mut form = Map::clone(json_entity::find::<SurveyForm>(call, organization)?);
        form.extend(disabled.map(|disabled| ("disabled".to_owned(), disabled)));
        Ok(Map::clone(&organization.collections.insert(SURVEY_FORMS, &id, form)))
    })?;
    answer::reply(call, form)
}

/// `PUT …/aiscoring/settings`: kept in the form.
fn put_scoring_settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, mut settings) = (call.param("formId")?.into_owned(), call.json_object()?);
    settings.insert("id".to_owned(), json!(id));
    call.change(|organization| {
        let mut form = Map::clone(json_entity::find::<EvaluationForm>(call, organization)?);
        form.insert("aiScoring".to_owned(), Value::Object(settings.clone()));
        organization.collections.insert(EVALUATION_FORMS, &id, form);
        Ok(())
    })?;
    answer::reply(call, settings)
}
