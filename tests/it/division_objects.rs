//! Moving the objects of divisions: each type that the document names is moved, counted and taken home.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const DIVISIONS: &str = "/api/v2/authorization/divisions";
const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

/// The types of objects, the listing of each, and the body of a new one. `null` is an object of the organization's file.
fn kinds(bin: &str) -> Vec<(&'static str, &'static str, Value)> {
    let named = json!({ "name": "Object" });
    let times =
        json!({ "name": "Object", "start": "2026-03-09T08:00:00.000", "end": "2026-03-09T17:00:00.000" });
    let table = json!({ "name": "Object", "schema": { "properties": { "key": { "type": "string" } } } });
    vec![
        ("FLOW", "/api/v2/flows", Value::Null),
        ("FLOWMILESTONE", "/api/v2/flows/milestones", named.clone()),
        ("FLOWOUTCOME", "/api/v2/flows/outcomes", json!({ "name": "Object", "description": "d" })),
        ("CALLROUTE", "/api/v2/architect/ivrs", named.clone()),
        ("EMERGENCYGROUPS", "/api/v2/architect/emergencygroups", named.clone()),
        ("ROUTINGSCHEDULES", "/api/v2/architect/schedules", times),
        ("ROUTINGSCHEDULEGROUPS", "/api/v2/architect/schedulegroups", named.clone()),
        ("DATATABLES", "/api/v2/flows/datatables", table),
        ("SCRIPT", "/api/v2/scripts", Value::Null),
        ("WORKBIN", "/api/v2/taskmanagement/workbins", named.clone()),
        (
            "WORKTYPE",
            "/api/v2/taskmanagement/worktypes",
            json!({ "name": "Object", "defaultWorkbinId": bin }),
        ),
        ("BUSINESSUNIT", "/api/v2/workforcemanagement/businessunits", Value::Null),
        ("MANAGEMENTUNIT", "/api/v2/workforcemanagement/managementunits", Value::Null),
        ("LIBRARY", "/api/v2/responsemanagement/libraries", named),
    ]
}

async fn object(api: &Client, path: &str, body: Value) -> String {
    match body {
        Value::Null => id(&api.get(path).await.ok()["entities"][0]),
        body => id(&api.post(path, body).await.done()),
    }
}

#[tokio::test]
async fn an_object_of_each_type_moves_to_a_division_and_back() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let north = api.post(DIVISIONS, json!({ "name": "North", "description": "d" })).await.ok();
    let one = format!("{DIVISIONS}/{}", id(&north));
    let bin = id(&api.post("/api/v2/taskmanagement/workbins", json!({ "name": "Bin" })).await.done());
    let mut moved = Vec::new();
    for (kind, path, body) in kinds(&bin) {
        let object = object(&api, path, body).await;
        let objects = format!("{one}/objects/{kind}");
        api.post(&objects, json!([object, UNKNOWN])).await.refused(404);
        assert_eq!(api.post(&objects, json!([object])).await.status, 204, "{kind}");
        let uri = format!("{path}/{object}");
        assert_eq!(api.get(&uri).await.ok()["division"]["id"], north["id"], "{kind}");
        let counted = api.get(&format!("{one}?objectCount=true")).await.ok();
        assert_eq!(counted["objectCounts"][kind], 1, "{kind}");
        moved.push(uri);
    }
    assert_eq!(api.delete(&one).await.refused(400), "precondition.failure");
    assert_eq!(api.delete(&format!("{one}?force=true")).await.status, 204);
    let home = api.get(&format!("{DIVISIONS}/home")).await.ok();
    for uri in moved {
        assert_eq!(api.get(&uri).await.ok()["division"]["id"], home["id"], "{uri}");
    }
}

#[tokio::test]
async fn a_campaign_of_emails_moves_as_one_of_messages() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let north = api.post(DIVISIONS, json!({ "name": "North", "description": "d" })).await.ok();
    let list = id(&api.get("/api/v2/outbound/contactlists").await.ok()["entities"][0]);
    let sms = json!({ "messageColumn": "Phone", "phoneColumn": "Phone",
        "senderSmsPhoneNumber": { "phoneNumber": "+13175550100" }, "contentTemplate": { "id": UNKNOWN } });
    let body = json!({ "name": "Object", "contactList": { "id": list }, "messagesPerMinute": 10,
        "smsConfig": sms, "campaignStatus": "off" });
    let path = "/api/v2/outbound/messagingcampaigns";
    let campaign = id(&api.post(path, body).await.done());
    let objects = format!("{DIVISIONS}/{}/objects/EMAILCAMPAIGN", id(&north));
    assert_eq!(api.post(&objects, json!([campaign])).await.status, 204);
    assert_eq!(api.get(&format!("{path}/{campaign}")).await.ok()["division"]["id"], north["id"]);
}

#[tokio::test]
async fn a_move_names_at_least_one_object() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let north = api.post(DIVISIONS, json!({ "name": "North", "description": "d" })).await.ok();
    let objects = format!("{DIVISIONS}/{}/objects/QUEUE", id(&north));
    assert_eq!(api.post(&objects, json!([])).await.refused(400), "empty.bulk.division.update");
}
