//! SCIM users and groups are the users and groups of the organization.

use serde_json::{Value, json};

use crate::rest::{Client, mock};
use crate::support::window;

const USERS: &str = "/api/v2/scim/v2/users";
const GROUPS: &str = "/api/v2/scim/v2/groups";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

async fn new_user(client: &Client) -> Value {
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "new@example.org",
        "displayName": "New", "externalId": "e-1", "title": "Agent" });
    client.post(USERS, body).await.done()
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
async fn a_directory_writes_the_endpoints_as_the_standard_does() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "userName": "entra@example.org", "displayName": "Entra" });
    let created = client.post("/api/v2/scim/v2/Users", body).await.done();
    let one = format!("/api/v2/scim/v2/Users/{}", id(&created));
    assert_eq!(client.get(&one).await.ok(), client.get(&format!("{USERS}/{}", id(&created))).await.ok());
    for endpoint in
        ["ServiceProviderConfig", "Schemas", "ResourceTypes", "Groups?filter=displayName%20eq%20%22x%22"]
    {
        client.get(&format!("/api/v2/scim/{endpoint}")).await.ok();
        client.get(&format!("/api/v2/scim/v2/{endpoint}")).await.ok();
    }
    client.get("/api/v2/Users/me").await.refused(404);
    assert_eq!(client.delete(&one).await.status, 204);
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

/// Sends operations to a resource.
async fn patch(client: &Client, path: &str, operations: Value) -> crate::rest::Answer {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    client.patch(path, json!({ "schemas": schemas, "Operations": operations })).await
}

#[tokio::test]
async fn an_operation_changes_what_its_path_selects() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let one = format!("{USERS}/{}", id(&new_user(&client).await));
    let numbers = json!([{ "value": "+1555001", "type": "work" }, { "value": "+1555002", "type": "home" }]);
    let set = json!([{ "op": "Add", "path": "PHONENUMBERS", "value": numbers }]);
    assert_eq!(patch(&client, &one, set).await.ok()["phoneNumbers"], numbers);
    let part = json!([
        { "op": "replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "+1555003" },
        { "op": "remove", "path": "phoneNumbers[value eq \"+1555002\" and type eq \"home\"]" },
        { "op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1555004" },
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "moved@example.org" },
    ]);
    let changed = patch(&client, &one, part).await.ok();
    let numbers = json!([{ "value": "+1555003", "type": "work" }, { "type": "mobile", "value": "+1555004" }]);
    assert_eq!((&changed["phoneNumbers"], &changed["userName"]), (&numbers, &json!("moved@example.org")));
    let whole = json!([{ "op": "replace", "value": { "title": "Lead",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Sales" } }]);
    let changed = patch(&client, &one, whole).await.ok();
    assert_eq!((&changed["title"], &changed[ENTERPRISE]["department"]), (&json!("Lead"), &json!("Sales")));
    let removed = patch(&client, &one, json!([{ "op": "remove", "path": "title" }])).await.ok();
    assert!(removed.get("title").is_none(), "{removed}");
    let renewed = json!([
        { "op": "remove", "path": "phoneNumbers" },
        { "op": "add", "path": "phoneNumbers[type eq \"fax\"].value", "value": "+1555005" },
        { "op": "replace", "path": ENTERPRISE, "value": null },
        { "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "Support" },
    ]);
    let renewed = patch(&client, &one, renewed).await.ok();
    assert_eq!(renewed["phoneNumbers"], json!([{ "type": "fax", "value": "+1555005" }]));
    assert_eq!(renewed[ENTERPRISE]["department"], "Support");
    for (filter, total) in [
        ("phoneNumbers.type eq \"fax\"", 1),
        ("phoneNumbers eq \"+1555005\"", 1),
        ("phoneNumbers.type eq \"work\"", 0),
        ("meta.resourceType eq \"User\" and USERNAME eq \"moved@example.org\"", 1),
    ] {
        let found = client
            .get(&format!("{USERS}?filter={}", filter.replace(' ', "%20").replace('+', "%2B")))
            .await
            .ok();
        assert_eq!(found["totalResults"], total, "{filter}");
    }
}

#[tokio::test]
async fn an_operation_that_can_not_be_done_has_the_type_of_scim() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = new_user(&client).await;
    let one = format!("{USERS}/{}", id(&user));
    let cases = [
        (json!({ "op": "replace", "path": "nickName", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[type eq \"work\"", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[type co \"work\"].value", "value": "x" }), "invalidFilter"),
        (json!({ "op": "replace", "path": "title.part", "value": "x" }), "invalidPath"),
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "remove", "path": "emails[type eq \"other\"]" }), "noTarget"),
        (
            json!({ "op": "replace", "path": "emails[type eq \"other\"].value", "value": "x@y.org" }),
            "noTarget",
        ),
        (json!({ "op": "replace", "value": "x" }), "invalidValue"),
        (json!({ "op": "replace", "path": "title" }), "invalidValue"),
        (json!({ "op": "replace", "path": "title", "value": 7 }), "invalidValue"),
        (json!({ "op": "replace", "path": "active", "value": "yes" }), "invalidValue"),
        (json!({ "op": "replace", "path": "phoneNumbers", "value": "x" }), "invalidValue"),
        (json!({ "op": "replace", "path": "userName", "value": "no address" }), "invalidValue"),
        (json!({ "op": "replace", "path": "displayName", "value": "n".repeat(300) }), "invalidValue"),
        (json!({ "op": "replace", "path": "title", "value": "n".repeat(20_000) }), "invalidValue"),
        (json!({ "op": "replace", "path": "externalId", "value": "n".repeat(20_000) }), "invalidValue"),
        (
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": "nobody" }),
            "invalidValue",
        ),
        (
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:division"), "value": "nowhere" }),
            "invalidValue",
        ),
        (
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:dateHire"), "value": "soon" }),
            "invalidValue",
        ),
        (json!({ "op": "remove", "path": "userName" }), "mutability"),
        (json!({ "op": "replace", "path": "groups", "value": [] }), "mutability"),
        (json!({ "op": "turn", "path": "active" }), "invalidValue"),
    ];
    for (operation, wanted) in cases {
        let answer = patch(&client, &one, json!([operation])).await;
        assert_eq!((answer.status.as_u16(), &answer.body["scimType"]), (400, &json!(wanted)), "{operation}");
    }
    assert_eq!(client.get(&one).await.ok(), user, "a refused operation changes nothing");
}

#[tokio::test]
async fn a_new_scim_user_has_the_bounds_of_a_user() {
    let mock = mock().await;
    let client = Client::new(&mock);
    new_user(&client).await;
    for body in [
        json!({ "userName": "no address", "displayName": "x" }),
        json!({ "userName": "x@example.org", "displayName": 7 }),
        json!({ "userName": "x@example.org", "displayName": "x", "title": {} }),
        json!({ "userName": "x@example.org", "displayName": "x", "active": "yes" }),
        json!({ "userName": "x@example.org", "displayName": "x", "title": "n".repeat(20_000) }),
    ] {
        let answer = client.post(USERS, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["scimType"]),
            (400, &json!("invalidValue")),
            "{body}"
        );
    }
    let again = client.post(USERS, json!({ "userName": "NEW@example.org", "displayName": "Again" })).await;
    assert_eq!((answer_status(&again), &again.body["scimType"]), (409, &json!("uniqueness")));
}

#[tokio::test]
async fn a_scim_group_has_members_that_exist_and_a_name() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let groups = client.get(&format!("{GROUPS}?filter=displayName%20eq%20%22Escalations%22")).await.ok();
    let group = format!("{GROUPS}/{}", id(&groups["Resources"][0]));
    for operation in [
        json!({ "op": "add", "path": "members", "value": [{ "value": "nobody" }] }),
        json!({ "op": "add", "path": "members", "value": [{ "display": "nobody" }] }),
        json!({ "op": "replace", "path": "displayName", "value": "n".repeat(300) }),
    ] {
        let answer = patch(&client, &group, json!([operation])).await;
        assert_eq!(
            (answer_status(&answer), &answer.body["scimType"]),
            (400, &json!("invalidValue")),
            "{operation}"
        );
    }
    let absent = json!([{ "op": "remove", "path": "members[value eq \"nobody\"]" }]);
    assert_eq!(patch(&client, &group, absent).await.body["scimType"], "noTarget");
}

fn answer_status(answer: &crate::rest::Answer) -> u16 {
    answer.status.as_u16()
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[tokio::test]
async fn the_enterprise_extension_is_that_of_the_user() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let manager = client.get("/api/v2/users?pageSize=1").await.ok()["entities"][0]["id"].clone();
    let division = client
        .post("/api/v2/authorization/divisions", json!({ "name": "North", "description": "" }))
        .await
        .ok();
    let extension = json!({ "department": "Sales", "division": "North", "employeeNumber": "17",
        "dateHire": "2026-01-31", "manager": { "value": manager } });
    let body = json!({ "userName": "e@example.org", "displayName": "E", ENTERPRISE: extension });
    let created = client.post(USERS, body).await.done();
    let native = client.get(&format!("/api/v2/users/{}?expand=employerInfo", id(&created))).await.ok();
    assert_eq!(
        (&native["department"], &native["division"]["id"], &native["manager"]["id"]),
        (&json!("Sales"), &division["id"], &manager)
    );
    assert_eq!(native["employerInfo"], json!({ "employeeId": "17", "dateHire": "2026-01-31" }));
    let shown = client.get(&format!("{USERS}/{}", id(&created))).await.ok();
    for (key, value) in extension.as_object().expect("an object").iter().filter(|(key, _)| *key != "manager")
    {
        assert_eq!(&shown[ENTERPRISE][key], value, "{key}");
    }
    assert_eq!(shown[ENTERPRISE]["manager"]["value"], manager);
    let path = format!("/api/v2/users/{}", id(&created));
    client.patch(&path, json!({ "department": "Support", "version": native["version"] })).await.ok();
    let shown = client.get(&format!("{USERS}/{}", id(&created))).await.ok();
    assert_eq!(shown[ENTERPRISE]["department"], "Support");
}

#[tokio::test]
async fn a_scim_resource_has_a_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "userName": "v@example.org", "displayName": "V" });
    let created = client.post(USERS, body.clone()).await;
    assert_eq!((answer_status(&created), created.header("etag")), (201, "W/\"1\""));
    assert_eq!(created.header("location"), created.body["meta"]["location"]);
    let groups = client.get(&format!("{GROUPS}?filter=displayName%20eq%20%22Escalations%22")).await.ok();
    let group = &groups["Resources"][0];
    let resources = [
        (created.header("location").to_owned(), body),
        (format!("{GROUPS}/{}", id(group)), json!({ "displayName": "G" })),
    ];
    let http = reqwest::Client::new();
    for (path, body) in resources {
        let send = |method: reqwest::Method, header: &'static str, value: &str| {
            let request = http.request(method, format!("{}{path}", mock.uri())).bearer_auth(client.token());
            request.header(header, value).json(&body).send()
        };
        let tag = client.get(&path).await.header("etag").to_owned();
        for known in [tag.clone(), format!("W/\"99\", {tag}"), "*".to_owned()] {
            let answer = send(reqwest::Method::GET, "if-none-match", &known).await.expect("an answer");
            assert_eq!(
                (answer.status().as_u16(), answer.headers()["etag"].to_str().ok()),
                (304, Some(&*tag))
            );
        }
        let answer = send(reqwest::Method::GET, "if-none-match", "W/\"99\"").await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let answer = send(reqwest::Method::PUT, "if-match", "W/\"99\"").await.expect("an answer");
        assert_eq!(answer.status(), 409);
        let answer = send(reqwest::Method::PUT, "if-match", &tag).await.expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_ne!(answer.headers()["etag"].to_str().ok(), Some(&*tag));
    }
}

#[tokio::test]
async fn limits_and_filters_take_paths_of_scim_as_directories_write_them() {
    let limits = window("directory", "tenant", "GET /api/v2/scim/v2/Users", 1, "");
    let mock = crate::support::mock(&limits).await;
    let client = Client::new(&mock);
    let users = client.get("/api/v2/scim/v2/Users").await.ok();
    assert_eq!(client.get(USERS).await.status, 429);
    let one = format!("/api/v2/scim/v2/Users/{}", id(&users["Resources"][0]));
    client.get(&one).await.ok();
    for (operation, expected) in [("/api/v2/scim/v2/Users", 2), (&*one, 1)] {
        let found = client.get(&format!("/__admin/requests?operation=GET+{operation}")).await.ok();
        assert_eq!(found["requests"].as_array().map(Vec::len), Some(expected), "{operation}: {found}");
    }
}
