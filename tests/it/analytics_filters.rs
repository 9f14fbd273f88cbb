//! What analytics find and count: filters by metrics, divisions, evaluations and properties; views; whole milliseconds;
//! and the past of an organization, which belongs to its file.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::conversations::{CALLS, call, participant, queues};
use crate::reports::DAY;
use crate::rest::{Client, id, mock};

const DETAILS: &str = "/api/v2/analytics/conversations/details/query";
const AGGREGATES: &str = "/api/v2/analytics/conversations/aggregates/query";
const QUEUES: &str = "/api/v2/routing/queues";

/// A call of a queue that agent-7 answers after 2 s and that ends after 10 s more. The clock stands at odd instants.
async fn handled(mock: &MockServer, api: &Client, queue: &str) -> String {
    mock.advance(Duration::from_nanos(1_234_567));
    let call = call(mock, api, json!({ "callQueueId": queue })).await;
    let acd = participant(api, &call, 1).await;
    api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await.done();
    mock.advance(Duration::from_nanos(2_000_999_999));
    mock.advance(Duration::from_nanos(9_999_100_100));
    api.post(&format!("/api/v2/conversations/{call}/disconnect"), json!({})).await.done();
    call
}

/// A server with a handled call of the first queue, its client, and the queue.
async fn with_handled_call() -> (MockServer, Client, String) {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    handled(&mock, &api, &queue).await;
    (mock, api, queue)
}

/// How many conversations a filter finds.
async fn hits(api: &Client, filters: &str, predicate: Value) -> Value {
    let filter = json!([{ "type": "and", "predicates": [predicate] }]);
    api.post(DETAILS, json!({ "interval": DAY, filters: filter })).await.ok()["totalHits"].clone()
}

#[tokio::test]
async fn a_new_queue_has_no_past() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let queue = id(&api.post(QUEUES, json!({ "name": "new" })).await.done());
    let before = "2026-03-07T00:00:00Z/2026-03-08T00:00:00Z";
    let of = |queue: &str| {
        json!({ "interval": before, "metrics": ["nOffered"], "filter":
            { "type": "and", "predicates": [{ "dimension": "queueId", "value": queue }] } })
    };
    assert_eq!(api.post(AGGREGATES, of(&queue)).await.ok(), json!({ "results": [] }));
    let [seeded, _] = queues(&api).await;
    assert_ne!(seeded, queue);
    assert_ne!(api.post(AGGREGATES, of(&seeded)).await.ok(), json!({ "results": [] }));
}

#[tokio::test]
async fn what_no_conversation_has_is_found_by_its_absence_alone() {
    let (_mock, api, _) = with_handled_call().await;
    let property = json!({ "type": "property", "propertyType": "string", "property": "x" });
    for (filters, asked) in [
        ("evaluationFilters", json!({ "dimension": "evaluatorId" })),
        ("surveyFilters", json!({ "dimension": "surveyFormId" })),
        ("resolutionFilters", json!({ "type": "metric", "metric": "nNextContactAvoided" })),
        ("conversationFilters", property.clone()),
        ("segmentFilters", property.clone()),
        ("conversationFilters", json!({ "type": "metric", "metric": "tIvr" })),
    ] {
        for (operator, found) in [("exists", 0), ("notExists", 1)] {
            let mut predicate = asked.clone();
            predicate["operator"] = json!(operator);
            assert_eq!(hits(&api, filters, predicate.clone()).await, found, "{filters} {predicate}");
        }
    }
    let mut with_value = property;
    with_value["value"] = json!("1");
    let filter = json!({ "type": "and", "predicates": [with_value] });
    let body = json!({ "interval": DAY, "metrics": ["nOffered"], "filter": filter });
    assert_eq!(api.post(AGGREGATES, body).await.ok(), json!({ "results": [] }));
}

#[tokio::test]
async fn an_evaluation_is_a_filter_of_its_conversation() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let (evaluated, _) = (handled(&mock, &api, &queue).await, handled(&mock, &api, &queue).await);
    let form = json!({ "name": "Service", "questionGroups": [] });
    let form = id(&api.post("/api/v2/quality/forms/evaluations", form).await.ok());
    let published = json!({ "id": form, "published": true });
    let form = id(&api.post("/api/v2/quality/publishedforms/evaluations", published).await.ok());
    let user = async |name: &str| id(&api.get(&format!("/api/v2/users/{name}")).await.ok());
    let (evaluator, agent) = (user("agent-2").await, user("agent-7").await);
    let body = json!({ "evaluationForm": { "id": form }, "evaluator": { "id": evaluator }, "agent": { "id": agent } });
    api.post(&format!("/api/v2/quality/conversations/{evaluated}/evaluations"), body).await.done();
    let is = |dimension: &str, value: &str| json!({ "dimension": dimension, "value": value });
    for (predicate, found) in [
        (is("evaluatorId", &evaluator), 1),
        (is("evaluatorId", &agent), 0),
        (is("formName", "Service"), 1),
        (json!({ "dimension": "evaluationId", "operator": "exists" }), 1),
        (json!({ "dimension": "evaluationId", "operator": "notExists" }), 1),
        (json!({ "type": "metric", "metric": "oTotalScore", "range": { "gte": 0 } }), 0),
    ] {
        assert_eq!(hits(&api, "evaluationFilters", predicate.clone()).await, found, "{predicate}");
    }
}

#[tokio::test]
async fn durations_recordings_and_segments_are_compared() {
    let (_mock, api, queue) = with_handled_call().await;
    let range = |metric: &str, range: Value| json!({ "type": "metric", "metric": metric, "range": range });
    for (filters, predicate, found) in [
        ("conversationFilters", range("tConversationDuration", json!({ "gte": 15_000 })), 1),
        ("conversationFilters", range("tConversationDuration", json!({ "lt": 15_000 })), 0),
        ("conversationFilters", json!({ "metric": "tConversationDuration", "operator": "exists" }), 1),
        ("segmentFilters", range("tSegmentDuration", json!({ "gte": 9_000, "lt": 11_000 })), 1),
        ("segmentFilters", range("tSegmentDuration", json!({ "gt": 20_000 })), 0),
        ("segmentFilters", json!({ "dimension": "recording", "operator": "exists" }), 1),
        ("segmentFilters", json!({ "dimension": "recording", "value": "true" }), 1),
        ("segmentFilters", json!({ "dimension": "recording", "value": "false" }), 0),
        ("segmentFilters", json!({ "dimension": "segmentType", "value": "alert" }), 1),
        ("segmentFilters", json!({ "dimension": "segmentType", "value": "hold" }), 0),
        ("segmentFilters", json!({ "dimension": "segmentEnd", "operator": "exists" }), 1),
        ("segmentFilters", json!({ "dimension": "segmentEnd", "operator": "notExists" }), 0),
        ("segmentFilters", json!({ "dimension": "conference", "value": "false" }), 1),
        ("segmentFilters", json!({ "dimension": "participantName", "value": "agent-7" }), 1),
        ("segmentFilters", json!({ "dimension": "participantName", "value": "agent-8" }), 0),
    ] {
        assert_eq!(hits(&api, filters, predicate.clone()).await, found, "{filters} {predicate}");
    }
    api.post(CALLS, json!({ "callQueueId": queue })).await.ok();
    let open = json!({ "dimension": "segmentEnd", "operator": "notExists" });
    assert_eq!(hits(&api, "segmentFilters", open).await, 1);
}

#[tokio::test]
async fn a_conversation_is_of_the_divisions_of_its_queues() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let division = id(&api
        .post("/api/v2/authorization/divisions", json!({ "name": "North", "description": "" }))
        .await
        .done());
    let queue = json!({ "name": "north", "division": { "id": division } });
    let queue = id(&api.post(QUEUES, queue).await.done());
    let call = handled(&mock, &api, &queue).await;
    let [other, _] = queues(&api).await;
    handled(&mock, &api, &other).await;
    let of_north = json!({ "dimension": "divisionId", "value": division });
    assert_eq!(hits(&api, "conversationFilters", of_north.clone()).await, 1);
    let details = api.get(&format!("/api/v2/analytics/conversations/{call}/details")).await.ok();
    let divisions = details["divisionIds"].as_array().expect("divisions");
    assert!(divisions.contains(&json!(division)), "{divisions:?}");
    let filter = json!({ "type": "and", "predicates": [of_north] });
    let body =
        json!({ "interval": DAY, "metrics": ["nOffered"], "groupBy": ["divisionId"], "filter": filter });
    let counted = api.post(AGGREGATES, body).await.ok();
    assert_eq!(counted["results"][0]["group"], json!({ "divisionId": division }));
    assert_eq!(counted["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_view_counts_the_values_within_its_range() {
    let (_mock, api, _) = with_handled_call().await;
    let view = |name: &str, range: Value| json!({ "target": "tTalk", "name": name, "function": "rangeBound", "range": range });
    let query = |views: Value| json!({ "interval": DAY, "metrics": ["nOffered"], "views": views });
    // The agent talks for 10 s, the user that called for some seconds more.
    let views = json!([
        view("short", json!({ "lt": 12_000 })),
        view("long", json!({ "gte": 12_000 })),
        view("none", json!({ "gte": 60_000 })),
    ]);
    let counted = api.post(AGGREGATES, query(views)).await.ok();
    let views = counted["results"][0]["data"][0]["views"].as_array().expect("views");
    let names: Vec<_> = views.iter().map(|view| &view["name"]).collect();
    assert_eq!(names, ["short", "long"], "{counted}");
    assert_eq!(views[0]["stats"]["count"], 1);
    assert_eq!(views[0]["stats"]["sum"], views[0]["stats"]["max"]);
    let mut odd = view("odd", json!({}));
    odd["function"] = json!("average");
    assert_eq!(api.post(AGGREGATES, query(json!([odd]))).await.status, 400);
}

#[tokio::test]
async fn times_are_whole_milliseconds_that_add_up_to_the_details() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    for _ in 0..3 {
        handled(&mock, &api, &queue).await;
    }
    let metrics = ["tAnswered", "tAlert", "tTalk", "tHandle", "tAcd"];
    let found = api.post(DETAILS, json!({ "interval": DAY })).await.ok();
    let mut sums = std::collections::BTreeMap::new();
    for pointer in found["conversations"].as_array().expect("conversations") {
        for participant in pointer["participants"].as_array().expect("participants") {
            for metric in participant["sessions"][0]["metrics"].as_array().expect("metrics") {
                let name = metric["name"].as_str().expect("a name").to_owned();
                *sums.entry(name).or_insert(0) += metric["value"].as_u64().expect("a whole number");
            }
        }
    }
    let counted = api.post(AGGREGATES, json!({ "interval": DAY, "metrics": metrics })).await.ok();
    let counted = counted["results"][0]["data"][0]["metrics"].as_array().expect("metrics");
    for metric in counted {
        let (name, stats) = (metric["metric"].as_str().expect("a name"), &metric["stats"]);
        let sum = stats["sum"].as_f64().expect("a sum");
        assert_eq!(format!("{sum}"), sums[name].to_string(), "{name}");
        assert_eq!(stats["max"].as_f64().map(f64::fract), Some(0.0), "{name}");
    }
    assert_eq!(counted.len(), metrics.len());
}

#[tokio::test]
async fn an_export_has_the_lines_and_the_columns_that_it_asks_for() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, other] = queues(&api).await;
    handled(&mock, &api, &queue).await;
    handled(&mock, &api, &other).await;
    let exports = "/api/v2/analytics/reporting/exports";
    let export = async |view: &str, filter: Value| {
        let body = json!({ "name": "Queues", "timeZone": "UTC", "exportFormat": "CSV", "interval": DAY,
            "period": "PT30M", "viewType": view, "filter": filter, "read": false, "locale": "en-us" });
        let wanted = id(&api.post(exports, body).await.ok());
        mock.advance(Duration::from_secs(3));
        let listed = api.get(exports).await.ok();
        let all = listed["entities"].as_array().expect("exports");
        let done = all.iter().find(|one| one["id"] == json!(wanted)).expect("the export");
        let address = done["downloadUrl"].as_str().expect("an address");
        reqwest::get(address).await.expect("an answer").text().await.expect("a body")
    };
    let queues_view = "QUEUE_PERFORMANCE_SUMMARY_VIEW";
    assert_eq!(export(queues_view, json!({})).await.lines().count(), 3);
    let of_one = export(queues_view, json!({ "queueIds": [queue] })).await;
    assert!(of_one.contains(&queue) && !of_one.contains(&other), "{of_one}");
    assert_eq!(export(queues_view, json!({ "mediaTypes": ["email"] })).await.lines().count(), 1);
    let long = json!({ "talkDurationsMilliseconds": [{ "gte": 3_600_000 }] });
    assert_eq!(export(queues_view, long).await.lines().count(), 1);
    let agent = id(&api.get("/api/v2/users/agent-7").await.ok());
    let of_agent = export("AGENT_PERFORMANCE_SUMMARY_VIEW", json!({ "userIds": [agent] })).await;
    let lines: Vec<_> = of_agent.lines().collect();
    assert!(lines[0].starts_with("Agent Id,Agent Name,Answer,Handle,Avg Handle"), "{of_agent}");
    assert!(lines[1].starts_with(&format!("{agent},agent-7,2,2,")), "{of_agent}");
    assert_eq!(lines.len(), 2);
}
