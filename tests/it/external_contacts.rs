//! External contacts, organizations, notes, relationships and identifiers.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const PATH: &str = "/api/v2/externalcontacts";
const CONTACTS: &str = "/api/v2/externalcontacts/contacts";
const ORGANIZATIONS: &str = "/api/v2/externalcontacts/organizations";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

async fn contact(client: &Client, first: &str, email: &str) -> Value {
    let body = json!({ "firstName": first, "lastName": "Test", "workEmail": email });
    client.post(CONTACTS, body).await.ok()
}

fn names(page: &Value) -> Vec<&str> {
    let entities = page["entities"].as_array().unwrap_or_else(|| panic!("no entities: {page}"));
    entities.iter().map(|entity| entity["firstName"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn contacts_are_searched_sorted_and_paged_as_far_as_a_listing_reaches() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for name in ["Bo", "Cy", "Al"] {
        contact(&client, name, &format!("{name}@sweep.example")).await;
    }
    let found = client.get(&format!("{CONTACTS}?q=sweep.example&sortOrder=firstName:desc")).await.ok();
    assert_eq!((names(&found), &found["total"]), (vec!["Cy", "Bo", "Al"], &json!(3)));
    let page =
        client.get(&format!("{CONTACTS}?q=test&sortOrder=firstName:asc&pageSize=2&pageNumber=2")).await.ok();
    assert_eq!(names(&page), ["Cy"]);
    let beyond = client.get(&format!("{CONTACTS}?pageSize=100&pageNumber=11")).await;
    assert_eq!(beyond.refused(400), "constraint.validation");
}

#[tokio::test]
async fn a_contact_belongs_to_an_organization_that_exists_until_it_is_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let wrong = json!({ "firstName": "A", "externalOrganization": { "id": UNKNOWN, "name": "x" } });
    assert_eq!(client.post(CONTACTS, wrong).await.refused(400), "resource.not.found");
    let made = client.post(ORGANIZATIONS, json!({ "name": "Mine", "industry": "Toys" })).await.ok();
    let organization = format!("{ORGANIZATIONS}/{}", id(&made));
    let body = json!({ "firstName": "A", "externalOrganization": { "id": made["id"], "name": "Mine" } });
    let contact = client.post(CONTACTS, body).await.ok();
    assert_eq!(
        contact["externalOrganization"],
        json!({ "id": made["id"], "name": "Mine", "selfUri": organization })
    );
    let path = format!("{CONTACTS}/{}", id(&contact));
    let full = client.get(&format!("{path}?expand=externalOrganization")).await.ok();
    assert_eq!(full["externalOrganization"]["industry"], "Toys");
    assert_eq!(names(&client.get(&format!("{organization}/contacts")).await.ok()), ["A"]);
    let user = client.get("/api/v2/users/me").await.ok();
    let relationship = json!({ "user": { "id": user["id"] }, "externalOrganization": { "id": made["id"] }, "relationship": "owner" });
    let relationship = client.post(&format!("{PATH}/relationships"), relationship).await.ok();
    assert_eq!(client.get(&format!("{organization}/relationships")).await.ok()["total"], 1);
    assert_eq!(client.delete(&organization).await.ok(), json!({}));
    assert!(client.get(&path).await.ok().get("externalOrganization").is_none());
    client.get(&format!("{PATH}/relationships/{}", id(&relationship))).await.refused(404);
}

#[tokio::test]
async fn a_contact_is_found_by_its_identifiers_as_they_are_now() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "firstName": "A", "cellPhone": { "display": "+1 (317) 555-0177" }, "workEmail": "A@x.example" });
    let contact = client.post(CONTACTS, body).await.ok();
    assert_eq!(contact["cellPhone"]["e164"], "+13175550177");
    let path = format!("{CONTACTS}/{}", id(&contact));
    let lookup = format!("{PATH}/identifierlookup");
    let phone = json!({ "type": "Phone", "value": "+13175550177" });
    assert_eq!(client.post(&lookup, phone.clone()).await.ok()["id"], contact["id"]);
    let pages = client.get(&format!("{PATH}/reversewhitepageslookup?lookupVal=%2B13175550177")).await.ok();
    assert_eq!(pages["contacts"][0]["id"], contact["id"]);
    client.put(&path, json!({ "firstName": "A" })).await.ok();
    client.post(&lookup, phone.clone()).await.refused(404);

    let claim = json!({ "operation": "Claim", "identifier": phone });
    client.patch(&format!("{path}/identifiers"), claim.clone()).await.ok();
    assert_eq!(client.post(&lookup, phone.clone()).await.ok()["id"], contact["id"]);
    let other = self::contact(&client, "B", "b@x.example").await;
    let others = format!("{CONTACTS}/{}/identifiers", id(&other));
    assert_eq!(client.patch(&others, claim).await.refused(409), "identifier.claim.conflict");
    let release = json!({ "operation": "Release", "identifier": phone });
    assert_eq!(client.patch(&others, release.clone()).await.refused(404), "identifier.cannot.be.released");
    client.patch(&format!("{path}/identifiers"), release).await.ok();
    client.post(&lookup, phone).await.refused(404);
    client.delete(&format!("{CONTACTS}/{}", id(&other))).await.ok();
    client.post(&lookup, json!({ "type": "Email", "value": "b@x.example" })).await.refused(404);
}

#[tokio::test]
async fn bulk_operations_answer_for_each_entity() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let bulk = format!("{PATH}/bulk/contacts");
    let added = json!({ "entities": [{ "firstName": "A" }, { "firstName": "B", "externalOrganization": { "id": UNKNOWN, "name": "x" } }] });
    let added = client.post(&format!("{bulk}/add"), added).await.ok();
    assert_eq!((&added["errorCount"], &added["errorIndexes"]), (&json!(1), &json!([1])));
    let made = &added["results"][0];
    assert_eq!((&made["success"], &made["entity"]["firstName"]), (&json!(true), &json!("A")));
    assert_eq!(added["results"][1]["error"]["code"], "resource.not.found");
    let ids = json!({ "entities": [{ "id": made["id"] }, { "id": UNKNOWN }] });
    let read = client.post(&bulk, ids.clone()).await.ok();
    assert_eq!((&read["results"][0]["success"], &read["results"][1]["status"]), (&json!(true), &json!(404)));
    let update = json!({ "entities": [{ "id": made["id"], "firstName": "C" }] });
    client.post(&format!("{bulk}/update"), update).await.ok();
    assert_eq!(client.get(&format!("{CONTACTS}/{}", id(made))).await.ok()["firstName"], "C");
    let removed = client.post(&format!("{bulk}/remove"), ids).await.ok();
    assert_eq!((&removed["results"][0]["status"], &removed["errorCount"]), (&json!(204), &json!(1)));
    client.get(&format!("{CONTACTS}/{}", id(made))).await.refused(404);
}

#[tokio::test]
async fn a_scan_goes_through_all_contacts_by_cursors() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for n in 0..21 {
        contact(&client, &format!("n{n}"), "").await;
    }
    let mut path = format!("{PATH}/scan/contacts?limit=10");
    let mut seen = Vec::new();
    loop {
        let page = client.get(&path).await.ok();
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["cursors"]["after"].as_str() {
            Some(cursor) => path = format!("{PATH}/scan/contacts?limit=10&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), seen.last().map(String::as_str)), (23, Some("n20")));
    client.get(&format!("{PATH}/scan/contacts?limit=5")).await.refused(400);
}

#[tokio::test]
async fn merged_contacts_are_read_as_what_they_became() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let one = contact(&client, "One", "one@x.example").await;
    let other = client.post(CONTACTS, json!({ "firstName": "Other", "title": "Dr" })).await.ok();
    let body = json!({ "sourceContactId": one["id"], "targetContactId": other["id"] });
    let merged = client.post(&format!("{PATH}/merge/contacts"), body).await.ok();
    assert_eq!(
        (&merged["firstName"], &merged["title"], &merged["workEmail"]),
        (&json!("Other"), &json!("Dr"), &json!("one@x.example"))
    );
    let path = format!("{CONTACTS}/{}", id(&one));
    assert_eq!(client.get(&path).await.ok()["id"], merged["id"]);
    let unresolved = client.get(&format!("{path}/unresolved")).await.ok();
    assert_eq!((&unresolved["id"], &unresolved["mergedTo"]["id"]), (&one["id"], &merged["id"]));
    let lookup = json!({ "type": "Email", "value": "one@x.example" });
    assert_eq!(client.post(&format!("{PATH}/identifierlookup"), lookup).await.ok()["id"], merged["id"]);
    let listed = client.get(&format!("{CONTACTS}?q=one@x.example")).await.ok();
    assert_eq!(listed["total"], 1);
}

#[tokio::test]
async fn a_contact_is_merged_with_another_one_that_exists() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let one = contact(&client, "One", "one@x.example").await;
    let unknown = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let two = |other: &str| json!({ "sourceContactId": one["id"], "targetContactId": other });
    let many = |other: &str| json!({ "contactIds": [one["id"], other] });
    for (path, own, other) in
        [("merge/contacts", two(&id(&one)), two(unknown)), ("contacts/merge", many(&id(&one)), many(unknown))]
    {
        let path = format!("{PATH}/{path}");
        assert_eq!(client.post(&path, own).await.refused(400), "constraint.validation");
        client.post(&path, other).await.refused(404);
    }
    assert_eq!(client.get(&format!("{CONTACTS}/{}", id(&one))).await.ok()["id"], one["id"]);
}

#[tokio::test]
async fn notes_belong_to_what_they_are_about() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let one = format!("{CONTACTS}/{}", id(&contact(&client, "A", "").await));
    let other = format!("{CONTACTS}/{}", id(&contact(&client, "B", "").await));
    let note = client.post(&format!("{one}/notes"), json!({ "noteText": "called" })).await.ok();
    let path = format!("{one}/notes/{}", id(&note));
    assert_eq!((&note["selfUri"], &note["entityType"]), (&json!(path), &json!("contact")));
    assert_eq!(note["createdBy"]["name"], "administrator");
    client.put(&path, json!({ "noteText": "called again" })).await.ok();
    assert_eq!(client.get(&path).await.ok()["noteText"], "called again");
    client.get(&format!("{other}/notes/{}", id(&note))).await.refused(404);
    assert_eq!(client.get(&format!("{other}/notes")).await.ok()["total"], 0);
    client.delete(&one).await.ok();
    client.get(&path).await.refused(404);
}

#[tokio::test]
async fn single_fields_are_patched() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = format!("{CONTACTS}/{}", id(&contact(&client, "A", "a@x.example").await));
    let changes = json!({ "changes": [
        { "field": "title", "action": "UpdateIfEmpty", "value": "Dr" },
        { "field": "firstName", "action": "UpdateIfEmpty", "value": "Z" },
        { "field": "workEmail", "action": "Remove" },
    ] });
    let patched = client.patch(&path, changes).await.ok();
    assert_eq!(
        (&patched["title"], &patched["firstName"], patched.get("workEmail")),
        (&json!("Dr"), &json!("A"), None)
    );
    let wrong = json!({ "changes": [{ "field": "shoe", "action": "Update", "value": 1 }] });
    client.patch(&path, wrong).await.refused(400);
}

#[tokio::test]
async fn a_contact_names_its_schema_by_id_and_version() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let schemas = "/api/v2/externalcontacts/contacts/schemas";
    let schema = api.post(schemas, tiers()).await.done();
    let body = json!({ "firstName": "Ada", "schema": { "id": schema["id"], "version": 1 },
        "customFields": { "tier_text": "gold" } });
    let made = api.post("/api/v2/externalcontacts/contacts", body).await.ok();
    assert_eq!((&made["schema"]["id"], &made["customFields"]["tier_text"]), (&schema["id"], &json!("gold")));
}

/// A schema whose one field is a required text.
fn tiers() -> Value {
    let field = json!({ "allOf": [{ "$ref": "#/definitions/text" }] });
    let schema = json!({ "title": "Tiers", "properties": { "tier_text": field }, "required": ["tier_text"] });
    json!({ "name": "Tiers", "enabled": true, "jsonSchema": schema })
}

#[tokio::test]
async fn custom_fields_of_contacts_and_organizations_are_those_of_their_schema() {
    let mock = mock().await;
    let api = Client::new(&mock);
    for kind in ["contacts", "organizations"] {
        let path = format!("/api/v2/externalcontacts/{kind}");
        let schema = api.post(&format!("{path}/schemas"), tiers()).await.done()["id"].clone();
        let body = |schema: &Value, fields: Value| json!({ "name": "n", "firstName": "Ada", "schema": { "id": schema }, "customFields": fields });
        for fields in
            [json!({ "tier_text": 7 }), json!({ "tier_text": "a", "other": 1 }), json!({}), Value::Null]
        {
            api.post(&path, body(&schema, fields)).await.refused(400);
        }
        api.post(&path, body(&json!(UNKNOWN), Value::Null)).await.refused(400);
        let made = api.post(&path, body(&schema, json!({ "tier_text": "gold" }))).await.ok();
        let one = format!("{path}/{}", id(&made));
        api.put(&one, body(&schema, json!({ "tier_text": 7 }))).await.refused(400);
        let set = |value: Value| json!({ "changes": [{ "field": "customFields", "action": "Update", "value": value }] });
        api.patch(&one, set(json!({ "tier_text": 7 }))).await.refused(400);
        api.patch(&one, set(json!({ "tier_text": "blue" }))).await.ok();
        assert_eq!(api.get(&one).await.ok()["customFields"], json!({ "tier_text": "blue" }));
    }
}

#[tokio::test]
async fn the_types_of_custom_fields_are_listed_for_each_kind() {
    let mock = mock().await;
    let api = Client::new(&mock);
    for kind in ["externalcontacts/contacts", "users/customattributes", "taskmanagement/workitems"] {
        let path = format!("/api/v2/{kind}/schemas");
        let types = api.get(&format!("{path}/coretypes")).await.ok();
        assert_eq!((&types["total"], &types["entities"][0]["name"]), (&json!(11), &json!("text")));
        let text = api.get(&format!("{path}/coretypes/text")).await.ok();
        assert_eq!(text["validationLimits"]["maxLength"], json!({ "min": 1, "max": 100 }));
        api.get(&format!("{path}/coretypes/nothing")).await.refused(404);
        assert_eq!(api.get(&format!("{path}/limits")).await.ok()["maxNumberOfFieldsPerSchema"], 25);
    }
}

#[tokio::test]
async fn a_file_of_contacts_is_imported() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let import = format!("{PATH}/import");
    let upload = api
        .post(&format!("{import}/csv/uploads"), json!({ "fileName": "a.csv", "fileSize": 40 }))
        .await
        .done();
    let one = format!("{import}/csv/uploads/{}", upload["uploadId"].as_str().expect("an id"));
    api.get(&format!("{one}/details")).await.refused(404);
    let file = "first,phone\nAda,+13175550142\nGrace,+13175550143\n";
    let url = upload["uploadUrl"].as_str().expect("an address");
    let sent = reqwest::Client::new().put(url).body(file).send().await.expect("the mock answers");
    assert_eq!(sent.status(), 200);
    let preview = api.get(&format!("{one}/preview")).await.ok();
    assert_eq!((&preview["headers"], &preview["entries"][0][0]), (&json!(["first", "phone"]), &json!("Ada")));
    assert_eq!(api.get(&format!("{one}/details")).await.ok()["validationResult"]["separatorValid"], true);
    let mappings = json!([{ "sourceField": "first", "targetField": "$.firstName" },
        { "sourceField": "phone", "targetField": "$.cellPhone.display" }]);
    let settings = api.post(&format!("{import}/csv/settings"), json!({ "mappings": mappings })).await.done();
    let start = |settings: &Value| json!({ "uploadId": upload["uploadId"], "settingsId": settings });
    let jobs = format!("{import}/csv/jobs");
    api.post(&jobs, start(&json!(UNKNOWN))).await.refused(400);
    let begun = api.post(&jobs, start(&settings["id"])).await.done();
    let job = format!("{import}/jobs/{}", id(&begun["job"]));
    assert_eq!(api.get(&job).await.ok()["status"], "Created");
    mock.advance(std::time::Duration::from_secs(3));
    let done = api.get(&job).await.ok();
    assert_eq!((&done["status"], &done["metadata"]["importSuccessCount"]), (&json!("Completed"), &json!(2)));
    assert_eq!(done["settings"]["id"], settings["id"]);
    let found = api.get(&format!("{CONTACTS}?q=Grace")).await.ok();
    let grace = found["entities"]
        .as_array()
        .expect("contacts")
        .iter()
        .find(|one| one["cellPhone"]["display"] == "+13175550143");
    assert!(grace.is_some(), "{found}");
    let again = api.post(&jobs, start(&settings["id"])).await.done();
    let again = format!("{import}/jobs/{}", id(&again["job"]));
    let total = api.get(CONTACTS).await.ok()["total"].as_u64();
    api.put(&again, json!({ "jobId": "j", "status": "Cancel" })).await.done();
    assert_eq!(api.get(&again).await.ok()["status"], "Cancelled");
    assert_eq!(api.get(CONTACTS).await.ok()["total"].as_u64(), total.map(|total| total - 2));
    assert_eq!(
        api.get(&format!("{import}/jobs?jobStatus=Cancelled")).await.ok()["entities"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

/// Sends a file, and gives its upload.
async fn sent(api: &Client, file: &'static str) -> Value {
    let body = json!({ "fileName": "a.csv", "fileSize": file.len() });
    let upload = api.post(&format!("{PATH}/import/csv/uploads"), body).await.done();
    let url = upload["uploadUrl"].as_str().expect("an address");
    reqwest::Client::new().put(url).body(file).send().await.expect("the mock answers");
    upload["uploadId"].clone()
}

#[tokio::test]
async fn a_row_makes_a_contact_that_could_be_created_by_itself() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let import = format!("{PATH}/import");
    let settings = format!("{import}/csv/settings");
    let mapping = |target: &str| json!({ "mappings": [{ "sourceField": "a", "targetField": target }] });
    for deep in ["$.a.b.c.d.e".to_owned(), format!("$.{}", "a.".repeat(200_000))] {
        api.post(&settings, mapping(&deep)).await.refused(400);
    }
    let fields = [("name", "firstName"), ("no", "surveyOptOut"), ("mail", "workEmail")];
    let entry = |(from, to): (&str, &str)| json!({ "sourceField": from, "targetField": format!("$.{to}") });
    let mapping = api.post(&settings, json!({ "mappings": fields.map(entry) })).await.done();
    let upload = sent(&api, "name,no,mail\nAda,true,ada@example.com\nBob,perhaps,\n").await;
    let start = json!({ "uploadId": upload, "settingsId": mapping["id"] });
    let begun = api.post(&format!("{import}/csv/jobs"), start).await.done();
    let job = format!("{import}/jobs/{}", id(&begun["job"]));
    let counts = api.get(&job).await.ok()["metadata"].clone();
    assert_eq!((&counts["dryRunSuccessCount"], &counts["dryRunFailedCount"]), (&json!(1), &json!(1)));
    let ada = api.get(&format!("{CONTACTS}?q=ada@example.com")).await.ok()["entities"][0].clone();
    assert_eq!(ada["surveyOptOut"], true);
    api.delete(&format!("{CONTACTS}/{}", id(&ada))).await.done();
    api.put(&job, json!({ "jobId": "j", "status": "Cancel" })).await.done();
    assert_eq!(api.get(&job).await.ok()["status"], "Cancelled", "one that is deleted is in nobody's way");
}

#[tokio::test]
async fn an_export_has_a_file_with_the_contacts_that_it_selects() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let employer = client.post(ORGANIZATIONS, json!({ "name": "Export" })).await.ok();
    let of = json!({ "firstName": "Ann", "workEmail": "Ann@export.example", "externalOrganization": { "id": employer["id"] } });
    client.post(CONTACTS, of).await.ok();
    contact(&client, "Bob", "Bob@export.example").await;
    let exports = format!("{CONTACTS}/exports");
    let filter =
        json!({ "filters": { "eq": { "field": "ExternalOrganizationId", "value": employer["id"] } } });
    let started = client.post(&exports, json!({ "queryConditions": filter, "status": "FAILED" })).await;
    assert_eq!((started.status.as_u16(), &started.body["status"]), (201, &json!("RUNNING")));
    assert_eq!(started.body["downloadUrl"], Value::Null);
    let one = format!("{exports}/{}", id(&started.body));
    mock.advance(std::time::Duration::from_secs(2));
    let done = client.get(&one).await.ok();
    assert_eq!((&done["status"], &done["resultRowCount"]), (&json!("SUCCEEDED"), &json!(1)));
    assert!(done["dateCompletion"].is_string(), "{done}");
    let file = reqwest::get(done["downloadUrl"].as_str().expect("an address")).await.expect("an answer");
    let file = file.text().await.expect("a text");
    assert!(file.lines().next().is_some_and(|header| header.contains("firstName")), "{file}");
    assert!(file.contains("Ann@export.example") && !file.contains("Bob@export.example"), "{file}");
    assert_eq!(client.get(&exports).await.ok()["entities"][0]["id"], done["id"]);
    let limited =
        client.post(&format!("{ORGANIZATIONS}/exports"), json!({ "queryConditions": { "limit": 0 } })).await;
    mock.advance(std::time::Duration::from_secs(2));
    let limited = client.get(&format!("{ORGANIZATIONS}/exports/{}", id(&limited.body))).await.ok();
    assert_eq!(limited["resultRowCount"], 0);
    client.get(&format!("{exports}/{UNKNOWN}")).await.refused(404);
}
