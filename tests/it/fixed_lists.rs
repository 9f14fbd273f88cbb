//! What the platform lists in every organization, and dependency tracking.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";
const TRACKING: &str = "/api/v2/architect/dependencytracking";

#[tokio::test]
async fn the_definitions_of_metrics_use_a_template() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let definitions = "/api/v2/gamification/metricdefinitions";
    let listed = api.get(definitions).await.ok();
    assert!(listed["total"].as_u64().is_some_and(|total| total > 0), "{listed}");
    let first = &listed["entities"][0];
    assert_eq!(&api.get(&format!("{definitions}/{}", id(first))).await.ok(), first);
    assert_eq!(first["dividendMetrics"], json!(["tHandle"]));
    let template = first["defaultObjective"]["templateId"].as_str().expect("a template");
    let template = api.get(&format!("/api/v2/gamification/templates/{template}")).await.ok();
    assert_eq!(template["zones"], first["defaultObjective"]["zones"]);
    api.get(&format!("{definitions}/{UNKNOWN}")).await.refused(404);
    let division = api.get("/api/v2/authorization/divisions").await.ok()["entities"][0]["id"].clone();
    let profile = json!({ "name": "A", "description": "d", "active": false, "maxLeaderboardRankSize": 10,
        "division": { "id": division }, "reportingIntervals": [{ "intervalType": "Day", "intervalValue": 1 }] });
    let profile = id(&api.post("/api/v2/gamification/profiles", profile).await.done());
    let metric = json!({ "name": "m", "metricDefinitionId": first["id"], "objective": { "zones": template["zones"] } });
    api.post(&format!("/api/v2/gamification/profiles/{profile}/metrics"), metric).await.done();
}

#[tokio::test]
async fn speech_has_dialects_an_engine_and_voices() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let analytics = "/api/v2/speechandtextanalytics";
    for path in ["topics/dialects", "sentiment/dialects"] {
        let dialects = api.get(&format!("{analytics}/{path}")).await.ok();
        assert!(
            dialects["entities"].as_array().is_some_and(|all| all.contains(&json!("en-US"))),
            "{dialects}"
        );
    }
    let engines = api.get(&format!("{analytics}/programs/transcriptionengines/dialects")).await.ok();
    assert_eq!(engines["entities"][0]["engine"], "Genesys");
    let languages = api.get(&format!("{analytics}/translations/languages")).await.ok();
    assert!(!all(&languages, "languageCode").is_empty(), "{languages}");
    let engines = "/api/v2/integrations/speech/tts/engines";
    let listed = api.get(&format!("{engines}?includeVoices=true&language=de-DE")).await.ok();
    let engine = &listed["entities"][0];
    assert_eq!(all(&json!({ "entities": engine["voices"] }), "language"), ["de-DE"]);
    assert_eq!(api.get(&format!("{engines}?language=xx-XX")).await.ok()["total"], 0);
    let voices = format!("{engines}/{}/voices", id(engine));
    let voice = api.get(&voices).await.ok()["entities"][0].clone();
    assert_eq!(api.get(&format!("{voices}/{}", id(&voice))).await.ok()["engine"]["id"], engine["id"]);
    api.get(&format!("{engines}/none/voices")).await.refused(404);
}

#[tokio::test]
async fn system_prompts_are_listed_with_the_resources_that_were_made_for_them() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let prompts = "/api/v2/architect/systemprompts";
    let listed = api.get(&format!("{prompts}?name=*hold*")).await.ok();
    assert_eq!(all(&listed, "name"), ["PromptSystem.on_hold_music"]);
    let one = format!("{prompts}/{}", id(&listed["entities"][0]));
    assert_eq!(api.get(&one).await.ok()["resources"], json!([]));
    api.post(&format!("{one}/resources"), json!({ "language": "en-us", "ttsString": "Please hold." }))
        .await
        .done();
    assert_eq!(api.get(&one).await.ok()["resources"][0]["language"], "en-us");
    api.get(&format!("{prompts}/none")).await.refused(404);
}

#[tokio::test]
async fn dependencies_follow_from_what_refers_to_what() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let flow = json!({ "name": "Front door", "type": "INBOUNDCALL" });
    let flow = id(&api.post("/api/v2/flows", flow).await.done());
    let of_flow = format!("{TRACKING}/consumingresources?id={flow}&objectType=INBOUNDCALLFLOW");
    assert_eq!(api.get(&of_flow).await.ok()["total"], 0);
    let ivr = json!({ "name": "Main", "dnis": [], "openHoursFlow": { "id": flow } });
    let ivr = id(&api.post("/api/v2/architect/ivrs", ivr).await.done());
    let consuming = api.get(&of_flow).await.ok();
    assert_eq!(
        (all(&consuming, "id"), all(&consuming, "type")),
        (vec![ivr.clone()], vec!["IVRCONFIGURATION".to_owned()])
    );
    assert_eq!(api.get(&format!("{of_flow}&resourceType=QUEUE")).await.ok()["total"], 0);
    let consumed = format!("{TRACKING}/consumedresources?id={ivr}&objectType=IVRCONFIGURATION&version=1");
    assert_eq!(all(&api.get(&consumed).await.ok(), "id"), std::slice::from_ref(&flow));
    let object = format!("{TRACKING}/object?id={ivr}&consumedResources=true");
    let object = api.get(&object).await.ok();
    assert_eq!(
        (&object["name"], &object["consumedResources"][0]["name"]),
        (&json!("Main"), &json!("Front door"))
    );
    let found = api
        .get(&format!("{TRACKING}?name=front&objectType=INBOUNDCALLFLOW&consumingResources=true"))
        .await
        .ok();
    assert_eq!(found["entities"][0]["consumingResources"][0]["id"], json!(ivr));
    api.get(&format!("{TRACKING}/object?id={UNKNOWN}")).await.refused(404);
    let types = api.get(&format!("{TRACKING}/types?pageSize=100")).await.ok();
    let kinds = all(&types, "id");
    assert!(["QUEUE", "INBOUNDCALLFLOW"].iter().all(|kind| kinds.contains(&(*kind).to_owned())), "{types}");
    let kind: Value = api.get(&format!("{TRACKING}/types/WORKFLOW")).await.ok();
    assert_eq!(kind["versioned"], true);
    api.get(&format!("{TRACKING}/types/NONE")).await.refused(404);
}
