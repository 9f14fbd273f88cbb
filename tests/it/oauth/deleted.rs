//! Users whose tokens are taken away, and users that are deleted.

use serde_json::json;

use super::{ME, authorize, basic, client, code, form, is_good, redeem, refused};
use crate::support::{Answer, Client, mock};

/// The answer to a login of `agent-1` with a refresh token.
async fn log_in(mock: &gcmock::MockServer) -> Answer {
    let (id, secret) = client(mock, "web-app");
    let answer = authorize(mock, "web-app", &[("login_hint", "agent-1")]).await;
    let code = answer.header("location").rsplit('=').next().expect("a code").to_owned();
    let pairs = [("grant_type", "authorization_code"), ("code", code.as_str())];
    basic(mock, &format!("{id}:{}", secret.expect("a secret")), &pairs).await
}

async fn refresh(mock: &gcmock::MockServer, login: &Answer) -> Answer {
    let (id, secret) = client(mock, "web-app");
    let token = login.json()["refresh_token"].as_str().expect("a token").to_owned();
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    basic(mock, &format!("{id}:{}", secret.expect("a secret")), &pairs).await
}

#[tokio::test]
async fn the_tokens_of_a_user_are_taken_away_and_those_of_others_stay() {
    let mock = mock("").await;
    let (login, other) = (log_in(&mock).await, redeem_desktop(&mock).await);
    assert!(is_good(&mock, &login).await && is_good(&mock, &other).await);
    let agent = Client::of(&mock).get("/api/v2/users/agent-1").await.json()["id"].clone();
    let path = format!("/api/v2/tokens/{}", agent.as_str().expect("an id"));
    assert_eq!(Client::of(&mock).ask("DELETE", &path).await.status, 204);
    assert!(!is_good(&mock, &login).await);
    assert!(is_good(&mock, &other).await);
    assert_eq!(refused(&refresh(&mock, &login).await), "400 invalid_grant");
    assert!(is_good(&mock, &log_in(&mock).await).await, "the user may log in again");
    let unknown = "/api/v2/tokens/3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    assert_eq!(Client::of(&mock).ask("DELETE", unknown).await.status, 404);
}

/// A login of the administrator.
async fn redeem_desktop(mock: &gcmock::MockServer) -> Answer {
    redeem(mock, "agent-desktop", &code(mock, "agent-desktop").await, &super::PROOF).await
}

#[tokio::test]
async fn a_deleted_user_has_no_token_and_does_not_log_in() {
    let mock = mock("").await;
    let login = log_in(&mock).await;
    let hint = [("login_hint", "agent-1")];
    let pending = authorize(&mock, "web-app", &hint).await;
    let pending = pending.header("location").rsplit('=').next().expect("a code").to_owned();
    assert_eq!(Client::of(&mock).ask("DELETE", "/api/v2/users/agent-1").await.status, 200);
    let token = login.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(Client::of(&mock).with_bearer(&token).get(ME).await.status, 401);
    assert_eq!(refused(&refresh(&mock, &login).await), "400 invalid_grant");
    let id = client(&mock, "web-app").0;
    let late = [("grant_type", "authorization_code"), ("client_id", &*id), ("code", &*pending)];
    assert!(refused(&form(&mock, &late).await).starts_with("400"));
    assert_eq!(refused(&authorize(&mock, "web-app", &hint).await), "400 invalid_request");
    let request = Client::of(&mock).request("PUT", "/api/v2/users/agent-2/state");
    assert_eq!(Answer::to(request.json(&json!({ "state": "inactive" }))).await.status, 200);
    assert!(is_good(&mock, &redeem_desktop(&mock).await).await);
}
