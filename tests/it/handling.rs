//! Agents and the conversations that they handle: the routing status, the summary, and their own listing.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::conversations::{call, participant, queues};
use crate::rest::{Client, id, mock};

const AGENT: &str = "/api/v2/users/agent-7";
const SECONDS: Duration = Duration::from_secs(3);

/// A call of the first queue that is offered to agent-7.
async fn offered(mock: &MockServer, api: &Client) -> String {
    let [queue, _] = queues(api).await;
    let call = call(mock, api, json!({ "callQueueId": queue })).await;
    let acd = participant(api, &call, 1).await;
    api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await.done();
    call
}

async fn routing(api: &Client) -> Value {
    let id = id(&api.get(AGENT).await.ok());
    api.get(&format!("/api/v2/users/{id}/routingstatus")).await.ok()["status"].clone()
}

async fn active_calls(api: &Client) -> Value {
    let agent = api.get(&format!("{AGENT}?expand=conversationSummary")).await.ok();
    agent["conversationSummary"]["call"]["contactCenter"]["active"].clone()
}

#[tokio::test]
async fn an_agent_interacts_from_the_connect_until_its_last_conversation_ends() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let first = offered(&mock, &api).await;
    assert_eq!(routing(&api).await, "IDLE", "the call alerts");
    mock.advance(SECONDS);
    assert_eq!((routing(&api).await, active_calls(&api).await), (json!("INTERACTING"), json!(1)));
    let second = offered(&mock, &api).await;
    mock.advance(SECONDS);
    assert_eq!(active_calls(&api).await, 2);
    let agent = participant(&api, &first, 2).await;
    api.patch(&agent, json!({ "state": "disconnected" })).await.done();
    assert_eq!((routing(&api).await, active_calls(&api).await), (json!("INTERACTING"), json!(1)));
    api.post(&format!("/api/v2/conversations/{second}/disconnect"), json!({})).await.done();
    assert_eq!((routing(&api).await, active_calls(&api).await), (json!("IDLE"), json!(0)));
}

#[tokio::test]
async fn an_agent_that_goes_off_queue_interacts_again_when_it_is_back() {
    let mock = mock().await;
    let api = Client::new(&mock);
    offered(&mock, &api).await;
    mock.advance(SECONDS);
    let id = id(&api.get(AGENT).await.ok());
    let presence = async |name: &str| {
        let body = json!({ "presenceDefinition": { "systemPresence": name } });
        api.patch(&format!("/api/v2/users/{id}/presences/purecloud"), body).await.ok();
        routing(&api).await
    };
    assert_eq!(presence("Meal").await, "OFF_QUEUE");
    assert_eq!(presence("On Queue").await, "INTERACTING");
}

#[tokio::test]
async fn a_call_has_all_of_its_participants() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let several = json!([{ "userId": "agent-7" }, { "address": "+13175550100" }, { "address": "+13175550101" },
        { "queueId": queue }]);
    let call = call(&mock, &api, json!({ "participants": several })).await;
    let seen = api.get(&format!("/api/v2/conversations/{call}")).await.ok();
    let all: Vec<_> = seen["participants"].as_array().expect("participants").iter().collect();
    let purposes: Vec<_> = all.iter().map(|one| one["purpose"].as_str().expect("a purpose")).collect();
    assert_eq!(purposes, ["user", "user", "customer", "external", "acd"]);
    assert_eq!(seen["address"], "+13175550100");
    assert!(all.iter().all(|one| one["calls"][0]["state"] == "connected"), "{seen}");
    let unknown = json!([{ "address": "+1" }, { "userId": "nobody" }]);
    api.post("/api/v2/conversations/calls", json!({ "participants": unknown })).await.refused(404);
}

#[tokio::test]
async fn emails_without_an_agent_and_further_ones_are_read_in_their_conversation() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let emails = "/api/v2/conversations/emails";
    let address = |email: &str| json!({ "email": email });
    let body = json!({ "senderType": "Outbound", "fromAddress": address("shop@example.org"),
        "toAddresses": [address("ada@example.org")], "subject": "News", "textBody": "Hi" });
    let sent = api.post(&format!("{emails}/agentless"), body.clone()).await.ok();
    let conversation = sent["conversationId"].as_str().expect("an id").to_owned();
    let seen = api.get(&format!("{emails}/{conversation}")).await.ok();
    assert_eq!(seen["participants"][0]["subject"], "News");
    assert_eq!(api.get(sent["selfUri"].as_str().expect("an address")).await.ok()["textBody"], "Hi");
    let mut unknown = body.clone();
    unknown["conversationId"] = json!("b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11");
    api.post(&format!("{emails}/agentless"), unknown).await.refused(400);
    let more = json!({ "provider": "Other", "fromAddress": "ada@example.org", "subject": "Re: News" });
    let inbound = format!("{emails}/{conversation}/inboundmessages");
    assert_eq!(id(&api.post(&inbound, more.clone()).await.ok()), conversation);
    let listed = api.get(&format!("{emails}/{conversation}/messages")).await.ok();
    assert_eq!((&listed["total"], &listed["entities"][1]["subject"]), (&json!(2), &json!("Re: News")));
    let nowhere = format!("{emails}/b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11/inboundmessages");
    api.post(&nowhere, more).await.refused(404);
}

#[tokio::test]
async fn a_participant_of_an_email_counts_what_it_has_sent() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let emails = "/api/v2/conversations/emails";
    let (agent, queue) = (
        id(&api.get(AGENT).await.ok()),
        api.get("/api/v2/routing/queues").await.ok()["entities"][0]["id"].clone(),
    );
    let email =
        json!({ "queueId": queue, "provider": "p", "fromAddress": "ada@example.org", "textBody": "Help" });
    let email = id(&api.post(emails, email).await.ok());
    let one = format!("{emails}/{email}");
    let sent = async |purpose: &str| {
        let seen = api.get(&one).await.ok();
        let all = seen["participants"].as_array().expect("participants").clone();
        let of = all.into_iter().find(|participant| participant["purpose"] == purpose);
        of.map(|participant| participant["messagesSent"].clone()).unwrap_or_default()
    };
    assert_eq!((sent("customer").await, sent("acd").await), (json!(1), json!(0)));
    let waiting = api.get(&one).await.ok()["participants"][1]["id"].as_str().expect("an id").to_owned();
    api.post(&format!("{one}/participants/{waiting}/replace"), json!({ "userId": agent })).await.done();
    mock.advance(Duration::from_secs(5));
    let body = json!({ "to": [{ "email": "ada@example.org" }], "from": { "email": "shop@example.org" }, "textBody": "Yes" });
    for count in 1..3 {
        let answered = api.post(&format!("{one}/messages"), body.clone()).await.ok();
        assert!(
            answered.as_object().is_some_and(|all| all.keys().all(|key| !key.contains('\0'))),
            "{answered}"
        );
        assert_eq!(sent("agent").await, count);
    }
    let further = json!({ "provider": "p", "fromAddress": "ada@example.org", "textBody": "Thanks" });
    api.post(&format!("{one}/inboundmessages"), further).await.ok();
    assert_eq!((sent("customer").await, sent("agent").await), (json!(2), json!(2)));
    let listed = api.get(&format!("{one}/messages")).await.ok();
    assert!(!listed.to_string().contains("sender"), "{listed}");
}

#[tokio::test]
async fn of_several_changes_at_once_none_is_made_where_one_is_wrong() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let agent = id(&api.get(AGENT).await.ok());
    let unknown = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";
    let both = json!([{ "id": agent, "title": "T1" }, { "id": unknown, "title": "T2" }]);
    api.patch("/api/v2/users/bulk", both).await.refused(404);
    assert_eq!(api.get(AGENT).await.ok()["title"], Value::Null);
    let twice = json!([{ "id": agent, "title": "T1" }, { "id": agent, "department": "D" }]);
    api.patch("/api/v2/users/bulk", twice).await.ok();
    let seen = api.get(AGENT).await.ok();
    assert_eq!((&seen["title"], &seen["department"]), (&json!("T1"), &json!("D")));
    let [queue, _] = queues(&api).await;
    let path = format!("/api/v2/users/{agent}/queues");
    let joined = json!([{ "id": queue, "joined": false }, { "id": unknown, "joined": false }]);
    api.patch(&path, joined).await.refused(404);
    let listed = api.get(&format!("{path}?joined=false")).await.ok();
    assert_eq!(listed["total"], 0, "{listed}");
}

#[tokio::test]
async fn the_users_of_a_group_are_members_of_its_queues() {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(crate::rest::START).no_latency();
    let mock = builder.route_conversations().start().await.expect("a free port");
    let api = Client::new(&mock);
    let agent = id(&api.get(AGENT).await.ok());
    let group = json!({ "name": "g", "type": "official", "rulesVisible": true, "visibility": "public" });
    let group = id(&api.post("/api/v2/groups", group).await.done());
    let members = json!({ "memberIds": [agent], "version": 1 });
    api.post(&format!("/api/v2/groups/{group}/members"), members).await.done();
    let queue = json!({ "name": "of a group", "memberGroups": [{ "id": group, "type": "GROUP" }] });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.done());
    let path = format!("/api/v2/routing/queues/{queue}");
    let counts = async || {
        let seen = api.get(&path).await.ok();
        ["memberCount", "userMemberCount", "joinedMemberCount"].map(|key| seen[key].clone())
    };
    assert_eq!(counts().await, [1, 0, 1].map(|count| json!(count)));
    let listed = api.get(&format!("{path}/members?memberBy=group")).await.ok();
    assert_eq!(
        (&listed["entities"][0]["id"], &listed["entities"][0]["memberBy"]),
        (&json!(agent), &json!("group"))
    );
    assert_eq!(api.get(&format!("{path}/members?memberBy=user")).await.ok()["entities"], json!([]));
    let named = async || {
        let queues = api.get(&format!("/api/v2/users/{agent}/queues?pageSize=100")).await.ok();
        queues["entities"].as_array().expect("queues").iter().any(|one| one["id"] == json!(queue))
    };
    assert!(named().await);
    let call = id(&api.post("/api/v2/conversations/calls", json!({ "callQueueId": queue })).await.ok());
    let routed = api.get(&format!("/api/v2/conversations/{call}")).await.ok();
    assert_eq!(routed["participants"][2]["userId"], json!(agent));
    api.delete(&format!("{path}/members/{agent}")).await.refused(409);
    api.delete(&format!("/api/v2/groups/{group}")).await.done();
    assert_eq!(api.get(&path).await.ok()["memberGroups"], json!([]));
    assert_eq!((counts().await[0].clone(), named().await), (json!(0), false));
}

#[tokio::test]
async fn a_group_without_a_type_is_a_group_of_the_directory() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let agent = id(&api.get(AGENT).await.ok());
    let group = json!({ "name": "g", "type": "official", "rulesVisible": true, "visibility": "public" });
    let group = id(&api.post("/api/v2/groups", group).await.done());
    let members = json!({ "memberIds": [agent], "version": 1 });
    api.post(&format!("/api/v2/groups/{group}/members"), members).await.done();
    let queue = json!({ "name": "of a group", "memberGroups": [{ "id": group }] });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.done());
    let path = format!("/api/v2/routing/queues/{queue}");
    assert_eq!(api.get(&path).await.ok()["memberCount"], 1);
    let listed = api.get(&format!("{path}/members")).await.ok();
    assert_eq!(listed["entities"][0]["id"], json!(agent));
}

#[tokio::test]
async fn an_agent_that_leaves_a_message_conversation_first_of_all_has_to_wrap_it_up() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let queue = json!({ "name": "m", "acwSettings": { "wrapupPrompt": "MANDATORY" } });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.done());
    let body = json!({ "queueId": queue, "toAddress": "+13175550101", "toAddressMessengerType": "sms" });
    let message = id(&api.post("/api/v2/conversations/messages", body).await.done());
    let path = format!("/api/v2/conversations/messages/{message}");
    let agent = async || {
        let seen = api.get(&path).await.ok();
        let all = seen["participants"].as_array().expect("participants").clone();
        all.into_iter().find(|one| one["purpose"] == "agent").expect("an agent")
    };
    let own = format!("{path}/participants/{}", id(&agent().await));
    api.patch(&own, json!({ "state": "disconnected" })).await.done();
    assert_eq!(agent().await["wrapupRequired"], true);
}

#[tokio::test]
async fn each_user_of_a_page_has_its_own_conversations() {
    let mock = mock().await;
    let api = Client::new(&mock);
    offered(&mock, &api).await;
    mock.advance(SECONDS);
    let page = api.get("/api/v2/users?id=agent-7,agent-8&expand=conversationSummary").await.ok();
    let active = |number: usize| {
        let user = &page["entities"][number];
        assert_eq!(user["conversationSummary"]["userId"], user["id"]);
        user["conversationSummary"]["call"]["contactCenter"]["active"].clone()
    };
    assert_eq!((active(0), active(1)), (json!(1), json!(0)));
}

#[tokio::test]
async fn a_user_lists_its_own_conversations_and_a_client_all() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = offered(&mock, &api).await;
    let issued = reqwest::Client::new().post(format!("{}/__admin/tokens", mock.uri()));
    let issued = issued.json(&json!({ "count": 8 })).send().await.expect("an answer");
    let issued: Value = issued.json().await.expect("JSON");
    let wanted = id(&api.get(AGENT).await.ok());
    let tokens = issued["tokens"].as_array().expect("tokens");
    let own = tokens.iter().find(|one| one["userId"] == json!(wanted)).expect("a token of agent-7");
    let other = tokens.iter().find(|one| one["userId"] != json!(wanted)).expect("another token");
    let total = async |token: &Value, path: &str| {
        let request = reqwest::Client::new().get(format!("{}{path}", mock.uri()));
        let request = request.bearer_auth(token["token"].as_str().expect("a text"));
        let listed: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        listed["total"].clone()
    };
    for path in ["/api/v2/conversations", "/api/v2/conversations/calls"] {
        assert_eq!(total(own, path).await, 1, "{path}");
        assert_eq!(total(other, path).await, 0, "{path}");
    }
    let program = api.login_as(&crate::support::credentials(&mock, "rehearsal")).await;
    assert_eq!(program.get("/api/v2/conversations").await.ok()["total"], 1);
    let agent = participant(&api, &call, 2).await;
    api.patch(&agent, json!({ "state": "disconnected" })).await.done();
    assert_eq!(total(own, "/api/v2/conversations").await, 0, "it has left");
}

#[tokio::test]
async fn a_program_has_no_station_and_no_management_unit_of_its_own() {
    let mock = mock().await;
    let program = Client::new(&mock).login_as(&crate::support::credentials(&mock, "rehearsal")).await;
    for path in ["users/stations/me", "workforcemanagement/agents/me/managementunit"] {
        assert_eq!(program.get(&format!("/api/v2/{path}")).await.refused(400), "not.a.user");
    }
}

#[tokio::test]
async fn the_routing_status_of_a_past_call_and_an_own_presence_are_counted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let agent = id(&api.get("/api/v2/users/agent-7").await.ok());
    crate::reports::handled(&mock, &api, &queues(&api).await[0]).await;
    let own = json!({ "languageLabels": { "en_US": "Coaching" }, "systemPresence": "Busy" });
    let own = id(&api.post("/api/v2/presence/definitions", own).await.done());
    let presence = json!({ "presenceDefinition": { "id": own } });
    api.patch(&format!("/api/v2/users/{agent}/presences/purecloud"), presence).await.ok();
    mock.advance(Duration::from_secs(30));
    let filter = json!({ "type": "or", "predicates": [{ "dimension": "userId", "value": agent }] });
    let metrics = ["tAgentRoutingStatus", "tOrganizationPresence"];
    let body = json!({ "interval": crate::reports::DAY, "filter": filter, "metrics": metrics });
    let found = api.post("/api/v2/analytics/users/aggregates/query", body).await.ok();
    let sums = found["results"][0]["data"][0]["metrics"].as_array().expect("metrics").iter();
    let sum =
        |name: &str| sums.clone().find(|one| one["qualifier"] == name).map(|one| one["stats"]["sum"].clone());
    assert_eq!(sum("INTERACTING"), Some(json!(14_000)), "10 s of talk and 4 s on hold");
    assert_eq!(sum(&own), Some(json!(30_000)));
    let of_busy = found["systemToOrganizationMappings"]["BUSY"].as_array().expect("definitions");
    assert!(of_busy.contains(&json!(own)));
    let body = json!({ "interval": crate::reports::DAY, "userFilters": [filter] });
    let detail = &api.post("/api/v2/analytics/users/details/query", body).await.ok()["userDetails"][0];
    let statuses: Vec<_> = detail["routingStatus"]
        .as_array()
        .expect("statuses")
        .iter()
        .map(|one| &one["routingStatus"])
        .collect();
    assert_eq!(statuses, ["IDLE", "INTERACTING", "IDLE", "OFF_QUEUE"]);
}
