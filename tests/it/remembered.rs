//! What operations keep, where later reads of other operations show it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conversations::call;
use crate::rest::{Client, id, mock};

#[tokio::test]
async fn a_scim_group_keeps_its_external_id() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Synced", "type": "official", "visibility": "public", "rulesVisible": true });
    let group = id(&client.post("/api/v2/groups", body).await.ok());
    let path = format!("/api/v2/scim/v2/groups/{group}");
    let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let body = json!({ "schemas": [schema], "displayName": "Synced", "externalId": "external-1" });
    assert_eq!(client.put(&path, body).await.ok()["externalId"], "external-1");
    assert_eq!(client.get(&path).await.ok()["externalId"], "external-1");
    let found = client.get("/api/v2/scim/v2/groups?filter=displayName+eq+%22Synced%22").await.ok();
    assert_eq!(found["Resources"][0]["externalId"], "external-1");
    let own = client.get(&format!("/api/v2/groups/{group}")).await.ok();
    assert!(!own.to_string().contains("external-1"), "only SCIM shows it: {own}");
    let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "externalId", "value": "external-2" }] });
    client.patch(&path, patch).await.ok();
    assert_eq!(client.get(&path).await.ok()["externalId"], "external-2");
}

#[tokio::test]
async fn a_conversation_shows_its_utilization_label() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let call = call(&mock, &client, json!({ "phoneNumber": "+13175550100" })).await;
    let label = id(&client.post("/api/v2/routing/utilization/labels", json!({ "name": "Sales" })).await.ok());
    let path = format!("/api/v2/conversations/{call}");
    let body = |label: &str| json!({ "utilizationLabelId": label });
    let set = client.patch(&format!("{path}/utilizationlabel"), body(&label)).await;
    assert_eq!(set.status, 202);
    for path in [path.clone(), format!("/api/v2/conversations/calls/{call}")] {
        assert_eq!(client.get(&path).await.ok()["utilizationLabelId"], label, "{path}");
    }
    let unknown = client.patch(&format!("{path}/utilizationlabel"), body(&call)).await.refused(404);
    assert_eq!(unknown, "utilization.label.id.not.found");
    client.patch(&format!("{path}/utilizationlabel"), json!({})).await.done();
    assert_eq!(client.get(&path).await.ok()["utilizationLabelId"], Value::Null);
}

#[tokio::test]
async fn the_annotations_of_a_recording_are_listed() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let call = call(&mock, &client, json!({ "phoneNumber": "+13175550100" })).await;
    client.post(&format!("/api/v2/conversations/{call}/disconnect"), json!({})).await.done();
    mock.advance(Duration::from_secs(2));
    let recordings = format!("/api/v2/conversations/{call}/recordings");
    let recording = id(&client.get(&recordings).await.ok()[0]);
    let path = format!("{recordings}/{recording}/annotations");
    let made = client.post(&path, json!({ "type": "bookmark", "name": "Here", "location": 5 })).await.done();
    assert_eq!(client.get(&path).await.ok()[0]["id"], made["id"]);
    assert_eq!(client.get(&format!("{path}/{}", id(&made))).await.ok()["location"], 5);
}

#[tokio::test]
async fn a_draft_keeps_its_type() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "provider": "P", "fromAddress": "a@example.org", "toAddress": "b@example.org", "subject": "S", "textBody": "T" });
    let email = id(&client.post("/api/v2/conversations/emails", body).await.done());
    let path = format!("/api/v2/conversations/emails/{email}/messages/draft");
    client.patch(&format!("{path}?autoFill=true"), json!({ "draftType": "ReplyAll" })).await.ok();
    assert_eq!(client.get(&path).await.ok()["draftType"], "ReplyAll");
    client.patch(&path, json!({ "draftType": "Forward" })).await.ok();
    client.patch(&path, json!({ "draftType": null })).await.ok();
    let draft = client.get(&path).await.ok();
    assert_eq!((&draft["draftType"], &draft["subject"]), (&json!("Forward"), &json!("S")));
}

#[tokio::test]
async fn a_role_keeps_its_base_license() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Licensed", "baseLicense": "cloudCX2" });
    let role = client.post("/api/v2/authorization/roles", body).await.ok();
    let path = format!("/api/v2/authorization/roles/{}", id(&role));
    assert_eq!(client.get(&path).await.ok()["baseLicense"], "cloudCX2");
}

#[tokio::test]
async fn a_version_of_a_journey_view_can_be_read() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Path", "duration": "P7D", "elements": [] });
    let view = id(&client.post("/api/v2/journey/views", body.clone()).await.done());
    let path = format!("/api/v2/journey/views/{view}/versions");
    let made = client.post(&path, body).await.done();
    assert_eq!(client.get(&format!("{path}/{}", made["version"])).await.ok()["version"], 2);
}

#[tokio::test]
async fn a_proficiency_out_of_range_is_refused_with_its_field() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = id(&client.get("/api/v2/users").await.ok()["entities"][0]);
    let skill = id(&client.get("/api/v2/routing/skills").await.ok()["entities"][0]);
    let path = format!("/api/v2/users/{user}/routingskills/bulk");
    let refused = client.patch(&path, json!([{ "id": skill, "proficiency": 9 }])).await;
    assert_eq!(refused.body["messageParams"]["field"], "proficiency");
    assert_eq!(refused.body["message"], "The property proficiency must be a number from 0 to 5.");
    assert_eq!(refused.refused(400), "constraint.validation");
}

#[tokio::test]
async fn a_generic_answer_has_no_property_of_another_kind() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let package = client.post("/api/v2/learning/scorm", json!({ "contentMd5": "x" })).await.done();
    assert!(package["uploadUrl"].is_string());
    let read = client.get(&format!("/api/v2/learning/scorm/{}", id(&package))).await.ok();
    assert_eq!(read["uploadUrl"], Value::Null);
    let domain = json!({ "id": "mail.example.org", "subDomain": false });
    client.post("/api/v2/routing/email/domains", domain).await.done();
    let path = "/api/v2/routing/email/domains/mail.example.org/testconnection";
    let message = json!({ "to": [{ "email": "a@example.org" }], "from": { "email": "b@example.org" }, "textBody": "T" });
    let tested = client.post(path, message).await.done();
    assert_eq!((&tested["name"], &tested["textBody"]), (&Value::Null, &json!("T")));
}

#[tokio::test]
async fn the_results_of_a_journey_view_need_the_view_and_its_job() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Path", "duration": "P7D", "elements": [],
        "charts": [{ "name": "C", "metrics": [] }] });
    let view = client.post("/api/v2/journey/views", body).await.done();
    let chart = view["charts"][0]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v2/journey/views/{}/versions/1", id(&view));
    let job = id(&client.post(&format!("{path}/jobs"), json!({})).await.done());
    client.get(&format!("{path}/jobs/{job}/results")).await.ok();
    client.get(&format!("{path}/charts/{chart}")).await.ok();
    let unknown = "/api/v2/journey/views/6b3f9f0e-0b1b-4a57-9d55-0d4a4f4dd5a1/versions/1";
    for rest in
        [format!("charts/{chart}"), format!("charts/{chart}/versions/1"), format!("jobs/{job}/results")]
    {
        client.get(&format!("{unknown}/{rest}")).await.refused(404);
    }
}
