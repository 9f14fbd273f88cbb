//! Flows: found, published, run, locked, deleted.

use std::time::Duration;

use insta::assert_json_snapshot;
use serde_json::json;

use crate::architect::{FLOWS, first, id, names};
use crate::rest::{Client, mock};
use crate::support::credentials;

#[tokio::test]
async fn flows_are_found_by_type_name_description_and_id() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Zebra", "type": "WORKFLOW", "description": "black on white" });
    let zebra = id(&client.post(FLOWS, body).await.ok());
    for query in [
        "name=zeb*",
        "name=Zebra",
        "description=white",
        "nameOrDescription=black",
        &format!("id={zebra}"),
        "type=workflow&sortBy=name&sortOrder=desc&pageSize=1",
    ] {
        let found = client.get(&format!("{FLOWS}?{query}")).await.ok();
        assert_eq!(names(&found), ["Zebra"], "{query}");
    }
    let two = client.get(&format!("{FLOWS}?type=INBOUNDCALL,workflow")).await.ok();
    let kinds: Vec<_> =
        two["entities"].as_array().expect("entities").iter().map(|flow| &flow["type"]).collect();
    assert!(kinds.iter().all(|kind| **kind == "INBOUNDCALL" || **kind == "WORKFLOW"), "{kinds:?}");
    assert_eq!(client.get(&format!("{FLOWS}?type=DANCE")).await.refused(400), "invalid.query.param.value");
    let views = client.get(&format!("{FLOWS}/divisionviews?name=zebra")).await.ok();
    assert!(views["entities"][0].get("active").is_none(), "a view shows less than the flow");
}

#[tokio::test]
async fn a_flow_is_saved_checked_in_published_and_run() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let flow = client.post(FLOWS, json!({ "name": "Case", "type": "workflow" })).await.ok();
    let one = format!("{FLOWS}/{}", id(&flow));
    let act = |action: &str| format!("{FLOWS}/actions/{action}?flow={}", id(&flow));
    let launch = json!({ "flowId": id(&flow) });
    let refused = client.post("/api/v2/flows/executions", launch.clone()).await.refused(400);
    assert_eq!(refused, "flow.config.not.published");
    assert_eq!(client.post(&act("checkout"), json!({})).await.ok()["lockedUser"]["name"], "administrator");
    client.post(&format!("{one}/versions"), json!({ "tasks": 3 })).await.ok();
    assert_eq!(client.post(&act("checkin"), json!({})).await.ok()["actionName"], "CHECKIN");
    assert_eq!(client.post(&act("publish"), json!({})).await.ok()["complete"], true);
    let read = client.get(&one).await.ok();
    assert_eq!((&read["active"], &read["publishedVersion"]["id"]), (&json!(true), &json!("1.0")));
    assert!(read.get("lockedUser").is_none(), "publishing gives the lock back");
    assert_eq!(client.get(&format!("{one}/latestconfiguration")).await.ok(), json!({ "tasks": 3 }));
    let versions = client.get(&format!("{one}/versions")).await.ok();
    assert_eq!(names(&versions), ["0.1", "0.2", "1.0"]);
    assert_json_snapshot!("flow_versions", versions["entities"], {
        "[].createdBy" => "[the administrator]",
        "[].configurationUri" => "[uri]", "[].selfUri" => "[uri]",
    });
    let run = client.post("/api/v2/flows/executions", launch).await.ok();
    assert_eq!(run["flowVersion"]["id"], "1.0");
}

#[tokio::test]
async fn an_execution_runs_until_the_clock_has_moved() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let flow = first(&client, FLOWS).await;
    let run = client.post("/api/v2/flows/executions", json!({ "flowId": flow, "name": "mine" })).await.ok();
    let one = format!("/api/v2/flows/executions/{}", id(&run));
    assert_eq!(client.get(&one).await.ok()["status"], "RUNNING");
    mock.advance(Duration::from_secs(2));
    assert_json_snapshot!("flow_execution", client.get(&one).await.ok(), {
        ".id" => "[id]", ".selfUri" => "[uri]",
    });
    client.post("/api/v2/flows/executions", json!({ "flowId": "none" })).await.refused(404);
    client.post("/api/v2/flows/executions", json!({})).await.refused(400);
    client.get("/api/v2/flows/executions/none").await.refused(404);
}

#[tokio::test]
async fn a_flow_that_another_has_checked_out_is_refused_until_it_is_unlocked() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let other = client.login_as(&credentials(&mock, "rehearsal")).await;
    let flow = first(&client, FLOWS).await;
    let act = |action: &str| format!("{FLOWS}/actions/{action}?flow={flow}");
    assert_eq!(other.post(&act("checkout"), json!({})).await.ok()["lockedClient"]["name"], "rehearsal");
    for action in ["checkout", "checkin", "publish", "revert", "deactivate"] {
        let code = client.post(&act(action), json!({})).await.refused(409);
        assert_eq!(code, "architect.flow.locked.by.user", "{action}");
    }
    client.put(&format!("{FLOWS}/{flow}"), json!({ "name": "Mine" })).await.refused(409);
    client.post(&act("unlock"), json!({})).await.ok();
    assert_eq!(client.post(&act("deactivate"), json!({})).await.ok()["active"], false);
    client.post(&format!("{FLOWS}/actions/publish"), json!({})).await.refused(400);
    client.post(&format!("{FLOWS}/actions/publish?flow=none"), json!({})).await.refused(404);
}

#[tokio::test]
async fn flows_are_deleted_one_by_one_or_all_together() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let all = client.get(FLOWS).await.ok();
    let ids: Vec<String> = all["entities"].as_array().expect("entities").iter().map(id).collect();
    assert_eq!(client.delete(&format!("{FLOWS}/{}", ids[0])).await.status, 204);
    client.get(&format!("{FLOWS}/{}/versions", ids[0])).await.refused(404);
    client.delete(&format!("{FLOWS}?id={},none", ids[1])).await.refused(404);
    client.get(&format!("{FLOWS}/{}", ids[1])).await.ok();
    let done = client.delete(&format!("{FLOWS}?id={}&id={}", ids[1], ids[2])).await.ok();
    assert_eq!(done["actionName"], "DELETE");
    assert_eq!(client.get(FLOWS).await.ok()["total"], ids.len() - 3);
    client.delete(FLOWS).await.refused(400);
}

#[tokio::test]
async fn a_flow_belongs_to_a_division_until_that_is_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let divisions = "/api/v2/authorization/divisions";
    let north = id(&client.post(divisions, json!({ "name": "North", "description": "d" })).await.ok());
    let body =
        |name: &str, division: &str| json!({ "name": name, "type": "BOT", "division": { "id": division } });
    let unknown = body("Lost", "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
    assert_eq!(client.post(FLOWS, unknown).await.refused(400), "resource.not.found");
    let made = client.post(FLOWS, body("Bot", &north)).await.ok();
    assert_eq!(made["division"]["name"], "North");
    let moved = first(&client, FLOWS).await;
    let objects = format!("{divisions}/{north}/objects/FLOW");
    assert_eq!(client.post(&objects, json!([moved])).await.status, 204);
    let found = client.get(&format!("{FLOWS}?divisionId={north}&sortBy=name")).await.ok();
    assert_eq!(found["total"], 2, "{found}");
    let one = format!("{divisions}/{north}");
    let counted = client.get(&format!("{one}?objectCount=true")).await.ok();
    assert_eq!(counted["objectCounts"]["FLOW"], 2);
    assert_eq!(client.delete(&one).await.refused(400), "precondition.failure");
    assert_eq!(client.delete(&format!("{one}?force=true")).await.status, 204);
    assert_eq!(client.get(&format!("{FLOWS}/{moved}")).await.ok()["division"]["name"], "Home");
}
