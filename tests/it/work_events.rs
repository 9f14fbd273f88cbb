//! The topics of work items, imports of lists, coaching notifications, and learning assignments of a module.

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::entity_events::{change, hearing};
use crate::notifications::{mock, user};
use crate::support::ws::Ws;
use crate::support::{Answer, Client};

const TASKS: &str = "/api/v2/taskmanagement";
const OUTBOUND: &str = "/api/v2/outbound";

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap_or_else(|| panic!("no id: {entity}"))
}

/// The body of the next event.
async fn event(socket: &mut Ws) -> Value {
    socket.hear().await["eventBody"].clone()
}

/// A new work item in the first queue.
async fn item(client: &Client) -> Value {
    let bin = change(client, "POST", &format!("{TASKS}/workbins"), &json!({ "name": "Inbox" })).await;
    let kind = json!({ "name": "Claim", "defaultWorkbinId": bin["id"] });
    let kind = change(client, "POST", &format!("{TASKS}/worktypes"), &kind).await;
    let queue = client.get("/api/v2/routing/queues").await.json()["entities"][0]["id"].clone();
    let body = json!({ "name": "a", "typeId": kind["id"], "queueId": queue });
    change(client, "POST", &format!("{TASKS}/workitems"), &body).await
}

#[tokio::test]
async fn a_work_item_is_published_to_its_own_topic_its_user_and_its_queue() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (agent, item) = (user(&client, "agent-1").await, item(&client).await);
    let topic = |more: &str| format!("v2.taskmanagement.workitems.{more}");
    let mut own = hearing(&mock, &client, &topic(id(&item))).await;
    let mut of_user = hearing(&mock, &client, &topic(&format!("users.{agent}"))).await;
    let mut of_queue = hearing(&mock, &client, &topic(&format!("queues.{}", id(&item["queue"])))).await;
    let path = format!("{TASKS}/workitems/{}", id(&item));
    change(&client, "PATCH", &format!("{path}/assignment"), &json!({ "id": agent })).await;
    let body = event(&mut own).await;
    assert_eq!((&body["id"], &body["assigneeId"]), (&item["id"], &json!(agent)));
    assert_eq!((&body["assignmentState"], &body["typeName"]), (&json!("Alerting"), &json!("Claim")));
    assert_eq!((&body["queueId"], &body["workbinName"]), (&item["queue"]["id"], &json!("Inbox")));
    assert_eq!((&event(&mut of_user).await, &event(&mut of_queue).await), (&body, &body));
    assert_eq!(body["operation"], "edit");
    assert_eq!(
        body["changes"][0],
        json!({ "op": "add", "field": "dateAssignmentStateChanged",
        "newValue": body["dateAssignmentStateChanged"] })
    );
    let added = json!({ "property": "assigneeId", "oldValues": [], "newValues": [agent] });
    assert!(body["propertyChanges"].as_array().expect("changes").contains(&added), "{body}");
    let other = user(&client, "agent-2").await;
    change(&client, "PATCH", &path, &json!({ "assigneeId": other })).await;
    assert_eq!(event(&mut of_user).await["assigneeId"], json!(other), "the user who had it is told");
    client.ask("DELETE", &path).await;
    assert_eq!(event(&mut of_queue).await["operation"], "edit");
    assert_eq!(event(&mut of_queue).await["operation"], "delete");
}

/// Sends a file to the address of an upload.
async fn put(upload: &Value, file: &str) {
    let address = upload["url"].as_str().expect("an address");
    let sent = reqwest::Client::new().put(address).body(file.to_owned()).send().await.expect("an answer");
    assert_eq!(sent.status(), 200);
}

async fn contact_list(client: &Client) -> Value {
    let body = json!({ "name": "l", "columnNames": ["name", "phone"],
        "phoneColumns": [{ "columnName": "phone", "type": "cell" }] });
    change(client, "POST", &format!("{OUTBOUND}/contactlists"), &body).await
}

#[tokio::test]
async fn an_import_of_contacts_is_published_and_its_state_is_kept() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let list = contact_list(&client).await;
    let mut socket =
        hearing(&mock, &client, &format!("v2.outbound.contactlists.{}.importstatus", id(&list))).await;
    let asked = json!({ "id": list["id"], "contentType": "text/csv" });
    let path = format!("{OUTBOUND}/contactlists/uploads");
    put(&change(&client, "POST", &path, &asked).await, "name,phone\nAda,+13175550100\nBob\n").await;
    let done = json!({ "importState": "IN_PROGRESS", "totalRecords": 2, "completedRecords": 1, "percentageComplete": 100 });
    assert_eq!(event(&mut socket).await, done);
    let status = format!("{OUTBOUND}/contactlists/{}/importstatus", id(&list));
    let seen = client.get(&status).await.json();
    assert_eq!((&seen["state"], &seen["totalRecords"]), (&json!("IN_PROGRESS"), &json!(2)));
    put(&change(&client, "POST", &path, &asked).await, "street\nMain\n").await;
    assert_eq!(event(&mut socket).await["importState"], "FAILED");
    let seen = client.get(&status).await.json();
    assert_eq!((&seen["state"], &seen["completedRecords"]), (&json!("FAILED"), &json!(0)));
}

#[tokio::test]
async fn an_import_of_blocked_addresses_fills_its_list_and_is_published() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let list = json!({ "name": "d", "dncSourceType": "rds" });
    let list = change(&client, "POST", &format!("{OUTBOUND}/dnclists"), &list).await;
    let mut socket =
        hearing(&mock, &client, &format!("v2.outbound.dnclists.{}.importstatus", id(&list))).await;
    let asked = json!({ "id": list["id"], "contentType": "text/csv", "phoneColumns": "home,cell",
        "emailColumns": "mail", "expirationDateTimeColumn": "until" });
    let path = format!("{OUTBOUND}/dnclists/uploads");
    put(
        &change(&client, "POST", &path, &asked).await,
        "home,mail,until\n+1,a@example.org,\n+2,,2026-03-01T00:00Z\n",
    )
    .await;
    let body = event(&mut socket).await;
    assert_eq!((&body["importState"], &body["totalRecords"]), (&json!("IN_PROGRESS"), &json!(2)));
    let path = format!("{OUTBOUND}/dnclists/{}?includeSize=true", id(&list));
    assert_eq!(client.get(&path).await.json()["size"], 3);
    client.ask("DELETE", &format!("{OUTBOUND}/dnclists/{}/phonenumbers?expiredOnly=true", id(&list))).await;
    assert_eq!(client.get(&path).await.json()["size"], 2);
    let unknown = json!({ "id": "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11", "contentType": "text/csv" });
    assert_eq!(client.post(&format!("{OUTBOUND}/dnclists/uploads"), &unknown).await.status, 400);
}

/// A client with the token of `agent-1`.
async fn agent_1(mock: &MockServer) -> Client {
    let client = Client::of(mock);
    let issued = client.request("POST", "/__admin/tokens").json(&json!({ "count": 1 }));
    let issued = Answer::to(issued).await.json();
    client.with_bearer(issued["tokens"][0]["token"].as_str().expect("a token"))
}

#[tokio::test]
async fn each_change_of_an_appointment_tells_the_users_that_take_part() {
    const COACHING: &str = "/api/v2/coaching";
    let mock = mock().await;
    let (agent, client) = (agent_1(&mock).await, Client::of(&mock));
    let own = user(&agent, "agent-1").await;
    let mut socket = hearing(&mock, &agent, &format!("v2.users.{own}.wem.coaching.notification")).await;
    let body = json!({ "name": "a", "description": "d", "dateStart": "2026-03-12T01:00:00.000Z", "lengthInMinutes": 30,
        "attendeeIds": [own], "facilitatorId": user(&client, "agent-2").await });
    let made = change(&client, "POST", &format!("{COACHING}/appointments"), &body).await;
    let told = event(&mut socket).await;
    assert_eq!((&told["actionType"], &told["relationship"]), (&json!("Create"), &json!("Attendee")));
    assert_eq!((&told["appointment"]["id"], &told["name"]), (&made["id"], &json!("a")));
    let path = format!("{COACHING}/appointments/{}", id(&made));
    change(&client, "PATCH", &path, &json!({ "name": "b" })).await;
    assert_eq!(event(&mut socket).await["actionType"], "Update");
    change(&client, "PATCH", &format!("{path}/status"), &json!({ "status": "InProgress" })).await;
    assert_eq!(event(&mut socket).await["actionType"], "StatusChange");
    client.ask("DELETE", &path).await;
    assert_eq!(event(&mut socket).await["actionType"], "Delete");
    let listed = agent.get(&format!("{COACHING}/notifications?expand=appointment")).await.json();
    assert_eq!(listed["total"], 4);
    let other = client.get(&format!("{COACHING}/notifications")).await.json();
    assert!(
        other["entities"].as_array().expect("a list").iter().all(|one| one["relationship"] != "Attendee")
    );
    let one = format!("{COACHING}/notifications/{}", id(&told));
    assert_eq!(
        change(&agent, "PATCH", &one, &json!({ "markedAsRead": true, "name": "x" })).await["markedAsRead"],
        true
    );
    assert_eq!(agent.get(&one).await.json()["name"], "a");
}

#[tokio::test]
async fn new_learning_assignments_are_published_to_their_module() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let module = json!({ "name": "Onboarding", "completionTimeInDays": 2 });
    let module = change(&client, "POST", "/api/v2/learning/modules", &module).await;
    change(&client, "POST", &format!("/api/v2/learning/modules/{}/publish", id(&module)), &json!({})).await;
    let topic = format!("v2.wem.learning.assignments.modules.{}", id(&module));
    let mut socket = hearing(&mock, &client, &topic).await;
    let of = async |name: &str| json!({ "moduleId": module["id"], "userId": user(&client, name).await });
    let [first, second] = [of("agent-1").await, of("agent-2").await];
    change(&client, "POST", "/api/v2/learning/assignments", &first).await;
    let reference = json!({ "module": { "id": module["id"], "name": "Onboarding" } });
    assert_eq!(event(&mut socket).await, json!({ "total": 1, "entities": [reference] }));
    change(&client, "POST", "/api/v2/learning/assignments/bulkadd", &json!([first, second])).await;
    assert_eq!(event(&mut socket).await["total"], 2);
}
