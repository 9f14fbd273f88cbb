//! Analytics of calls: metrics, aggregates, observations, jobs, exports; presences of users.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::conversations::{call, id, participant, queues};
use crate::rest::{Client, mock, wrap_up_code};

/// The day of the tests of analytics.
pub(crate) const DAY: &str = "2026-03-08T00:00:00Z/2026-03-09T00:00:00Z";
const DETAILS: &str = "/api/v2/analytics/conversations/details";
const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn of_queue(queue: &str) -> Value {
    json!({ "type": "and", "predicates": [{ "type": "dimension", "dimension": "queueId",
        "operator": "matches", "value": queue }] })
}

/// A call that waits 5 s in a queue, is talked over for 10 s by agent-7, held for 4 s, and wrapped up for 6 s.
pub(crate) async fn handled(mock: &MockServer, api: &Client, queue: &str) -> String {
    let call = call(mock, api, json!({ "callQueueId": queue })).await;
    let acd = participant(api, &call, 1).await;
    let started = api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await;
    assert_eq!(started.status, 202);
    mock.advance(seconds(2));
    let agent = participant(api, &call, 2).await;
    mock.advance(seconds(10));
    api.patch(&agent, json!({ "held": true })).await;
    mock.advance(seconds(4));
    api.patch(&agent, json!({ "held": false })).await;
    api.patch(&agent, json!({ "state": "disconnected" })).await;
    mock.advance(seconds(6));
    let code = wrap_up_code(api).await;
    assert_eq!(api.patch(&agent, json!({ "wrapup": { "code": code } })).await.status, 202);
    api.post(&format!("/api/v2/conversations/{call}/disconnect"), json!({})).await;
    call
}

fn metric<'v>(metrics: &'v Value, name: &str) -> &'v Value {
    let found = metrics
        .as_array()
        .and_then(|all| all.iter().find(|one| one["metric"] == name || one["name"] == name));
    found.unwrap_or_else(|| panic!("no {name}: {metrics}"))
}

#[tokio::test]
async fn sessions_have_the_metrics_of_what_happened() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let call = handled(&mock, &api, &queue).await;
    let details = api.get(&format!("/api/v2/analytics/conversations/{call}/details")).await.ok();
    let agent = &details["participants"][2]["sessions"][0];
    assert_eq!(agent["mediaType"], "voice");
    for (name, value) in
        [("tAlert", 2000), ("tTalkComplete", 10_000), ("tHeldComplete", 4000), ("tAcw", 6000)]
    {
        assert_eq!(metric(&agent["metrics"], name)["value"], value, "{name}");
    }
    assert_eq!(metric(&agent["metrics"], "tHandle")["value"], 20_000);
    let kinds: Vec<_> =
        agent["segments"].as_array().expect("segments").iter().map(|one| &one["segmentType"]).collect();
    assert_eq!(kinds, ["alert", "interact", "hold", "wrapup"]);
    assert_eq!(agent["segments"][3]["wrapUpCode"], wrap_up_code(&api).await);
    let acd = &details["participants"][1]["sessions"][0];
    assert_eq!(metric(&acd["metrics"], "nOffered")["value"], 1);
    assert_eq!(acd["segments"][0]["queueId"], json!(queue));
    assert_eq!(details["participants"][1]["purpose"], "acd");
}

#[tokio::test]
async fn an_outbound_call_rings_before_its_agent_talks() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let body = json!({ "phoneNumber": "+13175550100", "callFromQueueId": queue });
    let call = id(&api.post("/api/v2/conversations/calls", body).await.ok());
    mock.advance(seconds(13));
    api.post(&format!("/api/v2/conversations/{call}/disconnect"), json!({})).await;
    let details = api.get(&format!("/api/v2/analytics/conversations/{call}/details")).await.ok();
    let metrics = &details["participants"][0]["sessions"][0]["metrics"];
    let times = [("tContacting", 1000), ("tDialing", 2000), ("tTalkComplete", 10_000), ("tHandle", 13_000)];
    for (name, value) in times {
        assert_eq!(metric(metrics, name)["value"], value, "{name}");
    }
    assert_eq!(metric(metrics, "nConnected")["emitDate"], "2026-03-08T00:00:03.000Z");
}

#[tokio::test]
async fn aggregates_compute_times_and_the_service_level_by_queue() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, other] = queues(&api).await;
    handled(&mock, &api, &queue).await;
    let waiting = call(&mock, &api, json!({ "callQueueId": queue })).await;
    api.post(&format!("/api/v2/conversations/{waiting}/disconnect"), json!({})).await;
    let body = json!({ "interval": DAY, "groupBy": ["queueId"], "filter": of_queue(&queue),
        "metrics": ["nOffered", "tAnswered", "tAbandon", "tHandle", "tAcw", "oServiceLevel", "nConversations"] });
    let path = "/api/v2/analytics/conversations/aggregates/query";
    let results = api.post(path, body).await.ok();
    assert_eq!(results["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(results["results"][0]["group"], json!({ "queueId": queue }));
    let metrics = &results["results"][0]["data"][0]["metrics"];
    assert_eq!(metric(metrics, "nOffered")["stats"], json!({ "count": 2 }));
    assert_eq!(metric(metrics, "nConversations")["stats"], json!({ "count": 2 }));
    let handle = json!({ "max": 20_000.0, "min": 20_000.0, "count": 1, "sum": 20_000.0 });
    assert_eq!(metric(metrics, "tHandle")["stats"], handle);
    assert_eq!(metric(metrics, "tAnswered")["stats"]["sum"], 5000.0);
    assert_eq!(metric(metrics, "tAbandon")["stats"]["count"], 1);
    let level = json!({ "ratio": 0.5, "numerator": 1.0, "denominator": 2.0, "target": 0.8 });
    assert_eq!(metric(metrics, "oServiceLevel")["stats"], level);
    let none = json!({ "interval": DAY, "metrics": ["nOffered"], "filter": of_queue(&other) });
    assert_eq!(api.post(path, none).await.ok(), json!({ "results": [] }));
    let parts =
        json!({ "interval": DAY, "granularity": "PT5S", "groupBy": ["mediaType"], "metrics": ["nOffered"] });
    let parts = api.post(path, parts).await.ok();
    assert_eq!(parts["results"][0]["data"].as_array().map(Vec::len), Some(2));
    let too_fine = json!({ "interval": DAY, "granularity": "PT0.5S", "metrics": ["nOffered"] });
    assert_eq!(api.post(path, too_fine).await.refused(400), "constraint.validation");
}

#[tokio::test]
async fn both_queues_of_a_transfer_know_the_conversation() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [first, second] = queues(&api).await;
    let call = call(&mock, &api, json!({ "callQueueId": first })).await;
    let acd = participant(&api, &call, 1).await;
    api.post(&format!("{acd}/replace"), json!({ "queueId": second })).await;
    for queue in [first, second] {
        let body = json!({ "interval": DAY, "segmentFilters": [of_queue(&queue)] });
        let found = api.post(&format!("{DETAILS}/query"), body).await.ok();
        assert_eq!(
            (&found["totalHits"], &found["conversations"][0]["conversationId"]),
            (&json!(1), &json!(call))
        );
    }
}

#[tokio::test]
async fn a_filter_asks_one_session_and_ranges_of_metrics() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    handled(&mock, &api, &queue).await;
    let code = wrap_up_code(&api).await;
    let count_in = async |filters: &str, filter: Value| {
        let body = json!({ "interval": DAY, filters: [filter] });
        api.post(&format!("{DETAILS}/query"), body).await.ok()["totalHits"].clone()
    };
    let count = async |filter: Value| count_in("segmentFilters", filter).await;
    let is = |dimension: &str, value: &str| json!({ "dimension": dimension, "operator": "matches", "value": value });
    let both = |one: Value, other: Value| json!({ "type": "and", "predicates": [one, other] });
    assert_eq!(count(both(is("purpose", "agent"), is("mediaType", "voice"))).await, 1);
    assert_eq!(count(both(is("purpose", "acd"), is("wrapUpCode", &code))).await, 0, "the agent wrapped up");
    let range = |from: u64| json!({ "type": "metric", "metric": "tHandle", "range": { "gte": from } });
    for (from, found) in [(20_000, 1), (20_001, 0)] {
        let filter = json!({ "type": "and", "predicates": [range(from)] });
        assert_eq!(count_in("conversationFilters", filter).await, found);
    }
    let one = |predicate: Value| json!({ "type": "and", "predicates": [predicate] });
    for dimension in ["outboundCampaignId", "flowId", "errorCode"] {
        let of =
            |operator: &str| one(json!({ "dimension": dimension, "operator": operator, "value": UNKNOWN }));
        assert_eq!(count(of("matches")).await, 0, "no session has a {dimension}");
        assert_eq!((count(of("exists")).await, count(of("notExists")).await), (json!(0), json!(1)));
    }
    let long = one(json!({ "type": "metric", "metric": "nConsult", "range": { "gte": 9 } }));
    assert_eq!(count_in("conversationFilters", long).await, 0);
    for (operator, found) in [("exists", 1), ("notExists", 0)] {
        let filter = one(json!({ "dimension": "conversationEnd", "operator": operator }));
        assert_eq!(count_in("conversationFilters", filter).await, found, "it has ended");
    }
}

#[tokio::test]
async fn a_job_is_queued_pending_and_fulfilled_and_finds_what_a_query_finds() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    for _ in 0..3 {
        handled(&mock, &api, &queue).await;
    }
    let started = api.post(&format!("{DETAILS}/jobs"), json!({ "interval": DAY })).await;
    assert_eq!(started.status, 202);
    let job = format!("{DETAILS}/jobs/{}", started.body["jobId"].as_str().expect("an id"));
    assert_eq!(api.get(&format!("{job}/results")).await.refused(400), "bad.request");
    let mut states = Vec::new();
    for _ in 0..3 {
        states.push(api.get(&job).await.ok()["state"].clone());
        mock.advance(seconds(1));
    }
    assert_eq!(states, ["QUEUED", "PENDING", "FULFILLED"]);
    let found = api.post(&format!("{DETAILS}/query"), json!({ "interval": DAY })).await.ok();
    let first = api.get(&format!("{job}/results?pageSize=2")).await.ok();
    assert_eq!(first["conversations"].as_array().map(Vec::len), Some(2));
    assert_eq!(first["conversations"][0]["conversationId"], found["conversations"][0]["conversationId"]);
    assert!(first["dataAvailabilityDate"].is_string());
    let cursor = first["cursor"].as_str().expect("there is more");
    let second = api.get(&format!("{job}/results?pageSize=2&cursor={cursor}")).await.ok();
    assert_eq!(
        (second["conversations"].as_array().map(Vec::len), &second["cursor"]),
        (Some(1), &Value::Null)
    );
    assert_eq!(api.delete(&job).await.status, 204);
    api.get(&job).await.refused(404);
    api.get(&format!("{DETAILS}/jobs/{UNKNOWN}")).await.refused(404);
    let available = api.get(&format!("{DETAILS}/jobs/availability")).await.ok();
    assert!(available["dataAvailabilityDate"].is_string());
    api.post(&format!("{DETAILS}/jobs"), json!({ "interval": "soon" })).await.refused(400);
}

#[tokio::test]
async fn observations_count_interactions_and_members() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    call(&mock, &api, json!({ "callQueueId": queue })).await;
    let path = "/api/v2/analytics/queues/observations/query";
    let metrics = ["oWaiting", "oInteracting", "oOnQueueUsers", "oMemberUsers"];
    let body = json!({ "filter": of_queue(&queue), "metrics": metrics, "detailMetrics": ["oWaiting"] });
    let seen = api.post(path, body.clone()).await.ok();
    let (users, voice) = (&seen["results"][0], &seen["results"][1]);
    assert_eq!(voice["group"], json!({ "queueId": queue, "mediaType": "voice" }));
    assert_eq!(metric(&voice["data"], "oWaiting")["stats"]["count"], 1);
    assert_eq!(metric(&voice["data"], "oWaiting")["observations"].as_array().map(Vec::len), Some(1));
    assert_eq!(metric(&voice["data"], "oInteracting")["stats"]["count"], 0);
    assert_eq!(metric(&users["data"], "oOnQueueUsers")["qualifier"], "IDLE");
    let members = metric(&users["data"], "oMemberUsers")["stats"]["count"].as_u64().expect("a count");
    assert!(members > 0);
    let refused = json!({ "filter": { "type": "xor" }, "metrics": metrics });
    assert_eq!(api.post(path, refused).await.refused(400), "invalid.value");
    let activity = json!({ "metrics": [{ "metric": "oWaiting" }], "groupBy": ["queueId"] });
    let activity = api.post("/api/v2/analytics/conversations/activity/query", activity).await.ok();
    let expected = json!([{ "group": { "queueId": queue }, "data": [{ "metric": "oWaiting", "count": 1 }],
        "truncated": false }]);
    assert_eq!(activity["results"], expected);
}

#[tokio::test]
async fn an_export_ends_in_a_file_that_can_be_fetched() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    handled(&mock, &api, &queue).await;
    let exports = "/api/v2/analytics/reporting/exports";
    let body = json!({ "name": "Queues", "timeZone": "UTC", "exportFormat": "CSV", "interval": DAY, "period": "PT30M",
        "viewType": "QUEUE_PERFORMANCE_SUMMARY_VIEW", "filter": { "queueIds": [queue] }, "read": false,
        "locale": "en-us" });
    let export = api.post(exports, body.clone()).await.ok();
    assert_eq!((&export["status"], &export["downloadUrl"]), (&json!("SUBMITTED"), &Value::Null));
    mock.advance(seconds(1));
    assert_eq!(api.get(exports).await.ok()["entities"][0]["status"], "RUNNING");
    mock.advance(seconds(2));
    let done = api.get(exports).await.ok();
    let done = &done["entities"][0];
    assert_eq!((&done["status"], &done["percentageComplete"]), (&json!("COMPLETED"), &json!(1.0)));
    let file = reqwest::get(done["downloadUrl"].as_str().expect("an address")).await.expect("an answer");
    assert_eq!(file.headers()["content-type"], "text/csv");
    let text = file.text().await.expect("a body");
    let name = api.get(&format!("/api/v2/routing/queues/{queue}")).await.ok()["name"].clone();
    let header = "Queue Id,Queue Name,Offer,Answer,Abandon,ASA,Avg Wait,Avg Handle,Talk,Hold,ACW,Handle,Over SLA,Transfer";
    let line =
        format!("{queue},{},1,1,0,5000,3000,20000,10000,4000,6000,20000,0,0", name.as_str().expect("a name"));
    assert_eq!(text, format!("{header}\n{line}\n"));
    let mut nameless = body;
    nameless["name"] = Value::Null;
    api.post(exports, nameless).await.refused(400);
}

#[tokio::test]
async fn users_have_presences_and_routing_statuses_over_time() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    mock.advance(seconds(60));
    let presence = json!({ "presenceDefinition": { "systemPresence": "Meal" } });
    api.patch(&format!("/api/v2/users/{agent}/presences/purecloud"), presence).await.ok();
    mock.advance(seconds(30));
    let filter = json!({ "type": "or", "predicates": [{ "dimension": "userId", "value": agent }] });
    let body = json!({ "interval": DAY, "userFilters": [filter] });
    let found = api.post("/api/v2/analytics/users/details/query", body).await.ok();
    assert_eq!(found["totalHits"], 1);
    let detail = &found["userDetails"][0];
    let names: Vec<_> = detail["primaryPresence"]
        .as_array()
        .expect("presences")
        .iter()
        .map(|one| &one["systemPresence"])
        .collect();
    assert_eq!(names, ["ON_QUEUE", "MEAL"]);
    assert_eq!(detail["primaryPresence"][0]["endTime"], "2026-03-08T00:01:00.000Z");
    assert_eq!(detail["routingStatus"][1]["routingStatus"], "OFF_QUEUE");
    let body =
        json!({ "interval": DAY, "groupBy": ["userId"], "filter": filter, "metrics": ["tSystemPresence"] });
    let sums = api.post("/api/v2/analytics/users/aggregates/query", body).await.ok();
    let metrics = &sums["results"][0]["data"][0]["metrics"];
    let sum = |name: &str| {
        let all = metrics.as_array().expect("metrics").iter();
        all.filter(|one| one["qualifier"] == name).map(|one| one["stats"]["sum"].clone()).next()
    };
    assert_eq!((sum("ON_QUEUE"), sum("MEAL")), (Some(json!(60_000)), Some(json!(30_000))));
    let status = api.get(&format!("/api/v2/analytics/agents/{agent}/status")).await.ok();
    assert_eq!((&status["systemPresence"], &status["sessionCount"]), (&json!("MEAL"), &json!(0)));
    let asked = json!({ "userFilter": filter });
    let found = api.post("/api/v2/analytics/agents/status/query", asked).await.ok();
    assert_eq!(found["entities"], json!([status]));
}

#[tokio::test]
async fn presences_and_routing_statuses_of_users_are_filtered_and_counted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    mock.advance(seconds(60));
    let meal = json!({ "presenceDefinition": { "systemPresence": "Meal" } });
    api.patch(&format!("/api/v2/users/{agent}/presences/purecloud"), meal).await.ok();
    mock.advance(seconds(30));
    let filter = |dimension: &str, value: &str| json!([{ "type": "or", "predicates": [{ "dimension": dimension, "value": value }] }]);
    let path = "/api/v2/analytics/users/details/query";
    let mut body = json!({ "interval": DAY, "userFilters": filter("userId", &agent),
        "presenceAggregations": [{ "type": "termFrequency", "dimension": "systemPresence" },
            { "metric": "tSystemPresence", "ranges": [{ "gte": 0, "lt": 45_000 }, { "gte": 45_000 }] }],
        "routingStatusAggregations": [{ "dimension": "routingStatus", "size": 1 }] });
    let found = api.post(path, body.clone()).await.ok();
    let expected = json!([
        { "type": "termFrequency", "dimension": "systemPresence", "count": 2,
            "results": [{ "count": 1, "value": "MEAL" }, { "count": 1, "value": "ON_QUEUE" }] },
        { "type": "numericRange", "metric": "tSystemPresence", "count": 2,
            "results": [{ "gte": 0, "lt": 45_000, "count": 1 }, { "gte": 45_000, "count": 1 }] },
        { "type": "termFrequency", "dimension": "routingStatus", "count": 2,
            "results": [{ "count": 1, "value": "IDLE" }] },
    ]);
    assert_eq!(found["aggregations"], expected);
    body["presenceFilters"] = filter("systemPresence", "MEAL");
    let found = api.post(path, body.clone()).await.ok();
    assert_eq!((&found["totalHits"], &found["aggregations"][0]["count"]), (&json!(1), &json!(1)));
    let lasted = |range: serde_json::Value| json!([{ "type": "and", "predicates": [{ "metric": "tSystemPresence", "range": range }] }]);
    for (wanted, hits, counted) in
        [(json!({ "gte": 45_000 }), 1, 1), (json!({ "gt": 60_000 }), 0, 0), (json!({ "lte": 30_000 }), 1, 1)]
    {
        body["presenceFilters"] = lasted(wanted);
        let found = api.post(path, body.clone()).await.ok();
        assert_eq!(
            (&found["totalHits"], &found["aggregations"][0]["count"]),
            (&json!(hits), &json!(counted))
        );
    }
    for wrong in [
        filter("mediaType", "voice"),
        json!([{ "type": "or", "predicates": [{ "dimension": "systemPresence", "value": 7 }] }]),
        json!([{ "type": "or", "predicates": [{ "dimension": "systemPresence", "operator": "like", "value": "MEAL" }] }]),
        json!([{ "predicates": [{ "dimension": "systemPresence", "value": "MEAL" }] }]),
    ] {
        body["presenceFilters"] = wrong;
        api.post(path, body.clone()).await.refused(400);
    }
    body["presenceFilters"] = json!(null);
    body["routingStatusFilters"] = filter("routingStatus", "INTERACTING");
    assert_eq!(api.post(path, body.clone()).await.ok()["totalHits"], 0);
    body["presenceAggregations"] = json!([{ "dimension": "mediaType" }]);
    assert_eq!(api.post(path, body).await.refused(400), "constraint.validation");
}

#[tokio::test]
async fn a_family_without_events_has_empty_aggregates_and_checks_the_query() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/analytics/flows/aggregates/query";
    let body = json!({ "interval": DAY, "metrics": ["nFlow"] });
    assert_eq!(api.post(path, body).await.ok(), json!({ "results": [] }));
    api.post(path, json!({ "metrics": ["nFlow"] })).await.refused(400);
}

#[tokio::test]
async fn a_first_query_finds_the_conversations_of_the_day_before() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let before = "2026-03-07T00:00:00Z/2026-03-08T00:00:00Z";
    let found = api.post(&format!("{DETAILS}/query"), json!({ "interval": before })).await.ok();
    assert_eq!(found["totalHits"], 240);
    let first = &found["conversations"][0];
    assert!(first["conversationEnd"].is_string(), "{first}");
    let path = format!("/api/v2/conversations/{}", first["conversationId"].as_str().expect("an id"));
    let seen = api.get(&path).await.ok();
    assert_eq!((&seen["state"], &seen["startTime"]), (&json!("disconnected"), &first["conversationStart"]));
    assert_eq!(api.get("/api/v2/conversations").await.ok()["total"], 0, "none of them is open");
    let agent = format!("{path}/participants/{}", id(&seen["participants"][1]));
    let noted = api.patch(&format!("{agent}/attributes"), json!({ "attributes": { "a": "1" } })).await;
    assert_eq!(noted.status, 202);
    assert_eq!(api.get(&path).await.ok()["participants"][1]["attributes"], json!({ "a": "1" }));
    let body = json!({ "interval": before, "groupBy": ["mediaType"], "metrics": ["nOffered", "tHandle"] });
    let sums = api.post("/api/v2/analytics/conversations/aggregates/query", body).await.ok();
    assert_eq!(sums["results"].as_array().map(Vec::len), Some(4));
}
