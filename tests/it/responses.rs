//! Response libraries, responses and assets.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const LIBRARIES: &str = "/api/v2/responsemanagement/libraries";
const RESPONSES: &str = "/api/v2/responsemanagement/responses";
const ASSETS: &str = "/api/v2/responsemanagement/responseassets";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

fn names(entities: &Value) -> Vec<&str> {
    let entities = entities.as_array().unwrap_or_else(|| panic!("no entities: {entities}"));
    entities.iter().filter_map(|entity| entity["name"].as_str()).collect()
}

#[tokio::test]
async fn a_response_is_in_its_libraries_and_goes_with_the_last() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (a, b) = (
        client.post(LIBRARIES, json!({ "name": "A" })).await.ok(),
        client.post(LIBRARIES, json!({ "name": "B" })).await.ok(),
    );
    client.post(LIBRARIES, json!({ "name": "a" })).await.refused(409);
    let body = json!({ "name": "Hello", "libraries": [{ "id": a["id"] }, { "id": b["id"] }],
        "texts": [{ "content": "Good day", "contentType": "text/plain" }] });
    let response = client.post(RESPONSES, body.clone()).await.ok();
    assert_eq!(names(&response["libraries"]), ["A", "B"]);
    let of = async |library: &Value| {
        let listed = client.get(&format!("{RESPONSES}?libraryId={}", id(library))).await.ok();
        listed["total"].as_u64().expect("a count")
    };
    assert_eq!((of(&a).await, of(&b).await), (1, 1));
    assert_eq!(client.get(RESPONSES).await.refused(400), "constraint.validation");
    let mut dangling = body.clone();
    dangling["libraries"] = json!([{ "id": UNKNOWN }]);
    assert_eq!(client.post(RESPONSES, dangling).await.refused(400), "resource.not.found");
    let one = format!("{RESPONSES}/{}", id(&response));
    let mut moved = body;
    moved["libraries"] = json!([{ "id": b["id"] }]);
    moved["version"] = json!(1);
    assert_eq!(client.put(&one, moved.clone()).await.ok()["version"], 2);
    assert_eq!(client.put(&one, moved).await.refused(409), "general.conflict");
    assert_eq!((of(&a).await, of(&b).await), (0, 1));
    client.delete(&format!("{LIBRARIES}/{}", id(&b))).await;
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn responses_are_found_by_a_phrase_and_by_filters() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let library = client.get(LIBRARIES).await.ok()["entities"][0].clone();
    let query = async |body: Value| {
        let found = client.post(&format!("{RESPONSES}/query"), body).await.ok();
        names(&found["results"]["entities"]).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(query(json!({ "queryPhrase": "THANK YOU" })).await, ["Goodbye"]);
    let filter = |name: &str, operator: &str, value: &str| json!({ "filters": [{ "name": name, "operator": operator, "values": [value] }] });
    assert_eq!(query(filter("libraryId", "EQUALS", &id(&library))).await, ["Welcome", "Goodbye"]);
    assert_eq!(query(filter("name", "BEGINS_WITH", "wel")).await, ["Welcome"]);
    let many = client
        .post(&format!("{LIBRARIES}/bulk"), json!({ "libraryIds": [library["id"], UNKNOWN] }))
        .await
        .ok();
    assert_eq!(names(&many["entities"]), ["Greetings and Closings"]);
}

#[tokio::test]
async fn an_asset_is_uploaded_by_the_clock() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let made = client.post(&format!("{ASSETS}/uploads"), json!({ "name": "logo.png" })).await.ok();
    assert!(made["url"].as_str().is_some_and(|url| url.starts_with("http://")), "{made}");
    let address = made["url"].as_str().expect("an address");
    let sent = reqwest::Client::new().put(address).body("PNG").send().await.expect("an answer");
    assert_eq!(sent.status(), 200, "the address needs no token");
    let status = async || client.get(&format!("{ASSETS}/status/{}", id(&made))).await.ok()["status"].clone();
    assert_eq!(status().await, "InProgress");
    mock.advance(Duration::from_secs(2));
    assert_eq!(status().await, "Uploaded");
    let search = json!({ "query": [{ "type": "STARTS_WITH", "fields": ["name"], "value": "logo" }] });
    let found = client.post(&format!("{ASSETS}/search"), search).await.ok();
    assert_eq!((&found["total"], &found["results"][0]["contentType"]), (&json!(1), &json!("image/png")));
    let many =
        client.post(&format!("{ASSETS}/bulk"), json!({ "assetIds": [made["id"], UNKNOWN] })).await.ok();
    assert_eq!((names(&many["entities"]), &many["notFound"]), (vec!["logo.png"], &json!([UNKNOWN])));
}

#[tokio::test]
async fn a_response_refers_to_assets_that_exist() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let library = id(&client.post("/api/v2/responsemanagement/libraries", json!({ "name": "L" })).await.ok());
    let body = json!({ "name": "R", "libraries": [{ "id": library }], "texts": [{ "content": "Hello" }],
        "assets": [{ "id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301" }] });
    let refused = client.post("/api/v2/responsemanagement/responses", body).await.refused(400);
    assert_eq!(refused, "resource.not.found");
}
