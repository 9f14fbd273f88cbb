//! The platform's own words about limits and usage: what is in force, and what really happened.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::support::{Answer, Client, window};

const ME: &str = "/api/v2/organizations/me";
const DAY: &str = "2026-03-05T00:00:00.000Z/2026-03-06T00:00:00.000Z";

/// A server on a Thursday, with three calls a minute for each token.
async fn mock() -> MockServer {
    let limits = window("three", "token", "GET /api/v2/organizations/me", 3, "")
        + &window("wide", "tenant", "* /api/v2/**", 100, "value = 1000").replace("wide.rate", "three.rate")
        + &window("other", "tenant", "GET /api/v2/flows", 5, "").replace("\"test\"", "\"architect\"");
    let start = crate::support::instant("2026-03-05T12:00:00Z");
    let builder = MockServer::builder().limits_toml(limits);
    builder.manual_clock_at(start).start().await.expect("started")
}

#[tokio::test]
async fn namespaces_are_the_published_ones_and_show_the_limits_in_force() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let base = "/api/v2/organizations/limits/namespaces";
    let page = client.get(&format!("{base}?pageSize=100")).await.json();
    let names = page["entities"].as_array().expect("names");
    assert_eq!((&names[..2], &page["total"]), (&[json!("test"), json!("architect")][..], &json!(96)));
    for published in ["case.management", "workforce.management.adherence", "sda"] {
        assert!(names.contains(&json!(published)), "{published}");
    }
    let expected = json!({ "entities": [{ "key": "three.rate", "namespace": "test", "value": 3 }] });
    assert_eq!(client.get(&format!("{base}/test")).await.json(), expected, "the strictest of one key");
    assert_eq!(client.get(&format!("{base}/test/defaults")).await.json(), expected);
    assert_eq!(
        client.get(&format!("{base}/routing")).await.json(),
        json!({ "entities": [] }),
        "none in force"
    );
    assert_eq!(client.get(&format!("{base}/rooting")).await.code(), "not.found");
    let mut docs = client.get("/api/v2/organizations/limits/docs").await.json();
    let namespaces = docs["namespaces"].as_array_mut().expect("namespaces");
    assert_eq!(namespaces.len(), 96);
    namespaces.truncate(3);
    insta::assert_json_snapshot!(docs);
}

#[tokio::test]
async fn namespaces_show_the_known_bounds_that_no_limits_file_has() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let known = [
        ("platform.api", "request.bytes.max", 512_000),
        ("dataactions", "actions.total.max", 500),
        ("dataactions", "actions.integration.max", 100),
        ("conversation", "typing.rate.per.minute", 12),
        ("notifications", "channels.max", 20),
    ];
    for (namespace, key, value) in known {
        let path = format!("/api/v2/organizations/limits/namespaces/{namespace}");
        let limits = client.get(&path).await.json();
        let expected = json!({ "key": key, "namespace": namespace, "value": value });
        assert!(limits["entities"].as_array().expect("limits").contains(&expected), "{limits}");
    }
    let docs = client.get("/api/v2/organizations/limits/docs").await.json();
    let namespaces = docs["namespaces"].as_array().expect("namespaces").iter();
    let limits = namespaces.flat_map(|one| one["limits"].as_array().expect("limits"));
    let body = limits.into_iter().find(|limit| limit["key"] == "request.bytes.max").expect("the bound");
    assert_eq!((&body["configurable"], &body["trackable"]), (&json!(false), &json!(false)));
}

async fn usage(client: &Client, start: &str, query: &Value) -> Value {
    let launched = client.post(start, query).await;
    assert_eq!(launched.status, 202, "{}", launched.body);
    let uri = launched.json()["resultsUri"].as_str().expect("an address").to_owned();
    let report = client.get(&uri).await.json();
    assert_eq!(report["queryStatus"], "Complete");
    report["results"].clone()
}

#[tokio::test]
async fn usage_counts_what_was_answered() {
    let mock = mock().await;
    let client = Client::of(&mock);
    for _ in 0..5 {
        client.get(ME).await;
    }
    client.get("/api/v2/nowhere?token=secret").await;
    client.ask("PUT", "/api/v2/organizations/limits/docs").await;
    Client::anonymous(&mock).get(ME).await;
    insta::assert_json_snapshot!(usage(&client, "/api/v2/usage/query", &json!({ "interval": DAY })).await);
    let by_method =
        json!({ "interval": DAY, "groupBy": ["HttpMethod", "HttpMethod"], "metrics": ["Requests"] });
    assert_eq!(
        usage(&client, "/api/v2/usage/query", &by_method).await,
        json!([
            { "httpMethod": "GET", "requests": 7 },
            { "httpMethod": "POST", "requests": 2 },
            { "httpMethod": "PUT", "requests": 1 },
        ])
    );
}

#[tokio::test]
async fn usage_is_counted_by_day_week_and_month() {
    let mock = mock().await;
    let client = Client::of(&mock);
    client.get(ME).await;
    mock.advance(Duration::from_secs(5 * 24 * 3600));
    client.get(ME).await;
    for (granularity, dates) in [
        ("Day", vec!["2026-03-05T00:00:00.000Z", "2026-03-10T00:00:00.000Z"]),
        ("Week", vec!["2026-03-02T00:00:00.000Z", "2026-03-09T00:00:00.000Z"]),
        ("Month", vec!["2026-03-01T00:00:00.000Z"]),
    ] {
        let interval = "2026-03-01T00:00:00Z/2026-04-01T00:00:00Z";
        let query =
            json!({ "interval": interval, "granularity": granularity, "groupBy": ["OrganizationId"] });
        let rows = usage(&client, "/api/v2/usage/query", &query).await;
        let seen: Vec<_> = rows.as_array().expect("rows").iter().map(|row| &row["date"]).collect();
        assert_eq!(seen, dates, "{granularity}");
    }
}

#[tokio::test]
async fn a_client_sees_its_own_usage() {
    let mock = mock().await;
    let (id, secret) = mock.credentials();
    let login = Client::anonymous(&mock).request("POST", "/oauth/token").basic_auth(&id, Some(secret));
    let token = Answer::to(login.form(&[("grant_type", "client_credentials")])).await.json();
    let client = Client::of(&mock);
    let issued = client.with_bearer(token["access_token"].as_str().expect("a token"));
    issued.get(ME).await;
    client.get(ME).await;
    let start = format!("/api/v2/oauth/clients/{id}/usage/query");
    let query = json!({ "interval": DAY, "groupBy": ["TemplateUri"], "metrics": ["Status200", "Requests"] });
    assert_eq!(
        usage(&client, &start, &query).await,
        json!([
            { "clientId": id, "clientName": "rehearsal", "templateUri": "/oauth/token", "status200": 1, "requests": 1 },
            { "clientId": id, "clientName": "rehearsal", "templateUri": ME, "status200": 1, "requests": 1 },
        ])
    );
    let launched = client.post(&start, &query).await.json();
    let execution = launched["executionId"].as_str().expect("an id");
    for elsewhere in [
        format!("/api/v2/usage/query/{execution}/results"),
        format!("/api/v2/oauth/clients/pasted-token/usage/query/results/{execution}"),
        "/api/v2/usage/query/bm9uc2Vuc2U/results".to_owned(),
    ] {
        assert_eq!(client.get(&elsewhere).await.code(), "not.found", "{elsewhere}");
    }
    assert_eq!(client.post("/api/v2/oauth/clients/nobody/usage/query", &query).await.code(), "not.found");
}

async fn rate_limits(client: &Client, group_by: &[&str], filter: Value) -> Value {
    let mut query = json!({ "interval": DAY, "metrics": ["oRateLimitRecorded"], "groupBy": group_by });
    if !filter.is_null() {
        query["filter"] = filter;
    }
    let answer = client.post("/api/v2/analytics/ratelimits/aggregates/query", &query).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let groups = answer.json()["results"].as_array().expect("results").clone();
    groups
        .iter()
        .map(|group| json!([group["group"], group["data"][0]["metrics"][0]["stats"]["count"]]))
        .collect()
}

#[tokio::test]
async fn rate_limit_aggregates_hold_what_came_near_a_limit() {
    let mock = mock().await;
    let client = Client::of(&mock);
    for _ in 0..5 {
        client.get(ME).await;
    }
    let group = ["max", "limitName", "namespace", "timeUnit"];
    let expected =
        json!({ "limitName": "three.rate", "max": "3", "namespace": "test", "timeUnit": "MINUTE" });
    assert_eq!(rate_limits(&client, &group, Value::Null).await, json!([[expected, 3]]), "the third fills it");
    for (filter, count) in [
        (json!({ "type": "and", "predicates": [{ "dimension": "namespace", "value": "test" }] }), 1),
        (json!({ "type": "and", "predicates": [{ "dimension": "namespace", "value": "x" }] }), 0),
        (
            json!({ "type": "or", "predicates": [{ "dimension": "namespace", "value": "x" }, { "dimension": "userId", "operator": "exists" }] }),
            1,
        ),
        (
            json!({ "type": "and", "clauses": [{ "type": "or", "predicates": [{ "dimension": "userId", "operator": "notExists" }] }] }),
            0,
        ),
        (json!({ "type": "or" }), 1),
    ] {
        let groups = rate_limits(&client, &[], filter.clone()).await;
        assert_eq!(groups.as_array().map(Vec::len), Some(count), "{filter}");
    }
}

#[tokio::test]
async fn queries_with_words_that_mean_nothing_are_refused() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let rate_limits = "/api/v2/analytics/ratelimits/aggregates/query";
    for (path, query, code) in [
        ("/api/v2/usage/query", json!({ "interval": "yesterday" }), "invalid.date"),
        (
            "/api/v2/usage/query",
            json!({ "interval": "2026-03-06T00:00:00Z/2026-03-05T00:00:00Z" }),
            "constraint.validation",
        ),
        (
            "/api/v2/usage/query",
            json!({ "interval": "-009999-01-01T00:00:00Z/9999-12-30T00:00:00Z" }),
            "invalid.date",
        ),
        ("/api/v2/usage/query", json!({ "interval": DAY, "granularity": "Hour" }), "invalid.value"),
        ("/api/v2/usage/query", json!({ "interval": DAY, "groupBy": ["x"] }), "invalid.value"),
        ("/api/v2/usage/query", json!({ "interval": DAY, "metrics": ["x"] }), "invalid.value"),
        (rate_limits, json!({ "interval": DAY, "groupBy": ["x"] }), "invalid.value"),
        (
            rate_limits,
            json!({ "interval": DAY, "filter": { "predicates": [{ "dimension": "x" }] } }),
            "invalid.value",
        ),
        (
            rate_limits,
            json!({ "interval": DAY, "filter": { "predicates": vec![json!({ "dimension": "max" }); 101] } }),
            "constraint.validation",
        ),
        (rate_limits, json!({ "interval": DAY, "filter": { "predicates": 1 } }), "invalid.value"),
    ] {
        let answer = client.post(path, &query).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{query}");
    }
}
