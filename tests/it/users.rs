//! Users, the caller's own user, the search, queues.

use std::collections::HashSet;

use gcmock::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

/// 8 March 2026, midnight in London.
const START: u64 = 1_772_928_000_000_000_000;

/// A server with a frozen clock.
pub(crate) async fn mock() -> MockServer {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(START).no_latency();
    builder.start().await.expect("a free port")
}

/// An administrator of the default organization.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    pub(crate) fn of(mock: &MockServer) -> Self {
        Self { http: reqwest::Client::new(), base: mock.uri(), token: "pasted".to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// The caller as the organization's first client.
    async fn logged_in(&self, mock: &MockServer) -> Self {
        let (id, secret) = mock.credentials();
        self.logged_in_as(&id, &secret).await
    }

    /// The caller as a client of any id.
    pub(crate) async fn logged_in_as(&self, id: &str, secret: &str) -> Self {
        let login = self.http.post(format!("{}/oauth/token", self.base)).basic_auth(id, Some(secret));
        let answer = login.form(&[("grant_type", "client_credentials")]).send().await.expect("an answer");
        let body: Value = answer.json().await.expect("a token");
        Self { token: body["access_token"].as_str().expect("a token").to_owned(), ..self.clone() }
    }
}

/// The id of the seeded open messaging integration.
pub(crate) async fn open_integration(api: &Client) -> String {
    let (_, listed) = api.get("/api/v2/conversations/messaging/integrations/open").await;
    all(&listed["entities"], "id").swap_remove(0)
}

/// `key` of every entity.
pub(crate) fn all(entities: &Value, key: &str) -> Vec<String> {
    let entities = entities.as_array().expect("a list");
    entities.iter().map(|entity| entity[key].as_str().expect("a string").to_owned()).collect()
}

/// Every user that pages of `size` give, following `nextUri`.
async fn walk(api: &Client, size: u64, more: &str) -> (Vec<String>, u64) {
    let mut next = Some(format!("/api/v2/users?pageSize={size}{more}"));
    let (mut ids, mut total) = (Vec::new(), 0);
    while let Some(path) = next {
        let (status, page) = api.get(&path).await;
        assert_eq!(status, 200, "{page}");
        ids.extend(all(&page["entities"], "id"));
        total = page["total"].as_u64().expect("a count");
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    (ids, total)
}

#[tokio::test]
async fn every_user_is_on_exactly_one_page() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (ids, total) = walk(&api, 100, "").await;
    assert!(total > 500);
    assert_eq!(ids.len() as u64, total);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    assert_eq!(walk(&api, 37, "").await.0, ids, "the order is the same whatever the page's size");
    assert_eq!(walk(&api, 500, "&state=any").await.0, ids);
}

#[tokio::test]
async fn a_sort_order_sorts_by_name() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, page) = api.get("/api/v2/users?pageSize=3&sortOrder=descending").await;
    assert_eq!(all(&page["entities"], "name"), ["supervisor", "agent-99", "agent-98"]);
    let (_, page) = api.get("/api/v2/users?pageSize=2&sortOrder=Ascending").await;
    assert_eq!(all(&page["entities"], "name"), ["administrator", "agent-1"]);
    let (status, error) = api.get("/api/v2/users?sortOrder=sideways").await;
    assert_eq!((status, &error["code"]), (400, &json!("invalid.query.param.value")));
}

#[tokio::test]
async fn ids_are_understood_repeated_and_joined() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (ids, _) = walk(&api, 500, "").await;
    let (a, b) = (&ids[3], &ids[7]);
    let (_, repeated) = api.get(&format!("/api/v2/users?id={a}&id={b}")).await;
    let (_, joined) = api.get(&format!("/api/v2/users?id={b},{a}")).await;
    assert_eq!(all(&repeated["entities"], "id"), [a.as_str(), b.as_str()]);
    assert_eq!(repeated["entities"], joined["entities"]);
    let (_, none) = api.get("/api/v2/users?id=f8e5a3b2-0000-4000-8000-000000000000").await;
    assert_eq!(none["total"], 0);
}

#[tokio::test]
async fn a_user_is_found_by_id_and_by_name() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (status, user) = api.get("/api/v2/users/agent-17?expand=presence,routingStatus").await;
    assert_eq!(status, 200);
    let id = user["id"].as_str().expect("an id");
    let (_, by_id) = api.get(&format!("/api/v2/users/{id}?expand=presence&expand=routingStatus")).await;
    assert_eq!(user, by_id);
    insta::assert_json_snapshot!("user", user);
    let (status, error) = api.get("/api/v2/users/agent-100000").await;
    assert_eq!((status, &error["code"], &error["entityName"]), (404, &json!("not.found"), &json!("user")));
}

#[tokio::test]
async fn the_token_decides_who_me_is() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, me) = api.get("/api/v2/users/me").await;
    assert_eq!(me["name"], "administrator");
    let client = api.logged_in(&mock).await;
    let (status, me) = client.get("/api/v2/users/me?expand=organization,date").await;
    assert_eq!((status, &me["id"]), (200, &json!(mock.credentials().0)));
    insta::assert_json_snapshot!("me_of_a_client", me);
}

#[tokio::test]
async fn of_two_changes_of_one_version_at_once_one_is_refused() {
    let mock = mock().await;
    let api = Client::of(&mock);
    for round in 0..20 {
        let (title, department) = (format!("title {round}"), format!("department {round}"));
        let (one, other) = tokio::join!(
            api.patch("/api/v2/users/agent-1", json!({ "version": round + 1, "title": title })),
            api.patch("/api/v2/users/agent-1", json!({ "version": round + 1, "department": department })),
        );
        assert_eq!(one.0 + other.0, 600, "{one:?} {other:?}");
        let (_, user) = api.get("/api/v2/users/agent-1").await;
        let (title, department) = (user["title"] == json!(title), user["department"] == json!(department));
        assert_eq!((title, department), (one.0 == 200, other.0 == 200));
        assert_eq!(user["version"], round + 2);
    }
}

#[tokio::test]
async fn a_change_of_another_version_is_refused() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (status, user) = api.patch("/api/v2/users/agent-2", json!({ "version": 1, "title": "a" })).await;
    assert_eq!((status, &user["version"]), (200, &json!(2)));
    let (status, error) = api.patch("/api/v2/users/agent-2", json!({ "version": 1, "title": "b" })).await;
    assert_eq!((status, &error["code"]), (400, &json!("general.conflict")));
    let (_, user) = api.get("/api/v2/users/agent-2").await;
    assert_eq!((&user["title"], &user["version"]), (&json!("a"), &json!(2)));
}

#[tokio::test]
async fn a_field_of_the_wrong_type_changes_nothing() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, before) = api.get("/api/v2/users/agent-3").await;
    let long = "x".repeat(20_000);
    for (body, named) in [
        (json!({ "version": 1, "name": "", "title": "x" }), "name"),
        (json!({ "version": 1, "title": 3 }), "title"),
        (json!({ "version": 1, "addresses": {} }), "addresses"),
        (json!({ "version": 1, "acdAutoAnswer": "yes" }), "acdAutoAnswer"),
        (json!({ "version": "1" }), "version"),
        (json!({ "title": "x" }), "version"),
        (json!({ "version": 1, "state": "asleep" }), "state"),
        (json!({ "version": 1, "title": long }), "profile"),
        (json!(["title"]), "object"),
    ] {
        let (status, error) = api.patch("/api/v2/users/agent-3", body).await;
        let message = error["message"].as_str().expect("a message");
        assert!(status == 400 && message.contains(named), "{status} {message}");
    }
    assert_eq!(api.get("/api/v2/users/agent-3").await.1, before);
}

#[tokio::test]
async fn what_clients_may_not_set_stays() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, before) = api.get("/api/v2/users/agent-4").await;
    let body = json!({ "version": 1, "id": "x", "selfUri": "x", "presence": {}, "surprise": 1, "manager": before["id"] });
    let (status, after) = api.patch("/api/v2/users/agent-4", body).await;
    assert_eq!((status, &after["id"], &after["selfUri"]), (200, &before["id"], &before["selfUri"]));
    assert_eq!((&after["presence"], &after["surprise"]), (&Value::Null, &Value::Null));
    assert_eq!(after["manager"]["id"], before["id"]);
    let (_, after) = api.patch("/api/v2/users/agent-4", json!({ "version": 2, "manager": null })).await;
    assert_eq!(after["manager"], Value::Null);
}

#[tokio::test]
async fn a_renamed_user_keeps_id_and_place() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (before, _) = walk(&api, 500, "").await;
    let (_, user) = api
        .patch("/api/v2/users/agent-5", json!({ "version": 1, "name": "Ada", "email": "ada@x.example" }))
        .await;
    assert_eq!((&user["name"], &user["username"]), (&json!("Ada"), &json!("ada@x.example")));
    assert_eq!(api.get("/api/v2/users/Ada").await.1["id"], user["id"]);
    assert_eq!(api.get("/api/v2/users/agent-5").await.0, 404);
    assert_eq!(walk(&api, 500, "").await.0, before);
}

#[tokio::test]
async fn a_deleted_user_is_gone_until_restored() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, total) = walk(&api, 500, "").await;
    let (_, user) = api.get("/api/v2/users/agent-6").await;
    let path = user["selfUri"].as_str().expect("an address");
    assert_eq!(api.delete(path).await, (200, json!({})));
    assert_eq!(api.get(path).await.0, 404);
    assert_eq!(api.delete(path).await.0, 404);
    assert_eq!(api.put(&format!("{path}/routingstatus"), json!({ "status": "IDLE" })).await.0, 404);
    assert_eq!(walk(&api, 500, "").await.1, total - 1);
    let (_, gone) = api.get("/api/v2/users?state=deleted").await;
    assert_eq!(all(&gone["entities"], "name"), ["agent-6"]);
    assert_eq!(api.get(&format!("{path}?state=deleted")).await.1["state"], "deleted");
    assert_eq!(api.patch(path, json!({ "version": 2, "state": "active" })).await.0, 200);
    assert_eq!(walk(&api, 500, "").await.1, total);
}

#[tokio::test]
async fn a_created_user_comes_last_and_only_once() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let body = json!({ "name": "Grace", "email": "grace@x.example", "title": "Admiral", "divisionId": "" });
    let (status, user) = api.post("/api/v2/users", body.clone()).await;
    assert_eq!((status, &user["title"], &user["version"]), (200, &json!("Admiral"), &json!(1)));
    assert_eq!(walk(&api, 100, "").await.0.last().map(String::as_str), user["id"].as_str());
    let (status, error) = api.post("/api/v2/users", body).await;
    assert_eq!((status, &error["code"]), (409, &json!("general.conflict")));
    let (status, error) = api.post("/api/v2/users", json!({ "name": "Grace" })).await;
    assert!(status == 400 && error["message"].as_str().is_some_and(|message| message.contains("email")));
    let (status, error) = api.post("/api/v2/users", json!({ "name": "Ada", "email": "ada@x.example" })).await;
    assert_eq!((status, &error["messageParams"]["field"]), (400, &json!("divisionId")));
}

#[tokio::test]
async fn several_users_change_in_one_request() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, one) = api.get("/api/v2/users/agent-7").await;
    let (_, two) = api.get("/api/v2/users/agent-8").await;
    let body = json!([{ "id": one["id"], "title": "x" }, { "id": two["id"], "title": "y" }]);
    let (status, changed) = api.patch("/api/v2/users/bulk", body).await;
    assert_eq!((status, all(&changed["entities"], "title")), (200, vec!["x".to_owned(), "y".to_owned()]));
}

#[tokio::test]
async fn a_search_finds_by_name_and_email() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let search = |query: Value, size: u64| json!({ "pageSize": size, "pageNumber": 1, "query": query });
    let exact = json!([{ "type": "EXACT", "fields": ["email"], "value": "AGENT-9@rehearsal.example" }]);
    let (status, found) = api.post("/api/v2/users/search", search(exact, 25)).await;
    assert_eq!((status, all(&found["results"], "name")), (200, vec!["agent-9".to_owned()]));
    let both = json!([
        { "type": "EXACT", "fields": ["name"], "values": ["agent-10", "agent-11"] },
        { "type": "EXACT", "fields": ["name"], "value": "agent-11", "operator": "NOT" },
    ]);
    let (_, found) = api.post("/api/v2/users/search", search(both, 25)).await;
    assert_eq!(all(&found["results"], "name"), ["agent-10"]);
    let prefix = json!([{ "type": "STARTS_WITH", "fields": ["name", "email"], "value": "agent-49" }]);
    let (_, found) = api.post("/api/v2/users/search", search(prefix, 4)).await;
    assert_eq!((&found["total"], &found["pageCount"]), (&json!(11), &json!(3)));
    let mut names = all(&found["results"], "name");
    let mut next = found["nextPage"].as_str().map(str::to_owned);
    while let Some(path) = next {
        let (_, page) = api.get(&path).await;
        names.extend(all(&page["results"], "name"));
        next = page["nextPage"].as_str().map(str::to_owned);
    }
    assert_eq!((names.len(), names.iter().collect::<HashSet<_>>().len()), (11, 11));
}

#[tokio::test]
async fn a_search_that_is_not_understood_says_so() {
    let mock = mock().await;
    let api = Client::of(&mock);
    for (query, code) in [
        (json!([{ "type": "SIMILAR", "fields": ["name"], "value": "a.*" }]), "invalid.value"),
        (json!([{ "type": "EXACT", "operator": "XOR", "value": "a" }]), "invalid.value"),
        (json!([{ "fields": ["name"], "value": "a" }]), "constraint.validation"),
        (json!({ "name": "a" }), "invalid.value"),
        (json!([{ "type": "EXACT", "fields": ["name"], "values": vec!["a"; 200] }]), "bad.request"),
    ] {
        let (status, error) = api.post("/api/v2/users/search", json!({ "query": query })).await;
        assert_eq!((status, &error["code"]), (400, &json!(code)), "{query}");
    }
    assert_eq!(api.get("/api/v2/users/search?q64=!!").await.0, 400);
    assert_eq!(api.get("/api/v2/users/search").await.0, 400);
}

#[tokio::test]
async fn a_user_leaves_and_joins_queues() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, page) = api.get("/api/v2/users/agent-1/queues?pageSize=100").await;
    let queues = all(&page["entities"], "id");
    assert_eq!(page["total"], queues.len());
    let path = format!("/api/v2/users/agent-1/queues/{}", queues[0]);
    let (status, left) = api.patch(&path, json!({ "joined": false })).await;
    assert_eq!((status, &left["joined"]), (200, &json!(false)));
    let (_, joined) = api.get("/api/v2/users/agent-1/queues?joined=true").await;
    assert_eq!(all(&joined["entities"], "id"), queues[1..]);
    let body = json!([{ "id": queues[0], "joined": true }]);
    assert_eq!(api.patch("/api/v2/users/agent-1/queues", body).await.0, 200);
    assert_eq!(api.get("/api/v2/users/agent-1/queues?joined=true").await.1["total"], queues.len());
    assert_eq!(api.patch("/api/v2/users/agent-1/queues/x", json!({ "joined": true })).await.0, 404);
}

#[tokio::test]
async fn organizations_do_not_see_each_others_users() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let neighbour = crate::support::neighbour(&mock);
    let neighbour = api.logged_in_as(&neighbour.id, neighbour.secret.as_deref().unwrap_or_default()).await;
    let id = all(&neighbour.get("/api/v2/users").await.1["entities"], "id").pop().expect("a seeded user");
    assert_eq!(neighbour.get(&format!("/api/v2/users/{id}")).await.0, 200);
    assert_eq!(api.get(&format!("/api/v2/users/{id}")).await.0, 404);
}
