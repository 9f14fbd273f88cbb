//! Groups, teams, locations, stations, roles and grants.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const GROUPS: &str = "/api/v2/groups";
const TEAMS: &str = "/api/v2/teams";
const ROLES: &str = "/api/v2/authorization/roles";
const SUBJECTS: &str = "/api/v2/authorization/subjects";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

async fn user(client: &Client, name: &str) -> String {
    id(&client.get(&format!("/api/v2/users/{name}")).await.ok())
}

fn new_group(name: &str) -> Value {
    json!({ "name": name, "type": "official", "rulesVisible": true, "visibility": "members", "ownerIds": [] })
}

#[tokio::test]
async fn a_user_that_is_added_to_a_group_is_a_member_everywhere() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, group) = (user(&client, "agent-9").await, client.post(GROUPS, new_group("Mine")).await.ok());
    assert_eq!(
        (&group["version"], &group["memberCount"], &group["owners"]),
        (&json!(1), &json!(0), &json!([]))
    );
    assert!(group.get("ownerIds").is_none(), "{group}");
    let one = format!("{GROUPS}/{}", id(&group));
    let add = json!({ "memberIds": [agent], "version": 1 });
    let added = client.post(&format!("{one}/members"), add.clone()).await;
    assert_eq!((added.status.as_u16(), added.body), (202, json!({})));
    let members = client.get(&format!("{one}/members")).await.ok();
    assert_eq!(
        (all(&members, "id"), all(&members, "name")),
        (vec![agent.clone()], vec!["agent-9".to_owned()])
    );
    let changed = client.get(&one).await.ok();
    assert_eq!((&changed["version"], &changed["memberCount"]), (&json!(2), &json!(1)));
    assert_eq!(client.post(&format!("{one}/members"), add).await.refused(409), "general.conflict");
    let expanded = client.get("/api/v2/users/agent-9?expand=groups").await.ok();
    assert_eq!(expanded["groups"][0]["name"], "Mine");
    let unknown = json!({ "memberIds": [UNKNOWN], "version": 2 });
    assert_eq!(client.post(&format!("{one}/members"), unknown).await.refused(400), "resource.not.found");
    assert_eq!(client.delete(&format!("{one}/members?ids={agent}")).await.status, 202);
    assert_eq!(client.get(&format!("{one}/members")).await.ok()["total"], 0);
    client.delete(&format!("{one}/members")).await.refused(400);
}

#[tokio::test]
async fn a_group_has_owners_a_unique_name_and_a_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let owner = user(&client, "supervisor").await;
    let mut body = new_group("Owned");
    body["ownerIds"] = json!([owner]);
    let group = client.post(GROUPS, body.clone()).await.ok();
    assert_eq!(group["owners"][0]["id"], json!(owner));
    assert_eq!(client.post(GROUPS, body).await.refused(400), "group.name.in.use");
    let one = format!("{GROUPS}/{}", id(&group));
    assert_eq!(client.put(&one, json!({ "version": 7 })).await.refused(409), "general.conflict");
    let put = client.put(&one, json!({ "version": 1, "description": "d", "ownerIds": [] })).await.ok();
    assert_eq!((&put["description"], &put["owners"], &put["version"]), (&json!("d"), &json!([]), &json!(2)));
    let dangling = json!({ "version": 2, "ownerIds": [UNKNOWN] });
    assert_eq!(client.put(&one, dangling).await.refused(400), "resource.not.found");
    let search = json!({ "query": [{ "type": "EXACT", "fields": ["name"], "value": "owned" }] });
    let found = client.post(&format!("{GROUPS}/search"), search).await.ok();
    assert_eq!((&found["total"], &found["results"][0]["id"]), (&json!(1), &group["id"]));
    assert_eq!(client.delete(&one).await.status, 204);
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn a_deleted_user_is_a_member_of_nothing() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let agent = user(&client, "agent-1").await;
    let desk = client.get(GROUPS).await.ok()["entities"][0].clone();
    let before = desk["memberCount"].as_u64().expect("a count");
    client.delete(&format!("/api/v2/users/{agent}")).await.ok();
    assert_eq!(client.get(&format!("{GROUPS}/{}", id(&desk))).await.ok()["memberCount"], before - 1);
    let north = client.get(TEAMS).await.ok()["entities"][0].clone();
    assert_eq!(north["memberCount"], 4);
    client.get(&format!("{SUBJECTS}/{agent}")).await.refused(404);
}

#[tokio::test]
async fn a_user_is_in_one_team() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let agent = user(&client, "agent-1").await;
    let team = client.post(TEAMS, json!({ "name": "Mine" })).await.ok();
    let members = format!("{TEAMS}/{}/members", id(&team));
    let added = client.post(&members, json!({ "memberIds": [agent, UNKNOWN] })).await.ok();
    assert_eq!((all(&added, "id"), &added["failures"][0]["id"]), (vec![agent.clone()], &json!(UNKNOWN)));
    assert_eq!(all(&client.get(&members).await.ok(), "name"), ["agent-1"]);
    assert_eq!(client.get("/api/v2/users/agent-1?expand=team").await.ok()["team"]["name"], "Mine");
    let north = client.get(&format!("{TEAMS}?name=Team+North")).await.ok();
    assert_eq!(north["entities"][0]["memberCount"], 4);
    assert_eq!(client.delete(&format!("{members}?id={agent}")).await.status, 204);
    assert!(client.get("/api/v2/users/agent-1?expand=team").await.ok().get("team").is_none());
    assert_eq!(client.delete(&format!("{TEAMS}/{}", id(&team))).await.status, 204);
}

#[tokio::test]
async fn a_location_is_created_found_and_changed_by_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/locations";
    assert_eq!(all(&client.get(path).await.ok(), "name"), ["Chicago", "Singapore"]);
    let body = json!({ "name": "London", "address": { "city": "London", "country": "GB" } });
    let location = client.post(path, body).await.ok();
    assert_eq!((&location["version"], &location["state"]), (&json!(1), &json!("active")));
    let one = format!("{path}/{}", id(&location));
    client.patch(&one, json!({ "name": "London", "version": 9 })).await.refused(409);
    assert_eq!(client.patch(&one, json!({ "name": "Leeds", "version": 1 })).await.ok()["version"], 2);
    let search = json!({ "query": [{ "type": "TERM", "fields": ["city"], "value": "london" }] });
    assert_eq!(client.post(&format!("{path}/search"), search).await.ok()["results"][0]["name"], "Leeds");
    assert_eq!(client.get(&format!("{one}/sublocations")).await.ok()["total"], 0);
    assert_eq!(client.delete(&one).await.status, 204);
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn a_user_logs_on_to_a_station_that_is_free() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let stations = client.get("/api/v2/stations").await.ok();
    let desk = stations["entities"].as_array().expect("stations")[2].clone();
    assert_eq!((&desk["name"], &desk["status"]), (&json!("Front desk"), &json!("AVAILABLE")));
    let own = "/api/v2/users/supervisor/station";
    assert_eq!(client.get(own).await.ok(), json!({}));
    let log_on = format!("associatedstation/{}", id(&desk));
    let answer = client.put(&format!("{own}/{log_on}"), Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body), (202, Value::Null));
    assert_eq!(client.get(own).await.ok()["associatedStation"]["id"], desk["id"]);
    let taken = client.put(&format!("/api/v2/users/agent-1/station/{log_on}"), Value::Null).await;
    assert_eq!(taken.refused(409), "userservice.stationalreadyassociated");
    let shown = client.get(&format!("/api/v2/stations/{}", id(&desk))).await.ok();
    assert_eq!((&shown["status"], shown["userId"].is_string()), (&json!("ASSOCIATED"), true));
    let expanded = client.get("/api/v2/users/supervisor?expand=station").await.ok();
    assert_eq!(expanded["station"]["effectiveStation"]["name"], "Front desk");
    assert_eq!(client.delete(&format!("{own}/associatedstation")).await.status, 202);
    assert_eq!(client.put(&format!("{own}/defaultstation/{}", id(&desk)), Value::Null).await.status, 202);
    assert_eq!(client.get(own).await.ok()["effectiveStation"]["id"], desk["id"]);
    client.put(&format!("{own}/defaultstation/{UNKNOWN}"), Value::Null).await.refused(404);
}

#[tokio::test]
async fn roles_are_granted_to_users_and_taken_back() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let agent = user(&client, "agent-1").await;
    let body = json!({ "name": "Auditor", "permissionPolicies": [
        { "domain": "audits", "entityName": "audit", "actionSet": ["view"], "allowConditions": false }] });
    let role = client.post(ROLES, body.clone()).await.ok();
    assert_eq!(role["permissionPolicies"][0]["actionSet"], json!(["view"]));
    client.post(ROLES, body).await.refused(409);
    let one = format!("{ROLES}/{}", id(&role));
    assert_eq!(client.put(&format!("{one}/users/add"), json!([agent])).await.ok(), json!([agent]));
    client.put(&format!("{one}/users/add"), json!([UNKNOWN])).await.refused(404);
    assert_eq!(all(&client.get(&format!("{one}/users")).await.ok(), "id"), std::slice::from_ref(&agent));
    let roles = client.get(&format!("/api/v2/users/{agent}/roles")).await.ok();
    let names: Vec<_> =
        roles["roles"].as_array().expect("roles").iter().map(|role| role["name"].clone()).collect();
    assert_eq!(names, ["Employee", "User", "Auditor"]);
    assert!(roles["permissions"].as_array().expect("permissions").contains(&json!("audits:audit:view")));
    let found = client.get(&format!("{ROLES}?permission=audits:audit:view")).await.ok();
    assert_eq!(all(&found, "name"), ["Master Admin", "Auditor"]);
    let expanded = client.get("/api/v2/users/agent-1?expand=authorization").await.ok();
    assert_eq!(expanded["authorization"], roles);
    assert_eq!(client.put(&format!("{one}/users/remove"), json!([agent])).await.ok(), json!([agent]));
    assert_eq!(client.get(&format!("{one}/users")).await.ok()["total"], 0);
    let set = client.put(&format!("/api/v2/users/{agent}/roles"), json!([id(&role)])).await.ok();
    assert_eq!(set["roles"], json!([{ "id": id(&role), "name": "Auditor" }]));
    assert_eq!(client.delete(&one).await.status, 204);
    assert_eq!(client.get(&format!("/api/v2/users/{agent}/roles")).await.ok()["roles"], json!([]));
}

#[tokio::test]
async fn a_subject_has_the_grants_that_were_made_to_it_and_to_its_groups() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, group) = (user(&client, "agent-9").await, client.post(GROUPS, new_group("Mine")).await.ok());
    let subject = format!("{SUBJECTS}/{}", id(&group));
    assert_eq!(client.get(&subject).await.ok()["grants"], json!([]));
    let role = client.post(ROLES, json!({ "name": "Auditor" })).await.ok();
    let home = client.get("/api/v2/authorization/divisions/home").await.ok();
    let grant = format!("divisions/{}/roles/{}", id(&home), id(&role));
    assert_eq!(client.post(&format!("{subject}/{grant}"), json!({})).await.status, 204);
    let granted = client.get(&subject).await.ok();
    assert_eq!(granted["grants"][0]["role"]["name"], "Auditor");
    assert_eq!(
        (&granted["grants"][0]["division"], granted["grants"].as_array().map(Vec::len)),
        (&home, Some(1))
    );
    client.post(&format!("{GROUPS}/{}/members", id(&group)), json!({ "memberIds": [agent] })).await;
    let of_user = client.get(&format!("{SUBJECTS}/{agent}")).await.ok();
    assert_eq!(of_user["grants"].as_array().map(Vec::len), Some(3), "two of its own, one of the group");
    let bulk = json!({ "grants": [{ "roleId": id(&role), "divisionId": "*" }] });
    assert_eq!(client.post(&format!("{subject}/bulkreplace"), bulk.clone()).await.status, 204);
    assert_eq!(client.get(&subject).await.ok()["grants"][0]["division"]["id"], "*");
    client.post(&format!("{subject}/bulkremove"), bulk).await;
    assert_eq!(client.get(&subject).await.ok()["grants"], json!([]));
    let wrong = json!({ "grants": [{ "roleId": UNKNOWN, "divisionId": "*" }] });
    assert_eq!(client.post(&format!("{subject}/bulkadd"), wrong).await.refused(400), "resource.not.found");
    client.delete(&format!("{subject}/{grant}")).await.refused(404);
    client.get(&format!("{SUBJECTS}/{UNKNOWN}")).await.refused(404);
}

#[tokio::test]
async fn permissions_and_permitted_divisions_are_listed() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let found = client.get("/api/v2/authorization/permissions?query=queueMember").await.ok();
    assert_eq!((all(&found, "domain"), &found["total"]), (vec!["routing".to_owned()], &json!(1)));
    let path = "/api/v2/authorization/divisionspermitted";
    let permitted = client.get(&format!("{path}/me?permission=routing:queue:view")).await.ok();
    assert_eq!(permitted.as_array().map(Vec::len), Some(3));
    client.get(&format!("{path}/me")).await.refused(400);
    let paged = client.get(&format!("{path}/paged/me?permission=a&pageSize=1")).await.ok();
    assert_eq!((&paged["allDivsPermitted"], &paged["total"]), (&json!(true), &json!(3)));
    let own = client.get(&format!("{SUBJECTS}/me")).await.ok();
    assert_eq!(
        (&own["name"], &own["grants"][0]["role"]["name"]),
        (&json!("administrator"), &json!("Master Admin"))
    );
}

#[tokio::test]
async fn users_are_searched_by_ranges_and_expressions() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let names = async |criterion: Value| {
        let found =
            client.post("/api/v2/users/search", json!({ "query": [criterion], "sortBy": "name" })).await.ok();
        let results = found["results"].as_array().cloned().unwrap_or_default();
        results.iter().map(|user| user["name"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let fields = json!(["name"]);
    assert_eq!(
        names(json!({ "type": "REGEX", "fields": fields, "value": "agent-10[1-2]" })).await,
        ["agent-101", "agent-102"]
    );
    let range =
        json!({ "type": "RANGE", "fields": fields, "startValue": "agent-98", "endValue": "agent-99" });
    assert_eq!(names(range).await, ["agent-98", "agent-99"]);
    for (kind, value, expected) in [
        ("GREATER_THAN", "agent-99", vec!["supervisor"]),
        ("GREATER_THAN_EQUAL_TO", "supervisor", vec!["supervisor"]),
        ("LESS_THAN", "agent-1", vec!["administrator"]),
        ("LESS_THAN_EQUAL_TO", "administrator", vec!["administrator"]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
        let found = names(json!({ "type": kind, "fields": fields, "value": value })).await;
        assert_eq!(found[..1], expected[..1], "{kind}");
    }
}

#[tokio::test]
async fn a_put_of_a_group_takes_away_what_it_leaves_out_and_keeps_its_name() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let mut body = new_group("Old");
    body["description"] = json!("Gone");
    let created = client.post(GROUPS, body).await.ok();
    let one = format!("{GROUPS}/{}", id(&created));
    let put = client.put(&one, json!({ "version": created["version"] })).await.ok();
    assert_eq!((&put["name"], &put["description"]), (&json!("Old"), &Value::Null));
    let renamed = client.put(&one, json!({ "version": put["version"], "name": "New" })).await.ok();
    assert_eq!((&renamed["name"], &renamed["visibility"]), (&json!("New"), &created["visibility"]));
}
