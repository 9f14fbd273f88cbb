//! What `expand` adds to users.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

/// Every word of `expand` in the API document, and the property that it adds. An empty one adds none here.
const WORDS: [(&str, &str); 25] = [
    ("routingStatus", "routingStatus"),
    ("presence", "presence"),
    ("integrationPresence", "integrationPresence"),
    ("conversationSummary", "conversationSummary"),
    ("outOfOffice", "outOfOffice"),
    ("geolocation", "geolocation"),
    ("station", "station"),
    ("authorization", "authorization"),
    ("lasttokenissued", "lastTokenIssued"),
    ("authorization.unusedRoles", ""),
    ("team", ""),
    ("workPlanBidRanks", "workPlanBidRanks"),
    ("externalContactsSettings", ""),
    ("groups", "groups"),
    ("customAttributes", ""),
    ("profileSkills", "profileSkills"),
    ("certifications", "certifications"),
    ("locations", "locations"),
    ("skills", "skills"),
    ("languages", "languages"),
    ("languagePreference", "languagePreference"),
    ("employerInfo", "employerInfo"),
    ("biography", "biography"),
    ("dateLastLogin", "dateLastLogin"),
    ("dateWelcomeSent", "dateWelcomeSent"),
];

/// An agent that has logged in.
async fn agent(mock: &MockServer) -> (String, Client) {
    let http = reqwest::Client::new();
    let request = http.post(format!("{}/__admin/tokens", mock.uri())).json(&json!({ "count": 1 }));
    let issued: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    let token = &issued["tokens"][0];
    let own = Client::new(mock).with_token(token["token"].as_str().expect("a token"));
    (token["userId"].as_str().expect("an id").to_owned(), own)
}

#[tokio::test]
async fn each_word_of_expand_adds_its_property() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (user, own) = agent(&mock).await;
    let path = format!("/api/v2/users/{user}");
    let text =
        json!({ "version": 1, "biography": { "biography": "b" }, "employerInfo": { "employeeId": "7" } });
    client.patch(&path, text).await.ok();
    client.post(&format!("{path}/invite"), json!({})).await.done();
    let source = json!({ "sourceId": "MicrosoftTeams", "name": "MicrosoftTeams" });
    client.put(&format!("/api/v2/presence/users/{user}/primarysource"), source).await.ok();
    let ranks = format!("/api/v2/workforcemanagement/users/{user}/workplanbidranks");
    client.patch(&ranks, json!({ "workPlanBiddingPerformance": 4 })).await.done();
    for (word, property) in WORDS {
        let shown = client.get(&format!("{path}?expand={word}")).await.ok();
        if !property.is_empty() {
            assert!(shown[property] != Value::Null, "{word}: {shown}");
            assert!(shown[property] != json!({}) || word == "geolocation" || word == "station", "{word}");
        }
    }
    let words = ["lasttokenissued", "dateLastLogin", "integrationPresence", "workPlanBidRanks"].join(",");
    let shown = own.get(&format!("/api/v2/users/me?expand={words}")).await.ok();
    assert_eq!(shown["lastTokenIssued"]["dateIssued"], "2026-03-08T00:00:00.000Z");
    assert_eq!(shown["dateLastLogin"], "2026-03-08T00:00:00.000Z");
    assert_eq!(shown["integrationPresence"]["source"], "MicrosoftTeams");
    assert_eq!(shown["workPlanBidRanks"]["workPlanBiddingPerformance"], 4);
    assert_eq!(client.get(&path).await.ok()["dateWelcomeSent"], Value::Null, "only where it is asked for");
}

#[tokio::test]
async fn what_is_not_known_of_a_user_is_left_out() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let users = client.get("/api/v2/users?expand=lasttokenissued,dateLastLogin,workPlanBidRanks").await.ok();
    let user = users["entities"][0].as_object().expect("a user");
    for property in ["lastTokenIssued", "dateLastLogin", "workPlanBidRanks", "integrationPresence"] {
        assert!(!user.contains_key(property), "{property}");
    }
}

#[tokio::test]
async fn the_reason_of_a_changed_state_is_kept() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = json!({ "name": "Leaver", "email": "leaver@example.org", "divisionId": "" });
    let path = format!("/api/v2/users/{}", id(&client.post("/api/v2/users", user).await.ok()));
    let state = json!({ "state": "inactive", "version": 1, "stateChangeReason": "Seasonal" });
    client.put(&format!("{path}/state"), state).await.ok();
    let shown = client.get(&format!("{path}/state")).await.ok();
    assert_eq!((&shown["state"], &shown["stateChangeReason"]), (&json!("inactive"), &json!("Seasonal")));
    assert_eq!(shown["stateChangeDate"], "2026-03-08T00:00:00.000Z");
    let user = client.get(&format!("{path}?state=inactive")).await;
    assert_eq!(user.body["stateChangeReason"], Value::Null, "only the state has it");
}

#[tokio::test]
async fn each_move_to_another_state_has_its_date_and_no_reason_of_the_last() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = json!({ "name": "Leaver", "email": "leaver@example.org", "divisionId": "" });
    let user = id(&client.post("/api/v2/users", user).await.ok());
    let path = format!("/api/v2/users/{user}");
    let state = json!({ "state": "inactive", "version": 1, "stateChangeReason": "Seasonal" });
    client.put(&format!("{path}/state"), state).await.ok();
    let expect = async |state: &str, date: &str| {
        let shown = client.get(&format!("{path}/state")).await.ok();
        let expected = [json!(state), json!(date), Value::Null];
        assert_eq!(["state", "stateChangeDate", "stateChangeReason"].map(|key| shown[key].clone()), expected);
    };
    mock.advance(Duration::from_secs(60));
    client.patch(&path, json!({ "version": 2, "state": "active" })).await.ok();
    expect("active", "2026-03-08T00:01:00.000Z").await;
    mock.advance(Duration::from_secs(60));
    let scim = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    client.patch(&format!("/api/v2/scim/v2/users/{user}"), scim).await.ok();
    expect("inactive", "2026-03-08T00:02:00.000Z").await;
}
