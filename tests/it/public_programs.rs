//! Bodies as public programs send them, with less than the API document requires.

use serde_json::json;

use crate::rest::{Client, id, mock};

#[tokio::test]
async fn an_integration_without_a_name_has_that_of_its_type() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/integrations";
    let kind = json!({ "integrationType": { "id": "purecloud-data-actions" } });
    let (first, second) = (api.post(path, kind.clone()).await.ok(), api.post(path, kind).await.ok());
    assert_eq!(first["name"], second["name"]);
    let read = api.get(&format!("{path}/{}", id(&second))).await.ok();
    assert_eq!(read["name"], "Genesys Cloud Data Actions");
    api.post(path, json!({ "name": "x" })).await.refused(400);
    api.post(path, json!({ "integrationType": { "id": "none" } })).await.refused(400);
}

#[tokio::test]
async fn a_phone_column_of_a_campaign_has_the_type_that_its_list_gives_it() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let list = json!({ "name": "l", "columnNames": ["Cell"],
        "phoneColumns": [{ "columnName": "Cell", "type": "cell" }] });
    let list = id(&api.post("/api/v2/outbound/contactlists", list).await.ok());
    let site = id(&api.get("/api/v2/telephony/providers/edges/sites").await.ok()["entities"][0]);
    let campaign = json!({ "name": "c", "dialingMode": "agentless", "callerName": "n", "callerAddress": "+13175550100",
        "contactList": { "id": list }, "phoneColumns": [{ "columnName": "Cell" }], "outboundLineCount": 2,
        "site": { "id": site }, "callAnalysisResponseSet": { "id": response_set(&api).await } });
    let path = "/api/v2/outbound/campaigns";
    let created = api.post(path, campaign).await.ok();
    let read = api.get(&format!("{path}/{}", id(&created))).await.ok();
    assert_eq!(read["phoneColumns"], json!([{ "columnName": "Cell", "type": "cell" }]));
}

async fn response_set(api: &Client) -> String {
    let set = json!({ "name": "r", "responses": {} });
    id(&api.post("/api/v2/outbound/callanalysisresponsesets", set).await.ok())
}

#[tokio::test]
async fn an_edge_group_needs_no_trunk_between_its_edges() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let edges = "/api/v2/telephony/providers/edges";
    let bases = api.get(&format!("{edges}/trunkbasesettings?trunkType=PHONE")).await.ok();
    let base = id(&bases["entities"][0]);
    let group = json!({ "name": "g", "phoneTrunkBases": [{ "id": base }] });
    let created = api.post(&format!("{edges}/edgegroups"), group).await.ok();
    let read = api.get(&format!("{edges}/edgegroups/{}", id(&created))).await.ok();
    assert_eq!(read["phoneTrunkBases"][0]["id"], json!(base));
    api.post(&format!("{edges}/edgegroups"), json!({ "name": "h" })).await.refused(400);
}

#[tokio::test]
async fn a_policy_names_a_form_by_its_id_and_its_context() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let question = json!({ "text": "t", "answerOptions": [{ "text": "Yes", "value": 1 }] });
    let form = json!({ "name": "f", "questionGroups": [{ "name": "g", "questions": [question] }] });
    let form = api.post("/api/v2/quality/forms/evaluations", form).await.ok();
    let user = id(&api.get("/api/v2/users").await.ok()["entities"][0]);
    let assigned = json!({ "evaluationForm": { "id": form["id"], "contextId": form["contextId"] },
        "user": { "id": user } });
    let actions = json!({ "retainRecording": true, "assignEvaluations": [assigned] });
    let policy = json!({ "name": "p", "order": 1, "enabled": false,
        "mediaPolicies": { "callPolicy": { "actions": actions, "conditions": { "forUsers": [{ "id": user }] } } } });
    let path = "/api/v2/recording/mediaretentionpolicies";
    let created = api.post(path, policy).await.done();
    let read = api.get(&format!("{path}/{}", id(&created))).await.ok();
    let assigned = &read["mediaPolicies"]["callPolicy"]["actions"]["assignEvaluations"][0];
    assert_eq!(assigned["evaluationForm"]["id"], form["id"], "{read}");
}
