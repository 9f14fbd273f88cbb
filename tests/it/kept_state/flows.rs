//! Flows with their versions, holders and configurations, and deleted ones.

use serde_json::{Value, json};

use super::{load, read, refused, save};
use crate::conversations::id;
use crate::rest::{Client, mock};

const FLOWS: &str = "/api/v2/flows";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

/// What is wrong with the flows of a snapshot, and the change that makes it so.
type Mistake<'m> = (&'m str, &'m dyn Fn(&mut Value));

/// Creates a flow that is published, saved again and checked out, and one that is deleted.
async fn use_flows(client: &Client) -> [String; 2] {
    let flow = |name: &str| json!({ "name": name, "type": "WORKFLOW", "description": "d" });
    let [one, gone] =
        [id(&client.post(FLOWS, flow("Kept")).await.ok()), id(&client.post(FLOWS, flow("Gone")).await.ok())];
    for action in ["checkin", "publish", "checkout"] {
        client.post(&format!("{FLOWS}/actions/{action}?flow={one}"), json!({})).await.ok();
    }
    client.post(&format!("{FLOWS}/{one}/versions"), json!({ "tasks": 3 })).await.ok();
    client.post(&format!("{FLOWS}/actions/publish?flow={gone}"), json!({})).await.ok();
    assert_eq!(client.delete(&format!("{FLOWS}/{gone}")).await.status, 204);
    [one, gone]
}

#[tokio::test]
async fn flows_are_kept_with_their_versions_and_their_holders() {
    let [mock, other] = [mock().await, mock().await];
    let [client, there] = [&mock, &other].map(Client::new);
    let [one, gone] = use_flows(&client).await;
    load(&other, &save(&mock).await).await;
    for path in [
        format!("{FLOWS}/{one}"),
        format!("{FLOWS}/{one}/versions"),
        format!("{FLOWS}/{one}/latestconfiguration"),
        format!("{FLOWS}?deleted=true&pageSize=100"),
        format!("{FLOWS}/{gone}?deleted=true"),
    ] {
        assert_eq!(read(&there, &path).await, client.get(&path).await.ok(), "{path}");
    }
    let kept = there.get(&format!("{FLOWS}/{one}")).await.ok();
    assert_eq!(
        [&kept["publishedVersion"]["id"], &kept["savedVersion"]["id"], &kept["lockedUser"]["name"]],
        ["1.0", "1.1", "administrator"]
    );
    let next = there.post(&format!("{FLOWS}/{one}/versions"), json!({})).await.ok();
    assert_eq!(next["id"], "1.2");
}

#[tokio::test]
async fn a_snapshot_whose_flows_and_states_differ_is_refused() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let [one, gone] = use_flows(&client).await;
    let before = save(&mock).await;
    let mistakes: [Mistake<'_>; 4] = [
        ("a flow without a state", &|flows| drop(states(flows).remove(&one))),
        ("a state without a flow", &|flows| {
            let state = flows["states"][&one].clone();
            states(flows).insert(UNKNOWN.to_owned(), state);
        }),
        ("a flow that is listed as deleted", &|flows| flows["states"][&gone]["deleted"] = json!(false)),
        ("a deleted flow that is listed", &|flows| flows["states"][&one]["deleted"] = json!(true)),
    ];
    for (what, change) in mistakes {
        let mut bad = before.clone();
        let organizations = bad["organizations"].as_array_mut().expect("a list");
        let used = organizations.iter_mut().map(|one| &mut one["data"]["flows"]);
        let mut used = used.filter(|flows| flows["states"].get(&one).is_some());
        change(used.next().expect("the organization"));
        let told = refused(&mock, &bad).await;
        assert!(told.contains("the flows and their states differ"), "{what}: {told}");
    }
    assert_eq!(save(&mock).await, before);
}

fn states(flows: &mut Value) -> &mut serde_json::Map<String, Value> {
    flows["states"].as_object_mut().expect("an object")
}
