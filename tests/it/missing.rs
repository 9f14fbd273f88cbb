//! Deleted entities and entities of another organization are 404, in every collection and by every method.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rest::{Client, mock};

const QUEUES: &str = "/api/v2/routing/queues";
/// A collection that has no handler.
const GREETINGS: &str = "/api/v2/greetings";
/// Clients change what is there, and create nothing.
const TARGETS: &str = "/api/v2/journey/actiontargets";

/// A collection of every kind, and the body of a new entity.
fn collections() -> Vec<(&'static str, Value)> {
    let named = json!({ "name": "Mine" });
    let generic = [
        QUEUES,
        "/api/v2/routing/skills",
        "/api/v2/routing/wrapupcodes",
        GREETINGS,
        "/api/v2/authorization/roles",
        "/api/v2/responsemanagement/libraries",
    ];
    let written = [
        (
            "/api/v2/conversations/keyconfigurations",
            json!({ "name": "Mine", "url": "https://example.org", "keyConfigurationType": "LocalKeyManager" }),
        ),
        ("/api/v2/flows", json!({ "name": "Mine", "type": "INBOUNDCALL" })),
        ("/api/v2/authorization/divisions", json!({ "name": "Mine", "description": "Of one test" })),
        ("/api/v2/flows/outcomes", named.clone()),
        (
            "/api/v2/flows/datatables",
            json!({ "name": "Mine", "schema": {
            "$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
            "required": ["key"], "properties": { "key": { "title": "key", "type": "string" } } } }),
        ),
        ("/api/v2/architect/ivrs", named.clone()),
        (
            "/api/v2/architect/schedules",
            json!({ "name": "Mine", "start": "2026-03-08T00:00:00", "end": "2026-03-08T01:00:00" }),
        ),
        ("/api/v2/architect/prompts", json!({ "name": "Mine" })),
        (
            "/api/v2/outbound/contactlists",
            json!({ "name": "Mine", "columnNames": ["Phone"],
                "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] }),
        ),
        ("/api/v2/externalcontacts/contacts", json!({ "firstName": "Mine" })),
        ("/api/v2/architect/scripts", named.clone()),
        (
            "/api/v2/presencedefinitions",
            json!({ "languageLabels": { "en_US": "Mine" }, "systemPresence": "Busy" }),
        ),
        (
            "/api/v2/workforcemanagement/businessunits",
            json!({ "name": "Mine", "divisionId": "", "settings": { "startDayOfWeek": "Monday", "timeZone": "UTC" } }),
        ),
        ("/api/v2/users", json!({ "name": "Mine", "email": "mine@example.org", "divisionId": "" })),
    ];
    generic.into_iter().map(|path| (path, named.clone())).chain(written).collect()
}

/// Checks that `one` is missing for `client`, by every method that the path supports.
async fn is_missing(client: &Client, one: &str) {
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::GET] {
        let body = (method != Method::GET && method != Method::HEAD).then(|| json!({ "name": "Theirs" }));
        let status = client.send(method.clone(), one, body).await.status;
        assert!(status == 404 || status == 405 && method != Method::GET, "{method} {one}: {status}");
    }
}

async fn created(client: &Client, path: &str, body: &Value) -> String {
    let created = client.post(path, body.clone()).await;
    assert!(created.status.is_success(), "{path}: {}", created.body);
    let id = created.body["id"].as_str().unwrap_or_else(|| panic!("{path}: {}", created.body));
    format!("{path}/{id}")
}

#[tokio::test]
async fn what_was_deleted_is_not_there() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (path, body) in collections() {
        let one = created(&client, path, &body).await;
        let deleted = client.delete(&one).await.status;
        if deleted == 405 {
            continue;
        }
        assert!(deleted.is_success(), "{one}: {deleted}");
        is_missing(&client, &one).await;
        let below = client.get(&format!("{one}/things/1")).await;
        assert_eq!(below.status, 404, "{one}/things/1: {}", below.body);
    }
}

#[tokio::test]
async fn what_another_organization_made_is_not_there() {
    let mock = mock().await;
    let ours = Client::new(&mock);
    let theirs = ours.of_new_organization().await;
    for (path, body) in collections() {
        let one = created(&ours, path, &body).await;
        let before = ours.get(&one).await;
        is_missing(&theirs, &one).await;
        assert_eq!(theirs.get(&format!("{one}/things/1")).await.status, 404, "{one}");
        let after = ours.get(&one).await;
        assert_eq!((before.status, &before.body), (after.status, &after.body), "{one} is as it was");
        ours.delete(&one).await;
        is_missing(&theirs, &one).await;
    }
}

#[tokio::test]
async fn what_the_seed_of_another_organization_says_is_not_there() {
    let mock = mock().await;
    let ours = Client::new(&mock);
    let theirs = ours.of_new_organization().await;
    for path in [
        QUEUES,
        "/api/v2/routing/skills",
        "/api/v2/flows",
        "/api/v2/users",
        "/api/v2/webdeployments/deployments",
    ] {
        let listed = ours.get(path).await.ok();
        let one = format!("{path}/{}", listed["entities"][0]["id"].as_str().expect("an id"));
        assert_eq!(ours.get(&one).await.status, 200, "{one}");
        is_missing(&theirs, &one).await;
        assert_eq!(ours.get(&one).await.status, 200, "{one}");
    }
}

#[tokio::test]
async fn a_seeded_collection_has_no_entity_with_an_unknown_uuid() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let uuid = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    is_missing(&client, &format!("{QUEUES}/{uuid}")).await;
    is_missing(&client, &format!("{GREETINGS}/{uuid}")).await;
}

#[tokio::test]
async fn two_organizations_may_choose_the_same_id() {
    let mock = mock().await;
    let ours = Client::new(&mock);
    let theirs = ours.of_new_organization().await;
    for id in ["7", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"] {
        let one = format!("{TARGETS}/{id}");
        ours.patch(&one, json!({ "name": "Ours" })).await.ok();
        theirs.patch(&one, json!({ "name": "Theirs" })).await.ok();
        assert_eq!(ours.get(&one).await.ok()["name"], "Ours");
        assert_eq!(theirs.get(&one).await.ok()["name"], "Theirs");
    }
}

#[tokio::test]
async fn a_reset_forgets_what_was_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let queues = client.get(QUEUES).await.ok();
    // A queue to which another entity refers is not deleted.
    let mut deleted = None;
    for queue in queues["entities"].as_array().expect("queues") {
        let one = format!("{QUEUES}/{}", queue["id"].as_str().expect("an id"));
        if deleted.is_none() && client.delete(&one).await.status.is_success() {
            deleted = Some(one);
        }
    }
    let one = deleted.expect("a queue that nothing uses");
    client.get(&one).await.refused(404);
    mock.reset();
    client.get(&one).await.ok();
}

#[tokio::test]
async fn a_seeded_management_unit_that_was_deleted_has_no_adherence() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let units = "/api/v2/workforcemanagement/managementunits";
    let listed = client.get(units).await.ok();
    let id = listed["entities"][0]["id"].as_str().expect("an id");
    let ask = json!({ "timeZone": "UTC", "items": [{ "managementUnitId": id,
        "startDate": "2026-03-07T00:00:00Z", "endDate": "2026-03-08T00:00:00Z" }] });
    let unknown = "/api/v2/workforcemanagement/businessunits/8f1b8ab2-2a25-4c0c-9c7c-0d5b1f0e7a11";
    let range = json!({ "startDate": "2026-03-07T00:00:00Z", "endDate": "2026-03-08T00:00:00Z" });
    client.post(&format!("{unknown}/adherence/explanations/query"), range).await.refused(404);
    let bulk = "/api/v2/workforcemanagement/adherence/historical/bulk";
    assert_eq!(client.post(bulk, ask.clone()).await.status, 202);
    assert_eq!(client.delete(&format!("{units}/{id}")).await.status, 204);
    client.post(bulk, ask).await.refused(404);
}
