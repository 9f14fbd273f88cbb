//! Sites, edges, phones and trunks.

use serde_json::{Value, json};

use crate::rest::{Client, all, id, mock};

const EDGES: &str = "/api/v2/telephony/providers/edges";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn at(rest: &str) -> String {
    format!("{EDGES}{rest}")
}

/// The id of the entity of that name in a listing.
async fn named(client: &Client, path: &str, name: &str) -> String {
    let page = client.get(path).await.ok();
    let entities = page["entities"].as_array().expect("entities");
    id(entities.iter().find(|entity| entity["name"] == name).unwrap_or_else(|| panic!("no {name}: {page}")))
}

/// A `WebRTC` phone of a user, as the SDK's examples create it.
async fn new_phone(client: &Client, name: &str, user: &str) -> Value {
    let site = named(client, &at("/sites"), "Chicago").await;
    let base = named(client, &at("/phonebasesettings"), "WebRTC phone").await;
    let user = id(&client.get(&format!("/api/v2/users/{user}")).await.ok());
    json!({ "name": name, "state": "active", "site": { "id": site }, "phoneBaseSettings": { "id": base },
        "phoneMetaBase": { "id": "inin_webrtc_softphone.json" }, "lines": [{ "name": "line 1" }],
        "webRtcUser": { "id": user } })
}

#[tokio::test]
async fn a_web_rtc_phone_has_the_station_of_its_user_until_it_is_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let phone = client.post(&at("/phones"), new_phone(&client, "Mine", "agent-9").await).await.ok();
    let one = at(&format!("/phones/{}", id(&phone)));
    assert_eq!(phone["webRtcUser"]["name"], "agent-9");
    let user = phone["webRtcUser"]["id"].as_str().expect("an id").to_owned();
    let line = phone["lines"][0].clone();
    let found = client.get(&format!("/api/v2/stations?webRtcUserId={user}")).await.ok();
    let station = found["entities"][0].clone();
    assert_eq!((all(&found, "name"), &station["id"]), (vec!["Mine".to_owned()], &line["id"]));
    assert_eq!(
        (&station["type"], &station["webRtcUserId"], &station["status"], &station["lineAppearanceId"]),
        (&json!("inin_webrtc_softphone"), &json!(user), &json!("AVAILABLE"), &line["id"])
    );
    let own = format!("/api/v2/users/{user}/station");
    client.put(&format!("{own}/associatedstation/{}", id(&station)), Value::Null).await;
    client.put(&format!("{own}/defaultstation/{}", id(&station)), Value::Null).await;
    let read = client.get(&one).await.ok();
    assert_eq!(read["lines"][0]["loggedInUser"]["id"], json!(user));
    assert_eq!(read["lines"][0]["defaultForUser"]["id"], json!(user));
    for filter in ["webRtcUser.id", "lines.loggedInUser.id", "lines.defaultForUser.id"] {
        let found = client.get(&at(&format!("/phones?{filter}={user}"))).await.ok();
        assert_eq!(all(&found, "name"), ["Mine"], "{filter}");
    }
    assert_eq!(client.delete(&one).await.status, 200);
    client.get(&one).await.refused(404);
    client.get(&format!("/api/v2/stations/{}", id(&station))).await.refused(404);
    client.get(&at(&format!("/lines/{}", id(&line)))).await.refused(404);
    assert_eq!(client.get(&own).await.ok(), json!({}));
}

#[tokio::test]
async fn a_changed_phone_keeps_its_line_and_its_station() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let mut body = new_phone(&client, "Mine", "agent-9").await;
    let phone = client.post(&at("/phones"), body.clone()).await.ok();
    let one = at(&format!("/phones/{}", id(&phone)));
    let line = id(&phone["lines"][0]);
    body["name"] = json!("Renamed");
    body["lines"] = json!([{ "name": "line 1" }, { "name": "line 2" }]);
    body["webRtcUser"] = json!({ "id": id(&client.get("/api/v2/users/agent-10").await.ok()) });
    body["version"] = json!(7);
    assert_eq!(client.put(&one, body.clone()).await.refused(409), "general.conflict");
    body["version"] = json!(1);
    let changed = client.put(&one, body.clone()).await.ok();
    assert_eq!((&changed["version"], &changed["lines"][0]["id"]), (&json!(2), &json!(line)));
    assert_eq!(changed["webRtcUser"]["name"], "agent-10");
    let second = id(&changed["lines"][1]);
    let stations = client.get(&format!("/api/v2/stations?id={line},{second}")).await.ok();
    assert_eq!(all(&stations, "name"), ["line 1", "line 2"]);
    body["lines"] = json!([{ "id": second, "name": "only" }]);
    body["version"] = json!(2);
    client.put(&one, body).await.ok();
    client.get(&format!("/api/v2/stations/{line}")).await.refused(404);
    let kept = client.get(&format!("/api/v2/stations/{second}")).await.ok();
    assert_eq!(kept["name"], "Renamed", "the station of the only line has the phone's name");
}

#[tokio::test]
async fn a_phone_refers_to_what_exists() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = new_phone(&client, "Mine", "agent-9").await;
    let without = |field: &str| {
        let mut body = body.clone();
        body.as_object_mut().expect("an object").remove(field);
        body
    };
    for (field, code) in [
        ("site", "constraint.validation"),
        ("phoneBaseSettings", "base.settings.required"),
        ("lines", "lines.required"),
        ("webRtcUser", "webrtc.user.required"),
    ] {
        assert_eq!(client.post(&at("/phones"), without(field)).await.refused(400), code, "{field}");
    }
    for field in ["site", "phoneBaseSettings", "webRtcUser", "lineBaseSettings"] {
        let mut wrong = body.clone();
        wrong[field] = json!({ "id": UNKNOWN });
        let refused = client.post(&at("/phones"), wrong).await.refused(400);
        assert_eq!(refused, "resource.not.found", "{field}");
    }
    assert_eq!(client.get(&at("/phones?name=Mine")).await.ok()["total"], 0);
}

#[tokio::test]
async fn phones_are_listed_by_site_settings_and_line() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let page = client.get(&at("/phones")).await.ok();
    assert_eq!(all(&page, "name"), ["agent-1 softphone", "agent-2 softphone", "Front desk", "Lobby"]);
    assert!(page["entities"][0].get("properties").is_none());
    let site = named(&client, &at("/sites"), "Singapore").await;
    let base = named(&client, &at("/phonebasesettings"), "Remote phone").await;
    let line = id(&page["entities"][1]["lines"][0]);
    for (query, name) in [
        (format!("site.id={site}"), "Lobby"),
        (format!("phoneBaseSettings.id={base}"), "Front desk"),
        (format!("lines.id={line}"), "agent-2 softphone"),
        ("name=lobby".to_owned(), "Lobby"),
    ] {
        let found = client.get(&at(&format!("/phones?{query}&expand=properties"))).await.ok();
        assert_eq!(all(&found, "name"), [name], "{query}");
        assert!(found["entities"][0]["properties"].is_object());
    }
    client.get(&at("/phones?sortBy=NO_SUCH")).await.refused(400);
    assert_eq!(
        client.post(&at(&format!("/phones/{}/reboot", id(&page["entities"][0]))), json!({})).await.status,
        200
    );
    let unknown = json!({ "phoneIds": [UNKNOWN] });
    assert_eq!(client.post(&at("/phones/reboot"), unknown).await.refused(400), "resource.not.found");
}

#[tokio::test]
async fn the_stations_of_the_file_belong_to_its_phones() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let stations = client.get("/api/v2/stations").await.ok();
    assert_eq!(all(&stations, "name"), ["agent-1 softphone", "agent-2 softphone", "Front desk", "Lobby"]);
    let agent = id(&client.get("/api/v2/users/agent-1").await.ok());
    assert_eq!(stations["entities"][0]["webRtcUserId"], json!(agent));
    let phone = client.get(&at(&format!("/phones?webRtcUser.id={agent}"))).await.ok();
    assert_eq!(phone["entities"][0]["lines"][0]["id"], stations["entities"][0]["id"]);
    let me = client.get("/api/v2/organizations/me").await.ok();
    assert_eq!(me["defaultSiteId"], json!(named(&client, &at("/sites"), "Chicago").await));
}

#[tokio::test]
async fn a_site_is_created_with_number_plans_and_kept_while_it_is_in_use() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let location = named(&client, "/api/v2/locations", "Chicago").await;
    let body = json!({ "name": "London", "location": { "id": location }, "mediaModel": "Cloud" });
    let site = client.post(&at("/sites"), body.clone()).await.ok();
    assert_eq!((&site["location"]["name"], &site["version"]), (&json!("Chicago"), &json!(1)));
    assert_eq!(site["primarySites"][0]["id"], site["id"]);
    assert_eq!(client.post(&at("/sites"), body.clone()).await.refused(400), "duplicate.value");
    let dangling = json!({ "name": "Leeds", "location": { "id": UNKNOWN } });
    assert_eq!(client.post(&at("/sites"), dangling).await.refused(400), "referenced.key.does.not.exist");
    let one = at(&format!("/sites/{}", id(&site)));
    let plans = client.get(&format!("{one}/numberplans")).await.ok();
    let names = client.get(&format!("{one}/numberplans/classifications")).await.ok();
    assert_eq!(names, json!(["Emergency", "Extension", "National", "International", "Network"]));
    let plan = format!("{one}/numberplans/{}", id(&plans[2]));
    assert_eq!(client.get(&plan).await.ok()["name"], "National");
    let mut phone = new_phone(&client, "Mine", "agent-9").await;
    phone["site"] = json!({ "id": id(&site) });
    let phone = client.post(&at("/phones"), phone).await.ok();
    assert_eq!(client.delete(&one).await.refused(409), "resource.referenced.by.another");
    assert_eq!(client.delete(&format!("/api/v2/locations/{location}")).await.status, 409);
    client.delete(&at(&format!("/phones/{}", id(&phone)))).await;
    assert_eq!(client.delete(&one).await.status, 200);
    client.get(&one).await.refused(404);
    client.get(&plan).await.refused(404);
}

#[tokio::test]
async fn an_outbound_route_uses_the_plans_and_trunks_of_its_site() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let site = at(&format!("/sites/{}", named(&client, &at("/sites"), "Chicago").await));
    let trunk = named(&client, &at("/trunkbasesettings"), "Carrier").await;
    let routes = format!("{site}/outboundroutes");
    assert_eq!(all(&client.get(&routes).await.ok(), "name"), ["Default Outbound Route"]);
    let body = json!({ "name": "Emergency", "classificationTypes": ["Emergency"], "enabled": true,
        "distribution": "RANDOM", "externalTrunkBases": [{ "id": trunk }] });
    let route = client.post(&routes, body.clone()).await.ok();
    assert_eq!(route["externalTrunkBases"][0]["name"], "Carrier");
    assert_eq!(client.post(&routes, body.clone()).await.refused(400), "duplicate.value");
    let mut wrong = body.clone();
    (wrong["name"], wrong["classificationTypes"]) = (json!("Moon"), json!(["Moon"]));
    assert_eq!(client.post(&routes, wrong).await.refused(400), "address.classification.type.does.not.exist");
    let listed = client.get(&at(&format!("/outboundroutes?externalTrunkBases.ids={trunk}"))).await.ok();
    assert_eq!((all(&listed, "name").len(), &listed["entities"][1]["site"]["name"]), (2, &json!("Chicago")));
    let plans = json!([{ "name": "Only", "classification": "National", "matchType": "regex" }]);
    let refused = client.put(&format!("{site}/numberplans"), plans).await.refused(400);
    assert_eq!(refused, "number.plan.in.use");
    let twice = json!([{ "name": "a" }, { "name": "A" }]);
    let refused = client.put(&format!("{site}/numberplans"), twice).await.refused(400);
    assert_eq!(refused, "duplicate.number.plan.name");
    let base = at(&format!("/trunkbasesettings/{trunk}"));
    assert_eq!(client.delete(&base).await.refused(400), "delete.referenced.entity");
    let elsewhere = at(&format!("/sites/{}", named(&client, &at("/sites"), "Singapore").await));
    client.get(&format!("{elsewhere}/outboundroutes/{}", id(&route))).await.refused(404);
    assert_eq!(client.delete(&format!("{routes}/{}", id(&route))).await.status, 200);
}

#[tokio::test]
async fn an_edge_belongs_to_a_site_and_a_group_and_leaves_service_before_it_is_unpaired() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let page = client.get(EDGES).await.ok();
    assert_eq!(all(&page, "name"), ["chicago", "singapore"]);
    assert_eq!(page["entities"][0]["site"]["name"], "Chicago");
    assert_eq!(page["entities"][1]["edgeGroup"]["phoneTrunkBases"][0]["name"], "WebRTC phones");
    let site = named(&client, &at("/sites"), "Singapore").await;
    let group = named(&client, &at("/edgegroups"), "Edges").await;
    let body = json!({ "name": "third", "site": { "id": site }, "edgeGroup": { "id": group } });
    let edge = client.post(EDGES, body.clone()).await.ok();
    assert_eq!((&edge["statusCode"], &edge["onlineStatus"]), (&json!("NEW"), &json!("OFFLINE")));
    assert_eq!(client.post(EDGES, body).await.refused(400), "duplicate.edge.name");
    let of_site = client.get(&format!("{EDGES}?site.id={site}")).await.ok();
    assert_eq!(all(&of_site, "name"), ["singapore", "third"]);
    let one = format!("{EDGES}/{}", id(&edge));
    client.post(&format!("{one}/statuscode"), json!({ "inService": true })).await.ok();
    assert_eq!(client.post(&format!("{one}/unpair"), json!({})).await.refused(409), "conflict");
    client.post(&format!("{one}/statuscode"), json!({ "inService": false })).await.ok();
    client.post(&format!("{one}/unpair"), json!({})).await.ok();
    assert_eq!(client.get(&one).await.ok()["statusCode"], "UNPAIRED");
    let interface = json!({ "name": "a", "friendlyName": "a", "hardwareAddress": "02:00:00:00:00:01",
        "physicalAdapterId": "port", "vlanTagId": 7 });
    let interfaces = format!("{one}/logicalinterfaces");
    client.post(&interfaces, interface.clone()).await.ok();
    assert_eq!(client.post(&interfaces, interface).await.refused(400), "duplicate.value");
    assert_eq!(client.get(&interfaces).await.ok()["total"], 1);
    let refused = client.delete(&at(&format!("/edgegroups/{group}"))).await.refused(409);
    assert_eq!(refused, "resource.referenced.by.another");
    assert_eq!(client.delete(&one).await.status, 200);
    client.get(&interfaces).await.refused(404);
}

#[tokio::test]
async fn base_settings_of_trunks_have_a_trunk() {
    let mock = mock().await;
    let client = Client::new(&mock);
    assert_eq!(all(&client.get(&at("/trunks?trunkType=EXTERNAL")).await.ok(), "name"), ["Carrier"]);
    let body = json!({ "name": "Second", "trunkType": "EXTERNAL", "trunkMetabase": { "id": "external_sip.json" },
        "properties": { "trunk_recording_enabled": { "value": { "instance": true } } } });
    let base = client.post(&at("/trunkbasesettings"), body.clone()).await.ok();
    assert_eq!(client.post(&at("/trunkbasesettings"), body).await.refused(400), "duplicate.value");
    let trunks = client.get(&at(&format!("/trunks?trunkBase.id={}", id(&base)))).await.ok();
    let trunk = at(&format!("/trunks/{}", id(&trunks["entities"][0])));
    assert_eq!(client.get(&trunk).await.ok()["trunkBase"]["name"], "Second");
    let count = client.get(&at("/trunkswithrecording")).await.ok();
    assert_eq!(count, json!({ "enabledCount": 1, "disabledCount": 2 }));
    let recorded = client.get(&at("/trunkbasesettings?recordingEnabled=true")).await.ok();
    assert_eq!(all(&recorded, "name"), ["Second"]);
    assert_eq!(client.delete(&at(&format!("/trunkbasesettings/{}", id(&base)))).await.status, 200);
    client.get(&trunk).await.refused(404);
}

#[tokio::test]
async fn base_settings_of_phones_make_those_of_their_lines() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let metabases = client.get(&at("/phonebasesettings/availablemetabases")).await.ok();
    assert!(all(&metabases, "id").contains(&"generic_sip.json".to_owned()));
    let template = client.get(&at("/phonebasesettings/template?phoneMetabaseId=generic_sip.json")).await.ok();
    let mut body = template;
    body["name"] = json!("Mine");
    body["lines"][0]["name"] = json!("Mine line");
    let base = client.post(&at("/phonebasesettings"), body).await.ok();
    let line = id(&base["lines"][0]);
    let line_base = client.get(&at(&format!("/linebasesettings/{line}"))).await.ok();
    assert_eq!(
        (&line_base["name"], &line_base["lineMetaBase"]["id"]),
        (&json!("Mine line"), &json!("generic_sip.json"))
    );
    let template = client.get(&at(&format!("/phones/template?phoneBaseSettingsId={}", id(&base)))).await.ok();
    assert_eq!(template["lines"][0]["lineBaseSettings"]["id"], json!(line));
    let mut phone = new_phone(&client, "Mine", "agent-9").await;
    phone["phoneBaseSettings"] = json!({ "id": id(&base) });
    let phone = client.post(&at("/phones"), phone).await.ok();
    assert_eq!(phone["lineBaseSettings"]["id"], json!(line));
    let one = at(&format!("/phonebasesettings/{}", id(&base)));
    assert_eq!(client.delete(&one).await.refused(409), "resource.referenced.by.another");
    client.delete(&at(&format!("/phones/{}", id(&phone)))).await;
    assert_eq!(client.delete(&one).await.status, 200);
    client.get(&at(&format!("/linebasesettings/{line}"))).await.refused(404);
}

#[tokio::test]
async fn telephony_of_another_organization_is_not_found() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let phone = client.post(&at("/phones"), new_phone(&client, "Mine", "agent-9").await).await.ok();
    let did = id(&client.get(&at("/dids")).await.ok()["entities"][0]);
    let other = client.login_as(&mock.client("Neighbour", "neighbour").expect("a seeded client")).await;
    for path in [format!("/phones/{}", id(&phone)), format!("/dids/{did}")] {
        other.get(&at(&path)).await.refused(404);
    }
    assert_eq!(other.get(&at("/phones")).await.ok()["total"], 0);
    assert_eq!(all(&other.get(EDGES).await.ok(), "name"), ["chicago", "singapore"]);
}

#[tokio::test]
async fn the_presences_that_alert_include_available() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = at("/alertablepresences");
    let set = |names: Value| json!({ "alertablePresences": names });
    let code = client.put(&path, set(json!(["Busy"]))).await.refused(400);
    assert_eq!(code, "alertablepresencesoverrides.availablepresencenotspecified");
    let code = client.put(&path, set(json!(["Available", "Available"]))).await.refused(400);
    assert_eq!(code, "alertablepresencesoverrides.duplicatesnotallowed");
    assert_eq!(client.put(&path, set(json!(["Available", "Busy"]))).await.status, 202);
    assert_eq!(client.get(&path).await.ok(), set(json!(["Available", "Busy"])));
    assert_eq!(client.delete(&path).await.status, 202);
    assert_eq!(client.get(&path).await.ok(), set(json!(["Available", "OnQueue"])));
}
