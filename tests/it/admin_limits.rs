//! Limits and buckets in the admin API.

use std::time::Duration;

use gcmock::MockServer;
use http::{Method, StatusCode};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::admin::{LIMITS, START, ask, emulated, get, mock, put_limits, send, told, why};

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
async fn one_bucket_is_refilled_by_its_id() {
    let mock =
        MockServer::builder().limits_toml(by_scopes(&["\"token\""])).start().await.expect("a port is free");
    for token in ["first", "second"] {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", token).await;
    }
    let path = "/__admin/limits/by-token/buckets";
    let ids = async || {
        let (_, listed) = get(&mock, path).await;
        let buckets = listed["buckets"].as_array().cloned().unwrap_or_default();
        buckets.iter().map(|bucket| bucket["id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let before = ids().await;
    let one = format!("{path}/{}", before[0]);
    assert_eq!(send(&mock, Method::DELETE, &one, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(ids().await, [before[1].as_str()]);
    let (status, body) = told(ask(&mock, Method::DELETE, &one)).await;
    assert_eq!((status.as_u16(), body["code"].as_str()), (404, Some("not.found")));
    let (status, _) = told(ask(&mock, Method::DELETE, "/__admin/limits/none/buckets/1")).await;
    assert_eq!(status, 404);
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
        (r#""(?:[0-9a-f]{12}|[0-9a-f]{16})""#, "\"HASH\""),
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
