//! What a small request may ask for: enumerations count each name once, and lists are bounded.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const ANALYTICS: &str = "/api/v2/analytics";
const DAY: &str = "2026-03-07T00:00:00Z/2026-03-08T00:00:00Z";

/// `value`, a thousand times.
fn a_thousand(value: &Value) -> Value {
    vec![value.clone(); 1000].into()
}

#[tokio::test]
async fn a_name_that_a_query_repeats_counts_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let objects = |metric: &str| json!({ "metric": metric });
    let cases = [
        (
            "routing/activity/query",
            "metrics",
            json!({ "metrics": [objects("oOnQueueUsers")], "groupBy": ["queueId"] }),
        ),
        (
            "users/activity/query",
            "metrics",
            json!({ "metrics": [objects("oMemberQueues")], "groupBy": ["userId"] }),
        ),
        ("queues/observations/query", "metrics", json!({ "metrics": ["oOnQueueUsers", "oWaiting"] })),
        ("users/observations/query", "metrics", json!({ "metrics": ["oMemberQueues"] })),
        ("conversations/aggregates/query", "metrics", json!({ "metrics": ["nOffered"], "interval": DAY })),
        (
            "conversations/aggregates/query",
            "views",
            json!({ "metrics": ["nOffered"], "interval": DAY, "views": [{ "name": "all", "target": "nOffered",
                "function": "rangeBound", "range": { "gte": 0 } }] }),
        ),
        ("users/aggregates/query", "metrics", json!({ "metrics": ["tSystemPresence"], "interval": DAY })),
        (
            "conversations/aggregates/query",
            "groupBy",
            json!({ "metrics": ["nOffered"], "groupBy": ["queueId"], "interval": DAY }),
        ),
    ];
    for (path, key, mut query) in cases {
        let path = format!("{ANALYTICS}/{path}");
        if path.contains("observations") {
            query["filter"] = json!({ "type": "and" });
        }
        let once = client.post(&path, query.clone()).await.ok();
        let mut repeated = query.clone();
        let names = query[key].as_array().expect("a list");
        repeated[key] = names.iter().flat_map(|name| vec![name.clone(); 1000]).collect();
        assert_eq!(client.post(&path, repeated).await.ok(), once, "{path} {key}");
    }
}

#[tokio::test]
async fn an_id_that_a_filter_repeats_counts_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let queue = client.get("/api/v2/routing/queues").await.ok()["entities"][0]["id"].clone();
    let filter = |dimension: &str, id: &Value, times: usize| json!({ "type": "or", "predicates": vec![json!({ "dimension": dimension, "value": id }); times] });
    let other_case = json!(queue.as_str().expect("an id").to_uppercase());
    let query = |filter: Value| json!({ "metrics": ["oOnQueueUsers"], "filter": filter });
    let path = format!("{ANALYTICS}/queues/observations/query");
    let once = client.post(&path, query(filter("queueId", &queue, 1))).await.ok();
    assert_eq!(client.post(&path, query(filter("queueId", &queue, 100))).await.ok(), once);
    let both =
        json!({ "type": "or", "clauses": [filter("queueId", &queue, 1), filter("queueId", &other_case, 1)] });
    assert_eq!(client.post(&path, query(both)).await.ok(), once);
    let flow = json!("11111111-1111-4111-8111-111111111111");
    let flows = json!({ "metrics": ["oFlow"], "filter": filter("flowId", &flow, 100) });
    let flows = client.post(&format!("{ANALYTICS}/flows/observations/query"), flows).await.ok();
    assert_eq!(flows["results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_query_has_a_bounded_number_of_predicates_views_and_names() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let many = |dimension: &str| json!({ "type": "or", "predicates": a_thousand(&json!({ "dimension": dimension, "value": "x" })) });
    let nested =
        |_: &str| json!({ "type": "or", "clauses": a_thousand(&json!({ "type": "and", "predicates": [] })) });
    let metrics = json!(["nOffered"]);
    let objects = json!([{ "metric": "oOnQueueUsers" }]);
    let now = json!(["oOnQueueUsers"]);
    let filters: [&dyn Fn(&str) -> Value; 2] = [&many, &nested];
    for of in filters {
        let (filter, of_queues) = (of("userId"), of("queueId"));
        let cases = [
            ("conversations/details/query", json!({ "interval": DAY, "segmentFilters": [filter] })),
            ("conversations/details/jobs", json!({ "interval": DAY, "segmentFilters": [filter] })),
            (
                "conversations/aggregates/query",
                json!({ "interval": DAY, "metrics": metrics, "filter": filter }),
            ),
            (
                "users/aggregates/query",
                json!({ "interval": DAY, "metrics": ["tSystemPresence"], "filter": filter }),
            ),
            ("users/details/query", json!({ "interval": DAY, "userFilters": [filter] })),
            ("queues/observations/query", json!({ "metrics": now, "filter": of_queues })),
            (
                "routing/activity/query",
                json!({ "metrics": objects, "groupBy": ["queueId"], "filter": of_queues }),
            ),
        ];
        for (path, query) in cases {
            let answer = client.post(&format!("{ANALYTICS}/{path}"), query).await;
            assert_eq!(answer.refused(400), "constraint.validation", "{path}");
        }
    }
    for (family, metric) in [("conversations", "nOffered"), ("evaluations", "nEvaluations")] {
        let view = |name: String| json!({ "name": name, "target": metric, "function": "rangeBound" });
        let many = (0..51).map(|n: usize| view(n.to_string())).collect();
        for views in [many, vec![view("n".repeat(300))]] {
            let query = json!({ "interval": DAY, "metrics": [metric], "views": views });
            let answer = client.post(&format!("{ANALYTICS}/{family}/aggregates/query"), query).await;
            assert_eq!(answer.body["messageParams"]["field"], "views", "{family}: {}", answer.body);
            assert_eq!(answer.refused(400), "constraint.validation");
        }
    }
    let numbers: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    let export = json!({ "name": "numbers", "timeZone": "UTC", "exportFormat": "CSV", "interval": DAY,
        "period": "PT30M", "viewType": "QUEUE_PERFORMANCE_SUMMARY_VIEW", "locale": "en", "filter": { "aniList": numbers } });
    client.post(&format!("{ANALYTICS}/reporting/exports"), export).await.refused(400);
}

#[tokio::test]
async fn an_answer_has_a_bounded_number_of_values() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let query = json!({ "interval": "2026-02-01T00:00:00Z/2026-03-08T00:00:00Z", "granularity": "PT5M",
        "groupBy": ["userId"], "metrics": ["tSystemPresence"] });
    let answer = client.post(&format!("{ANALYTICS}/users/aggregates/query"), query).await;
    assert_eq!(answer.refused(400), "response.entity.too.large");
}

#[tokio::test]
async fn what_a_client_makes_the_server_keep_is_bounded() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let user = client.get("/api/v2/users?pageSize=1").await.ok()["entities"][0]["id"].clone();
    let user = format!("/api/v2/users/{}", user.as_str().expect("an id"));
    let long = "x".repeat(257);
    client.put(&format!("{user}/profileskills"), json!([long])).await.refused(400);
    let ids = format!("{user}/externalid");
    client.post(&ids, json!({ "authorityName": long, "externalKey": "x" })).await.refused(400);
    client.post(&ids, json!({ "authorityName": "x", "externalKey": long })).await.refused(400);
    for n in 0..100 {
        client.post(&ids, json!({ "authorityName": "x", "externalKey": n.to_string() })).await.ok();
    }
    client.post(&ids, json!({ "authorityName": "x", "externalKey": "100" })).await.refused(400);
    client.post(&ids, json!({ "authorityName": "x", "externalKey": "99" })).await.ok();
    let oauth = json!({ "name": "x", "authorizedGrantType": "CODE", "description": "x".repeat(70_000) });
    client.post("/api/v2/oauth/clients", oauth).await.refused(400);
    let path = "/api/v2/knowledge/knowledgebases";
    let base =
        client.post(path, json!({ "name": "B", "coreLanguage": "en-US", "description": "x" })).await.done();
    let label = format!("{path}/{}/labels", base["id"].as_str().expect("an id"));
    client.post(&label, json!({ "name": long, "color": "#000000" })).await.refused(400);
}

#[tokio::test]
async fn a_value_that_a_query_repeats_counts_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let conversations = json!({ "interval": DAY, "paging": { "pageSize": 1, "pageNumber": 1 } });
    let path = format!("{ANALYTICS}/conversations/details");
    let found = client.post(&format!("{path}/query"), conversations).await.ok();
    let id = found["conversations"][0]["conversationId"].as_str().expect("a conversation");
    let listed = client.get(&format!("{path}?id={}", vec![id; 90].join(","))).await.ok();
    assert_eq!(listed["conversations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_number_of_things_is_not_negative_and_a_version_is_a_whole_number() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let settings = "/api/v2/outbound/settings";
    for (field, value) in [
        ("maxCallsPerAgent", json!(-1)),
        ("maxLineUtilization", json!(-0.5)),
        ("abandonSeconds", json!(-1)),
        ("version", json!(-1)),
        ("version", json!(1.5)),
        ("version", json!("1")),
        ("version", json!(true)),
    ] {
        let mut body = json!({ "version": 1 });
        body[field] = value.clone();
        let answer = client.patch(settings, body).await;
        assert_eq!(answer.body["messageParams"]["field"], field, "{value}: {}", answer.body);
        answer.refused(400);
    }
    client.patch(settings, json!({ "version": 1.0, "abandonSeconds": 0 })).await.done();
    client.patch(settings, json!({ "version": 1.0 })).await.refused(409);
}

#[tokio::test]
async fn a_page_in_a_body_has_the_bounds_of_a_page_in_a_query() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let criteria = json!([{ "type": "EXACT", "fields": ["name"], "value": "x" }]);
    let bodies = [
        ("/api/v2/users/search", json!({ "query": criteria })),
        ("/api/v2/groups/search", json!({ "query": criteria })),
        ("/api/v2/audits/query/realtime", json!({ "interval": DAY, "serviceName": "Architect" })),
        ("/api/v2/quality/evaluations/search", json!({ "query": [] })),
        ("/api/v2/responsemanagement/responses/query", json!({})),
    ];
    for (path, body) in bodies {
        for field in ["pageSize", "pageNumber"] {
            for value in [json!(0), json!(-1), json!(1.5), json!("x"), json!(true), json!([])] {
                let mut body = body.clone();
                body[field] = value.clone();
                let answer = client.post(path, body).await;
                assert_eq!(answer.body["messageParams"]["field"], field, "{path} {value}: {}", answer.body);
                answer.refused(400);
            }
            let mut body = body.clone();
            body[field] = json!(u64::MAX);
            assert!(!client.post(path, body).await.status.is_server_error(), "{path} {field}");
        }
    }
    let page = json!({ "interval": DAY, "paging": { "pageSize": 25, "pageNumber": u64::MAX } });
    assert!(
        !client
            .post(&format!("{ANALYTICS}/conversations/details/query"), page)
            .await
            .status
            .is_server_error()
    );
    for size in [json!(101), json!(101.0)] {
        let page = json!({ "interval": DAY, "paging": { "pageSize": size, "pageNumber": 1 } });
        let answer = client.post(&format!("{ANALYTICS}/conversations/details/query"), page).await;
        assert_eq!(answer.body["messageParams"]["field"], "paging.pageSize", "{size}: {}", answer.body);
        assert_eq!(answer.refused(400), "constraint.validation");
    }
}

#[tokio::test]
async fn a_body_that_names_another_parent_than_its_path_is_refused() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = json!({ "name": "L", "columnNames": ["Cell"], "phoneColumns": [{ "columnName": "Cell", "type": "cell" }] });
    let list = client.post("/api/v2/outbound/contactlists", list).await.ok();
    let path = format!("/api/v2/outbound/contactlists/{}/contacts", list["id"].as_str().expect("an id"));
    let contact = |list: &Value| json!([{ "contactListId": list, "data": { "Cell": "+15550001" } }]);
    let other = client.post(&path, contact(&json!("11111111-1111-4111-8111-111111111111"))).await;
    assert_eq!(other.body["messageParams"]["field"], "contactListId");
    client.post(&path, contact(&list["id"])).await.ok();
    let division = client.get("/api/v2/authorization/divisions/home").await.ok()["id"].clone();
    let path = format!("/api/v2/authorization/divisions/{}/objects/NOPE", division.as_str().expect("an id"));
    let answer = client.post(&path, json!([])).await;
    assert!(
        answer.body["message"].as_str().is_some_and(|why| why.contains("QUEUE, CAMPAIGN")),
        "{}",
        answer.body
    );
    answer.refused(400);
}

#[tokio::test]
async fn an_id_that_a_body_repeats_counts_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let first = |body: &Value| body["entities"][0]["id"].clone();
    let user = first(&client.get("/api/v2/users?pageSize=1").await.ok());
    let team = first(&client.get("/api/v2/teams").await.ok());
    let path = format!("/api/v2/teams/{}/members", team.as_str().expect("a team"));
    let added = client.post(&path, json!({ "memberIds": a_thousand(&user) })).await.ok();
    assert_eq!(added["entities"].as_array().map(Vec::len), Some(1));
    let criterion = json!({ "type": "EXACT", "fields": ["id"], "value": user });
    let search = json!({ "types": a_thousand(&json!("users")), "query": [criterion] });
    let found = client.post("/api/v2/search", search).await.ok();
    assert_eq!((&found["total"], &found["types"]), (&json!(1), &json!(["users"])));
    let library = client.post("/api/v2/responsemanagement/libraries", json!({ "name": "L" })).await.ok();
    let ids = json!({ "libraryIds": a_thousand(&library["id"]) });
    let listed = client.post("/api/v2/responsemanagement/libraries/bulk", ids).await.ok();
    assert_eq!(listed["total"], 1);
}

#[tokio::test]
async fn an_error_repeats_the_beginning_of_a_long_text_and_is_whole() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let long = "x".repeat(100_000);
    let list = json!({ "name": "l", "columnNames": [long, long], "phoneColumns": [{ "columnName": long, "type": "cell" }] });
    let key = Value::from_iter([(long.clone(), json!({ "type": "none" }))]);
    let bodies = [
        ("/api/v2/outbound/contactlists", list),
        ("/api/v2/outbound/contactlists/uploads", json!({ "id": long, "contentType": "text/csv" })),
        ("/api/v2/users/search", json!({ "query": [{ "type": long }] })),
        (
            "/api/v2/flows/datatables",
            json!({ "name": "t", "schema": { "type": "object", "properties": key } }),
        ),
        ("/api/v2/flows/executions", json!({ "flowId": "f", "inputData": long })),
        (
            "/api/v2/coaching/appointments",
            json!({ "name": "a", "description": "d", "lengthInMinutes": 1,
            "dateStart": long, "attendeeIds": [] }),
        ),
        (
            "/api/v2/coaching/appointments",
            json!({ "name": "a", "description": "d", "lengthInMinutes": 1,
            "dateStart": "2026-03-08T01:00:00.000Z", "attendeeIds": [long] }),
        ),
        ("/api/v2/conversations/emails", json!({ "provider": "p", "direction": long })),
        (
            "/api/v2/processautomation/triggers",
            json!({ "name": "t", "topicName": long, "enabled": true,
            "target": { "type": "Workflow", "id": "f" }, "matchCriteria": [] }),
        ),
    ];
    for (path, body) in bodies {
        let answer = client.post(path, body).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        let (whole, message) = (answer.body.to_string(), answer.body["message"].as_str().unwrap_or_default());
        assert!(whole.len() < 1500, "{path}: {} bytes", whole.len());
        assert!(!message.ends_with('x') && !message.ends_with("x..."), "{path}: {message}");
    }
    for path in [
        format!("/api/v2/routing/queues/{}", &long[..5000]),
        format!("/api/v2/routing/queues?sortOrder={}", &long[..5000]),
    ] {
        let answer = client.get(&path).await;
        assert!(answer.status.is_client_error() && answer.body.to_string().len() < 1500, "{}", answer.body);
    }
}
