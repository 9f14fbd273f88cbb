//! Adherence explanations: an agent adds one, a supervisor approves or denies it. The vendor does this in jobs. Here a
//! job is ready after a second of model time; the explanation exists at once.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::events::explanation_events;
use super::units::{business_unit_reference, check_business_unit, unit_reference};
use crate::api::call::Call;
use crate::api::entity::{required_instant, required_text};
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::id::UserIndex;
use crate::world::workforce::explanation::{Explanation, Job, Review};
use crate::world::{Organization, Tenant};

/// The duration of a job, in model time.
pub(super) const JOB_TIME: Nanos = 1_000_000_000;
const MINUTE: Nanos = 60_000_000_000;
/// The longest explanation: a day.
const MAX_MINUTES: u64 = 24 * 60;
const MAX_NOTES: usize = 2000;
const ALL: &str = "/api/v2/workforcemanagement/adherence/explanations";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/workforcemanagement/adherence/explanations", create_own)
            .publishes_later(explanation_events),
        Route::post("/api/v2/workforcemanagement/adherence/explanations/query", query_own)
            .publishes_later(explanation_events),
        Route::get("/api/v2/workforcemanagement/adherence/explanations/{explanationId}", get),
        Route::get("/api/v2/workforcemanagement/adherence/explanations/jobs/{jobId}", get_job),
        Route::post("/api/v2/workforcemanagement/agents/{agentId}/adherence/explanations", create)
            .publishes_later(explanation_events),
        Route::post("/api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/query", query)
            .publishes_later(explanation_events),
        Route::get(
            "/api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/{explanationId}",
            get,
        ),
        Route::patch(
            "/api/v2/workforcemanagement/agents/{agentId}/adherence/explanations/{explanationId}",
            update,
        )
        .publishes_later(explanation_events),
        Route::post(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/adherence/explanations/query",
            query_unit,
        )
        .publishes_later(explanation_events),
    ]
}

/// The user of the token, which must be an agent.
fn own_agent(call: &Call<'_>) -> Result<UserIndex, ApiError> {
    let organization = call.tenant().read();
    let agent = call.caller.token.user.filter(|user| organization.people().is_agent(*user));
    agent.ok_or_else(|| ApiError::bad_request("This request requires the token of an agent."))
}

fn agent_in_path(call: &Call<'_>) -> Result<UserIndex, ApiError> {
    let id = call.param("agentId")?;
    let organization = call.tenant().read();
    super::find_agent(organization.people(), &id)?;
    organization.people().find(&id).ok_or_else(|| ApiError::no_such("agent", &id))
}

fn create_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agent = own_agent(call)?;
    create_for(call, agent, Review::Pending)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agent = agent_in_path(call)?;
    let status = match call.json_object()?.get("status") {
        None | Some(Value::Null) => Review::Approved,
        Some(status) => read_review(status)?,
    };
    create_for(call, agent, status)
}

fn create_for(call: &Call<'_>, agent: UserIndex, review: Review) -> Result<Reply, ApiError> {
    let explanation = read_explanation(&call.json_object()?, agent, review)?;
    call.change(|organization| {
        let id = organization
            .explanations
            .add(explanation)
            .map_err(|full| ApiError::conflict(full.to_string()))?;
        let result = to_json(call.tenant(), organization, id);
        accept_job(call, organization, "AddExplanation", json!({ "adherenceExplanation": result }))
    })
}

fn read_explanation(
    body: &Map<String, Value>,
    agent: UserIndex,
    review: Review,
) -> Result<Explanation, ApiError> {
    let kind = required_text(body, "type")?;
    if kind != "Late" {
        return Err(ApiError::invalid_value("type", kind, "Late"));
    }
    let start = required_instant(body, "startDate")?;
    let minutes = body.get("lengthMinutes").and_then(Value::as_u64);
    let minutes = minutes.filter(|minutes| (1..=MAX_MINUTES).contains(minutes));
    let wrong = || ApiError::bad_request(format!("The property lengthMinutes must be 1 to {MAX_MINUTES}."));
    let notes = body.get("notes").and_then(Value::as_str).unwrap_or_default();
    if notes.chars().count() > MAX_NOTES {
        return Err(ApiError::bad_request(format!("The property notes has at most {MAX_NOTES} characters.")));
    }
    Ok(Explanation {
        agent,
        start,
        end: start.saturating_add(minutes.ok_or_else(wrong)? * MINUTE),
        notes: notes.to_owned(),
        review,
        reviewed: None,
    })
}

fn read_review(status: &Value) -> Result<Review, ApiError> {
    let name = status.as_str().unwrap_or_default();
    Review::from_name(name)
        .ok_or_else(|| ApiError::invalid_value("status", name, "Pending, Approved, Denied"))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agent = agent_in_path(call)?;
    let review = read_review(call.json_object()?.get("status").unwrap_or(&Value::Null))?;
    call.change(|organization| {
        let id = find_explanation(call, organization, Some(agent))?;
        if let Some(explanation) = organization.explanations.all.get_mut(&id) {
            explanation.review = review;
            explanation.reviewed = Some((call.caller.token.user, call.now));
        }
        let result = to_json(call.tenant(), organization, id);
        accept_job(call, organization, "UpdateExplanation", json!({ "adherenceExplanation": result }))
    })
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agent =
        if call.param("agentId")?.is_empty() { own_agent(call).ok() } else { Some(agent_in_path(call)?) };
    let organization = call.tenant().read();
    let id = find_explanation(call, &organization, agent)?;
    Reply::ok(&to_json(call.tenant(), &organization, id))
}

/// Finds the explanation in the call's path. If `agent` is given, it must be the agent's.
fn find_explanation(
    call: &Call<'_>,
    organization: &Organization,
    agent: Option<UserIndex>,
) -> Result<Uuid, ApiError> {
    let text = call.param("explanationId")?;
    let id = Uuid::try_parse(&text).ok();
    let is_its = |id: &Uuid| {
        let found = organization.explanations.all.get(id);
        found.is_some_and(|found| agent.is_none_or(|agent| found.agent == agent))
    };
    id.filter(is_its).ok_or_else(|| ApiError::no_such("adherence explanation", &text))
}

fn query_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agent = own_agent(call)?;
    run_query(call, "QueryAgentExplanations", |_, explanation| explanation.agent == agent)
}

fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agent = agent_in_path(call)?;
    run_query(call, "QueryAgentExplanations", |_, explanation| explanation.agent == agent)
}

fn query_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = call.param("businessUnitId")?.into_owned();
    check_business_unit(call, &wanted)?;
    run_query(call, "QueryBuExplanations", |organization, explanation| {
        let agent = organization.people().at(explanation.agent);
        let unit = agent.and_then(|agent| call.tenant().unit_of(agent));
        unit.is_some_and(|unit| unit.business_unit.to_string() == wanted)
    })
}

fn run_query(
    call: &Call<'_>,
    kind: &'static str,
    wanted: impl Fn(&Organization, &Explanation) -> bool,
) -> Result<Reply, ApiError> {
    let (start, end) = super::schedules::read_range(&call.json_object()?)?;
    call.change(|organization| {
        let all = organization.explanations.all.iter();
        let picked = all.filter(|(_, one)| one.start < end && one.end > start && wanted(organization, one));
        let entities: Vec<_> = picked.map(|(id, _)| to_json(call.tenant(), organization, *id)).collect();
        accept_job(call, organization, kind, json!({ "result": { "entities": entities } }))
    })
}

/// Starts a job and answers 202 with it. A query also gets its result at once, as from the vendor.
fn accept_job(
    call: &Call<'_>,
    organization: &mut Organization,
    kind: &'static str,
    result: Value,
) -> Result<Reply, ApiError> {
    let at_once = result.get("result").cloned();
    let asked_by = super::historical::starter(call, organization);
    let job = Job { kind: kind.into(), asked_by, asked: call.now, result };
    let id = organization.explanations.start(job);
    let mut body = json!({ "job": {
        "id": id, "type": kind, "status": "Processing", "selfUri": format!("{ALL}/jobs/{id}"),
    } });
    if let Some(result) = at_once {
        body["result"] = result;
    }
    Reply::accepted(&body)
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let text = call.param("jobId")?;
    let organization = call.tenant().read();
    let found = Uuid::try_parse(&text).ok().and_then(|id| organization.explanations.jobs.get(&id));
    let job = found
        .filter(|job| job.kind.contains("Explanation"))
        .ok_or_else(|| ApiError::no_such("job", &text))?;
    let ready = call.now.saturating_sub(job.asked) >= JOB_TIME;
    let status = if ready { "Complete" } else { "Processing" };
    let mut shown =
        json!({ "id": text, "type": job.kind, "status": status, "selfUri": format!("{ALL}/jobs/{text}") });
    if let (true, Some(shown), Some(result)) = (ready, shown.as_object_mut(), job.result.as_object()) {
        shown.extend(result.clone());
    }
    Reply::json(StatusCode::OK, &shown)
}

fn to_json(tenant: &Tenant, organization: &Organization, id: Uuid) -> Value {
    let Some(one) = organization.explanations.all.get(&id) else { return Value::Null };
    let agent = organization.people().at(one.agent);
    let unit = agent.and_then(|agent| tenant.unit_of(agent));
    let user =
        |user: UserIndex| organization.people().at(user).map(|user| user::reference(&user.id.to_string()));
    let mut shown = json!({
        "id": id,
        "agent": user(one.agent),
        "managementUnit": unit.map(unit_reference),
        "businessUnit": unit.map(business_unit_reference),
        "type": "Late",
        "status": one.review.name(),
        "startDate": rfc3339(one.start),
        "lengthMinutes": (one.end - one.start) / MINUTE,
        "notes": one.notes,
        "selfUri": format!("{ALL}/{id}"),
    });
    if let Some((by, at)) = one.reviewed {
        shown["reviewedBy"] = json!(by.and_then(user));
        shown["reviewedDate"] = json!(rfc3339(at));
    }
    shown
}
