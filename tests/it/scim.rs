//! SCIM users and groups are the users and groups of the organization.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const USERS: &str = "/api/v2/scim/v2/users";
const GROUPS: &str = "/api/v2/scim/v2/groups";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

async fn new_user(client: &Client) -> Value {
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "new@example.org",
        "displayName": "New", "externalId": "e-1", "title": "Agent" });
    client.post(USERS, body).await.ok()
}

#[tokio::test]
async fn a_scim_user_is_a_user() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created = new_user(&client).await;
    assert_eq!((&created["active"], &created["userName"]), (&json!(true), &json!("new@example.org")));
    let user = client.get(&format!("/api/v2/users/{}", id(&created))).await.ok();
    assert_eq!(
        (&user["name"], &user["email"], &user["title"]),
        (&json!("New"), &json!("new@example.org"), &json!("Agent"))
    );
    assert!(user.as_object().expect("an object").keys().all(|key| !key.starts_with("scim")), "{user}");
    client.post(USERS, json!({ "userName": "new@example.org", "displayName": "Again" })).await.refused(409);
    let found = client.get(&format!("{USERS}?filter=userName%20eq%20%22new@example.org%22")).await.ok();
    assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &created["id"]));
    let by_external =
        client.get(&format!("{USERS}?filter=externalId+eq+%22e-1%22&attributes=displayName")).await.ok();
    assert_eq!(by_external["Resources"], json!([{ "id": id(&created), "displayName": "New" }]));
    client.get(&format!("{USERS}?filter=userName%20co%20%22a%22")).await.refused(400);
    let one = format!("{USERS}/{}", id(&created));
    assert_eq!(client.delete(&one).await.status, 204);
    client.get(&one).await.refused(404);
    client.get(&format!("/api/v2/users/{}/queues", id(&created))).await.refused(404);
}

#[tokio::test]
async fn a_listing_of_scim_users_is_paged_by_start_and_count() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let page = client.get(&format!("{USERS}?startIndex=3&count=2")).await.ok();
    assert_eq!(
        (&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]),
        (&json!(532), &json!(3), &json!(2))
    );
    assert_eq!(page["Resources"][0]["displayName"], "agent-1");
    assert!(page.get("entities").is_none());
    client.get(&format!("{USERS}?count=x")).await.refused(400);
}

#[tokio::test]
async fn a_scim_user_is_changed_by_operations_and_by_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let one = format!("{USERS}/{}", id(&new_user(&client).await));
    let patch = |operation: Value| json!({ "schemas": [], "Operations": [operation] });
    let off =
        client.patch(&one, patch(json!({ "op": "replace", "path": "active", "value": false }))).await.ok();
    assert_eq!((&off["active"], &off["meta"]["version"]), (&json!(false), &json!("W/\"2\"")));
    let renamed = patch(json!({ "op": "Replace", "value": { "displayName": "Newer", "title": "Lead" } }));
    let renamed = client.patch(&one, renamed).await.ok();
    assert_eq!((&renamed["displayName"], &renamed["title"]), (&json!("Newer"), &json!("Lead")));
    client.patch(&one, patch(json!({ "op": "turn", "path": "active" }))).await.refused(400);
    let put =
        json!({ "schemas": [], "userName": "other@example.org", "displayName": "Other", "active": true });
    assert_eq!(client.put(&one, put).await.ok()["userName"], "other@example.org");
}

#[tokio::test]
async fn the_members_of_a_scim_group_are_those_of_the_group() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = id(&new_user(&client).await);
    let listed = client.get(&format!("{GROUPS}?filter=displayName%20eq%20%22Escalations%22")).await.ok();
    let group = &listed["Resources"][0];
    assert_eq!(group["members"].as_array().map(Vec::len), Some(2));
    let one = format!("{GROUPS}/{}", id(group));
    let add = json!({ "schemas": [], "Operations": [{ "op": "add", "path": "members", "value": [{ "value": user }] }] });
    client.patch(&one, add).await.ok();
    let members = client.get(&format!("/api/v2/groups/{}/members", id(group))).await.ok();
    assert_eq!((&members["total"], &members["entities"][2]["id"]), (&json!(3), &json!(user)));
    let shown = client.get(&format!("{USERS}/{user}")).await.ok();
    assert_eq!(shown["groups"][0]["value"], group["id"]);
    let path = format!("members[value eq \"{user}\"]");
    let remove = json!({ "schemas": [], "Operations": [{ "op": "remove", "path": path }] });
    client.patch(&one, remove).await.ok();
    assert_eq!(client.get(&format!("/api/v2/groups/{}/members", id(group))).await.ok()["total"], 2);
    let put = json!({ "schemas": [], "displayName": "Escalated", "members": [{ "value": user }] });
    assert_eq!(client.put(&one, put).await.ok()["members"][0]["value"], json!(user));
    assert_eq!(client.get(&format!("/api/v2/groups/{}", id(group))).await.ok()["name"], "Escalated");
}

#[tokio::test]
async fn the_service_describes_itself() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let types = client.get("/api/v2/scim/v2/resourcetypes").await.ok();
    assert_eq!((&types["totalResults"], &types["Resources"][0]["id"]), (&json!(2), &json!("User")));
    let schemas = client.get("/api/v2/scim/schemas").await.ok();
    let first = schemas["Resources"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(client.get(&format!("/api/v2/scim/v2/schemas/{first}")).await.ok()["name"], "User");
    assert_eq!(client.get("/api/v2/scim/v2/serviceproviderconfig").await.ok()["patch"]["supported"], true);
    client.get("/api/v2/scim/v2/resourcetypes/Phone").await.refused(404);
}
