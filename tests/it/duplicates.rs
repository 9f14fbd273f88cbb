//! Names that another entity has.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

/// Creates twice, and gives the code of the refusal.
async fn twice(client: &Client, path: &str, body: &Value, status: u16) -> String {
    client.post(path, body.clone()).await.done();
    client.post(path, body.clone()).await.refused(status)
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_with_the_code_of_its_kind() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let named = json!({ "name": "Twin" });
    let form = json!({ "name": "Twin", "questionGroups": [] });
    let survey = json!({ "name": "Twin", "language": "en-US", "questionGroups": [] });
    let topic = json!({ "name": "Twin", "dialect": "en-US", "strictness": "72" });
    let policy = json!({ "name": "Twin", "order": 0, "enabled": true });
    let source = json!({ "name": "Other", "active": true });
    let source = id(&client.post("/api/v2/externalcontacts/externalsources", source).await.ok());
    let import =
        json!({ "name": "Twin", "mergeContacts": false, "importFields": [], "externalSourceId": source });
    let cases = [
        ("/api/v2/quality/forms/evaluations", form.clone(), 409, "evaluation.name.conflict"),
        ("/api/v2/quality/forms/surveys", survey, 409, "survey.name.conflict"),
        ("/api/v2/speechandtextanalytics/topics", topic, 409, "conflict"),
        ("/api/v2/speechandtextanalytics/programs", named.clone(), 409, "conflict"),
        (
            "/api/v2/speechandtextanalytics/categories",
            json!({ "name": "Twin", "interactionType": "Voice",
            "criteria": { "type": "Topic", "topicId": "d7b5cd2e-8b0e-4c47-9f0d-3d1d3a6a4b10" } }),
            409,
            "category.conflict",
        ),
        ("/api/v2/taskmanagement/workbins", named.clone(), 409, "pre.check.name.in.use"),
        ("/api/v2/recording/mediaretentionpolicies", policy, 400, "recording.policy.name.duplicate.name"),
        ("/api/v2/externalcontacts/import/settings", import, 409, "name.already.exists"),
        (
            "/api/v2/externalcontacts/externalsources",
            json!({ "name": "Twin", "active": true }),
            409,
            "external.source.exists",
        ),
        ("/api/v2/routing/utilization/labels", named.clone(), 400, "duplicate.name"),
    ];
    for (path, body, status, code) in cases {
        assert_eq!(twice(&client, path, &body, status).await, code, "{path}");
    }
    let again = client.post("/api/v2/quality/forms", form).await;
    assert_eq!(again.refused(409), "evaluation.name.conflict", "the second path has the same forms");
    let base = json!({ "name": "Twin", "coreLanguage": "en-US" });
    let base = id(&client.post("/api/v2/knowledge/knowledgebases", base).await.ok());
    for (path, body) in [("categories", named), ("labels", json!({ "name": "Twin", "color": "#ffffff" }))] {
        let path = format!("/api/v2/knowledge/knowledgebases/{base}/{path}");
        assert_eq!(twice(&client, &path, &body, 409).await, "already.exists", "{path}");
    }
}

#[tokio::test]
async fn the_versions_of_a_form_have_one_name() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let forms = "/api/v2/quality/forms/surveys";
    let body = |name: &str| json!({ "name": name, "language": "en-US", "questionGroups": [] });
    let form = client.post(forms, body("One")).await.ok();
    let form_with = |mut change: Value| {
        change["language"] = json!("en-US");
        change["contextId"] = form["contextId"].clone();
        change
    };
    let renamed =
        client.patch(&format!("{forms}/{}", id(&form)), form_with(json!({ "name": "Two" }))).await.ok();
    assert_eq!(renamed["name"], "Two");
    let contexts = format!("{forms}/bulk/contexts?contextId={}", form["contextId"].as_str().expect("an id"));
    assert_eq!(client.get(&contexts).await.ok(), json!([]), "it is not published");
    assert_eq!(client.get(&format!("{contexts}&published=false")).await.ok()[0]["name"], "Two");
    client
        .post("/api/v2/quality/publishedforms/surveys", json!({ "id": id(&form), "published": true }))
        .await
        .ok();
    assert_eq!(client.get(&contexts).await.ok()[0]["name"], "Two");
    let draft = client.get(&format!("{contexts}&published=false")).await.ok()[0].clone();
    client.put(&format!("{forms}/{}", id(&draft)), body("Two")).await.ok();
    assert_eq!(client.post(forms, body("Two")).await.refused(409), "survey.name.conflict");
    let disabled = client
        .patch(&format!("{forms}/{}", id(&form)), form_with(json!({ "name": "Two", "disabled": true })))
        .await
        .ok();
    assert_eq!(disabled["disabled"], true);
}
