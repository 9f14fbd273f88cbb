//! Schedules of the threads' path: published, refused, and as each edge believes them.

use serde_json::{Value, json};

use crate::adherence::{SECOND, handshake, mock, refused, set_status};
use crate::support::Client;

#[tokio::test]
async fn a_published_schedule_holds_as_soon_as_the_edge_hears_of_it() {
    let mock = mock().await;
    let client = Client::of(&mock);
    set_status(&mock, "agent-301", "Available").await;
    let shift =
        |start: &str, end: &str, category: &str| json!({ "start": start, "end": end, "category": category });
    let body = json!({ "agentId": "agent-1", "timeZone": "America/Chicago", "shifts": [
        shift("2026-03-09T21:00:00", "2026-03-09T22:30:00", "Break"),
        shift("2026-03-09T22:30:00", "2026-03-09T23:00:00", "Available"),
    ] });
    let draft = client.post("/api/v2/wfm/schedules", &body).await;
    assert_eq!((draft.status, draft.json()["state"].clone()), (201, "Draft".into()));
    let path = draft.json()["selfUri"].as_str().expect("a path").to_owned();
    assert!(handshake(&mock, "chicago", "agent-1").await.is_ok(), "a draft has no effect");
    let published = client.post(&format!("{path}/publish"), &json!({})).await;
    assert_eq!(published.json()["state"], "Published");
    assert_eq!(refused(&mock, "chicago", "agent-1").await, ("schedule".into(), "1800".into()));
    assert!(handshake(&mock, "singapore", "agent-1").await.is_ok(), "not known yet");
    mock.advance(SECOND * 5);
    assert_eq!(refused(&mock, "singapore", "agent-1").await, ("schedule".into(), "1795".into()));
    assert_eq!(client.ask("DELETE", &path).await.status, 204);
    assert!(handshake(&mock, "chicago", "agent-1").await.is_ok(), "withdrawn: due at every instant again");
    assert_eq!(refused(&mock, "singapore", "agent-1").await, ("schedule".into(), "5".into()));
}

#[tokio::test]
async fn schedules_that_make_no_sense_are_told_and_change_nothing() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let good =
        json!({ "start": "2026-03-10T09:00:00", "end": "2026-03-10T17:00:00", "category": "OnQueueWork" });
    let with = |changes: Value| {
        let mut body = json!({ "agentId": "agent-1", "timeZone": "America/Chicago", "shifts": [good] });
        body.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        body
    };
    let cases = [
        (with(json!({ "shifts": [good, good] })), "overlap"),
        (
            with(json!({ "shifts": [{ "start": "2026-03-10T17:00:00", "end": "2026-03-10T09:00:00" }] })),
            "before it starts",
        ),
        (
            with(json!({ "shifts": [{ "start": "2026-03-08T02:30:00", "end": "2026-03-08T09:00:00" }] })),
            "jump over it",
        ),
        (with(json!({ "shifts": [{ "start": "soon", "end": "2026-03-08T09:00:00" }] })), "not a date"),
        (with(json!({ "shifts": [] })), "shifts"),
        (with(json!({ "timeZone": "Mars/Olympus" })), "timeZone"),
        (with(json!({ "agentId": "nobody" })), "nobody"),
        (with(json!({ "agentIds": ["agent-1"] })), "One of agentId"),
        (
            with(
                json!({ "shifts": [{ "start": "2026-03-10T09:00:00", "end": "2026-03-10T17:00:00", "category": "Siesta" }] }),
            ),
            "Siesta",
        ),
        (
            with(
                json!({ "requiredStaff": [{ "skillGroup": "Nobody", "start": "2026-03-10T09:00:00", "end": "2026-03-10T17:00:00", "count": 1 }] }),
            ),
            "Nobody",
        ),
    ];
    for (body, why) in cases {
        let answer = client.post("/api/v2/wfm/schedules", &body).await;
        assert!(matches!(answer.status, 400 | 404), "{answer:?}");
        assert!(answer.json()["message"].as_str().expect("a sentence").contains(why), "{why}: {answer:?}");
    }
    assert_eq!(client.get("/api/v2/wfm/schedules").await.json()["total"], 0);
}

#[tokio::test]
async fn required_staff_of_a_schedule_holds_for_its_interval() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let body = json!({ "agentId": "agent-1", "timeZone": "UTC",
        "shifts": [{ "start": "2026-03-10T00:00:00", "end": "2026-03-11T00:00:00" }],
        "requiredStaff": [{ "skillGroup": "Voice", "start": "2026-03-10T03:00:00", "end": "2026-03-10T04:00:00", "count": 1 }] });
    let path = client.post("/api/v2/wfm/schedules", &body).await.json()["selfUri"]
        .as_str()
        .expect("a path")
        .to_owned();
    client.post(&format!("{path}/publish"), &json!({})).await;
    let _one = handshake(&mock, "chicago", "agent-1").await.expect("one is needed");
    assert_eq!(refused(&mock, "chicago", "agent-2").await, ("overstaffed".into(), "3600".into()));
    mock.advance(SECOND * 3600);
    assert!(handshake(&mock, "chicago", "agent-2").await.is_ok());
}

#[tokio::test]
async fn what_each_edge_believes_is_shown_beside_the_schedule() {
    let mock = mock().await;
    let client = Client::of(&mock);
    mock.advance(SECOND * 100);
    set_status(&mock, "agent-1", "On Break").await;
    mock.advance(SECOND * 2);
    let shown = client.get("/api/v2/wfm/schedules/adherence?agentId=agent-1,agent-2").await.json();
    let agent = &shown["entities"][0];
    assert_eq!(agent["scheduledActivityCategory"], "OnQueueWork");
    assert_eq!((&agent["adherenceState"], &agent["ageSeconds"]), (&"OutOfAdherence".into(), &2.into()));
    assert_eq!(
        agent["edges"],
        json!([
            { "edge": "chicago", "syncLag": "0s", "status": "On Break", "scheduledActivityCategory": "OnQueueWork",
              "admits": false, "reason": "status", "retryAfter": 30 },
            { "edge": "singapore", "syncLag": "5s", "status": "On Queue", "scheduledActivityCategory": "OnQueueWork",
              "admits": true, "reason": null, "retryAfter": null },
        ])
    );
    assert_eq!(shown["entities"][1]["adherenceState"], "InAdherence");
    let id = agent["id"].as_str().expect("an id");
    let real = client.get(&format!("/api/v2/workforcemanagement/adherence?userId={id}")).await.json();
    assert_eq!(
        (&real[0]["adherenceState"], &real[0]["impact"]),
        (&"OutOfAdherence".into(), &"Negative".into())
    );
}
