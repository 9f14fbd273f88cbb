//! The versions that a change has to name.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

#[tokio::test]
async fn a_put_of_outbound_dialing_names_the_current_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let columns =
        json!({ "columnNames": ["Phone"], "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
    for (path, body) in [
        ("/api/v2/outbound/contactlists", columns),
        ("/api/v2/outbound/attemptlimits", json!({})),
        ("/api/v2/outbound/callabletimesets", json!({ "callableTimes": [] })),
        ("/api/v2/outbound/wrapupcodemappings", json!({})),
    ] {
        let (mut body, is_setting) = (body, path.ends_with("mappings"));
        body["name"] = json!("Mine");
        let one = if is_setting {
            path.to_owned()
        } else {
            format!("{path}/{}", id(&client.post(path, body.clone()).await.done()))
        };
        let missing = client.put(&one, body.clone()).await;
        assert_eq!(missing.body["messageParams"]["field"], "version", "{path}");
        assert_eq!(missing.refused(400), "constraint.validation");
        let current = client.get(&one).await.ok()["version"].as_u64().expect("a version");
        body["version"] = json!(current + 1);
        assert_eq!(client.put(&one, body.clone()).await.refused(409), "invalid.update.wrong.version");
        body["version"] = json!(current);
        assert_eq!(client.put(&one, body).await.ok()["version"], current + 1, "{path}");
    }
}

#[tokio::test]
async fn the_settings_of_a_unit_are_changed_by_their_version() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for kind in ["businessunits", "managementunits"] {
        let path = format!("/api/v2/workforcemanagement/{kind}");
        let one = format!("{path}/{}", id(&client.get(&path).await.ok()["entities"][0]));
        let change = |version: Value| json!({ "name": "Ours", "settings": { "metadata": version } });
        assert_eq!(
            client.patch(&one, change(json!({ "version": 7 }))).await.refused(409),
            "general.conflict"
        );
        client.patch(&one, change(json!({}))).await.refused(400);
        client.patch(&one, change(json!({ "version": 1 }))).await.ok();
        client.patch(&one, change(json!({ "version": 1 }))).await.refused(409);
        assert_eq!(client.patch(&one, change(json!({ "version": 2 }))).await.ok()["name"], "Ours");
    }
}
