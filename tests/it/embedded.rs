//! Entities within others: they have what the document requires of them, and go when they are deleted.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

#[tokio::test]
async fn a_manager_has_a_version_and_is_none_once_it_is_deleted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let manager = api.get("/api/v2/users/supervisor").await.ok();
    let agent = "/api/v2/users/agent-1";
    let change = json!({ "manager": manager["id"], "version": api.get(agent).await.ok()["version"] });
    let shown = api.patch(agent, change).await.ok();
    let wanted = json!({ "id": manager["id"], "name": "supervisor", "version": manager["version"],
        "selfUri": manager["selfUri"] });
    assert_eq!(shown["manager"], wanted);
    let location = json!({ "name": "Here", "contactUser": manager["id"] });
    let location = format!("/api/v2/locations/{}", id(&api.post("/api/v2/locations", location).await.ok()));
    assert_eq!(api.get(&location).await.ok()["contactUser"]["id"], manager["id"]);
    api.delete("/api/v2/users/supervisor").await.ok();
    assert_eq!(api.get(agent).await.ok().get("manager"), None);
    assert_eq!(api.get(&location).await.ok().get("contactUser"), None);
    let scim = format!("/api/v2/scim/v2/users/{}", id(&shown));
    let extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(api.get(&scim).await.ok()[extension].get("manager"), None);
}

#[tokio::test]
async fn a_deleted_user_is_no_member_of_a_performance_profile() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let profiles = "/api/v2/gamification/profiles";
    let division = api.get("/api/v2/authorization/divisions").await.ok()["entities"][0]["id"].clone();
    let body = json!({ "name": "A", "description": "d", "active": false, "maxLeaderboardRankSize": 10,
        "division": { "id": division }, "reportingIntervals": [{ "intervalType": "Day", "intervalValue": 1 }] });
    let profile = format!("{profiles}/{}", id(&api.post(profiles, body).await.done()));
    let users = [api.get("/api/v2/users/agent-1").await.ok(), api.get("/api/v2/users/agent-2").await.ok()];
    let members = json!({ "membersToAssign": users.each_ref().map(id), "membersToRemove": [] });
    api.post(&format!("{profile}/members"), members).await.ok();
    api.delete("/api/v2/users/agent-1").await.ok();
    let members = api.get(&format!("{profile}/members")).await.ok();
    assert_eq!(crate::rest::all(&members, "id"), [id(&users[1])]);
    assert_eq!(api.get(&profile).await.ok()["memberCount"], 1);
}

#[tokio::test]
async fn a_profile_expands_what_the_document_has() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/users/agent-1/profile?expand=groups,presence,team,station";
    let expands = api.get(path).await.ok()["expands"].clone();
    assert_eq!(expands.as_object().expect("an object").keys().collect::<Vec<_>>(), ["presence", "station"]);
}

#[tokio::test]
async fn the_source_of_an_external_id_has_a_name() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let source = json!({ "name": "CRM", "active": true });
    let source = api.post("/api/v2/externalcontacts/externalsources", source).await.ok();
    let ids = json!([{ "externalSource": { "id": source["id"] }, "value": "A-1" }]);
    let contact = json!({ "firstName": "Ada", "lastName": "L", "externalIds": ids });
    let organization = json!({ "name": "Engines", "externalIds": ids });
    for (path, body) in [("contacts", contact), ("organizations", organization)] {
        let path = format!("/api/v2/externalcontacts/{path}");
        let one = format!("{path}/{}", id(&api.post(&path, body).await.ok()));
        let shown = api.get(&one).await.ok()["externalIds"][0].clone();
        assert_eq!((&shown["value"], &shown["externalSource"]["name"]), (&json!("A-1"), &json!("CRM")));
    }
}
