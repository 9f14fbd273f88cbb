//! Skills, languages and skill groups, the users that have them, utilization and the addresses of routing.

use serde_json::{Value, json};

use crate::rest::{Client, mock};

const SKILLS: &str = "/api/v2/routing/skills";
const LANGUAGES: &str = "/api/v2/routing/languages";
const GROUPS: &str = "/api/v2/routing/skillgroups";
const USER: &str = "/api/v2/users/supervisor";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

/// `key` of every entity of a listing.
fn all(page: &Value, key: &str) -> Vec<String> {
    let entities = page["entities"].as_array().unwrap_or_else(|| panic!("no entities: {page}"));
    entities.iter().map(|entity| entity[key].as_str().unwrap_or_default().to_owned()).collect()
}

async fn named(client: &Client, path: &str, name: &str) -> String {
    id(&client.post(path, json!({ "name": name, "description": "Of one test" })).await.ok())
}

#[tokio::test]
async fn a_skill_is_created_once_and_listed_by_the_start_of_its_name() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let seeded = client.get(SKILLS).await.ok();
    assert_eq!(all(&seeded, "name"), ["Voice", "Digital Messaging", "Singapore Support", "Back Office"]);
    let skill = client.post(SKILLS, json!({ "name": "Sales" })).await.ok();
    let uri = format!("{SKILLS}/{}", id(&skill));
    let expected = json!({ "id": id(&skill), "name": "Sales", "dateModified": "2026-03-08T00:00:00.000Z",
        "state": "active", "version": "1", "selfUri": uri });
    assert_eq!(skill, expected);
    assert_eq!(client.post(SKILLS, json!({ "name": "sales" })).await.refused(409), "general.conflict");
    client.post(SKILLS, json!({})).await.refused(400);
    assert_eq!(
        all(&client.get(&format!("{SKILLS}?name=S")).await.ok(), "name"),
        ["Singapore Support", "Sales"]
    );
    assert_eq!(client.delete(&uri).await.status, 200);
    client.get(&uri).await.refused(404);
}

#[tokio::test]
async fn a_user_has_the_skills_that_were_given_to_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let (sales, spanish) = (named(&client, SKILLS, "Sales").await, named(&client, SKILLS, "Bikes").await);
    let path = format!("{USER}/routingskills");
    assert_eq!(client.get(&path).await.ok()["total"], 0);
    let given = client.post(&path, json!({ "id": sales, "proficiency": 3 })).await.ok();
    assert_eq!(
        (id(&given), &given["name"], &given["proficiency"]),
        (sales.clone(), &json!("Sales"), &json!(3.0))
    );
    assert_eq!(given["skillUri"], format!("{SKILLS}/{sales}"));
    let unknown = json!({ "id": UNKNOWN, "proficiency": 3 });
    assert_eq!(client.post(&path, unknown).await.refused(400), "resource.not.found");
    client.post(&path, json!({ "id": sales, "proficiency": 6 })).await.refused(400);
    let bulk = json!([{ "id": spanish, "proficiency": 1 }]);
    assert_eq!(
        all(&client.patch(&format!("{path}/bulk"), bulk.clone()).await.ok(), "name"),
        ["Sales", "Bikes"]
    );
    assert_eq!(all(&client.put(&format!("{path}/bulk"), bulk).await.ok(), "name"), ["Bikes"]);
    let raised = client.put(&format!("{path}/{spanish}"), json!({ "proficiency": 4 })).await.ok();
    assert_eq!(raised["proficiency"], 4.0);
    let expanded = client.get(&format!("{USER}?expand=skills,languages")).await.ok();
    assert_eq!((&expanded["skills"][0]["id"], &expanded["languages"]), (&json!(spanish), &json!([])));
    client.delete(&format!("{path}/{sales}")).await.refused(404);
    assert_eq!(client.delete(&format!("{path}/{spanish}")).await.status, 200);
    assert_eq!(client.get(&path).await.ok()["total"], 0);
}

#[tokio::test]
async fn a_deleted_skill_is_a_skill_of_no_user() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/users/agent-1/routingskills";
    let voice = client.get(path).await.ok();
    assert_eq!(all(&voice, "name"), ["Voice"], "an agent has the skill of its group");
    assert_eq!(client.delete(&format!("{SKILLS}/{}", id(&voice["entities"][0]))).await.status, 200);
    assert_eq!(client.get(path).await.ok()["total"], 0);
}

#[tokio::test]
async fn a_user_speaks_the_languages_that_were_given_to_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    assert_eq!(all(&client.get(LANGUAGES).await.ok(), "name"), ["English", "Spanish", "French"]);
    let welsh = named(&client, LANGUAGES, "Welsh").await;
    assert_eq!(client.post(LANGUAGES, json!({ "name": "Welsh" })).await.refused(400), "general.conflict");
    let path = format!("{USER}/routinglanguages");
    let given = client.post(&path, json!({ "id": welsh, "proficiency": 5 })).await.ok();
    assert_eq!(given["languageUri"], format!("{LANGUAGES}/{welsh}"));
    let one = format!("{path}/{welsh}");
    assert_eq!(client.patch(&one, json!({ "proficiency": 2.5 })).await.ok()["proficiency"], 2.5);
    let bulk = json!([{ "id": welsh, "proficiency": 1 }]);
    assert_eq!(client.patch(&format!("{path}/bulk"), bulk).await.ok()["entities"][0]["proficiency"], 1.0);
    assert_eq!(client.delete(&one).await.status, 204);
    assert_eq!(client.delete(&format!("{LANGUAGES}/{welsh}")).await.status, 204);
    client.get(&format!("{LANGUAGES}/{welsh}")).await.refused(404);
}

#[tokio::test]
async fn the_members_of_a_skill_group_follow_from_its_conditions() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let sales = named(&client, SKILLS, "Sales").await;
    let condition = json!([{ "operation": "And", "languageSkillConditions": [], "routingSkillConditions": [
        { "routingSkill": "Sales", "comparator": "GreaterThan", "proficiency": 2, "childConditions": [] }] }]);
    let body = json!({ "name": "Sellers", "skillConditions": condition, "memberDivisions": ["*"] });
    let group = client.post(GROUPS, body.clone()).await.ok();
    assert_eq!((&group["memberCount"], &group["memberDivisions"]), (&json!(0), &json!(["*"])));
    assert_eq!(client.post(GROUPS, body).await.refused(400), "group.name.in.use");
    let one = format!("{GROUPS}/{}", id(&group));
    for (level, members) in [(2, 0), (3, 1)] {
        let skill = json!({ "id": sales, "proficiency": level });
        client.post(&format!("{USER}/routingskills"), skill).await.ok();
        assert_eq!(client.get(&one).await.ok()["memberCount"], members, "{level}");
    }
    assert_eq!(all(&client.get(&format!("{one}/members")).await.ok(), "name"), ["supervisor"]);
    assert_eq!(all(&client.get(&format!("{USER}/skillgroups")).await.ok(), "name"), ["Sellers"]);
    let division = named(&client, "/api/v2/authorization/divisions", "North").await;
    let divisions = format!("{one}/members/divisions");
    assert_eq!(client.post(&divisions, json!({ "addDivisionIds": [division] })).await.status, 204);
    assert_eq!(all(&client.get(&divisions).await.ok(), "name"), ["North"]);
    assert_eq!(client.get(&format!("{one}/members")).await.ok()["entities"], json!([]));
    assert_eq!(client.delete(&one).await.status, 204);
    client.get(&one).await.refused(404);
}

#[tokio::test]
async fn skill_groups_are_paged_by_cursors() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for name in ["a", "b", "c"] {
        client.post(GROUPS, json!({ "name": name, "skillConditions": [] })).await.ok();
    }
    let first = client.get(&format!("{GROUPS}?pageSize=2")).await.ok();
    assert_eq!((all(&first, "name"), first.get("total")), (vec!["a".to_owned(), "b".to_owned()], None));
    let next = client.get(first["nextUri"].as_str().expect("a next page")).await.ok();
    assert_eq!((all(&next, "name"), next.get("nextUri")), (vec!["c".to_owned()], None));
    let previous = client.get(next["previousUri"].as_str().expect("a page before")).await.ok();
    assert_eq!(all(&previous, "name"), ["a", "b"]);
    client.get(&format!("{GROUPS}?after=x")).await.refused(400);
}

#[tokio::test]
async fn an_agent_has_the_utilization_of_the_organization_until_it_has_its_own() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let own = "/api/v2/routing/users/agent-1/utilization";
    let two = json!({ "utilization": { "call": { "maximumCapacity": 2 } }, "sent": 1 });
    assert_eq!(client.get(own).await.ok()["level"], "Organization");
    let set = client.put("/api/v2/routing/utilization", two.clone()).await.ok();
    assert_eq!((&set["utilization"], set.get("sent")), (&two["utilization"], None));
    assert_eq!(client.get(own).await.ok()["utilization"], two["utilization"]);
    let three = json!({ "utilization": { "call": { "maximumCapacity": 3 } } });
    assert_eq!(client.put(own, three).await.ok()["level"], "Agent");
    assert_eq!(client.delete(own).await.status, 200);
    assert_eq!(client.get(own).await.ok()["level"], "Organization");
    client.get("/api/v2/routing/users/nobody/utilization").await.refused(404);
}

#[tokio::test]
async fn the_settings_of_routing_are_kept_and_restored() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/routing/settings";
    let set = json!({ "resetAgentScoreOnPresenceChange": true });
    assert_eq!(client.put(path, set.clone()).await.ok(), set);
    assert_eq!(client.get(path).await.ok(), set);
    assert_eq!(client.delete(path).await.status, 204);
    assert_eq!(client.get(path).await.ok()["resetAgentScoreOnPresenceChange"], false);
    let contact_center = format!("{path}/contactcenter");
    let changed = client.patch(&contact_center, json!({ "removeSkillsFromBlindTransfer": true })).await;
    assert_eq!((changed.status.as_u16(), changed.body), (202, Value::Null));
    assert_eq!(client.get(&contact_center).await.ok()["removeSkillsFromBlindTransfer"], true);
}

#[tokio::test]
async fn a_domain_for_email_has_routes_to_queues() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let domains = "/api/v2/routing/email/domains";
    let domain = client.post(domains, json!({ "id": "help.example.org", "subDomain": false })).await.ok();
    assert_eq!((id(&domain), &domain["mxRecordStatus"]), ("help.example.org".to_owned(), &json!("VALID")));
    let again = client.post(domains, json!({ "id": "help.example.org" })).await;
    assert_eq!(again.refused(400), "postino.domain.exists");
    let routes = format!("{domains}/help.example.org/routes");
    let queue = client.get("/api/v2/routing/queues?name=Support").await.ok()["entities"][0].clone();
    let route = json!({ "pattern": "support", "fromName": "Support", "queue": { "id": id(&queue) } });
    let created = client.post(&routes, route.clone()).await.ok();
    assert_eq!((&created["status"], &created["queue"]["id"]), (&json!("Active"), &queue["id"]));
    client.post(&routes, route).await.refused(409);
    let dangling = json!({ "pattern": "x", "fromName": "X", "queue": { "id": UNKNOWN } });
    assert_eq!(client.post(&routes, dangling).await.refused(400), "resource.not.found");
    assert_eq!(client.get(&routes).await.ok()["total"], 1);
    client.get(&format!("{domains}/other.example.org/routes")).await.refused(404);
    assert_eq!(client.delete(&format!("{domains}/help.example.org")).await.status, 200);
    client.get(&routes).await.refused(404);
}

#[tokio::test]
async fn a_phone_number_for_sms_is_provisioned_once() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let numbers = "/api/v2/routing/sms/phonenumbers";
    let body = json!({ "phoneNumber": "+13175550100", "phoneNumberType": "local", "countryCode": "US" });
    let number = client.post(numbers, body.clone()).await.ok();
    assert_eq!((&number["phoneNumberStatus"], &number["version"]), (&json!("ACTIVE"), &json!(1)));
    assert_eq!(client.post(numbers, body).await.refused(400), "phone.number.duplicate");
    assert_eq!(client.get(&format!("{numbers}?phoneNumberStatus=active")).await.ok()["total"], 1);
    let one = format!("{numbers}/{}", id(&number));
    assert_eq!(client.delete(&one).await.status, 202);
    client.get(&one).await.refused(404);
    client.get("/api/v2/routing/sms/availablephonenumbers").await.refused(400);
}
