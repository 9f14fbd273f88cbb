//! OAuth clients, the organization, the server's date, and the parts of a user.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const CLIENTS: &str = "/api/v2/oauth/clients";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

/// The status and the body of a login with these credentials.
async fn log_in(mock: &gcmock::MockServer, client: &str, secret: &str) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/oauth/token", mock.uri()));
    let request = request.basic_auth(client, Some(secret)).form(&[("grant_type", "client_credentials")]);
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("a body of JSON"))
}

fn new_client(name: &str) -> Value {
    json!({ "name": name, "authorizedGrantType": "CLIENT-CREDENTIALS", "accessTokenValiditySeconds": 3600 })
}

#[tokio::test]
async fn a_created_client_can_log_in_and_shows_its_secret_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created = client.post(CLIENTS, new_client("Mine")).await.ok();
    let secret = created["secret"].as_str().expect("a secret").to_owned();
    let (status, token) = log_in(&mock, &id(&created), &secret).await;
    assert_eq!((status, &token["expires_in"]), (200, &json!(3600)));
    let one = format!("{CLIENTS}/{}", id(&created));
    assert!(client.get(&one).await.ok().get("secret").is_none());
    let listed = client.get(&format!("{CLIENTS}?pageSize=100")).await.ok();
    let listed = listed["entities"].as_array().cloned().unwrap_or_default();
    assert!(listed.iter().any(|other| other["name"] == "Mine"), "{listed:?}");
    assert!(listed.iter().all(|other| other.get("secret").is_none()));
    let rotated = client.post(&format!("{one}/secret"), json!({})).await.ok();
    let (status, refused) = log_in(&mock, &id(&created), &secret).await;
    assert_eq!((status, &refused["error_description"]), (400, &json!("authentication failed")));
    let secret = rotated["secret"].as_str().expect("a secret");
    assert_eq!(log_in(&mock, &id(&created), secret).await.0, 200);
}

#[tokio::test]
async fn a_client_is_deleted_once_it_is_inactive_and_its_tokens_end() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created = client.post(CLIENTS, new_client("Mine")).await.ok();
    let secret = created["secret"].as_str().expect("a secret");
    let token =
        log_in(&mock, &id(&created), secret).await.1["access_token"].as_str().expect("a token").to_owned();
    let own = reqwest::Client::new().get(format!("{}/api/v2/tokens/me", mock.uri())).bearer_auth(&token);
    assert_eq!(own.try_clone().expect("no body").send().await.expect("an answer").status(), 200);
    let one = format!("{CLIENTS}/{}", id(&created));
    assert_eq!(client.delete(&one).await.refused(400), "cannot.delete.client");
    let mut inactive = new_client("Mine");
    inactive["state"] = json!("inactive");
    assert_eq!(client.put(&one, inactive).await.ok()["state"], "inactive");
    assert_eq!(log_in(&mock, &id(&created), secret).await.0, 400);
    assert_eq!(client.delete(&one).await.status, 204);
    assert_eq!(own.send().await.expect("an answer").status(), 401);
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn the_tokens_of_a_client_that_is_disabled_end() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created = client.post(CLIENTS, new_client("Mine")).await.ok();
    let secret = created["secret"].as_str().expect("a secret");
    let token = log_in(&mock, &id(&created), secret).await.1["access_token"].clone();
    let own = reqwest::Client::new().get(format!("{}/api/v2/tokens/me", mock.uri()));
    let own = own.bearer_auth(token.as_str().expect("a token"));
    let mut statuses = Vec::new();
    for state in ["inactive", "disabled"] {
        let mut changed = new_client("Mine");
        changed["state"] = json!(state);
        client.put(&format!("{CLIENTS}/{}", id(&created)), changed).await.ok();
        let asked = own.try_clone().expect("no body").send().await;
        statuses.push(asked.expect("an answer").status().as_u16());
    }
    assert_eq!(statuses, [200, 401]);
}

#[tokio::test]
async fn a_client_has_a_grant_type_and_roles_that_exist() {
    let mock = mock().await;
    let client = Client::new(&mock);
    assert_eq!(client.post(CLIENTS, json!({ "name": "Mine" })).await.refused(400), "grant.type.required");
    let wrong = json!({ "name": "Mine", "authorizedGrantType": "PIGEON" });
    assert_eq!(client.post(CLIENTS, wrong).await.refused(400), "invalid.value");
    let mut dangling = new_client("Mine");
    dangling["roleIds"] = json!(["3f2504e0-4f89-41d3-9a0c-0305e82c3301"]);
    assert_eq!(client.post(CLIENTS, dangling).await.refused(400), "resource.not.found");
    let roles = client.get("/api/v2/authorization/roles?name=Supervisor").await.ok();
    let mut granted = new_client("Mine");
    granted["roleDivisions"] = json!([{ "roleId": id(&roles["entities"][0]), "divisionId": "*" }]);
    let created = client.post(CLIENTS, granted).await.ok();
    let subject = client.get(&format!("/api/v2/authorization/subjects/{}", id(&created))).await.ok();
    assert_eq!(
        (&subject["name"], &subject["grants"][0]["role"]["name"]),
        (&json!("Mine"), &json!("Supervisor"))
    );
    mock.reset();
    client.get(&format!("{CLIENTS}/{}", id(&created))).await.refused(404);
}

#[tokio::test]
async fn the_organization_is_changed_by_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let me = "/api/v2/organizations/me";
    let before = client.get(me).await.ok();
    let put = client.put(me, json!({ "name": "Renamed", "version": 1, "state": "deleted" })).await.ok();
    assert_eq!(
        (&put["name"], &put["version"], &put["state"]),
        (&json!("Renamed"), &json!(2), &json!("active"))
    );
    assert_eq!(put["features"], before["features"]);
    client.put(me, json!({ "name": "Again", "version": 1 })).await.refused(409);
    assert_eq!(client.get(me).await.ok(), put);
    let feature = "/api/v2/organizations/features/hipaa";
    assert_eq!(client.patch(feature, json!({ "enabled": true })).await.ok()["hipaa"], true);
    assert_eq!(client.get(me).await.ok()["features"]["hipaa"], true);
}

#[tokio::test]
async fn the_date_is_that_of_the_clock() {
    let mock = mock().await;
    let client = Client::new(&mock);
    assert_eq!(client.get("/api/v2/date").await.ok(), json!({ "currentDate": "2026-03-08T00:00:00.000Z" }));
    let zones = client.get("/api/v2/timezones?pageSize=100").await.ok();
    assert!(zones["entities"].as_array().expect("zones").iter().any(|zone| zone["id"] == "America/Chicago"));
    assert!(client.get("/api/v2/ipranges").await.ok()["entities"][0]["cidr"].is_string());
}

#[tokio::test]
async fn the_parts_of_a_user_are_kept() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = "/api/v2/users/agent-1";
    let out = client.put(&format!("{user}/outofoffice"), json!({ "active": true, "sent": 1 })).await.ok();
    assert_eq!((&out["active"], out.get("sent")), (&json!(true), None));
    assert_eq!(client.get(&format!("{user}/outofoffice")).await.ok(), out);
    assert_eq!(client.put(&format!("{user}/profileskills"), json!(["a"])).await.ok(), json!(["a"]));
    assert_eq!(client.get(&format!("{user}?expand=profileSkills")).await.ok()["profileSkills"], json!(["a"]));
    assert_eq!(
        client.put(&format!("{user}/state"), json!({ "state": "inactive" })).await.ok()["state"],
        "inactive"
    );
    assert_eq!(client.get(&format!("{user}/profile")).await.ok()["state"], "inactive");
    client.get("/api/v2/users/nobody/callforwarding").await.refused(404);
    let external = json!({ "authorityName": "crm", "externalKey": "7" });
    assert_eq!(
        client.post(&format!("{user}/externalid"), external.clone()).await.ok()[0]["externalKey"],
        "7"
    );
    assert_eq!(client.get("/api/v2/users/externalid/crm/7").await.ok()["name"], "agent-1");
    client.post("/api/v2/users/agent-2/externalid", external).await.refused(409);
    assert_eq!(client.delete(&format!("{user}/externalid/crm/7")).await.status, 204);
    client.get("/api/v2/users/externalid/crm/7").await.refused(404);
}

#[tokio::test]
async fn a_manager_has_reports() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let manager = id(&client.get("/api/v2/users/supervisor").await.ok());
    for agent in ["agent-1", "agent-2"] {
        let version = client.get(&format!("/api/v2/users/{agent}")).await.ok()["version"].clone();
        let change = json!({ "manager": manager, "version": version });
        client.patch(&format!("/api/v2/users/{agent}"), change).await.ok();
    }
    let reports = client.get("/api/v2/users/supervisor/directreports").await.ok();
    assert_eq!(reports.as_array().map(Vec::len), Some(2));
    assert_eq!(client.get("/api/v2/users/agent-1/superiors").await.ok()[0]["name"], "supervisor");
    assert_eq!(client.get("/api/v2/users/agent-1/adjacents").await.ok()["siblings"][0]["name"], "agent-2");
}

#[tokio::test]
async fn users_are_listed_by_cursor_and_created_in_a_division() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let first = client.get("/api/v2/users/query?pageSize=500").await.ok();
    assert_eq!(first["results"], 500);
    let cursor = first["cursor"].as_str().expect("a cursor");
    let next = client.get(&format!("/api/v2/users/query?pageSize=500&cursor={cursor}")).await.ok();
    assert_eq!((&next["results"], next.get("nextUri")), (&json!(32), None));
    let divisions = client.get("/api/v2/authorization/divisions?name=Asia+Pacific").await.ok();
    let body = json!({ "name": "N", "email": "n@example.org", "divisionId": id(&divisions["entities"][0]) });
    assert_eq!(client.post("/api/v2/users", body).await.ok()["division"]["name"], "Asia Pacific");
    let wrong = json!({ "name": "M", "email": "m@example.org", "divisionId": "3f2504e0-4f89-41d3-9a0c-0305e82c3301" });
    assert_eq!(client.post("/api/v2/users", wrong).await.refused(400), "resource.not.found");
}

#[tokio::test]
async fn the_scopes_are_those_of_the_families() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let scopes = client.get("/api/v2/oauth/scopes").await.ok();
    let all = crate::rest::all(&scopes, "id");
    assert_eq!(scopes["total"], all.len());
    for scope in ["routing", "routing:readonly", "architect", "workforce-management:readonly"] {
        assert!(all.iter().any(|one| one == scope), "{scope}");
        let one = client.get(&format!("/api/v2/oauth/scopes/{scope}")).await.ok();
        assert_eq!(one["id"], scope);
    }
    client.get("/api/v2/oauth/scopes/pigeons").await.refused(404);
}

#[tokio::test]
async fn licences_are_given_to_users_and_taken_away() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let agent = id(&client.get("/api/v2/users/agent-1").await.ok());
    let licenses = "/api/v2/license";
    let definitions = client.get(&format!("{licenses}/definitions")).await.ok();
    let ids: Vec<_> = definitions.as_array().expect("an array").iter().map(id).collect();
    client.get(&format!("{licenses}/definitions/{}", ids[0])).await.ok();
    client.get(&format!("{licenses}/definitions/pigeon")).await.refused(404);
    let own = async |user: &str| client.get(&format!("{licenses}/users/{user}")).await;
    let before = own(&agent).await.ok()["licenses"][0]["id"].clone();
    assert!(ids.iter().any(|id| before == *id), "{before}");
    let unknown = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    own(unknown).await.refused(404);
    let change = |license: &str, user: &str| json!({ "licenseId": license, "userIdsAdd": [user], "userIdsRemove": [] });
    let mut removal = change(before.as_str().expect("an id"), "");
    removal["userIdsAdd"] = json!([]);
    removal["userIdsRemove"] = json!([agent]);
    let changes =
        json!({ "assignments": [change("communicate", &agent), removal, change("communicate", unknown)] });
    let results = client.post(&format!("{licenses}/organization"), changes).await.ok();
    let results: Vec<_> =
        results.as_array().expect("an array").iter().map(|one| &one["result"]).cloned().collect();
    assert_eq!(results, ["success", "success", "user.not.found"]);
    let fetched = client.post(&format!("{licenses}/users"), json!([agent, unknown])).await.ok();
    assert_eq!(fetched.as_object().map(serde_json::Map::len), Some(1));
    assert_eq!(fetched[&agent]["licenses"], json!(["communicate"]));
    let listed = client.get(&format!("{licenses}/users?pageSize=100")).await.ok();
    assert_eq!(listed["total"], client.get("/api/v2/users").await.ok()["total"]);
    let roles = client.get("/api/v2/authorization/roles").await.ok();
    let inferred = client.post(&format!("{licenses}/infer"), json!([id(&roles["entities"][0])])).await.ok();
    assert_eq!(inferred.as_array().map(Vec::len), Some(1));
}
