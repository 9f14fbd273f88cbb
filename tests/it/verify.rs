//! Verdicts over a run, and the audit of how clients back off.

use std::time::Duration;

use serde_json::json;

use crate::support::{Client, mock, window};

const USERS: &str = "/api/v2/users";

#[tokio::test]
async fn expectations_are_judged_by_what_happened() {
    let mock = mock(&window("two", "token", "GET /api/v2/users", 2, "")).await;
    let client = Client::of(&mock);
    for _ in 0..3 {
        client.get(USERS).await;
    }
    client.get("/api/v2/routing/queues").await;
    let of = |more: serde_json::Value| {
        let mut expectation = json!({ "operation": "GET /api/v2/users" });
        expectation.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        expectation
    };
    let cases = [
        (of(json!({ "at_least": 3, "at_most": 3, "at_most_refusals": 1, "at_least_refusals": 1 })), true),
        (of(json!({ "at_least": 4 })), false),
        (of(json!({ "at_most": 2 })), false),
        (of(json!({ "at_most_refusals": 0 })), false),
        (of(json!({ "max_per_second": 2 })), false),
        (of(json!({ "no_early_retries": true })), true),
        (of(json!({ "retry_after_honoured": true })), false),
        (json!({ "operation": "GET /api/v2/routing/queues", "at_most_refusals": 0, "at_least": 1 }), true),
        (json!({ "at_least": 4, "at_most": 4 }), true),
        (json!({ "tenant": "Neighbour", "at_most": 0 }), true),
        (json!({ "tenant": "Nieghbour", "at_most": 0 }), false),
        (json!({ "operation": "GET /api/v2/users/**", "at_least": 3, "at_most": 3 }), true),
        (json!({ "operation": "* /api/v2/routing/queues", "at_least": 1 }), true),
        (json!({ "operation": "GET /api/v2/users/agent-1", "at_most": 0 }), false),
        (json!({ "operation": "GET /api/v2/user", "at_most": 0 }), false),
        (json!({ "operation": "WS /api/v2/platform/websocket", "at_most": 0 }), true),
    ];
    let expect: Vec<_> = cases.iter().map(|(expectation, _)| expectation).collect();
    let answer = client.post("/__admin/verify", &json!({ "expect": expect })).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["passed"]), (200, &false.into()));
    for (result, (expectation, passes)) in body["results"].as_array().expect("a list").iter().zip(&cases) {
        assert_eq!(result["passed"], *passes, "{expectation}: {result}");
    }
    for bad in [
        json!({}),
        json!({ "expect": [{ "at_mots": 1 }] }),
        json!({ "expect": [{ "at_most": -1 }] }),
        json!({ "expect": [{ "operation": "GET /api/v2/users" }] }),
        json!({ "expect": [{ "at_least": 2, "at_most": 1 }] }),
        json!({ "expect": [{ "at_least_refusals": 2, "at_most": 1 }] }),
        json!({ "expect": [{ "at_least": 0 }] }),
        json!({ "expect": [] }),
    ] {
        assert_eq!(client.post("/__admin/verify", &bad).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_early_retry_is_found_and_one_that_waits_is_not() {
    let mock = mock(&window("one", "token", "GET /api/v2/users", 1, "")).await;
    let (hasty, patient) = (Client::of(&mock).with_bearer("hasty"), Client::of(&mock).with_bearer("patient"));
    for client in [&hasty, &patient] {
        assert_eq!(client.get(USERS).await.status, 200);
        assert_eq!(client.get(USERS).await.header("retry-after"), "60");
    }
    mock.advance(Duration::from_secs(10));
    assert_eq!(hasty.get(USERS).await.status, 429);
    mock.advance(Duration::from_secs(50));
    assert_eq!(patient.get(USERS).await.status, 200);
    assert_eq!(hasty.get(USERS).await.status, 200);
    let audit = hasty.get("/__admin/audit?operation=GET+/api/v2/users").await.json();
    assert_eq!((&audit["early"], &audit["unretried"]), (&1.into(), &0.into()), "{audit}");
    let callers = audit["callers"].as_array().expect("a list");
    let early: Vec<_> =
        callers.iter().map(|caller| (caller["early"].as_u64(), caller["earliestByMs"].as_u64())).collect();
    assert_eq!(early, [(Some(1), Some(50_000)), (Some(0), Some(0))]);
    assert!(!audit.to_string().contains("hasty"), "no token is shown");
    let answer =
        hasty.post("/__admin/verify", &json!({ "expect": [{ "no_early_retries": true }] })).await.json();
    assert_eq!(
        answer["results"][0]["message"],
        "1 retries before Retry-After, at most 0 were expected (7 requests, 3 refused)"
    );
}
