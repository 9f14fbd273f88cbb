//! Schedules of workforce management that are uploaded: agents have the shifts of the file, and are told.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use gcmock::MockServer;
use serde_json::{Value, json};

use crate::entity_events::hearing;
use crate::notifications::user;
use crate::rest;
use crate::rest::{START, id, mock};
use crate::support::Client;

const WFM: &str = "/api/v2/workforcemanagement";

/// The units of `agent-1`, and the path of the schedules of its business unit in a week.
async fn units(api: &rest::Client) -> (String, String) {
    let of = api.get(&format!("{WFM}/agents/agent-1/managementunit")).await.ok();
    let weeks = format!("{WFM}/businessunits/{}/weeks/2026-03-09/schedules", id(&of["businessUnit"]));
    (id(&of["managementUnit"]), weeks)
}

fn gzip(content: &Value) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content.to_string().as_bytes()).expect("memory");
    packed.finish().expect("memory")
}

async fn put(url: &Value, bytes: Vec<u8>) -> u16 {
    let request = reqwest::Client::new().put(url.as_str().expect("an address")).body(bytes);
    request.send().await.expect("an answer").status().as_u16()
}

/// The address and the key of an upload for an operation.
async fn announce(api: &rest::Client, operation: &str) -> Value {
    api.post(&format!("{operation}/uploadurl"), json!({ "contentLengthBytes": 9 })).await.done()
}

/// Uploads a file for an operation, and starts it.
async fn start(api: &rest::Client, operation: &str, file: &Value) -> rest::Answer {
    let given = announce(api, operation).await;
    assert_eq!(put(&given["url"], gzip(file)).await, 200);
    api.post(operation, json!({ "uploadKey": given["uploadKey"] })).await
}

async fn upload(api: &rest::Client, operation: &str, file: &Value) -> Value {
    start(api, operation, file).await.done()["result"].clone()
}

/// A shift of eight hours with a meal in it.
fn shift(id: Option<&str>, start: &str) -> Value {
    let activity = |hour: &str, minutes: u32, code: &str| {
        json!({ "startDate": format!("2026-03-10T{hour}:00:00.000Z"), "lengthMinutes": minutes,
            "activityCodeId": code, "description": code, "paid": code != "Meal" })
    };
    let mut shift = json!({ "startDate": start, "lengthMinutes": 480, "activities": [
        activity("08", 240, "OnQueueWork"), activity("12", 60, "Meal"), activity("13", 180, "OnQueueWork")] });
    if let Some(id) = id {
        shift["id"] = json!(id);
    }
    shift
}

const DAY: [&str; 2] = ["2026-03-10T00:00:00.000Z", "2026-03-11T00:00:00.000Z"];
const EIGHT: &str = "2026-03-10T08:00:00.000Z";

/// The shifts of an agent of that day with a schedule, as the search of its management unit has them.
async fn shifts(api: &rest::Client, unit: &str, agent: &str) -> Vec<Value> {
    let path = format!("{WFM}/managementunits/{unit}/agentschedules/search");
    let body = json!({ "startDate": DAY[0], "endDate": DAY[1], "userIds": [agent] });
    let found = api.post(&path, body).await.ok();
    let all = found["result"]["agentSchedules"][0]["shifts"].as_array().expect("shifts").clone();
    all.into_iter().filter(|shift| !shift["schedule"].is_null()).collect()
}

#[tokio::test]
async fn a_key_that_no_operation_gave_or_that_has_no_file_is_refused() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (_, weeks) = units(&api).await;
    let made = api.post(&weeks, json!({ "description": "March", "weekCount": 1 })).await.done();
    let update = format!("{weeks}/{}/update", id(&made));
    api.post(&update, json!({ "uploadKey": "invented" })).await.refused(400);
    let given = announce(&api, &update).await;
    api.post(&update, json!({ "uploadKey": given["uploadKey"] })).await.refused(400);
    assert_eq!(put(&given["url"], b"no JSON".to_vec()).await, 200);
    api.post(&update, json!({ "uploadKey": given["uploadKey"] })).await.refused(400);
    let other = announce(&api, &format!("{weeks}/import")).await;
    assert_eq!(put(&other["url"], b"{}".to_vec()).await, 200);
    api.post(&update, json!({ "uploadKey": other["uploadKey"] })).await.refused(400);
    let damaged = announce(&api, &update).await;
    assert_eq!(put(&damaged["url"], vec![0x1f, 0x8b, 1, 2]).await, 400);
}

#[tokio::test]
async fn the_shifts_of_a_published_import_are_those_of_the_agents() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (unit, weeks) = units(&api).await;
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let file = json!({ "description": "Imported", "weekCount": 1, "published": true,
        "agentSchedules": [{ "userId": agent, "shifts": [shift(None, EIGHT)] }] });
    let imported = upload(&api, &format!("{weeks}/import"), &file).await;
    assert_eq!((&imported["description"], &imported["published"]), (&json!("Imported"), &json!(true)));
    assert_eq!(imported["managementUnits"][0]["agentCount"], 1);
    let found = shifts(&api, &unit, &agent).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["activities"], shift(None, EIGHT)["activities"]);
    assert_eq!(found[0]["schedule"]["id"], imported["id"]);
    let body = json!({ "startDate": DAY[0], "endDate": DAY[1], "userIds": [agent] });
    let path = format!("{WFM}/managementunits/{unit}/schedules/search");
    let listed = api.post(&path, body).await.ok();
    let own = listed["userSchedules"][&agent]["shifts"].as_array().expect("shifts").iter();
    assert!(own.clone().any(|one| one["startDate"] == EIGHT && one["lengthInMinutes"] == 480), "{listed}");
    assert_eq!(listed["publishedSchedules"][0]["id"], imported["id"]);
    let query = format!("{weeks}/{}/agentschedules/query", id(&imported));
    let asked = api.post(&query, json!({ "managementUnitId": unit })).await.done();
    assert_eq!(asked["result"]["agentSchedules"][0]["user"]["id"], json!(agent));
    let recent = weeks.replace("2026-03-09", "recent");
    assert_eq!(api.get(&recent).await.ok()["entities"][0]["id"], imported["id"]);
    let early = api.get(&format!("{recent}?latestWeekDate=2026-03-02")).await.ok();
    assert_eq!(early["entities"], json!([]));
}

#[tokio::test]
async fn an_update_changes_and_deletes_shifts_and_the_agent_is_told() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let client = Client::of(&mock);
    let (unit, weeks) = units(&api).await;
    let agent = user(&client, "agent-1").await;
    let topic = format!("v2.users.{agent}.workforcemanagement.schedules");
    let mut socket = hearing(&mock, &client, &topic).await;
    let made = api.post(&weeks, json!({ "description": "March", "weekCount": 1 })).await.done();
    let update = format!("{weeks}/{}/update", id(&made));
    let draft = json!({ "agentSchedules": [{ "userId": agent, "shifts": [shift(Some("s"), EIGHT)] }] });
    assert_eq!(upload(&api, &update, &draft).await["published"], false);
    assert!(shifts(&api, &unit, &agent).await.is_empty(), "a draft is not shown");
    assert_eq!(upload(&api, &update, &json!({ "published": true })).await["published"], true);
    assert_eq!(shifts(&api, &unit, &agent).await.len(), 1);
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!((&body["user"]["id"], &body["startDate"]), (&json!(agent), &json!(EIGHT)));
    assert_eq!(body["updates"], json!([{ "type": "Added", "shiftStartDates": [EIGHT] }]));
    let gone = json!({ "agentSchedules": [{ "userId": agent, "shifts": [{ "id": "s", "delete": true }] }] });
    upload(&api, &update, &gone).await;
    assert!(shifts(&api, &unit, &agent).await.is_empty());
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!(body["updates"], json!([{ "type": "Deleted", "shiftStartDates": [EIGHT] }]));
    let unknown = json!({ "agentSchedules": [{ "userId": "nobody", "shifts": [] }] });
    start(&api, &update, &unknown).await.refused(400);
}

/// The activity that is scheduled for `agent-1` now.
async fn due(mock: &MockServer, api: &rest::Client) -> Value {
    mock.advance(std::time::Duration::ZERO);
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    api.get(&format!("{WFM}/adherence?userId={agent}")).await.ok()[0]["scheduledActivityCategory"].clone()
}

#[tokio::test]
async fn adherence_follows_a_published_schedule_until_another_takes_its_place() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (_, weeks) = units(&api).await;
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let file = |published: bool, agents: Value| json!({ "description": "d", "weekCount": 1, "published": published, "agentSchedules": agents });
    let agents = json!([{ "userId": agent, "shifts": [shift(None, EIGHT)] }]);
    let first = upload(&api, &format!("{weeks}/import"), &file(true, agents)).await;
    let noon = jiff::Timestamp::from_second(1_773_144_600).expect("2026-03-10T12:10:00Z");
    let ahead = u64::try_from(noon.as_nanosecond()).expect("after 1970") - START;
    mock.advance(std::time::Duration::from_nanos(ahead));
    assert_eq!(due(&mock, &api).await, "Meal");
    let second = upload(&api, &format!("{weeks}/import"), &file(true, json!([]))).await;
    assert_ne!(due(&mock, &api).await, "Meal");
    let listed = api.get(&format!("{weeks}?includeOnlyPublished=true")).await.ok();
    assert_eq!(rest::all(&listed, "id"), [id(&second)]);
    assert_eq!(api.get(&format!("{weeks}/{}", id(&first))).await.ok()["published"], false);
}

#[tokio::test]
async fn the_queues_of_a_user_are_published_when_its_membership_changes() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let client = Client::of(&mock);
    let agent = user(&client, "agent-1").await;
    let queue = id(&api.post("/api/v2/routing/queues", json!({ "name": "Told" })).await.ok());
    let topic = format!("v2.users.{agent}.routing.queues");
    let mut socket = hearing(&mock, &client, &topic).await;
    let members = format!("/api/v2/routing/queues/{queue}/members");
    api.post(&members, json!([{ "id": agent }])).await.done();
    let joined = async |socket: &mut crate::support::ws::Ws| {
        let body = socket.hear().await["eventBody"].clone();
        assert_eq!(body["queueId"], json!(queue));
        body["joined"].clone()
    };
    assert_eq!(joined(&mut socket).await, true);
    let path = format!("/api/v2/users/{agent}/queues/{queue}");
    api.patch(&path, json!({ "joined": false })).await.ok();
    assert_eq!(joined(&mut socket).await, false);
    api.post(&format!("{members}?delete=true"), json!([{ "id": agent }])).await.done();
    assert_eq!(joined(&mut socket).await, false);
}

#[tokio::test]
async fn a_key_is_good_once() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (_, weeks) = units(&api).await;
    let import = format!("{weeks}/import");
    let given = announce(&api, &import).await;
    assert_eq!(put(&given["url"], gzip(&json!({ "description": "d", "weekCount": 1 }))).await, 200);
    let body = json!({ "uploadKey": given["uploadKey"] });
    api.post(&import, body.clone()).await.done();
    api.post(&import, body).await.refused(400);
}

#[tokio::test]
async fn after_a_refusal_the_key_is_still_good() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (_, weeks) = units(&api).await;
    let import = format!("{weeks}/import");
    let given = announce(&api, &import).await;
    let unknown = "00000000-0000-4000-8000-000000000001";
    let file = json!({ "description": "d", "weekCount": 1, "agentSchedules": [{ "userId": unknown }] });
    assert_eq!(put(&given["url"], gzip(&file)).await, 200);
    let body = json!({ "uploadKey": given["uploadKey"] });
    let first = api.post(&import, body.clone()).await.refused(400);
    let second = api.post(&import, body).await.refused(400);
    assert_eq!(
        (&*first, &*second),
        ("resource.not.found", "resource.not.found"),
        "the agent is unknown, the key is not"
    );
}

#[tokio::test]
async fn a_file_names_an_agent_once_and_each_day_off_has_a_date() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (_, weeks) = units(&api).await;
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let twice = json!([{ "userId": agent }, { "userId": "agent-1" }]);
    let off = |markers: Value| json!([{ "userId": agent, "fullDayTimeOffMarkers": markers }]);
    let long = vec![json!({ "businessUnitDate": "2026-03-11" }); 501];
    let wrong = [json!(["soon"]), json!([{}]), json!([{ "businessUnitDate": "soon" }]), json!(long)];
    for agents in wrong.into_iter().map(off).chain([twice]) {
        let file = json!({ "description": "d", "weekCount": 1, "agentSchedules": agents });
        start(&api, &format!("{weeks}/import"), &file).await.refused(400);
    }
    assert_eq!(api.get(&weeks).await.ok()["entities"], json!([]));
}

#[tokio::test]
async fn searches_have_the_days_off_and_the_schedules_of_their_time_alone() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (unit, weeks) = units(&api).await;
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let day = json!({ "businessUnitDate": "2026-03-11", "lengthMinutes": 480, "description": "off", "paid": true,
        "activityCodeId": "TimeOff" });
    let agents = json!([{ "userId": agent, "shifts": [shift(None, EIGHT)], "fullDayTimeOffMarkers": [day] }]);
    let file = json!({ "description": "d", "weekCount": 1, "published": true, "agentSchedules": agents });
    let first = upload(&api, &format!("{weeks}/import"), &file).await;
    let update = format!("{weeks}/{}/update", id(&first));
    upload(&api, &update, &json!({ "agentSchedules": [{ "userId": agent }] })).await;
    let search = async |path: &str, start: &str, end: &str| {
        let body = json!({ "startDate": start, "endDate": end, "userIds": [agent] });
        api.post(&format!("{WFM}/managementunits/{unit}/{path}/search"), body).await.ok()
    };
    let (of, until) = ("2026-03-09T12:00:00.000Z", "2026-03-14T12:00:00.000Z");
    let found = search("agentschedules", of, until).await["result"].clone();
    assert_eq!(found["agentSchedules"][0]["fullDayTimeOffMarkers"], json!([day]));
    assert_eq!(found["publishedSchedules"][0]["id"], first["id"]);
    let found = search("schedules", of, until).await;
    let own = &found["userSchedules"][&agent];
    assert_eq!(own["metadata"]["version"], 2, "{own}");
    let marker = json!({ "managementUnitDate": "2026-03-11", "activityCodeId": "TimeOff", "isPaid": true,
        "lengthInMinutes": 480, "description": "off" });
    assert_eq!(own["fullDayTimeOffMarkers"], json!([marker]));
    let (of, until) = ("2026-03-18T12:00:00.000Z", "2026-03-20T12:00:00.000Z");
    let found = search("agentschedules", of, until).await["result"].clone();
    assert_eq!(found["agentSchedules"][0]["fullDayTimeOffMarkers"], json!([]));
    assert_eq!(found["publishedSchedules"], json!([]));
    assert_eq!(search("schedules", of, until).await["userSchedules"][&agent]["metadata"]["version"], 1);
}

#[tokio::test]
async fn an_update_without_room_changes_nothing() {
    let mock = mock().await;
    let api = rest::Client::new(&mock);
    let (_, weeks) = units(&api).await;
    let user = async |name: &str| id(&api.get(&format!("/api/v2/users/{name}")).await.ok());
    let (full, other) = (user("agent-1").await, user("agent-2").await);
    let file = |agent: &str, published: bool| {
        json!({ "description": "d", "weekCount": 1, "published": published,
            "agentSchedules": [{ "userId": agent, "shifts": [shift(None, EIGHT)] }] })
    };
    let import = format!("{weeks}/import");
    let first = upload(&api, &import, &file(&other, true)).await;
    let draft = upload(&api, &import, &file(&full, false)).await;
    let hours = json!({ "start": "2026-03-10T09:00:00", "end": "2026-03-10T17:00:00", "category": "Break" });
    let body = json!({ "agentId": "agent-1", "timeZone": "America/Chicago", "shifts": [hours] });
    for _ in 0..200 {
        let made = api.post("/api/v2/wfm/schedules", body.clone()).await.done();
        let path = made["selfUri"].as_str().expect("an address").to_owned();
        api.post(&format!("{path}/publish"), json!({})).await.done();
    }
    let change = json!({ "description": "changed", "published": true });
    start(&api, &format!("{weeks}/{}/update", id(&draft)), &change).await.refused(409);
    start(&api, &import, &file(&full, true)).await.refused(409);
    let all = api.get(&weeks).await.ok();
    assert_eq!(rest::all(&all, "id"), [id(&first), id(&draft)]);
    let without = json!({ "published": true, "agentSchedules": [{ "userId": full, "delete": true }] });
    let update = format!("{weeks}/{}/update", id(&draft));
    let states = all["entities"].as_array().expect("schedules").iter();
    let states: Vec<_> = states.map(|one| (one["description"].clone(), one["published"].clone())).collect();
    assert_eq!(states, [(json!("d"), json!(true)), (json!("d"), json!(false))]);
    assert_eq!(upload(&api, &update, &without).await["published"], true, "it takes no room");
}
