//! Users: emails that are taken, searches, filters of listings, parts that are expanded.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const USERS: &str = "/api/v2/users";

async fn make(api: &Client, name: &str, email: &str) -> Value {
    let body = json!({ "name": name, "email": email, "divisionId": "" });
    api.post(USERS, body).await.ok()
}

#[tokio::test]
async fn an_email_belongs_to_one_user_however_it_is_set() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let ada = make(&api, "Ada", "ada@example.org").await;
    let bob = make(&api, "Bob", "bob@example.org").await;
    let (path, upper) = (format!("{USERS}/{}", id(&bob)), "ADA@Example.org");
    let body = json!({ "name": "Eve", "email": upper, "divisionId": "" });
    assert_eq!(api.post(USERS, body).await.refused(409), "general.conflict");
    assert_eq!(
        api.patch(&path, json!({ "email": upper, "version": 1 })).await.refused(409),
        "general.conflict"
    );
    let many = |first: &str, second: &str| json!([{ "id": id(&ada), "email": first, "version": 1 }, { "id": id(&bob), "email": second, "version": 1 }]);
    let bulk = "/api/v2/users/bulk";
    assert_eq!(
        api.patch(bulk, many("new@example.org", "NEW@example.org")).await.refused(409),
        "general.conflict"
    );
    assert_eq!(api.get(&path).await.ok()["email"], "bob@example.org");
    let names = vec![json!({ "id": id(&ada), "title": "T" }); 51];
    assert_eq!(api.patch(bulk, json!(names)).await.refused(400), "max.directory.users");
    let scim = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": upper, "displayName": "E" });
    assert_eq!(api.post("/api/v2/scim/v2/users", scim).await.refused(409), "general.conflict");
    api.patch(&path, json!({ "email": "BOB@example.org", "version": 1 })).await.ok();
    api.delete(&format!("{USERS}/{}", id(&ada))).await.ok();
    let heir = make(&api, "Heir", upper).await;
    let revived = json!({ "state": "active", "version": 2 });
    let path = format!("{USERS}/{}", id(&ada));
    assert_eq!(api.patch(&path, revived.clone()).await.refused(409), "general.conflict");
    api.delete(&format!("{USERS}/{}", id(&heir))).await.ok();
    assert_eq!(api.patch(&path, revived).await.ok()["state"], "active");
}

#[tokio::test]
async fn a_search_finds_users_by_what_they_are_shown_with() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let ada = make(&api, "Ada", "ada@example.org").await;
    let manager = id(&api.get(&format!("{USERS}/supervisor")).await.ok());
    let profile = json!({ "version": 1, "manager": manager, "profileSkills": ["chess"],
        "addresses": [{ "address": "+13175550100", "mediaType": "PHONE", "type": "WORK" }] });
    api.patch(&format!("{USERS}/{}", id(&ada)), profile).await.ok();
    let skill = id(&api.post("/api/v2/routing/skills", json!({ "name": "Juggling" })).await.done());
    let skills = json!({ "id": skill, "proficiency": 3 });
    api.post(&format!("{USERS}/{}/routingskills", id(&ada)), skills).await.done();
    let division = ada["division"]["id"].as_str().expect("a division").to_owned();
    let total = async |criterion: Value| {
        let found = api.post(&format!("{USERS}/search"), json!({ "query": [criterion] })).await.ok();
        found["total"].as_u64().expect("a total")
    };
    let exact = |field: &str, value: &str| json!({ "type": "EXACT", "fields": [field], "value": value });
    assert_eq!(total(exact("manager", &manager)).await, 1);
    assert_eq!(total(exact("addresses.address", "+13175550100")).await, 1);
    assert_eq!(total(exact("profileSkills", "Chess")).await, 1);
    assert_eq!(total(exact("skills", "juggling")).await, 1);
    assert!(total(exact("divisionId", &division)).await > 1);
    assert_eq!(total(exact("manager", "nobody")).await, 0);
    assert_eq!(total(json!({ "type": "REQUIRED_FIELDS", "fields": ["manager", "addresses"] })).await, 1);
}

#[tokio::test]
async fn members_of_a_queue_are_filtered_by_what_they_know() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let agent = id(&api.get(&format!("{USERS}/agent-7")).await.ok());
    api.put(&format!("{USERS}/{agent}/profileskills"), json!(["Chess"])).await.ok();
    let skill = id(&api.post("/api/v2/routing/skills", json!({ "name": "Juggling" })).await.done());
    let body = json!({ "id": skill, "proficiency": 3 });
    api.post(&format!("{USERS}/{agent}/routingskills"), body).await.done();
    let language = id(&api.post("/api/v2/routing/languages", json!({ "name": "Esperanto" })).await.done());
    let body = json!({ "id": language, "proficiency": 3 });
    api.post(&format!("{USERS}/{agent}/routinglanguages"), body).await.done();
    let queue = id(&api.post("/api/v2/routing/queues", json!({ "name": "know" })).await.done());
    let other = id(&api.get(&format!("{USERS}/agent-8")).await.ok());
    let path = format!("/api/v2/routing/queues/{queue}");
    api.post(&format!("{path}/members"), json!([{ "id": agent }, { "id": other }])).await.done();
    let total = async |query: &str| api.get(&format!("{path}/users?{query}")).await.ok()["total"].clone();
    assert_eq!(total("").await, 2);
    for query in ["skills=jugg", "languages=ESPER", "profileSkills=chess", "skills=cooking,juggling"] {
        assert_eq!(total(query).await, 1, "{query}");
    }
    assert_eq!(total("skills=juggling&languages=latin").await, 0);
}

#[tokio::test]
async fn expanded_parts_of_a_user_are_those_that_were_set() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let ada = make(&api, "Ada", "ada@example.org").await;
    let path = format!("{USERS}/{}", id(&ada));
    api.put(&format!("{path}/outofoffice"), json!({ "active": true, "indefinite": true })).await.ok();
    let place = json!({ "type": "web", "primary": true, "latitude": 39.8, "longitude": -86.2 });
    api.patch(&format!("{path}/geolocations/browser"), place).await.done();
    let seen = api.get(&format!("{path}?expand=outOfOffice,geolocation")).await.ok();
    assert_eq!(
        (&seen["outOfOffice"]["active"], &seen["outOfOffice"]["indefinite"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(seen["geolocation"]["latitude"], 39.8);
    let jabber = ada["chat"]["jabberId"].as_str().expect("an address");
    let found = api.get(&format!("{USERS}?jabberId={jabber}")).await.ok();
    assert_eq!((&found["total"], &found["entities"][0]["id"]), (&json!(1), &ada["id"]));
}
