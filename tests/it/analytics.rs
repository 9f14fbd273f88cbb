//! Analytics over the conversations that exist.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::reports::DAY;
use crate::users::{Client, all, mock, open_integration};

const QUERY: &str = "/api/v2/analytics/conversations/details/query";

/// Three conversations, a minute apart: two outbound, then one inbound.
async fn three(mock: &MockServer, api: &Client) -> Vec<String> {
    let messages = "/api/v2/conversations/messages";
    for to in ["a", "b"] {
        api.post(messages, json!({ "to": { "id": to }, "text": "hello" })).await;
        mock.advance(Duration::from_secs(60));
    }
    let channel = json!({ "from": { "id": "c", "idType": "Opaque" }, "time": "2026-03-08T00:00:00Z" });
    let path = format!("{messages}/{}/inbound/open/message", open_integration(api).await);
    api.post(&path, json!({ "channel": channel, "text": "hi" })).await;
    let (_, found) = api.post(QUERY, json!({ "interval": DAY })).await;
    all(&found["conversations"], "conversationId")
}

fn with(filters: &Value) -> Value {
    json!({ "interval": DAY, "segmentFilters": filters })
}

#[tokio::test]
async fn a_query_finds_what_began_in_its_interval_in_order_and_by_page() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let ids = three(&mock, &api).await;
    assert_eq!(ids.len(), 3);
    let ask = async |body: Value| {
        let (status, found) = api.post(QUERY, body).await;
        assert_eq!(status, 200, "{found}");
        (all(&found["conversations"], "conversationId"), found["totalHits"].as_u64().expect("a count"))
    };
    let newest_first: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(ask(json!({ "interval": DAY, "order": "desc" })).await, (newest_first, 3));
    let second_page = json!({ "interval": DAY, "paging": { "pageSize": 2, "pageNumber": 2 } });
    assert_eq!(ask(second_page).await, (ids[2..].to_vec(), 3));
    let second_minute = json!({ "interval": "2026-03-08T00:01:00Z/2026-03-08T00:02:00Z" });
    assert_eq!(ask(second_minute).await, (ids[1..2].to_vec(), 1));
}

#[tokio::test]
async fn filters_are_combined() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let ids = three(&mock, &api).await;
    let is = |dimension: &str, value: &str| json!({ "type": "dimension", "dimension": dimension, "operator": "matches", "value": value });
    let cases = [
        (json!([{ "type": "and", "predicates": [is("direction", "inbound")] }]), vec![2]),
        (json!([{ "type": "and", "predicates": [is("mediaType", "voice")] }]), vec![]),
        (
            json!([{ "type": "or", "predicates": [is("addressTo", "a"), is("direction", "inbound")] }]),
            vec![0, 2],
        ),
        (
            json!([{ "type": "and", "predicates": [is("mediaType", "message"), is("direction", "outbound")],
                "clauses": [{ "type": "or", "predicates": [is("addressTo", "b"), is("addressTo", "c")] }] }]),
            vec![1],
        ),
        (
            json!([{ "type": "and", "predicates": [{ "dimension": "userId", "operator": "notExists" }] }]),
            vec![2],
        ),
    ];
    for (filters, expected) in cases {
        let (_, found) = api.post(QUERY, with(&filters)).await;
        let expected: Vec<_> = expected.into_iter().map(|place: usize| ids[place].clone()).collect();
        assert!(found["conversations"].is_array(), "{filters}: {found}");
        assert_eq!(all(&found["conversations"], "conversationId"), expected, "{filters}");
    }
}

#[tokio::test]
async fn a_query_without_a_sound_interval_or_filter_is_refused() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let code = async |body: Value| api.post(QUERY, body).await;
    let (status, error) = code(json!({})).await;
    assert_eq!(status, 400);
    assert!(error["message"].as_str().is_some_and(|text| text.contains("interval")), "{error}");
    for interval in ["yesterday", "2026-03-08/2026-03-09", "2026-03-08T00:00:00Z"] {
        assert_eq!(code(json!({ "interval": interval })).await.1["code"], "invalid.date", "{interval}");
    }
    for body in [
        json!({ "interval": DAY, "order": "sideways" }),
        with(&json!([{ "type": "xor", "predicates": [{ "dimension": "direction", "value": "x" }] }])),
        with(&json!([{ "type": "and", "predicates": [{ "dimension": "direction", "operator": "like" }] }])),
    ] {
        assert_eq!(code(body.clone()).await.1["code"], "invalid.value", "{body}");
    }
    let none = json!({ "interval": DAY, "paging": { "pageSize": 0 } });
    assert_eq!(code(none).await.1["code"], "constraint.validation");
}

#[tokio::test]
async fn one_conversation_is_shown_with_its_sessions() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let ids = three(&mock, &api).await;
    api.post(&format!("/api/v2/conversations/{}/disconnect", ids[0]), json!({})).await;
    let (status, mut details) = api.get(&format!("/api/v2/analytics/conversations/{}/details", ids[0])).await;
    assert_eq!(status, 200);
    let (_, several) =
        api.get(&format!("/api/v2/analytics/conversations/details?id={}&id={}", ids[0], ids[2])).await;
    assert_eq!(several["conversations"][0], details);
    assert_eq!(several["conversations"].as_array().map(Vec::len), Some(2));
    details["conversationId"] = json!("[id]");
    insta::assert_json_snapshot!("details", details, {
        ".participants[].participantId" => "[id]",
        ".participants[].sessions[].sessionId" => "[id]",
    });
}

#[tokio::test]
async fn aggregates_count_by_group_and_interval() {
    let mock = mock().await;
    let api = Client::of(&mock);
    three(&mock, &api).await;
    let path = "/api/v2/analytics/conversations/aggregates/query";
    let body = json!({ "interval": DAY, "granularity": "PT1M", "groupBy": ["mediaType", "direction", "flowInType"],
        "metrics": ["nOffered", "nOutbound", "nConversations", "tHandle"] });
    let (status, counted) = api.post(path, body).await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("aggregates", counted);
    assert_eq!(api.post(path, json!({ "interval": DAY })).await.0, 400);
    let odd = json!({ "interval": DAY, "metrics": ["nOffered"], "granularity": "often" });
    assert_eq!(api.post(path, odd).await.1["code"], "invalid.value");
}

#[tokio::test]
async fn aggregations_count_all_that_was_found() {
    let mock = mock().await;
    let api = Client::of(&mock);
    three(&mock, &api).await;
    let query = |aggregations: Value| json!({ "interval": DAY, "paging": { "pageSize": 1, "pageNumber": 1 }, "aggregations": aggregations });
    let wanted = json!([
        { "type": "termFrequency", "dimension": "originatingDirection", "size": 1 },
        { "dimension": "mediaType" },
        { "type": "numericRange", "metric": "tTalk", "ranges": [{ "gte": 0, "lt": 1 }, { "lt": 0 }] },
    ]);
    let (status, found) = api.post(QUERY, query(wanted)).await;
    assert_eq!(status, 200, "{found}");
    let all = &found["aggregations"];
    assert_eq!(all[0]["results"], json!([{ "count": 2, "value": "outbound" }]));
    assert_eq!((&all[0]["count"], &all[0]["type"]), (&json!(3), &json!("termFrequency")));
    assert_eq!(all[1]["results"], json!([{ "count": 3, "value": "message" }]));
    assert_eq!(all[2]["metric"], "tTalk");
    assert_eq!(all[2]["results"][1], json!({ "lt": 0, "count": 0 }));
    let (status, refused) = api.post(QUERY, query(json!([{ "type": "termFrequency" }]))).await;
    assert_eq!((status, &refused["code"]), (400, &json!("constraint.validation")), "{refused}");
    let many = vec![json!({ "dimension": "mediaType" }); 11];
    assert_eq!(api.post(QUERY, query(json!(many))).await.0, 400);
}
