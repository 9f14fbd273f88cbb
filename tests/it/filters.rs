//! Filters and orders of listings that clients trust: what does not pass is not listed.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

async fn total(api: &Client, path: &str) -> Value {
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
