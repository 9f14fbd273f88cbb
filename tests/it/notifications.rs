//! Notifications: channels, topics, and events.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::support::ws::{Ws, open};
use crate::support::{Answer, Client, eventually, metric};

const CHANNELS: &str = "/api/v2/notifications/channels";
const SECOND: Duration = Duration::from_secs(1);

pub(crate) async fn mock() -> MockServer {
    let start = crate::support::instant("2026-03-10T03:00:00Z");
    let builder = MockServer::builder().limits_toml("").manual_clock_at(start);
    builder.start().await.expect("it starts")
}

pub(crate) async fn create(client: &Client) -> Value {
    let answer = client.ask("POST", CHANNELS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Opens a channel's `connectUri`, without other headers.
pub(crate) async fn connect(mock: &MockServer, channel: &Value) -> Ws {
    let uri = channel["connectUri"].as_str().expect("an address");
    let path = uri.strip_prefix(&mock.uri().replacen("http", "ws", 1)).expect("at this server");
    open(mock, path, &[]).await.expect("a socket")
}

pub(crate) async fn subscribe(client: &Client, channel: &Value, topics: &[String]) -> Answer {
    let path = format!("{CHANNELS}/{}/subscriptions", channel["id"].as_str().expect("an id"));
    let body: Vec<_> = topics.iter().map(|topic| json!({ "id": topic })).collect();
    client.post(&path, &json!(body)).await
}

pub(crate) async fn user(client: &Client, name: &str) -> String {
    client.get(&format!("/api/v2/users/{name}")).await.json()["id"].as_str().expect("an id").to_owned()
}

/// A channel with a socket that is subscribed to these topics of agent-1.
pub(crate) async fn listening(mock: &MockServer, topics: &[&str]) -> (Client, String, Ws) {
    let client = Client::of(mock);
    let agent = user(&client, "agent-1").await;
    let channel = create(&client).await;
    let topics: Vec<_> = topics.iter().map(|topic| topic.replace("{id}", &agent)).collect();
    assert_eq!(subscribe(&client, &channel, &topics).await.status, 200);
    let mut socket = connect(mock, &channel).await;
    socket.ping().await;
    (client, agent, socket)
}

pub(crate) async fn set_presence(client: &Client, user: &str, presence: &str) {
    let body = json!({ "presenceDefinition": { "systemPresence": presence } });
    let path = format!("/api/v2/users/{user}/presences/purecloud");
    assert_eq!(Answer::to(client.request("PATCH", &path).json(&body)).await.status, 200);
}

#[tokio::test]
async fn a_channel_is_made_listed_and_asked_after() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let channel = create(&client).await;
    let id = channel["id"].as_str().expect("an id");
    let letters = id.strip_prefix("streaming-0-").expect("the vendor's form");
    assert!(
        letters.len() == 26 && letters.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'v')),
        "{id}"
    );
    assert_eq!(channel["expires"], "2026-03-11T03:00:00.000Z");
    assert_eq!(client.get(CHANNELS).await.json()["entities"], json!([channel]));
    assert_eq!(client.ask("HEAD", &format!("{CHANNELS}/{id}")).await.status, 200);
    assert_eq!(client.ask("HEAD", &format!("{CHANNELS}/streaming-0-nothing")).await.status, 404);
    let other = client.with_bearer("another");
    assert_eq!(other.get(&format!("{CHANNELS}?includechannels=token")).await.json()["entities"], json!([]));
    assert_eq!(other.get(CHANNELS).await.json()["entities"], json!([channel]), "the same user and client");
    let forwarded =
        Answer::to(client.request("POST", CHANNELS).header("host", "api.example.test:99")).await.json();
    assert!(
        forwarded["connectUri"]
            .as_str()
            .expect("a string")
            .starts_with("ws://api.example.test:99/channels/streaming-0-")
    );
}

#[tokio::test]
async fn the_twenty_first_channel_takes_the_place_of_the_one_unused_longest() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let mut channels = Vec::new();
    for _ in 0..20 {
        channels.push(create(&client).await);
    }
    let agent = user(&client, "agent-1").await;
    let mut first = connect(&mock, &channels[0]).await;
    first.ping().await;
    assert_eq!(subscribe(&client, &channels[1], &[format!("v2.users.{agent}.presence")]).await.status, 200);
    let lives = async |channel: &Value| {
        client.ask("HEAD", &format!("{CHANNELS}/{}", channel["id"].as_str().expect("an id"))).await.status
            == 200
    };
    create(&client).await;
    assert!(!lives(&channels[2]).await, "0 is connected, 1 was used since");
    assert!(lives(&channels[0]).await && lives(&channels[1]).await && lives(&channels[3]).await);
    let mut sockets = Vec::new();
    for channel in client.get(CHANNELS).await.json()["entities"].as_array().expect("a list").iter().skip(1) {
        let mut socket = connect(&mock, channel).await;
        socket.ping().await;
        sockets.push(socket);
    }
    create(&client).await;
    assert_eq!(first.close_frame().await.0, 1001, "all are connected: the one used longest ago");
    let other = client.with_bearer("gone");
    assert_eq!(other.get(CHANNELS).await.json()["entities"].as_array().map(Vec::len), Some(20));
}

#[tokio::test]
async fn a_channel_lives_a_day_and_longer_if_it_is_subscribed_with() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}.presence"]).await;
    let channel = client.get(CHANNELS).await.json()["entities"][0].clone();
    mock.advance(SECOND * 3600 * 23);
    assert_eq!(subscribe(&client, &channel, &[format!("v2.users.{agent}.station")]).await.status, 200);
    mock.advance(SECOND * 3600 * 23);
    set_presence(&client, &agent, "Busy").await;
    assert_eq!(socket.hear().await["topicName"], format!("v2.users.{agent}.presence"));
    mock.advance(SECOND * 3600);
    assert_eq!(socket.close_frame().await, (1001, "idle timeout".to_owned()));
    let path = format!("/channels/{}", channel["id"].as_str().expect("an id"));
    let refused = open(&mock, &path, &[]).await.err().expect("no socket");
    assert_eq!((refused.status, &refused.body["code"]), (401, &"bad.credentials".into()));
    assert_eq!(open(&mock, "/channels/streaming-0-unknown", &[]).await.err().expect("no socket").status, 401);
}

#[tokio::test]
async fn a_second_socket_on_a_channel_closes_the_first_and_hears_on() {
    let mock = mock().await;
    let (client, agent, mut first) = listening(&mock, &["v2.users.{id}.presence"]).await;
    let channel = client.get(CHANNELS).await.json()["entities"][0].clone();
    let mut second = connect(&mock, &channel).await;
    second.ping().await;
    assert_eq!(first.close_frame().await.0, 1000);
    drop(first);
    eventually(|| mock.open_sockets() == 1).await;
    set_presence(&client, &agent, "Busy").await;
    assert_eq!(second.hear().await["eventBody"]["source"], "PURECLOUD");
}

#[tokio::test]
async fn subscriptions_are_kept_in_order_replaced_and_cleared() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (channel, agent) = (create(&client).await, user(&client, "agent-1").await);
    let path = format!("{CHANNELS}/{}/subscriptions", channel["id"].as_str().expect("an id"));
    let topic = |part: &str| format!("v2.users.{agent}.{part}");
    subscribe(&client, &channel, &[topic("presence"), topic("routingStatus"), topic("presence")]).await;
    let listed = async || {
        let entities = client.get(&path).await.json()["entities"].clone();
        let ids = entities.as_array().expect("a list").iter().map(|entity| {
            assert_eq!(entity["state"], "Permitted");
            entity["id"].as_str().expect("a string").to_owned()
        });
        ids.collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [topic("presence"), topic("routingStatus")]);
    let replaced = Answer::to(client.request("PUT", &path).json(&json!([{ "id": topic("station") }]))).await;
    assert_eq!((replaced.status, listed().await), (200, vec![topic("station")]));
    assert_eq!(client.ask("DELETE", &path).await.status, 202);
    assert!(listed().await.is_empty());
}

#[tokio::test]
async fn one_topic_that_is_wrong_fails_all_of_them_unless_errors_are_ignored() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (channel, agent) = (create(&client).await, user(&client, "agent-1").await);
    let path = format!("{CHANNELS}/{}/subscriptions", channel["id"].as_str().expect("an id"));
    let good = format!("v2.users.{agent}.presence");
    let unknown = format!("v2.users.{}.presence", "6a3af858-942f-489d-9700-5f9bcdcdae9b");
    for bad in [
        "nonsense",
        "",
        "v2.users.x.presence",
        "v2.users..presence",
        &unknown,
        "v2.users.{id}?presence&",
        &"v".repeat(201),
    ] {
        let answer = subscribe(&client, &channel, &[good.clone(), bad.to_owned()]).await;
        assert_eq!((answer.status, answer.code()), (400, "bad.request".to_owned()), "{bad}");
    }
    for body in [json!({}), json!([{}]), json!(["text"]), json!("text")] {
        assert_eq!(client.post(&path, &body).await.status, 400, "{body}");
    }
    assert_eq!(client.get(&path).await.json()["entities"], json!([]), "nothing was changed");
    let body = json!([{ "id": good }, { "id": "nonsense" }]);
    let entities = client.post(&format!("{path}?ignoreErrors=true"), &body).await.json()["entities"].clone();
    assert_eq!((&entities[0]["state"], &entities[1]["state"]), (&"Permitted".into(), &"Rejected".into()));
    assert_eq!(client.get(&path).await.json()["entities"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_channel_has_a_thousand_topics_at_most() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let channel = create(&client).await;
    let users = client.get("/api/v2/users?pageSize=500").await.json();
    let ids: Vec<_> = users["entities"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|user| user["id"].as_str().expect("an id"))
        .collect();
    let topics: Vec<_> = ids
        .iter()
        .flat_map(|id| ["presence", "routingStatus", "station"].map(|part| format!("v2.users.{id}.{part}")))
        .collect();
    assert_eq!(subscribe(&client, &channel, &topics[..1000]).await.status, 200);
    let refused = subscribe(&client, &channel, &topics[1000..1001]).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().expect("a string").contains("1000 topics"));
    assert_eq!(subscribe(&client, &channel, &topics[..1]).await.status, 200, "a known one is no more");
}

#[tokio::test]
async fn a_channels_socket_is_subscribed_over_and_takes_any_text() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let agent = user(&client, "agent-1").await;
    let mut socket = connect(&mock, &create(&client).await).await;
    for text in ["Tue Nov 24 13:37:12 UTC 2026", "{\"message\":\"dance\"}", "[1"] {
        socket.say(text).await;
    }
    let topic = format!("v2.users.{agent}.presence");
    socket.say(json!({ "message": "subscribe", "topics": [topic], "correlationId": "c" }).to_string()).await;
    assert_eq!(socket.hear().await, json!({ "result": "200", "status": "subscribed", "correlationId": "c" }));
    set_presence(&client, &agent, "Busy").await;
    assert_eq!(socket.hear().await["topicName"], topic);
    socket.say(json!({ "message": "subscribe", "topics": ["nonsense"] }).to_string()).await;
    let failed = socket.hear().await;
    assert_eq!((&failed["result"], &failed["status"]), (&"400".into(), &"failure".into()));
    socket.say(json!({ "message": "unsubscribe", "topics": [topic] }).to_string()).await;
    assert_eq!(socket.hear().await["status"], "unsubscribed");
    set_presence(&client, &agent, "Away").await;
    socket.ping().await;
}

#[tokio::test]
async fn any_event_can_be_published_by_hand_and_sockets_show_their_topics() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}.geolocation"]).await;
    let topic = format!("v2.users.{agent}.geolocation");
    let sent =
        client.post("/__admin/events", &json!({ "topic": topic, "eventBody": { "country": "SG" } })).await;
    assert_eq!((sent.status, sent.json()), (200, json!({ "delivered": 1 })));
    let event = socket.hear().await;
    assert_eq!((&event["topicName"], &event["eventBody"]["country"]), (&topic.clone().into(), &"SG".into()));
    let shown = client.get("/__admin/sockets").await.json();
    assert_eq!(
        (&shown["sockets"][0]["topics"], &shown["sockets"][0]["kind"]),
        (&json!([topic]), &"channel".into())
    );
    let elsewhere = client.post("/__admin/events?tenant=Neighbour", &json!({ "topic": topic })).await;
    assert_eq!(elsewhere.json(), json!({ "delivered": 0 }));
    for bad in [json!({}), json!({ "topic": "" }), json!({ "topic": "t", "body": 1 })] {
        assert_eq!(client.post("/__admin/events", &bad).await.status, 400);
    }
}

#[tokio::test]
async fn a_slow_reader_is_closed_and_slows_no_other() {
    let mock = mock().await;
    let (client, agent, mut quick) = listening(&mock, &["v2.users.{id}.geolocation"]).await;
    let topic = format!("v2.users.{agent}.geolocation");
    let slow_channel = create(&client).await;
    subscribe(&client, &slow_channel, std::slice::from_ref(&topic)).await;
    let mut slow = connect(&mock, &slow_channel).await;
    slow.ping().await;
    let body = json!({ "topic": topic, "eventBody": "x".repeat(100_000) });
    let mut events = 0;
    while metric(&mock, "gcmock_frames_dropped_total").await == 0 {
        client.post("/__admin/events", &body).await;
        assert_eq!(quick.hear().await["topicName"], topic);
        events += 1;
        assert!(events < 2000, "the kernel does not hold so much");
    }
    assert_eq!(slow.close_frame().await.0, 1008);
    quick.ping().await;
    drop(slow);
    eventually(|| mock.open_sockets() == 1).await;
}

#[tokio::test]
async fn topics_are_listed_with_what_they_need() {
    let mock = mock().await;
    let listed = Client::of(&mock).get("/api/v2/notifications/availabletopics").await.json();
    let entities = listed["entities"].as_array().expect("a list");
    let adherence = entities.iter().find(|one| one["id"] == "v2.users.{id}.workforcemanagement.adherence");
    assert_eq!(adherence.expect("listed")["requiresPermissions"].as_array().map(Vec::len), Some(3));
    assert!(entities.iter().all(|one| one.get("gcmockPublishes").is_none()), "the vendor's shape lacks it");
    let says_that_it_is_silent = |topic: &str| {
        let listed = entities.iter().find(|one| one["id"] == topic).expect("listed");
        listed["description"].as_str().expect("a text").ends_with("; gcmock does not publish to it")
    };
    assert!(says_that_it_is_silent("v2.users.{id}.geolocation"));
    assert!(!says_that_it_is_silent("v2.users.{id}.presence"));
}

#[tokio::test]
async fn published_topics_that_never_fire_are_accepted() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let channel = client.post("/api/v2/notifications/channels", &json!({})).await.json();
    let path =
        format!("/api/v2/notifications/channels/{}/subscriptions", channel["id"].as_str().expect("an id"));
    let agent = client.get("/api/v2/users/agent-1").await.json()["id"].as_str().expect("an id").to_owned();
    for topic in [
        "v2.quality.evaluations".to_owned(),
        "v2.detail.events.conversation.1.acw".to_owned(),
        format!("v2.users.{agent}.outbound.contactlists.7.export"),
    ] {
        assert_eq!(client.post(&path, &json!([{ "id": topic }])).await.status, 200, "{topic}");
    }
    for unknown in [
        "v2.quality.evaluation",
        "v2.detail.events.conversation.1",
        "v2.users.1.outbound.contactlists.7.export",
    ] {
        assert_eq!(client.post(&path, &json!([{ "id": unknown }])).await.status, 400, "{unknown}");
    }
}

#[tokio::test]
async fn a_deleted_organization_takes_its_sockets_with_it() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let tenant = client.post("/__admin/tenants", &json!({})).await.json();
    let (id, secret) = (
        tenant["clients"][0]["id"].as_str().expect("an id"),
        tenant["clients"][0]["secret"].as_str().expect("a secret"),
    );
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let token = Answer::to(client.request("POST", "/oauth/token").form(&form)).await.json();
    let theirs = client.with_bearer(token["access_token"].as_str().expect("a token"));
    let mut socket = connect(&mock, &create(&theirs).await).await;
    socket.ping().await;
    let path = format!("/__admin/tenants/{}", tenant["id"].as_str().expect("an id"));
    assert_eq!(client.ask("DELETE", &path).await.status, 204);
    assert_eq!(socket.close_frame().await.0, 1012);
}
