//! The adherence check at the handshake: status, schedule and staff, in the view of each edge.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::support::ws::{NoSocket, Ws, open};
use crate::support::{Answer, Client, eventually};

/// A server without limits, at a quiet hour of a Tuesday.
pub(crate) async fn mock() -> MockServer {
    let start = crate::support::instant("2026-03-10T03:00:00Z");
    let builder = MockServer::builder().limits_toml("").manual_clock_at(start);
    builder.start().await.expect("it starts")
}

pub(crate) async fn handshake(mock: &MockServer, edge: &str, agent: &str) -> Result<Ws, NoSocket> {
    let host = format!("platform-{edge}.rehearsal.example");
    let path = format!("/api/v2/platform/websocket?agentId={agent}");
    open(mock, &path, &[("authorization", "Bearer pasted"), ("host", &host)]).await
}

pub(crate) async fn refused(mock: &MockServer, edge: &str, agent: &str) -> (String, String) {
    let refused = handshake(mock, edge, agent).await.err().expect("no socket");
    assert_eq!(refused.status, 429, "{refused:?}");
    assert_eq!(refused.body["code"], "too.many.requests.retry.after");
    assert_eq!(refused.body["limit"], json!({ "namespace": "workforce.management", "key": "adherence" }));
    let explained = refused.header("gcmock-limit").to_owned();
    assert!(explained.starts_with("name=\"adherence\"; scope=\"user\"; reason=\""), "{explained}");
    let reason = explained.split('"').nth(5).expect("a reason").to_owned();
    (reason, refused.header("retry-after").to_owned())
}

pub(crate) async fn put(mock: &MockServer, path: &str, body: &Value) -> Answer {
    let answer = Answer::to(Client::of(mock).request("PUT", path).json(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

pub(crate) async fn set_status(mock: &MockServer, agent: &str, status: &str) {
    put(mock, &format!("/__admin/agents/{agent}"), &json!({ "status": status })).await;
}

/// Agents of the skill group that have that status at the start.
pub(crate) async fn agents(mock: &MockServer, status: &str) -> Vec<String> {
    let listed = Client::of(mock).get("/__admin/agents?limit=1000").await.json();
    let agents = listed["agents"].as_array().expect("a list").clone();
    let wanted = agents.iter().filter(|agent| agent["status"] == status);
    wanted.map(|agent| agent["name"].as_str().expect("a name").to_owned()).collect()
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn only_available_and_on_queue_admit() {
    let mock = mock().await;
    for status in [
        "Available",
        "On Queue",
        "Busy",
        "Away",
        "Idle",
        "Meeting",
        "Training",
        "On Break",
        "Meal",
        "Unavailable",
        "Offline",
    ] {
        set_status(&mock, "agent-1", status).await;
        if matches!(status, "Available" | "On Queue") {
            assert!(handshake(&mock, "chicago", "agent-1").await.is_ok(), "{status}");
        } else {
            let (reason, retry_after) = refused(&mock, "chicago", "agent-1").await;
            assert_eq!((reason.as_str(), retry_after.as_str()), ("status", "30"), "{status}");
        }
    }
}

#[tokio::test]
async fn every_seeded_agent_on_queue_is_scheduled_at_every_instant() {
    let mock = mock().await;
    let mut ready = agents(&mock, "On Queue").await;
    ready.extend(agents(&mock, "Available").await);
    assert!(ready.len() >= 400, "{}", ready.len());
    for hours in [0, 5, 24 * 5, 24 * 400] {
        mock.advance(SECOND * 3600 * hours);
        for agent in ready.iter().step_by(60) {
            assert!(handshake(&mock, "singapore", agent).await.is_ok(), "{agent}");
        }
    }
}

#[tokio::test]
async fn the_refusal_of_an_unscheduled_agent_names_the_start_of_the_shift() {
    let mock = mock().await;
    let someone = agents(&mock, "Meeting").await.remove(0);
    set_status(&mock, &someone, "Available").await;
    let (reason, retry_after) = refused(&mock, "chicago", &someone).await;
    // 22:00 on Monday in Chicago; daylight saving began on Sunday, so nine is 14:00 in UTC.
    assert_eq!((reason.as_str(), retry_after.as_str()), ("schedule", "39600"));
    mock.advance(SECOND * 39_599);
    assert_eq!(refused(&mock, "chicago", &someone).await.1, "1");
    mock.advance(SECOND);
    assert!(handshake(&mock, "chicago", &someone).await.is_ok());
}

#[tokio::test]
async fn an_edge_hears_of_a_status_its_lag_later() {
    let mock = mock().await;
    set_status(&mock, "agent-1", "Meal").await;
    assert!(handshake(&mock, "singapore", "agent-1").await.is_ok(), "singapore does not know it yet");
    assert_eq!(refused(&mock, "chicago", "agent-1").await.0, "status");
    mock.advance(SECOND * 5);
    assert_eq!(refused(&mock, "singapore", "agent-1").await, ("status".into(), "30".into()));
    set_status(&mock, "agent-1", "Available").await;
    assert!(handshake(&mock, "chicago", "agent-1").await.is_ok());
    assert_eq!(refused(&mock, "singapore", "agent-1").await, ("status".into(), "5".into()));
    mock.advance(SECOND * 5);
    assert!(
        handshake(&mock, "singapore", "agent-1").await.is_ok(),
        "an agent that waits for Retry-After is admitted"
    );
}

#[tokio::test]
async fn lag_and_strictness_act_at_once() {
    let mock = mock().await;
    set_status(&mock, "agent-1", "Meal").await;
    put(&mock, "/__admin/edges/singapore", &json!({ "sync_lag": "0s" })).await;
    assert_eq!(refused(&mock, "singapore", "agent-1").await.0, "status");
    put(&mock, "/__admin/edges/singapore", &json!({ "sync_lag": "30s" })).await;
    assert!(handshake(&mock, "singapore", "agent-1").await.is_ok());
    let group = put(&mock, "/__admin/skill-groups/Voice", &json!({ "strict_adherence": false })).await.json();
    assert_eq!((&group["name"], &group["strict_adherence"]), (&"Voice".into(), &false.into()));
    assert!(handshake(&mock, "chicago", "agent-1").await.is_ok(), "the check is off for the whole group");
    mock.reset();
    set_status(&mock, "agent-1", "Meal").await;
    assert_eq!(refused(&mock, "chicago", "agent-1").await.0, "status", "a reset brings it back");
}

#[tokio::test]
async fn a_skill_group_is_not_overstaffed() {
    let mock = mock().await;
    put(&mock, "/__admin/skill-groups/Voice", &json!({ "required_staff": 2 })).await;
    let mut first = handshake(&mock, "chicago", "agent-1").await.expect("the first");
    let _again =
        handshake(&mock, "singapore", "agent-1").await.expect("an agent with two sockets is one agent");
    let second = handshake(&mock, "chicago", "agent-2").await.expect("the second");
    assert_eq!(refused(&mock, "chicago", "agent-3").await, ("overstaffed".into(), "30".into()));
    first.ping().await;
    drop(second);
    eventually(|| mock.open_sockets() == 2).await;
    assert!(handshake(&mock, "chicago", "agent-3").await.is_ok());
    put(&mock, "/__admin/skill-groups/Voice", &json!({ "required_staff": null })).await;
    assert!(handshake(&mock, "chicago", "agent-4").await.is_ok());
}

#[tokio::test]
async fn an_open_socket_is_closed_when_its_agent_goes_on_break() {
    let mock = mock().await;
    let mut here = handshake(&mock, "chicago", "agent-1").await.expect("a socket");
    let mut far = handshake(&mock, "singapore", "agent-1").await.expect("a socket");
    set_status(&mock, "agent-1", "Busy").await;
    here.ping().await;
    let path = "/api/v2/wfm/schedules/agents/agent-1";
    put(&mock, path, &json!({ "status": "On Break" })).await;
    assert_eq!(here.close_frame().await, (1008, "workforce adherence: agent-1 is On Break".to_owned()));
    far.ping().await;
    mock.advance(Duration::from_millis(4999));
    far.ping().await;
    mock.advance(Duration::from_millis(1));
    assert_eq!(far.close_frame().await.0, 1008, "singapore knows it five seconds later");
    let closes: Vec<_> = mock.requests().into_iter().filter_map(|entry| entry.socket).collect();
    let closed = closes.iter().filter(|socket| socket.event == "closed" && socket.by == Some("platform"));
    eventually(|| closed.clone().count() <= 2).await;
}

#[tokio::test]
async fn a_break_that_the_clock_jumps_over_is_not_missed() {
    let mock = mock().await;
    let mut far = handshake(&mock, "singapore", "agent-1").await.expect("a socket");
    let mut other = handshake(&mock, "singapore", "agent-2").await.expect("a socket");
    set_status(&mock, "agent-1", "Unavailable").await;
    mock.advance(SECOND);
    set_status(&mock, "agent-1", "On Queue").await;
    mock.advance(SECOND * 3600);
    assert_eq!(far.close_frame().await, (1008, "workforce adherence: agent-1 is Unavailable".to_owned()));
    other.ping().await;
}

#[tokio::test]
async fn every_way_to_set_a_status_has_the_same_effect() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let id = client.get("/api/v2/wfm/schedules/agents/agent-1").await.json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let presence = format!("/api/v2/users/{id}/presences/purecloud");
    let body = json!({ "presenceDefinition": { "systemPresence": "Break" } });
    let mut socket = handshake(&mock, "chicago", "agent-1").await.expect("a socket");
    assert_eq!(Answer::to(client.request("PATCH", &presence).json(&body)).await.status, 200);
    assert_eq!(socket.close_frame().await.0, 1008);
    put(&mock, &format!("/api/v2/users/{id}/routingstatus"), &json!({ "status": "IDLE" })).await;
    let mut socket = handshake(&mock, "chicago", &id).await.expect("on queue again");
    set_status(&mock, "agent-1", "Unavailable").await;
    assert_eq!(socket.close_frame().await.0, 1008);
}

#[tokio::test]
async fn a_limit_leads_when_both_refuse_and_a_refused_agent_charges_nothing() {
    let limits = "[[limit]]\nname = \"handshakes\"\nnamespace = \"test\"\nkey = \"k\"\nscope = [\"edge\"]\n\
        match = [\"WS /api/v2/platform/websocket\"]\nalgorithm = \"fixed-window\"\ncapacity = 2\nperiod = \"60s\"\n";
    let mock = MockServer::builder().limits_toml(limits).manual_clock().start().await.expect("it starts");
    set_status(&mock, "agent-1", "Meal").await;
    for _ in 0..5 {
        assert_eq!(refused(&mock, "chicago", "agent-1").await.0, "status");
    }
    let entry = mock.requests().into_iter().find(|entry| entry.status == 429).expect("an entry");
    assert_eq!(entry.limit.as_deref(), Some("adherence"));
    assert_eq!(
        (entry.agent.as_deref(), entry.cause, entry.edge.as_deref()),
        (Some("agent-1"), Some("status"), Some("chicago"))
    );
    let reason = entry.reason.as_deref().expect("a reason");
    assert!(reason.contains("agent agent-1 is Meal, at edge chicago"), "{reason}");
    let agent = Client::of(&mock).get("/api/v2/wfm/schedules/agents/agent-1").await.json();
    assert_eq!(agent["id"], entry.agent_id.expect("an id").to_string());
    let counted = Client::of(&mock).post("/__admin/requests/count", &json!({ "limit": "adherence" })).await;
    assert_eq!(counted.json()["count"], 5);
    for agent in ["agent-2", "agent-3"] {
        assert!(handshake(&mock, "chicago", agent).await.is_ok(), "five refusals cost nothing");
    }
    let both = handshake(&mock, "chicago", "agent-1").await.err().expect("no socket");
    assert!(both.header("gcmock-limit").starts_with("name=\"handshakes\""), "{both:?}");
    assert_eq!(both.body["limit"]["key"], "k");
}

#[tokio::test]
async fn where_limits_and_the_adherence_check_refuse_the_answer_tells_when_none_of_them_does() {
    let limit = |name, period| {
        format!(
            "[[limit]]\nname = \"{name}\"\nnamespace = \"test\"\nkey = \"{name}\"\nscope = [\"edge\"]\n\
             match = [\"WS /api/v2/platform/websocket\"]\nalgorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"{period}\"\n"
        )
    };
    for (longest, expected) in [("20s", "30"), ("45s", "45")] {
        let limits = limit("short", "10s") + &limit("long", longest);
        let mock = MockServer::builder().limits_toml(limits).manual_clock().start().await.expect("it starts");
        set_status(&mock, "agent-1", "Meal").await;
        let _first = handshake(&mock, "chicago", "agent-2").await.expect("a socket");
        let both = handshake(&mock, "chicago", "agent-1").await.err().expect("no socket");
        assert!(both.header("gcmock-limit").starts_with("name=\"long\""), "{both:?}");
        assert_eq!(both.header("retry-after"), expected);
        let message = both.body["message"].as_str().expect("a string");
        assert!(message.contains(&format!("[{expected}]")), "{message}");
        let entry = mock.requests().into_iter().find(|entry| entry.status == 429).expect("an entry");
        assert_eq!(entry.retry_after.map(|seconds| seconds.to_string()).as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn the_twin_of_a_handshake_says_the_same_about_the_agent() {
    let mock = mock().await;
    let path = "/api/v2/platform/websocket?agentId=agent-1";
    assert_eq!(Client::of(&mock).get(path).await.status, 426);
    set_status(&mock, "agent-1", "On Break").await;
    let answer = Client::of(&mock).get(path).await;
    assert_eq!((answer.status, answer.json()["limit"]["key"].clone()), (429, "adherence".into()));
    assert!(answer.json()["message"].as_str().expect("a string").contains("agent-1 is On Break"));
}

#[tokio::test]
async fn a_draining_edge_says_so_to_its_sockets_and_takes_no_new_ones() {
    let mock = mock().await;
    let mut far = handshake(&mock, "singapore", "agent-1").await.expect("a socket");
    let mut here = handshake(&mock, "chicago", "agent-1").await.expect("a socket");
    put(&mock, "/__admin/edges/singapore", &json!({ "state": "draining" })).await;
    assert_eq!(far.hear().await["topicName"], "v2.system.socket_closing");
    here.ping().await;
    let refused = handshake(&mock, "singapore", "agent-2").await.err().expect("no socket");
    assert_eq!((refused.status, &refused.body["code"]), (503, &"service.unavailable".into()));
    let edges = Client::of(&mock).get("/api/v2/telephony/providers/edges").await.json();
    let states: Vec<_> = edges["entities"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| edge["callDrainingState"].clone())
        .collect();
    assert_eq!(states, ["NONE", "WAIT"]);
    put(&mock, "/__admin/edges/singapore", &json!({ "state": "in-service" })).await;
    assert!(handshake(&mock, "singapore", "agent-2").await.is_ok());
}

#[tokio::test]
async fn an_approved_explanation_excuses_for_its_time() {
    let mock = mock().await;
    let client = Client::of(&mock);
    set_status(&mock, "agent-1", "Away").await;
    let state = async || {
        client.get("/api/v2/wfm/schedules/adherence?agentId=agent-1").await.json()["entities"][0]["adherenceState"].clone()
    };
    let base = "/api/v2/workforcemanagement/agents/agent-1/adherence/explanations";
    let body = json!({ "type": "Late", "startDate": "2026-03-10T02:50:00Z", "lengthMinutes": 30, "notes": "snow", "status": "Pending" });
    let accepted = client.post(base, &body).await;
    assert_eq!(accepted.status, 202);
    let job = accepted.json()["job"]["selfUri"].as_str().expect("a path").to_owned();
    assert_eq!(client.get(&job).await.json()["status"], "Processing");
    mock.advance(SECOND);
    let done = client.get(&job).await.json();
    assert_eq!(
        (&done["status"], &done["adherenceExplanation"]["notes"]),
        (&"Complete".into(), &"snow".into())
    );
    assert_eq!(state().await, "OutOfAdherence");
    let one = format!("{base}/{}", done["adherenceExplanation"]["id"].as_str().expect("an id"));
    let approve = Answer::to(client.request("PATCH", &one).json(&json!({ "status": "Approved" }))).await;
    assert_eq!((approve.status, state().await), (202, "Explained".into()));
    let range = json!({ "startDate": "2026-03-10T00:00:00Z", "endDate": "2026-03-11T00:00:00Z" });
    let found = client.post(&format!("{base}/query"), &range).await.json();
    assert_eq!(found["result"]["entities"][0]["status"], "Approved");
    mock.advance(SECOND * 60 * 30);
    assert_eq!(state().await, "OutOfAdherence", "its time is over");
    for (bad, status) in [
        (json!({ "type": "Early" }), 400),
        (json!({ "type": "Late", "startDate": "x", "lengthMinutes": 1 }), 400),
        (json!({ "type": "Late", "startDate": "2026-03-10T00:00:00Z", "lengthMinutes": 0 }), 400),
    ] {
        assert_eq!(client.post(base, &bad).await.status, status);
    }
    assert_eq!(
        client.post("/api/v2/workforcemanagement/adherence/explanations", &body).await.status,
        400,
        "no agent asks"
    );
}

#[tokio::test]
async fn historical_adherence_is_a_job_with_a_result_to_download() {
    let mock = mock().await;
    let client = Client::of(&mock);
    set_status(&mock, "agent-1", "On Queue").await;
    mock.advance(SECOND * 1800);
    set_status(&mock, "agent-1", "On Break").await;
    mock.advance(SECOND * 1800);
    let units = client.get("/api/v2/workforcemanagement/managementunits").await.json();
    let unit = units["entities"][0]["id"].as_str().expect("an id");
    let id = client.get("/api/v2/wfm/schedules/agents/agent-1").await.json()["id"].clone();
    let item = json!({ "managementUnitId": unit, "userIds": [id], "startDate": "2026-03-10T03:00:00Z",
        "endDate": "2026-03-11T03:00:00Z", "includeExceptions": true, "includeActuals": true });
    let path = "/api/v2/workforcemanagement/adherence/historical/bulk";
    let started = client.post(path, &json!({ "timeZone": "UTC", "items": [item] })).await;
    assert_eq!((started.status, &started.json()["job"]["status"]), (202, &"Processing".into()));
    let job = started.json()["job"]["selfUri"].as_str().expect("a path").to_owned();
    assert_eq!(client.get(&job).await.json()["job"]["status"], "Processing");
    assert_eq!(client.with_bearer("another").get(&job).await.status, 200, "it is of the same user");
    let program = || crate::support::credentials(&mock, "rehearsal");
    let caller = crate::rest::Client::new(&mock);
    let (first, second) = (caller.login_as(&program()).await, caller.login_as(&program()).await);
    first.get(&job).await.refused(403);
    let body = json!({ "timeZone": "UTC", "items": [item] });
    let of_program = first.post(path, body).await.body["job"]["selfUri"].as_str().expect("a path").to_owned();
    assert_eq!(second.get(&of_program).await.status, 200, "a client may renew its token");
    assert_eq!(client.get(&of_program).await.status, 403);
    mock.advance(SECOND * 2);
    let done = client.get(&job).await.json();
    let url = done["downloadUrls"][0].as_str().expect("an address");
    let local = url.strip_prefix(&mock.uri()).expect("at this server").to_owned();
    let result = Client::anonymous(&mock).get(&local).await.json();
    let user = &result[0]["userResults"][0];
    assert_eq!((&user["userId"], &user["adherencePercentage"]), (&id, &50.0.into()));
    assert_eq!(user["exceptionInfo"][0]["actualActivityCategory"], "Break");
    assert_eq!(
        (&user["exceptionInfo"][0]["startOffsetSeconds"], &user["exceptionInfo"][0]["endOffsetSeconds"]),
        (&1800.into(), &3600.into())
    );
    assert_eq!(client.post(path, &json!({ "timeZone": "UTC", "items": [] })).await.status, 400);
    assert_eq!(client.post(path, &json!({ "timeZone": "Mars", "items": [item] })).await.status, 400);
}
