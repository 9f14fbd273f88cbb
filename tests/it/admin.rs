//! The control plane over a socket: each route, and failures that change nothing.

use std::time::Duration;

use gcmock::MockServer;
use http::{Method, StatusCode};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

const LIMITS: &str = include_str!("admin/limits.toml");

/// 2026-03-08T00:00:00Z.
const START: u64 = 1_772_928_000_000_000_000;

async fn mock() -> MockServer {
    let builder = MockServer::builder().limits_toml(LIMITS).manual_clock_at(START);
    builder.start().await.expect("a port is free")
}

/// A status and a JSON body; no body is null.
type Told = (StatusCode, Value);

async fn told(request: reqwest::RequestBuilder) -> Told {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let json = response.headers().get("content-type").is_some_and(|of| of == "application/json");
    let text = response.text().await.expect("a body");
    assert!(json || text.is_empty(), "{status} is not JSON: {text}");
    let body = if text.is_empty() { Value::Null } else { text.parse().expect("JSON") };
    (status, body)
}

fn ask(mock: &MockServer, method: Method, path: &str) -> reqwest::RequestBuilder {
    reqwest::Client::new().request(method, format!("{}{path}", mock.uri()))
}

async fn get(mock: &MockServer, path: &str) -> Told {
    told(ask(mock, Method::GET, path)).await
}

async fn send(mock: &MockServer, method: Method, path: &str, body: Value) -> Told {
    told(ask(mock, method, path).json(&body)).await
}

async fn put_limits(mock: &MockServer, media_type: &str, text: impl Into<String>) -> Told {
    let request = ask(mock, Method::PUT, "/__admin/limits").header("content-type", media_type);
    told(request.body(text.into())).await
}

/// Asks the emulated platform something with a pasted token.
async fn emulated(mock: &MockServer, method: Method, path: &str, bearer: &str) -> StatusCode {
    let request = ask(mock, method, path).bearer_auth(bearer);
    request.send().await.expect("an answer").status()
}

/// The message of a 400.
fn why((status, body): Told) -> String {
    assert_eq!(status, 400, "{body}");
    assert_eq!((&body["code"], &body["status"]), (&json!("bad.request"), &json!(400)));
    body["message"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn health_and_readiness_are_told() {
    let mock = mock().await;
    let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
    let ok = |scenarios: &[&str]| {
        let body = json!({ "status": "ok", "version": version, "pid": pid, "scenarios": scenarios });
        (StatusCode::OK, body)
    };
    for path in ["/__admin/health", "/__admin/ready"] {
        assert_eq!(get(&mock, path).await, ok(&[]), "{path}");
    }
    let scenario = MockServer::builder().scenario("wem-availability").start().await.expect("a free port");
    assert_eq!(get(&scenario, "/__admin/health").await, ok(&["wem-availability"]));
}

#[tokio::test]
async fn the_index_lists_routes_that_exist() {
    let mock = mock().await;
    let (_, index) = get(&mock, "/__admin").await;
    assert_json_snapshot!(index, { ".version" => "VERSION" });
    assert_eq!(get(&mock, "/").await.1, index);
    for route in index["routes"].as_array().expect("routes") {
        let method: Method = route["method"].as_str().expect("a method").parse().expect("a method");
        let path = route["path"].as_str().expect("a path");
        let response = ask(&mock, method, path).send().await.expect("an answer");
        assert_ne!(response.status(), 405, "{route}");
        let body = response.text().await.expect("a body");
        assert!(!body.contains("\"routes\":[\""), "no such route: {route}");
    }
}

#[tokio::test]
async fn the_limits_in_force_are_shown_with_their_totals() {
    assert_json_snapshot!(get(&mock().await, "/__admin/limits").await.1);
}

#[tokio::test]
async fn limits_are_replaced_by_toml_and_by_json() {
    let mock = mock().await;
    let less = LIMITS.replace("capacity  = 300", "capacity  = 7");
    let (status, body) = put_limits(&mock, "application/toml; charset=utf-8", less).await;
    assert_eq!((status, &body["limits"][0]["capacity"]), (StatusCode::OK, &json!(7)));
    let limit = json!({ "name": "one", "namespace": "n", "key": "k", "scope": ["user"],
        "match": ["GET /api/v2/organizations/me"], "algorithm": "fixed-window", "capacity": 1, "period": "1m" });
    let (status, body) = send(&mock, Method::PUT, "/__admin/limits", json!({ "limit": [limit] })).await;
    assert_eq!((status, &body["limits"][0]["name"]), (StatusCode::OK, &json!("one")));
    assert_eq!(get(&mock, "/__admin/limits").await.1["limits"], body["limits"]);
    assert_eq!(send(&mock, Method::POST, "/__admin/reset", Value::Null).await.0, 204);
    assert_eq!(get(&mock, "/__admin/limits").await.1["limits"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn the_levels_of_a_limit_that_comes_back_within_a_minute_are_kept() {
    let limits = by_scopes(&["\"tenant\""]);
    let builder = MockServer::builder().limits_toml(limits.as_str()).manual_clock_at(START);
    let mock = builder.start().await.expect("a port is free");
    let path = "/api/v2/organizations/me";
    let hour = limits.replace("60s", "1h");
    let more = hour.replace("capacity = 3", "capacity = 4");
    for (limits, status) in
        [(&hour, 200), (&hour, 200), (&hour, 200), (&hour, 429), (&more, 200), (&more, 429)]
    {
        assert_eq!(send(&mock, Method::PUT, "/__admin/limits", json!({})).await.0, 200);
        mock.advance(Duration::from_secs(59));
        assert_eq!(put_limits(&mock, "application/toml", limits.as_str()).await.0, 200);
        assert_eq!(emulated(&mock, Method::GET, path, "a").await, status);
    }
    assert_eq!(send(&mock, Method::PUT, "/__admin/limits", json!({})).await.0, 200);
    assert_eq!(emulated(&mock, Method::GET, path, "a").await, 200, "no limit is in force");
    mock.advance(Duration::from_secs(60));
    assert_eq!(put_limits(&mock, "application/toml", more.as_str()).await.0, 200);
    assert_eq!(emulated(&mock, Method::GET, path, "a").await, 200, "its levels are gone");
}

#[tokio::test]
async fn a_bad_limits_file_changes_nothing_and_every_problem_is_told() {
    let mock = mock().await;
    let before = get(&mock, "/__admin/limits").await;
    let bad = LIMITS.replace("capacity  = 300", "capacity  = 0").replace("\"60s\"", "\"soon\"");
    let (status, body) = put_limits(&mock, "application/toml", bad).await;
    assert_eq!(status, 400);
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    let (status, body) =
        send(&mock, Method::PUT, "/__admin/limits", json!({ "limit": [{ "nmae": 1 }] })).await;
    assert_eq!((status, body["problems"].is_array()), (StatusCode::BAD_REQUEST, true));
    for (media_type, text) in [("application/json", "{"), ("application/toml", "[[limit")] {
        assert_eq!(put_limits(&mock, media_type, text).await.0, 400);
    }
    for media_type in ["text/plain", "application/xml"] {
        let (status, body) = put_limits(&mock, media_type, LIMITS).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!("unsupported.media.type"))
        );
    }
    let (status, body) = put_limits(&mock, "application/toml", " ".repeat((4 << 20) + 1)).await;
    assert_eq!((status, &body["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("request.entity.too.large")));
    assert_eq!(get(&mock, "/__admin/limits").await, before);
}

#[tokio::test]
async fn a_bucket_that_has_refilled_is_listed_with_its_highest_level() {
    let limits = by_scopes(&["\"token\""]);
    let builder = MockServer::builder().limits_toml(limits.as_str()).manual_clock_at(START);
    let mock = builder.start().await.expect("a port is free");
    for _ in 0..2 {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    }
    mock.advance(Duration::from_secs(61));
    let (_, listed) = get(&mock, "/__admin/limits/by-token/buckets").await;
    let bucket = &listed["buckets"][0];
    assert_eq!(
        (&bucket["level"], &bucket["highest"], &bucket["capacity"]),
        (&json!(0), &json!(2), &json!(3))
    );
}

#[tokio::test]
async fn an_answer_repeats_little_of_a_huge_body() {
    let mock = mock().await;
    let huge = "[".repeat(1 << 18);
    let limit = |name: &str| format!("[[limit]]\nname = \"{name}\"\nmatch = [\"{name}\"]\n");
    for (media_type, text) in [
        ("application/toml", huge.clone()),
        ("application/toml", limit(&huge)),
        ("application/toml", format!("{}{}", limit(&huge), limit(&huge))),
        ("application/json", huge.clone()),
        (
            "application/json",
            json!({ huge.as_str(): 1, "limit": [{ huge.as_str(): 1, "name": huge }] }).to_string(),
        ),
    ] {
        let (status, body) = put_limits(&mock, media_type, text).await;
        assert_eq!(status, 400);
        assert!(body.to_string().len() < 20_000, "{} bytes", body.to_string().len());
    }
    let (status, body) = send(&mock, Method::POST, "/__admin/verify", json!({ "expect": huge })).await;
    assert_eq!(status, 400);
    assert!(
        body.to_string().len() < 2000 && body["message"].as_str().expect("a string").contains("line 1"),
        "{body}"
    );
}

#[tokio::test]
async fn buckets_are_listed_and_refilled_by_the_name_of_their_limit() {
    let mock = mock().await;
    let path = "/__admin/limits/users-per-minute/buckets";
    let (status, body) = get(&mock, &format!("{path}?limit=5")).await;
    assert_eq!((status, body["buckets"].is_array()), (StatusCode::OK, true));
    assert_eq!(send(&mock, Method::DELETE, path, Value::Null).await, (StatusCode::NO_CONTENT, Value::Null));
    for method in [Method::GET, Method::DELETE] {
        let (status, body) = told(ask(&mock, method, "/__admin/limits/user%20s/buckets")).await;
        assert_eq!(status, 404);
        assert_eq!(body["message"], "Unknown limit user s. In force: users-per-minute, messages, places");
    }
    assert!(why(get(&mock, &format!("{path}?limit=few")).await).contains("limit=few"));
    assert!(why(get(&mock, &format!("{path}?count=5")).await).contains("expected: limit"));
    assert!(why(get(&mock, "/__admin/limits/%ff/buckets").await).contains("UTF-8"));
}

#[tokio::test]
async fn the_clock_is_stopped_let_go_and_moved() {
    let mock = mock().await;
    let start = json!({ "now": "2026-03-08T00:00:00.000Z", "mode": "manual" });
    assert_eq!(get(&mock, "/__admin/clock").await.1, start);
    let advance = json!({ "action": "advance", "by": "90m" });
    let (status, body) = send(&mock, Method::PUT, "/__admin/clock", advance).await;
    let later = json!({ "now": "2026-03-08T01:30:00.000Z", "mode": "manual" });
    assert_eq!((status, body), (StatusCode::OK, later));
    let (_, resumed) = send(&mock, Method::PUT, "/__admin/clock", json!({ "action": "resume" })).await;
    assert_eq!(resumed["mode"], "system");
    let (_, frozen) = send(&mock, Method::PUT, "/__admin/clock", json!({ "action": "freeze" })).await;
    assert_eq!(frozen["mode"], "manual");
    assert_eq!(get(&mock, "/__admin/clock").await.1, frozen);
}

#[tokio::test]
async fn what_the_clock_does_not_understand_leaves_it_alone() {
    let mock = mock().await;
    for bad in [
        json!({ "action": "rewind" }),
        json!({ "action": "advance" }),
        json!({ "action": "advance", "by": "soon" }),
        json!({ "action": "advance", "by": "-1s" }),
        json!({ "action": "advance", "by": 60 }),
        json!({ "action": "freeze", "by": "1s" }),
        json!({ "action": "advance", "by": "1s", "twice": true }),
        json!({ "by": "1s" }),
        json!([]),
    ] {
        let told = send(&mock, Method::PUT, "/__admin/clock", bad.clone()).await;
        assert!(!why(told).is_empty(), "{bad}");
    }
    for _ in 0..4 {
        let century = json!({ "action": "advance", "by": "876000h" });
        assert_eq!(send(&mock, Method::PUT, "/__admin/clock", century).await.0, 200);
    }
    let before = get(&mock, "/__admin/clock").await;
    let too_far = json!({ "action": "advance", "by": "876000h" });
    assert!(why(send(&mock, Method::PUT, "/__admin/clock", too_far).await).contains("year 2500"));
    assert_eq!(get(&mock, "/__admin/clock").await, before);
}

#[tokio::test]
async fn agents_are_listed_and_changed_by_id_or_name() {
    let mock = mock().await;
    let (_, body) = get(&mock, "/__admin/agents?limit=2").await;
    assert_json_snapshot!(body);
    assert_eq!(get(&mock, "/__admin/agents").await.1["agents"].as_array().map(Vec::len), Some(100));
    mock.advance(Duration::from_secs(1));
    let status = json!({ "status": "On Break" });
    let (code, changed) = send(&mock, Method::PUT, "/__admin/agents/agent-1", status.clone()).await;
    assert_eq!(code, 200);
    assert_eq!(
        (&changed["status"], &changed["statusSince"]),
        (&json!("On Break"), &json!("2026-03-08T00:00:01.000Z"))
    );
    let second = body["agents"][1]["id"].as_str().expect("an id");
    assert_eq!(send(&mock, Method::PUT, &format!("/__admin/agents/{second}"), status).await.0, 200);
    let (_, after) = get(&mock, "/__admin/agents?limit=2").await;
    assert_eq!((&after["agents"][0], &after["agents"][1]["status"]), (&changed, &json!("On Break")));
}

#[tokio::test]
async fn a_change_that_no_agent_can_make_is_refused() {
    let mock = mock().await;
    let before = get(&mock, "/__admin/agents?limit=1000").await;
    let put = |path: &'static str, body| send(&mock, Method::PUT, path, body);
    let (status, body) = put("/__admin/agents/agent-1", json!({ "status": "Lunch" })).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("invalid.value")));
    assert!(body["message"].as_str().is_some_and(|text| text.contains("On Break")));
    for bad in [json!({}), json!({ "status": 1 }), json!({ "status": "Busy", "mood": "good" })] {
        assert_eq!(put("/__admin/agents/agent-1", bad).await.0, 400);
    }
    for nobody in ["/__admin/agents/nobody", "/__admin/agents/administrator"] {
        assert_eq!(put(nobody, json!({ "status": "Busy" })).await.0, 404);
    }
    let elsewhere = "/__admin/agents/agent-1?tenant=nowhere";
    assert_eq!(put(elsewhere, json!({ "status": "Busy" })).await.0, 404);
    assert_eq!(get(&mock, "/__admin/agents?limit=1000").await, before);
}

#[tokio::test]
async fn the_coverage_says_how_each_operation_is_answered() {
    let mock = mock().await;
    let (status, all) = get(&mock, "/__admin/coverage").await;
    let count = |name: &str| all[name].as_u64().expect("a count");
    assert_eq!((status, count("total")), (StatusCode::OK, count("byHand") + count("generic")));
    let operations = all["operations"].as_array().expect("a list");
    let find = |method: &str, path: &str| {
        let found = operations.iter().find(|one| one["method"] == method && one["path"] == path);
        found.unwrap_or_else(|| panic!("no {method} {path}"))
    };
    let queues = find("POST", "/api/v2/routing/queues");
    assert_eq!((&queues["byHand"], &queues["published"]), (&json!(true), &json!(true)));
    assert_eq!(find("GET", "/api/v2/gamification/profiles")["byHand"], false);
    assert_eq!(find("GET", "/api/v2/wfm/schedules/agents/{agentId}")["published"], false);
    let (_, routing) = get(&mock, "/__admin/coverage?family=routing").await;
    let routing = routing["operations"].as_array().expect("a list");
    let inside = |one: &Value| one["path"].as_str().is_some_and(|path| path.starts_with("/api/v2/routing/"));
    assert!(!routing.is_empty() && routing.iter().all(inside), "only those of the family");
    assert_eq!(get(&mock, "/__admin/coverage?famliy=routing").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn users_and_queues_are_listed_for_export() {
    let mock = mock().await;
    let (_, users) = get(&mock, "/__admin/users?limit=3").await;
    let (_, queues) = get(&mock, "/__admin/queues?limit=2").await;
    assert_json_snapshot!(json!([users, queues]));
    assert_eq!(get(&mock, "/__admin/users?tenant=nowhere").await.0, 404);
    assert_eq!(get(&mock, "/__admin/queues?limit=-1").await.0, 400);
    assert_eq!(get(&mock, "/__admin/queues?limit=0").await.1, json!({ "queues": [] }));
}

#[tokio::test]
async fn tokens_for_agents_are_good_at_once() {
    let mock = mock().await;
    let (status, body) = send(&mock, Method::POST, "/__admin/tokens", json!({ "count": 3 })).await;
    let tokens = body["tokens"].as_array().expect("tokens");
    assert_eq!((status, tokens.len()), (StatusCode::OK, 3));
    for issued in tokens {
        let bearer = issued["token"].as_str().expect("a token");
        let (status, me) = told(ask(&mock, Method::GET, "/api/v2/users/me").bearer_auth(bearer)).await;
        assert_eq!((status, &me["id"], &me["name"]), (StatusCode::OK, &issued["userId"], &issued["name"]));
    }
    let (_, all) = send(&mock, Method::POST, "/__admin/tokens?limit=5000", json!({})).await;
    let (_, agents) = get(&mock, "/__admin/agents?limit=5000").await;
    assert_eq!(all["tokens"].as_array().map(Vec::len), agents["agents"].as_array().map(Vec::len));
    let too_many = json!({ "count": 5_000_000_000_u64 });
    for bad in [json!({ "count": "3" }), json!({ "count": -1 }), too_many, json!({ "amount": 3 })] {
        assert_eq!(send(&mock, Method::POST, "/__admin/tokens", bad).await.0, 400);
    }
    assert_eq!(send(&mock, Method::POST, "/__admin/tokens", json!({ "tenant": "nowhere" })).await.0, 404);
}

#[tokio::test]
async fn a_long_listing_is_written_while_it_is_read() {
    let mock = mock().await;
    for _ in 0..500 {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    }
    for (query, count, whole) in [("", 100, true), ("?limit=499", 499, false), ("?limit=100000", 500, false)]
    {
        let url = format!("{}/__admin/requests{query}", mock.uri());
        let answer = reqwest::Client::new().get(url).send().await.expect("an answer");
        assert_eq!(answer.headers().contains_key("content-length"), whole, "{query}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["requests"].as_array().map(Vec::len), Some(count), "{query}");
        assert_eq!(body["requests"][99]["operation"], "GET /api/v2/organizations/me");
    }
}

#[tokio::test]
async fn emptying_the_journal_takes_no_filter() {
    let mock = mock().await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    for query in ["status=429", "state=429"] {
        let refused = told(ask(&mock, Method::DELETE, &format!("/__admin/requests?{query}"))).await;
        assert!(why(refused).contains("takes no filter"), "{query}");
    }
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn a_filter_that_is_none_is_refused() {
    let mock = mock().await;
    for query in ["state=429", "status=teapot", "status=99", "status=6xx", "status="] {
        assert!(!why(get(&mock, &format!("/__admin/requests?{query}")).await).is_empty(), "{query}");
    }
    for body in [
        json!({ "state": 429 }),
        json!({ "state": null }),
        json!({ "status": true }),
        json!({ "status": 42.9 }),
        json!({ "limit": 100 }),
        json!({ "tenant": 1 }),
        json!({ "operation": ["a"] }),
        json!([]),
    ] {
        assert!(
            !why(send(&mock, Method::POST, "/__admin/requests/count", body.clone()).await).is_empty(),
            "{body}"
        );
    }
    assert_eq!(get(&mock, "/__admin/requests?tenant=nowhere").await.0, 404);
    for query in ["state=429", "stauts=429", "page=2"] {
        let listed = why(get(&mock, &format!("/__admin/requests?{query}")).await);
        let counted = ask(&mock, Method::POST, &format!("/__admin/requests/count?{query}"));
        for told in [listed, why(told(counted).await)] {
            assert!(told.contains("expected: status, tenant, operation, limit"), "{told}");
        }
    }
    let unknown = why(get(&mock, "/__admin/requests?limit=message").await);
    assert!(unknown.contains("expected: ") && unknown.contains("messages, places, adherence"), "{unknown}");
    let malformed =
        ask(&mock, Method::POST, "/__admin/requests/count").header("content-type", "application/json");
    assert!(why(told(malformed.body("{\"status\":")).await).contains("not valid JSON"));
}

#[tokio::test]
async fn a_created_tenant_logs_in_with_its_first_client_and_is_gone_when_deleted() {
    let mock = mock().await;
    let (status, made) = send(&mock, Method::POST, "/__admin/tenants", json!({ "name": "Mine" })).await;
    assert_eq!((status, &made["name"]), (StatusCode::CREATED, &json!("Mine")));
    let (id, client) = (made["id"].as_str().expect("an id"), &made["clients"][0]);
    let login = || {
        let (id, secret) = (client["id"].as_str().expect("an id"), client["secret"].as_str());
        let request = ask(&mock, Method::POST, "/oauth/token").basic_auth(id, secret);
        told(request.form(&[("grant_type", "client_credentials")]))
    };
    let (status, token) = login().await;
    assert_eq!(status, 200, "{token}");
    let bearer = token["access_token"].as_str().expect("a token");
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await, 200);
    let (_, listed) = get(&mock, "/__admin/tenants").await;
    let last = listed["tenants"].as_array().and_then(|all| all.last()).expect("one");
    assert_eq!((&last["id"], &last["clients"][0]["id"]), (&made["id"], &client["id"]));
    assert!(!listed.to_string().contains("secret"), "only the answer to its creation shows them: {listed}");
    let (_, asked) = get(&mock, &format!("/__admin/requests?tenant={id}&status=200")).await;
    assert_eq!(asked["requests"][0]["tenantName"], "Mine");
    assert_eq!(told(ask(&mock, Method::DELETE, &format!("/__admin/tenants/{id}"))).await.0, 204);
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await, 401);
    assert_eq!(login().await.0, 400);
    assert_eq!(told(ask(&mock, Method::DELETE, &format!("/__admin/tenants/{id}"))).await.0, 404);
}

#[tokio::test]
async fn a_tenant_needs_no_name_and_a_seeded_one_stays() {
    let mock = mock().await;
    let (status, made) = told(ask(&mock, Method::POST, "/__admin/tenants")).await;
    assert_eq!((status, made["name"].is_string()), (StatusCode::CREATED, true));
    let before = get(&mock, "/__admin/tenants").await;
    for bad in [json!({ "name": "" }), json!({ "name": 1 }), json!({ "title": "x" }), json!("Mine")] {
        assert_eq!(send(&mock, Method::POST, "/__admin/tenants", bad).await.0, 400);
    }
    let (status, body) = told(ask(&mock, Method::DELETE, "/__admin/tenants/Rehearsal")).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("request.conflict")));
    assert_eq!(get(&mock, "/__admin/tenants").await, before);
}

#[tokio::test]
async fn a_reset_forgets_tokens_and_changes_but_not_the_clock() {
    let mock = mock().await;
    let (_, issued) = send(&mock, Method::POST, "/__admin/tokens", json!({ "count": 1 })).await;
    let bearer = issued["tokens"][0]["token"].as_str().expect("a token");
    send(&mock, Method::PUT, "/__admin/agents/agent-1", json!({ "status": "Meal" })).await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await;
    mock.advance(Duration::from_secs(60));
    assert_eq!(told(ask(&mock, Method::POST, "/__admin/reset")).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(get(&mock, "/__admin/requests").await.1, json!({ "requests": [] }));
    assert_eq!(get(&mock, "/__admin/agents?limit=1").await.1["agents"][0]["status"], "On Queue");
    assert_eq!(get(&mock, "/__admin/clock").await.1["now"], "2026-03-08T00:01:00.000Z");
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await, 401);
}

#[tokio::test]
async fn every_mistake_is_told_in_the_vendors_error_shape() {
    let mock = mock().await;
    let (status, body) = get(&mock, "/__admin/nothing").await;
    assert_eq!(status, 404);
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    let response = ask(&mock, Method::PATCH, "/__admin/clock").send().await.expect("an answer");
    assert_eq!(response.headers()["allow"], "GET, PUT");
    assert_eq!(response.status(), 405);
    let body: Value = response.json().await.expect("JSON");
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    let text = ask(&mock, Method::PUT, "/__admin/clock").header("content-type", "text/plain").body("{}");
    let (status, body) = told(text).await;
    assert_eq!(status, 415);
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    for other in [Method::POST, Method::DELETE, Method::OPTIONS] {
        assert_eq!(told(ask(&mock, other, "/__admin/health")).await.0, 405);
    }
}

#[tokio::test]
async fn pages_of_other_origins_get_no_leave_to_read_the_admin_api() {
    let mock = mock().await;
    let request = ask(&mock, Method::GET, "/__admin/limits").header("origin", "http://example.org");
    let response = request.send().await.expect("an answer");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn metrics_show_what_was_asked_and_what_the_limits_did() {
    let mock = mock().await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    emulated(&mock, Method::GET, "/a/raw/path", "any").await;
    let response = ask(&mock, Method::GET, "/metrics").send().await.expect("an answer");
    let of = response.headers()["content-type"].to_str().expect("text");
    assert!(of.starts_with("application/openmetrics-text"), "{of}");
    let text = response.text().await.expect("text");
    assert!(!text.contains("raw"), "a raw path is in {text}");
    insta::with_settings!({ filters => [
        (r#"version="[^"]*""#, r#"version="VERSION""#),
        (r"(gcmock_limit_\w+\{[^}]*\}|gcmock_live_buckets) \d+", "$1 N"),
        (r"(gcmock_request_duration_seconds_(?:bucket|sum)\{[^}]*\}) [\d.e-]+", "$1 T"),
    ] }, { assert_snapshot!(text) });
}

#[tokio::test]
async fn the_admin_plane_touches_neither_journal_nor_limits() {
    let mock = mock().await;
    for path in ["/", "/__admin/limits", "/__admin/requests", "/metrics", "/__admin/nothing"] {
        ask(&mock, Method::GET, path).send().await.expect("an answer");
    }
    assert_eq!(mock.requests(), []);
    assert_eq!(get(&mock, "/__admin/limits").await.1["limits"][2]["totals"]["hits"], 0);
}

#[tokio::test]
async fn no_answer_contains_a_bearer_that_was_used() {
    let mock = mock().await;
    let (_, issued) = send(&mock, Method::POST, "/__admin/tokens", json!({ "count": 1 })).await;
    let issued = issued["tokens"][0]["token"].as_str().expect("a token").to_owned();
    let bearers = [issued.as_str(), "pasted-and-secret"];
    for bearer in bearers {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await;
        emulated(&mock, Method::GET, "/api/v2/unknown/path", bearer).await;
    }
    mock.add_fault("[[fault]]\nname = \"users-per-minute\"\noauth_down = true\n").expect("a fault");
    let (_, index) = get(&mock, "/__admin").await;
    for route in index["routes"].as_array().expect("routes").iter().filter(|route| route["method"] == "GET") {
        let path = route["path"].as_str().expect("a path").replace("{name}", "users-per-minute");
        for accept in ["application/json", "text/html"] {
            let response =
                ask(&mock, Method::GET, &path).header("accept", accept).send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{path}");
            let text = response.text().await.expect("text");
            assert!(bearers.iter().all(|bearer| !text.contains(bearer)), "{path}: {text}");
        }
    }
}

/// Limits that are counted by everything a request has.
fn by_scopes(scopes: &[&str]) -> String {
    let limit = |scope: &&str| {
        format!(
            "[[limit]]\nname = 'by-{}'\nnamespace = 'n'\nkey = 'k'\nscope = [{scope}]\n\
             match = ['* /api/v2/**', 'POST /oauth/token']\nalgorithm = 'fixed-window'\n\
             capacity = 3\nperiod = '60s'\n\n",
            scope.replace(['"', ','], "").replace(' ', "-")
        )
    };
    scopes.iter().map(limit).collect()
}

#[tokio::test]
async fn buckets_show_whose_they_are_in_words() {
    let scopes = [
        "",
        "\"tenant\"",
        "\"client\"",
        "\"user\"",
        "\"token\"",
        "\"endpoint\"",
        "\"edge\"",
        "\"ip\"",
        "\"client\", \"endpoint\"",
        "\"token\", \"ip\"",
        "\"tenant\", \"connection\"",
    ];
    let builder = MockServer::builder().limits_toml(by_scopes(&scopes)).manual_clock_at(START);
    let mock = builder.start().await.expect("a port is free");
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await, 200);
    let mut shown = serde_json::Map::new();
    for limit in get(&mock, "/__admin/limits").await.1["limits"].as_array().expect("limits") {
        let name = limit["name"].as_str().expect("a name");
        let path = format!("/__admin/limits/{name}/buckets");
        shown.insert(name.to_owned(), get(&mock, &path).await.1["buckets"].clone());
    }
    insta::with_settings!({ filters => [
        (r#""[0-9a-f]{12}""#, "\"HASH\""),
        (r#""connection": \d+"#, "\"connection\": N"),
    ] }, { assert_json_snapshot!(shown) });
}

#[tokio::test]
async fn an_unknown_claimed_client_is_shown_as_a_hash() {
    let limits = by_scopes(&["\"client\""]);
    let mock = MockServer::builder().limits_toml(limits).start().await.expect("a port is free");
    let form = [("grant_type", "client_credentials")];
    let login = ask(&mock, Method::POST, "/oauth/token").basic_auth("a-stranger", Some("guess")).form(&form);
    assert_eq!(told(login).await.0, 400);
    let (_, body) = get(&mock, "/__admin/limits/by-client/buckets").await;
    let bucket = &body["buckets"][0];
    assert_eq!((&bucket["tenant"], &bucket["level"]), (&Value::Null, &json!(1)));
    let shown = bucket["key"]["client"].as_str().expect("a hash");
    assert!(shown.len() == 12 && shown.bytes().all(|digit| digit.is_ascii_hexdigit()), "{shown}");
}

#[tokio::test]
async fn a_refusal_is_seen_in_limits_buckets_journal_and_metrics_until_it_is_refilled() {
    let limits = by_scopes(&["\"tenant\"", "\"token\""]);
    let builder = MockServer::builder().limits_toml(limits.as_str()).manual_clock_at(START);
    let mock = builder.start().await.expect("a port is free");
    let path = "/api/v2/organizations/me";
    for (bearer, status) in [("a", 200), ("b", 200), ("b", 200), ("b", 429)] {
        assert_eq!(emulated(&mock, Method::GET, path, bearer).await, status);
    }
    let (_, shown) = get(&mock, "/__admin/limits").await;
    let totals = json!({ "hits": 4, "admitted": 3, "near": 1, "refused": 1, "shadowRefused": 0 });
    assert_eq!(shown["limits"][0]["totals"], totals);
    let (_, found) = get(&mock, "/__admin/requests?limit=by-tenant").await;
    assert_eq!(
        (&found["requests"][0]["limit"], &found["requests"][0]["retryAfter"]),
        (&json!("by-tenant"), &json!(60))
    );
    let metrics = ask(&mock, Method::GET, "/metrics").send().await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    let line = r#"gcmock_limit_over_limit_total{limit="by-tenant",namespace="n",scope="tenant"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
    let levels = |body: Value| -> Vec<Value> {
        body["buckets"].as_array().into_iter().flatten().map(|bucket| bucket["level"].clone()).collect()
    };
    assert_eq!(levels(get(&mock, "/__admin/limits/by-token/buckets").await.1), [2, 1]);
    assert_eq!(levels(get(&mock, "/__admin/limits/by-token/buckets?limit=1").await.1), [2]);
    let (_, put) =
        put_limits(&mock, "application/toml", limits.replace("capacity = 3", "capacity = 4")).await;
    assert_eq!(put["limits"][0]["totals"], totals, "a rule that stays keeps what it counted");
    assert_eq!(emulated(&mock, Method::GET, path, "b").await, 200);
    assert_eq!(emulated(&mock, Method::GET, path, "b").await, 429);
    assert_eq!(told(ask(&mock, Method::DELETE, "/__admin/limits/by-tenant/buckets")).await.0, 204);
    assert_eq!(emulated(&mock, Method::GET, path, "b").await, 200);
}
