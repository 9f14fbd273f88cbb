//! Bounds of the API document: sizes of pages, lists of ids, the order of two times, what is in use or there already.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

#[tokio::test]
async fn a_page_is_as_long_as_documented() {
    let mock = mock().await;
    let api = Client::new(&mock);
    for (path, most) in [
        ("outbound/contactlists", 100),
        ("outbound/campaigns", 100),
        ("routing/queues/divisionviews", 100),
        ("speechandtextanalytics/categories", 25),
        ("users", 500),
    ] {
        let page = api.get(&format!("/api/v2/{path}?pageSize=501")).await.ok();
        assert_eq!(page["pageSize"], most, "{path}");
    }
    let page = api.get("/api/v2/outbound/contactlists?name=x&pageSize=400&pageNumber=2").await.ok();
    let itself = page["selfUri"].as_str().expect("an address");
    assert!(itself.contains("pageSize=100") && itself.contains("name=x"), "{itself}");
}

fn ids(count: usize) -> String {
    let all: Vec<String> = (0..count).map(|at| format!("3f2504e0-4f89-41d3-9a0c-{at:012}")).collect();
    all.join(",")
}

#[tokio::test]
async fn a_request_names_as_many_ids_as_documented() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let team = id(&api.get("/api/v2/teams").await.ok()["entities"][0]);
    for (path, most, code) in [
        ("outbound/campaigns?id=", 100, "too.many.bulk.retrieves"),
        ("authorization/roles?id=", 100, "max.role.ids"),
        ("users/presences/purecloud/bulk?id=", 50, "max.user.presences"),
        ("journey/outcomes?outcomeIds=", 20, "constraint.validation"),
    ] {
        api.get(&format!("/api/v2/{path}{}", ids(most))).await.ok();
        assert_eq!(api.get(&format!("/api/v2/{path}{}", ids(most + 1))).await.refused(400), code);
    }
    let members = format!("/api/v2/teams/{team}/members?id=");
    assert_eq!(api.delete(&format!("{members}{}", ids(26))).await.refused(400), "max.user.ids");
    assert_eq!(api.delete(&format!("{members}{}", ids(25))).await.status, 204);
    let presences: Vec<Value> = vec![json!({ "userId": "agent-1" }); 51];
    let refused = api.put("/api/v2/users/presences/bulk", json!(presences)).await.refused(400);
    assert_eq!(refused, "max.user.presences");
}

#[tokio::test]
async fn a_query_does_not_end_before_it_starts() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (early, late) = ("2026-03-01T00:00:00Z", "2026-03-09T00:00:00Z");
    for path in ["agents/activity", "evaluators/activity", "calibrations"] {
        let query = |start: &str, end: &str| {
            format!("/api/v2/quality/{path}?startTime={start}&endTime={end}&calibratorId=agent-1")
        };
        api.get(&query(early, late)).await.ok();
        api.get(&query(early, early)).await.ok();
        api.get(&query(late, early)).await.refused(400);
    }
}

#[tokio::test]
async fn what_is_in_use_stays_with_the_code_of_its_kind() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let prompt = id(&api.post("/api/v2/architect/prompts", json!({ "name": "Hello" })).await.ok());
    let prompt = format!("/api/v2/architect/prompts/{prompt}");
    let resource = json!({ "language": "en-us", "ttsString": "Welcome." });
    api.post(&format!("{prompt}/resources"), resource).await.ok();
    assert_eq!(api.delete(&prompt).await.refused(409), "architect.prompt.has.resources");
    api.delete(&format!("{prompt}?allResources=true")).await.done();
    api.get(&prompt).await.refused(404);

    let programs = "/api/v2/speechandtextanalytics/programs";
    let program = id(&api.post(programs, json!({ "name": "Mine" })).await.done());
    let settings = json!({ "defaultProgramId": program });
    api.patch("/api/v2/speechandtextanalytics/settings", settings).await.ok();
    let refused = api.delete(&format!("{programs}/{program}?forceDelete=true")).await.refused(400);
    assert_eq!(refused, "deleting.default.program.is.forbidden");
}

#[tokio::test]
async fn a_page_of_facebook_has_one_integration() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let all = "/api/v2/conversations/messaging/integrations";
    let page = |name: &str| json!({ "name": name, "pageId": "7", "userAccessToken": "t", "appId": "1" });
    let first = id(&api.post(&format!("{all}/facebook"), page("a")).await.ok());
    let refused = api.post(&format!("{all}/facebook"), page("b")).await.refused(409);
    assert_eq!(refused, "page.already.integrated");
    api.delete(&format!("{all}/facebook/{first}")).await.done();
    api.post(&format!("{all}/facebook"), page("b")).await.ok();
}
