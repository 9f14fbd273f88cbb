//! Values with a form: times of day, time zones, recurrence rules, week days, e-mail addresses.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

#[tokio::test]
async fn a_value_without_its_form_is_refused_with_its_field() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let schedule = |rule: &str| json!({ "name": "Mine", "start": "2026-03-08T08:00:00.000", "end": "2026-03-08T17:00:00.000", "rrule": rule });
    let slot = |day: u32, from: &str, to: &str| {
        let slots = json!([{ "day": day, "startTime": from, "stopTime": to }]);
        json!({ "name": "Mine", "callableTimes": [{ "timeZoneId": "UTC", "timeSlots": slots }] })
    };
    let unit = |zone: &str, day: &str| json!({ "name": "Mine", "divisionId": "", "settings": { "startDayOfWeek": day, "timeZone": zone } });
    let user = |email: &str| json!({ "name": "Mine", "email": email, "divisionId": "" });
    let group = |zone: &str| json!({ "name": "Mine", "timeZone": zone });
    let (times, units) = ("/api/v2/outbound/callabletimesets", "/api/v2/workforcemanagement/businessunits");
    let schedules = "/api/v2/architect/schedules";
    let cases: [(&str, Value, &str); 11] = [
        (schedules, schedule("FREQ=SOMETIMES"), "rrule"),
        (schedules, schedule("soon"), "rrule"),
        (schedules, schedule("FREQ=WEEKLY;BYDAY=XX"), "rrule"),
        ("/api/v2/architect/schedulegroups", group("Mars/Olympus"), "timeZone"),
        (times, slot(1, "8 o'clock", "17:00:00"), "callableTimes[0].timeSlots[0].startTime"),
        (times, slot(1, "08:00:00", "25:00:00"), "callableTimes[0].timeSlots[0].stopTime"),
        (times, slot(8, "08:00:00", "17:00:00"), "callableTimes[0].timeSlots[0].day"),
        (units, unit("Mars/Olympus", "Monday"), "settings.timeZone"),
        (units, unit("UTC", "Moonday"), "settings.startDayOfWeek"),
        ("/api/v2/users", user("nobody"), "email"),
        ("/api/v2/users", user("a b@example.org"), "email"),
    ];
    for (path, body, field) in cases {
        let answer = client.post(path, body).await;
        assert_eq!(answer.body["messageParams"]["field"], field, "{}", answer.body);
        answer.refused(400);
    }
    client.post(schedules, schedule("FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=1")).await.ok();
    client.post(times, slot(7, "08:00:00", "17:00:00.000")).await.ok();
    client.post(units, unit("America/Chicago", "Sunday")).await.done();
    client.post("/api/v2/users", user("someone@example.org")).await.ok();
}

#[tokio::test]
async fn the_intervals_of_a_campaign_are_dates() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let columns = json!([{ "columnName": "Phone", "type": "cell" }]);
    let list = json!({ "name": "Mine", "columnNames": ["Phone"], "phoneColumns": columns });
    let list = client.post("/api/v2/outbound/contactlists", list).await.ok();
    let campaign = json!({ "name": "Mine", "dialingMode": "agentless", "contactList": { "id": list["id"] },
        "phoneColumns": columns, "callerName": "a", "callerAddress": "+13175550100" });
    let campaign = client.post("/api/v2/outbound/campaigns", campaign).await.ok();
    let id = campaign["id"].as_str().expect("an id");
    let path = format!("/api/v2/outbound/schedules/campaigns/{id}");
    let body = |end: &str| json!({ "campaign": { "id": id }, "intervals": [{ "start": "2026-03-09T10:00:00.000Z", "end": end }] });
    let refused = client.put(&path, body("soon")).await;
    assert_eq!(refused.body["messageParams"]["field"], "intervals[0].end");
    assert_eq!(refused.refused(400), "invalid.date");
    client.put(&path, body("2026-03-09T12:00:00.000Z")).await.ok();
}

#[tokio::test]
async fn a_word_of_an_enumeration_in_another_case_is_kept_in_the_spelling_of_the_document() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let queue = json!({ "name": "Best", "skillEvaluationMethod": "best" });
    let queue = client.post("/api/v2/routing/queues", queue).await;
    assert_eq!(queue.ok()["skillEvaluationMethod"], "BEST");
    let bin = client.post("/api/v2/taskmanagement/workbins", json!({ "name": "Bin" })).await.done();
    let kind = json!({ "name": "Kind", "defaultWorkbinId": bin["id"] });
    let kind = client.post("/api/v2/taskmanagement/worktypes", kind).await.done();
    let statuses = format!("/api/v2/taskmanagement/worktypes/{}/statuses", crate::rest::id(&kind));
    let status = client.post(&statuses, json!({ "name": "Shut", "category": "CLOSED" })).await.done();
    assert_eq!(status["category"], "Closed");
}

#[tokio::test]
async fn a_word_in_another_case_is_read_so_in_queries_and_by_handlers_that_read_a_body_twice() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let users =
        async |state: &str| client.get(&format!("/api/v2/users?state={state}")).await.ok()["total"].clone();
    assert_eq!(users("INACTIVE").await, users("inactive").await);
    assert_eq!(client.get("/api/v2/users?state=ABSENT").await.refused(400), "invalid.query.param.value");
    let lists = "/api/v2/outbound/contactlists";
    let list = |kind: &str| {
        json!({ "name": "L", "columnNames": ["phone", "age"], "phoneColumns": [{ "columnName": "phone", "type": "cell" }],
            "columnDataTypeSpecifications": [{ "columnName": "age", "columnDataType": kind, "min": 1, "max": 9 }] })
    };
    let made = client.post(lists, list("text")).await.ok();
    let one = format!("{lists}/{}", crate::rest::id(&made));
    let mut body = list("numeric");
    body["version"] = made["version"].clone();
    let changed = client.put(&one, body).await.ok();
    assert_eq!(changed["columnDataTypeSpecifications"][0]["columnDataType"], "NUMERIC");
}

#[tokio::test]
async fn what_ends_before_it_starts_is_refused_with_the_field_and_changes_nothing() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let schedules = "/api/v2/architect/schedules";
    let schedule = |start: &str, end: &str| json!({ "name": "Open", "start": start, "end": end });
    let reversed = schedule("2026-03-09T17:00:00.000", "2026-03-09T08:00:00.000");
    let refused = client.post(schedules, reversed.clone()).await;
    assert!(refused.body["message"].as_str().is_some_and(|why| why.contains("[end]")), "{}", refused.body);
    refused.refused(400);
    let made = client.post(schedules, schedule("2026-03-09T08:00:00", "2026-03-09T08:00:00.000")).await.ok();
    let one = format!("{schedules}/{}", crate::rest::id(&made));
    client.put(&one, reversed).await.refused(400);
    let half = json!({ "name": "Open", "end": "2026-03-08T08:00:00.000" });
    client.put(&one, half).await.refused(400);
    assert_eq!(client.get(&one).await.ok()["end"], made["end"]);
}

#[tokio::test]
async fn a_generic_answer_refuses_what_ends_before_it_starts() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let contest = |end: &str| json!({ "title": "C", "dateStart": "2026-03-09", "dateEnd": end });
    client.post("/api/v2/gamification/contests", contest("2026-03-08")).await.refused(400);
    client.post("/api/v2/gamification/contests", contest("2026-03-09")).await.done();
}

#[tokio::test]
async fn a_shift_of_a_work_plan_does_not_run_backwards() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let units = client.get("/api/v2/workforcemanagement/managementunits").await.ok();
    let unit = crate::rest::id(&units["entities"][0]);
    let plans = format!("/api/v2/workforcemanagement/managementunits/{unit}/workplans");
    let plan = |shift: Value| json!({ "name": "Plan", "shifts": [shift] });
    let range = |flexible: bool| {
        json!({ "name": "S", "flexibleStartTime": flexible, "earliestStartTimeMinutesFromMidnight": 600,
            "latestStartTimeMinutesFromMidnight": 480 })
    };
    let stop = |constrained: bool| {
        json!({ "name": "S", "exactStartTimeMinutesFromMidnight": 600,
            "constrainLatestStopTime": constrained, "latestStopTimeMinutesFromMidnight": 480 })
    };
    for shift in [range(true), stop(true)] {
        client.post(&plans, plan(shift)).await.refused(400);
    }
    let made = client.post(&plans, plan(range(false))).await.done();
    let one = format!("{plans}/{}", crate::rest::id(&made));
    client
        .patch(&one, json!({ "id": made["id"], "metadata": made["metadata"], "shifts": [stop(true)] }))
        .await
        .refused(400);
    client
        .patch(&one, json!({ "id": made["id"], "metadata": made["metadata"], "shifts": [stop(false)] }))
        .await
        .done();
}
