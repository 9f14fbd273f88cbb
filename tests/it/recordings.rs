//! Media retention policies, and jobs over recordings.

use serde_json::json;

use crate::rest::{Client, id, mock};

#[tokio::test]
async fn a_policy_has_its_place_in_the_order_and_does_not_both_keep_and_delete() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/recording/mediaretentionpolicies";
    let first =
        client.post(path, json!({ "name": "Keep", "actions": { "retainRecording": true } })).await.done();
    let second = client.post(path, json!({ "name": "Drop", "enabled": false })).await.done();
    assert_eq!((&first["order"], &second["order"]), (&json!(1), &json!(2)));
    client.post(path, json!({ "name": "keep" })).await.refused(409);
    let both = json!({ "name": "Both", "actions": { "retainRecording": true, "deleteRecording": true } });
    client.post(path, both).await.refused(400);
    let enabled = client.get(&format!("{path}?enabled=true")).await.ok();
    assert_eq!((&enabled["total"], &enabled["entities"][0]["id"]), (&json!(1), &first["id"]));
    let one = format!("{path}/{}", id(&second));
    assert_eq!(client.patch(&one, json!({ "enabled": true })).await.ok()["enabled"], true);
    client.delete(&format!("{path}?ids={},{}", id(&first), id(&second))).await.ok();
    client.get(&one).await.refused(404);
    let aged = json!({ "action": "DELETE", "agedConversationInterval": "soon" });
    client.post("/api/v2/recording/jobs", aged).await.refused(400);
}
