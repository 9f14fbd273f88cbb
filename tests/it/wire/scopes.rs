//! The scopes of limits: which requests count together.

use crate::support::{Answer, Client, Raw, eventually, limit, mock, used, window};
use gcmock::MockServer;

const ME: &str = "/api/v2/users/me";
const ANY: &str = "* /api/v2/**";

/// A client of the default organization with a token of its own.
async fn logged_in(mock: &MockServer, name: &str) -> Client {
    let client = mock.client("Rehearsal", name).or_else(|| mock.client("Neighbour", name)).expect("seeded");
    let form = [("grant_type", "client_credentials")];
    let request = Client::anonymous(mock).request("POST", "/oauth/token");
    let answer = Answer::to(request.basic_auth(&client.id, client.secret.as_ref()).form(&form)).await;
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    Client::anonymous(mock).with_bearer(&token)
}

async fn statuses(clients: &[&Client]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for client in clients {
        statuses.push(client.get(ME).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_limit_is_counted_by_its_scope() {
    for (scope, expected) in [
        ("token", [200, 200, 200, 200]),
        ("client", [200, 429, 200, 200]),
        ("tenant", [200, 429, 429, 200]),
        ("ip", [200, 429, 429, 429]),
        ("", [200, 429, 429, 429]),
        // A token of client credentials has no user.
        ("user", [200, 200, 200, 200]),
        ("user+tenant", [200, 200, 200, 200]),
    ] {
        let mock = mock(&window("one", scope, ANY, 1, "")).await;
        let (one, again) = (logged_in(&mock, "rehearsal").await, logged_in(&mock, "rehearsal").await);
        let (two, other) = (logged_in(&mock, "rehearsal-two").await, logged_in(&mock, "neighbour").await);
        assert_eq!(statuses(&[&one, &again, &two, &other]).await, expected, "{scope}");
    }
}

#[tokio::test]
async fn every_pasted_token_is_the_administrator() {
    let mock = mock(&window("one", "user", ANY, 1, "")).await;
    let client = Client::of(&mock);
    assert_eq!(statuses(&[&client, &client.with_bearer("other")]).await, [200, 429]);
}

#[tokio::test]
async fn a_limit_of_some_grants_covers_no_other_grant() {
    let mock = mock(&window("one", "tenant", ANY, 1, "grant = [\"client_credentials\"]")).await;
    let (pasted, issued) = (Client::of(&mock), logged_in(&mock, "rehearsal").await);
    assert_eq!(statuses(&[&pasted, &issued, &issued, &pasted]).await, [200, 200, 429, 200]);
}

#[tokio::test]
async fn the_edge_is_the_first_label_of_the_host() {
    let mock = mock(&window("one", "edge", ANY, 1, "")).await;
    let mut raw = Raw::connect(&mock).await;
    let mut at = async |target: &str, host: &str| {
        raw.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer a\r\n\r\n")).await;
        raw.answer().await.0
    };
    assert_eq!(at(ME, "platform-singapore.example:8080").await, 200);
    assert_eq!(at(ME, "PLATFORM-SINGAPORE").await, 429);
    assert_eq!(at(ME, "127.0.0.1").await, 200, "an unknown host is at the default edge");
    assert_eq!(at(ME, "platform-chicago").await, 429);
    assert_eq!(at(ME, "\u{fc}").await, 429);
}

#[tokio::test]
async fn an_endpoint_is_a_template_and_all_unknown_paths_are_one() {
    let mock = mock(&window("one", "endpoint", ANY, 1, "")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get("/api/v2/oauth/clients/a").await.status, 404);
    assert_eq!(client.get("/api/v2/oauth/clients/b").await.status, 429, "one template");
    assert_eq!(client.get("/api/v2/oauth/clients").await.status, 200);
    assert_eq!(client.get("/api/v2/nowhere/a").await.status, 404);
    assert_eq!(client.get("/api/v2/elsewhere/b").await.status, 429);
}

#[tokio::test]
async fn a_path_written_another_way_meets_the_same_limit() {
    let mock = mock(&window("one", "token", "GET /api/v2/organizations/me", 1, "")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get("/api/v2/organizations/me").await.status, 200);
    let mut raw = Raw::connect(&mock).await;
    for path in [
        "/api/v2/organizations/me/",
        "/api/v2/%6Frganizations/m%65",
        "/%61pi/v2/organizations/me?x",
        "http://api.mypurecloud.com/api/v2/organizations/me",
    ] {
        assert_eq!(raw.get(path, "").await.0, 429, "{path}");
    }
    assert_eq!(client.ask("HEAD", "/api/v2/organizations/me").await.status, 429, "HEAD counts as GET");
}

#[tokio::test]
async fn a_head_is_answered_like_its_get_without_the_body() {
    let mock = mock(&window("two", "token", "GET /api/v2/**", 2, "")).await;
    let client = Client::of(&mock);
    let head = client.ask("HEAD", "/api/v2/organizations/me").await;
    assert_eq!((head.status, head.body.as_str(), head.header("x-ratelimit-remaining")), (200, "", "1"));
    let by_shape = client.ask("HEAD", "/api/v2/greetings").await;
    assert_eq!((by_shape.status, by_shape.header("x-ratelimit-remaining")), (200, "0"));
    let refused = client.ask("HEAD", "/api/v2/greetings").await;
    assert_eq!((refused.status, refused.header("retry-after"), refused.body.as_str()), (429, "60", ""));
}

#[tokio::test]
async fn a_connection_keeps_its_place_until_it_ends() {
    let place = "algorithm = \"concurrency\"\ncapacity = 1\nhold = \"connection\"";
    let mock = mock(&limit("place", "tenant", ANY, place)).await;
    let (mut one, mut two) = (Raw::connect(&mock).await, Raw::connect(&mock).await);
    assert_eq!(two.get("/outside", "").await.0, 404, "takes none");
    assert_eq!(one.get(ME, "").await.0, 200);
    let (status, refused) = two.get(ME, "").await;
    assert_eq!(status, 429);
    assert!(refused.contains("\r\nRetry-After: 1\r\n") && refused.contains("[1] seconds"), "{refused}");
    assert_eq!(one.get(ME, "").await.0, 200, "its own place is not asked for twice");
    assert_eq!((used(&mock, "place"), two.get(ME, "").await.0), (1, 429));
    drop(one);
    eventually(|| used(&mock, "place") == 0).await;
    assert_eq!(two.get(ME, "").await.0, 200);
}
