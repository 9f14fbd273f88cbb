//! Tokens in wrong places are redacted.

use serde_json::json;

use crate::rest::{Client, mock};

#[tokio::test]
async fn a_token_in_a_path_is_in_no_journal_report_or_suggestion() {
    let mock = mock().await;
    let client = Client::new(&mock).of_new_organization().await;
    let own = client.token().to_owned();
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let opaque = "Zm9yIHlvdXIgZXllcyBvbmx5LCBhbmQgbm90IGZvciB0aGUgam91cm5hbA";
    let mut answers = String::new();
    for token in [own.as_str(), jwt, opaque] {
        for path in [
            format!("/api/v2/users/{token}"),
            format!("/api/v2/groups/{token}?access_token={token}"),
            format!("/api/v2/groups/Bearer%20{token}/members"),
            format!("/api/v2/nowhere/{token}"),
            format!("/{token}"),
            format!("/api/v2/groups%3Faccess_token={token}"),
            format!("/__admin/{token}"),
        ] {
            let answer = client.get(&path).await;
            if answer.status == 404 {
                answers.push_str(&answer.body.to_string());
            }
        }
    }
    let usage = json!({ "interval": "2026-03-07T00:00:00Z/2026-03-09T00:00:00Z", "groupBy": ["TemplateUri"], "metrics": ["Requests"] });
    let started = client.post("/api/v2/usage/query", usage).await.body;
    let uri = started["resultsUri"].as_str().expect("an address").to_owned();
    let reports = [
        client.get("/__admin/requests?limit=1000").await.body.to_string(),
        client.get(&uri).await.ok().to_string(),
        client.get("/__admin/audit").await.body.to_string(),
        format!("{:?}", mock.requests()),
        answers,
    ];
    for report in reports {
        for token in [own.as_str(), jwt, opaque] {
            assert!(!report.contains(token), "{report}");
        }
    }
    let journal = client.get("/__admin/requests?limit=1000").await.body.to_string();
    assert!(journal.contains("GET /api/v2/nowhere/[redacted]"), "{journal}");
}

#[tokio::test]
async fn an_id_in_a_path_is_kept() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/nowhere/3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    client.get(path).await;
    assert_eq!(mock.requests()[0].operation, format!("GET {path}"));
}
