//! Knowledge bases: the tree of categories, documents from draft to version, search.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const BASES: &str = "/api/v2/knowledge/knowledgebases";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

async fn base(client: &Client) -> String {
    let base = client.post(BASES, json!({ "name": "Help", "coreLanguage": "en-US" })).await.ok();
    format!("{BASES}/{}", id(&base))
}

#[tokio::test]
async fn categories_are_a_tree_and_count_their_documents() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = base(&client).await;
    let categories = format!("{base}/categories");
    let top = client.post(&categories, json!({ "name": "Cards" })).await.done();
    let below = json!({ "name": "Loss", "parentCategoryId": id(&top) });
    let below = client.post(&categories, below).await.done();
    assert_eq!(below["parentCategory"]["name"], "Cards");
    let unknown = json!({ "name": "x", "parentCategoryId": UNKNOWN });
    assert_eq!(client.post(&categories, unknown).await.refused(400), "resource.not.found");
    let (top_uri, below_uri) = (format!("{categories}/{}", id(&top)), format!("{categories}/{}", id(&below)));
    client.patch(&top_uri, json!({ "parentCategoryId": id(&below) })).await.refused(400);
    client.delete(&top_uri).await.refused(409);
    let document = json!({ "title": "Lost card", "categoryId": id(&below) });
    let document = client.post(&format!("{base}/documents"), document).await.done();
    assert_eq!(document["category"]["id"], below["id"]);
    assert_eq!(client.get(&below_uri).await.ok()["documentCount"], 1);
    assert!(client.delete(&below_uri).await.status.is_success());
    let left = client.get(&format!("{base}/documents/{}", id(&document))).await.ok();
    assert_eq!(left.get("category"), None, "its category is gone");
    client.get(&format!("{BASES}/{UNKNOWN}/categories")).await.refused(404);
}

#[tokio::test]
async fn a_document_is_found_once_it_is_published_and_as_it_was_then() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = base(&client).await;
    let documents = format!("{base}/documents");
    let document = client.post(&documents, json!({ "title": "Reset a card" })).await.done();
    assert_eq!(document["state"], "Draft");
    let one = format!("{documents}/{}", id(&document));
    let contexts = json!({ "contexts": [], "body": { "blocks": [
        { "type": "Paragraph", "paragraph": { "blocks": [{ "type": "Text", "text": { "text": "Call us" } }] } },
    ] } });
    let variation = client.post(&format!("{one}/variations"), contexts).await.done();
    let of = &variation["document"];
    assert_eq!((&of["id"], &of["knowledgeBase"]["selfUri"]), (&document["id"], &json!(base)));
    let search = json!({ "query": "card" });
    let path = format!("{documents}/search");
    assert_eq!(client.post(&path, search.clone()).await.ok()["total"], 0);
    assert_eq!(client.get(&documents).await.ok()["entities"], json!([]));
    client.get(&format!("{one}?state=Published")).await.refused(404);
    let version = client.post(&format!("{one}/versions"), json!({})).await.done();
    assert_eq!(version["versionNumber"], 1);
    let found = client.post(&path, search).await.ok();
    assert_eq!((&found["total"], &found["results"][0]["confidence"]), (&json!(1), &json!(1.0)));
    assert_eq!(client.post(&path, json!({ "query": "call" })).await.ok()["total"], 1, "of its variation");
    let changed = client.patch(&one, json!({ "title": "Block a card" })).await.ok();
    assert_eq!(changed["state"], "Draft");
    let published = client.get(&format!("{one}?state=Published")).await.ok();
    assert_eq!(published["title"], "Reset a card");
    let suggested = client.post(&format!("{path}/suggestions"), json!({ "query": "reset" })).await.ok();
    assert_eq!(suggested["results"][0]["matchedPhrase"], "Reset a card");
    let restored = json!({ "restoreFromVersionId": id(&version) });
    assert_eq!(client.post(&format!("{one}/versions"), restored).await.done()["versionNumber"], 2);
    assert_eq!(client.get(&one).await.ok()["title"], "Reset a card");
    assert_eq!(client.get(&base).await.ok()["articleCount"], 1);
}

#[tokio::test]
async fn a_bulk_change_tells_the_error_of_each_document() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = base(&client).await;
    let documents = format!("{base}/documents");
    let label =
        client.post(&format!("{base}/labels"), json!({ "name": "New", "color": "#ff0000" })).await.done();
    let document = client.post(&documents, json!({ "title": "One" })).await.done();
    let body = json!({ "entities": [{ "id": id(&document), "labelIds": [id(&label)] }, { "id": UNKNOWN }] });
    let done = client.post(&format!("{documents}/bulk/update"), body).await.ok();
    assert_eq!((&done["errorCount"], &done["errorIndexes"]), (&json!(1), &json!([1])));
    let labels = format!("{base}/labels/{}", id(&label));
    assert_eq!(client.get(&labels).await.ok()["documentCount"], 1);
    client.post(&format!("{base}/labels"), json!({ "name": "new", "color": "#fff" })).await.refused(409);
    assert!(client.delete(&labels).await.status.is_success());
    let document = client.get(&format!("{documents}/{}", id(&document))).await.ok();
    assert_eq!(document["labels"], json!([]));
}

#[tokio::test]
async fn an_import_waits_for_its_confirmation() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = base(&client).await;
    let upload = client.post("/api/v2/knowledge/documentuploads", json!({ "fileName": "x.json" })).await.ok();
    let request = reqwest::Client::new().put(upload["url"].as_str().expect("an address"));
    request.body(r#"{"documents":[]}"#).send().await.expect("an answer");
    let body = json!({ "uploadKey": upload["uploadKey"], "fileType": "Json" });
    let import = client.post(&format!("{base}/import/jobs"), body).await.done();
    let uri = format!("{base}/import/jobs/{}", id(&import));
    mock.advance(Duration::from_secs(5));
    let status = |body: Value| body["status"].as_str().unwrap_or_default().to_owned();
    assert_eq!(status(client.get(&uri).await.ok()), "ValidationCompleted");
    assert!(client.patch(&uri, json!({ "status": "Started" })).await.status.is_success());
    mock.advance(Duration::from_secs(5));
    assert_eq!(status(client.get(&uri).await.ok()), "Completed");
}

/// The id of a new variation of a document.
async fn variation(client: &Client, document: &str) -> String {
    let body = json!({ "contexts": [], "body": { "blocks": [] } });
    id(&client.post(&format!("{document}/variations"), body).await.done())
}

#[tokio::test]
async fn views_copies_and_presentations_are_of_a_variation_that_is_or_was_published() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = base(&client).await;
    let document = client.post(&format!("{base}/documents"), json!({ "title": "Reset" })).await.ok();
    let uri = format!("{base}/documents/{}", id(&document));
    let known = variation(&client, &uri).await;
    let version = client.post(&format!("{uri}/versions"), json!({})).await.done();
    client.delete(&format!("{uri}/variations/{known}")).await.done();
    let body = |variation: &str| {
        json!({ "documentId": document["id"], "documentVariationId": variation, "documentVersionId": version["id"],
            "application": { "type": "Assistant" } })
    };
    let shown =
        |variation: &str| json!({ "documents": [body(variation)], "application": { "type": "Assistant" } });
    for (path, known, unknown) in [
        (format!("{uri}/views"), body(&known), body(UNKNOWN)),
        (format!("{uri}/copies"), body(&known), body(UNKNOWN)),
        (format!("{base}/documents/presentations"), shown(&known), shown(UNKNOWN)),
    ] {
        client.post(&path, known).await.done();
        assert_eq!(client.post(&path, unknown).await.refused(404), "document.variation.not.found", "{path}");
    }
}

#[tokio::test]
async fn feedback_names_the_document_that_it_is_about() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = base(&client).await;
    let document = client.post(&format!("{base}/documents"), json!({ "title": "Reset" })).await.ok();
    let uri = format!("{base}/documents/{}", id(&document));
    let variation = variation(&client, &uri).await;
    let mut body = json!({ "documentVariation": { "id": variation }, "rating": "Positive",
        "document": { "versionId": document["id"] }, "application": { "type": "Assistant" } });
    client.post(&format!("{uri}/feedback"), body.clone()).await.done();
    body["documentVariation"]["id"] = json!(UNKNOWN);
    assert_eq!(client.post(&format!("{uri}/feedback"), body).await.refused(404), "not.found");
    for listing in [format!("{uri}/feedback"), format!("{base}/documents/feedback")] {
        let about = client.get(&listing).await.ok()["entities"][0]["document"].clone();
        assert_eq!((&about["id"], &about["selfUri"]), (&document["id"], &json!(uri)), "{listing}");
        assert_eq!(base.rsplit('/').next(), about["knowledgeBase"]["id"].as_str(), "{listing}");
    }
}
