//! Filters of listings that the stored state answers: of two entities that differ in the filtered field, one is listed.

use serde_json::{Value, json};

use crate::filters::{assert_selects, total};
use crate::rest::{Client, all, id, mock};

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

#[tokio::test]
async fn a_station_can_be_selected_until_another_user_is_at_it() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let selectable = async |word: &str| {
        all(&api.get(&format!("/api/v2/stations?pageSize=500&userSelectable={word}")).await.ok(), "id")
    };
    let station = selectable("true").await.first().cloned().expect("a free station");
    assert!(selectable("true").await.contains(&station) && !selectable("false").await.contains(&station));
    let other = id(&api.get("/api/v2/users/agent-2").await.ok());
    let path = format!("/api/v2/users/{other}/station/associatedstation/{station}");
    assert!(api.put(&path, json!({})).await.status.is_success());
    assert!(!selectable("true").await.contains(&station) && selectable("false").await.contains(&station));
}

#[tokio::test]
async fn a_deleted_flow_is_listed_where_it_is_asked_for() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/flows";
    let flow = |name: &str, virtual_agent: bool| json!({ "name": name, "type": "digitalbot", "virtualAgentEnabled": virtual_agent });
    assert_selects(&api, path, [flow("With", true), flow("Without", false)], "virtualAgentEnabled=true")
        .await;
    let gone = id(&api.post(path, flow("Gone", true)).await.ok());
    assert_eq!(api.delete(&format!("{path}/{gone}")).await.status, 204);
    let ids = async |query: &str| all(&api.get(&format!("{path}?pageSize=500&{query}")).await.ok(), "id");
    assert!(!ids("deleted=false").await.contains(&gone) && ids("deleted=true").await.contains(&gone));
    api.get(&format!("{path}/{gone}")).await.refused(404);
    let kept = api.get(&format!("{path}/{gone}?deleted=true")).await.ok();
    assert_eq!((&kept["deleted"], &kept["active"]), (&json!(true), &json!(false)));
    api.post(path, flow("Gone", true)).await.ok();
}

#[tokio::test]
async fn scripts_are_listed_by_feature_and_flow_and_variables_by_direction() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let flow = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let made = api
        .post(
            "/api/v2/architect/scripts",
            json!({ "name": "Paying", "features": { "screenPop": { "enabled": true } },
                "customActions": { "pay": { "flowId": flow } },
                "variables": { "a": { "type": "string", "input": true, "output": false },
                    "b": { "type": "number", "input": false, "output": true } } }),
        )
        .await
        .done();
    let script = id(&made);
    api.post("/api/v2/architect/scripts", json!({ "name": "Plain" })).await.done();
    api.post("/api/v2/scripts/published", json!({ "scriptId": script })).await.ok();
    for path in ["/api/v2/scripts", "/api/v2/scripts/published", "/api/v2/scripts/divisionviews"] {
        for query in ["feature=screenpop".to_owned(), format!("flowId={flow}")] {
            let found = all(&api.get(&format!("{path}?{query}")).await.ok(), "id");
            assert_eq!(found, std::slice::from_ref(&script), "{path}?{query}");
        }
        assert_eq!(total(&api, &format!("{path}?feature=none")).await, 0);
    }
    let path = format!("/api/v2/scripts/published/{script}/variables");
    for (query, expected) in [("input=true", "a"), ("output=true", "b"), ("type=number", "b")] {
        let found = api.get(&format!("{path}?{query}")).await.ok();
        let names: Vec<_> = found.as_object().expect("an object").keys().collect();
        assert_eq!(names, [expected], "{query}");
    }
}

#[tokio::test]
async fn knowledge_is_listed_by_publication_category_and_feedback() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let bases = "/api/v2/knowledge/knowledgebases";
    let base = |name: &str| json!({ "name": name, "coreLanguage": "en-US" });
    let base_id = id(&api.post(bases, base("Filled")).await.done());
    let empty = id(&api.post(bases, base("Empty")).await.done());
    let one = format!("{bases}/{base_id}");
    let parent = id(&api.post(&format!("{one}/categories"), json!({ "name": "Parent" })).await.done());
    let child = json!({ "name": "Child", "parentCategoryId": parent });
    let child = id(&api.post(&format!("{one}/categories"), child).await.done());
    let document = json!({ "title": "T", "visible": true, "categoryId": child });
    let document = id(&api.post(&format!("{one}/documents"), document).await.done());
    api.post(&format!("{one}/documents/{document}/versions"), json!({})).await.done();
    let listed =
        async |word: &str| all(&api.get(&format!("{bases}?pageSize=100&published={word}")).await.ok(), "id");
    assert!(listed("true").await.contains(&base_id) && !listed("true").await.contains(&empty));
    assert!(!listed("false").await.contains(&base_id) && listed("false").await.contains(&empty));
    for (more, expected) in [("", 0), ("&includeSubcategories=true", 1)] {
        let found = api.get(&format!("{one}/documents?categoryId={parent}{more}")).await.ok();
        assert_eq!(found["entities"].as_array().map(Vec::len), Some(expected), "{more}");
    }
    let variation = json!({ "contexts": [], "body": { "blocks": [] } });
    let variation = api.post(&format!("{one}/documents/{document}/variations"), variation).await.done();
    let feedback = format!("{one}/documents/{document}/feedback");
    let said = |kind: &str| {
        json!({ "rating": "Positive", "comment": "c", "queryType": kind,
            "documentVariation": { "id": variation["id"] }, "document": { "versionId": document },
            "application": { "type": "Assistant" } })
    };
    let query = "onlyCommented=true&queryType=Article";
    assert_selects(&api, &feedback, [said("Article"), said("Category")], query).await;
}

#[tokio::test]
async fn libraries_are_listed_by_the_channel_of_a_template() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let libraries = "/api/v2/responsemanagement/libraries";
    let library = id(&api.post(libraries, json!({ "name": "Templates" })).await.ok());
    api.post(libraries, json!({ "name": "Plain" })).await.ok();
    assert_eq!(total(&api, &format!("{libraries}?messagingTemplateFilter=whatsapp")).await, 0);
    let response = json!({ "name": "Hello", "libraries": [{ "id": library }], "texts": [{ "content": "Hi" }],
        "responseType": "MessagingTemplate",
        "messagingTemplate": { "whatsApp": { "name": "hello", "namespace": "n", "language": "en" } } });
    api.post("/api/v2/responsemanagement/responses", response).await.ok();
    let found = api.get(&format!("{libraries}?messagingTemplateFilter=whatsapp")).await.ok();
    assert_eq!(all(&found, "id"), [library]);
}

#[tokio::test]
async fn available_numbers_are_those_of_a_state_a_city_and_a_requirement() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let available = async |query: &str| {
        let path = "/api/v2/routing/sms/availablephonenumbers?countryCode=US&phoneNumberType=local";
        api.get(&format!("{path}&{query}")).await.ok()["entities"].clone()
    };
    assert_eq!(available("region=WA").await[0]["phoneNumber"], "+12065550100");
    assert_eq!(available("city=new%20york").await[0]["region"], "NY");
    for (query, expected) in [
        ("region=IN&city=Boston", 0),
        ("areaCode=206&region=IN", 0),
        ("addressRequirement=local", 0),
        ("addressRequirement=any", 5),
    ] {
        assert_eq!(available(query).await.as_array().map(Vec::len), Some(expected), "{query}");
    }
}

#[tokio::test]
async fn external_organizations_are_listed_by_their_trustors() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/externalcontacts/organizations";
    let (one, two) = ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3302");
    for (name, trustor) in [("First", one), ("Second", two)] {
        api.post(path, json!({ "name": name, "trustor": { "id": trustor, "enabled": true } })).await.ok();
    }
    let found = api.get(&format!("{path}?trustorId={two}&trustorId={one}&q=nothing")).await.ok();
    assert_eq!(all(&found, "name"), ["Second", "First"]);
    assert_eq!(total(&api, &format!("{path}?trustorId={path}")).await, 0);
}

#[tokio::test]
async fn learning_assignments_are_listed_by_completion_and_score() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let module = json!({ "name": "M", "completionTimeInDays": 7, "type": "Informational" });
    let module = id(&api.post("/api/v2/learning/modules", module).await.done());
    api.post(&format!("/api/v2/learning/modules/{module}/publish"), json!({})).await.done();
    let path = "/api/v2/learning/assignments";
    let mut made = Vec::new();
    for agent in ["agent-1", "agent-2"] {
        let user = id(&api.get(&format!("/api/v2/users/{agent}")).await.ok());
        made.push(id(&api.post(path, json!({ "moduleId": module, "userId": user })).await.done()));
    }
    mock.advance(3600 * SECOND);
    let done = json!({ "state": "Completed", "assessment": { "answers": { "totalScore": 80, "isPassed": true, "questionGroupScores": [] } } });
    let answered = api.patch(&format!("{path}/{}", made[0]), done).await.ok();
    assert_eq!((&answered["percentageScore"], &answered["isPassed"]), (&json!(80), &json!(true)));
    for (query, finds) in [
        ("completionInterval=2026-03-08T00:30:00Z/2026-03-08T02:00:00Z", true),
        ("completionInterval=2026-03-08T00:00:00Z/2026-03-08T00:30:00Z", false),
        ("minPercentageScore=80", true),
        ("minPercentageScore=80.5", false),
        ("minPercentageScore=70&maxPercentageScore=79", false),
    ] {
        let found = all(&api.get(&format!("{path}?{query}")).await.ok(), "id");
        let expected: &[String] = if finds { &made[..1] } else { &[] };
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn coaching_appointments_are_listed_by_overlap_and_completion() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/coaching/appointments";
    let user = id(&api.get("/api/v2/users/agent-1").await.ok());
    let body = json!({ "name": "N", "description": "d", "dateStart": "2026-03-20T10:00:00.000Z",
        "lengthInMinutes": 60, "attendeeIds": [user] });
    let made = id(&api.post(path, body).await.done());
    let interval = "interval=2026-03-20T10:30:00Z/2026-03-20T12:00:00Z";
    let completion = "completionInterval=2026-03-08T00:00:00Z/2026-03-08T01:00:00Z";
    for (query, expected) in [
        (interval.to_owned(), 0),
        (format!("{interval}&intervalCondition=Overlaps"), 1),
        (completion.to_owned(), 0),
    ] {
        assert_eq!(total(&api, &format!("{path}?userIds={user}&{query}")).await, expected, "{query}");
    }
    api.patch(&format!("{path}/{made}/status"), json!({ "status": "Completed" })).await.done();
    assert_eq!(total(&api, &format!("{path}?userIds={user}&{completion}")).await, 1);
}

#[tokio::test]
async fn time_off_plans_are_listed_by_management_unit() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let of = api.get("/api/v2/workforcemanagement/agents/agent-1/managementunit").await.ok();
    let (unit, business) = (id(&of["managementUnit"]), id(&of["businessUnit"]));
    let body =
        json!({ "name": "Other", "timeZone": "UTC", "startDayOfWeek": "Monday", "businessUnitId": business });
    let other = id(&api.post("/api/v2/workforcemanagement/managementunits", body).await.done());
    let path = format!("/api/v2/workforcemanagement/businessunits/{business}/timeoffplans");
    let plan = |name: &str, unit: &str| json!({ "name": name, "activityCodeIds": ["TimeOff"], "managementUnitAssociation": { "managementUnitId": unit } });
    let query = format!("managementUnitId={unit}");
    assert_selects(&api, &path, [plan("One", &unit), plan("Two", &other)], &query).await;
    let shown = api.get(&path).await.ok();
    let one = shown["entities"].as_array().expect("plans").iter().find(|plan| plan["name"] == "One");
    let shown = &one.expect("the plan")["managementUnitAssociation"];
    assert_eq!((&shown["managementUnit"]["id"], &shown["managementUnitId"]), (&json!(unit), &Value::Null));
}
