//! What bodies of outbound dialing are refused for, and what a campaign skips.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const LISTS: &str = "/api/v2/outbound/contactlists";
const CAMPAIGNS: &str = "/api/v2/outbound/campaigns";
const DNC: &str = "/api/v2/outbound/dnclists";

fn list_body() -> Value {
    json!({ "name": "Mine", "columnNames": ["Name", "Phone"],
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] })
}

fn campaign_body(list: &Value) -> Value {
    json!({ "name": "Mine", "contactList": { "id": list["id"] }, "dialingMode": "agentless",
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }], "callerName": "n", "callerAddress": "+1" })
}

#[tokio::test]
async fn the_columns_of_a_contact_list_do_not_change() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = client.post(LISTS, list_body()).await.ok();
    let one = format!("{LISTS}/{}", id(&list));
    let changed = |field: &str, value: Value| {
        let mut body = list_body();
        (body["version"], body[field]) = (json!(1), value);
        body
    };
    let more = changed("columnNames", json!(["Name", "Phone", "Age"]));
    assert_eq!(client.put(&one, more).await.refused(400), "cannot.update.contact.column.names");
    let phones = json!([{ "columnName": "Phone", "type": "cell" }, { "columnName": "Name", "type": "home" }]);
    let phones = changed("phoneColumns", phones);
    assert_eq!(client.put(&one, phones).await.refused(400), "cannot.update.phone.columns");
    assert_eq!(client.get(&one).await.ok(), list, "nothing changed");
    client.put(&one, changed("name", json!("Yours"))).await.ok();
}

#[tokio::test]
async fn names_have_at_most_64_characters() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = client.post(LISTS, list_body()).await.ok();
    for (path, mut body) in [
        (LISTS, list_body()),
        (CAMPAIGNS, campaign_body(&list)),
        (DNC, json!({ "dncSourceType": "rds" })),
        ("/api/v2/outbound/attemptlimits", json!({ "maxAttemptsPerContact": 5 })),
        ("/api/v2/outbound/callabletimesets", json!({ "callableTimes": [] })),
    ] {
        body["name"] = json!("x".repeat(65));
        assert_eq!(client.post(path, body.clone()).await.refused(400), "name.length.exceeded", "{path}");
        body["name"] = json!("x".repeat(64));
        client.post(path, body).await.ok();
    }
}

#[tokio::test]
async fn the_values_of_a_campaign_are_in_their_ranges() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = client.post(LISTS, list_body()).await.ok();
    for (field, value, code) in [
        ("priority", json!(0), "invalid.priority"),
        ("priority", json!(6), "invalid.priority"),
        ("previewTimeOutSeconds", json!(1201), "invalid.campaign.preview.timeout.seconds"),
        ("contactSorts", json!([{ "fieldName": "Age" }]), "contact.sorts.invalid.field.name"),
        ("phoneColumns", json!([]), "invalid.campaign.phone.columns"),
    ] {
        let mut body = campaign_body(&list);
        body[field] = value;
        assert_eq!(client.post(CAMPAIGNS, body).await.refused(400), code, "{field}");
    }
    let mut body = campaign_body(&list);
    (body["priority"], body["contactSorts"]) =
        (json!(1), json!([{ "fieldName": "Name", "direction": "ASC" }]));
    client.post(CAMPAIGNS, body).await.ok();
}

#[tokio::test]
async fn attempts_have_a_maximum_and_time_slots_do_not_run_backwards() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let limits = "/api/v2/outbound/attemptlimits";
    let many = json!({ "name": "Mine", "maxAttemptsPerContact": 101 });
    assert_eq!(client.post(limits, many).await.refused(400), "exceeded.max.attempts.per.contact");
    client.post(limits, json!({ "name": "Mine", "maxAttemptsPerNumber": 3 })).await.ok();
    let times = "/api/v2/outbound/callabletimesets";
    let slot = |stop: &str| {
        let slots = json!([{ "day": 1, "startTime": "08:00:00", "stopTime": stop }]);
        json!({ "name": "Mine", "callableTimes": [{ "timeZoneId": "UTC", "timeSlots": slots }] })
    };
    for stop in ["07:59:59", "07:00:00"] {
        assert_eq!(client.post(times, slot(stop)).await.refused(400), "invalid.start.time", "{stop}");
    }
    client.post(times, slot("17:00:00")).await.ok();
}

#[tokio::test]
async fn the_progress_of_a_campaign_counts_what_it_skipped() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = client.post(LISTS, list_body()).await.ok();
    let contact = |number: &str, callable: bool| json!({ "contactListId": "", "data": { "Phone": number }, "callable": callable });
    let contacts = json!([
        contact("+13175550101", true),
        contact("+13175550102", false),
        contact("+13175550103", true),
        contact("+13175550104", true),
    ]);
    client.post(&format!("{LISTS}/{}/contacts", id(&list)), contacts).await.ok();
    let dnc = id(&client.post(DNC, json!({ "name": "Mine", "dncSourceType": "rds" })).await.ok());
    client.post(&format!("{DNC}/{dnc}/phonenumbers"), json!(["+13175550103"])).await.done();
    let mut body = campaign_body(&list);
    body["dncLists"] = json!([{ "id": dnc }]);
    let path = format!("{CAMPAIGNS}/{}", id(&client.post(CAMPAIGNS, body).await.ok()));
    let skipped =
        async || client.get(&format!("{path}/progress")).await.ok()["numberOfContactsSkipped"].clone();
    assert_eq!(skipped().await, json!({}));
    assert!(client.post(&format!("{path}/start"), json!({})).await.status.is_success());
    mock.advance(Duration::from_secs(10));
    assert_eq!(skipped().await, json!({ "CONTACT_UNCALLABLE": 1, "DNC": 1 }));
}
