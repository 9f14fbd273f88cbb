//! Task management: jobs that add, terminate and query many work items.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{all, id, mock};
use crate::tasks::with_type;

const TASKS: &str = "/api/v2/taskmanagement";
const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

#[tokio::test]
async fn bulk_jobs_create_and_terminate_what_their_results_list() {
    let mock = mock().await;
    let (api, _, body) = with_type(&mock).await;
    let bulk = format!("{TASKS}/workitems/bulk");
    let wrong = json!({ "name": "two", "typeId": UNKNOWN });
    let made = api.post(&format!("{bulk}/add/jobs"), json!({ "entities": [body, wrong] })).await.done();
    assert_eq!((&made["state"], &made["action"]), (&json!("Queued"), &json!("AddWorkitems")));
    mock.advance(Duration::from_secs(3));
    let job = format!("{bulk}/add/jobs/{}", id(&made));
    let done = api.get(&job).await.ok();
    assert_eq!(
        (&done["state"], &done["successfulCount"], &done["failedCount"]),
        (&json!("Succeeded"), &json!(1), &json!(1))
    );
    let results = api.get(&format!("{job}/results")).await.ok();
    assert_eq!((&results["errorCount"], &results["errorIndexes"]), (&json!(1), &json!([1])));
    let item = id(&results["results"][0]["entity"]);
    assert_eq!(api.get(&format!("{TASKS}/workitems/{item}")).await.ok()["name"], "one");

    let ended = json!({ "entities": [{ "id": item }, { "id": UNKNOWN }] });
    let ended = api.post(&format!("{bulk}/terminate/jobs"), ended).await.done();
    assert_eq!(api.get(&format!("{TASKS}/workitems/{item}")).await.ok()["assignmentState"], "Terminated");
    let job = format!("{bulk}/terminate/jobs/{}", id(&ended));
    assert_eq!(api.get(&format!("{job}/results")).await.ok()["results"], json!([]), "it is not done");
    mock.advance(Duration::from_secs(3));
    assert_eq!(api.get(&format!("{job}/results")).await.ok()["results"][0]["entity"]["id"], json!(item));
    let own = api.get(&format!("{bulk}/jobs/users/me?action=terminateworkitems")).await.ok();
    assert_eq!(all(&own, "id"), [id(&ended)]);
    api.delete(&job).await.done();
    api.get(&job).await.refused(404);
}

#[tokio::test]
async fn a_query_job_finds_the_work_items_that_pass_its_filters() {
    let mock = mock().await;
    let (api, kind, mut body) = with_type(&mock).await;
    let items = format!("{TASKS}/workitems");
    for priority in [1, 7, 9] {
        body["priority"] = json!(priority);
        api.post(&items, body.clone()).await.done();
    }
    let filter = |name: &str, operator: &str, value: &Value| json!({ "name": name, "operator": operator, "values": [value] });
    let query = json!({ "filters": [filter("typeId", "EQ", &kind["id"]), filter("priority", "GT", &json!("5"))],
        "pageSize": 1, "sort": { "name": "priority", "ascending": false } });
    let job = api.post(&format!("{items}/query/jobs"), query.clone()).await.done();
    let job = format!("{items}/query/jobs/{}", id(&job));
    assert_eq!(api.get(&format!("{job}/results")).await.ok()["total"], 0, "it is not done");
    mock.advance(Duration::from_secs(3));
    assert_eq!(api.get(&job).await.ok()["state"], "Succeeded");
    let found = api.get(&format!("{job}/results")).await.ok();
    assert_eq!((&found["total"], &found["entities"][0]["priority"]), (&json!(2), &json!(9)));
    assert_eq!(found["entities"][0]["workbin"]["name"], "Inbox");
    let none = json!([{ "name": "customFields", "criteria": [{ "predicates": [filter("note", "EQ", &json!("x"))] }] }]);
    let mut early = query;
    for (key, value) in [("queryFilters", none), ("dateIntervalEnd", json!("2026-03-07T00:00:00.000Z"))] {
        early[key] = value;
        let job = api.post(&format!("{items}/query/jobs"), early.clone()).await.done();
        mock.advance(Duration::from_secs(3));
        let found = api.get(&format!("{items}/query/jobs/{}/results", id(&job))).await.ok();
        assert_eq!(found["total"], 0, "{key}");
        early.as_object_mut().expect("an object").remove(key);
    }
    api.get(&format!("{items}/query/jobs/{UNKNOWN}")).await.refused(404);
}
