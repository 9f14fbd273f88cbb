//! Queues, their members and wrap-up codes, divisions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rest::{Client, mock};

const QUEUES: &str = "/api/v2/routing/queues";
const CODES: &str = "/api/v2/routing/wrapupcodes";
const DIVISIONS: &str = "/api/v2/authorization/divisions";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

/// The id that an answer has.
fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

/// `key` of every entity of a listing.
fn all(page: &Value, key: &str) -> Vec<String> {
    let entities = page["entities"].as_array().unwrap_or_else(|| panic!("no entities: {page}"));
    entities.iter().map(|entity| entity[key].as_str().unwrap_or_default().to_owned()).collect()
}

async fn user(client: &Client, name: &str) -> String {
    id(&client.get(&format!("/api/v2/users/{name}")).await.ok())
}

/// A new queue's address.
async fn queue(client: &Client, name: &str) -> String {
    let queue = client.post(QUEUES, json!({ "name": name })).await.ok();
    format!("{QUEUES}/{}", id(&queue))
}

/// A new user's id.
async fn new_user(client: &Client, name: &str) -> String {
    let body = json!({ "name": name, "email": format!("{name}@example.org"), "divisionId": "" });
    id(&client.post("/api/v2/users", body).await.ok())
}

#[tokio::test]
async fn a_new_queue_has_what_the_platform_sets() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let admin = user(&client, "administrator").await;
    let body = json!({ "name": "Mine", "description": "d", "sent": 1, "sourceQueueId": null });
    let queue = client.post(QUEUES, body).await.ok();
    assert_eq!((&queue["name"], &queue["description"]), (&json!("Mine"), &json!("d")));
    assert_eq!(queue["division"]["name"], "Home");
    assert_eq!(
        (&queue["dateCreated"], &queue["createdBy"]),
        (&json!("2026-03-08T00:00:00.000Z"), &json!(admin))
    );
    assert_eq!((&queue["memberCount"], &queue["joinedMemberCount"]), (&json!(0), &json!(0)));
    assert_eq!(queue["mediaSettings"]["call"]["alertingTimeoutSeconds"], 8);
    assert_eq!(queue["selfUri"], format!("{QUEUES}/{}", id(&queue)));
    assert!(queue.get("sent").is_none() && queue.get("sourceQueueId").is_none(), "{queue}");
    assert_eq!(client.get(&format!("{QUEUES}/{}", id(&queue))).await.ok(), queue);
}

#[tokio::test]
async fn a_queue_needs_a_name_that_no_other_has() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let refused = client.post(QUEUES, json!({})).await;
    assert!(
        refused.body["message"].as_str().is_some_and(|message| message.contains("name")),
        "{}",
        refused.body
    );
    refused.refused(400);
    assert_eq!(client.post(QUEUES, json!({ "name": "sales" })).await.refused(400), "duplicate.name");
    let mine = queue(&client, "Mine").await;
    assert_eq!(client.put(&mine, json!({ "name": "Sales" })).await.refused(400), "duplicate.name");
    assert_eq!(client.get(&mine).await.ok()["name"], "Mine");
    let elsewhere = json!({ "name": "Elsewhere", "division": { "id": UNKNOWN } });
    assert_eq!(client.post(QUEUES, elsewhere).await.refused(400), "resource.not.found");
    let copy = json!({ "name": "Copy", "sourceQueueId": UNKNOWN });
    assert_eq!(client.post(QUEUES, copy).await.refused(400), "resource.not.found");
}

#[tokio::test]
async fn a_put_replaces_a_queue_and_a_delete_removes_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Mine", "description": "d", "enableTranscription": true });
    let mine = format!("{QUEUES}/{}", id(&client.post(QUEUES, body).await.ok()));
    let put = client.put(&mine, json!({ "name": "Ours", "callingPartyName": "Us" })).await.ok();
    assert_eq!((&put["name"], &put["callingPartyName"]), (&json!("Ours"), &json!("Us")));
    assert!(put.get("description").is_none() && put["enableTranscription"] == false, "{put}");
    assert_eq!(client.delete(&format!("{mine}?forceDelete=true")).await.status, 200);
    assert_eq!(client.get(&mine).await.refused(404), "not.found");
    assert_eq!(client.delete(&mine).await.refused(404), "not.found");
    for method in [Method::GET, Method::POST] {
        let body = (method == Method::POST).then(|| json!([]));
        client.send(method, &format!("{mine}/members"), body).await.refused(404);
    }
}

#[tokio::test]
async fn queues_are_listed_by_name_id_and_division() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let division = client.post(DIVISIONS, json!({ "name": "North", "description": "" })).await.ok();
    let body = json!({ "name": "North Sales", "division": { "id": id(&division) } });
    let north = client.post(QUEUES, body).await.ok();
    assert_eq!(north["division"]["name"], "North");
    let names = async |query: &str| all(&client.get(&format!("{QUEUES}?{query}")).await.ok(), "name");
    assert_eq!(names("name=sales").await, ["Sales"]);
    assert_eq!(names("name=*sales").await, ["Sales", "North Sales"]);
    assert_eq!(names("name=S*&sortOrder=desc").await, ["Support", "SMS", "Sales"]);
    assert_eq!(names("name=*ess*").await, ["Web Messaging", "Open Messaging"]);
    assert_eq!(names(&format!("divisionId={}", id(&division))).await, ["North Sales"]);
    assert_eq!(names(&format!("id={}", id(&north))).await, ["North Sales"]);
    assert_eq!(names("pageSize=2&pageNumber=2").await, ["Billing", "Retention"]);
    assert_eq!(names("hasPeer=true").await, [""; 0]);
    let views = client.get(&format!("{QUEUES}/divisionviews?name=Sales")).await.ok();
    assert_eq!(all(&views, "name"), ["Sales"]);
    client.get(&format!("{QUEUES}?pageSize=0")).await.refused(400);
}

#[tokio::test]
async fn a_user_that_is_added_to_a_queue_is_in_every_view_of_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (mine, new) = (queue(&client, "Mine").await, new_user(&client, "new").await);
    let queues = format!("/api/v2/users/{new}/queues");
    assert_eq!(client.get(&queues).await.ok()["total"], 0, "a new user is a member of no queue");
    assert_eq!(client.post(&format!("{mine}/members"), json!([{ "id": new }])).await.status, 204);
    let members = client.get(&format!("{mine}/members")).await.ok();
    let member = &members["entities"][0];
    assert_eq!((id(member), id(&member["user"])), (new.clone(), new.clone()));
    assert_eq!(
        (&member["name"], &member["joined"], &member["ringNumber"]),
        (&json!("new"), &json!(true), &json!(1))
    );
    assert_eq!(member["selfUri"], format!("{mine}/members/{new}"));
    assert!(members.get("total").is_none(), "the listing of members has no total");
    assert_eq!(client.get(&format!("{mine}/users")).await.ok()["total"], 1);
    assert_eq!(client.get(&mine).await.ok()["memberCount"], 1);
    let listed = client.get(&queues).await.ok();
    assert_eq!(
        (all(&listed, "name"), &listed["entities"][0]["joined"]),
        (vec!["Mine".to_owned()], &json!(true))
    );
    assert!(listed["entities"][0].get("autoAnswerOnly").is_none());
    client.post(&format!("{mine}/members?delete=true"), json!([{ "id": new }])).await;
    assert_eq!(client.get(&queues).await.ok()["total"], 0);
    assert_eq!(client.get(&mine).await.ok()["memberCount"], 0);
}

#[tokio::test]
async fn a_member_leaves_joins_and_changes_its_ring() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (mine, agent) = (queue(&client, "Mine").await, user(&client, "agent-1").await);
    let one = format!("{mine}/members/{agent}");
    client.patch(&one, json!({ "joined": false })).await.refused(404);
    client.post(&format!("{mine}/members"), json!([{ "id": agent }])).await;
    assert_eq!(client.patch(&one, json!({ "joined": false, "ringNumber": 3 })).await.status, 202);
    let left = client.get(&format!("{mine}/members?joined=false")).await.ok();
    assert_eq!(
        (&left["entities"][0]["joined"], &left["entities"][0]["ringNumber"]),
        (&json!(false), &json!(3))
    );
    assert_eq!(client.get(&mine).await.ok()["joinedMemberCount"], 0);
    assert_eq!(client.get(&format!("{mine}/members?joined=true")).await.ok()["entities"], json!([]));
    let body = json!([{ "id": agent, "joined": true }]);
    let changed = client.patch(&format!("{mine}/members"), body).await.ok();
    assert_eq!(changed["entities"][0]["joined"], true);
    assert_eq!(client.delete(&one).await.status, 204);
    client.delete(&one).await.refused(404);
}

#[tokio::test]
async fn a_request_with_one_unknown_user_adds_no_member() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (mine, agent) = (queue(&client, "Mine").await, user(&client, "agent-1").await);
    let both = json!([{ "id": agent }, { "id": UNKNOWN }]);
    assert_eq!(client.post(&format!("{mine}/members"), both).await.refused(400), "resource.not.found");
    assert_eq!(client.get(&mine).await.ok()["memberCount"], 0);
    let many: Vec<_> = (0..101).map(|_| json!({ "id": agent })).collect();
    client.post(&format!("{mine}/members"), many.into()).await.refused(400);
}

#[tokio::test]
async fn the_agents_of_the_file_are_members_of_its_queues_until_they_are_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let sales = client.get(&format!("{QUEUES}?name=Sales")).await.ok()["entities"][0].clone();
    assert_eq!(sales["memberCount"], 530);
    let members = format!("{QUEUES}/{}/members", id(&sales));
    assert_eq!(client.get(&format!("{members}?pageSize=500")).await.ok()["pageSize"], 100);
    let first =
        client.get(&format!("{members}?pageSize=1&expand=presence")).await.ok()["entities"][0].clone();
    assert_eq!((&first["name"], &first["routingStatus"]["status"]), (&json!("agent-1"), &json!("IDLE")));
    assert!(first["user"]["presence"].is_object(), "{first}");
    let meals = client.get(&format!("{members}?presence=Meal")).await.ok();
    assert_eq!(all(&meals, "name").len(), 3);
    assert_eq!(all(&client.get(&format!("{members}?name=agent-530")).await.ok(), "name"), ["agent-530"]);
    assert_eq!(
        client.get("/api/v2/routing/queues/me").await.ok()["total"],
        0,
        "an administrator is no agent"
    );
    client.delete(&format!("/api/v2/users/{}", id(&first))).await.ok();
    assert_eq!(client.get(&format!("{QUEUES}/{}", id(&sales))).await.ok()["memberCount"], 529);
}

#[tokio::test]
async fn the_wait_of_a_queue_is_a_list_of_results() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let mine = queue(&client, "Mine").await;
    let wait = client.get(&format!("{mine}/estimatedwaittime")).await.ok();
    assert_eq!(
        wait["results"][0],
        json!({ "intent": "ALL", "formula": "BEST", "estimatedWaitTimeSeconds": 30 })
    );
    let of_calls = client.get(&format!("{mine}/mediatypes/call/estimatedwaittime")).await.ok();
    assert_eq!(of_calls["results"][0]["intent"], "CALL");
    client.get(&format!("{mine}/mediatypes/pigeon/estimatedwaittime")).await.refused(400);
}

#[tokio::test]
async fn a_queue_has_the_wrap_up_codes_that_were_added_to_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let mine = queue(&client, "Mine").await;
    let code = client.post(CODES, json!({ "name": "Solved" })).await.ok();
    assert_eq!(client.post(CODES, json!({ "name": "solved" })).await.refused(400), "duplicate.name");
    let added = client.post(&format!("{mine}/wrapupcodes"), json!([{ "id": id(&code) }])).await.ok();
    assert_eq!(added, json!([code]));
    assert_eq!(client.get(&format!("{mine}/wrapupcodes")).await.ok()["entities"], json!([code]));
    let unknown = json!([{ "id": UNKNOWN }]);
    assert_eq!(client.post(&format!("{mine}/wrapupcodes"), unknown).await.refused(400), "resource.not.found");
    let one = format!("{mine}/wrapupcodes/{}", id(&code));
    assert_eq!(client.delete(&one).await.status, 200);
    client.delete(&one).await.refused(404);
    client.post(&format!("{mine}/wrapupcodes"), json!([{ "id": id(&code) }])).await.ok();
    let renamed = client.put(&format!("{CODES}/{}", id(&code)), json!({ "name": "Closed" })).await.ok();
    assert_eq!(client.get(&format!("{mine}/wrapupcodes")).await.ok()["entities"], json!([renamed]));
    assert_eq!(client.delete(&format!("{CODES}/{}", id(&code))).await.status, 200);
    assert_eq!(client.get(&format!("{mine}/wrapupcodes")).await.ok()["total"], 0);
}

#[tokio::test]
async fn the_home_division_is_the_one_of_the_listing() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let home = client.get(&format!("{DIVISIONS}/home")).await.ok();
    assert_eq!((&home["name"], &home["homeDivision"]), (&json!("Home"), &json!(true)));
    assert_eq!(client.get(DIVISIONS).await.ok()["entities"][0], home);
    let one = format!("{DIVISIONS}/{}", id(&home));
    assert_eq!(client.delete(&one).await.refused(400), "precondition.failure");
    let counted = client.get(&format!("{one}?objectCount=true")).await.ok();
    assert_eq!(
        (&counted["objectCounts"]["QUEUE"], &counted["objectCounts"]["USER"]),
        (&json!(8), &json!(532))
    );
}

#[tokio::test]
async fn objects_move_to_a_division_and_back_when_it_is_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let north = client.post(DIVISIONS, json!({ "name": "North", "description": "d" })).await.ok();
    assert_eq!(
        client.post(DIVISIONS, json!({ "name": "north", "description": "d" })).await.refused(409),
        "resource.already.exists"
    );
    let (mine, agent) = (queue(&client, "Mine").await, user(&client, "agent-1").await);
    let objects = format!("{DIVISIONS}/{}/objects", id(&north));
    let queue_id = mine.rsplit('/').next().expect("an id");
    client.post(&format!("{objects}/QUEUE"), json!([queue_id, UNKNOWN])).await.refused(404);
    assert_eq!(client.post(&format!("{objects}/QUEUE"), json!([queue_id])).await.status, 204);
    assert_eq!(client.post(&format!("{objects}/USER"), json!([agent])).await.status, 204);
    assert_eq!(client.get(&mine).await.ok()["division"]["name"], "North");
    assert_eq!(client.get("/api/v2/users/agent-1").await.ok()["division"]["id"], north["id"]);
    let one = format!("{DIVISIONS}/{}", id(&north));
    assert_eq!(client.delete(&one).await.refused(400), "precondition.failure");
    assert_eq!(client.delete(&format!("{one}?force=true")).await.status, 204);
    assert_eq!(client.get(&mine).await.ok()["division"]["name"], "Home");
    assert_eq!(client.get("/api/v2/users/agent-1").await.ok()["division"]["name"], "Home");
}

#[tokio::test]
async fn a_wrap_up_code_belongs_to_all_divisions_unless_it_names_one() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let home = client.get("/api/v2/authorization/divisions/home").await.ok();
    let plain = client.post(CODES, json!({ "name": "Plain" })).await.ok();
    assert_eq!(plain["division"]["id"], "*");
    let starred = client.post(CODES, json!({ "name": "Starred", "division": { "id": "*" } })).await.ok();
    let one = format!("{CODES}/{}", id(&starred));
    assert_eq!(client.get(&one).await.ok()["division"]["id"], "*");
    let moved = json!({ "name": "Starred", "division": { "id": home["id"] } });
    assert_eq!(client.put(&one, moved).await.ok()["division"]["id"], home["id"]);
    let back = json!({ "name": "Starred", "division": { "id": "*" } });
    assert_eq!(client.put(&one, back).await.ok()["division"]["id"], "*");
    let found = client.get(&format!("{CODES}?name=Plain&divisionId={}", id(&home))).await.ok();
    assert_eq!(found["total"], 1, "it is in every division");
    let queue = json!({ "name": "Mine", "division": { "id": "*" } });
    assert_eq!(client.post("/api/v2/routing/queues", queue).await.refused(400), "resource.not.found");
    let contact = json!({ "firstName": "a", "lastName": "b", "division": { "id": "*" } });
    let contact = client.post("/api/v2/externalcontacts/contacts", contact).await.ok();
    assert_eq!(contact["division"]["id"], "*");
}
