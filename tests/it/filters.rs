//! Filters and orders of listings that clients trust: what does not pass is not listed.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

pub(crate) async fn total(api: &Client, path: &str) -> Value {
    let listing = api.get(path).await.ok();
    listing.get("total").cloned().unwrap_or_else(|| json!(listing["entities"].as_array().map(Vec::len)))
}

#[tokio::test]
async fn a_division_that_is_no_id_has_nothing_and_an_asterisk_has_all() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let organizations = "/api/v2/externalcontacts";
    for (path, parameter) in [
        ("/api/v2/routing/queues", "divisionId"),
        ("/api/v2/routing/queues/divisionviews", "divisionId"),
        ("/api/v2/routing/wrapupcodes", "divisionId"),
        ("/api/v2/workforcemanagement/businessunits", "divisionId"),
        (&format!("{organizations}/contacts"), "divisionIds"),
        (&format!("{organizations}/scan/contacts"), "divisionId"),
    ] {
        assert_ne!(total(&api, path).await, 0, "{path}");
        assert_eq!(total(&api, &format!("{path}?{parameter}=nope")).await, 0, "{path}");
    }
    assert_ne!(total(&api, "/api/v2/routing/queues/divisionviews?divisionId=*").await, 0);
}

#[tokio::test]
async fn deactivated_presences_are_listed_where_they_are_asked_for() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let body =
        json!({ "languageLabels": { "en_US": "Lunch" }, "systemPresence": "Meal", "deactivated": true });
    let made = id(&api.post("/api/v2/presencedefinitions", body).await.ok());
    for (path, asked, others) in [
        ("/api/v2/presencedefinitions?pageSize=100", "&deleted=TRUE", "&deleted=false"),
        ("/api/v2/presence/definitions?", "deactivated=true", "deactivated=FALSE"),
    ] {
        let ids = async |query: &str| all(&api.get(&format!("{path}{query}")).await.ok(), "id");
        assert_eq!(ids(asked).await, std::slice::from_ref(&made));
        assert!(!ids("").await.contains(&made) && !ids(others).await.contains(&made));
    }
    let every = all(&api.get("/api/v2/presencedefinitions?pageSize=100&deleted=ALL").await.ok(), "id");
    assert!(every.contains(&made) && every.len() > 1);
}

#[tokio::test]
async fn an_order_may_be_written_as_the_defaults_of_the_document_are() {
    let mock = mock().await;
    let api = Client::new(&mock);
    for (path, by) in [
        ("/api/v2/users", ""),
        ("/api/v2/groups", ""),
        ("/api/v2/routing/languages", ""),
        ("/api/v2/outbound/contactlists", "&sortBy=name"),
        ("/api/v2/integrations/actions", "&sortBy=name"),
    ] {
        let names = async |order: &str| {
            all(&api.get(&format!("{path}?pageSize=5&sortOrder={order}{by}")).await.ok(), "name")
        };
        let (up, down) = (names("ascending").await, names("descending").await);
        for (word, expected) in [("ASC", &up), ("asc", &up), ("a", &up), ("DESC", &down), ("d", &down)] {
            assert_eq!(names(word).await, *expected, "{path} {word}");
        }
        assert_eq!(api.get(&format!("{path}?sortOrder=upwards")).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn users_are_sorted_by_name_without_case() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let home = id(&api.get("/api/v2/authorization/divisions/home").await.ok());
    let body = json!({ "name": "Zed", "email": "zed@rehearsal.example", "divisionId": home });
    api.post("/api/v2/users", body).await.ok();
    let last = api.get("/api/v2/users?sortOrder=descending&pageSize=1").await.ok();
    assert_eq!(all(&last, "name"), ["Zed"]);
}

#[tokio::test]
async fn users_are_queried_in_both_orders() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let names = async |order: &str| {
        let mut names = Vec::new();
        let mut path = format!("/api/v2/users/query?pageSize=500&sortOrder={order}");
        loop {
            let page = api.get(&path).await.ok();
            names.extend(all(&page, "name"));
            match page["nextUri"].as_str() {
                Some(next) => path = next.to_owned(),
                None => return names,
            }
        }
    };
    let (mut up, down) = (names("ASC").await, names("DESC").await);
    assert!(up.is_sorted() && up.len() > 500);
    up.reverse();
    assert_eq!(up, down);
}

#[tokio::test]
async fn an_ivr_is_found_by_its_number_and_its_schedule_group() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let day = json!({ "name": "Day", "start": "2026-01-01T08:00:00.000", "end": "2026-01-01T17:00:00.000" });
    let schedule = id(&api.post("/api/v2/architect/schedules", day).await.ok());
    let groups = "/api/v2/architect/schedulegroups";
    let body =
        json!({ "name": "Office", "timeZone": "Europe/London", "openSchedules": [{ "id": schedule }] });
    let group = id(&api.post(groups, body).await.ok());
    assert_eq!(total(&api, &format!("{groups}?scheduleIds={schedule}")).await, 1);
    assert_eq!(total(&api, &format!("{groups}?scheduleIds={group}")).await, 0);
    let ivrs = "/api/v2/architect/ivrs";
    let body = json!({ "name": "Front", "dnis": ["+13175550142"], "scheduleGroup": { "id": group } });
    let made = id(&api.post(ivrs, body).await.ok());
    for query in ["dnis=%2B13175550142".to_owned(), format!("scheduleGroup={group}")] {
        assert_eq!(all(&api.get(&format!("{ivrs}?{query}")).await.ok(), "id"), std::slice::from_ref(&made));
    }
    assert_eq!(total(&api, &format!("{ivrs}?dnis=%2B13175550199")).await, 0);
}

#[tokio::test]
async fn a_flow_is_found_by_its_holder_and_its_published_version() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let own = id(&api.get("/api/v2/users/me").await.ok());
    let flow = id(&api.post("/api/v2/flows", json!({ "name": "Held", "type": "workflow" })).await.ok());
    let ids =
        async |query: &str| all(&api.get(&format!("/api/v2/flows?pageSize=100&{query}")).await.ok(), "id");
    assert!(!ids(&format!("lockedBy={own}")).await.contains(&flow));
    api.post(&format!("/api/v2/flows/actions/checkout?flow={flow}"), json!({})).await.ok();
    assert_eq!(ids(&format!("lockedBy={own}")).await, std::slice::from_ref(&flow));
    assert!(ids(&format!("editableBy={own}")).await.contains(&flow));
    let other = id(&api.get("/api/v2/users/agent-1").await.ok());
    assert!(!ids(&format!("editableBy={other}")).await.contains(&flow));
    assert!(ids("publishVersionId=nope").await.is_empty() && !ids("").await.is_empty());
    let secure = api.get("/api/v2/flows?pageSize=100&secure=any").await.ok();
    assert!(all(&secure, "type").iter().all(|kind| kind == "SECURECALL"), "{secure}");
    assert!(ids("publishedAfter=2999-01-01T00:00:00Z").await.is_empty());
}

/// Creates the two bodies, and expects that the query lists the first of them alone.
pub(crate) async fn assert_selects(api: &Client, path: &str, bodies: [Value; 2], query: &str) {
    let mut made = Vec::new();
    for body in bodies {
        made.push(id(&api.post(path, body).await.done()));
    }
    let found = all(&api.get(&format!("{path}?pageSize=100&{query}")).await.ok(), "id");
    assert!(found.contains(&made[0]) && !found.contains(&made[1]), "{path}?{query}: {found:?} of {made:?}");
}

#[tokio::test]
async fn retention_policies_are_listed_by_their_days() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let policy = |name: &str, days: u32| {
        let retention = json!({ "deleteRetention": { "days": days } });
        json!({ "name": name, "enabled": true, "actions": { "retentionDuration": retention } })
    };
    for path in
        ["/api/v2/recording/mediaretentionpolicies", "/api/v2/recording/crossplatform/mediaretentionpolicies"]
    {
        assert_selects(&api, path, [policy("Long", 90), policy("Short", 30)], "deleteDaysThreshold=30").await;
        assert_eq!(total(&api, &format!("{path}?hasErrors=true")).await, 0, "{path}");
    }
}

#[tokio::test]
async fn recording_jobs_are_listed_by_their_type() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let job = |action: &str| {
        json!({ "action": action, "actionDate": "2026-03-09T00:00:00Z",
            "conversationQuery": { "interval": "2026-03-07T00:00:00Z/2026-03-08T00:00:00Z" } })
    };
    assert_selects(&api, "/api/v2/recording/jobs", [job("DELETE"), job("ARCHIVE")], "jobType=DELETE").await;
}

#[tokio::test]
async fn email_domains_are_listed_by_a_part_of_their_name() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/routing/email/domains";
    let domain = |id: &str| json!({ "id": id, "subDomain": false });
    assert_selects(&api, path, [domain("sales.example"), domain("help.example")], "filter=**SALES**").await;
    assert_ne!(total(&api, &format!("{path}?filter=****")).await, 0);
}

#[tokio::test]
async fn action_maps_are_listed_by_a_field_within() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let path = "/api/v2/journey/actionmaps";
    let map = |name: &str, media: &str| json!({ "displayName": name, "action": { "mediaType": media } });
    let query = "filterField=action.mediaType&filterValue=webchat";
    assert_selects(&api, path, [map("One", "webchat"), map("Two", "webMessagingOffer")], query).await;
}

#[tokio::test]
async fn messaging_campaigns_are_listed_by_template_and_status() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let list = json!({ "name": "Texts", "columnNames": ["Phone"],
        "phoneColumns": [{ "columnName": "Phone", "type": "cell" }] });
    let list = id(&api.post("/api/v2/outbound/contactlists", list).await.ok());
    let campaign = |name: &str, template: &str| {
        let sms = json!({ "messageColumn": "Phone", "phoneColumn": "Phone",
            "senderSmsPhoneNumber": { "phoneNumber": "+13175550100" }, "contentTemplate": { "id": template } });
        json!({ "name": name, "contactList": { "id": list }, "messagesPerMinute": 10, "smsConfig": sms,
            "campaignStatus": "off" })
    };
    let path = "/api/v2/outbound/messagingcampaigns";
    let (one, two) = ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3302");
    let query = format!("contentTemplateId={one}");
    assert_selects(&api, path, [campaign("One", one), campaign("Two", two)], &query).await;
    for (query, expected) in [(&*query, 1), ("campaignStatus=complete", 0)] {
        assert_eq!(total(&api, &format!("{path}/divisionviews?{query}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_number_is_available_until_it_is_provisioned() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let numbers = "/api/v2/routing/sms";
    let available = async |query: &str| {
        let path = format!("{numbers}/availablephonenumbers?countryCode=US&phoneNumberType=local{query}");
        all(&api.get(&path).await.ok(), "phoneNumber")
    };
    let first = available("").await[0].clone();
    let body = json!({ "phoneNumber": first, "phoneNumberType": "local", "countryCode": "US" });
    api.post(&format!("{numbers}/phonenumbers"), body).await.done();
    let left = available("").await;
    assert!(left.len() == 5 && !left.contains(&first), "{left:?}");
    assert!(available("&areaCode=212").await.iter().all(|number| number.starts_with("+1212")));
    assert!(available("&pattern=*42").await.iter().all(|number| number.contains("42")));
    assert_eq!(total(&api, &format!("{numbers}/phonenumbers?integration.id=none")).await, 0);
}

/// How many entities the pages of a listing have, by their `nextUri`.
async fn followed(client: &Client, first: &str) -> usize {
    let (mut next, mut count) = (Some(first.to_owned()), 0);
    while let Some(uri) = next {
        let page = client.get(&uri).await.ok();
        count += page["entities"].as_array().expect("entities").len();
        next = page["nextUri"].as_str().map(str::to_owned);
    }
    count
}

#[tokio::test]
async fn the_next_page_by_cursor_has_the_filters_of_the_first() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let base = json!({ "name": "Base", "coreLanguage": "en-US" });
    let base = id(&client.post("/api/v2/knowledge/knowledgebases", base).await.ok());
    let documents = format!("/api/v2/knowledge/knowledgebases/{base}/documents");
    for number in 0..5 {
        client.post(&documents, json!({ "title": format!("Draft {number}"), "visible": true })).await.ok();
    }
    assert_eq!(followed(&client, &format!("{documents}?pageSize=2&includeDrafts=true")).await, 5);
    let users = client.get("/api/v2/users/query?pageSize=10&state=active&expand=presence").await.ok();
    let next = client.get(users["nextUri"].as_str().expect("a next page")).await.ok();
    assert!(next["entities"][0]["presence"].is_object(), "{}", users["nextUri"]);
    let contacts = "/api/v2/externalcontacts/scan/contacts?limit=10&divisionId=none";
    assert_eq!(followed(&client, contacts).await, 0);
    for number in 0..12 {
        let name = json!({ "firstName": format!("F{number}"), "lastName": "L" });
        client.post("/api/v2/externalcontacts/contacts", name).await.ok();
    }
    let page = client.get("/api/v2/externalcontacts/scan/contacts?limit=10&divisionId=*").await.ok();
    assert!(page["nextUri"].as_str().is_some_and(|uri| uri.contains("divisionId=")), "{}", page["nextUri"]);
}
