//! Audits show the changes that were made, when they are asked for.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const INTERVAL: &str = "2026-03-07T00:00:00.000Z/2026-03-09T00:00:00.000Z";

async fn results(client: &Client, mock: &gcmock::MockServer, query: Value) -> Vec<Value> {
    let started = client.post("/api/v2/audits/query", query).await;
    assert_eq!((started.status.as_u16(), &started.body["state"]), (202, &json!("Queued")));
    let uri = format!("/api/v2/audits/query/{}", started.body["id"].as_str().expect("an id"));
    client.get(&format!("{uri}/results")).await.refused(400);
    mock.advance(Duration::from_secs(1));
    assert_eq!(client.get(&uri).await.ok()["state"], "Running");
    mock.advance(Duration::from_secs(1));
    assert_eq!(client.get(&uri).await.ok()["state"], "Succeeded");
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{uri}/results?pageSize=2{cursor}")).await.ok();
        all.extend(page["entities"].as_array().expect("entities").iter().cloned());
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn an_audit_query_finds_what_was_changed() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let skill = client.post("/api/v2/routing/skills", json!({ "name": "Sales" })).await.ok();
    let queue = client.post("/api/v2/routing/queues", json!({ "name": "Bikes" })).await.ok();
    let uri = format!("/api/v2/routing/queues/{}", queue["id"].as_str().expect("an id"));
    client.put(&uri, json!({ "name": "Cars" })).await.ok();
    client.delete(&uri).await;
    client.post("/api/v2/routing/queues", json!({ "name": "" })).await.refused(400);
    let query = json!({ "interval": INTERVAL, "serviceName": "ContactCenter" });
    let all = results(&client, &mock, query).await;
    let told: Vec<_> = all
        .iter()
        .map(|one| [&one["action"], &one["entityType"]].map(|text| text.as_str().unwrap_or_default()))
        .collect();
    assert_eq!(told, [["Create", "Skill"], ["Create", "Queue"], ["Update", "Queue"], ["Delete", "Queue"]]);
    assert_eq!(all[0]["entity"], json!({ "id": skill["id"], "name": "Sales" }));
    assert!(all[0]["user"]["id"].is_string(), "{}", all[0]);
    let filters = json!([{ "property": "EntityId", "value": queue["id"] }, { "property": "Action", "value": "Update" }]);
    let query = json!({ "interval": INTERVAL, "filters": filters });
    assert_eq!(results(&client, &mock, query).await.len(), 1);
    let now = client.post("/api/v2/audits/query/realtime", json!({ "interval": INTERVAL })).await.ok();
    assert_eq!(now["total"], 4);
    let related = json!({ "auditId": now["entities"][1]["id"] });
    let related = client.post("/api/v2/audits/query/realtime/related", related).await.ok();
    assert_eq!(related["entities"].as_array().map(Vec::len), Some(2));
    let other = client.of_new_organization().await;
    let now = other.post("/api/v2/audits/query/realtime", json!({ "interval": INTERVAL })).await.ok();
    assert_eq!(now["total"], 0);
}

#[tokio::test]
async fn an_audit_query_is_refused_with_a_wrong_interval_or_service() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for body in [
        json!({ "interval": "soon" }),
        json!({ "interval": "2026-01-01T00:00:00.000Z/2026-03-01T00:00:00.000Z" }),
        json!({ "interval": INTERVAL, "serviceName": "Nothing" }),
    ] {
        client.post("/api/v2/audits/query", body).await.refused(400);
    }
    let services = client.get("/api/v2/audits/query/servicemapping").await.ok();
    let names = services["services"].as_array().expect("services").iter();
    assert!(names.clone().any(|service| service["name"] == "Quality"));
}

#[tokio::test]
async fn changes_by_scim_are_audited_as_those_of_users_and_groups() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "userName": "scim@example.org", "displayName": "Scim" });
    let user = client.post("/api/v2/scim/v2/users", body.clone()).await.done();
    let one = format!("/api/v2/scim/v2/users/{}", user["id"].as_str().expect("an id"));
    client.put(&one, body).await.ok();
    client.delete(&one).await;
    let now = client.post("/api/v2/audits/query/realtime", json!({ "interval": INTERVAL })).await.ok();
    let entities = now["entities"].as_array().expect("entities");
    let mut told: Vec<_> = entities.iter().map(|one| one["action"].as_str().unwrap_or_default()).collect();
    told.sort_unstable();
    assert_eq!(told, ["Create", "Delete", "Update"]);
    let created = entities.iter().find(|one| one["action"] == "Create").expect("a creation");
    assert_eq!((&created["entityType"], &created["entity"]["name"]), (&json!("User"), &json!("Scim")));
}
