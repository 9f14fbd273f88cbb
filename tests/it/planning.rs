//! Time off, planning groups and schedules of workforce management.

use serde_json::{Value, json};

use crate::rest::{Client, id, mock};

const WFM: &str = "/api/v2/workforcemanagement";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

/// The agent `agent-1` and its management unit.
async fn agent(client: &Client) -> (String, String, String) {
    let of = client.get(&format!("{WFM}/agents/agent-1/managementunit")).await.ok();
    (id(&of["user"]), id(&of["managementUnit"]), id(&of["businessUnit"]))
}

#[tokio::test]
async fn time_off_is_asked_for_and_approved_in_the_unit_of_the_agent() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, unit, _) = agent(&client).await;
    let unit = format!("{WFM}/managementunits/{unit}");
    let request = |dates: Value| {
        json!({ "status": "PENDING", "users": [{ "id": agent }], "activityCodeId": "TimeOff",
            "fullDayManagementUnitDates": dates })
    };
    let path = format!("{unit}/timeoffrequests");
    client.post(&path, request(json!([]))).await.refused(400);
    client.post(&path, request(json!(["2026-03-10", "soon"]))).await.refused(400);
    let made = client.post(&path, request(json!(["2026-03-10"]))).await.ok();
    let made = &made["timeOffRequests"][0];
    assert_eq!((&made["status"], &made["isFullDayRequest"]), (&json!("PENDING"), &json!(true)));
    assert_eq!((&made["partialDayStartDateTimes"], &made["notes"]), (&json!([]), &json!("")));
    assert_eq!((&made["dailyDurationMinutes"], &made["durationMinutes"]), (&json!(480), &json!([480])));
    assert_eq!((&made["payableMinutes"], &made["syncVersion"]), (&json!([480]), &json!(1)));
    let one = format!("{unit}/users/{agent}/timeoffrequests/{}", id(made));
    let change = |version: u32| json!({ "status": "APPROVED", "metadata": { "version": version } });
    assert_eq!(client.patch(&one, change(2)).await.refused(409), "general.conflict");
    let mut moved = change(1);
    moved["fullDayManagementUnitDates"] = json!(["2026-02-30"]);
    assert_eq!(client.patch(&one, moved).await.refused(400), "invalid.date");
    let approved = client.patch(&one, change(1)).await.ok();
    assert_eq!((&approved["status"], &approved["metadata"]["version"]), (&json!("APPROVED"), &json!(2)));
    assert!(approved["reviewedDate"].is_string(), "{approved}");
    let listed = client.get(&format!("{unit}/users/{agent}/timeoffrequests")).await.ok();
    assert_eq!(listed["timeOffRequests"][0]["id"], made["id"]);
    let query = |status: &str| json!({ "statuses": [status] });
    let found = client.post(&format!("{path}/query"), query("APPROVED")).await.ok();
    assert_eq!(found["entities"][0]["id"], made["id"]);
    assert_eq!(client.post(&format!("{path}/query"), query("DENIED")).await.ok()["entities"], json!([]));
    client.get(&format!("{WFM}/managementunits/{UNKNOWN}/users/{agent}/timeoffrequests")).await.refused(404);
    let mut unknown = request(json!(["2026-03-10"]));
    unknown["activityCodeId"] = json!("nothing");
    client.post(&path, unknown).await.refused(400);
}

#[tokio::test]
async fn a_planning_group_keeps_its_service_goals_from_deletion() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (_, _, unit) = agent(&client).await;
    let unit = format!("{WFM}/businessunits/{unit}");
    let codes = client.get(&format!("{unit}/activitycodes")).await.ok();
    assert_eq!(codes["entities"].as_array().map(Vec::len), Some(8));
    client.delete(&format!("{unit}/activitycodes/Break")).await.refused(400);
    let goals = client.post(&format!("{unit}/servicegoaltemplates"), json!({ "name": "Fast" })).await.done();
    let queue = client.get("/api/v2/routing/queues").await.ok()["entities"][0].clone();
    let group = |goals: &str| {
        json!({ "name": "Voice", "serviceGoalTemplateId": goals,
            "routePaths": [{ "queueId": id(&queue), "mediaType": "Voice" }] })
    };
    client.post(&format!("{unit}/planninggroups"), group(UNKNOWN)).await.refused(400);
    let made = client.post(&format!("{unit}/planninggroups"), group(&id(&goals))).await.done();
    assert_eq!(made["serviceGoalTemplate"]["id"], goals["id"]);
    assert_eq!(made["routePaths"][0]["queue"]["id"], queue["id"]);
    let goals = format!("{unit}/servicegoaltemplates/{}", id(&goals));
    client.delete(&goals).await.refused(409);
    assert_eq!(client.delete(&format!("{unit}/planninggroups/{}", id(&made))).await.status, 204);
    assert_eq!(client.delete(&goals).await.status, 204);
    client.delete(&unit).await.refused(409);
}

#[tokio::test]
async fn a_schedule_begins_at_most_two_years_ahead() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, management, unit) = agent(&client).await;
    let weeks = format!("{WFM}/businessunits/{unit}/weeks");
    let body = json!({ "description": "March", "weekCount": 1 });
    let made = client.post(&format!("{weeks}/2026-03-09/schedules"), body.clone()).await.done();
    assert_eq!((&made["weekDate"], &made["published"]), (&json!("2026-03-09"), &json!(false)));
    client.post(&format!("{weeks}/2028-04-10/schedules"), body.clone()).await.refused(400);
    client.post(&format!("{weeks}/2025-08-04/schedules"), body.clone()).await.refused(400);
    let tuesday = client.post(&format!("{weeks}/2026-03-10/schedules"), body.clone()).await;
    assert_eq!(tuesday.refused(400), "constraint.validation", "weeks begin on Mondays");
    client.post(&format!("{weeks}/soon/schedules"), body).await.refused(400);
    let listed = client.get(&format!("{weeks}/2026-03-09/schedules")).await.ok();
    assert_eq!(listed["entities"][0]["id"], made["id"]);
    let copy = json!({ "description": "Copy", "weekDate": "2026-03-16" });
    let one = format!("{weeks}/2026-03-09/schedules/{}", id(&made));
    client
        .post(&format!("{one}/copy"), json!({ "description": "Copy", "weekDate": "2026-03-17" }))
        .await
        .refused(400);
    let copied = client.post(&format!("{one}/copy"), copy).await;
    assert!(copied.status.is_success(), "{}", copied.body);
    let copies = client.get(&format!("{weeks}/2026-03-16/schedules")).await.ok();
    assert_eq!(copies["entities"][0]["description"], "Copy");
    assert!(client.delete(&one).await.status.is_success());
    client.get(&one).await.refused(404);
    let search = json!({ "userIds": [agent], "startDate": "2026-03-09T00:00:00.000Z", "endDate": "2026-03-10T00:00:00.000Z" });
    let path = |unit: &str| format!("{WFM}/managementunits/{unit}/schedules/search");
    let found = client.post(&path(&management), search.clone()).await.ok();
    assert!(found["userSchedules"][&agent]["shifts"].is_array(), "{found}");
    client.post(&path(UNKNOWN), search).await.refused(404);
}

#[tokio::test]
async fn adherence_of_a_unit_and_of_a_team_is_downloaded_when_the_job_is_complete() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, management, _) = agent(&client).await;
    let team = id(&client.post("/api/v2/teams", json!({ "name": "t" })).await.done());
    let members = json!({ "memberIds": [agent] });
    client.post(&format!("/api/v2/teams/{team}/members"), members).await.done();
    let of_unit = format!("{WFM}/managementunits/{management}/historicaladherencequery");
    let of_team = format!("{WFM}/teams/{team}/adherence/historical");
    for path in [&of_unit, &of_team] {
        let body = json!({ "startDate": "2026-03-07T00:00:00.000Z", "timeZone": "Europe/London", "userIds": [agent] });
        let asked = client.post(path, body).await;
        assert_eq!((asked.status.as_u16(), &asked.body["queryState"]), (202, &json!("Processing")));
        let job = format!("{WFM}/adherence/historical/jobs/{}", id(&asked.body));
        let url = asked.body["downloadUrl"].as_str().expect("an address").to_owned();
        assert_eq!(reqwest::get(&url).await.expect("an answer").status(), 404, "it is not complete");
        mock.advance(std::time::Duration::from_secs(2));
        let done = client.get(&job).await.ok();
        assert_eq!((&done["queryState"], &done["downloadUrls"]), (&json!("Complete"), &json!([url])));
        let result = reqwest::get(&url).await.expect("an answer").text().await.expect("a body");
        let result: serde_json::Value = serde_json::from_str(&result).expect("JSON");
        assert_eq!(result["entityId"], asked.body["id"]);
        let users = result["data"].as_array().expect("users");
        assert_eq!(
            (users.len(), &users[0]["userId"], &users[0]["managementUnitId"]),
            (1, &json!(agent), &json!(management))
        );
        assert!(users[0]["adherencePercentage"].is_number() && users[0]["startDate"].is_string(), "{result}");
    }
    let body = json!({ "startDate": "2026-03-07T00:00:00.000Z", "timeZone": "Europe/London" });
    client.post(&of_team.replace(&team, UNKNOWN), body.clone()).await.refused(404);
    client.post(&of_unit.replace(&management, UNKNOWN), body).await.refused(404);
    client.post(&of_unit, json!({ "startDate": "soon" })).await.refused(400);
}

#[tokio::test]
async fn a_schedule_of_two_weeks_is_listed_in_both() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (_, _, unit) = agent(&client).await;
    let weeks = format!("{WFM}/businessunits/{unit}/weeks");
    let body = json!({ "description": "Two", "weekCount": 2 });
    let made = client.post(&format!("{weeks}/2026-03-09/schedules"), body).await.done();
    for (week, count) in [("2026-03-02", 0), ("2026-03-09", 1), ("2026-03-16", 1), ("2026-03-23", 0)] {
        let listed = client.get(&format!("{weeks}/{week}/schedules")).await.ok();
        assert_eq!(listed["entities"].as_array().map(Vec::len), Some(count), "{week}: {listed}");
    }
    client.get(&format!("{weeks}/2026-03-16/schedules/{}", id(&made))).await.refused(404);
}

#[tokio::test]
async fn bulk_adherence_is_of_a_unit_that_exists_and_of_its_agents() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, management, _) = agent(&client).await;
    let units = client.get(&format!("{WFM}/managementunits")).await.ok();
    let units = units["entities"].as_array().expect("units");
    let other = units.iter().map(id).find(|unit| *unit != management).expect("another unit");
    let path = format!("{WFM}/adherence/historical/bulk");
    let body = |unit: &str| {
        let item = json!({ "managementUnitId": unit, "userIds": [agent],
            "startDate": "2026-03-06T00:00:00Z", "endDate": "2026-03-07T00:00:00Z" });
        json!({ "timeZone": "UTC", "items": [item] })
    };
    client.post(&path, body(UNKNOWN)).await.refused(404);
    for (unit, count) in [(&management, 1), (&other, 0)] {
        let asked = client.post(&path, body(unit)).await;
        let job = asked.body["job"]["selfUri"].as_str().expect("a path").to_owned();
        mock.advance(std::time::Duration::from_secs(2));
        let done = client.get(&job).await.ok();
        let url = done["downloadUrls"][0].as_str().expect("an address");
        let result = reqwest::get(url).await.expect("an answer").text().await.expect("a body");
        let result: Value = serde_json::from_str(&result).expect("JSON");
        assert_eq!(result[0]["userResults"].as_array().map(Vec::len), Some(count), "{result}");
    }
}

#[tokio::test]
async fn time_off_is_found_by_its_dates() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (agent, unit, _) = agent(&client).await;
    let path = format!("{WFM}/managementunits/{unit}/timeoffrequests");
    let body = json!({ "status": "PENDING", "users": [{ "id": agent }], "activityCodeId": "TimeOff",
        "fullDayManagementUnitDates": ["2026-03-10", "2026-03-11"] });
    client.post(&path, body).await.ok();
    let query = async |first: &str, last: &str| {
        let range = json!({ "startDate": first, "endDate": last });
        client.post(&format!("{path}/query"), json!({ "userIds": [agent], "dateRange": range })).await
    };
    let found = |answer: Value| answer["entities"].as_array().expect("entities").len();
    assert_eq!(found(query("2026-03-11", "2026-03-20").await.ok()), 1);
    assert_eq!(found(query("2026-03-12", "2026-03-20").await.ok()), 0);
    assert_eq!(found(query("2026-03-01", "2026-03-09").await.ok()), 0);
    assert_eq!(query("2026-03-20", "2026-03-01").await.refused(400), "constraint.validation");
    query("soon", "2026-03-01").await.refused(400);
}

#[tokio::test]
async fn what_plans_refer_to_is_not_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (_, unit, business) = agent(&client).await;
    let (unit, business) =
        (format!("{WFM}/managementunits/{unit}"), format!("{WFM}/businessunits/{business}"));
    let plan = client.post(&format!("{unit}/workplans"), json!({ "name": "Plan" })).await.ok();
    let rotation = |last: &str| {
        json!({ "name": "Rotation", "pattern": { "workPlanIds": [plan["id"]] },
            "dateRange": { "startBusinessUnitDate": "2026-03-09", "endBusinessUnitDate": last } })
    };
    let rotations = format!("{unit}/workplanrotations");
    assert_eq!(client.post(&rotations, rotation("2026-03-01")).await.refused(400), "constraint.validation");
    let rotation = client.post(&rotations, rotation("2026-04-09")).await.ok();
    let plan = format!("{unit}/workplans/{}", id(&plan));
    client.delete(&plan).await.refused(409);
    client.delete(&format!("{rotations}/{}", id(&rotation))).await.done();
    client.delete(&plan).await.done();
    let goals =
        client.post(&format!("{business}/servicegoaltemplates"), json!({ "name": "Goals" })).await.ok();
    let group = json!({ "name": "Group", "serviceGoalTemplateId": goals["id"], "routePaths": [] });
    let group = client.post(&format!("{business}/planninggroups"), group).await.ok();
    let staffing = json!({ "name": "Staff", "planningGroupIds": [group["id"]] });
    client.post(&format!("{business}/staffinggroups"), staffing).await.ok();
    client.delete(&format!("{business}/planninggroups/{}", id(&group))).await.refused(409);
}
