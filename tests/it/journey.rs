//! Segments, action maps and views of journeys.

use std::time::Duration;

use serde_json::json;

use crate::rest::{Client, id, mock};

const JOURNEY: &str = "/api/v2/journey";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

#[tokio::test]
async fn an_action_map_keeps_its_segments_and_template_from_deletion() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let segment =
        client.post(&format!("{JOURNEY}/segments"), json!({ "displayName": "Buyers" })).await.done();
    assert_eq!((&segment["version"], &segment["scope"]), (&json!(1), &json!("Session")));
    client.post(&format!("{JOURNEY}/segments"), json!({ "displayName": "buyers" })).await.refused(409);
    let template = json!({ "name": "Offer", "mediaType": "contentOffer", "state": "Active" });
    let template = client.post(&format!("{JOURNEY}/actiontemplates"), template).await.done();
    let map = |segment: &str| {
        json!({ "displayName": "Map", "triggerWithSegments": [segment],
            "action": { "mediaType": "contentOffer", "actionTemplate": { "id": id(&template) } } })
    };
    client.post(&format!("{JOURNEY}/actionmaps"), map(UNKNOWN)).await.refused(400);
    let made_map = client.post(&format!("{JOURNEY}/actionmaps"), map(&id(&segment))).await.done();
    client.delete(&format!("{JOURNEY}/segments/{}", id(&segment))).await.refused(409);
    client.delete(&format!("{JOURNEY}/actiontemplates/{}", id(&template))).await.refused(409);
    let uri = format!("{JOURNEY}/segments/{}", id(&segment));
    let change = |version: u32| json!({ "displayName": "Sellers", "version": version });
    assert_eq!(client.patch(&uri, change(2)).await.refused(409), "general.conflict");
    assert_eq!(client.patch(&uri, change(1)).await.ok()["version"], 2);
    assert_eq!(client.delete(&format!("{JOURNEY}/actionmaps/{}", id(&made_map))).await.status, 204);
    assert_eq!(client.delete(&uri).await.status, 204);
}

#[tokio::test]
async fn a_journey_view_keeps_its_versions() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let views = format!("{JOURNEY}/views");
    let view = client.post(&views, json!({ "name": "Sales", "elements": [] })).await.done();
    let one = format!("{views}/{}", id(&view));
    let next =
        client.post(&format!("{one}/versions"), json!({ "name": "Sales 2", "elements": [] })).await.done();
    assert_eq!((&next["version"], &next["id"]), (&json!(2), &view["id"]));
    assert_eq!(client.get(&format!("{one}/versions/1")).await.ok()["name"], "Sales");
    assert_eq!(client.get(&one).await.ok()["name"], "Sales 2");
    client.get(&format!("{one}/versions/3")).await.refused(404);
    let job = client.post(&format!("{one}/versions/2/jobs"), json!({})).await.done();
    assert_eq!(job["status"], "Accepted");
    mock.advance(Duration::from_secs(2));
    assert_eq!(client.get(&format!("{one}/versions/2/jobs/latest")).await.ok()["status"], "Complete");
    let schedule = format!("{one}/schedules");
    client.get(&schedule).await.refused(404);
    client.post(&schedule, json!({ "frequency": "Daily" })).await.done();
    client.post(&schedule, json!({ "frequency": "Daily" })).await.refused(409);
    assert_eq!(client.put(&schedule, json!({ "frequency": "Weekly" })).await.ok()["frequency"], "Weekly");
}

#[tokio::test]
async fn an_action_map_keeps_its_outcomes_and_ends_after_it_starts() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let outcome = client.post(&format!("{JOURNEY}/outcomes"), json!({ "displayName": "Sale" })).await.done();
    let maps = format!("{JOURNEY}/actionmaps");
    for field in ["triggerWithOutcomeProbabilityConditions", "triggerWithOutcomePercentileConditions"] {
        let condition =
            |id: &str| json!([{ "outcomeId": id, "maximumProbability": 0.5, "maximumPercentile": 50 }]);
        let map = |id: &str| json!({ "displayName": field, "triggerWithSegments": [], "pageUrlConditions": [], field: condition(id) });
        assert_eq!(client.post(&maps, map(UNKNOWN)).await.refused(400), "resource.not.found", "{field}");
        let made = client.post(&maps, map(&id(&outcome))).await.done();
        client.delete(&format!("{JOURNEY}/outcomes/{}", id(&outcome))).await.refused(409);
        client.delete(&format!("{maps}/{}", id(&made))).await.done();
    }
    client.delete(&format!("{JOURNEY}/outcomes/{}", id(&outcome))).await.done();
    let backwards = json!({ "displayName": "Back", "triggerWithSegments": [], "pageUrlConditions": [],
        "startDate": "2026-03-10T00:00:00Z", "endDate": "2026-03-09T00:00:00Z" });
    assert_eq!(client.post(&maps, backwards).await.refused(400), "constraint.validation");
}
