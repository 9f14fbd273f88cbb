//! Task management: work bins, work types with statuses, work items and their queries.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const TASKS: &str = "/api/v2/taskmanagement";
const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

async fn bin(api: &Client, name: &str) -> String {
    id(&api.post(&format!("{TASKS}/workbins"), json!({ "name": name })).await.done())
}

/// A work type, and the ids of its statuses by their categories.
async fn worktype(api: &Client, bin: &str) -> Value {
    let body = json!({ "name": "Claim", "defaultWorkbinId": bin, "defaultPriority": 5, "defaultDueDurationSeconds": 3600 });
    api.post(&format!("{TASKS}/worktypes"), body).await.done()
}

fn status(worktype: &Value, category: &str) -> String {
    let all = worktype["statuses"].as_array().expect("statuses");
    id(all.iter().find(|status| status["category"] == category).expect("a status of the category"))
}

#[tokio::test]
async fn a_work_item_takes_from_its_type_what_its_body_leaves_out() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let bin = bin(&api, "Inbox").await;
    let kind = worktype(&api, &bin).await;
    assert_eq!(
        (&kind["defaultWorkbin"]["name"], &kind["defaultStatus"]["name"]),
        (&json!("Inbox"), &json!("Open"))
    );
    let items = format!("{TASKS}/workitems");
    api.post(&items, json!({ "name": "a", "typeId": UNKNOWN })).await.refused(400);
    api.post(&items, json!({ "name": "a", "typeId": kind["id"], "queueId": UNKNOWN })).await.refused(400);
    let item = api.post(&items, json!({ "name": "a", "typeId": kind["id"] })).await.done();
    assert_eq!((&item["type"]["name"], &item["workbin"]["id"]), (&json!("Claim"), &json!(bin)));
    assert_eq!((&item["status"]["name"], &item["statusCategory"]), (&json!("Open"), &json!("Open")));
    assert_eq!((&item["priority"], &item["dateDue"]), (&json!(5), &json!("2026-03-08T01:00:00.000Z")));
    let own = api.get("/api/v2/users/me").await.ok();
    assert_eq!((&item["reporter"]["id"], &item["division"]["name"]), (&own["id"], &json!("Home")));
}

#[tokio::test]
async fn a_work_item_is_assigned_and_closed() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let body = json!({ "name": "a", "typeId": kind["id"] });
    let one =
        format!("{TASKS}/workitems/{}", id(&api.post(&format!("{TASKS}/workitems"), body).await.done()));
    let user = id(&api.get("/api/v2/users/agent-1").await.ok());
    api.patch(&format!("{one}/assignment"), json!({ "id": UNKNOWN })).await.refused(400);
    assert_eq!(api.patch(&format!("{one}/assignment"), json!({ "id": user })).await.status, 202);
    let seen = api.get(&one).await.ok();
    assert_eq!(
        (&seen["assignee"]["name"], &seen["assignmentState"]),
        (&json!("agent-1"), &json!("Alerting"))
    );
    api.patch(&one, json!({ "statusId": UNKNOWN })).await.refused(400);
    let moved = api.patch(&one, json!({ "statusId": status(&kind, "InProgress") })).await.ok();
    assert_eq!((&moved["statusCategory"], &moved["dateClosed"]), (&json!("InProgress"), &Value::Null));
    let closed = api.post(&format!("{one}/terminate"), json!({})).await.ok();
    assert_eq!(
        (&closed["statusCategory"], &closed["assignmentState"]),
        (&json!("Closed"), &json!("Terminated"))
    );
    assert!(closed["dateClosed"].is_string(), "{closed}");
    let versions = api.get(&format!("{one}/versions")).await.ok();
    assert_eq!(versions["entities"].as_array().map(Vec::len), Some(4));
    assert_eq!(api.get(&format!("{one}/versions/1")).await.ok()["statusCategory"], "Open");
    api.get(&format!("{one}/versions/9")).await.refused(404);
}

#[tokio::test]
async fn a_status_leads_only_to_its_destinations() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let statuses = format!("{TASKS}/worktypes/{}/statuses", id(&kind));
    let (open, waiting) = (status(&kind, "Open"), status(&kind, "Waiting"));
    let change = json!({ "destinationStatusIds": [waiting] });
    let changed = api.patch(&format!("{statuses}/{open}"), change).await.ok();
    assert_eq!(
        (&changed["destinationStatuses"][0]["name"], &changed["worktype"]["name"]),
        (&json!("Waiting"), &json!("Claim"))
    );
    let item =
        api.post(&format!("{TASKS}/workitems"), json!({ "name": "a", "typeId": kind["id"] })).await.done();
    let one = format!("{TASKS}/workitems/{}", id(&item));
    api.patch(&one, json!({ "statusId": status(&kind, "Closed") })).await.refused(400);
    api.patch(&one, json!({ "statusId": waiting })).await.ok();
}

#[tokio::test]
async fn what_is_in_use_stays() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let bin = bin(&api, "Inbox").await;
    let kind = worktype(&api, &bin).await;
    let item =
        api.post(&format!("{TASKS}/workitems"), json!({ "name": "a", "typeId": kind["id"] })).await.done();
    let (bins, kinds) = (format!("{TASKS}/workbins/{bin}"), format!("{TASKS}/worktypes/{}", id(&kind)));
    api.post(&format!("{TASKS}/workbins"), json!({ "name": "inbox" })).await.refused(409);
    api.delete(&kinds).await.refused(409);
    api.delete(&format!("{kinds}/statuses/{}", status(&kind, "Open"))).await.refused(409);
    api.delete(&format!("{kinds}/statuses/{}", status(&kind, "Waiting"))).await.done();
    api.delete(&format!("{TASKS}/workitems/{}", id(&item))).await.done();
    api.delete(&bins).await.refused(409);
    api.delete(&kinds).await.done();
    api.delete(&bins).await.done();
    api.get(&bins).await.refused(404);
    api.get(&format!("{kinds}/statuses")).await.refused(404);
}

#[tokio::test]
async fn a_query_has_filters_an_order_and_pages() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    for priority in [3, 1, 2] {
        let body = json!({ "name": format!("item {priority}"), "typeId": kind["id"], "priority": priority });
        api.post(&format!("{TASKS}/workitems"), body).await.done();
    }
    let query = async |body: Value| api.post(&format!("{TASKS}/workitems/query"), body).await.ok();
    let by = |name: &str, operator: &str, values: Value| {
        json!({ "filters": [{ "name": name, "type": "String", "operator": operator, "values": values }],
            "sort": { "name": "priority", "ascending": true } })
    };
    let names = async |body: Value| all(&query(body).await, "name");
    assert_eq!(names(by("typeId", "EQ", json!([kind["id"]]))).await, ["item 1", "item 2", "item 3"]);
    assert!(names(by("typeId", "NEQ", json!([kind["id"]]))).await.is_empty());
    assert_eq!(names(by("priority", "GT", json!(["1"]))).await, ["item 2", "item 3"]);
    assert_eq!(names(by("priority", "BETWEEN", json!(["2", "3"]))).await, ["item 2", "item 3"]);
    assert_eq!(names(by("name", "CONTAINS", json!(["M 1"]))).await, ["item 1"]);
    assert_eq!(names(by("name", "BEGINS_WITH", json!(["em"]))).await, Vec::<String>::new());
    let refused = async |operator: &str, values: Value| {
        let body = by("priority", operator, values);
        api.post(&format!("{TASKS}/workitems/query"), body).await.refused(400)
    };
    assert_eq!(refused("EQ", json!([])).await, "invalid.input.filter.without.value");
    assert_eq!(refused("BETWEEN", json!(["1"])).await, "invalid.input.wrong.number.values");
    assert_eq!(refused("BETWEEN", json!(["3", "1"])).await, "invalid.query.between.order.of.values");
    let mut paged = json!({ "filters": [], "pageSize": 2 });
    let first = query(paged.clone()).await;
    assert_eq!((first["entities"].as_array().map(Vec::len), &first["count"]), (Some(2), &json!(3)));
    paged["after"] = first["after"].clone();
    let second = query(paged.clone()).await;
    assert_eq!((second["entities"].as_array().map(Vec::len), &second["after"]), (Some(1), &Value::Null));
    paged["after"] = json!("bad");
    api.post(&format!("{TASKS}/workitems/query"), paged).await.refused(400);
    assert_eq!(query(json!({ "filters": [], "select": "Count" })).await["count"], 3);
}

#[tokio::test]
async fn a_status_leads_to_other_statuses_in_a_consistent_way() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let statuses = format!("{TASKS}/worktypes/{}/statuses", id(&kind));
    let (open, waiting) = (status(&kind, "Open"), status(&kind, "Waiting"));
    let refused = async |more: Value| {
        let mut body = json!({ "name": "New", "category": "Waiting" });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        api.post(&statuses, body).await.refused(400)
    };
    let twice = json!({ "destinationStatusIds": [open, open] });
    assert_eq!(refused(twice).await, "invalid.input.duplicate.destinations");
    let without_delay = json!({ "destinationStatusIds": [open], "defaultDestinationStatusId": open });
    assert_eq!(refused(without_delay).await, "invalid.input.missing.transition.delay");
    let elsewhere = json!({ "destinationStatusIds": [open], "defaultDestinationStatusId": waiting,
        "statusTransitionDelaySeconds": 60 });
    assert_eq!(refused(elsewhere).await, "invalid.input.destinations.without.default.destination");
    assert_eq!(
        refused(json!({ "autoTerminateWorkitem": true })).await,
        "invalid.input.auto.terminate.not.applicable.for.status.category"
    );
    let own = api.patch(&format!("{statuses}/{open}"), json!({ "destinationStatusIds": [open] })).await;
    assert_eq!(own.refused(400), "invalid.input.status.itself.as.destination");
    let ends = json!({ "name": "Ends", "category": "Closed", "autoTerminateWorkitem": true });
    let ends = api.post(&statuses, ends).await.done();
    let one = format!("{TASKS}/worktypes/{}", id(&kind));
    let default = api.patch(&one, json!({ "defaultStatusId": ends["id"] })).await;
    assert_eq!(default.refused(400), "invalid.input.default.status.cannot.be.terminating");
    let unassigned = api.patch(&one, json!({ "assignmentEnabled": true })).await;
    assert_eq!(unassigned.refused(400), "invalid.input.default.queue.required");
}

#[tokio::test]
async fn a_status_that_another_one_leads_to_is_not_deleted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let statuses = format!("{TASKS}/worktypes/{}/statuses", id(&kind));
    let (open, waiting) = (status(&kind, "Open"), status(&kind, "Waiting"));
    let delete = async |status: &str| api.delete(&format!("{statuses}/{status}")).await.refused(409);
    assert_eq!(delete(&open).await, "pre.check.status.is.default.status");
    let change = async |body: Value| api.patch(&format!("{statuses}/{open}"), body).await.ok();
    change(json!({ "destinationStatusIds": [waiting] })).await;
    assert_eq!(delete(&waiting).await, "pre.check.status.is.destination");
    change(json!({ "defaultDestinationStatusId": waiting, "statusTransitionDelaySeconds": 60 })).await;
    assert_eq!(delete(&waiting).await, "pre.check.status.is.default.destination");
}

#[tokio::test]
async fn a_work_item_is_terminated_once_and_then_stays() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let item =
        api.post(&format!("{TASKS}/workitems"), json!({ "name": "a", "typeId": kind["id"] })).await.done();
    let one = format!("{TASKS}/workitems/{}", id(&item));
    let terminate = format!("{one}/terminate");
    assert_eq!(
        api.post(&terminate, json!({ "statusId": status(&kind, "Open") })).await.refused(400),
        "pre.check.status.must.be.closed.category.for.terminated.workitem"
    );
    api.post(&terminate, json!({ "statusId": status(&kind, "Closed") })).await.ok();
    assert_eq!(
        api.post(&terminate, json!({})).await.refused(409),
        "pre.check.cannot.terminate.terminated.workitem"
    );
    assert_eq!(
        api.patch(&one, json!({ "name": "b" })).await.refused(409),
        "pre.check.cannot.update.terminated.workitem"
    );
}

#[tokio::test]
async fn the_fields_of_a_work_item_agree() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let items = format!("{TASKS}/workitems");
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let queue = id(&api.get("/api/v2/routing/queues").await.ok()["entities"][0]);
    let wrong = [
        (json!({ "priority": 25_000_001 }), 400, "invalid.input.int.value.too.high"),
        (json!({ "scoredAgents": [{ "id": agent, "score": 101 }] }), 400, "invalid.input.int.value.too.high"),
        (
            json!({ "scoredAgents": [{ "id": agent, "score": 1 }, { "id": agent, "score": 2 }] }),
            400,
            "invalid.input.duplicate.scored.agents",
        ),
        (json!({ "scoredAgents": [{ "id": UNKNOWN, "score": 1 }] }), 400, "resource.not.found"),
        (json!({ "wrapupCode": UNKNOWN }), 400, "resource.not.found"),
        (json!({ "utilizationLabelId": UNKNOWN }), 400, "resource.not.found"),
        (
            json!({ "dateDue": "2026-03-10T00:00:00Z", "dateExpires": "2026-03-09T00:00:00Z" }),
            409,
            "pre.check.value.greater.than",
        ),
    ];
    for (more, code, why) in wrong {
        let mut body = json!({ "name": "a", "typeId": kind["id"] });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        assert_eq!(api.post(&items, body).await.refused(code), why, "{more}");
    }
    let item = api.post(&items, json!({ "name": "a", "typeId": kind["id"] })).await.done();
    let both = json!({ "queueId": queue, "assigneeId": agent });
    assert_eq!(
        api.patch(&format!("{items}/{}", id(&item)), both).await.refused(400),
        "invalid.input.update.queue.and.assignee"
    );
}

/// A client with a work type, and a body of a work item of it.
pub(crate) async fn with_type(mock: &gcmock::MockServer) -> (Client, Value, Value) {
    let api = Client::new(mock);
    let kind = worktype(&api, &bin(&api, "Inbox").await).await;
    let body = json!({ "name": "one", "typeId": kind["id"] });
    (api, kind, body)
}

#[tokio::test]
async fn a_work_item_has_the_wrap_up_codes_of_its_users() {
    let mock = mock().await;
    let (api, _, body) = with_type(&mock).await;
    let one =
        format!("{TASKS}/workitems/{}", id(&api.post(&format!("{TASKS}/workitems"), body).await.done()));
    let code = crate::rest::wrap_up_code(&api).await;
    let agent = id(&api.get("/api/v2/users/agent-1").await.ok());
    let of_agent = format!("{one}/users/{agent}/wrapups");
    let change = |action: &str, code: &str| json!({ "action": action, "wrapupCode": code });
    api.patch(&of_agent, change("Add", UNKNOWN)).await.refused(400);
    api.patch(&format!("{one}/users/{UNKNOWN}/wrapups"), change("Add", &code)).await.refused(404);
    for path in [&of_agent, &format!("{one}/users/me/wrapups"), &of_agent] {
        assert_eq!(api.patch(path, change("Add", &code)).await.status, 204);
    }
    let listed = api.get(&format!("{one}/wrapups")).await.ok();
    assert_eq!(listed["entities"].as_array().map(Vec::len), Some(2), "{listed}");
    let own = api.get(&of_agent).await.ok()["entities"].clone();
    assert_eq!((&own[0]["wrapupCode"]["id"], &own[0]["user"]["id"]), (&json!(code), &json!(agent)));
    assert_eq!(api.patch(&of_agent, change("Remove", &code)).await.status, 204);
    assert_eq!(api.get(&of_agent).await.ok()["entities"], json!([]));
    api.get(&format!("{TASKS}/workitems/{UNKNOWN}/wrapups")).await.refused(404);
}

#[tokio::test]
async fn the_history_tells_what_each_change_changed_the_newest_first() {
    let mock = mock().await;
    let (api, kind, body) = with_type(&mock).await;
    let one =
        format!("{TASKS}/workitems/{}", id(&api.post(&format!("{TASKS}/workitems"), body).await.done()));
    api.patch(&one, json!({ "name": "two" })).await.ok();
    let history = api.get(&format!("{one}/history")).await.ok()["entities"].clone();
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
    assert_eq!(history[0]["delta"], json!({ "name": { "newValue": "two", "oldValue": "one" } }));
    assert_eq!(
        (&history[1]["version"], &history[1]["delta"]["name"]["newValue"]),
        (&json!(1), &json!("one"))
    );
    let oldest = api.get(&format!("{one}/history?sortOrder=ascending")).await.ok();
    assert_eq!(oldest["entities"][0]["version"], 1);
    let bin = kind["defaultWorkbin"]["id"].as_str().expect("an id");
    for path in [format!("workbins/{bin}"), format!("worktypes/{}", id(&kind))] {
        let history = api.get(&format!("{TASKS}/{path}/history")).await.ok();
        assert_eq!(history["entities"][0]["version"], 1, "{path}");
    }
}

#[tokio::test]
async fn rules_of_a_work_type_are_kept_with_it() {
    let mock = mock().await;
    let (api, kind, _) = with_type(&mock).await;
    let flows = format!("{TASKS}/worktypes/{}/flows", id(&kind));
    for (name, word, condition) in [
        ("oncreate", "OnCreate", Value::Null),
        (
            "onattributechange",
            "OnAttributeChange",
            json!({ "attribute": "statusId", "newValue": status(&kind, "Closed") }),
        ),
        ("datebased", "Date", json!({ "attribute": "dateDue", "relativeMinutesToInvocation": -10 })),
    ] {
        let mut body = json!({ "name": "R" });
        if !condition.is_null() {
            body["condition"] = condition.clone();
        }
        let path = format!("{flows}/{name}/rules");
        let made = api.post(&path, body).await.done();
        assert_eq!((&made["type"], &made["worktype"]["id"]), (&json!(word), &kind["id"]), "{name}");
        assert_eq!(made["condition"], condition, "{name}");
        let one = format!("{path}/{}", id(&made));
        assert_eq!(api.patch(&one, json!({ "name": "S" })).await.ok()["name"], "S");
        assert_eq!(all(&api.get(&path).await.ok(), "name"), ["S"]);
        api.delete(&one).await.done();
        api.get(&one).await.refused(404);
        api.get(&path.replace(&id(&kind), UNKNOWN)).await.refused(404);
    }
}
