//! Performance profiles, coaching appointments and learning modules: their states and their users.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

async fn agent(api: &Client, name: &str) -> String {
    id(&api.get(&format!("/api/v2/users/{name}")).await.ok())
}

#[tokio::test]
async fn a_performance_profile_is_active_or_not_and_has_members() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let profiles = "/api/v2/gamification/profiles";
    let division = api.get("/api/v2/authorization/divisions").await.ok()["entities"][0]["id"].clone();
    let body = |name: &str| {
        json!({ "name": name, "description": "d", "active": false, "maxLeaderboardRankSize": 10,
            "division": { "id": division }, "reportingIntervals": [{ "intervalType": "Day", "intervalValue": 1 }] })
    };
    let path = |profile: &Value| format!("{profiles}/{}", id(profile));
    let [first, second] =
        [api.post(profiles, body("A")).await.done(), api.post(profiles, body("B")).await.done()];
    api.post(profiles, body("A")).await.refused(409);
    for (act, active) in [("activate", true), ("deactivate", false), ("activate", true)] {
        api.post(&format!("{}/{act}", path(&first)), json!({})).await.done();
        assert_eq!(api.get(&path(&first)).await.ok()["active"], active);
    }
    let user = agent(&api, "agent-1").await;
    let assign = async |profile: &Value, user: &str| {
        let body = json!({ "membersToAssign": [user], "membersToRemove": [] });
        api.post(&format!("{}/members", path(profile)), body).await
    };
    assert_eq!(assign(&first, &user).await.ok()["assignedMembers"][0]["id"], json!(user));
    assert_eq!(api.get(&path(&first)).await.ok()["memberCount"], 1);
    assign(&second, &user).await.ok();
    assert_eq!(api.get(&format!("{}/members", path(&first))).await.ok()["entities"], json!([]));
    assert_eq!(api.get(&format!("{}/members", path(&second))).await.ok()["entities"][0]["id"], json!(user));
    assign(&first, UNKNOWN).await.refused(400);
}

#[tokio::test]
async fn a_coaching_appointment_keeps_its_statuses() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (user, other) = (agent(&api, "agent-1").await, agent(&api, "agent-2").await);
    let appointments = "/api/v2/coaching/appointments";
    let body = |user: &str| {
        json!({ "name": "a", "description": "d", "dateStart": "2026-03-08T01:00:00.000Z", "lengthInMinutes": 30,
            "attendeeIds": [user] })
    };
    api.post(appointments, body(UNKNOWN)).await.refused(400);
    let made = api.post(appointments, body(&user)).await.done();
    assert_eq!((&made["status"], &made["attendees"][0]["id"]), (&json!("Scheduled"), &json!(user)));
    let one = format!("{appointments}/{}", id(&made));
    mock.advance(Duration::from_secs(2 * 3600));
    assert_eq!(api.get(&one).await.ok()["isOverdue"], true);
    for status in ["InProgress", "Completed"] {
        let set = api.patch(&format!("{one}/status"), json!({ "status": status })).await.ok();
        assert_eq!((&set["status"], &set["appointment"]["id"]), (&json!(status), &made["id"]));
    }
    let seen = api.get(&one).await.ok();
    assert_eq!((&seen["status"], &seen["isOverdue"]), (&json!("Completed"), &json!(false)));
    assert!(seen["dateCompleted"].is_string(), "{seen}");
    let statuses = api.get(&format!("{one}/statuses")).await.ok();
    let statuses: Vec<_> =
        statuses["entities"].as_array().expect("statuses").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["Scheduled", "InProgress", "Completed"]);
    let total = async |query: &str| api.get(&format!("{appointments}?{query}")).await.ok()["total"].clone();
    assert_eq!(total(&format!("userIds={user}")).await, 1);
    assert_eq!(total(&format!("userIds={user}&statuses=Scheduled")).await, 0);
    assert_eq!(total(&format!("userIds={other}")).await, 0);
    assert_eq!(total(&format!("userIds={user}&interval=2026-03-09T00:00:00Z/2026-03-10T00:00:00Z")).await, 0);
    let mut of_nobody = body(&user);
    of_nobody["facilitatorId"] = json!("");
    assert_eq!(api.post(appointments, of_nobody).await.done()["facilitator"], made["facilitator"]);
}

#[tokio::test]
async fn a_learning_module_is_published_and_assigned() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (modules, assignments) = ("/api/v2/learning/modules", "/api/v2/learning/assignments");
    let made = api.post(modules, json!({ "name": "Safety", "completionTimeInDays": 7 })).await.done();
    assert_eq!(made["isPublished"], false);
    let one = format!("{modules}/{}", id(&made));
    let early = json!({ "moduleId": id(&made), "userId": agent(&api, "agent-1").await });
    api.post(assignments, early).await.refused(400);
    for version in [1, 2] {
        assert_eq!(api.post(&format!("{one}/publish"), json!({})).await.done()["version"], version);
    }
    assert_eq!(api.get(&one).await.ok()["isPublished"], true);
    assert_eq!(api.get(&format!("{modules}?statuses=Unpublished")).await.ok()["total"], 0);
    let user = agent(&api, "agent-1").await;
    let body = |module: &str, user: &str| json!({ "moduleId": module, "userId": user });
    api.post(assignments, body(UNKNOWN, &user)).await.refused(400);
    api.post(assignments, body(&id(&made), UNKNOWN)).await.refused(400);
    let assigned = api.post(assignments, body(&id(&made), &user)).await.done();
    assert_eq!((&assigned["state"], &assigned["user"]["id"]), (&json!("Assigned"), &json!(user)));
    assert_eq!(assigned["module"]["name"], "Safety");
    let path = format!("{assignments}/{}", id(&assigned));
    assert_eq!(api.patch(&path, json!({ "state": "InProgress" })).await.ok()["state"], "InProgress");
    mock.advance(Duration::from_secs(8 * 24 * 3600));
    assert_eq!(api.get(&path).await.ok()["isOverdue"], true);
    let total = async |query: &str| api.get(&format!("{assignments}?{query}")).await.ok()["total"].clone();
    assert_eq!(total(&format!("userId={user}&states=InProgress")).await, 1);
    assert_eq!(total(&format!("userId={user}&states=Completed")).await, 0);
    assert_eq!(api.post(&format!("{path}/reset"), json!({})).await.ok()["state"], "Assigned");
    api.delete(&path).await.done();
    api.get(&path).await.refused(404);
}

#[tokio::test]
async fn several_modules_are_assigned_at_once_and_their_users_see_only_their_own() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (modules, assignments) = ("/api/v2/learning/modules", "/api/v2/learning/assignments");
    let module = id(&api.post(modules, json!({ "name": "Safety", "completionTimeInDays": 7 })).await.done());
    api.post(&format!("{modules}/{module}/publish"), json!({})).await.done();
    let (user, own) = (agent(&api, "agent-1").await, id(&api.get("/api/v2/users/me").await.ok()));
    let items = [&user, &own, UNKNOWN].map(|user| json!({ "moduleId": module, "userId": user }));
    let made = api.post(&format!("{assignments}/bulkadd"), json!(items)).await.ok();
    assert_eq!(made["entities"].as_array().map(Vec::len), Some(2), "{made}");
    assert_eq!(made["disallowedEntities"][0]["entity"]["userId"], UNKNOWN);
    let mine = api.get(&format!("{assignments}/me")).await.ok();
    assert_eq!((&mine["total"], &mine["entities"][0]["user"]["id"]), (&json!(1), &json!(own)));
    let total = async |query: &str| api.get(&format!("{assignments}?{query}")).await.ok()["total"].clone();
    assert_eq!((total("overdue=True").await, total("overdue=False").await), (json!(0), json!(2)));
    assert_eq!((total("pass=True").await, total("pass=Any").await), (json!(0), json!(2)));
    mock.advance(Duration::from_secs(8 * 24 * 3600));
    assert_eq!((total("overdue=True").await, total("overdue=False").await), (json!(2), json!(0)));
    let ids = [id(&made["entities"][0]), UNKNOWN.to_owned()];
    let removed = api.post(&format!("{assignments}/bulkremove"), json!(ids)).await.ok();
    assert_eq!(removed["entities"][0]["assignmentId"], made["entities"][0]["id"]);
    assert_eq!(removed["disallowedEntities"][0]["entity"]["id"], UNKNOWN);
    api.get(&format!("{assignments}/{}", ids[0])).await.refused(404);
}

#[tokio::test]
async fn a_published_version_of_a_module_stays_as_it_was() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let modules = "/api/v2/learning/modules";
    let body = |name: &str| json!({ "name": name, "completionTimeInDays": 7 });
    let one = format!("{modules}/{}", id(&api.post(modules, body("Old")).await.done()));
    api.get(&format!("{one}/versions/1")).await.refused(404);
    api.post(&format!("{one}/publish"), json!({})).await.done();
    api.put(&one, body("New")).await.ok();
    assert_eq!(api.get(&format!("{one}/versions/1")).await.ok()["name"], "Old");
    assert_eq!(api.get(&one).await.ok()["name"], "New");
}

#[tokio::test]
async fn own_appointments_are_those_of_the_caller() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (user, own) = (agent(&api, "agent-1").await, id(&api.get("/api/v2/users/me").await.ok()));
    let appointments = "/api/v2/coaching/appointments";
    for (attendee, facilitator) in [(&user, &user), (&own, &user)] {
        let body = json!({ "name": "a", "description": "d", "dateStart": "2026-03-08T01:00:00.000Z",
            "lengthInMinutes": 30, "attendeeIds": [attendee], "facilitatorId": facilitator });
        api.post(appointments, body).await.done();
    }
    let mine = async |query: &str| api.get(&format!("{appointments}/me?{query}")).await.ok()["total"].clone();
    assert_eq!(mine("relationships=Attendee").await, 1);
    assert_eq!(mine("relationships=Facilitator").await, 0);
    assert_eq!((mine("overdue=True").await, mine("overdue=False").await), (json!(0), json!(2)));
}

#[tokio::test]
async fn assignments_are_filtered_by_the_type_of_their_module_and_sorted_by_their_dates() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let assignments = "/api/v2/learning/assignments";
    let user = agent(&api, "agent-1").await;
    let mut made = Vec::new();
    for (kind, days) in [("External", 9), ("Native", 3), ("Native", 6)] {
        let body = json!({ "name": kind, "type": kind, "completionTimeInDays": days });
        let module = id(&api.post("/api/v2/learning/modules", body).await.done());
        api.post(&format!("/api/v2/learning/modules/{module}/publish"), json!({})).await.done();
        made.push(id(&api.post(assignments, json!({ "moduleId": module, "userId": user })).await.done()));
        mock.advance(Duration::from_secs(1));
    }
    let [external, soon, later] = &made[..] else { panic!("{made:?}") };
    let listed = async |query: &str| {
        let page = api.get(&format!("{assignments}?userId={user}&{query}")).await.ok();
        all(&page, "id")
    };
    assert_eq!(listed("types=External").await, std::slice::from_ref(external));
    assert_eq!(listed("types=External,Native").await.len(), 3);
    assert_eq!(listed("types=Assessment").await.len(), 0);
    assert_eq!(listed("").await, [external, later, soon].map(Clone::clone));
    assert_eq!(listed("sortOrder=Asc").await, [soon, later, external].map(Clone::clone));
    assert_eq!(listed("sortBy=DateModified&sortOrder=Asc").await, made);
    assert_eq!(listed("sortBy=DateModified").await, [later, soon, external].map(Clone::clone));
}

#[tokio::test]
async fn an_interval_that_ends_before_it_starts_is_refused_with_its_parameter() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let user = agent(&api, "agent-1").await;
    for listing in
        [format!("coaching/appointments?userIds={user}"), format!("learning/assignments?userId={user}")]
    {
        for parameter in ["interval", "completionInterval"] {
            let reversed = "2026-03-10T00:00:00Z/2026-03-09T00:00:00Z";
            let refused = api.get(&format!("/api/v2/{listing}&{parameter}={reversed}")).await;
            assert!(refused.body["message"].to_string().contains(parameter), "{}", refused.body);
            refused.refused(400);
        }
    }
}

#[tokio::test]
async fn external_metrics_are_defined_and_have_values_of_users() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/employeeperformance/externalmetrics";
    let definitions = format!("{path}/definitions");
    let body = |name: &str, precision: i32| json!({ "name": name, "unit": "Number", "precision": precision, "defaultObjectiveType": "HigherIsBetter", "enabled": true });
    api.post(&definitions, body("Sales", 6)).await.refused(400);
    let made = api.post(&definitions, body("Sales", 2)).await.done();
    api.post(&definitions, body("Apologies", 0)).await.done();
    api.post(&definitions, body("Sales", 1)).await.refused(409);
    let listed = api.get(&definitions).await.ok();
    assert_eq!(all(&listed, "name"), ["Apologies", "Sales"]);
    let user = agent(&api, "agent-1").await;
    let item = |user: &str, value: f64, kind: &str| json!({ "userId": user, "metricId": made["id"], "dateOccurred": "2026-03-07", "value": value, "type": kind });
    let items = json!({ "items": [item(&user, 3.0, "Total"), item(&user, 4.0, "Cumulative"), item(UNKNOWN, 1.0, "Total")] });
    let written = api.post(&format!("{path}/data"), items).await.ok();
    assert_eq!(written["processedEntities"][1]["totalValue"], 7.0, "{written}");
    assert_eq!(written["unprocessedEntities"][0]["userId"], UNKNOWN);
    let mut gone = json!({ "items": [item(&user, 0.0, "Total"), item(&user, 1.0, "Cumulative")] });
    gone["items"][0]["value"] = Value::Null;
    let written = api.post(&format!("{path}/data"), gone.clone()).await.ok();
    assert_eq!(written["processedEntities"][1]["totalValue"], 1.0, "null deletes: {written}");
    gone["items"][0].as_object_mut().expect("an object").remove("value");
    api.post(&format!("{path}/data"), gone).await.refused(400);
    let one = format!("{definitions}/{}", id(&made));
    assert_eq!(api.get(&one).await.ok()["dateLastRefreshed"], "2026-03-08T00:00:00.000Z");
    assert_eq!(api.patch(&one, json!({ "precision": 1 })).await.ok()["precision"], 1);

    let profiles = "/api/v2/gamification/profiles";
    let division = api.get("/api/v2/authorization/divisions").await.ok()["entities"][0]["id"].clone();
    let profile = json!({ "name": "A", "description": "d", "active": false, "maxLeaderboardRankSize": 10,
        "division": { "id": division }, "reportingIntervals": [{ "intervalType": "Day", "intervalValue": 1 }] });
    let metrics = format!("{profiles}/{}/metrics", id(&api.post(profiles, profile).await.done()));
    let metric = |of: &Value| json!({ "name": "Sold", "externalMetricDefinitionId": of });
    api.post(&metrics, metric(&json!(UNKNOWN))).await.refused(400);
    let sold = id(&api.post(&metrics, metric(&made["id"])).await.done());
    let listed = api.get(&metrics).await.ok();
    assert_eq!((&listed["total"], &listed["entities"][0]["id"]), (&json!(1), &json!(sold)));
    assert_eq!(api.get(&one).await.ok()["inUse"], true);
    api.delete(&one).await.refused(409);
    api.put(&format!("{metrics}/{sold}"), json!({ "name": "None" })).await.ok();
    api.get(&format!("{metrics}/{UNKNOWN}")).await.refused(404);
    api.delete(&one).await.done();
    api.get(&one).await.refused(404);
}
