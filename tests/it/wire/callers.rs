//! The authentication of callers.

use std::time::Duration;

use gcmock::MockServer;

use crate::support::{Answer, Client, Raw, credentials, mock, neighbour, window};

const ME: &str = "/api/v2/users/me";

async fn token(mock: &MockServer, name: &str) -> Client {
    let client = credentials(mock, name);
    let request = Client::anonymous(mock).request("POST", "/oauth/token");
    let form = [("grant_type", "client_credentials")];
    let answer = Answer::to(request.basic_auth(&client.id, client.secret.as_ref()).form(&form)).await;
    Client::of(mock).with_bearer(answer.json()["access_token"].as_str().expect("a token"))
}

/// Asks with an `Authorization` header of these bytes.
async fn authorized(mock: &MockServer, method: &str, path: &str, value: &[u8]) -> (u16, String) {
    let mut raw = Raw::connect(mock).await;
    let head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: ");
    raw.send([head.as_bytes(), value, b"\r\n\r\n"].concat()).await;
    raw.answer().await
}

#[tokio::test]
async fn a_request_without_a_bearer_is_a_401() {
    let mock = mock("").await;
    assert_eq!(Client::anonymous(&mock).get(ME).await.code(), "authentication.required");
    for value in
        ["Bearer", "Bearer ", "Bearer  \t", "bearer", "Basic YTpi", "Token x", "", "x", "Bearer\u{fc}x"]
    {
        let (status, text) = authorized(&mock, "GET", ME, value.as_bytes()).await;
        assert_eq!(status, 401, "{value:?}");
        assert!(text.contains(r#""code":"authentication.required","status":401"#), "{value:?}: {text}");
    }
}

#[tokio::test]
async fn whatever_bearer_is_pasted_is_accepted_and_counted_for_itself() {
    let mock = mock(&window("one", "token", "* /api/v2/**", 1, "")).await;
    let pasted: [&[u8]; 6] = [
        b"Bearer a",
        b"bearer a b  c",
        b"BEARER \xff\xfe\x80",
        "Bearer \u{20ac}".as_bytes(),
        b"Bearer gcmock",
        b"Bearer <script>",
    ];
    for value in pasted {
        assert_eq!(authorized(&mock, "GET", ME, value).await.0, 200, "{value:?}");
        assert_eq!(authorized(&mock, "GET", ME, value).await.0, 429, "{value:?}");
    }
    let (status, text) = authorized(&mock, "GET", ME, b"Bearer   a  ").await;
    assert_eq!(status, 429, "spaces around it are not of it");
    assert!(!text.contains("Bearer"), "{text}");
}

#[tokio::test]
async fn a_token_that_looks_issued_is_known_or_refused() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    assert_eq!(client.with_bearer("gcmock-0123").get(ME).await.code(), "bad.credentials");
    let issued = token(&mock, "rehearsal").await;
    assert_eq!(issued.get(ME).await.status, 200);
    mock.reset();
    assert_eq!(issued.get(ME).await.code(), "bad.credentials", "a reset forgets it");
}

#[tokio::test]
async fn strict_auth_lets_in_issued_tokens_alone() {
    let mock = MockServer::builder().strict_auth().start().await.expect("started");
    assert_eq!(Client::of(&mock).get(ME).await.code(), "bad.credentials");
    assert_eq!(token(&mock, "rehearsal").await.get(ME).await.status, 200);
}

#[tokio::test]
async fn a_token_expires_with_the_models_time() {
    let mock = mock("").await;
    let (day, minute) = (token(&mock, "rehearsal").await, token(&mock, "short-lived").await);
    mock.advance(Duration::from_secs(60) - Duration::from_nanos(1));
    assert_eq!(minute.get(ME).await.status, 200);
    mock.advance(Duration::from_nanos(1));
    assert_eq!(minute.get(ME).await.code(), "credentials.expired");
    mock.advance(Duration::from_secs(24 * 3600 - 60));
    assert_eq!(day.get(ME).await.code(), "credentials.expired");
    assert_eq!(Client::of(&mock).get(ME).await.status, 200, "a pasted one never does");
}

#[tokio::test]
async fn a_revoked_token_is_refused() {
    let mock = mock("").await;
    for client in [token(&mock, "rehearsal").await, Client::of(&mock)] {
        assert_eq!(client.ask("HEAD", "/api/v2/tokens/me").await.status, 200);
        let revoked = client.ask("DELETE", "/api/v2/tokens/me").await;
        assert_eq!((revoked.status, revoked.body.as_str()), (200, ""));
        assert_eq!(client.get(ME).await.code(), "bad.credentials");
        assert_eq!(client.ask("HEAD", "/api/v2/tokens/me").await.status, 401);
    }
    let bytes = b"Bearer \xff\xfe";
    assert_eq!(authorized(&mock, "DELETE", "/api/v2/tokens/me", bytes).await.0, 200);
    assert_eq!(authorized(&mock, "GET", ME, bytes).await.0, 401, "whatever bytes it is of");
    assert_eq!(Client::of(&mock).with_bearer("another").get(ME).await.status, 200);
}

#[tokio::test]
async fn scopes_are_asked_for_only_when_they_are_enforced() {
    let lenient = mock("").await;
    let strict = MockServer::builder().enforce_scopes().start().await.expect("started");
    assert_eq!(token(&lenient, "reader").await.get("/api/v2/oauth/clients").await.status, 200);
    let reader = token(&strict, "reader").await;
    let refused = reader.get("/api/v2/oauth/clients").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "missing.permissions"));
    assert!(refused.body.contains("oauth:readonly"), "{}", refused.body);
    assert_eq!(reader.get("/api/v2/organizations/me").await.status, 200);
    assert_eq!(reader.get("/api/v2/tokens/me").await.status, 200);
    let write = Answer::to(reader.request("PUT", "/api/v2/organizations/other").json(&1)).await;
    assert_eq!(write.code(), "missing.permissions");
    assert_eq!(Client::of(&strict).get("/api/v2/oauth/clients").await.status, 200, "pasted ones hold all");
}

#[tokio::test]
async fn a_token_tells_what_it_is() {
    let mock = mock("").await;
    let told = token(&mock, "reader").await.get("/api/v2/tokens/me").await.json();
    insta::assert_json_snapshot!(told);
    assert_eq!(Client::of(&mock).get("/api/v2/tokens/me").await.json()["OAuthClient"]["id"], "pasted-token");
}

#[tokio::test]
async fn an_organization_tells_what_it_is() {
    let mock = mock("").await;
    insta::assert_json_snapshot!(Client::of(&mock).get("/api/v2/organizations/me").await.json());
}

#[tokio::test]
async fn clients_are_shown_without_their_secrets() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let listing = client.get("/api/v2/oauth/clients?pageSize=2").await;
    insta::assert_json_snapshot!(listing.json());
    for name in ["rehearsal", "rehearsal-two", "web-app"] {
        let one = client.get(&format!("/api/v2/oauth/clients/{}", credentials(&mock, name).id)).await;
        assert_eq!(one.json()["name"], name);
        assert!(!one.body.contains("secret"), "{}", one.body);
    }
    assert!(!listing.body.contains("secret"));
    let neighbours = neighbour(&mock).id;
    assert_eq!(client.get(&format!("/api/v2/oauth/clients/{neighbours}")).await.code(), "not.found");
}
