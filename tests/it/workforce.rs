//! Statuses through every endpoint, adherence, units, agent schedules.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::users::{Client, all, mock};

/// Every status: its name, its `systemPresence`, and the id of its presence definition.
pub(crate) const STATUSES: [(&str, &str, &str); 11] = [
    ("Available", "Available", "6a3af858-942f-489d-9700-5f9bcdcdae9b"),
    ("On Queue", "OnQueue", "e08eaf1b-ee47-4fa9-a231-1200e284798f"),
    ("Busy", "Busy", "31fe3bac-dea6-44b7-bed7-47f91660a1a0"),
    ("Away", "Away", "5e5c5c66-ea97-4e7f-ac41-6424784829f2"),
    ("Idle", "Idle", "7ffa01cd-7866-4ad7-8faa-31e11b42f51f"),
    ("Meeting", "Meeting", "bbdff279-7ae1-48ea-bade-7831d7234c64"),
    ("Training", "Training", "d2390a99-8546-bad9-8f0a-219548e8aeb0"),
    ("On Break", "Break", "227b37e2-f1d0-4dd0-8f50-badd7cf6d158"),
    ("Meal", "Meal", "3fd96123-badb-4f69-bc03-1b1ccc6d8014"),
    ("Unavailable", "Offline", "25921613-e83a-52c9-a851-0c795841aef5"),
    ("Offline", "Offline", "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5"),
];

const ROUTING: [&str; 5] = ["OFF_QUEUE", "IDLE", "INTERACTING", "NOT_RESPONDING", "COMMUNICATING"];

/// Every agent of the default organization, as the operator sees them.
async fn agents(api: &Client) -> Vec<Value> {
    api.get("/__admin/agents?limit=5000").await.1["agents"].as_array().expect("a list").clone()
}

/// An agent as the operator sees it.
async fn agent_row(api: &Client, name: &str) -> Value {
    agents(api).await.into_iter().find(|row| row["name"] == name).expect("an agent")
}

/// An instant as answers have it.
fn rfc3339(instant: gcmock::Nanos) -> String {
    let instant = jiff::Timestamp::from_nanosecond(instant.into()).expect("an instant");
    format!("{instant:.3}")
}

/// One agent's status as every endpoint shows it: name, system presence, spaced presence, routing.
async fn seen_everywhere(api: &Client, agent: &str) -> HashSet<[String; 3]> {
    let row = agent_row(api, agent).await;
    let id = row["id"].as_str().expect("an id");
    let (_, unit) = api.get(&format!("/api/v2/workforcemanagement/agents/{agent}/managementunit")).await;
    let unit = unit["managementUnit"]["id"].as_str().expect("an id").to_owned();
    let text = |value: &Value| value.as_str().expect("a string").replace(' ', "");
    let mut seen = HashSet::new();
    let mut add = |presence: &Value, routing: &Value, since: &Value| {
        seen.insert([text(presence), text(routing), text(since)]);
    };
    for path in [agent, id] {
        let (_, entity) = api.get(&format!("/api/v2/wfm/schedules/agents/{path}")).await;
        add(&entity["systemPresence"], &entity["routingStatus"], &entity["statusSince"]);
        let (_, user) = api.get(&format!("/api/v2/users/{path}?expand=presence,routingStatus")).await;
        let presence = &user["presence"];
        add(
            &presence["presenceDefinition"]["systemPresence"],
            &user["routingStatus"]["status"],
            &presence["modifiedDate"],
        );
        for source in ["purecloud", "PURECLOUD", "teams"] {
            let (_, presence) = api.get(&format!("/api/v2/users/{path}/presences/{source}")).await;
            let (_, routing) = api.get(&format!("/api/v2/users/{path}/routingstatus")).await;
            add(
                &presence["presenceDefinition"]["systemPresence"],
                &routing["status"],
                &presence["modifiedDate"],
            );
        }
    }
    let (_, listed) = api.get(&format!("/api/v2/workforcemanagement/adherence?userId={id}")).await;
    let (_, of_unit) =
        api.get(&format!("/api/v2/workforcemanagement/managementunits/{unit}/adherence")).await;
    let of_unit = of_unit["entities"].as_array().expect("a list").iter().find(|one| one["id"] == json!(id));
    for one in [&listed[0], of_unit.expect("the agent is in its unit")] {
        add(&one["systemPresence"], &one["routingStatus"], &one["presenceUpdateTime"]);
    }
    let (_, page) = api.get(&format!("/api/v2/wfm/schedules/adherence?agentId={agent}")).await;
    let one = &page["entities"][0];
    add(&one["systemPresence"], &one["routingStatus"], &one["statusSince"]);
    let (_, presence, _) = STATUSES.iter().find(|(name, ..)| row["status"] == *name).expect("a status");
    add(&json!(presence), &one["routingStatus"], &row["statusSince"]);
    seen
}

#[tokio::test]
async fn a_status_set_through_one_door_is_seen_through_all() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let agent = "agent-17";
    let presences = format!("/api/v2/users/{agent}/presences/purecloud");
    for (step, (status, system, definition)) in (1u64..).zip(STATUSES) {
        let by_name = json!({ "presenceDefinition": { "systemPresence": status } });
        let by_id = json!({ "presenceDefinition": { "id": definition } });
        let endpoints = [
            (format!("/api/v2/wfm/schedules/agents/{agent}"), json!({ "status": status })),
            (presences.clone(), by_name),
            (presences.replace("purecloud", "teams"), by_id),
        ];
        for (path, body) in endpoints {
            mock.advance(std::time::Duration::from_secs(step));
            let now = rfc3339(mock.now());
            let elsewhere = if status == "Busy" { "Meal" } else { "Busy" };
            let (code, _) = api
                .put(&format!("/api/v2/wfm/schedules/agents/{agent}"), json!({ "status": elsewhere }))
                .await;
            assert_eq!(code, 200);
            let answer =
                if path.contains("wfm") { api.put(&path, body).await } else { api.patch(&path, body).await };
            assert_eq!(answer.0, 200, "{path} {}", answer.1);
            let routing = if status == "On Queue" { "IDLE" } else { "OFF_QUEUE" };
            let expected = [system.to_owned(), routing.to_owned(), now];
            assert_eq!(seen_everywhere(&api, agent).await, HashSet::from([expected]), "{path}");
            assert_eq!(agent_row(&api, agent).await["status"], status, "{path}");
        }
    }
}

#[tokio::test]
async fn the_routing_status_moves_agents_on_and_off_queue() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let path = "/api/v2/users/agent-17/routingstatus";
    api.put("/api/v2/wfm/schedules/agents/agent-17", json!({ "status": "Meal" })).await;
    let (status, error) = api.put(path, json!({ "status": "INTERACTING" })).await;
    assert_eq!((status, &error["code"]), (400, &json!("general.bad.request")));
    for (routing, presence) in [
        ("IDLE", "OnQueue"),
        ("INTERACTING", "OnQueue"),
        ("NOT_RESPONDING", "OnQueue"),
        ("COMMUNICATING", "OnQueue"),
        ("OFF_QUEUE", "Available"),
        ("COMMUNICATING", "Available"),
    ] {
        mock.advance(std::time::Duration::from_secs(1));
        let (status, answer) = api.put(path, json!({ "userId": "ignored", "status": routing })).await;
        assert_eq!((status, &answer["status"]), (200, &json!(routing)));
        let seen = seen_everywhere(&api, "agent-17").await;
        let seen: Vec<_> = seen.iter().map(|[presence, routing, _]| [presence.as_str(), routing]).collect();
        assert_eq!(seen, [[presence, routing]]);
    }
    let (status, error) = api.put(path, json!({ "status": "ON_QUEUE" })).await;
    assert_eq!((status, &error["code"]), (400, &json!("invalid.value")));
    let message = error["message"].as_str().expect("a message");
    assert!(ROUTING.iter().all(|name| message.contains(name)), "{message}");
    assert_eq!(api.put(path, json!({})).await.0, 400);
}

#[tokio::test]
async fn a_status_is_understood_however_it_is_written() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let path = "/api/v2/wfm/schedules/agents/agent-1";
    for (body, status) in [
        (json!({ "status": "Busy" }), "Busy"),
        (json!({ "status": "ON_QUEUE" }), "On Queue"),
        (json!({ "availability": "on break" }), "On Break"),
        (json!({ "status": "onQueue", "availability": "Busy" }), "On Queue"),
        (json!({ "status": "Break" }), "On Break"),
        (json!({ "status": " offline " }), "Offline"),
    ] {
        let (code, agent) = api.put(path, body.clone()).await;
        assert_eq!((code, &agent["status"]), (200, &json!(status)), "{body}");
    }
}

#[tokio::test]
async fn a_wrong_status_changes_nothing_and_is_told() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let path = "/api/v2/wfm/schedules/agents/agent-1";
    let (_, before) = api.get(path).await;
    let (status, error) = api.put(path, json!({ "status": "Lunch" })).await;
    assert_eq!((status, &error["code"]), (400, &json!("invalid.value")));
    let message = error["message"].as_str().expect("a message");
    assert!(STATUSES.iter().all(|(name, ..)| message.contains(name)), "{message}");
    for body in [json!({}), json!({ "status": 3 }), json!({ "status": null }), json!([]), json!("Busy")] {
        let (status, error) = api.put(path, body.clone()).await;
        assert_eq!((status, &error["code"]), (400, &json!("bad.request")), "{body}");
    }
    assert_eq!(api.get(path).await.1, before);
    for unknown in ["agent-100000", "administrator", "f8e5a3b2-0000-4000-8000-000000000000"] {
        let (status, error) =
            api.put(&format!("/api/v2/wfm/schedules/agents/{unknown}"), json!({ "status": "Busy" })).await;
        assert_eq!((status, &error["entityId"]), (404, &json!(unknown)));
    }
}

#[tokio::test]
async fn adherence_is_asked_for_one_to_a_hundred_users() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, page) = api.get("/api/v2/wfm/schedules/adherence?pageSize=101").await;
    let ids = all(&page["entities"], "id");
    let path = "/api/v2/workforcemanagement/adherence";
    let (status, joined) = api.get(&format!("{path}?userId={}", ids[..100].join(","))).await;
    assert_eq!((status, all(&joined, "id")), (200, ids[..100].to_vec()));
    let (_, repeated) = api.get(&format!("{path}?userId={}", ids[..100].join("&userId="))).await;
    assert_eq!(repeated, joined);
    for (query, status, code) in [
        (String::new(), 400, "no.user.ids.specified"),
        ("?userId=".to_owned(), 400, "no.user.ids.specified"),
        (format!("?userId={}", ids.join(",")), 400, "max.user.ids"),
        ("?userId=nobody".to_owned(), 400, "invalid.id"),
        ("?userId=f8e5a3b2-0000-4000-8000-000000000000".to_owned(), 404, "not.found"),
    ] {
        let (found, error) = api.get(&format!("{path}{query}")).await;
        assert_eq!((found, &error["code"]), (status, &json!(code)), "{query}");
    }
}

#[tokio::test]
async fn the_threads_adherence_pages_all_agents_exactly_once() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let mut ids = Vec::new();
    let mut next = Some("/api/v2/wfm/schedules/adherence?pageSize=200".to_owned());
    while let Some(path) = next {
        let (_, page) = api.get(&path).await;
        ids.extend(all(&page["entities"], "id"));
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    let agents = agents(&api).await.len();
    assert_eq!((ids.len(), ids.iter().collect::<HashSet<_>>().len()), (agents, agents));
    let (_, two) = api.get("/api/v2/wfm/schedules/adherence?agentId=agent-2,agent-1&agentId=agent-2").await;
    assert_eq!(all(&two["entities"], "name"), ["agent-2", "agent-1"]);
    assert_eq!(api.get("/api/v2/wfm/schedules/adherence?agentId=agent-1,nobody").await.0, 404);
}

#[tokio::test]
async fn every_agent_belongs_to_one_management_unit() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, units) = api.get("/api/v2/workforcemanagement/managementunits").await;
    let mut members = Vec::new();
    for id in all(&units["entities"], "id") {
        let (status, unit) = api.get(&format!("/api/v2/workforcemanagement/managementunits/{id}")).await;
        assert_eq!((status, &unit["id"]), (200, &json!(id)));
        let (_, users) = api.get(&format!("/api/v2/workforcemanagement/managementunits/{id}/users")).await;
        members.extend(all(&users["entities"], "id"));
    }
    let agents = agents(&api).await.len();
    assert_eq!((members.len(), members.iter().collect::<HashSet<_>>().len()), (agents, agents));
    let (_, business) = api.get("/api/v2/workforcemanagement/businessunits").await;
    let mut below = 0;
    for id in all(&business["entities"], "id") {
        let path = format!("/api/v2/workforcemanagement/businessunits/{id}");
        assert_eq!(api.get(&path).await.1["settings"], Value::Null);
        assert!(api.get(&format!("{path}?expand=settings")).await.1["settings"]["timeZone"].is_string());
        below += all(&api.get(&format!("{path}/managementunits")).await.1["entities"], "id").len();
    }
    assert_eq!(below, units["entities"].as_array().map_or(0, Vec::len));
    assert_eq!(api.get("/api/v2/workforcemanagement/managementunits/x/users").await.0, 404);
}

#[tokio::test]
async fn a_created_management_unit_has_no_agents() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, business) = api.get("/api/v2/workforcemanagement/businessunits").await;
    let of = &business["entities"][0]["id"];
    let path = "/api/v2/workforcemanagement/managementunits";
    let (status, unit) = api.post(path, json!({ "name": "Night", "businessUnitId": of })).await;
    assert_eq!((status, &unit["businessUnit"]["id"]), (201, of));
    let path = unit["selfUri"].as_str().expect("an address");
    assert_eq!(api.get(&format!("{path}/users")).await.1, json!({ "entities": [] }));
    let (_, renamed) = api.patch(path, json!({ "name": "Late" })).await;
    assert_eq!((&renamed["name"], &renamed["version"]), (&json!("Late"), &json!(2)));
    assert_eq!(api.delete(path).await.0, 204);
    assert_eq!(api.get(path).await.0, 404);
    let unknown = json!({ "name": "Night", "businessUnitId": "x" });
    assert_eq!(api.post("/api/v2/workforcemanagement/managementunits", unknown).await.0, 404);
}

#[tokio::test]
async fn agent_schedules_are_shown_for_whom_is_asked() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, units) = api.get("/api/v2/workforcemanagement/managementunits").await;
    let path =
        format!("{}/agentschedules/search", units["entities"][0]["selfUri"].as_str().expect("an address"));
    let (_, agent) = api.get("/api/v2/users/agent-1").await;
    let day = json!({ "startDate": "2026-03-08T00:00:00Z", "endDate": "2026-03-09T00:00:00.000Z" });
    let with = |key: &str, value: Value| {
        let mut body = day.clone();
        body[key] = value;
        body
    };
    let (status, found) = api.post(&path, with("userIds", json!([agent["id"]]))).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("agent_schedules", found, { ".operationId" => "[id]" });
    let (_, mine) = api.post("/api/v2/workforcemanagement/agentschedules/mine", day.clone()).await;
    insta::assert_json_snapshot!("my_schedule", mine);
    for (body, code) in [
        (json!({ "startDate": "2026-03-08T00:00:00Z" }), "constraint.validation"),
        (with("startDate", json!("yesterday")), "invalid.date"),
        (with("endDate", json!("2026-03-07T00:00:00Z")), "constraint.validation"),
        (with("userIds", json!("agent-1")), "invalid.value"),
    ] {
        let (status, error) = api.post(&path, body.clone()).await;
        assert_eq!((status, &error["code"]), (400, &json!(code)), "{body}");
    }
    assert_eq!(api.post(&path, with("userIds", json!(["nobody"]))).await.0, 404);
}

#[tokio::test]
async fn the_bodies_have_the_vendors_shape() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let get = async |path: &str| api.get(path).await.1;
    insta::assert_json_snapshot!("agent", get("/api/v2/wfm/schedules/agents/agent-1").await);
    insta::assert_json_snapshot!(
        "adherence",
        get("/api/v2/workforcemanagement/adherence?userId=agent-1").await
    );
    insta::assert_json_snapshot!("presence", get("/api/v2/users/agent-1/presences/purecloud").await);
    insta::assert_json_snapshot!("routing_status", get("/api/v2/users/agent-1/routingstatus").await);
    insta::assert_json_snapshot!("presence_definitions", get("/api/v2/presencedefinitions?pageSize=2").await);
    insta::assert_json_snapshot!("system_presences", get("/api/v2/systempresences").await);
    insta::assert_json_snapshot!(
        "management_units",
        get("/api/v2/workforcemanagement/managementunits?pageSize=1").await
    );
    insta::assert_json_snapshot!("business_units", get("/api/v2/workforcemanagement/businessunits").await);
}

#[tokio::test]
async fn eight_hundred_changes_at_once_are_counted_one_by_one() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let path = "/api/v2/wfm/schedules/agents/agent-1";
    let before = api.get(path).await.1["version"].as_u64().expect("a version");
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8usize {
        let api = api.clone();
        tasks.spawn(async move {
            let mut seen = Vec::with_capacity(100);
            for n in 0..100 {
                let status = STATUSES[(task + n) % STATUSES.len()].0;
                let (code, agent) = api.put(path, json!({ "status": status })).await;
                assert_eq!((code, &agent["status"]), (200, &json!(status)), "the answer is of this change");
                seen.push((agent["version"].as_u64().expect("a version"), status));
            }
            seen
        });
    }
    let seen: HashSet<_> =
        tasks.join_all().await.into_iter().flatten().filter(|(version, _)| *version > before).collect();
    let (_, agent) = api.get(path).await;
    let after = agent["version"].as_u64().expect("a version");
    assert_eq!(seen.len() as u64, after - before, "each change has a version of its own");
    let last = seen.iter().find(|(version, _)| *version == after).expect("somebody made the last change");
    assert_eq!(agent["status"], last.1);
}
