//! Presences of users, and presence definitions.

use serde_json::json;

use crate::users::{Client, mock};
use crate::workforce::STATUSES;

#[tokio::test]
async fn wrong_presences_are_told() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let path = "/api/v2/users/agent-1/presences/purecloud";
    let (_, before) = api.get(path).await;
    for (body, code) in [
        (json!({ "presenceDefinition": { "systemPresence": "Lunch" } }), "invalid.value"),
        (json!({ "presenceDefinition": { "id": "f8e5a3b2-0000-4000-8000-000000000000" } }), "invalid.value"),
        (
            json!({ "presenceDefinition": { "id": "f8e5a3b2-0000-4000-8000-000000000000", "systemPresence": "Busy" } }),
            "invalid.value",
        ),
        (json!({ "presenceDefinition": {} }), "bad.request"),
        (json!({ "presenceDefinition": "Busy" }), "invalid.value"),
        (json!({ "message": 3 }), "invalid.value"),
        (json!({ "message": "x".repeat(1001) }), "bad.request"),
        (json!({}), "bad.request"),
    ] {
        let (status, error) = api.patch(path, body.clone()).await;
        assert_eq!((status, &error["code"]), (400, &json!(code)), "{body}");
    }
    assert_eq!(api.get(path).await.1, before);
    let (_, after) = api.patch(path, json!({ "message": "back at four" })).await;
    assert_eq!(
        (&after["message"], &after["presenceDefinition"]),
        (&json!("back at four"), &before["presenceDefinition"])
    );
}

#[tokio::test]
async fn presences_change_in_bulk_all_or_none() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let busy = json!({ "systemPresence": "Busy" });
    let bulk = |last: &str| {
        json!([
            { "id": "agent-1", "presenceDefinition": busy }, { "id": last, "presenceDefinition": busy },
        ])
    };
    assert_eq!(api.put("/api/v2/users/presences/bulk", bulk("agent-100000")).await.0, 404);
    let (_, one) = api.get("/api/v2/users/agent-1/presences/purecloud").await;
    assert_eq!(one["presenceDefinition"]["systemPresence"], "On Queue");
    let (status, changed) = api.put("/api/v2/users/presences/bulk", bulk("agent-2")).await;
    assert_eq!((status, changed.as_array().map(Vec::len)), (200, Some(2)));
    let (_, listed) = api.get("/api/v2/users/presences/purecloud/bulk?id=agent-1,agent-2").await;
    for one in listed.as_array().expect("a list") {
        assert_eq!(one["presenceDefinition"]["systemPresence"], "Busy");
    }
}

#[tokio::test]
async fn a_presence_definition_of_ones_own_is_one_more_name_of_a_status() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let body = json!({ "languageLabels": { "en_US": "Case work" }, "systemPresence": "busy" });
    let (status, own) = api.post("/api/v2/presencedefinitions", body).await;
    assert_eq!((status, &own["systemPresence"], &own["primary"]), (200, &json!("Busy"), &json!(false)));
    let body = json!({ "presenceDefinition": { "id": own["id"] } });
    let (status, presence) = api.patch("/api/v2/users/agent-1/presences/purecloud", body).await;
    assert_eq!((status, &presence["presenceDefinition"]["id"]), (200, &own["id"]));
    let (_, agent) = api.get("/api/v2/wfm/schedules/agents/agent-1").await;
    assert_eq!(agent["status"], "Busy");
    let (_, newer) = api.get("/api/v2/presence/definitions").await;
    assert_eq!(newer["total"], STATUSES.len() + 1);
    let body = json!({ "languageLabels": {}, "systemPresence": "Away", "type": "System", "divisionId": "*" });
    let (status, made) = api.post("/api/v2/presence/definitions", body).await;
    assert_eq!((status, &made["type"], &made["divisionId"]), (201, &json!("System"), &json!("*")));
    let older = format!("/api/v2/presencedefinitions/{}", made["id"].as_str().expect("an id"));
    let (_, older) = api.get(&older).await;
    assert!(older.get("type").is_none() && older.get("divisionId").is_none(), "the older shape lacks them");
    api.put("/api/v2/wfm/schedules/agents/agent-1", json!({ "status": "Busy" })).await;
    let (_, presence) = api.get("/api/v2/users/agent-1/presences/purecloud").await;
    assert_eq!(presence["presenceDefinition"]["id"], STATUSES[2].2);
    assert_eq!(api.post("/api/v2/presencedefinitions", json!({ "systemPresence": "Busy" })).await.0, 400);
}
