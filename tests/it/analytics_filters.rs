//! What analytics find and count: the past of an organization, which belongs to its file.

use serde_json::json;

use crate::conversations::queues;
use crate::rest::{Client, id, mock};

const AGGREGATES: &str = "/api/v2/analytics/conversations/aggregates/query";
const QUEUES: &str = "/api/v2/routing/queues";

#[tokio::test]
async fn a_new_queue_has_no_past() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let queue = id(&api.post(QUEUES, json!({ "name": "new" })).await.done());
    let before = "2026-03-07T00:00:00Z/2026-03-08T00:00:00Z";
    let of = |queue: &str| {
        json!({ "interval": before, "metrics": ["nOffered"], "filter":
            { "type": "and", "predicates": [{ "dimension": "queueId", "value": queue }] } })
    };
    assert_eq!(api.post(AGGREGATES, of(&queue)).await.ok(), json!({ "results": [] }));
    let [seeded, _] = queues(&api).await;
    assert_ne!(seeded, queue);
    assert_ne!(api.post(AGGREGATES, of(&seeded)).await.ok(), json!({ "results": [] }));
}
