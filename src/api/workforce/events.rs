//! The events of workforce management that follow from an answer. Their property names are those of the vendor's SDKs
//! (August 2026, `Wfm…Topic…`). The topics of jobs are those of the user who started the job.

use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{explanations, historical};
use crate::api::announce::{TopicEvent, id_under, own_topic, pick};
use crate::api::call::Call;
use crate::api::json_entity::job;

const TIME_OFF: [&str; 15] = [
    "id",
    "isFullDayRequest",
    "markedAsRead",
    "activityCodeId",
    "paid",
    "status",
    "substatus",
    "partialDayStartDateTimes",
    "fullDayManagementUnitDates",
    "fullDayEarliestStartOffsetMinutes",
    "fullDayLatestEndOffsetMinutes",
    "dailyDurationMinutes",
    "durationMinutes",
    "payableMinutes",
    "notes",
];

/// `v2.users.{id}.workforcemanagement.timeoffrequests`: each request of the answer, to its user.
pub(super) fn time_off_events(_: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let all = answered["timeOffRequests"].as_array();
    let all = all.map_or(std::slice::from_ref(answered), Vec::as_slice);
    let event = |request: &Value| {
        let user = request["user"]["id"].as_str()?;
        let mut body = pick(request, &TIME_OFF);
        body["user"] = json!({ "id": user });
        for [by, date, dated] in [
            ["reviewedBy", "reviewedDate", "reviewedDate"],
            ["submittedBy", "submittedDate", "submittedDate"],
            ["modifiedBy", "modifiedDate", "dateModified"],
        ] {
            let of = if request[by].is_null() { &request["metadata"] } else { request };
            (body[by], body[date]) = (id_under(of, by), of[dated].clone());
        }
        let topic = format!("v2.users.{user}.workforcemanagement.timeoffrequests");
        Some(TopicEvent::now(topic, without_nulls(body)))
    };
    all.iter().filter_map(event).collect()
}

fn without_nulls(mut body: Value) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    body
}

/// `v2.users.{id}.workforcemanagement.timeoffbalance.jobs`, when the job is done.
pub(super) fn balance_events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let body = json!({ "id": id_under(answered, "job"), "status": "Complete", "entities": [] });
    let topic = own_topic(call, "workforcemanagement.timeoffbalance.jobs");
    topic.map(|topic| TopicEvent::later(job::DONE_AFTER, topic, body)).into_iter().collect()
}

/// The explanation that the call added or changed, to its agent and its business unit, and the job when it is done.
pub(super) fn explanation_events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let id = answered["job"]["id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let explanation = {
        let organization = call.tenant().read();
        let job = id.and_then(|id| organization.explanations.jobs.get(&id));
        job.and_then(|job| Some(explanation_body(job.result.get("adherenceExplanation")?)))
    };
    let mut events = Vec::new();
    let mut body = json!({ "id": id, "type": answered["job"]["type"], "status": "Complete" });
    if let Some(explanation) = explanation {
        for (of, list) in [("agent", "agents"), ("businessUnit", "businessunits")] {
            let Some(id) = explanation[of]["id"].as_str() else { continue };
            let topic = format!("v2.workforcemanagement.{list}.{id}.adherence.explanations");
            events.push(TopicEvent::now(topic, explanation.clone()));
        }
        body["adherenceExplanation"] = explanation;
    }
    let topic = own_topic(call, "workforcemanagement.adherence.explanations.jobs");
    events.extend(topic.map(|topic| TopicEvent::later(explanations::JOB_TIME, topic, body)));
    events
}

/// An explanation whose references have nothing but ids.
fn explanation_body(explanation: &Value) -> Value {
    let mut body =
        pick(explanation, &["id", "type", "status", "startDate", "lengthMinutes", "notes", "reviewedDate"]);
    for of in ["agent", "managementUnit", "businessUnit", "reviewedBy"] {
        if let Some(id) = explanation[of]["id"].as_str() {
            body[of] = json!({ "id": id });
        }
    }
    body
}

/// `v2.users.{id}.workforcemanagement.adherence.historical.bulk`, when the job is done.
pub(super) fn historical_events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let id = id_under(answered, "job");
    let uri = historical::download_uri(call, id.as_str().unwrap_or_default());
    let body = json!({ "id": id, "queryState": "Complete", "downloadUrls": [uri] });
    let topic = own_topic(call, "workforcemanagement.adherence.historical.bulk");
    topic.map(|topic| TopicEvent::later(historical::JOB_TIME, topic, body)).into_iter().collect()
}

/// `v2.users.{id}.workforcemanagement.historicaladherencequery`: a job over one unit or one team is complete.
pub(super) fn adherence_query_events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let mut body = pick(answered, &["id", "downloadUrl", "downloadUrls"]);
    body["queryState"] = json!("Complete");
    let topic = own_topic(call, "workforcemanagement.historicaladherencequery");
    topic.map(|topic| TopicEvent::later(historical::JOB_TIME, topic, body)).into_iter().collect()
}

/// `v2.workforcemanagement.businessunits.{id}.schedules`: a schedule was changed, imported, copied or deleted.
pub(super) fn schedule_events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let kind = match *call.method {
        Method::DELETE => "Delete",
        _ if call.path.ends_with("/copy") => "Copy",
        _ if call.path.ends_with("/import") => "Import",
        _ => "Update",
    };
    let Ok(unit) = call.param("businessUnitId") else { return Vec::new() };
    let fields = ["id", "weekDate", "weekCount", "description", "published", "managementUnits", "metadata"];
    let result = match call.param("scheduleId") {
        Ok(id) if kind == "Delete" => json!({ "id": id }),
        _ => pick(&answered["result"], &fields),
    };
    let body = json!({
        "status": "Complete", "operationId": answered["operationId"], "eventType": kind, "result": result,
    });
    vec![TopicEvent::now(format!("v2.workforcemanagement.businessunits.{unit}.schedules"), body)]
}
