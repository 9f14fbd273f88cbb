//! What a SCIM user shares with the user: roles, skills, languages, external ids, phone numbers and its time of change.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Answer, Client, all, id, mock};

const USERS: &str = "/api/v2/scim/v2/users";
const GENESYS: &str = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User";

async fn create(client: &Client, mut more: Value) -> String {
    more["userName"] = json!("new@example.org");
    more["displayName"] = json!("New");
    id(&client.post(USERS, more).await.done())
}

async fn patch(client: &Client, user: &str, operation: Value) -> Answer {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    let body = json!({ "schemas": schemas, "Operations": [operation] });
    client.patch(&format!("{USERS}/{user}"), body).await
}

async fn roles(client: &Client, user: &str) -> Vec<String> {
    let roles = client.get(&format!("/api/v2/users/{user}/roles")).await.ok();
    let roles = roles["roles"].as_array().expect("roles");
    roles.iter().map(|role| role["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn the_roles_of_a_scim_user_are_granted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let names = all(&client.get("/api/v2/authorization/roles").await.ok(), "name");
    let [first, second] = [&names[0], &names[1]];
    let user = create(&client, json!({ "roles": [{ "value": first }] })).await;
    assert_eq!(roles(&client, &user).await, [first.as_str()]);
    let add = json!({ "op": "add", "path": "roles", "value": [{ "value": second }] });
    let shown = patch(&client, &user, add).await.ok();
    assert_eq!(shown["roles"], json!([{ "value": first }, { "value": second }]));
    assert_eq!(roles(&client, &user).await, [first.clone(), second.clone()]);
    let put = json!({ "userName": "new@example.org", "displayName": "Newer" });
    client.put(&format!("{USERS}/{user}"), put).await.ok();
    assert_eq!(roles(&client, &user).await.len(), 2, "a PUT that says nothing of roles takes none");
    let remove = json!({ "op": "remove", "path": format!("roles[value eq \"{first}\"]") });
    patch(&client, &user, remove).await.ok();
    assert_eq!(roles(&client, &user).await, [second.as_str()]);
    let unknown = json!({ "op": "add", "path": "roles", "value": [{ "value": "No Such Role" }] });
    let refused = patch(&client, &user, unknown).await;
    assert_eq!((refused.status.as_u16(), &refused.body["scimType"]), (400, &json!("invalidValue")));
    assert_eq!(roles(&client, &user).await, [second.as_str()]);
}

/// The names and the proficiencies of the skills or languages of a user.
async fn abilities(client: &Client, user: &str, kind: &str) -> Vec<(String, f64)> {
    let shown = client.get(&format!("/api/v2/users/{user}/{kind}")).await.ok();
    let shown = shown["entities"].as_array().expect("entities").iter();
    shown
        .map(|one| {
            (one["name"].as_str().expect("a name").to_owned(), one["proficiency"].as_f64().expect("a number"))
        })
        .collect()
}

#[tokio::test]
async fn the_skills_and_languages_of_a_scim_user_are_those_of_the_user() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (path, name) in [("skills", "Chess"), ("skills", "Go"), ("languages", "Klingon")] {
        client.post(&format!("/api/v2/routing/{path}"), json!({ "name": name })).await.done();
    }
    let extension = json!({ "routingSkills": [{ "name": "Chess", "proficiency": 4.5 }],
        "routingLanguages": [{ "name": "Klingon", "proficiency": 2.0 }],
        "externalIds": [{ "authority": "crm", "value": "7" }] });
    let user = create(&client, json!({ GENESYS: extension })).await;
    assert_eq!(client.get(&format!("{USERS}/{user}")).await.ok()[GENESYS], extension);
    assert_eq!(abilities(&client, &user, "routingskills").await, [("Chess".to_owned(), 4.5)]);
    assert_eq!(abilities(&client, &user, "routinglanguages").await, [("Klingon".to_owned(), 2.0)]);
    assert_eq!(client.get("/api/v2/users/externalid/crm/7").await.ok()["id"], json!(user));
    let path = format!("{GENESYS}:routingSkills");
    let add = json!({ "op": "add", "path": path, "value": [{ "name": "Go", "proficiency": 1 }] });
    patch(&client, &user, add).await.ok();
    let both = [("Chess".to_owned(), 4.5), ("Go".to_owned(), 1.0)];
    assert_eq!(abilities(&client, &user, "routingskills").await, both);
    let remove = json!({ "op": "remove", "path": format!("{path}[name eq \"Chess\"]") });
    patch(&client, &user, remove).await.ok();
    assert_eq!(abilities(&client, &user, "routingskills").await, both[1..]);
    client.delete(&format!("/api/v2/users/{user}/externalid/crm/7")).await.done();
    assert_eq!(client.get(&format!("{USERS}/{user}")).await.ok()[GENESYS]["externalIds"], json!([]));
    for wrong in [
        json!({ "name": "Pigeon" }),
        json!({ "name": "Go", "proficiency": 6 }),
        json!({ "name": "Go", "proficiency": "x" }),
    ] {
        let refused = patch(&client, &user, json!({ "op": "add", "path": path, "value": [wrong] })).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["scimType"]),
            (400, &json!("invalidValue")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_phone_numbers_of_a_scim_user_are_among_its_addresses() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let numbers = json!([{ "value": "+13175550199", "type": "work", "primary": true }, { "value": "+1", "type": "zoomphone" }]);
    let user = create(&client, json!({ "phoneNumbers": numbers })).await;
    let native = format!("/api/v2/users/{user}");
    let shown = client.get(&native).await.ok();
    assert_eq!(
        shown["addresses"],
        json!([{ "address": "+13175550199", "mediaType": "PHONE", "type": "WORK" }])
    );
    assert_eq!(client.get(&format!("{USERS}/{user}")).await.ok()["phoneNumbers"], numbers);
    let addresses = json!([{ "address": "+13175550100", "mediaType": "PHONE", "type": "MOBILE" },
        { "address": "ada@example.org", "mediaType": "EMAIL", "type": "WORK" }]);
    client.patch(&native, json!({ "version": shown["version"], "addresses": addresses })).await.ok();
    let numbers = &client.get(&format!("{USERS}/{user}")).await.ok()["phoneNumbers"];
    let zoom = json!({ "value": "+1", "type": "zoomphone" });
    assert_eq!(*numbers, json!([{ "value": "+13175550100", "type": "mobile" }, zoom]));
    patch(&client, &user, json!({ "op": "remove", "path": "phoneNumbers" })).await.ok();
    assert_eq!(client.get(&native).await.ok()["addresses"], json!([addresses[1]]));
}

#[tokio::test]
async fn a_change_of_a_profile_has_a_time() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = create(&client, json!({})).await;
    let modified = async || client.get(&format!("{USERS}/{user}")).await.ok()["meta"]["lastModified"].clone();
    assert_eq!(modified().await, "2026-03-08T00:00:00.000Z");
    mock.advance(Duration::from_secs(60));
    patch(&client, &user, json!({ "op": "replace", "path": "title", "value": "Lead" })).await.ok();
    assert_eq!(modified().await, "2026-03-08T00:01:00.000Z");
    mock.advance(Duration::from_secs(60));
    client.patch(&format!("/api/v2/users/{user}"), json!({ "version": 2, "title": "Head" })).await.ok();
    assert_eq!(modified().await, "2026-03-08T00:02:00.000Z");
    let profile = client.get(&format!("/api/v2/users/{user}/profile")).await.ok();
    assert_eq!(profile["dateModified"], "2026-03-08T00:02:00.000Z");
    let native = client.get(&format!("/api/v2/users/{user}")).await.ok();
    assert_eq!(native.get("dateModified"), None);
}
