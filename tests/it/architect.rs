//! Architect.

use std::time::Duration;

use gcmock::MockServer;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::rest::{Client, mock};
use crate::support::neighbour;

const IVRS: &str = "/api/v2/architect/ivrs";
pub(crate) const FLOWS: &str = "/api/v2/flows";
pub(crate) const TABLES: &str = "/api/v2/flows/datatables";
const PROMPTS: &str = "/api/v2/architect/prompts";
const THREAD_SCRIPTS: &str = "/api/v2/architect/scripts";

pub(crate) fn id(entity: &Value) -> String {
    entity["id"].as_str().expect("entities have an id").to_owned()
}

pub(crate) fn names(page: &Value) -> Vec<&str> {
    let entities = page["entities"].as_array().expect("a page has entities");
    entities.iter().map(|entity| entity["name"].as_str().expect("entities have a name")).collect()
}

pub(crate) async fn first(client: &Client, collection: &str) -> String {
    id(&client.get(collection).await.ok()["entities"][0])
}

#[tokio::test]
async fn every_collection_lists_exactly_its_seed_and_what_was_created() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let times = json!({ "start": "2026-03-08T08:00:00.000", "end": "2026-03-08T17:00:00.000" });
    for (path, more) in [
        (IVRS, json!({})),
        ("/api/v2/architect/schedules", times),
        ("/api/v2/architect/schedulegroups", json!({})),
        ("/api/v2/architect/emergencygroups", json!({})),
        (PROMPTS, json!({})),
        (FLOWS, json!({ "type": "INBOUNDCALL" })),
        (TABLES, json!({})),
        ("/api/v2/flows/milestones", json!({})),
        ("/api/v2/flows/outcomes", json!({})),
        (THREAD_SCRIPTS, json!({})),
    ] {
        let before = client.get(&format!("{path}?pageSize=500")).await.ok();
        let mut body = more;
        body["name"] = json!("Mine");
        let created = client.post(path, body).await.ok();
        let listed = client.get(&format!("{path}?pageSize=500")).await.ok();
        let mut expected = names(&before);
        expected.push("Mine");
        assert_eq!(names(&listed), expected, "{path}");
        let read = client.get(&format!("{path}/{}", id(&created))).await.ok();
        assert_eq!(read["name"], "Mine", "{path}");
    }
}

#[tokio::test]
async fn what_is_written_is_read_back_and_what_is_deleted_is_gone() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in [IVRS, "/api/v2/architect/schedulegroups", "/api/v2/flows/milestones", PROMPTS, TABLES] {
        let one = format!("{path}/{}", id(&client.post(path, json!({ "name": "Mine" })).await.ok()));
        client.put(&one, json!({ "name": "Yours", "description": "Ours" })).await.ok();
        let read = client.get(&one).await.ok();
        assert_eq!((&read["name"], &read["description"]), (&json!("Yours"), &json!("Ours")), "{path}");
        assert!(client.delete(&one).await.status.is_success(), "{path}");
        client.get(&one).await.refused(404);
        client.put(&one, json!({ "name": "Theirs" })).await.refused(404);
        client.delete(&one).await.refused(404);
    }
}

#[tokio::test]
async fn a_script_created_by_the_threads_path_is_listed_by_the_platforms() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created = client.post(THREAD_SCRIPTS, json!({ "name": "Load" })).await;
    assert_eq!(created.header("gcmock-note"), "not in the published Genesys Cloud API");
    let created = created.ok();
    let listed = client.get("/api/v2/scripts?name=load").await;
    assert_eq!(listed.header("gcmock-note"), "");
    let listed = listed.ok();
    assert_eq!(listed["entities"][0]["id"], created["id"]);
    assert!(listed["entities"][0].get("version").is_none(), "the vendor's scripts have no such property");
    assert_eq!(listed["total"], 1);
    let one = format!("{THREAD_SCRIPTS}/{}", id(&created));
    assert_eq!(client.put(&one, json!({ "name": "Loaded" })).await.ok()["version"], 2);
    assert_eq!(client.get(&format!("/api/v2/scripts/{}", id(&created))).await.ok()["name"], "Loaded");
    assert_eq!(client.delete(&one).await.status, 204);
    client.get(&format!("/api/v2/scripts/{}", id(&created))).await.refused(404);
}

#[tokio::test]
async fn any_json_object_is_a_script_and_nothing_else_is() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created =
        client.post(THREAD_SCRIPTS, json!({ "anything": [1, 2], "id": "mine", "version": 9 })).await.ok();
    assert_eq!(created["anything"], json!([1, 2]));
    assert_ne!(created["id"], "mine");
    assert_eq!(created["version"], 1);
    client.post(THREAD_SCRIPTS, json!([])).await.refused(400);
    client.post(THREAD_SCRIPTS, json!({ "name": 7 })).await.refused(400);
    client.post(THREAD_SCRIPTS, json!({ "pages": [7] })).await.refused(400);
}

#[tokio::test]
async fn a_script_is_published_only_after_a_publish_request() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let script = id(&client.post(THREAD_SCRIPTS, json!({ "name": "Draft" })).await.ok());
    let published = format!("/api/v2/scripts/published/{script}");
    client.get(&published).await.refused(404);
    assert_eq!(client.get("/api/v2/scripts/published?name=draft").await.ok()["total"], 0);
    client.post("/api/v2/scripts/published", json!({ "scriptId": script })).await.ok();
    assert_eq!(client.get(&published).await.ok()["publishedDate"], "2026-03-08T00:00:00.000Z");
    let pages = client.get(&format!("{published}/pages")).await.ok();
    let page = client.get(&format!("{published}/pages/{}", id(&pages[0]))).await.ok();
    assert_eq!(page, pages[0]);
    client.get(&format!("{published}/pages/none")).await.refused(404);
}

/// Eight writers, each of whom writes a key of its own five times.
async fn eight_writers(client: &Client, one: &str) -> Value {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let (client, one) = (client.clone(), one.to_owned());
        writers.spawn(async move {
            for round in 0..5 {
                client.put(&one, json!({ "name": "Mine", format!("key{writer}"): round })).await.ok();
            }
        });
    }
    writers.join_all().await;
    client.get(one).await.ok()
}

#[tokio::test]
async fn eight_writers_of_one_entity_lose_nothing_and_every_write_counts() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in [THREAD_SCRIPTS, IVRS, "/api/v2/architect/emergencygroups"] {
        let created = client.post(path, json!({ "name": "Shared" })).await.ok();
        let written = eight_writers(&client, &format!("{path}/{}", id(&created))).await;
        assert_eq!(written["version"], 1 + 8 * 5, "{path}");
        for writer in 0..8 {
            assert_eq!(written[format!("key{writer}")], 4, "{path}");
        }
    }
}

#[tokio::test]
async fn pages_name_their_neighbours_and_cover_everything_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let all = client.get(&format!("{FLOWS}?pageSize=500")).await.ok();
    let mut seen = Vec::new();
    let mut next = Some(format!("{FLOWS}?pageSize=5&sortBy=name"));
    while let Some(uri) = next {
        let page = client.get(&uri).await.ok();
        seen.extend(names(&page).into_iter().map(str::to_owned));
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    let mut expected = names(&all);
    expected.sort_by_key(|name| name.to_lowercase());
    assert_eq!(seen, expected);
    let page = client.get(&format!("{FLOWS}?pageSize=5&pageNumber=2&sortBy=name")).await.ok();
    assert_json_snapshot!("flow_page", page, { ".entities" => "[the page's flows]" });
    client.get(&format!("{FLOWS}?pageNumber=0")).await.refused(400);
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_with_the_field_named() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (path, body, field) in [
        (FLOWS, json!({ "type": "WORKFLOW" }), "name"),
        (FLOWS, json!({ "name": "Mine" }), "type"),
        (FLOWS, json!({ "name": "Mine", "type": "DANCE" }), "type"),
        (IVRS, json!({ "name": "Mine", "dnis": "+13175550100" }), "dnis"),
        (IVRS, json!({ "name": "Mine", "openHoursFlow": "id" }), "openHoursFlow"),
        ("/api/v2/architect/schedules", json!({ "name": "Mine", "end": "x" }), "start"),
        ("/api/v2/architect/emergencygroups", json!({ "name": "Mine", "enabled": "yes" }), "enabled"),
        (TABLES, json!({ "name": " " }), "name"),
        (TABLES, json!({ "name": "Mine", "schema": [] }), "schema"),
    ] {
        let refused = client.post(path, body.clone()).await;
        assert_eq!(refused.status, 400, "{path} {body}");
        let message = refused.body["message"].as_str().expect("an error has a message");
        assert!(message.contains(field), "{message}");
    }
    let dates = json!({ "name": "Mine", "start": "tomorrow", "end": "2026-03-08T17:00:00.000" });
    assert_eq!(client.post("/api/v2/architect/schedules", dates).await.refused(400), "invalid.date");
}

#[tokio::test]
async fn prompts_hold_one_resource_a_language() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let prompt = client.post(PROMPTS, json!({ "name": "Silent" })).await.ok();
    let one = format!("{PROMPTS}/{}", prompt["id"].as_str().expect("an id"));
    let resources = format!("{one}/resources");
    let body = json!({ "language": "en-us", "ttsString": "Welcome." });
    let created = client.post(&resources, body.clone()).await.ok();
    assert_json_snapshot!("prompt_resource", created, {
        ".promptId" => "[id]", ".uploadUri" => "[uri]", ".selfUri" => "[uri]",
    });
    let again = client.post(&resources, body).await.refused(409);
    assert_eq!(again, "architect.prompt.resource.already.exists");
    client.put(&format!("{resources}/en-us"), json!({ "ttsString": "Hello." })).await.ok();
    assert_eq!(client.get(&one).await.ok()["resources"][0]["ttsString"], "Hello.");
    assert_eq!(client.get(&resources).await.ok()["total"], 1);
    assert_eq!(client.delete(&format!("{resources}/en-us")).await.status, 204);
    client.get(&format!("{resources}/en-us")).await.refused(404);
}

/// The file at the address of a download.
pub(crate) async fn fetched(mock: &MockServer, client: &Client, url: &str) -> String {
    let path = url.strip_prefix(&mock.uri()).expect("an address of this server");
    let named = client.get(&format!("{path}?issueRedirect=false")).await.ok();
    let address = named["url"].as_str().expect("an address").to_owned();
    reqwest::get(address)
        .await
        .expect("an answer")
        .error_for_status()
        .expect("a file")
        .text()
        .await
        .expect("text")
}

#[tokio::test]
async fn an_exported_script_is_fetched_without_a_token() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let script = format!("/api/v2/scripts/{}", first(&client, "/api/v2/scripts").await);
    let exported = client.post(&format!("{script}/export"), json!({ "fileName": "a b" })).await.ok();
    let address = exported["url"].as_str().expect("an address");
    assert!(address.ends_with("/a%20b%2Escript"), "{address}");
    let file: Value = reqwest::get(address).await.expect("an answer").json().await.expect("JSON");
    assert_eq!(file["name"], client.get(&script).await.ok()["name"]);
}

#[tokio::test]
async fn a_second_entity_of_one_name_is_refused_with_the_code_of_its_kind() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (path, code) in [
        (FLOWS, "architect.flow.already.exists"),
        (TABLES, "flows.datatables.not.unique"),
        (PROMPTS, "architect.prompt.already.exists"),
        ("/api/v2/flows/milestones", "architect.flow.milestone.already.exists"),
        ("/api/v2/flows/outcomes", "architect.flow.outcome.already.exists"),
    ] {
        let body = |name: &str, kind: &str| match path {
            FLOWS => json!({ "name": name, "type": kind }),
            _ => json!({ "name": name }),
        };
        client.post(path, body("Twin", "INBOUNDCALL")).await.ok();
        assert_eq!(client.post(path, body("twin", "INBOUNDCALL")).await.refused(409), code);
        assert_eq!(client.get(&format!("{path}?name=twin")).await.ok()["total"], 1, "{path}");
        let other = id(&client.post(path, body("Other", "INBOUNDCALL")).await.ok());
        let renamed = client.put(&format!("{path}/{other}"), body("TWIN", "INBOUNDCALL")).await;
        assert_eq!(renamed.refused(409), code);
        client.put(&format!("{path}/{other}"), body("other", "INBOUNDCALL")).await.ok();
    }
    client.post(FLOWS, json!({ "name": "Twin", "type": "WORKFLOW" })).await.ok();
}

#[tokio::test]
async fn jobs_move_with_the_clock() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let registered = client.post("/api/v2/flows/jobs", json!({})).await;
    assert_eq!(registered.status, 202);
    let exported = client.post("/api/v2/flows/export/jobs", json!({ "flows": [{ "flow": {} }] })).await;
    assert_eq!((exported.status.as_u16(), &exported.body["totalFlows"]), (202, &json!(1)));
    let job = format!("/api/v2/flows/jobs/{}", id(&registered.body));
    assert_eq!(client.get(&job).await.ok()["status"], "Registered");
    let upload = reqwest::Client::new().put(registered.body["presignedUrl"].as_str().expect("an address"));
    upload.body("a flow").send().await.expect("an answer");
    let export = format!("/api/v2/flows/export/jobs/{}", id(&exported.body));
    for (of_job, of_export) in [("Started", "Registered"), ("Success", "Started"), ("Success", "Success")] {
        assert_eq!(client.get(&job).await.ok()["status"], of_job);
        assert_eq!(client.get(&export).await.ok()["status"], of_export);
        mock.advance(Duration::from_secs(1));
    }
    let url = client.get(&export).await.ok()["downloadUrl"].as_str().expect("an address").to_owned();
    assert_eq!(fetched(&mock, &client, &url).await, "[]", "the export named no flow");
    client.post("/api/v2/flows/export/jobs", json!({ "flows": [] })).await.refused(400);
}

#[tokio::test]
async fn the_seeded_entities_look_as_the_vendors_do() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (name, path) in [
        ("ivr", IVRS),
        ("schedule", "/api/v2/architect/schedules"),
        ("prompt", PROMPTS),
        ("flow", FLOWS),
        ("data_table", TABLES),
        ("script", "/api/v2/scripts"),
    ] {
        let one = client.get(&format!("{path}/{}?expand=schema", first(&client, path).await)).await.ok();
        assert_json_snapshot!(format!("seeded_{name}"), one);
    }
    let table = first(&client, TABLES).await;
    let rows = client.get(&format!("{TABLES}/{table}/rows?showbrief=false")).await.ok();
    assert_json_snapshot!("seeded_rows", rows["entities"]);
}

#[tokio::test]
async fn what_one_organization_creates_another_does_not_see() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let created = client.post(THREAD_SCRIPTS, json!({ "name": "Private" })).await.ok();
    let neighbour = client.login_as(&neighbour(&mock)).await;
    assert_eq!(neighbour.get("/api/v2/scripts?name=private").await.ok()["total"], 0);
    neighbour.get(&format!("/api/v2/scripts/{}", id(&created))).await.refused(404);
}
