//! Service levels of analytics: by the queue and the medium.

use serde_json::json;

use crate::conversations::queues;
use crate::reports::{DAY, handled};
use crate::rest::{Client, mock};

#[tokio::test]
async fn a_service_level_is_that_of_the_queue_and_the_medium() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    handled(&mock, &api, &queue).await;
    let body = json!({ "interval": DAY, "groupBy": ["queueId", "mediaType"], "metrics": ["oServiceLevel", "nOverSla"],
        "filter": { "type": "and", "predicates": [
            { "type": "dimension", "dimension": "queueId", "operator": "matches", "value": queue }] } });
    let level = async || {
        let answer = api.post("/api/v2/analytics/conversations/aggregates/query", body.clone()).await.ok();
        answer["results"][0]["data"][0]["metrics"].clone()
    };
    let stats = json!({ "ratio": 1.0, "numerator": 1.0, "denominator": 1.0, "target": 0.8 });
    assert_eq!(level().await, json!([{ "metric": "oServiceLevel", "stats": stats }]));
    let settings = json!({ "call": { "serviceLevel": { "percentage": 0.6, "durationMs": 1000 } } });
    let changed = json!({ "name": "Quick", "mediaSettings": settings });
    api.put(&format!("/api/v2/routing/queues/{queue}"), changed).await.ok();
    let metrics = level().await;
    let stats = json!({ "ratio": 0.0, "numerator": 0.0, "denominator": 1.0, "target": 0.6 });
    assert_eq!(metrics[0], json!({ "metric": "oServiceLevel", "stats": stats }));
    assert_eq!(metrics[1]["stats"]["count"], 1);
}
