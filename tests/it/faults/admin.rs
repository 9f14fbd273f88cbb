//! Faults at the admin API: shown, added, replaced, removed, counted and found again.

use serde_json::{Value, json};

use super::{ME, fault, mock, noted};
use crate::support::{Answer, Client};

const FAULTS: &str = "/__admin/faults";

async fn put(client: &Client, name: &str, body: &Value) -> Answer {
    Answer::to(client.request("PUT", &format!("{FAULTS}/{name}")).json(body)).await
}

#[tokio::test]
async fn a_fault_is_added_shown_counted_replaced_and_removed() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let none = client.get(FAULTS).await.json();
    assert_eq!(none["faults"], json!([]));
    assert_eq!(none["presets"][0]["name"], "region-failover", "what can be named as preset");
    let body = json!({ "match": ["* /api/v2/**"], "status": 503, "retry_after": "3s", "times": 2, "scope": ["user"] });
    let added = put(&client, "flaky", &body).await;
    assert_eq!(added.status, 200, "{added:?}");
    let shown = json!({
        "name": "flaky", "match": ["* /api/v2/**"], "scope": ["user"], "share": 1.0, "after": 0, "times": 2,
        "status": 503, "retry_after": "3s", "file": "request", "counts": { "covered": 0, "struck": 0 },
    });
    assert_eq!(added.json(), shown);
    let statuses = [client.get(ME).await.status, client.get(ME).await.status, client.get(ME).await.status];
    assert_eq!(statuses, [503, 503, 200]);
    let one = client.get(&format!("{FAULTS}/flaky")).await.json();
    assert_eq!(one["counts"], json!({ "covered": 3, "struck": 2 }));
    let metrics = client.get("/metrics").await.body;
    assert!(metrics.contains("gcmock_faults_total{fault=\"flaky\"} 2\n"), "{metrics}");
    assert_eq!(put(&client, "flaky", &one).await.status, 200, "an answer can be sent back");
    assert_eq!(client.get(ME).await.status, 200, "the same fault goes on");
    assert_eq!(
        put(&client, "flaky", &json!({ "match": ["* /api/v2/**"], "garble": true })).await.status,
        200
    );
    assert_eq!(client.get(FAULTS).await.json()["faults"].as_array().map(Vec::len), Some(1));
    assert_eq!(client.ask("DELETE", &format!("{FAULTS}/flaky")).await.status, 204);
    assert_eq!(client.get(ME).await.status, 200);
    for method in ["GET", "DELETE"] {
        assert_eq!(client.ask(method, &format!("{FAULTS}/flaky")).await.code(), "not.found");
    }
}

#[tokio::test]
async fn a_fault_of_each_kind_is_shown_as_it_can_be_sent_back() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let (http, socket) = (json!(["* /api/v2/**"]), json!(["WS /channels/*"]));
    for body in [
        json!({ "match": http, "status": 429, "retry_after": "3s", "share": 0.25, "after": 2, "times": 3, "between": ["1s", "90s"] }),
        json!({ "match": http, "reset": true, "grant": ["pasted"], "scope": ["tenant", "user"] }),
        json!({ "match": http, "close": 100 }),
        json!({ "match": http, "stall": "1500ms" }),
        json!({ "match": http, "slow": "999MiB/s" }),
        json!({ "match": http, "garble": true }),
        json!({ "match": http, "refuse": "all" }),
        json!({ "match": http, "revoke": true }),
        json!({ "match": socket, "socket_close": 1011, "reason": "bye", "after_frames": 5, "after_time": "10s" }),
        json!({ "match": socket, "socket_silence": true }),
        json!({ "match": ["* /**", "WS /**"], "edge_down": "*" }),
        json!({ "match": ["* /**"], "oauth_down": true }),
    ] {
        let shown = put(&client, "a", &body).await.json();
        for (key, value) in body.as_object().expect("an object") {
            assert_eq!(shown[key], *value, "{key} of {shown}");
        }
        assert_eq!(put(&client, "a", &shown).await.json(), shown);
    }
}

#[tokio::test]
async fn a_wrong_fault_is_a_400_that_names_the_field_and_changes_nothing() {
    let mock = mock(&fault("kept", "status = 503")).await;
    let client = Client::of(&mock);
    let before = client.get(FAULTS).await.json();
    let everything = json!(["* /api/v2/**"]);
    for (body, told) in [
        (json!({ "match": everything, "status": 503, "close": 1 }), "`close` beside `status`"),
        (json!({ "match": everything }), "the fault has no kind"),
        (
            json!({ "match": everything, "status": 200 }),
            "`status` is 200 (expected an integer from 400 to 599)",
        ),
        (
            json!({ "match": everything, "reset": true, "share": 1.5 }),
            "`share` is 1.5 (expected a number from 0 to 1)",
        ),
        (json!({ "match": everything, "reset": true, "share": -1 }), "`share` is -1"),
        (
            json!({ "match": everything, "reset": true, "between": ["9s", "1s"] }),
            "`between` ends before it begins",
        ),
        (
            json!({ "match": everything, "refuse": "none" }),
            "`refuse` is \"none\", which is not a limit (expected all)",
        ),
        (
            json!({ "match": ["WS /channels/*"], "socket_close": 1006, "reason": "bye" }),
            "`reason` does not belong to `socket_close = 1006`, which sends no close frame",
        ),
        (json!({ "edge_down": "moon" }), "`edge_down` is \"moon\", which is not an edge"),
        (json!({ "match": ["GET /nowhere"], "reset": true }), "matches no operation"),
        (json!({ "match": everything, "reset": true, "colour": 1 }), "unknown key `colour`"),
        (json!({ "preset": "gateway-50" }), "did you mean gateway-502?"),
        (
            json!({ "match": everything, "reset": true, "name": "other" }),
            "name: expected kept, as in the path",
        ),
    ] {
        let answer = put(&client, "kept", &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad.request"), "{body}");
        let message = answer.json()["message"].to_string().replace("\\\"", "\"");
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(put(&client, "kept", &json!([])).await.status, 400);
    assert_eq!(client.get(FAULTS).await.json(), before);
}

#[tokio::test]
async fn a_preset_is_added_by_name_and_a_reset_restores_the_faults_of_the_files() {
    let mock = mock(&fault("file", "status = 503\ntimes = 1")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get(ME).await.status, 503);
    assert_eq!(put(&client, "gateway-502", &json!({ "preset": "gateway-502" })).await.status, 200);
    assert_eq!(client.ask("DELETE", &format!("{FAULTS}/file")).await.status, 204);
    let names = || async {
        let faults = client.get(FAULTS).await.json();
        faults["faults"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|fault| fault["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["gateway-502"]);
    assert_eq!(client.ask("POST", "/__admin/reset").await.status, 204);
    assert_eq!(names().await, ["file"]);
    assert_eq!((client.get(ME).await.status, client.get(ME).await.status), (503, 200), "counted again");
}

#[tokio::test]
async fn the_journal_is_filtered_by_fault() {
    let mock = mock(&(fault("a", "status = 503\ntimes = 2") + &fault("b", "status = 504\ntimes = 1"))).await;
    let client = Client::of(&mock);
    for _ in 0..4 {
        client.get(ME).await;
    }
    assert_eq!(noted(&mock), ["a", "a", "b", ""]);
    for (name, count) in [("a", 2), ("b", 1), ("*", 3), ("none", 0)] {
        let found = client.get(&format!("/__admin/requests?fault={name}")).await.json();
        assert_eq!(found["requests"].as_array().map(Vec::len), Some(count), "{name}");
        let counted = client.post("/__admin/requests/count", &json!({ "fault": name })).await;
        assert_eq!(counted.json()["count"], count);
    }
}

#[tokio::test]
async fn the_library_adds_and_removes_faults() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    mock.add_fault(&(fault("a", "status = 503\ntimes = 1") + &fault("b", "status = 504\ntimes = 1")))
        .expect("right");
    assert_eq!(
        [client.get(ME).await.status, client.get(ME).await.status, client.get(ME).await.status],
        [503, 504, 200]
    );
    assert_eq!((mock.struck("a"), mock.struck("none")), (Some(1), None));
    let wrong = mock.add_fault(&fault("c", "status = 200")).expect_err("wrong").to_string();
    assert_eq!(wrong, "fault:4: `status` is 200 (expected an integer from 400 to 599)");
    assert!(mock.remove_fault("a") && !mock.remove_fault("a"));
    assert_eq!(mock.struck("a"), None);
}
