//! What analytics and activities say of evaluations, surveys, calibrations and runs of flows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::quality::{conversation, finish, published, user};
use crate::rest::{Client, id, mock};

const DAY: &str = "2026-03-08T00:00:00.000Z/2026-03-09T00:00:00.000Z";
const AGGREGATES: &str = "/api/v2/analytics/evaluations/aggregates/query";

/// A finished evaluation, with its conversation, its form and its evaluator.
async fn evaluated(api: &Client) -> (Value, String, Value, String) {
    let (form, conversation) = (published(api).await, conversation(api).await);
    let (evaluator, agent) = (user(api, "supervisor").await, user(api, "agent-1").await);
    let path = format!("/api/v2/quality/conversations/{conversation}/evaluations");
    let body = json!({ "evaluationForm": { "id": form["id"] }, "evaluator": { "id": evaluator }, "agent": { "id": agent } });
    let made = api.post(&path, body.clone()).await.ok();
    let done = api.put(&format!("{path}/{}", id(&made)), finish(&form)).await.ok();
    api.post(&path, body).await.ok();
    (done, conversation, form, evaluator)
}

#[tokio::test]
async fn aggregates_count_evaluations_and_their_scores() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (done, conversation, form, evaluator) = evaluated(&api).await;
    let body =
        json!({ "interval": DAY, "metrics": ["nEvaluations", "oTotalScore"], "groupBy": ["evaluatorId"] });
    let seen = api.post(AGGREGATES, body.clone()).await.ok();
    let [result] = seen["results"].as_array().expect("results").as_slice() else { panic!("{seen}") };
    assert_eq!(result["group"], json!({ "evaluatorId": evaluator }));
    let metrics = &result["data"][0]["metrics"];
    assert_eq!(metrics[0], json!({ "metric": "nEvaluations", "stats": { "count": 2 } }));
    let scores = json!({ "max": 40.0, "min": 40.0, "count": 1, "sum": 40.0 });
    assert_eq!(metrics[1], json!({ "metric": "oTotalScore", "stats": scores }));
    let filtered = |dimension: &str, value: &Value| {
        let predicate = json!({ "dimension": dimension, "value": value });
        let mut body = body.clone();
        body["filter"] = json!({ "type": "and", "predicates": [predicate] });
        body["views"] = json!([{ "name": "low", "target": "oTotalScore", "function": "rangeBound", "range": { "lt": 50 } }]);
        body
    };
    let of_form = api.post(AGGREGATES, filtered("formId", &form["id"])).await.ok();
    assert_eq!(of_form["results"][0]["data"][0]["views"][0]["stats"]["count"], 1);
    let none = api.post(AGGREGATES, filtered("evaluationId", &json!("another"))).await.ok();
    assert_eq!(none["results"], json!([]));
    let one = api.post(AGGREGATES, filtered("evaluationId", &done["id"])).await.ok();
    assert_eq!(one["results"][0]["data"][0]["metrics"][0]["stats"]["count"], 1);
    let job = api.post(&AGGREGATES.replace("query", "jobs"), body.clone()).await.done();
    mock.advance(Duration::from_secs(2));
    let job =
        format!("/api/v2/analytics/evaluations/aggregates/jobs/{}", job["jobId"].as_str().expect("an id"));
    assert_eq!(api.get(&format!("{job}/results")).await.ok()["results"], seen["results"]);
    let details = api.get(&format!("/api/v2/analytics/conversations/{conversation}/details")).await.ok();
    let noted = details["evaluations"].as_array().expect("evaluations");
    assert_eq!((noted.len(), &noted[0]["oTotalScore"]), (2, &json!(40)));
    assert_eq!(noted[0]["evaluationStatus"], "Finished");
    let query = json!({ "interval": DAY });
    let found = api.post("/api/v2/analytics/conversations/details/query", query).await.ok();
    let found = found["conversations"].as_array().expect("conversations");
    let found = found.iter().find(|one| one["conversationId"] == json!(conversation)).expect("it");
    assert_eq!(found["evaluations"], details["evaluations"]);
}

#[tokio::test]
async fn aggregates_count_the_runs_of_flows() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let flow = id(&api.get("/api/v2/flows").await.ok()["entities"][0]);
    let run = api.post("/api/v2/flows/executions", json!({ "flowId": flow })).await.ok();
    mock.advance(Duration::from_secs(2));
    let body = json!({ "interval": DAY, "metrics": ["nFlow", "tFlow"], "groupBy": ["flowId"] });
    let seen = api.post("/api/v2/analytics/flows/aggregates/query", body).await.ok();
    assert_eq!(seen["results"][0]["group"], json!({ "flowId": flow }));
    let metrics = &seen["results"][0]["data"][0]["metrics"];
    assert_eq!((&metrics[0]["stats"]["count"], &metrics[1]["stats"]["sum"]), (&json!(1), &json!(2000.0)));
    let body = json!({ "interval": DAY, "metrics": ["nFlowExecutions"] });
    let seen = api.post("/api/v2/analytics/flowexecutions/aggregates/query", body).await.ok();
    assert_eq!(seen["results"][0]["data"][0]["metrics"][0]["stats"]["count"], 1);
    let shown = api.get(&format!("/api/v2/flows/executions/{}", id(&run))).await.ok();
    assert_eq!(shown["flowId"], Value::Null);
}

#[tokio::test]
async fn a_details_query_is_bounded_and_a_job_takes_more() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let details = "/api/v2/analytics/conversations/details";
    let long = json!({ "interval": "2026-01-01T00:00:00.000Z/2026-02-02T00:00:00.000Z" });
    assert_eq!(
        api.post(&format!("{details}/query"), long.clone()).await.refused(400),
        "constraint.validation"
    );
    api.post(&format!("{details}/jobs"), long).await.done();
    let page = |size: u64| {
        let month = "2026-03-01T00:00:00.000Z/2026-04-01T00:00:00.000Z";
        json!({ "interval": month, "paging": { "pageSize": size, "pageNumber": 1 } })
    };
    assert_eq!(api.post(&format!("{details}/query"), page(101)).await.refused(400), "constraint.validation");
    api.post(&format!("{details}/query"), page(100)).await.ok();
}

#[tokio::test]
async fn what_begins_after_a_job_is_not_in_its_results() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let first = conversation(&api).await;
    let jobs = "/api/v2/analytics/conversations/details/jobs";
    let job = api.post(jobs, json!({ "interval": DAY, "order": "desc" })).await.done();
    mock.advance(Duration::from_secs(2));
    conversation(&api).await;
    let path = format!("{jobs}/{}/results?pageSize=1", job["jobId"].as_str().expect("an id"));
    let found = api.get(&path).await.ok();
    assert_eq!(found["conversations"][0]["conversationId"], json!(first));
    assert_eq!(found["cursor"], Value::Null);
}

#[tokio::test]
async fn a_calibration_has_an_evaluation_of_each_evaluator() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (form, conversation) = (published(&api).await, conversation(&api).await);
    let evaluators = [user(&api, "agent-2").await, user(&api, "agent-3").await];
    let agent = user(&api, "agent-1").await;
    let of = |id: &String| json!({ "id": id });
    let calibrations = "/api/v2/quality/calibrations";
    let body = json!({ "conversation": of(&conversation), "evaluationForm": { "id": form["id"] }, "agent": of(&agent),
        "evaluators": evaluators.iter().map(of).collect::<Vec<_>>() });
    let made = api.post(calibrations, body).await.ok();
    let evaluations = made["evaluations"].as_array().expect("evaluations");
    assert_eq!(evaluations.len(), 2);
    assert_eq!(evaluations[0]["calibration"]["id"], made["id"]);
    let path = format!("/api/v2/quality/conversations/{conversation}/evaluations/{}", id(&evaluations[0]));
    api.put(&path, finish(&form)).await.ok();
    let one = format!("{calibrations}/{}", id(&made));
    let seen = api.get(&one).await.ok();
    assert_eq!((&seen["averageScore"], &seen["highScore"]), (&json!(40), &json!(40)));
    let activity = api.get("/api/v2/quality/evaluators/activity").await.ok();
    assert_eq!(activity["entities"][0]["numCalibrationsAssigned"], 1);
    api.delete(&format!("{one}?calibratorId={}", made["calibrator"]["id"].as_str().expect("an id")))
        .await
        .ok();
    api.get(&path).await.refused(404);
}

#[tokio::test]
async fn activities_are_filtered_by_user_form_group_and_team() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (done, _, form, evaluator) = evaluated(&api).await;
    let agent = done["agent"]["id"].as_str().expect("an id").to_owned();
    let context = form["contextId"].as_str().expect("a context").to_owned();
    let group = json!({ "name": "g", "type": "official", "rulesVisible": true, "visibility": "public" });
    let group = id(&api.post("/api/v2/groups", group).await.done());
    let total = async |path: String| api.get(&format!("/api/v2/quality/{path}")).await.ok()["total"].clone();
    for (query, count) in [
        (format!("agentUserId={agent}"), 1),
        (format!("agentUserId={evaluator}"), 0),
        (format!("agentUserId={evaluator}&agentUserId={agent}"), 1),
        (format!("evaluatorUserId={evaluator}"), 1),
        ("name=agent-1".to_owned(), 1),
        ("name=nobody".to_owned(), 0),
        (format!("formContextId={context}"), 1),
        ("formContextId=another".to_owned(), 0),
        (format!("group={group}"), 0),
    ] {
        assert_eq!(total(format!("agents/activity?{query}")).await, count, "{query}");
    }
    let members = json!({ "memberIds": [agent], "version": 1 });
    api.post(&format!("/api/v2/groups/{group}/members"), members).await.done();
    assert_eq!(total(format!("agents/activity?group={group}")).await, 1);
    assert_eq!(total(format!("evaluators/activity?group={group}")).await, 0);
    assert_eq!(total("evaluators/activity?name=supervisor".to_owned()).await, 1);
    let listed = api.get("/api/v2/quality/agents/activity").await.ok();
    let evaluators = &listed["entities"][0]["agentEvaluatorActivityList"];
    assert_eq!(
        (&evaluators[0]["evaluator"]["id"], &evaluators[0]["numEvaluations"]),
        (&json!(evaluator), &json!(1))
    );
}
