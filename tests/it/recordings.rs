//! Media retention policies, and jobs over recordings.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conversations::call;
use crate::reports::DAY;
use crate::rest::{Client, id, mock};

const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

/// An ended call of a customer, with the path of its recordings.
async fn recorded(mock: &gcmock::MockServer, client: &Client) -> (String, String) {
    let call = call(mock, client, json!({ "phoneNumber": "+13175550100" })).await;
    client.post(&format!("/api/v2/conversations/{call}/disconnect"), json!({})).await.done();
    mock.advance(Duration::from_secs(2));
    let recordings = format!("/api/v2/conversations/{call}/recordings");
    (call, recordings)
}

#[tokio::test]
async fn the_dates_of_a_recording_are_kept_and_end_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (_, recordings) = recorded(&mock, &client).await;
    let recording = client.get(&recordings).await.ok()[0].clone();
    let path = format!("{recordings}/{}", id(&recording));
    let changed = client.put(&path, json!({ "deleteDate": "2026-03-08T00:10:00Z" })).await.ok();
    assert_eq!((&changed["id"], &changed["media"]), (&recording["id"], &json!("audio")));
    assert_eq!(changed["deleteDate"], "2026-03-08T00:10:00.000Z");
    assert_eq!(client.get(&path).await.ok(), changed);
    assert_eq!(client.put(&path, json!({ "deleteDate": "soon" })).await.refused(400), "invalid.date");
    let archived = client.put(&path, json!({ "archiveDate": "2026-03-08T00:20:00Z" })).await.ok();
    assert_eq!(archived["deleteDate"], changed["deleteDate"], "what is not named stays");
    mock.advance(Duration::from_secs(600));
    client.get(&path).await.refused(404);
    assert_eq!(client.get(&recordings).await.ok(), json!([]));
    client.put(&path, json!({ "deleteDate": null })).await.refused(404);
}

#[tokio::test]
async fn a_job_that_deletes_removes_the_recordings_that_it_processed() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (call, recordings) = recorded(&mock, &client).await;
    let (_, others) = recorded(&mock, &client).await;
    let filter = json!({ "type": "and", "predicates": [{ "dimension": "conversationId", "value": call }] });
    let query =
        json!({ "interval": "2026-03-08T00:00:00Z/2026-03-09T00:00:00Z", "conversationFilters": [filter] });
    let job = json!({ "action": "DELETE", "actionDate": "2026-03-08T00:00:00Z", "conversationQuery": query });
    let job = client.post("/api/v2/recording/jobs", job).await.done();
    assert_eq!(client.get(&recordings).await.ok().as_array().map(Vec::len), Some(1));
    let path = format!("/api/v2/recording/jobs/{}", id(&job));
    client.put(&path, json!({ "state": "PROCESSING" })).await.ok();
    mock.advance(Duration::from_secs(2));
    let done = client.get(&path).await.ok();
    assert_eq!((&done["state"], &done["totalProcessedRecordings"]), (&json!("FULFILLED"), &json!(1)));
    assert_eq!(client.get(&recordings).await.ok(), json!([]));
    assert_eq!(client.get(&others).await.ok().as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn jobs_archive_and_export_recordings() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (_, recordings) = recorded(&mock, &client).await;
    let run = async |action: &str, more: Value| {
        let mut job = json!({ "action": action, "conversationQuery": { "interval": DAY } });
        let more = more.as_object().expect("an object").clone();
        job.as_object_mut().expect("an object").extend(more);
        let job = client.post("/api/v2/recording/jobs", job).await.done();
        client
            .put(&format!("/api/v2/recording/jobs/{}", id(&job)), json!({ "state": "PROCESSING" }))
            .await
            .ok();
        mock.advance(Duration::from_secs(2));
        client.get(&recordings).await.ok()[0].clone()
    };
    let archived = run("ARCHIVE", json!({ "actionDate": "2026-03-08T00:00:00Z" })).await;
    assert_eq!(
        (&archived["fileState"], &archived["archiveMedium"]),
        (&json!("ARCHIVED"), &json!("CLOUDARCHIVE"))
    );
    assert!(archived["archiveDate"].is_string() && archived.get("mediaUris").is_none(), "{archived}");
    let one = format!("{recordings}/{}", id(&archived));
    let restored = client.put(&one, json!({ "archiveDate": null })).await.ok();
    assert_eq!((&restored["fileState"], restored.get("archiveDate")), (&json!("AVAILABLE"), None));
    let integration = client.get("/api/v2/integrations").await.ok()["entities"][0]["id"].clone();
    let exported = run("EXPORT", json!({ "integrationId": integration, "actionAge": 1 })).await;
    assert!(exported["exportDate"].is_string() && exported.get("exportedDate").is_none(), "{exported}");
    mock.advance(Duration::from_secs(24 * 3600));
    let exported = client.get(&one).await.ok();
    assert_eq!(exported["exportedDate"], exported["exportDate"]);
}

#[tokio::test]
async fn a_policy_has_its_place_in_the_order_and_does_not_both_keep_and_delete() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/recording/mediaretentionpolicies";
    let first =
        client.post(path, json!({ "name": "Keep", "actions": { "retainRecording": true } })).await.done();
    let second = client.post(path, json!({ "name": "Drop", "enabled": false })).await.done();
    assert_eq!((&first["order"], &second["order"]), (&json!(1), &json!(2)));
    let taken = client.post(path, json!({ "name": "keep" })).await.refused(400);
    assert_eq!(taken, "recording.policy.name.duplicate.name");
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

#[tokio::test]
async fn recordings_are_fetched_in_batches() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let call = call(&mock, &client, json!({ "phoneNumber": "+1" })).await;
    client.post(&format!("/api/v2/conversations/{call}/disconnect"), json!({})).await;
    let batches = "/api/v2/recording/batchrequests";
    let asked =
        json!({ "batchDownloadRequestList": [{ "conversationId": call }, { "conversationId": UNKNOWN }] });
    let batch = client.post(batches, asked).await.ok();
    let path = batch["selfUri"].as_str().expect("an address").to_owned();
    let running = client.get(&path).await.ok();
    assert_eq!((&running["status"], &running["results"]), (&json!("InProgress"), &json!([])));
    mock.advance(Duration::from_secs(2));
    let done = client.get(&path).await.ok();
    assert_eq!(
        (&done["status"], &done["resultCount"], &done["errorCount"]),
        (&json!("Completed"), &json!(2), &json!(1))
    );
    let audio =
        reqwest::get(done["results"][0]["resultUrl"].as_str().expect("an address")).await.expect("an answer");
    assert_eq!(audio.status(), 200);
    client.get(&format!("{batches}/{UNKNOWN}")).await.refused(404);
    client.post(batches, json!({ "batchDownloadRequestList": [] })).await.refused(400);
}

#[tokio::test]
async fn a_recording_job_is_ready_started_and_fulfilled() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let jobs = "/api/v2/recording/jobs";
    let query = json!({ "action": "DELETE", "actionDate": "2026-03-09T00:00:00Z",
        "conversationQuery": { "interval": DAY } });
    let job = client.post(jobs, query).await;
    assert_eq!((job.status.as_u16(), &job.body["state"]), (202, &json!("PENDING")));
    let path = format!("{jobs}/{}", id(&job.body));
    let start = json!({ "state": "PROCESSING" });
    assert_eq!(client.get(&path).await.ok()["state"], "READY");
    assert_eq!(client.put(&path, start).await.ok()["state"], "PROCESSING");
    mock.advance(Duration::from_secs(2));
    assert_eq!(client.get(&format!("{jobs}?state=FULFILLED")).await.ok()["total"], 1);
    assert_eq!(client.get(&format!("{path}/failedrecordings")).await.ok()["total"], 0);
    assert_eq!(client.delete(&path).await.status, 204);
    client.get(&path).await.refused(404);
    client.post(jobs, json!({ "action": "NO_SUCH" })).await.refused(400);
}

#[tokio::test]
async fn a_policy_refers_to_what_exists() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let queue = client.get("/api/v2/routing/queues").await.ok()["entities"][0]["id"].clone();
    let user = client.get("/api/v2/users/agent-1").await.ok()["id"].clone();
    let known = json!({ "forQueues": [{ "id": queue }], "forUsers": [{ "id": user }] });
    let unknown = json!([{ "id": UNKNOWN }]);
    for path in
        ["/api/v2/recording/mediaretentionpolicies", "/api/v2/recording/crossplatform/mediaretentionpolicies"]
    {
        let made = client.post(path, json!({ "name": "Known", "conditions": known })).await.done();
        for field in ["forQueues", "forUsers", "wrapupCodes", "teams"] {
            let conditions = Value::from_iter([(field, unknown.clone())]);
            let whole = json!({ "name": "Unknown", "conditions": conditions });
            let of_calls =
                json!({ "name": "Unknown", "mediaPolicies": { "callPolicy": { "conditions": conditions } } });
            for body in [whole, of_calls] {
                let refused = client.post(path, body.clone()).await;
                assert_eq!(refused.body["entityId"], UNKNOWN, "{path}: {body}");
                assert_eq!(refused.refused(400), "resource.not.found");
            }
        }
        let calibration = json!({ "assignCalibrations": [{ "calibrator": { "id": UNKNOWN } }] });
        let one = format!("{path}/{}", id(&made));
        client.patch(&one, json!({ "actions": calibration })).await.refused(400);
        let both = json!({ "retainRecording": true, "deleteRecording": true });
        client
            .patch(&one, json!({ "mediaPolicies": { "emailPolicy": { "actions": both } } }))
            .await
            .refused(400);
    }
}

#[tokio::test]
async fn a_token_without_a_user_has_no_recording_jobs_of_its_own() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let program = client.login_as(&crate::support::credentials(&mock, "rehearsal")).await;
    let jobs = "/api/v2/recording/jobs";
    let query = json!({ "action": "DELETE", "actionDate": "2026-03-09T00:00:00Z",
        "conversationQuery": { "interval": DAY } });
    for caller in [&client, &program] {
        caller.post(jobs, query.clone()).await.done();
    }
    let own = format!("{jobs}?showOnlyMyJobs=true");
    assert_eq!(client.get(&own).await.ok()["total"], 1);
    assert_eq!(program.get(&own).await.ok()["total"], 0);
    assert_eq!(program.get(jobs).await.ok()["total"], 2);
}
