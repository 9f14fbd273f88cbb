//! What a deletion leaves behind, and what may not be deleted; references of bodies that name nothing.

use serde_json::{Value, json};

use crate::conversations::queues;
use crate::rest::{Client, id, mock};

const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

async fn refuses(api: &Client, path: &str, body: Value, field: &str) {
    let answer = api.post(path, body).await;
    let message = answer.body["message"].to_string();
    assert_eq!(answer.refused(400), "resource.not.found", "{field}: {message}");
    assert!(message.contains(&format!("property {field} ")), "{field}: {message}");
}

#[tokio::test]
async fn a_deleted_role_is_no_role_of_users_groups_and_clients() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let role = id(&api.post("/api/v2/authorization/roles", json!({ "name": "R" })).await.done());
    let user = id(&api.get("/api/v2/users/agent-1").await.ok());
    api.put(&format!("/api/v2/authorization/roles/{role}/users/add"), json!([user])).await.done();
    let client = json!({ "name": "c", "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": [role],
        "roleDivisions": [{ "roleId": role, "divisionId": "*" }] });
    let client = id(&api.post("/api/v2/oauth/clients", client).await.ok());
    let path = format!("/api/v2/oauth/clients/{client}");
    assert_eq!(api.get(&path).await.ok()["roleIds"], json!([role]));
    api.delete(&format!("/api/v2/authorization/roles/{role}")).await.done();
    let seen = api.get(&path).await.ok();
    assert_eq!((&seen["roleIds"], &seen["roleDivisions"]), (&json!([]), &json!([])));
    let roles = api.get(&format!("/api/v2/users/{user}/roles")).await.ok();
    assert!(roles["roles"].as_array().expect("roles").iter().all(|one| one["id"] != json!(role)));
}

#[tokio::test]
async fn a_queue_in_use_or_with_open_conversations_is_not_deleted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let backup = id(&api.post("/api/v2/routing/queues", json!({ "name": "backup" })).await.done());
    let body = json!({ "name": "first", "directRouting": { "backupQueueId": backup } });
    let first = id(&api.post("/api/v2/routing/queues", body).await.done());
    let path = |queue: &str| format!("/api/v2/routing/queues/{queue}");
    assert_eq!(api.delete(&path(&backup)).await.refused(409), "request.conflict");
    api.post("/api/v2/conversations/calls", json!({ "callQueueId": first })).await.ok();
    assert_eq!(api.delete(&path(&first)).await.refused(400), "active.queue");
    api.delete(&format!("{}?forceDelete=true", path(&first))).await.ok();
    api.delete(&path(&backup)).await.ok();
}

#[tokio::test]
async fn a_queue_refers_to_scripts_skills_groups_and_queues_that_exist() {
    let mock = mock().await;
    let api = Client::new(&mock);
    for (field, more) in [
        ("defaultScripts", json!({ "CALL": { "id": UNKNOWN } })),
        (
            "bullseye.rings.actions.skillsToRemove",
            json!({ "rings": [{ "expansionCriteria": [], "actions": { "skillsToRemove": [{ "id": UNKNOWN }] } }] }),
        ),
        (
            "conditionalGroupRouting.rules.queue",
            json!({ "rules": [{ "queue": { "id": UNKNOWN }, "groups": [] }] }),
        ),
        (
            "conditionalGroupRouting.rules.groups",
            json!({ "rules": [{ "groups": [{ "id": UNKNOWN, "type": "GROUP" }] }] }),
        ),
    ] {
        let property = field.split('.').next().expect("a property");
        let mut body = json!({ "name": field });
        body[property] = more;
        refuses(&api, "/api/v2/routing/queues", body, field).await;
    }
    let script = api.get("/api/v2/scripts").await.ok()["entities"][0]["id"].clone();
    let body = json!({ "name": "scripted", "defaultScripts": { "CALL": { "id": script } } });
    api.post("/api/v2/routing/queues", body).await.ok();
}

#[tokio::test]
async fn conversations_and_jobs_refer_to_what_exists() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let numbers = json!(["+13175550100"]);
    let callbacks = "/api/v2/conversations/callbacks";
    for (field, value) in [
        ("skillIds", json!([UNKNOWN])),
        ("languageId", json!(UNKNOWN)),
        ("preferredAgentIds", json!([UNKNOWN])),
    ] {
        let mut routing = json!({ "queueId": queue });
        routing[field] = value;
        let body = json!({ "callbackNumbers": numbers, "routingData": routing });
        refuses(&api, callbacks, body, &format!("routingData.{field}")).await;
    }
    let body = json!({ "callbackNumbers": numbers, "queueId": queue, "scriptId": UNKNOWN });
    refuses(&api, callbacks, body, "scriptId").await;
    let call = |field: &str, value: Value| {
        let mut body = json!({ "callQueueId": queue });
        body[field] = value;
        body
    };
    let calls = "/api/v2/conversations/calls";
    refuses(&api, calls, call("routingSkillsIds", json!([UNKNOWN])), "routingSkillsIds").await;
    refuses(&api, calls, call("languageId", json!(UNKNOWN)), "languageId").await;
    let email =
        json!({ "queueId": queue, "provider": "x", "toAddress": "a@example.org", "skillIds": [UNKNOWN] });
    refuses(&api, "/api/v2/conversations/emails", email, "skillIds").await;
    let job = |integration: Value| {
        json!({ "action": "EXPORT", "actionDate": "2026-04-01T00:00:00.000Z", "integrationId": integration,
            "conversationQuery": { "interval": "2026-03-07T00:00:00.000Z/2026-03-08T00:00:00.000Z" } })
    };
    refuses(&api, "/api/v2/recording/jobs", job(json!(UNKNOWN)), "integrationId").await;
    assert_eq!(
        api.post("/api/v2/recording/jobs", job(Value::Null)).await.refused(400),
        "constraint.validation"
    );
    let integration = api.get("/api/v2/integrations").await.ok()["entities"][0]["id"].clone();
    api.post("/api/v2/recording/jobs", job(integration)).await.done();
}
