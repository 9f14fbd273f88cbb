//! What analytics know of evaluations, surveys and runs of flows, under the names of their dimensions and metrics.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::samples::Sample;
use crate::api::architect::{EXECUTIONS, FLOW_ID, run_time};
use crate::api::entity::{id_in, text};
use crate::api::quality::{EVALUATION_FORMS, EVALUATIONS, SURVEY_FORMS, SURVEYS, whole};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::architect::FlowRef;
use crate::world::authorization::home;
use crate::world::conversation::{Disconnect, Facet, milliseconds};

type Body = Map<String, Value>;

/// The facts of an evaluation that the details of its conversation show.
const SHOWN_OF_EVALUATION: [&str; 16] = [
    "assigneeApplicable",
    "assigneeId",
    "calibrationId",
    "contextId",
    "evaluationId",
    "evaluationStatus",
    "evaluatorId",
    "eventTime",
    "formId",
    "formName",
    "queueId",
    "released",
    "rescored",
    "userId",
    "oTotalScore",
    "oTotalCriticalScore",
];
/// The facts of a survey that the details of its conversation show.
const SHOWN_OF_SURVEY: [&str; 12] = [
    "eventTime",
    "queueId",
    "surveyCompletedDate",
    "surveyFormContextId",
    "surveyFormId",
    "surveyFormName",
    "surveyId",
    "surveyPromoterScore",
    "surveyStatus",
    "surveyType",
    "userId",
    "oSurveyTotalScore",
];

/// Facts, without those that are unknown.
fn facts<const N: usize>(of: [(&str, Value); N]) -> Body {
    let known = of.into_iter().filter(|(_, value)| !value.is_null() && value != "");
    known.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The media, the queue and the start of the conversation of an entity.
fn of_conversation(organization: &Organization, id: &str, now: Nanos) -> [(&'static str, Value); 4] {
    let store = organization.conversations();
    let key = Uuid::try_parse(id).ok().and_then(|id| store.find(id));
    let glance = key.and_then(|key| store.glance(key));
    let parties = glance.as_ref().map(|glance| glance.parties(now));
    let queue = parties.as_ref().and_then(|parties| parties.queues().first().copied());
    let medium = parties.as_ref().map(|parties| parties.kind().0.analytics());
    let start = glance.map(|glance| rfc3339(glance.opened()));
    [
        ("conversationId", json!(id)),
        ("queueId", json!(queue)),
        ("mediaType", json!(medium)),
        ("conversationStart", json!(start)),
    ]
}

/// The division of a user.
fn division_of(organization: &Organization, user: &str) -> Value {
    let user = organization.people().get(user);
    json!(user.map(|user| user.division.unwrap_or_else(|| home(organization.id))))
}

/// A score as a whole number.
fn score(entity: &Body, key: &str) -> Value {
    let score = entity.get("answers").and_then(|answers| answers.get(key)?.as_f64());
    json!(score.map(whole))
}

fn evaluation(organization: &Organization, one: &Body, now: Nanos) -> Body {
    let form = organization.collections.get(EVALUATION_FORMS, id_in(one, "evaluationForm"));
    let of_form = |key: &str| json!(form.map(|form| text(form, key)));
    let finished = text(one, "status") == "FINISHED";
    let status = match text(one, "status") {
        "FINISHED" => "Finished",
        "INPROGRESS" => "InProgress",
        "INREVIEW" => "InReview",
        "RETRACTED" => "Retracted",
        _ => "Pending",
    };
    let if_finished = |key: &str| if finished { score(one, key) } else { Value::Null };
    let mut known: Body = facts(of_conversation(organization, id_in(one, "conversation"), now));
    known.extend(facts([
        ("assigneeApplicable", one.get("assigneeApplicable").cloned().unwrap_or(json!(true))),
        ("assigneeId", json!(id_in(one, "assignee"))),
        ("calibrationId", json!(id_in(one, "calibration"))),
        ("contextId", of_form("contextId")),
        ("divisionId", division_of(organization, id_in(one, "agent"))),
        ("evaluationContextId", json!(text(one, "evaluationContextId"))),
        ("evaluationCreatedDate", json!(text(one, "dateCreated"))),
        ("evaluationId", json!(text(one, "id"))),
        ("evaluationReleaseDate", json!(text(one, "releaseDate"))),
        ("evaluationStatus", json!(status)),
        ("evaluatorId", json!(id_in(one, "evaluator"))),
        ("eventTime", json!(text(one, "dateModified"))),
        ("formId", json!(id_in(one, "evaluationForm"))),
        ("formName", of_form("name")),
        ("queueId", json!(id_in(one, "queue"))),
        ("released", json!(one.contains_key("releaseDate"))),
        ("rescored", one.get("rescore").cloned().unwrap_or_default()),
        ("systemSubmitted", json!(false)),
        ("userId", json!(id_in(one, "agent"))),
        ("oTotalScore", if_finished("totalScore")),
        ("oTotalCriticalScore", if_finished("totalCriticalScore")),
    ]));
    known
}

fn survey(organization: &Organization, one: &Body, now: Nanos) -> Body {
    let form = organization.collections.get(SURVEY_FORMS, id_in(one, "surveyForm"));
    let of_form = |key: &str| json!(form.map(|form| text(form, key)));
    let promoter = one.get("answers").and_then(|answers| answers.get("promoterScore")).cloned();
    let mut known: Body = facts(of_conversation(organization, id_in(one, "conversation"), now));
    known.extend(facts([
        ("divisionId", division_of(organization, id_in(one, "agent"))),
        ("eventTime", json!(text(one, "dateModified"))),
        ("queueId", json!(id_in(one, "queue"))),
        ("surveyCompletedDate", json!(text(one, "completedDate"))),
        ("surveyCreatedDate", json!(text(one, "dateCreated"))),
        ("surveyFormContextId", of_form("contextId")),
        ("surveyFormId", json!(id_in(one, "surveyForm"))),
        ("surveyFormName", of_form("name")),
        ("surveyId", json!(text(one, "id"))),
        ("surveyPromoterScore", promoter.unwrap_or_default()),
        ("surveyStatus", json!(text(one, "status"))),
        ("surveyType", json!(text(one, "surveyType"))),
        ("userId", json!(id_in(one, "agent"))),
        ("oSurveyTotalScore", score(one, "totalScore")),
    ]));
    known
}

/// The metrics of `named` that the facts have as numbers.
fn scores(facts: &Body, named: &[&'static str]) -> Vec<(&'static str, f64)> {
    named.iter().filter_map(|name| Some((*name, facts.get(*name)?.as_f64()?))).collect()
}

/// The evaluations of an organization.
pub(super) fn evaluations(organization: &Organization, now: Nanos) -> Vec<Sample> {
    let all = organization.collections.list(EVALUATIONS).map(|one| evaluation(organization, one, now));
    all.map(|facts| {
        let mut metrics = scores(&facts, &["oTotalScore", "oTotalCriticalScore"]);
        metrics.push(("nEvaluations", 1.0));
        let rescored = facts.get("rescored") == Some(&Value::Bool(true));
        metrics.extend(rescored.then_some(("nEvaluationsRescored", 1.0)));
        Sample { facts, metrics }
    })
    .collect()
}

/// The surveys of an organization.
pub(super) fn surveys(organization: &Organization, now: Nanos) -> Vec<Sample> {
    let all = organization.collections.list(SURVEYS).map(|one| survey(organization, one, now));
    all.map(|facts| Sample { metrics: survey_metrics(&facts), facts }).collect()
}

fn survey_metrics(facts: &Body) -> Vec<(&'static str, f64)> {
    let kind = if text(facts, "surveyType") == "Voice" { "nVoiceSurveys" } else { "nWebSurveys" };
    let mut metrics = vec![("nSurveysSent", 1.0), (kind, 1.0)];
    if text(facts, "surveyStatus") == "Finished" {
        metrics.extend([("nSurveyResponses", 1.0), ("nSurveyFullResponses", 1.0)]);
        metrics.extend(scores(facts, &["oSurveyTotalScore"]));
        match facts.get("surveyPromoterScore").and_then(Value::as_u64) {
            None => {}
            Some(9..) => metrics.extend([("nSurveyNpsResponses", 1.0), ("nSurveyNpsPromoters", 1.0)]),
            Some(..7) => metrics.extend([("nSurveyNpsResponses", 1.0), ("nSurveyNpsDetractors", 1.0)]),
            Some(_) => metrics.push(("nSurveyNpsResponses", 1.0)),
        }
    }
    metrics
}

/// The runs of flows of an organization.
pub(super) fn runs(organization: &Organization, now: Nanos) -> Vec<Sample> {
    let all = organization.collections.list(EXECUTIONS);
    all.map(|run| {
        let (id, version) = (text(run, FLOW_ID), id_in(run, "flowVersion"));
        let mut facts = of_flow(organization, id, organization.flows.find(id));
        facts.insert("eventTime".to_owned(), json!(text(run, "dateLaunched")));
        facts.insert("flowVersion".to_owned(), json!(version));
        let mut metrics = vec![("nFlow", 1.0), ("nFlowExecutions", 1.0)];
        metrics.extend(run_time(run, now).map(|time| ("tFlow", time)));
        Sample { facts, metrics }
    })
    .collect()
}

/// What every sample of a flow has.
fn of_flow(organization: &Organization, id: &str, flow: Option<FlowRef<'_>>) -> Body {
    let division = flow.and_then(|flow| flow.record.division);
    facts([
        ("divisionId", json!(division.unwrap_or_else(|| home(organization.id)))),
        ("flowId", json!(id)),
        ("flowName", json!(flow.map(|flow| &flow.record.name))),
        ("flowType", json!(flow.map(|flow| &flow.state.kind))),
        ("flowVersion", json!(flow.map(|flow| flow.state.published_number()))),
    ])
}

/// The flows that took conversations, as their details show them.
pub(super) fn flows_of_conversations(organization: &Organization, now: Nanos) -> Vec<Sample> {
    let mut all = Vec::new();
    for glance in organization.past_and_present() {
        let parties = glance.parties(now);
        for facet in Facet::all(organization, &glance, &parties) {
            all.extend(flow_of_conversation(organization, &facet));
        }
    }
    all
}

/// The flow that took a call, as one sample.
#[expect(clippy::cast_precision_loss, reason = "metrics are floating point numbers")]
fn flow_of_conversation(organization: &Organization, facet: &Facet<'_>) -> Option<Sample> {
    let (participant, one) = (facet.session.participant, facet.session.communication);
    let id = participant.flow()?;
    let mut known = of_flow(organization, &id.to_string(), organization.flows.get(id));
    known.extend(facts([
        ("conversationId", json!(facet.glance.id())),
        ("direction", json!(one.direction.name())),
        ("disconnectType", json!(one.disconnect.map(Disconnect::analytics))),
        ("eventTime", json!(rfc3339(one.started))),
        ("mediaType", json!(one.medium.analytics())),
        ("originatingDirection", json!(facet.glance.direction().name())),
        ("purpose", json!(participant.purpose.name())),
        ("sessionId", json!(facet.session_id())),
    ]));
    let mut metrics = vec![("nFlow", 1.0)];
    if one.ended > 0 {
        let time = milliseconds(one.started, one.ended) as f64;
        metrics.extend([("tFlow", time), ("tFlowExit", time)]);
    }
    Some(Sample { facts: known, metrics })
}

/// The facts of these names.
fn select(mut facts: Body, names: &[&str]) -> Body {
    facts.retain(|key, _| names.contains(&key.as_str()));
    facts
}

/// The evaluations and surveys of conversations, as details show them.
#[derive(Default)]
pub(super) struct Notes(HashMap<String, [Vec<Body>; 2]>);

impl Notes {
    /// Those of the conversations `ids`.
    pub(super) fn of(organization: &Organization, ids: &HashSet<String>, now: Nanos) -> Self {
        let mut all = Self::default();
        let noted = |collection| {
            let entities = organization.collections.list(collection);
            entities.filter(|one| ids.contains(id_in(one, "conversation")))
        };
        for one in noted(EVALUATIONS) {
            let facts = select(evaluation(organization, one, now), &SHOWN_OF_EVALUATION);
            all.entry(one)[0].push(facts);
        }
        for one in noted(SURVEYS) {
            all.entry(one)[1].push(select(survey(organization, one, now), &SHOWN_OF_SURVEY));
        }
        all
    }

    fn entry(&mut self, one: &Body) -> &mut [Vec<Body>; 2] {
        self.0.entry(id_in(one, "conversation").to_owned()).or_default()
    }

    /// Adds them to the details of their conversation, which have no empty lists.
    pub(super) fn add_to(&self, mut details: Value) -> Value {
        let id = details["conversationId"].as_str().unwrap_or_default();
        let Some(noted) = self.0.get(id) else { return details };
        for (key, entities) in ["evaluations", "surveys"].into_iter().zip(noted) {
            if !entities.is_empty() {
                details[key] = json!(entities);
            }
        }
        details
    }
}
