//! Rules of what is stored: custom fields, forms of policies, permissions of roles, imports with a template, call records.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const TASKS: &str = "/api/v2/taskmanagement";
const OUTBOUND: &str = "/api/v2/outbound";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

#[tokio::test]
async fn custom_fields_of_a_work_item_are_those_of_the_schema_of_its_type() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let field = |core: &str| json!({ "allOf": [{ "$ref": format!("#/definitions/{core}") }] });
    let mut size = field("integer");
    size["maximum"] = json!(10);
    let mut kind = field("enum");
    kind["enum"] = json!(["car", "boat"]);
    let schema = json!({ "name": "Claims", "enabled": true, "jsonSchema": { "type": "object", "title": "Claims",
        "required": ["note"], "properties": { "note": field("text"), "size": size, "kind": kind, "day": field("date"),
            "open": field("checkbox"), "tags": field("tag") } } });
    let schema = id(&api.post(&format!("{TASKS}/workitems/schemas"), schema).await.done());
    let bin = id(&api.post(&format!("{TASKS}/workbins"), json!({ "name": "Inbox" })).await.done());
    let kind = json!({ "name": "Claim", "defaultWorkbinId": bin, "schemaId": schema });
    let kind = id(&api.post(&format!("{TASKS}/worktypes"), kind).await.done());
    let items = format!("{TASKS}/workitems");
    let item = |fields: &Value| json!({ "name": "one", "typeId": kind, "customFields": fields });
    for fields in [
        json!({ "note": "n", "other": 1 }),
        json!({ "note": 7 }),
        json!({ "size": 1 }),
        json!({ "note": "n", "size": 11 }),
        json!({ "note": "n", "size": 1.5 }),
        json!({ "note": "n", "kind": "plane" }),
        json!({ "note": "n", "day": "soon" }),
        json!({ "note": "n", "open": "yes" }),
        json!({ "note": "n", "tags": [1] }),
        json!({ "note": "n".repeat(101) }),
    ] {
        let refused = api.post(&items, item(&fields)).await;
        assert_eq!(refused.refused(400), "constraint.validation", "{fields}");
    }
    let good =
        json!({ "note": "n", "size": 10, "kind": "boat", "day": "2026-03-08", "open": true, "tags": ["a"] });
    api.post(&items, json!({ "name": "one", "typeId": kind })).await.refused(400);
    let made = id(&api.post(&items, item(&good)).await.done());
    api.patch(&format!("{items}/{made}"), json!({ "name": "two" })).await.ok();
    let change = json!({ "customFields": { "note": false } });
    api.patch(&format!("{items}/{made}"), change).await.refused(400);
}

#[tokio::test]
async fn a_later_assignment_of_a_module_and_a_later_version_are_the_latest() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (modules, assignments) = ("/api/v2/learning/modules", "/api/v2/learning/assignments");
    let module = id(&api.post(modules, json!({ "name": "M", "completionTimeInDays": 7 })).await.done());
    let publish = format!("{modules}/{module}/publish");
    api.post(&publish, json!({})).await.done();
    let user = id(&api.get("/api/v2/users/agent-1").await.ok());
    let assign =
        async || id(&api.post(assignments, json!({ "moduleId": module, "userId": user })).await.done());
    let (first, second) = (assign().await, assign().await);
    let latest = async |one: &str| api.get(&format!("{assignments}/{one}")).await.ok()["isLatest"].clone();
    assert_eq!((latest(&first).await, latest(&second).await), (json!(false), json!(true)));
    api.post(&publish, json!({})).await.done();
    assert_eq!(latest(&second).await, false);
}

#[tokio::test]
async fn a_role_has_permissions_of_known_domains() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let roles = "/api/v2/authorization/roles";
    let role = |name: &str, domain: &str| {
        json!({ "name": name, "permissionPolicies": [
            { "domain": domain, "entityName": "queue", "actionSet": ["view"], "allowConditions": false }] })
    };
    let made = id(&api.post(roles, role("Viewer", "routing")).await.ok());
    api.post(roles, role("All", "*")).await.ok();
    api.post(roles, role("Wrong", "roting")).await.refused(400);
    api.put(&format!("{roles}/{made}"), role("Viewer", "roting")).await.refused(400);
    let listed = async |query: &str| {
        let path = format!("/api/v2/authorization/permissions?pageSize=100&{query}");
        all(&api.get(&path).await.ok(), "domain")
    };
    let domains = listed("").await;
    for domain in ["learning", "quality", "routing", "wfm", "workitems"] {
        assert!(domains.iter().any(|known| known == domain), "{domain}: {domains:?}");
    }
    assert_eq!(listed("queryType=domain&query=oauth,sso").await, ["oauth", "sso"]);
}

#[tokio::test]
async fn a_policy_assigns_published_forms_and_keeps_what_it_names() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let policies = "/api/v2/recording/mediaretentionpolicies";
    let forms = "/api/v2/quality/forms/evaluations";
    let question = json!({ "text": "q", "type": "multipleChoiceQuestion",
        "answerOptions": [{ "text": "y", "value": 1 }, { "text": "n", "value": 0 }] });
    let form = json!({ "name": "F", "questionGroups": [{ "name": "g", "type": "questionGroup", "questions": [question] }] });
    let form = id(&api.post(forms, form).await.done());
    let queue = id(&api.post("/api/v2/routing/queues", json!({ "name": "Kept" })).await.ok());
    let policy = |actions: &Value| json!({ "name": "P", "enabled": true, "actions": actions, "conditions": { "forQueues": [{ "id": queue }] } });
    for id in [&form, UNKNOWN] {
        let calibrations = json!({ "assignCalibrations": [{ "evaluationForm": { "id": id } }] });
        api.post(policies, policy(&calibrations)).await.refused(400);
    }
    let surveys = json!({ "assignSurveys": [{ "surveyForm": { "id": UNKNOWN }, "sendingDomain": "d" }] });
    api.post(policies, policy(&surveys)).await.refused(400);
    let publish = json!({ "id": form, "published": true });
    let published = id(&api.post("/api/v2/quality/publishedforms/evaluations", publish).await.done());
    let calibrations = json!({ "assignCalibrations": [{ "evaluationForm": { "id": published } }] });
    let made = id(&api.post(policies, policy(&calibrations)).await.done());
    api.delete(&format!("/api/v2/routing/queues/{queue}")).await.refused(409);
    api.delete(&format!("{forms}/{published}")).await.refused(409);
    api.delete(&format!("{policies}/{made}")).await.done();
    assert!(api.delete(&format!("/api/v2/routing/queues/{queue}")).await.status.is_success());
}

#[tokio::test]
async fn a_form_that_a_policy_names_anywhere_is_not_deleted() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let make = async |kind: &str, name: &str| {
        let question = json!({ "text": "q", "type": "multipleChoiceQuestion",
            "answerOptions": [{ "text": "y", "value": 1 }, { "text": "n", "value": 0 }] });
        let groups = json!([{ "name": "g", "type": "questionGroup", "questions": [question] }]);
        let form = json!({ "name": name, "contextId": "", "language": "en-US", "questionGroups": groups });
        let draft = id(&api.post(&format!("/api/v2/quality/forms/{kind}"), form).await.done());
        let publish = json!({ "id": draft, "published": true });
        id(&api.post(&format!("/api/v2/quality/publishedforms/{kind}"), publish).await.done())
    };
    let assigns = |action: &str, field: &str, form: &str| json!({ action: [{ field: { "id": form }, "sendingDomain": "d" }] });
    let cases = [
        ("evaluations", "assignEvaluations", "evaluationForm", true),
        ("evaluations", "assignMeteredAssignmentByAgent", "evaluationForm", false),
        ("evaluations", "assignMeteredAssignmentByAgent", "evaluationForm", true),
        ("surveys", "assignSurveys", "surveyForm", false),
        ("surveys", "assignSurveys", "surveyForm", true),
    ];
    for (number, (kind, action, field, in_medium)) in cases.into_iter().enumerate() {
        let form = make(kind, &format!("F{number}")).await;
        let mut policy = json!({ "name": format!("P{number}"), "enabled": true });
        let actions = assigns(action, field, &form);
        if in_medium {
            policy["mediaPolicies"] = json!({ "callPolicy": { "actions": actions } });
        } else {
            policy["actions"] = actions;
        }
        let policies = "/api/v2/recording/mediaretentionpolicies";
        let made = id(&api.post(policies, policy).await.done());
        let path = format!("/api/v2/quality/forms/{kind}/{form}");
        let withdraw = json!({ "id": form, "published": false });
        api.post(&format!("/api/v2/quality/publishedforms/{kind}"), withdraw).await.done();
        api.delete(&path).await.refused(409);
        api.delete(&format!("{policies}/{made}")).await.done();
        assert!(api.delete(&path).await.status.is_success(), "{action}");
    }
}

#[tokio::test]
async fn a_contact_has_the_records_of_its_calls_while_a_campaign_runs_and_after_it() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let list = json!({ "name": "Called", "columnNames": ["Phone", "Home"], "phoneColumns": [
        { "columnName": "Phone", "type": "cell" }, { "columnName": "Home", "type": "home" }] });
    let list = id(&api.post(&format!("{OUTBOUND}/contactlists"), list).await.ok());
    let contacts = format!("{OUTBOUND}/contactlists/{list}/contacts");
    let contact = |id: &str, data: Value| json!({ "id": id, "contactListId": "", "data": data });
    let sent = json!([
        contact("a", json!({ "Phone": "+13175550101", "Home": "+13175550102" })),
        contact("b", json!({ "Home": "+13175550103" })),
        contact("c", json!({ "Phone": "+13175550104" }))
    ]);
    api.post(&contacts, sent).await.ok();
    let body = json!({ "name": "Calls", "contactList": { "id": list }, "dialingMode": "agentless", "callerName": "n",
        "callerAddress": "+1", "phoneColumns": [{ "columnName": "Phone", "type": "cell" }, { "columnName": "Home", "type": "home" }] });
    let campaign = api.post(&format!("{OUTBOUND}/campaigns"), body).await.ok();
    let path = format!("{OUTBOUND}/campaigns/{}", id(&campaign));
    let records =
        async |contact: &str| api.get(&format!("{contacts}/{contact}")).await.ok()["callRecords"].clone();
    assert_eq!(records("a").await, json!({}));
    let mut on = api.get(&path).await.ok();
    on["campaignStatus"] = json!("on");
    api.put(&path, on).await.ok();
    mock.advance(Duration::from_secs(2));
    let called = records("a").await;
    assert_eq!(called["Phone"]["lastAttempt"], "2026-03-08T00:00:01.000Z", "{called}");
    assert!(called["Phone"]["lastResult"].is_string() && called.get("Home").is_none(), "{called}");
    let mut all = [called, records("b").await];
    assert_eq!(all[1]["Home"]["lastAttempt"], "2026-03-08T00:00:02.000Z");
    assert_eq!(records("c").await, json!({}));
    mock.advance(Duration::from_secs(60));
    assert_eq!(api.get(&path).await.ok()["campaignStatus"], "complete");
    for (contact, before) in ["a", "b"].iter().zip(&mut all) {
        assert_eq!(records(contact).await, *before, "{contact}");
    }
    assert_eq!(records("c").await["Phone"]["lastAttempt"], "2026-03-08T00:00:03.000Z");
    let change = json!({ "id": "a", "contactListId": "", "data": { "Phone": "+13175550109" } });
    let changed = api.put(&format!("{contacts}/a"), change).await.ok();
    assert_eq!(changed["callRecords"], all[0]);
}

/// A list of contacts c1 to c9, and the campaigns of that many names that call them.
async fn called_list(api: &Client, names: &[&str]) -> (String, Vec<String>) {
    let list = json!({ "name": "Called", "columnNames": ["Phone"], "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
    let list = id(&api.post(&format!("{OUTBOUND}/contactlists"), list).await.ok());
    let contacts = format!("{OUTBOUND}/contactlists/{list}/contacts");
    let contact = |number| json!({ "id": format!("c{number}"), "contactListId": "", "data": { "Phone": format!("+1317555010{number}") } });
    api.post(&contacts, (1..10).map(contact).collect()).await.ok();
    let mut campaigns = Vec::new();
    for name in names {
        let body = json!({ "name": name, "contactList": { "id": list }, "dialingMode": "agentless", "callerName": "n",
            "callerAddress": "+1", "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
        let campaign = id(&api.post(&format!("{OUTBOUND}/campaigns"), body).await.ok());
        campaigns.push(format!("{OUTBOUND}/campaigns/{campaign}"));
    }
    (contacts, campaigns)
}

/// The second within the first minute at which each contact that was called was called last, in order.
async fn seconds(api: &Client, contacts: &str) -> Vec<u8> {
    let page = api.post(&format!("{contacts}/search"), json!({ "pageNumber": 1, "pageSize": 20 })).await.ok();
    let all = page["entities"].as_array().expect("contacts").iter();
    let last = all.filter_map(|contact| contact["callRecords"]["Phone"]["lastAttempt"].as_str());
    last.map(|at| at["2026-03-08T00:00:".len()..][..2].parse().expect("a second")).collect()
}

#[tokio::test]
async fn a_campaign_that_stops_in_the_middle_keeps_its_calls_and_goes_on_behind_them() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (contacts, campaigns) = called_list(&api, &["Calls"]).await;
    let [start, stop] = ["start", "stop"].map(|verb| format!("{}/{verb}", campaigns[0]));
    api.post(&start, json!({})).await;
    mock.advance(Duration::from_secs(3));
    assert_eq!(seconds(&api, &contacts).await, [1, 2, 3]);
    api.post(&stop, json!({})).await;
    mock.advance(Duration::from_secs(20));
    assert_eq!(seconds(&api, &contacts).await, [1, 2, 3], "it calls nobody while it is off");
    api.post(&start, json!({})).await;
    mock.advance(Duration::from_secs(2));
    assert_eq!(seconds(&api, &contacts).await, [1, 2, 3, 24, 25]);
}

#[tokio::test]
async fn a_campaign_whose_progress_is_reset_calls_its_contacts_again() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (contacts, campaigns) = called_list(&api, &["Calls"]).await;
    api.post(&format!("{}/start", campaigns[0]), json!({})).await;
    mock.advance(Duration::from_secs(3));
    api.post(&format!("{}/stop", campaigns[0]), json!({})).await;
    assert_eq!(api.delete(&format!("{}/progress", campaigns[0])).await.status, 202);
    assert_eq!(seconds(&api, &contacts).await, [1, 2, 3], "the calls were made");
    api.post(&format!("{}/start", campaigns[0]), json!({})).await;
    mock.advance(Duration::from_secs(2));
    assert_eq!(seconds(&api, &contacts).await, [4, 5, 3]);
}

#[tokio::test]
async fn the_later_call_of_two_campaigns_on_one_list_is_the_last_attempt() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (contacts, campaigns) = called_list(&api, &["One", "Two"]).await;
    api.post(&format!("{}/start", campaigns[0]), json!({})).await;
    mock.advance(Duration::from_secs(5));
    api.post(&format!("{}/start", campaigns[1]), json!({})).await;
    mock.advance(Duration::from_secs(2));
    let expected = [6, 7, 3, 4, 5, 6, 7];
    assert_eq!(seconds(&api, &contacts).await, expected, "both run");
    api.post(&format!("{}/stop", campaigns[1]), json!({})).await;
    assert_eq!(seconds(&api, &contacts).await, expected, "one runs, and the calls of the other are kept");
    api.post(&format!("{}/stop", campaigns[0]), json!({})).await;
    assert_eq!(seconds(&api, &contacts).await, expected, "both are off");
}

#[tokio::test]
async fn an_import_with_a_template_makes_a_list_and_tells_how_it_ended() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let columns = json!({ "name": "Columns", "columnNames": ["name", "phone"],
        "phoneColumns": [{ "columnName": "phone", "type": "cell" }] });
    let columns = id(&api.post(&format!("{OUTBOUND}/contactlisttemplates"), columns).await.done());
    let template = json!({ "name": "Daily", "contactListTemplate": { "id": columns }, "useSplittingCriteria": false,
        "listNameFormat": "Custom", "customListNameFormatValue": "%N of YYYY" });
    let template = id(&api.post(&format!("{OUTBOUND}/importtemplates"), template).await.done());
    let uploads = format!("{OUTBOUND}/contactlists/uploads");
    let asked = |template: &str| json!({ "importTemplateId": template, "contentType": "text/csv", "listNamePrefix": "Leads" });
    api.post(&uploads, asked(UNKNOWN)).await.refused(400);
    let given = api.post(&uploads, asked(&template)).await.ok();
    let file = "name,phone\nAda,+13175550100\nBob,+13175550101\n";
    let url = given["url"].as_str().expect("an address");
    let sent = reqwest::Client::new().put(url).body(file).send().await.expect("an answer");
    assert_eq!(sent.status(), 200);
    let status = format!("{OUTBOUND}/importtemplates/{template}/importstatus");
    let told = api.get(&status).await.ok();
    assert_eq!((&told["totalRecords"], &told["completedRecords"]), (&json!(2), &json!(2)), "{told}");
    let list = told["targetContactListIds"][0].as_str().expect("a list");
    let list = api.get(&format!("{OUTBOUND}/contactlists/{list}?includeSize=true")).await.ok();
    assert_eq!((&list["name"], &list["size"]), (&json!("Leads of 2026"), &json!(2)));
    let other = api.get(&format!("{status}?listNamePrefix=Others")).await.ok();
    assert_eq!(other["totalRecords"], 0);
    let shown =
        api.get(&format!("{OUTBOUND}/importtemplates/{template}?includeImportStatus=true")).await.ok();
    assert_eq!(shown["importStatus"]["completedRecords"], 2);
}

#[tokio::test]
async fn suggestions_tell_the_types_that_were_searched() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let suggest = "/api/v2/search/suggest";
    let body = json!({ "types": ["users"], "query": [{ "value": "agent-1", "fields": ["email"] }] });
    let found = api.post(suggest, body).await.ok();
    assert_eq!(found["types"], json!(["users"]));
    assert!(found["results"].as_array().is_some_and(|all| !all.is_empty()), "{found}");
    let empty = api.get(&format!("{suggest}?q64=e30%3D")).await.ok();
    assert!(empty["results"].is_array(), "{empty}");
}
