//! The login host: every grant, every refusal, and its limits.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gcmock::{Credentials, MockServer};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Answer, Client, credentials, mock, window};

mod deleted;
mod refresh;

const TOKEN: &str = "/oauth/token";
const ME: &str = "/api/v2/users/me";
const REDIRECT: &str = "http://localhost:9999/callback";
const VERIFIER: &str = "a-verifier-of-at-least-43-characters-as-the-rfc-has-it";

/// Id and secret of a seeded client.
fn client(mock: &MockServer, name: &str) -> (String, Option<String>) {
    let Credentials { id, secret, .. } = credentials(mock, name);
    (id, secret)
}

async fn form(mock: &MockServer, pairs: &[(&str, &str)]) -> Answer {
    Answer::to(Client::anonymous(mock).request("POST", TOKEN).form(pairs)).await
}

async fn basic(mock: &MockServer, credentials: &str, pairs: &[(&str, &str)]) -> Answer {
    let value = format!("Basic {}", STANDARD.encode(credentials));
    Answer::to(Client::anonymous(mock).request("POST", TOKEN).header("authorization", value).form(pairs))
        .await
}

/// Checks that it is an error in OAuth's format, and returns its code.
fn refused(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(body["description"], body["error_description"]);
    let keys: Vec<_> = body.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["error", "description", "error_description"]);
    assert_eq!(answer.header("inin-correlation-id").len(), 36);
    format!("{} {}", answer.status, body["error"].as_str().expect("a code"))
}

async fn is_good(mock: &MockServer, answer: &Answer) -> bool {
    let token = answer.json()["access_token"].as_str().expect("a token").to_owned();
    Client::of(mock).with_bearer(&token).get(ME).await.status == 200
}

#[tokio::test]
async fn a_client_logs_in_with_basic_or_form_credentials() {
    let mock = mock("").await;
    let (id, secret) = mock.credentials();
    let grant = ("grant_type", "client_credentials");
    let answers = [
        basic(&mock, &format!("{id}:{secret}"), &[grant]).await,
        basic(&mock, &format!("{id}:{}", secret.replace('-', "%2D")), &[grant]).await,
        form(&mock, &[grant, ("client_id", &id), ("client_secret", &secret)]).await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
        assert!(is_good(&mock, &answer).await);
        insta::allow_duplicates! {
            insta::assert_json_snapshot!(answer.json(), { ".access_token" => "[token]" }, @r#"
            {
              "access_token": "[token]",
              "token_type": "bearer",
              "expires_in": 86400
            }
            "#);
        }
    }
}

#[tokio::test]
async fn a_client_with_wrong_credentials_gets_no_token() {
    let mock = mock("").await;
    let (id, secret) = mock.credentials();
    let grant = ("grant_type", "client_credentials");
    for credentials in
        [format!("{id}:wrong"), format!("{id}:"), format!("nobody:{secret}"), id.clone(), String::new()]
    {
        let answer = basic(&mock, &credentials, &[grant]).await;
        assert_eq!(refused(&answer), "400 invalid_client", "{credentials}");
        assert!(!answer.body.contains(&secret), "{}", answer.body);
        if credentials.ends_with("wrong") {
            assert_eq!(answer.json()["error_description"], "authentication failed");
        }
    }
    for pairs in [
        vec![grant],
        vec![grant, ("client_id", &id)],
        vec![grant, ("client_id", &id), ("code_verifier", VERIFIER)],
        vec![grant, ("client_id", &id), ("client_secret", "")],
    ] {
        assert_eq!(refused(&form(&mock, &pairs).await), "400 invalid_client", "{pairs:?}");
    }
    for header in ["Basic !", "Basic", "Bearer x", "Basic /////w=="] {
        let request = Client::anonymous(&mock).request("POST", TOKEN).header("authorization", header);
        assert_eq!(refused(&Answer::to(request.form(&[grant])).await), "400 invalid_client", "{header}");
    }
}

#[tokio::test]
async fn a_grant_has_to_be_named_known_and_allowed() {
    let mock = mock("").await;
    let (id, secret) = mock.credentials();
    let credentials = format!("{id}:{secret}");
    for (pairs, code) in [
        (vec![], "400 invalid_request"),
        (vec![("grant_type", "")], "400 invalid_request"),
        (vec![("grant_type", "password")], "400 unsupported_grant_type"),
        (vec![("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer")], "400 unsupported_grant_type"),
        (vec![("grant_type", "authorization_code")], "400 unauthorized_client"),
        (vec![("grant_type", "refresh_token")], "400 unauthorized_client"),
    ] {
        assert_eq!(refused(&basic(&mock, &credentials, &pairs).await), code, "{pairs:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused_in_oauths_words() {
    let mock = mock("").await;
    let (id, secret) = mock.credentials();
    let request = || Client::anonymous(&mock).request("POST", TOKEN).basic_auth(&id, Some(&secret));
    let json = Answer::to(request().json(&json!({ "grant_type": "client_credentials" }))).await;
    assert_eq!(refused(&json), "400 invalid_request");
    assert!(json.body.contains("x-www-form-urlencoded"), "{}", json.body);
    assert_eq!(refused(&Answer::to(request().body(vec![b'a'; 600_000])).await), "413 invalid_request");
    assert_eq!(refused(&Answer::to(request().body(vec![0xff; 100])).await), "400 invalid_request");
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    let bare = request().header("content-type", form).body("grant_type=client_credentials");
    assert_eq!(Answer::to(bare).await.status, 200);
}

#[tokio::test]
async fn the_eleventh_token_of_a_minute_is_refused_the_oauth_way() {
    let mock = mock(&window("tokens", "client", "POST /oauth/token", 10, "")).await;
    let (id, secret) = mock.credentials();
    let login =
        async || basic(&mock, &format!("{id}:{secret}"), &[("grant_type", "client_credentials")]).await;
    for remaining in (0..10).rev() {
        let answer = login().await;
        assert_eq!(
            (answer.status, answer.header("x-ratelimit-remaining")),
            (200, remaining.to_string().as_str())
        );
    }
    mock.advance(Duration::from_millis(18_500));
    let eleventh = login().await;
    assert_eq!((refused(&eleventh).as_str(), eleventh.header("retry-after")), ("400 invalid_request", "42"));
    insta::assert_snapshot!(eleventh.body, @r#"{"error":"invalid_request","description":"rate limit exceeded; retry the request in 42 seconds","error_description":"rate limit exceeded; retry the request in 42 seconds"}"#);
    assert!(eleventh.header("gcmock-limit").starts_with(r#"name="tokens"; scope="client"; capacity=10;"#));
    mock.advance(Duration::from_secs(42));
    assert_eq!(login().await.status, 200);
}

#[tokio::test]
async fn a_claimed_client_is_charged_before_its_secret_is_checked() {
    let mock = mock(&window("tokens", "client", "POST /oauth/token", 2, "")).await;
    let (id, secret) = mock.credentials();
    let grant = [("grant_type", "client_credentials")];
    for claimed in [id.as_str(), "unknown"] {
        for _ in 0..2 {
            assert_eq!(
                refused(&basic(&mock, &format!("{claimed}:wrong"), &grant).await),
                "400 invalid_client"
            );
        }
        let third = basic(&mock, &format!("{claimed}:{secret}"), &grant).await;
        assert_eq!(
            (refused(&third).as_str(), third.header("retry-after")),
            ("400 invalid_request", "60"),
            "{claimed}"
        );
    }
    let other = form(&mock, &[grant[0], ("client_id", "unknown-too")]).await;
    assert_eq!(other.header("x-ratelimit-remaining"), "1", "each claim for itself");
    assert!(!form(&mock, &grant).await.headers.contains_key("x-ratelimit-remaining"), "nobody is claimed");
}

/// Asks for a code; `more` comes after client and address.
async fn authorize(mock: &MockServer, name: &str, more: &[(&str, &str)]) -> Answer {
    let id = client(mock, name).0;
    let own = [("response_type", "code"), ("client_id", &id), ("redirect_uri", REDIRECT)];
    let request = Client::anonymous(mock).request("GET", "/oauth/authorize");
    Answer::to(request.query(&[more, &own].concat())).await
}

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// A code for `name`, asked for with PKCE.
async fn code(mock: &MockServer, name: &str) -> String {
    let answer =
        authorize(mock, name, &[("code_challenge", &challenge()), ("code_challenge_method", "S256")]).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    let location = answer.header("location").strip_prefix(REDIRECT).expect("to the client").to_owned();
    location.strip_prefix("?code=").expect("a code").to_owned()
}

async fn redeem(mock: &MockServer, name: &str, code: &str, more: &[(&str, &str)]) -> Answer {
    let id = client(mock, name).0;
    let own = [("grant_type", "authorization_code"), ("client_id", &id), ("code", code)];
    form(mock, &[own.as_slice(), more].concat()).await
}

const PROOF: [(&str, &str); 2] = [("code_verifier", VERIFIER), ("redirect_uri", REDIRECT)];

#[tokio::test]
async fn a_code_is_valid_once_in_time_and_for_its_client() {
    let mock = mock("").await;
    let name = "agent-desktop";
    let used = code(&mock, name).await;
    assert_eq!(redeem(&mock, name, &used, &PROOF).await.status, 200);
    assert_eq!(refused(&redeem(&mock, name, &used, &PROOF).await), "400 invalid_grant", "twice");
    let wrong = [("code_verifier", "wrong"), ("redirect_uri", REDIRECT)];
    let guessed = code(&mock, name).await;
    assert_eq!(refused(&redeem(&mock, name, &guessed, &wrong).await), "400 invalid_grant");
    assert_eq!(
        refused(&redeem(&mock, name, &guessed, &PROOF).await),
        "400 invalid_grant",
        "a guess spends it"
    );
    assert_eq!(refused(&redeem(&mock, name, &code(&mock, name).await, &[]).await), "400 invalid_grant");
    let elsewhere = [("code_verifier", VERIFIER), ("redirect_uri", "http://elsewhere")];
    assert_eq!(
        refused(&redeem(&mock, name, &code(&mock, name).await, &elsewhere).await),
        "400 invalid_grant"
    );
    assert_eq!(
        refused(&redeem(&mock, "web-app", &code(&mock, name).await, &PROOF).await),
        "400 invalid_grant"
    );
    let (just, late) = (code(&mock, name).await, code(&mock, name).await);
    mock.advance(Duration::from_secs(600) - Duration::from_nanos(1));
    assert_eq!(redeem(&mock, name, &just, &PROOF).await.status, 200);
    mock.advance(Duration::from_nanos(1));
    assert_eq!(refused(&redeem(&mock, name, &late, &PROOF).await), "400 invalid_grant", "after ten minutes");
    assert_eq!(refused(&redeem(&mock, name, "", &PROOF).await), "400 invalid_request");
}

#[tokio::test]
async fn a_confidential_client_proves_itself_by_secret_or_by_challenge() {
    let mock = mock("").await;
    let (id, secret) = client(&mock, "web-app");
    let credentials = format!("{id}:{}", secret.expect("a secret"));
    let plain = async || {
        let answer = authorize(&mock, "web-app", &[]).await;
        answer.header("location").rsplit('=').next().expect("a code").to_owned()
    };
    let form = |code: String| [("grant_type", "authorization_code".to_owned()), ("code", code)];
    let redeemed = form(plain().await);
    let pairs = redeemed.each_ref().map(|(key, value)| (*key, value.as_str()));
    assert_eq!(basic(&mock, &credentials, &pairs).await.status, 200);
    let unproven = redeem(&mock, "web-app", &plain().await, &[("code_verifier", "anything")]).await;
    assert_eq!(refused(&unproven), "400 invalid_grant", "nothing was there to verify");
    let with_pkce = redeem(&mock, "web-app", &code(&mock, "web-app").await, &PROOF).await;
    assert_eq!(with_pkce.status, 200);
}

#[tokio::test]
async fn an_authorization_that_makes_no_sense_is_refused() {
    let mock = mock("").await;
    let challenge = challenge();
    let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    for (name, more, code) in [
        ("agent-desktop", vec![], "400 invalid_request"),
        ("agent-desktop", vec![pkce[0]], "400 invalid_request"),
        ("agent-desktop", vec![pkce[0], ("code_challenge_method", "plain")], "400 invalid_request"),
        ("rehearsal", pkce.to_vec(), "400 unauthorized_client"),
        ("web-app", vec![("client_id", "nobody")], "400 invalid_client"),
        ("web-app", vec![("response_type", "id_token")], "400 unsupported_response_type"),
        ("web-app", vec![("redirect_uri", "")], "400 invalid_request"),
        ("web-app", vec![("redirect_uri", "http://x/\r\nX-Injected: 1")], "400 invalid_request"),
        ("web-app", vec![("redirect_uri", "http://x/#fragment")], "400 invalid_request"),
        ("web-app", vec![("redirect_uri", "http://\u{20ac}/")], "400 invalid_request"),
        ("web-app", vec![("redirect_uri", "nowhere")], "400 invalid_request"),
        ("web-app", vec![("login_hint", "nobody")], "400 invalid_request"),
    ] {
        let answer = authorize(&mock, name, &more).await;
        assert_eq!(refused(&answer), code, "{name} {more:?}");
        assert!(!answer.headers.contains_key("location") && !answer.headers.contains_key("x-injected"));
    }
    assert_eq!(refused(&Client::anonymous(&mock).get("/oauth/authorize").await), "400 invalid_request");
}

#[tokio::test]
async fn the_state_comes_back_as_it_was() {
    let mock = mock("").await;
    let state = "a b&c=d#\u{20ac}\r\n";
    let answer = authorize(&mock, "web-app", &[("redirect_uri", "http://x/?own=1"), ("state", state)]).await;
    let location = reqwest::Url::parse(answer.header("location")).expect("an address");
    let pairs: Vec<_> = location.query_pairs().map(|(key, _)| key.into_owned()).collect();
    assert_eq!(pairs, ["own", "code", "state"]);
    assert_eq!(location.query_pairs().last().expect("the state").1, state);
}

#[tokio::test]
async fn a_login_hint_names_the_user() {
    let mock = mock("").await;
    let answer = authorize(&mock, "web-app", &[("login_hint", "supervisor")]).await;
    let code = answer.header("location").rsplit('=').next().expect("a code").to_owned();
    let (id, secret) = client(&mock, "web-app");
    let pairs = [("grant_type", "authorization_code"), ("code", code.as_str())];
    let token = basic(&mock, &format!("{id}:{}", secret.expect("a secret")), &pairs).await.json();
    let token = token["access_token"].as_str().expect("a token");
    let me = Client::of(&mock).with_bearer(token).get(ME).await.json();
    assert_eq!(me["name"], "supervisor");
    let entry = mock.requests().pop().expect("in the journal");
    assert_eq!(entry.user.map(|user| user.to_string()).as_deref(), me["id"].as_str());
}

#[tokio::test]
async fn the_implicit_grant_puts_a_users_token_into_the_fragment_of_a_registered_address() {
    let mock = mock("").await;
    let api = Client::of(&mock);
    let body = json!({ "name": "page", "authorizedGrantType": "TOKEN", "registeredRedirectUri": [REDIRECT],
        "accessTokenValiditySeconds": 600, "scope": ["users"] });
    let made = api.post("/api/v2/oauth/clients", &body).await.json();
    let id = made["id"].as_str().expect("an id").to_owned();
    let ask = async |pairs: &[(&str, &str)]| {
        let request = Client::anonymous(&mock).request("GET", "/oauth/authorize");
        Answer::to(request.query(pairs)).await
    };
    let own = [("response_type", "token"), ("client_id", &*id), ("redirect_uri", REDIRECT), ("state", "s 1")];
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = ask(&own).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        let fragment =
            answer.header("location").strip_prefix(REDIRECT).and_then(|rest| rest.strip_prefix('#'));
        let fields: std::collections::HashMap<_, _> =
            form_urlencoded::parse(fragment.expect("a fragment").as_bytes()).into_owned().collect();
        assert_eq!(
            (&*fields["expires_in"], &*fields["token_type"], &*fields["state"]),
            ("600", "bearer", "s 1")
        );
        seen.push(fields["access_token"].clone());
    }
    assert!(seen[0] != seen[1] && seen[0].len() >= 32, "{seen:?}");
    assert_eq!(Client::of(&mock).with_bearer(&seen[0]).get(ME).await.json()["name"], "administrator");
    mock.advance(Duration::from_secs(601));
    assert_eq!(Client::of(&mock).with_bearer(&seen[0]).get(ME).await.status, 401);
    let with = |key: &str, value: &'static str| {
        own.map(|(name, known)| (name, if name == key { value.to_owned() } else { known.to_owned() }))
    };
    for (key, value, expected) in [
        ("client_id", "unknown", "400 invalid_client"),
        ("redirect_uri", "http://localhost:9999/other", "400 invalid_request"),
        ("redirect_uri", "", "400 invalid_request"),
        ("response_type", "id_token", "400 unsupported_response_type"),
        ("response_type", "code", "400 unauthorized_client"),
    ] {
        let pairs = with(key, value);
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(refused(&ask(&pairs).await), expected, "{key}={value}");
    }
    let other = authorize(&mock, "agent-desktop", &[("response_type", "token")]).await;
    assert_eq!(refused(&other), "400 unauthorized_client");
}
