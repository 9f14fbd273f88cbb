//! Refresh tokens: who gets one, and what it gives.

use std::time::Duration;

use super::{PROOF, basic, client, code, form, is_good, redeem, refused};
use crate::support::{mock, window};

#[tokio::test]
async fn a_public_client_gets_a_users_token_with_pkce_and_refreshes_it() {
    let mock = mock(&window("user", "user", "GET /api/v2/**", 1, "grant = [\"authorization_code\"]")).await;
    let code = code(&mock, "agent-desktop").await;
    let answer = redeem(&mock, "agent-desktop", &code, &PROOF).await;
    insta::assert_json_snapshot!(answer.json(), { ".access_token" => "[token]", ".refresh_token" => "[token]" }, @r#"
    {
      "access_token": "[token]",
      "token_type": "bearer",
      "expires_in": 86400,
      "refresh_token": "[token]"
    }
    "#);
    assert!(is_good(&mock, &answer).await);
    assert!(!is_good(&mock, &answer).await, "it has a user to be counted by");
    let refresh = answer.json()["refresh_token"].as_str().expect("a token").to_owned();
    mock.advance(Duration::from_secs(48 * 3600));
    let id = client(&mock, "agent-desktop").0;
    let renew = |refresh: String| {
        let (mock, id) = (&mock, &id);
        async move {
            form(mock, &[("grant_type", "refresh_token"), ("client_id", id), ("refresh_token", &refresh)])
                .await
        }
    };
    let renewed = renew(refresh.clone()).await;
    assert_eq!(renewed.json()["refresh_token"], refresh);
    assert!(is_good(&mock, &renewed).await);
    assert_eq!(refused(&renew("gcmock-0".to_owned()).await), "400 invalid_grant");
    let (other, secret) = client(&mock, "web-app");
    let stolen = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let stolen = basic(&mock, &format!("{other}:{}", secret.expect("a secret")), &stolen).await;
    assert_eq!(refused(&stolen), "400 invalid_grant", "it is of another client");
}

#[tokio::test]
async fn a_client_that_keeps_its_secret_back_gets_no_refresh_token() {
    let mock = mock("").await;
    let answer = redeem(&mock, "web-app", &code(&mock, "web-app").await, &PROOF).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json().get("refresh_token"), None, "it could not use it without the secret");
    let (id, secret) = client(&mock, "web-app");
    let code = code(&mock, "web-app").await;
    let own = [&[("grant_type", "authorization_code"), ("code", code.as_str())], PROOF.as_slice()].concat();
    let answer = basic(&mock, &format!("{id}:{}", secret.expect("a secret")), &own).await;
    assert!(answer.json()["refresh_token"].is_string(), "{}", answer.body);
}
