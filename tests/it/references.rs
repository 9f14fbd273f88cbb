//! What an entity refers to: it has to exist, and it is not deleted while an entity refers to it.

use serde_json::{Value, json};

use crate::rest::{Answer, Client, id, mock};

const IVRS: &str = "/api/v2/architect/ivrs";
const SCHEDULES: &str = "/api/v2/architect/schedules";
const SCHEDULE_GROUPS: &str = "/api/v2/architect/schedulegroups";
const EMERGENCY_GROUPS: &str = "/api/v2/architect/emergencygroups";
const FLOWS: &str = "/api/v2/flows";
const PROMPTS: &str = "/api/v2/architect/prompts";
const QUEUES: &str = "/api/v2/routing/queues";
const UNKNOWN: &str = "0b1f2a3c-4d5e-4f60-8a7b-9c0d1e2f3a4b";

/// Checks that a request was refused because of `field`.
#[track_caller]
fn refused_for(answer: Answer, field: &str) {
    let message = answer.body["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains(field), "{field}: {}", answer.body);
    assert_eq!(answer.refused(400), "resource.not.found", "{field}");
}

async fn made(client: &Client, path: &str, body: Value) -> String {
    id(&client.post(path, body).await.done())
}

#[tokio::test]
async fn a_reference_to_what_does_not_exist_names_its_field_and_changes_nothing() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let one = json!({ "id": UNKNOWN });
    let cases = [
        (IVRS, "openHoursFlow", one.clone()),
        (IVRS, "closedHoursFlow", one.clone()),
        (IVRS, "holidayHoursFlow", one.clone()),
        (IVRS, "scheduleGroup", one.clone()),
        (SCHEDULE_GROUPS, "openSchedules", json!([one])),
        (SCHEDULE_GROUPS, "closedSchedules", json!([one])),
        (SCHEDULE_GROUPS, "holidaySchedules", json!([one])),
        (EMERGENCY_GROUPS, "emergencyCallFlows", json!([{ "emergencyFlow": one, "ivrs": [] }])),
        (EMERGENCY_GROUPS, "emergencyCallFlows", json!([{ "ivrs": [one] }])),
        (QUEUES, "queueFlow", one.clone()),
        (QUEUES, "whisperPrompt", one.clone()),
        (QUEUES, "memberGroups", json!([{ "id": UNKNOWN, "type": "TEAM" }])),
    ];
    for (path, field, value) in cases {
        let mine = made(&client, path, json!({ "name": "Mine" })).await;
        let (one, whole) = (format!("{path}/{mine}"), json!({ "name": "Yours", field: value }));
        refused_for(client.post(path, whole.clone()).await, field);
        refused_for(client.put(&one, whole).await, field);
        assert_eq!(client.get(&one).await.ok()["name"], "Mine");
        client.delete(&one).await.done();
    }
}

#[tokio::test]
async fn a_manager_and_the_division_of_a_unit_have_to_exist() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let users = client.get("/api/v2/users").await.ok();
    let (one, other) = (users["entities"][0].clone(), id(&users["entities"][1]));
    let path = format!("/api/v2/users/{}", id(&one));
    let change = |manager: &str| json!({ "version": one["version"], "manager": manager });
    refused_for(client.patch(&path, change(UNKNOWN)).await, "manager");
    assert_eq!(client.get(&path).await.ok()["version"], one["version"]);
    assert_eq!(client.patch(&path, change(&other)).await.ok()["manager"]["id"], other);
    let units = "/api/v2/workforcemanagement/businessunits";
    let settings = json!({ "startDayOfWeek": "Monday", "timeZone": "UTC" });
    let body = json!({ "name": "Mine", "divisionId": UNKNOWN, "settings": settings });
    refused_for(client.post(units, body).await, "divisionId");
}

#[tokio::test]
async fn a_number_belongs_to_one_ivr() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = |name: &str, numbers: Value| json!({ "name": name, "dnis": numbers });
    let mine = client.post(IVRS, body("Mine", json!(["+13175550101", "+13175550102"]))).await.ok();
    let taken = client.post(IVRS, body("Yours", json!(["+13175550103", "+13175550102"]))).await;
    assert_eq!(taken.body["messageParams"]["field"], "dnis");
    assert_eq!(taken.refused(400), "constraint.validation");
    let own = client.put(&format!("{IVRS}/{}", id(&mine)), body("Mine", json!(["+13175550102"]))).await.ok();
    assert_eq!(own["dnis"], json!(["+13175550102"]));
    client.post(IVRS, body("Yours", json!(["+13175550101"]))).await.ok();
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let times =
        json!({ "name": "Day", "start": "2026-03-08T08:00:00.000", "end": "2026-03-08T17:00:00.000" });
    let schedule = made(&client, SCHEDULES, times).await;
    let group = json!({ "name": "Days", "openSchedules": [{ "id": schedule }] });
    let group = made(&client, SCHEDULE_GROUPS, group).await;
    let flow = made(&client, FLOWS, json!({ "name": "Welcome", "type": "INBOUNDCALL" })).await;
    let ivr = json!({ "name": "Main", "openHoursFlow": { "id": flow }, "scheduleGroup": { "id": group } });
    let ivr = made(&client, IVRS, ivr).await;
    let waiting = made(&client, FLOWS, json!({ "name": "Waiting", "type": "INQUEUECALL" })).await;
    let prompt = made(&client, PROMPTS, json!({ "name": "Music" })).await;
    let queue = json!({ "name": "Mine", "queueFlow": { "id": waiting }, "onHoldPrompt": { "id": prompt } });
    let queue = made(&client, QUEUES, queue).await;
    let used = [
        (format!("{SCHEDULES}/{schedule}"), "general.conflict"),
        (format!("{SCHEDULE_GROUPS}/{group}"), "general.conflict"),
        (format!("{FLOWS}/{flow}"), "architect.flow.cannot.delete.used.in.ivr.configs"),
        (format!("{FLOWS}?id={waiting},{flow}"), "architect.flow.cannot.delete.used.in.queues"),
        (format!("{PROMPTS}/{prompt}"), "architect.prompt.cannot.delete.used.in.queues"),
    ];
    for (one, code) in &used {
        assert_eq!(client.delete(one).await.refused(409), *code);
        client.get(one.split('?').next().expect("a path")).await.ok();
    }
    for one in [format!("{QUEUES}/{queue}"), format!("{IVRS}/{ivr}"), format!("{SCHEDULE_GROUPS}/{group}")] {
        client.delete(&one).await.done();
    }
    for (one, _) in used.iter().filter(|(one, _)| !one.contains("groups")) {
        assert!([200, 204, 404].contains(&client.delete(one).await.status.as_u16()), "{one}");
    }
}
