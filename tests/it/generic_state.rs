//! What generic operations remember, and what they take from other paths.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const TEMPLATES: &str = "/api/v2/outbound/filespecificationtemplates";
const LISTS: &str = "/api/v2/outbound/contactlisttemplates";

fn id(entity: &Value) -> &str {
    entity["id"].as_str().expect("an id")
}

fn ids(listing: &Value) -> Vec<&str> {
    listing["entities"].as_array().expect("a listing").iter().map(id).collect()
}

#[tokio::test]
async fn a_put_takes_away_what_it_leaves_out_and_a_patch_does_not() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Mine", "description": "Old", "format": "Delimited" });
    let created = client.post(TEMPLATES, body).await.ok();
    let one = format!("{TEMPLATES}/{}", id(&created));
    let put = client.put(&one, json!({ "name": "Yours", "format": "Delimited", "version": 1 })).await.ok();
    assert_eq!(
        (&put["name"], &put["description"], &put["id"]),
        (&json!("Yours"), &Value::Null, &created["id"])
    );
    let guides = "/api/v2/guides";
    let guide = client.post(guides, json!({ "name": "Mine", "source": "Manual" })).await.ok();
    let one = format!("{guides}/{}", id(&guide));
    client.send(reqwest::Method::PATCH, &one, Some(json!({ "status": "Draft" }))).await;
    assert_eq!(client.get(&one).await.ok()["name"], "Mine");
}

#[tokio::test]
async fn a_change_of_an_old_version_is_a_conflict() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Mine", "format": "Delimited", "version": 1 });
    let one = format!("{TEMPLATES}/{}", id(&client.post(TEMPLATES, body.clone()).await.ok()));
    let changed = client.put(&one, body.clone()).await.ok();
    assert_eq!(changed["version"], 2);
    client.put(&one, body).await.refused(409);
    assert_eq!(client.get(&one).await.ok(), changed, "nothing changed");
}

#[tokio::test]
async fn an_operation_below_an_entity_that_does_not_exist_is_a_404() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let nobody = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    for path in [
        format!("/api/v2/users/{nobody}/greetings"),
        format!("/api/v2/groups/{nobody}/greetings"),
        format!("/api/v2/flows/{nobody}/instances/settings/loglevels"),
    ] {
        client.get(&path).await.refused(404);
    }
    let group = client.get("/api/v2/groups").await.ok()["entities"][0].clone();
    client.get(&format!("/api/v2/groups/{}/greetings", id(&group))).await.ok();
}

#[tokio::test]
async fn a_second_path_shows_the_entities_of_the_first() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let units = "/api/v2/workforcemanagement/businessunits";
    let (first, second) =
        (client.get(units).await.ok(), client.get(&format!("{units}/divisionviews")).await.ok());
    assert_eq!(ids(&first), ids(&second));
    assert!(!ids(&first).is_empty());
    let list =
        client.post(LISTS, json!({ "name": "Mine", "columnNames": ["A"], "phoneColumns": [] })).await.ok();
    client.post(LISTS, json!({ "name": "Other", "columnNames": ["A"], "phoneColumns": [] })).await.ok();
    let asked = client.post(&format!("{LISTS}/bulk/retrieve"), json!({ "ids": [id(&list)] })).await.ok();
    assert_eq!(ids(&asked), [id(&list)]);
}

#[tokio::test]
async fn each_entity_of_a_bulk_operation_has_a_result() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let rules = "/api/v2/alerting/rules";
    let body = json!({ "name": "Mine", "type": "ConversationMetrics", "enabled": true });
    let rule = client.post(rules, body).await;
    assert!(rule.status.is_success(), "{:?}", rule.body);
    let rule = id(&rule.body).to_owned();
    let removed = client.post(&format!("{rules}/bulk/remove"), json!({ "ruleIds": [rule, "1"] })).await.ok();
    assert_eq!(removed["errorCount"], 1);
    assert_eq!(removed["results"][1]["error"]["code"], "not.found");
    client.get(&format!("{rules}/{rule}")).await.refused(404);
}

#[tokio::test]
async fn an_action_changes_the_entity_that_it_is_about() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let cases = "/api/v2/casemanagement/cases";
    let case = client.post(cases, json!({ "caseplan": { "id": "1" }, "summary": "Old" })).await;
    assert!(case.status.is_success(), "{:?}", case.body);
    let one = format!("{cases}/{}", id(&case.body));
    let body = Some(json!({ "summary": "New" }));
    client.send(reqwest::Method::PATCH, &format!("{one}/summary"), body).await.ok();
    assert_eq!(client.get(&one).await.ok()["summary"], "New");
}

#[tokio::test]
async fn an_id_in_a_body_is_a_reference_in_the_answer() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let intents = "/api/v2/intents";
    let category = client.post(&format!("{intents}/categories"), json!({ "name": "Billing" })).await.done();
    let body = json!({ "name": "Refund", "description": "d", "expiryTime": 24, "categoryId": id(&category) });
    let intent = client.post(&format!("{intents}/customerintents"), body).await.done();
    assert_eq!(intent["category"]["id"], category["id"]);
    let one = format!("{intents}/customerintents/{}", id(&intent));
    client.patch(&one, json!({ "categoryId": "another" })).await.done();
    assert_eq!(client.get(&one).await.ok()["category"]["id"], "another");
    let predictors = "/api/v2/routing/predictors";
    let body = json!({ "queueIds": ["x", "y"], "kpi": "k" });
    let made = client.post(predictors, body).await.done();
    assert_eq!(made["queues"], json!([{ "id": "x" }, { "id": "y" }]));
    let home = client.get("/api/v2/authorization/divisions/home").await.ok();
    let tables = "/api/v2/businessrules/decisiontables";
    let body = json!({ "name": "t", "divisionId": home["id"], "schemaId": "s", "columns": {} });
    let table = client.post(tables, body).await.done();
    assert_eq!((&table["division"]["id"], &table["division"]["name"]), (&home["id"], &json!("Home")));
}

#[tokio::test]
async fn a_generic_query_follows_the_filters_of_its_body() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let plans = "/api/v2/casemanagement/caseplans";
    let made = client.post(plans, json!({ "name": "one" })).await.done();
    client.post(plans, json!({ "name": "two" })).await.done();
    let filter = json!({ "name": "name", "operator": "IN", "values": ["one"] });
    let found = client.post(&format!("{plans}/query"), json!({ "filters": [filter] })).await.ok();
    assert_eq!(ids(&found), [id(&made)]);
}

#[tokio::test]
async fn an_address_for_a_file_takes_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (path, property) in [
        ("/api/v2/externalcontacts/import/csv/uploads", "uploadUrl"),
        ("/api/v2/guides/uploads", "url"),
        ("/api/v2/contentmanagement/documents", "uploadDestinationUri"),
    ] {
        let body = json!({ "fileName": "a.csv", "name": "a.csv", "fileSize": 3, "workspace": { "id": "w" } });
        let answer = client.post(path, body).await.done();
        let url = answer[property].as_str().unwrap_or_else(|| panic!("{path}: {answer}"));
        let sent = reqwest::Client::new().put(url).body("a,b").send().await.expect("the mock answers");
        assert_eq!(sent.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn a_listing_of_jobs_has_their_states_and_what_is_done_at_once_is_done() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let exports = "/api/v2/externalcontacts/contacts/exports";
    client.post(exports, json!({})).await.done();
    let status = async || client.get(exports).await.ok()["entities"][0]["status"].clone();
    assert_eq!(status().await, "RUNNING");
    mock.advance(std::time::Duration::from_secs(3));
    assert_eq!(status().await, "SUCCEEDED");
    let units = "/api/v2/workforcemanagement/businessunits";
    let unit = client.get(units).await.ok()["entities"][0].clone();
    let body = json!({ "startDate": "2026-03-08T00:00:00Z", "endDate": "2026-03-09T00:00:00Z" });
    let found = client.post(&format!("{units}/{}/agentschedules/search", id(&unit)), body).await.ok();
    assert_eq!(found["status"], "Complete");
}

#[tokio::test]
async fn an_answer_that_is_a_string_says_what_the_status_says() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let call =
        client.post("/api/v2/conversations/calls", json!({ "phoneNumber": "+13175550100" })).await.ok();
    let path = format!("/api/v2/conversations/{}/secureattributes", id(&call));
    let body = json!({ "attributes": { "a": "b" } });
    assert_eq!(client.put(&path, body).await.done(), "Accepted");
}
