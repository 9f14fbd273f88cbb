//! Outbound dialing: contact lists, contacts, campaigns, and what they use.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const LISTS: &str = "/api/v2/outbound/contactlists";
const CAMPAIGNS: &str = "/api/v2/outbound/campaigns";
const DNC: &str = "/api/v2/outbound/dnclists";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

fn list_body(name: &str) -> Value {
    json!({ "name": name, "columnNames": ["Name", "Phone"],
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] })
}

/// A new contact list's address, with that many contacts `c0`, `c1`, …
async fn list(client: &Client, name: &str, contacts: usize) -> String {
    let path = format!("{LISTS}/{}", id(&client.post(LISTS, list_body(name)).await.ok()));
    let all: Vec<Value> = (0..contacts)
        .map(|n| json!({ "id": format!("c{n}"), "contactListId": "", "data": { "Name": format!("n{n}"), "Phone": format!("+1317555{n:04}") } }))
        .collect();
    if contacts > 0 {
        client.post(&format!("{path}/contacts"), json!(all)).await.ok();
    }
    path
}

fn campaign_body(name: &str, list: &str) -> Value {
    let list = list.rsplit('/').next().unwrap_or_default();
    json!({ "name": name, "contactList": { "id": list }, "dialingMode": "agentless",
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }], "callerName": "n", "callerAddress": "+1" })
}

#[tokio::test]
async fn contacts_are_added_as_an_array_and_keep_the_ids_of_their_client() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 0).await;
    let contacts = format!("{list}/contacts");
    let sent = json!([
        { "id": "mine", "contactListId": "", "data": { "Phone": "+1" } },
        { "contactListId": "", "data": { "Phone": "+2" }, "callable": false },
    ]);
    let added = client.post(&format!("{contacts}?priority=true&doNotQueue=false"), sent).await.ok();
    assert_eq!((&added[0]["id"], &added[1]["callable"]), (&json!("mine"), &json!(false)));
    assert_eq!(added[0]["phoneNumberStatus"], json!({ "Phone": { "callable": true } }));
    assert_eq!(client.get(&format!("{contacts}/mine")).await.ok(), added[0]);
    let size = client.get(&format!("{list}?includeSize=true")).await.ok();
    assert_eq!(size["size"], 2);
    assert!(client.get(&list).await.ok().get("size").is_none());
    let again = json!([{ "id": "mine", "contactListId": "", "data": { "Phone": "+3" } }]);
    client.post(&contacts, again).await.ok();
    let found = client.post(&format!("{contacts}/bulk"), json!(["mine", "none"])).await.ok();
    assert_eq!((found.as_array().map(Vec::len), &found[0]["data"]["Phone"]), (Some(1), &json!("+3")));
    assert_eq!(client.delete(&format!("{contacts}?contactIds=mine")).await.status, 200);
    assert_eq!(client.get(&format!("{contacts}/mine")).await.refused(404), "not.found");
}

#[tokio::test]
async fn contacts_have_the_columns_of_their_list_and_a_wrong_one_adds_none() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 0).await;
    let contacts = format!("{list}/contacts");
    let right = json!({ "contactListId": "", "data": { "Phone": "+1" } });
    let wrong = json!([right, { "contactListId": "", "data": { "Fax": "+1" } }]);
    assert_eq!(client.post(&contacts, wrong).await.refused(400), "invalid.contact.columns");
    let empty = json!([right, { "contactListId": "", "data": {} }]);
    assert_eq!(client.post(&contacts, empty).await.refused(400), "contact.missing.data");
    let many = json!(vec![right.clone(); 1001]);
    assert_eq!(client.post(&contacts, many).await.refused(400), "too.many.contacts.added");
    client.post(&contacts, right).await.refused(400);
    assert_eq!(client.get(&format!("{list}?includeSize=true")).await.ok()["size"], 0);
    let unknown = format!("{LISTS}/{UNKNOWN}/contacts");
    assert_eq!(client.post(&unknown, json!([])).await.refused(404), "not.found");
}

#[tokio::test]
async fn a_contact_list_has_columns_with_addresses_and_one_version_at_a_time() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let refused = |body: Value| {
        let client = client.clone();
        async move { client.post(LISTS, body).await.refused(400) }
    };
    let no_address = json!({ "name": "a", "columnNames": ["Phone"] });
    assert_eq!(refused(no_address).await, "contact.list.both.phone.email.column.empty");
    let elsewhere = json!({ "name": "a", "columnNames": ["Name"], "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
    assert_eq!(refused(elsewhere).await, "contact.columns.do.not.contain.phone.number.column");
    let mut limited = list_body("a");
    limited["attemptLimits"] = json!({ "id": UNKNOWN });
    assert_eq!(refused(limited).await, "resource.not.found");
    assert_eq!(refused(list_body("spring renewals")).await, "duplicate.name");
    let list = list(&client, "Mine", 0).await;
    let mut body = list_body("Yours");
    body["version"] = json!(1);
    assert_eq!(client.put(&list, body.clone()).await.ok()["version"], 2);
    assert_eq!(client.put(&list, body).await.refused(409), "invalid.update.wrong.version");
}

#[tokio::test]
async fn what_a_campaign_uses_is_not_deleted_before_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 1).await;
    let times = json!({ "name": "t", "callableTimes": [{ "timeZoneId": "UTC", "timeSlots": [] }] });
    let times = client.post("/api/v2/outbound/callabletimesets", times).await.ok();
    let mut body = campaign_body("c", &list);
    body["callableTimeSet"] = json!({ "id": times["id"] });
    let campaign = client.post(CAMPAIGNS, body).await.ok();
    assert_eq!(campaign["contactList"]["name"], "Mine");
    assert_eq!(
        (&campaign["callableTimeSet"]["name"], &campaign["campaignStatus"]),
        (&json!("t"), &json!("off"))
    );
    assert_eq!(client.delete(&list).await.refused(400), "contact.list.in.use");
    let many = format!("{LISTS}?id={}", list.rsplit('/').next().unwrap_or_default());
    assert_eq!(client.delete(&many).await.refused(409), "bulk.delete.conflict");
    let times = format!("/api/v2/outbound/callabletimesets/{}", id(&times));
    assert_eq!(client.delete(&times).await.refused(400), "callable.time.set.in.use");
    let sequence = json!({ "name": "s", "campaigns": [{ "id": campaign["id"] }], "status": "off" });
    let sequence = client.post("/api/v2/outbound/sequences", sequence).await.ok();
    let path = format!("{CAMPAIGNS}/{}", id(&campaign));
    assert_eq!(client.delete(&path).await.refused(400), "campaign.in.use");
    client.delete(&format!("/api/v2/outbound/sequences/{}", id(&sequence))).await;
    assert_eq!(client.delete(&path).await.ok()["id"], campaign["id"]);
    assert_eq!(client.delete(&list).await.status, 200);
    assert_eq!(client.delete(&many).await.status, 204, "an id of nothing is left out");
}

#[tokio::test]
async fn a_campaign_names_what_exists_and_what_its_mode_needs() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 1).await;
    for field in ["contactList", "queue", "script", "site", "callableTimeSet"] {
        let mut body = campaign_body("c", &list);
        body[field] = json!({ "id": UNKNOWN });
        let refused = client.post(CAMPAIGNS, body).await;
        assert!(
            refused.body["message"].as_str().is_some_and(|text| text.contains(field)),
            "{}",
            refused.body
        );
        assert_eq!(refused.refused(400), "resource.not.found", "{field}");
    }
    let mut body = campaign_body("c", &list);
    body["dncLists"] = json!([{ "id": UNKNOWN }]);
    assert_eq!(client.post(CAMPAIGNS, body).await.refused(400), "resource.not.found");
    let mut body = campaign_body("c", &list);
    body["dialingMode"] = json!("preview");
    assert_eq!(client.post(CAMPAIGNS, body).await.refused(400), "queue.not.found");
    let mut body = campaign_body("c", &list);
    body["phoneColumns"] = json!([{ "columnName": "Name", "type": "cell" }]);
    assert_eq!(client.post(CAMPAIGNS, body).await.refused(400), "invalid.campaign.phone.columns");
}

#[tokio::test]
async fn a_campaign_calls_only_the_contacts_that_its_filters_let_through() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Filtered", 5).await;
    let predicate =
        json!({ "column": "Name", "columnType": "alphabetic", "operator": "BEGINS_WITH", "value": "n4" });
    let filter = json!({ "name": "Fours", "contactList": { "id": list.rsplit('/').next() },
        "clauses": [{ "filterType": "AND", "predicates": [predicate] }], "filterType": "AND" });
    let filter = client.post("/api/v2/outbound/contactlistfilters", filter).await.ok();
    let mut body = campaign_body("Fours", &list);
    body["contactListFilters"] = json!([{ "id": filter["id"] }]);
    let path = format!("{CAMPAIGNS}/{}", id(&client.post(CAMPAIGNS, body).await.ok()));
    client.post(&format!("{path}/start"), json!({})).await;
    mock.advance(Duration::from_secs(2));
    assert_eq!(client.get(&path).await.ok()["campaignStatus"], "complete");
    let progress = client.get(&format!("{path}/progress")).await.ok();
    assert_eq!(
        (&progress["numberOfContactsCalled"], &progress["totalNumberOfContacts"], &progress["percentage"]),
        (&json!(1), &json!(5), &json!(100))
    );
    for figures in ["stats", "diagnostics"] {
        let figures = client.get(&format!("{path}/{figures}")).await.ok();
        assert_eq!(figures["filteredOutContactsCount"], 4, "{figures}");
    }
}

#[tokio::test]
async fn a_running_campaign_moves_with_the_clock_until_it_is_complete() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 4).await;
    let campaign = client.post(CAMPAIGNS, campaign_body("c", &list)).await.ok();
    let path = format!("{CAMPAIGNS}/{}", id(&campaign));
    assert_eq!(client.post(&format!("{path}/start"), json!({})).await.status, 204);
    assert_eq!(client.get(&path).await.ok()["campaignStatus"], "on");
    assert_eq!(client.delete(&path).await.refused(400), "campaign.in.use");
    let clear = client.post(&format!("{list}/clear"), json!({})).await;
    assert_eq!(clear.refused(400), "contact.list.is.on.running.campaign");
    mock.advance(Duration::from_secs(3));
    let progress = client.get(&format!("{path}/progress")).await.ok();
    assert_eq!((&progress["numberOfContactsCalled"], &progress["percentage"]), (&json!(3), &json!(75)));
    client.post(&format!("{path}/stop"), json!({})).await;
    mock.advance(Duration::from_secs(60));
    let stopped = client.get(&format!("{path}/progress")).await.ok();
    assert_eq!(stopped, progress, "a campaign that is off stays where it is");
    client.post(&format!("{path}/start"), json!({})).await;
    mock.advance(Duration::from_secs(1));
    let all = client.post(&format!("{CAMPAIGNS}/progress"), json!([campaign["id"], UNKNOWN])).await.ok();
    assert_eq!((all.as_array().map(Vec::len), &all[0]["percentage"]), (Some(1), &json!(100)));
    assert_eq!(client.get(&path).await.ok()["campaignStatus"], "complete");
    assert_eq!(client.delete(&format!("{path}/progress")).await.status, 202);
    assert_eq!(client.get(&path).await.ok()["campaignStatus"], "off");
    assert_eq!(client.get(&format!("{path}/progress")).await.ok()["numberOfContactsCalled"], 0);
}

#[tokio::test]
async fn a_sequence_runs_its_campaigns_one_after_another() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 2).await;
    let mut campaigns = Vec::new();
    for name in ["first", "second"] {
        campaigns.push(client.post(CAMPAIGNS, campaign_body(name, &list)).await.ok());
    }
    let ids: Vec<Value> = campaigns.iter().map(|campaign| json!({ "id": campaign["id"] })).collect();
    let body = json!({ "name": "s", "campaigns": ids, "status": "on" });
    let sequence = client.post("/api/v2/outbound/sequences", body).await.ok();
    let path = format!("/api/v2/outbound/sequences/{}", id(&sequence));
    let state = async |mock: &gcmock::MockServer| {
        let client = Client::new(mock);
        let sequence = client.get(&path).await.ok();
        let mut states = vec![sequence["status"].clone(), sequence["currentCampaign"].clone()];
        for campaign in &campaigns {
            states.push(
                client.get(&format!("{CAMPAIGNS}/{}", id(campaign))).await.ok()["campaignStatus"].clone(),
            );
        }
        json!(states)
    };
    assert_eq!(state(&mock).await, json!(["on", 0, "on", "off"]));
    mock.advance(Duration::from_secs(2));
    assert_eq!(state(&mock).await, json!(["on", 1, "complete", "on"]));
    mock.advance(Duration::from_secs(2));
    assert_eq!(state(&mock).await, json!(["complete", 1, "complete", "complete"]));
}

#[tokio::test]
async fn numbers_that_are_not_to_be_called_are_counted_removed_and_expire() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Mine", "dncSourceType": "rds" });
    let list = format!("{DNC}/{}", id(&client.post(DNC, body).await.ok()));
    let size = async || client.get(&format!("{list}?includeSize=true")).await.ok()["size"].clone();
    client.post(&format!("{list}/phonenumbers"), json!(["+1", "+2", "+1"])).await;
    assert_eq!(size().await, 2);
    let soon = format!("{list}/phonenumbers?expirationDateTime=2026-03-08T01:00:00.000Z");
    client.post(&soon, json!(["+3"])).await;
    let remove = json!({ "action": "Remove", "phoneNumbers": ["+1"] });
    assert_eq!(client.patch(&format!("{list}/phonenumbers"), remove).await.status, 204);
    client.post(&format!("{list}/export"), json!({})).await;
    let uri = client.get(&format!("{list}/export")).await.ok()["uri"].clone();
    let path = uri.as_str().and_then(|uri| uri.strip_prefix(&mock.uri())).expect("an address here");
    let url = client.get(&format!("{path}?issueRedirect=false")).await.ok()["url"].clone();
    let file = reqwest::get(url.as_str().expect("an address")).await.expect("an answer").text().await;
    let lines = "address,contactMethod,expirationDateTime\n+2,Phone,\n+3,Phone,2026-03-08T01:00Z\n";
    assert_eq!(file.expect("a file"), lines);
    assert_eq!(size().await, 2);
    mock.advance(Duration::from_hours(2));
    client.delete(&format!("{list}/phonenumbers?expiredOnly=true")).await;
    assert_eq!(size().await, 1);
    client.delete(&format!("{list}/phonenumbers")).await;
    assert_eq!(size().await, 0);
}

#[tokio::test]
async fn contacts_are_searched_filtered_exported_and_changed_by_jobs() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 12).await;
    let criteria = json!({ "clauses": [{ "predicates": [{ "column": "Name", "operator": "BEGINS_WITH", "value": "n1" }] }] });
    let search = json!({ "pageNumber": 1, "pageSize": 2, "criteria": criteria,
        "contactSorts": [{ "fieldName": "Name", "direction": "DESC" }] });
    let found = client.post(&format!("{list}/contacts/search"), search).await.ok();
    assert_eq!((&found["contactsCount"], &found["entities"][0]["id"]), (&json!(3), &json!("c11")));
    let filter = json!({ "name": "f", "contactList": { "id": list.rsplit('/').next() }, "clauses": criteria["clauses"] });
    let preview = client.post("/api/v2/outbound/contactlistfilters/preview", filter.clone()).await.ok();
    assert_eq!((&preview["filteredContacts"], &preview["totalContacts"]), (&json!(3), &json!(12)));
    let filter = id(&client.post("/api/v2/outbound/contactlistfilters", filter).await.ok());

    let job = json!({ "contactListFilterId": filter, "generateDownloadURI": true });
    let job = client.post(&format!("{list}/contacts/bulk/remove"), job).await;
    assert_eq!((job.status.as_u16(), &job.body["state"]), (202, &json!("InProgress")));
    mock.advance(Duration::from_secs(2));
    let job = client.get(&format!("{list}/contacts/bulk/jobs/{}", id(&job.body))).await.ok();
    assert_eq!((&job["state"], &job["completedRecords"]), (&json!("Complete"), &json!(3)));
    assert_eq!(client.get(&format!("{list}?includeSize=true")).await.ok()["size"], 9);

    assert_eq!(client.get(&format!("{list}/export")).await.refused(404), "not.found");
    client.post(&format!("{list}/export"), json!({ "contactIds": ["c0"] })).await.ok();
    let uri = client.get(&format!("{list}/export")).await.ok()["uri"].clone();
    let path = uri.as_str().and_then(|uri| uri.strip_prefix(&mock.uri())).expect("an address here");
    let url = client.get(&format!("{path}?issueRedirect=false")).await.ok()["url"].clone();
    let file = reqwest::get(url.as_str().expect("an address")).await.expect("an answer").text().await;
    assert_eq!(file.expect("a file"), "inin-outbound-id,Name,Phone,ContactCallable\nc0,n0,+13175550000,1\n");
}

#[tokio::test]
async fn a_schedule_belongs_to_its_campaign_and_goes_with_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 1).await;
    let campaign = id(&client.post(CAMPAIGNS, campaign_body("c", &list)).await.ok());
    let path = format!("/api/v2/outbound/schedules/campaigns/{campaign}");
    assert_eq!(client.get(&path).await.refused(404), "not.found");
    let body = json!({ "intervals": [{ "start": "2026-03-09T10:00:00.000", "end": "2026-03-09T12:00:00.000" }],
        "campaign": { "id": campaign } });
    let schedule = client.put(&path, body.clone()).await.ok();
    assert_eq!((&schedule["version"], &schedule["campaign"]["name"]), (&json!(1), &json!("c")));
    let mut old = body.clone();
    old["version"] = json!(7);
    assert_eq!(client.put(&path, old).await.refused(409), "general.conflict");
    let unknown = format!("/api/v2/outbound/schedules/campaigns/{UNKNOWN}");
    assert_eq!(client.put(&unknown, body).await.refused(404), "not.found");
    assert_eq!(
        client.get("/api/v2/outbound/schedules/campaigns").await.ok().as_array().map(Vec::len),
        Some(1)
    );
    client.delete(&format!("{CAMPAIGNS}/{campaign}")).await.ok();
    assert_eq!(client.get("/api/v2/outbound/schedules/campaigns").await.ok(), json!([]));
}

#[tokio::test]
async fn the_organization_has_a_campaign_that_uses_its_lists() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let campaigns = client.get(&format!("{CAMPAIGNS}?name=Spring&filterType=Prefix")).await.ok();
    let campaign = &campaigns["entities"][0];
    assert_eq!(
        (&campaign["contactList"]["name"], &campaign["queue"]["name"]),
        (&json!("Spring Renewals"), &json!("Sales"))
    );
    assert_eq!(campaign["dncLists"][0]["name"], "Do Not Call");
    let list = format!("{LISTS}/{}?includeSize=true", id(&campaign["contactList"]));
    assert_eq!(client.get(&list).await.ok()["size"], 3);
    let all = client.get(&format!("{CAMPAIGNS}/all?mediaType=voice")).await.ok();
    assert_eq!(all["total"], 1);
    let other = Client::new(&mock).of_new_organization().await;
    other.get(&list).await.refused(404);
}

#[tokio::test]
async fn a_campaign_leaves_out_what_is_not_to_be_called() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let list = list(&client, "Mine", 0).await;
    let contact = |number: &str, callable: bool| json!({ "contactListId": "", "data": { "Phone": number }, "callable": callable });
    let numbers = json!([
        contact("+13175550101", true),
        contact("+13175550102", true),
        contact("+13175550103", false),
        contact("+13175550104", true)
    ]);
    client.post(&format!("{list}/contacts"), numbers).await.ok();
    let dnc = json!({ "name": "Mine", "dncSourceType": "rds" });
    let dnc = id(&client.post(DNC, dnc).await.ok());
    let blocked = json!(["+13175550101", "+13175550104"]);
    client.post(&format!("{DNC}/{dnc}/phonenumbers"), blocked).await.done();
    let mut body = campaign_body("Mine", &list);
    body["dncLists"] = json!([{ "id": dnc }]);
    let campaign = client.post(CAMPAIGNS, body).await.ok();
    let path = format!("{CAMPAIGNS}/{}", id(&campaign));
    assert!(client.post(&format!("{path}/start"), json!({})).await.status.is_success());
    mock.advance(Duration::from_secs(10));
    let progress = client.get(&format!("{path}/progress")).await.ok();
    assert_eq!(
        (&progress["numberOfContactsCalled"], &progress["totalNumberOfContacts"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(client.get(&path).await.ok()["campaignStatus"], "complete");
}
