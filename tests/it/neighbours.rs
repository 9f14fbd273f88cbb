//! Operations beside others on the same state: they read and change it too.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::conversations::{conversation, queues};
use crate::rest::{Client, all, id, mock};

const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

#[tokio::test]
async fn the_performance_profile_of_a_user_is_the_one_that_it_is_a_member_of() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let profiles = "/api/v2/gamification/profiles";
    let division = api.get("/api/v2/authorization/divisions").await.ok()["entities"][0]["id"].clone();
    let body = json!({ "name": "A", "description": "d", "active": false, "maxLeaderboardRankSize": 10,
        "division": { "id": division }, "reportingIntervals": [{ "intervalType": "Day", "intervalValue": 1 }] });
    let profile = id(&api.post(profiles, body).await.done());
    let (agent, me) =
        (id(&api.get("/api/v2/users/agent-1").await.ok()), id(&api.get("/api/v2/users/me").await.ok()));
    assert_eq!(api.get(&format!("{profiles}/users/{agent}")).await.ok()["name"], "Default");
    let members = json!({ "membersToAssign": [agent, me], "membersToRemove": [] });
    api.post(&format!("{profiles}/{profile}/members"), members).await.ok();
    for user in [&agent, "me"] {
        let shown = api.get(&format!("{profiles}/users/{user}")).await.ok();
        assert_eq!(
            (&shown["id"], &shown["name"], &shown["memberCount"]),
            (&json!(profile), &json!("A"), &json!(2))
        );
    }
    api.get(&format!("{profiles}/users/{UNKNOWN}")).await.refused(404);
}

#[tokio::test]
async fn users_are_searched_for_a_purpose_too() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let query = json!({ "query": [{ "fields": ["name"], "value": "agent-1", "type": "EXACT" }] });
    for purpose in ["teams/assign", "queuemembers/manage", "conversation/target"] {
        let found = api.post(&format!("/api/v2/users/search/{purpose}"), query.clone()).await.ok();
        assert_eq!(
            (&found["total"], &found["results"][0]["name"]),
            (&json!(1), &json!("agent-1")),
            "{purpose}"
        );
    }
}

#[tokio::test]
async fn contacts_are_found_by_the_criteria_of_a_search() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let contacts = "/api/v2/externalcontacts/contacts";
    for (first, last) in [("Grace", "Hopperx"), ("Ada", "Lovelacex")] {
        api.post(contacts, json!({ "firstName": first, "lastName": last })).await.ok();
    }
    let search = async |field: &str, value: &str| {
        let query = json!({ "query": [{ "fields": [field], "value": value, "type": "EXACT" }] });
        all(&api.post(&format!("{contacts}/search"), query).await.ok(), "firstName")
    };
    assert_eq!(search("lastName", "hopperx").await, ["Grace"]);
    assert_eq!(search("name", "Ada Lovelacex").await, ["Ada"]);
    assert!(search("lastName", "nobody").await.is_empty());
}

#[tokio::test]
async fn the_schedules_of_a_business_unit_are_those_of_its_management_units() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let wfm = "/api/v2/workforcemanagement";
    let units = api.get(&format!("{wfm}/agents/agent-1/managementunit")).await.ok();
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let range = json!({ "startDate": "2026-03-09T00:00:00Z", "endDate": "2026-03-10T00:00:00Z" });
    let search = async |path: &str, unit: &Value, users: Option<&str>| {
        let mut body = range.clone();
        if let Some(user) = users {
            body["userIds"] = json!([user]);
        }
        let path = format!("{wfm}/{path}/{}/agentschedules/search", id(unit));
        api.post(&path, body).await.ok()
    };
    let of_unit = search("managementunits", &units["managementUnit"], Some(&agent)).await;
    let of_business = search("businessunits", &units["businessUnit"], Some(&agent)).await;
    assert_eq!(of_business["result"], of_unit["result"]);
    assert!(!of_unit["result"]["agentSchedules"][0]["shifts"].as_array().expect("shifts").is_empty());
    let all_of = |found: &Value| found["result"]["agentSchedules"].as_array().map_or(0, Vec::len);
    let of_unit = search("managementunits", &units["managementUnit"], None).await;
    let of_business = search("businessunits", &units["businessUnit"], None).await;
    assert!(all_of(&of_unit) > 0 && all_of(&of_business) >= all_of(&of_unit));
    api.post(&format!("{wfm}/businessunits/{UNKNOWN}/agentschedules/search"), range).await.refused(404);
}

/// A new callback in a queue; its conversation's id.
async fn callback(api: &Client, body: Value) -> String {
    id(&api.post("/api/v2/conversations/callbacks", body).await.ok()["conversation"])
}

#[tokio::test]
async fn what_a_conversation_asks_for_in_its_queue_is_changed() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let skill = id(&api.post("/api/v2/routing/skills", json!({ "name": "Chess" })).await.done());
    let language = id(&api.post("/api/v2/routing/languages", json!({ "name": "Klingon" })).await.done());
    let numbers = json!(["+13175550100"]);
    let body = json!({ "callbackNumbers": numbers, "routingData": { "queueId": queue, "priority": 3 } });
    let made = callback(&api, body).await;
    let routing =
        async || conversation(&api, &made).await["participants"][1]["conversationRoutingData"].clone();
    assert_eq!(routing().await["priority"], 3);
    let path = format!("/api/v2/routing/conversations/{made}");
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let change = json!({ "priority": 7, "skillIds": [skill], "languageId": language,
        "requestScoredAgents": [{ "id": agent, "score": 90 }] });
    let shown = api.patch(&path, change).await.ok();
    assert_eq!((&shown["priority"], &shown["language"]["name"]), (&json!(7), &json!("Klingon")));
    assert_eq!(shown["skills"][0]["name"], "Chess");
    assert_eq!(shown["scoredAgents"][0]["agent"]["id"], json!(agent));
    let seen = routing().await;
    assert_eq!((&seen["priority"], &seen["skills"][0]["id"]), (&json!(7), &json!(skill)));
    assert_eq!((&seen["language"]["id"], &seen["queue"]["id"]), (&json!(language), &json!(queue)));
    let cleared = json!({ "priority": 0, "skillIds": [], "languageId": "" });
    let shown = api.patch(&path, cleared).await.ok();
    assert_eq!((&shown["priority"], &shown["skills"], shown.get("language")), (&json!(0), &json!([]), None));
    assert_eq!(shown["scoredAgents"][0]["score"], 90, "what is not named stays");
    assert_eq!(api.patch(&path, json!({ "skillIds": [UNKNOWN] })).await.refused(400), "resource.not.found");
    api.patch(&path, json!({ "priority": 25_000_001 })).await.refused(400);
    api.patch(&format!("/api/v2/routing/conversations/{UNKNOWN}"), json!({ "priority": 1 }))
        .await
        .refused(404);
}

#[tokio::test]
async fn a_point_of_priority_counts_as_a_minute_of_waiting() {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(crate::rest::START).no_latency();
    let mock = builder.route_conversations().start().await.expect("a free port");
    let api = Client::new(&mock);
    let members = json!([{ "id": id(&api.get("/api/v2/users/agent-1").await.ok()) }]);
    let queue = json!({ "name": "Own" });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.done());
    api.post(&format!("/api/v2/routing/queues/{queue}/members"), members).await.done();
    let numbers = json!(["+13175550100"]);
    let body = |priority: i64| json!({ "callbackNumbers": numbers, "routingData": { "queueId": queue, "priority": priority } });
    let status = async |presence: &str| {
        let presence = json!({ "presenceDefinition": { "systemPresence": presence } });
        api.patch("/api/v2/users/agent-1/presences/purecloud", presence).await.ok()
    };
    status("Available").await;
    let first = callback(&api, body(0)).await;
    mock.advance(Duration::from_secs(30));
    let second = callback(&api, body(1)).await;
    status("On Queue").await;
    let participants = async |of: &str| conversation(&api, of).await["participants"].as_array().map(Vec::len);
    assert_eq!((participants(&first).await, participants(&second).await), (Some(2), Some(3)));
}
