//! Integrations, their configuration, credentials and data actions.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::rest::{Client, mock};
use crate::support;

const INTEGRATIONS: &str = "/api/v2/integrations";
const ACTIONS: &str = "/api/v2/integrations/actions";
const CREDENTIALS: &str = "/api/v2/integrations/credentials";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

fn names(page: &Value) -> Vec<&str> {
    let entities = page["entities"].as_array().unwrap_or_else(|| panic!("no entities: {page}"));
    entities.iter().filter_map(|entity| entity["name"].as_str()).collect()
}

async fn integration(client: &Client) -> String {
    let body = json!({ "name": "Mine", "integrationType": { "id": "custom-rest-actions" } });
    id(&client.post(INTEGRATIONS, body).await.ok())
}

fn action(integration: &str) -> Value {
    let input =
        json!({ "type": "object", "required": ["key"], "properties": { "key": { "type": "string" } } });
    let output = json!({ "type": "object", "properties": { "name": { "type": "string" }, "age": { "type": "integer" } } });
    json!({
        "name": "Look up", "category": "Mine", "integrationId": integration, "secure": false,
        "config": { "request": { "requestUrlTemplate": "/x", "requestType": "GET", "requestTemplate": "${input.rawRequest}" },
            "response": { "successTemplate": "${rawResult}" } },
        "contract": { "input": { "inputSchema": input }, "output": { "successSchema": output } },
    })
}

#[tokio::test]
async fn an_integration_is_enabled_and_its_reported_state_follows() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let named = client
        .post(INTEGRATIONS, json!({ "name": "Hooks", "integrationType": { "id": "webhook" } }))
        .await
        .ok();
    assert_eq!((&named["name"], &named["intendedState"]), (&json!("Hooks"), &json!("DISABLED")));
    let unknown = json!({ "name": "x", "integrationType": { "id": "no-such-type" } });
    assert_eq!(client.post(INTEGRATIONS, unknown).await.refused(400), "resource.not.found");
    let one = format!("{INTEGRATIONS}/{}", id(&named));
    let state = async || client.get(&one).await.ok()["reportedState"]["code"].clone();
    assert_eq!(state().await, "INACTIVE");
    client.patch(&one, json!({ "intendedState": "ENABLED" })).await.ok();
    assert_eq!(state().await, "ACTIVATING");
    mock.advance(Duration::from_secs(2));
    assert_eq!(state().await, "ACTIVE");
    let active =
        client.get(&format!("{INTEGRATIONS}?integrationType=webhook&reportedState=ACTIVE")).await.ok();
    assert_eq!(active["total"], 1);
    let deleted = client.delete(&one).await.ok();
    assert_eq!(deleted["id"], named["id"]);
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn a_configuration_is_replaced_by_its_version_and_its_credentials_stay() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let credential = json!({ "name": "Secret", "type": { "id": "basicAuth" },
        "credentialFields": { "userName": "me", "password": "hush" } });
    let made = client.post(CREDENTIALS, credential.clone()).await.ok();
    let shown = client.get(&format!("{CREDENTIALS}/{}", id(&made))).await;
    assert!(!shown.body.to_string().contains("hush"), "{}", shown.body);
    let mut incomplete = credential;
    incomplete["credentialFields"] = json!({ "userName": "me" });
    assert_eq!(client.post(CREDENTIALS, incomplete).await.refused(400), "constraint.validation");
    let config = format!("{INTEGRATIONS}/{}/config/current", integration(&client).await);
    assert_eq!(client.get(&config).await.ok()["version"], 1);
    let mut body = json!({ "name": "Renamed", "version": 1, "properties": {}, "advanced": {}, "notes": "n",
        "credentials": { "basicAuth": { "id": made["id"] } } });
    let put = client.put(&config, body.clone()).await.ok();
    assert_eq!((&put["version"], &put["notes"]), (&json!(2), &json!("n")));
    assert_eq!(client.put(&config, body.clone()).await.refused(409), "general.conflict");
    body["version"] = json!(2);
    body["credentials"]["basicAuth"]["id"] = json!(UNKNOWN);
    assert_eq!(client.put(&config, body).await.refused(400), "resource.not.found");
    let using = format!("{INTEGRATIONS}?credentialId={}", id(&made));
    assert_eq!(names(&client.get(&using).await.ok()), ["Renamed"]);
    client.delete(&format!("{CREDENTIALS}/{}", id(&made))).await.refused(409);
}

#[tokio::test]
async fn an_action_checks_its_input_and_answers_as_its_contract_says() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let dangling = client.post(ACTIONS, action(UNKNOWN)).await;
    assert_eq!(dangling.refused(400), "resource.not.found");
    let owner = integration(&client).await;
    let mut wrong = action(&owner);
    wrong["contract"]["input"]["inputSchema"]["properties"]["key"]["type"] = json!("object");
    wrong["contract"]["input"]["inputSchema"]["properties"]["key"]["required"] = json!(7);
    client.post(ACTIONS, wrong).await.refused(400);
    let one = format!("{ACTIONS}/{}", id(&client.post(ACTIONS, action(&owner)).await.ok()));
    assert_eq!(client.post(&format!("{one}/execute"), json!({})).await.refused(400), "constraint.validation");
    client.post(&format!("{one}/execute"), json!({ "key": 1 })).await.refused(400);
    let first = client.post(&format!("{one}/execute"), json!({ "key": "a" })).await.ok();
    assert!(first["name"].is_string() && first["age"].is_i64(), "{first}");
    assert_eq!(client.post(&format!("{one}/execute"), json!({ "key": "a" })).await.ok(), first);
    let failed = client.post(&format!("{one}/test"), json!({})).await.ok();
    assert_eq!((&failed["success"], failed["error"]["status"].as_u64()), (&json!(false), Some(400)));
    let tested = client.post(&format!("{one}/test"), json!({ "key": "a" })).await.ok();
    assert_eq!((&tested["success"], &tested["finalResult"]), (&json!(true), &first));
    client.delete(&format!("{INTEGRATIONS}/{owner}")).await.ok();
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn an_action_is_shown_in_the_detail_that_the_query_asks_for() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let listed = client.get(&format!("{ACTIONS}?name=find&category=genesys+cloud+data+actions")).await.ok();
    assert_eq!(names(&listed), ["Find Customer"]);
    assert_eq!(names(&client.get(&format!("{ACTIONS}?secure=true")).await.ok()), [""; 0]);
    let one = format!("{ACTIONS}/{}", id(&listed["entities"][0]));
    let plain = client.get(&one).await.ok();
    assert!(plain.get("config").is_none() && plain["contract"]["input"].get("inputSchema").is_none());
    let uri = plain["contract"]["input"]["inputSchemaUri"].as_str().expect("an address").to_owned();
    let whole = client.get(&format!("{one}?expand=contract&includeConfig=true")).await.ok();
    assert_eq!(client.get(&uri).await.ok(), whole["contract"]["input"]["inputSchema"]);
    assert_eq!(whole["config"]["request"]["requestType"], "GET");
    client.get(&format!("{one}/schemas/nothing.json")).await.refused(404);
    let categories = client.get(&format!("{ACTIONS}/categories")).await.ok();
    assert_eq!(names(&categories), ["Genesys Cloud Data Actions"]);
}

#[tokio::test]
async fn an_action_without_templates_hands_on_what_comes() {
    let mock = mock().await;
    let client = Client::new(&mock);
    // The vendor's Terraform provider reads both templates of each action, also where it was made without them.
    let mut without = action(&integration(&client).await);
    without["config"] = json!({ "request": { "requestUrlTemplate": "/x", "requestType": "GET" } });
    let bare = format!("{ACTIONS}/{}", id(&client.post(ACTIONS, without).await.ok()));
    for (name, template) in
        [("requesttemplate.vm", "${input.rawRequest}"), ("successtemplate.vm", "${rawResult}")]
    {
        assert_eq!(client.get(&format!("{bare}/templates/{name}")).await.ok(), template);
    }
    client.get(&format!("{bare}/templates/nothing.vm")).await.refused(404);
}

#[tokio::test]
async fn a_draft_is_published_by_its_version_and_replaces_its_action() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let owner = integration(&client).await;
    let draft = client.post(&format!("{ACTIONS}/drafts"), action(&owner)).await.ok();
    let one = format!("{ACTIONS}/{}", id(&draft));
    client.get(&one).await.refused(404);
    assert_eq!(client.get(&format!("{one}/draft/validation")).await.ok()["valid"], true);
    client.post(&format!("{one}/draft/publish"), json!({ "version": 9 })).await.refused(409);
    let published = client.post(&format!("{one}/draft/publish"), json!({ "version": 1 })).await.ok();
    assert_eq!((&published["id"], &published["version"]), (&draft["id"], &json!(1)));
    client.get(&format!("{one}/draft")).await.refused(404);
    client.post(&format!("{one}/draft"), json!({})).await.ok();
    client.post(&format!("{one}/draft"), json!({})).await.refused(409);
    let changed = client.patch(&format!("{one}/draft"), json!({ "name": "Other", "version": 1 })).await.ok();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Other"), &json!(2)));
    assert_eq!(client.get(&one).await.ok()["name"], "Look up");
    client.post(&format!("{one}/draft/publish"), json!({ "version": 2 })).await.ok();
    assert_eq!(client.get(&one).await.ok()["name"], "Other");
    assert_eq!(
        client.patch(&one, json!({ "version": 1, "name": "x" })).await.refused(409),
        "general.conflict"
    );
    assert_eq!(client.delete(&one).await.status, 204);
}

#[tokio::test]
async fn executions_are_counted_and_refused_by_the_shipped_limit() {
    let shipped = MockServer::builder().manual_clock().no_latency().start().await.expect("a free port");
    assert_eq!(execute(&shipped).await, 200);
    assert_eq!(support::used(&shipped, "data-actions"), 1);
    let pattern = "POST /api/v2/integrations/actions/*/execute";
    let small = support::mock(&support::window("data-actions", "tenant", pattern, 2, "")).await;
    assert_eq!([execute(&small).await, execute(&small).await, execute(&small).await], [200, 200, 429]);
}

/// The status of an execution of a seeded action.
async fn execute(mock: &MockServer) -> u16 {
    let client = Client::new(mock);
    let found = client.get(&format!("{ACTIONS}?name=find")).await.ok();
    let path = format!("{ACTIONS}/{}/execute", id(&found["entities"][0]));
    client.post(&path, json!({ "phoneNumber": "+13175550101" })).await.status.as_u16()
}

#[tokio::test]
async fn an_input_has_no_property_that_a_closed_schema_lacks() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let mut body = action(&integration(&client).await);
    let schema = &mut body["contract"]["input"]["inputSchema"];
    schema["additionalProperties"] = json!(false);
    schema["properties"]["inner"] = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "additionalProperties": false });
    let one = format!("{ACTIONS}/{}", id(&client.post(ACTIONS, body).await.ok()));
    let execute = format!("{one}/execute");
    client.post(&execute, json!({ "key": "a", "inner": { "a": "b" } })).await.ok();
    for (input, field) in
        [(json!({ "key": "a", "more": 1 }), "more"), (json!({ "key": "a", "inner": { "b": 1 } }), "inner.b")]
    {
        let refused = client.post(&execute, input.clone()).await;
        assert_eq!(refused.body["messageParams"]["field"], field);
        assert_eq!(refused.refused(400), "constraint.validation");
        assert_eq!(client.post(&format!("{one}/test"), input).await.ok()["success"], false);
    }
}
