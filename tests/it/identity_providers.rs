//! Identity providers of single sign-on.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const PROVIDERS: &str = "/api/v2/identityproviders";

fn okta() -> Value {
    json!({ "name": "Okta", "issuerURI": "https://okta.example.org", "ssoTargetURI": "https://okta.example.org/sso",
        "certificates": ["TUlJRA=="], "disabled": false })
}

#[tokio::test]
async fn a_provider_of_a_kind_is_there_from_its_put_to_its_delete() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let one = format!("{PROVIDERS}/okta");
    assert_eq!(api.get(&one).await.refused(404), "not.found");
    assert_eq!(api.delete(&one).await.refused(404), "not.found");
    let put = api.put(&one, okta()).await.ok();
    assert_eq!((&put["id"], &put["name"]), (&json!("okta"), &json!("Okta")));
    let read = api.get(&one).await.ok();
    for (field, value) in okta().as_object().expect("an object") {
        assert_eq!(&read[field], value, "{read}");
    }
    let mut changed = okta();
    changed["disabled"] = json!(true);
    changed.as_object_mut().expect("an object").remove("issuerURI");
    api.put(&one, changed).await.ok();
    let read = api.get(&one).await.ok();
    assert_eq!((&read["disabled"], read.get("issuerURI")), (&json!(true), None));
    assert_eq!(all(&api.get(PROVIDERS).await.ok(), "id"), ["okta"]);
    api.delete(&one).await.ok();
    api.get(&one).await.refused(404);
    assert!(all(&api.get(PROVIDERS).await.ok(), "id").is_empty());
    api.put(&one, json!({ "disabled": "maybe" })).await.refused(400);
}

#[tokio::test]
async fn the_platforms_own_provider_is_always_there() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let own = format!("{PROVIDERS}/purecloud");
    assert_eq!(api.get(&own).await.ok()["disabled"], false);
    api.put(&own, json!({ "name": "PureCloud", "disabled": true })).await.ok();
    assert_eq!(api.get(&own).await.ok()["disabled"], true);
    api.delete(&own).await.ok();
    assert_eq!(api.get(&own).await.ok()["disabled"], false);
}

#[tokio::test]
async fn custom_providers_are_created_read_replaced_and_deleted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let code = api.post(PROVIDERS, json!({ "disabled": false })).await.refused(400);
    assert_eq!(code, "missing.provider.name");
    let created = api.post(PROVIDERS, okta()).await.ok();
    let one = format!("{PROVIDERS}/{}", id(&created));
    assert_eq!(api.get(&one).await.ok(), created);
    let replaced = api.put(&one, json!({ "name": "Other", "disabled": true })).await.ok();
    assert_eq!((&replaced["id"], replaced.get("issuerURI")), (&created["id"], None));
    assert_eq!(all(&api.get(PROVIDERS).await.ok(), "name"), ["Other"]);
    assert_eq!(api.delete(&one).await.status, 204);
    api.put(&one, json!({})).await.refused(404);
    api.get(&one).await.refused(404);
}
