//! What analytics show of the flows that took past conversations.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const DAY: &str = "2026-03-07T00:00:00.000Z/2026-03-08T00:00:00.000Z";

/// The sessions of flows in the details of all conversations of the day.
async fn sessions_of_flows(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    for page in 1.. {
        let query = json!({ "interval": DAY, "paging": { "pageSize": 100, "pageNumber": page } });
        let found = client.post("/api/v2/analytics/conversations/details/query", query).await.ok();
        let Some(conversations) = found["conversations"].as_array().filter(|all| !all.is_empty()) else {
            break;
        };
        let participants = conversations.iter().flat_map(|one| one["participants"].as_array().expect("some"));
        let ivrs = participants.filter(|one| one["purpose"] == "ivr");
        all.extend(ivrs.flat_map(|one| one["sessions"].as_array().expect("sessions")).cloned());
    }
    all
}

#[tokio::test]
async fn the_aggregates_of_flows_count_what_the_details_show() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let sessions = sessions_of_flows(&client).await;
    assert!(!sessions.is_empty());
    for session in &sessions {
        assert_eq!(
            (&session["flow"]["flowType"], &session["mediaType"]),
            (&json!("INBOUNDCALL"), &json!("voice"))
        );
        assert_eq!(
            (&session["flow"]["exitReason"], &session["flow"]["transferType"]),
            (&json!("TRANSFER"), &json!("ACD"))
        );
        assert_eq!(session["segments"][0]["segmentType"], "ivr");
        assert_eq!(session["metrics"][0]["name"], "tIvr");
    }
    let query = json!({ "interval": DAY, "groupBy": ["flowId"], "metrics": ["nFlow", "tFlow", "tFlowExit"] });
    let counted = client.post("/api/v2/analytics/flows/aggregates/query", query).await.ok();
    for group in counted["results"].as_array().expect("results") {
        let own = sessions.iter().filter(|one| one["flow"]["flowId"] == group["group"]["flowId"]);
        let own: Vec<_> = own.collect();
        let metrics = &group["data"][0]["metrics"];
        assert_eq!(metrics[0]["stats"]["count"], own.len(), "{group}");
        let time: f64 = own.iter().filter_map(|one| one["metrics"][0]["value"].as_f64()).sum();
        assert_eq!(metrics[1]["stats"]["sum"].as_f64(), Some(time));
    }
    let query = json!({ "interval": DAY, "metrics": ["nFlow"], "filter": { "type": "and",
        "predicates": [{ "dimension": "flowType", "value": "INBOUNDCALL" }, { "dimension": "mediaType", "value": "voice" }] } });
    let counted = client.post("/api/v2/analytics/flows/aggregates/query", query).await.ok();
    assert_eq!(counted["results"][0]["data"][0]["metrics"][0]["stats"]["count"], sessions.len());
}
