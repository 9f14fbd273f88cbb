//! The login host: `POST /oauth/token` and `GET /oauth/authorize`.
//!
//! Errors have the format of RFC 6749 and the status 400, as the vendor's clients expect; this includes throttling.
//! There is no consent page: an authorization is answered with its redirect at once, for the user that `login_hint`
//! names, or for the administrator.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::api::request::Request;
use crate::api::route::{Handler, Route};
use crate::identity::{Code, Refresh};
use crate::platform::Platform;
use crate::rules::Grant;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::id::UserIndex;
use crate::world::people::User;
use crate::world::{Client, Tenant};

/// The login host's operations.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::POST, "/oauth/token", Handler::Login(issue_token)),
        Route::new(Method::GET, "/oauth/authorize", Handler::Login(authorize)),
    ]
}

/// The parameters of a request to the login host, from the header, the form and the query.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    basic: Option<(String, String)>,
    urlencoded: bool,
}

impl<'a> Form<'a> {
    /// Reads a request to the login host.
    pub(crate) fn of(request: &Request<'a>) -> Self {
        let media_type = request.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        let source = if *request.method == Method::POST { request.body } else { request.query.as_bytes() };
        Self {
            pairs: form_urlencoded::parse(source).collect(),
            basic: basic(request.headers),
            urlencoded: media_type.is_empty()
                || media_type.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"),
        }
    }

    /// The client id that the request claims.
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.basic.as_ref().map(|(id, _)| id.as_str()).or_else(|| self.get("client_id"))
    }

    fn secret(&self) -> Option<&str> {
        self.basic.as_ref().map(|(_, secret)| secret.as_str()).or_else(|| self.get("client_secret"))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    fn required(&self, name: &'static str) -> Result<&str, ApiError> {
        let missing = || ApiError::oauth("invalid_request", format!("the parameter {name} is missing"));
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(missing)
    }
}

/// `Authorization: Basic base64(id:secret)`.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

#[derive(Serialize)]
struct TokenBody {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

fn issue_token(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let form = Form::of(request);
    if !form.urlencoded {
        let why = "the body must be application/x-www-form-urlencoded";
        return Err(ApiError::oauth("invalid_request", why));
    }
    let grant = form.required("grant_type")?;
    // With a code's verifier (PKCE) no secret is needed. Every other grant needs one.
    let proves_later = grant == "authorization_code" && form.get("code_verifier").is_some();
    let (tenant, client) = find_client(platform, &form, proves_later)?;
    let body = match grant {
        "client_credentials" => client_credentials(platform, &tenant, &client, request.now)?,
        "authorization_code" => authorization_code(platform, &form, &client, request.now)?,
        "refresh_token" => refresh_token(platform, &form, &client, request.now)?,
        other => {
            let why = format!(
                "the grant {other} is not one of client_credentials, authorization_code, refresh_token"
            );
            return Err(ApiError::oauth("unsupported_grant_type", why));
        }
    };
    Ok(Reply::ok(&body)?.with(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// The platform's message for a wrong client secret.
const WRONG_SECRET: &str = "authentication failed";

/// Finds the client that the request names, and checks its secret if it has one.
fn find_client(
    platform: &Platform,
    form: &Form<'_>,
    proves_later: bool,
) -> Result<(Arc<Tenant>, Arc<Client>), ApiError> {
    let no_client =
        || ApiError::oauth("invalid_client", "no client named: send Basic credentials or client_id");
    let id = form.client_id().ok_or_else(no_client)?;
    let unknown = || ApiError::oauth("invalid_client", "client not found");
    let (tenant, client) = platform.tenants.client(id).ok_or_else(unknown)?;
    if !client.is_active() {
        return Err(ApiError::oauth("invalid_client", "the client is not active"));
    }
    let is_proven = match (&client.secret, form.secret()) {
        (Some(secret), Some(given)) => is_secret(secret, given),
        (Some(_), None) => proves_later,
        (None, _) => true,
    };
    if is_proven {
        return Ok((tenant, client));
    }
    let why = if form.secret().is_some() { WRONG_SECRET } else { "the client secret is missing" };
    Err(ApiError::oauth("invalid_client", why))
}

/// Compares the secret in constant time. Clients send it as it is, or form-encoded as RFC 6749 (2.3.1) requires.
fn is_secret(secret: &str, given: &str) -> bool {
    let decoded = percent_decode_str(given).collect::<Vec<u8>>();
    let equals = |given: &[u8]| secret.as_bytes().ct_eq(given);
    (equals(given.as_bytes()) | equals(&decoded)).into()
}

fn check_grant(client: &Client, grant: Grant) -> Result<(), ApiError> {
    let refused = || {
        let why = format!("the client {} is not allowed the grant {}", client.name, grant.name());
        ApiError::oauth("unauthorized_client", why)
    };
    client.grants.contains(&grant).then_some(()).ok_or_else(refused)
}

fn client_credentials(
    platform: &Platform,
    tenant: &Arc<Tenant>,
    client: &Arc<Client>,
    now: Nanos,
) -> Result<TokenBody, ApiError> {
    check_grant(client, Grant::ClientCredentials)?;
    let token = platform.identity.tokens.issue(tenant, client, None, Grant::ClientCredentials, now);
    Ok(token_body(token, None))
}

fn token_body(token: crate::identity::NewToken, refresh_token: Option<String>) -> TokenBody {
    TokenBody { access_token: token.text, token_type: "bearer", expires_in: token.expires_in, refresh_token }
}

fn authorization_code(
    platform: &Platform,
    form: &Form<'_>,
    client: &Arc<Client>,
    now: Nanos,
) -> Result<TokenBody, ApiError> {
    check_grant(client, Grant::AuthorizationCode)?;
    let invalid = |why: &'static str| ApiError::oauth("invalid_grant", why);
    let tokens = &platform.identity.tokens;
    let code = tokens
        .redeem(form.required("code")?, now)
        .ok_or_else(|| invalid("the code is unknown, used or expired"))?;
    if code.client.id != client.id {
        return Err(invalid("the code was issued to another client"));
    }
    if form.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        return Err(invalid("redirect_uri is not the one that the code was sent to"));
    }
    let proven = form.secret().is_some() || code.challenge.is_some();
    if !proven || !is_verified(code.challenge.as_deref(), form.get("code_verifier")) {
        return Err(invalid("code_verifier does not match code_challenge"));
    }
    let user = Some(code.user);
    let token = tokens.issue(&code.tenant, client, user, Grant::AuthorizationCode, now);
    let refresh = Refresh { tenant: code.tenant, client: Arc::clone(client), user: code.user };
    let refresh = may_refresh(client, form).then(|| tokens.issue_refresh(refresh));
    Ok(token_body(token, refresh))
}

/// Whether the client can use a refresh token: that needs its secret, if it has one.
fn may_refresh(client: &Client, form: &Form<'_>) -> bool {
    client.grants.contains(&Grant::RefreshToken) && (client.secret.is_none() || form.secret().is_some())
}

/// Whether the verifier matches the challenge (RFC 7636, S256). A code without a challenge needs no verifier.
fn is_verified(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, _) => true,
        (Some(challenge), Some(verifier)) => {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)).as_bytes().ct_eq(challenge.as_bytes()).into()
        }
        (Some(_), None) => false,
    }
}

fn refresh_token(
    platform: &Platform,
    form: &Form<'_>,
    client: &Arc<Client>,
    now: Nanos,
) -> Result<TokenBody, ApiError> {
    check_grant(client, Grant::RefreshToken)?;
    let tokens = &platform.identity.tokens;
    let text = form.required("refresh_token")?;
    let refresh =
        platform.identity.refresh(&platform.tenants, text).filter(|refresh| refresh.client.id == client.id);
    let refresh = refresh.ok_or_else(|| ApiError::oauth("invalid_grant", "the refresh token is unknown"))?;
    let token = tokens.issue(&refresh.tenant, client, Some(refresh.user), Grant::RefreshToken, now);
    Ok(token_body(token, Some(text.to_owned())))
}

fn authorize(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let form = Form::of(request);
    let unknown = || ApiError::oauth("invalid_client", "client not found");
    let (tenant, client) = platform.tenants.client(form.required("client_id")?).ok_or_else(unknown)?;
    if !client.is_active() {
        return Err(ApiError::oauth("invalid_client", "the client is not active"));
    }
    match form.get("response_type") {
        None | Some("code") => authorize_code(platform, &form, (tenant, client), request.now),
        Some("token") => authorize_token(platform, &form, (&tenant, &client), request.now),
        Some(_) => {
            let why = "response_type must be code or token";
            Err(ApiError::oauth("unsupported_response_type", why))
        }
    }
}

/// The address to which the answer goes. A client that has registered none may use `any`.
fn redirect_uri<'f>(form: &'f Form<'_>, client: &Client, any: bool) -> Result<&'f str, ApiError> {
    let redirect_uri = form.required("redirect_uri")?;
    let is_open = any && client.redirect_uris.is_empty();
    if !is_open && client.redirect_uris.iter().all(|uri| uri != redirect_uri) {
        return Err(ApiError::oauth("invalid_request", "redirect_uri is not registered for this client"));
    }
    if !is_redirectable(redirect_uri) {
        return Err(ApiError::oauth(
            "invalid_request",
            "redirect_uri is not an absolute URI without fragment",
        ));
    }
    Ok(redirect_uri)
}

/// The implicit grant: the token is in the fragment of the redirect, which no server sees. So it goes to a registered
/// address alone.
fn authorize_token(
    platform: &Platform,
    form: &Form<'_>,
    (tenant, client): (&Arc<Tenant>, &Arc<Client>),
    now: Nanos,
) -> Result<Reply, ApiError> {
    check_grant(client, Grant::Implicit)?;
    let redirect_uri = redirect_uri(form, client, false)?;
    let user = Some(find_user(tenant, form.get("login_hint"))?);
    let token = platform.identity.tokens.issue(tenant, client, user, Grant::Implicit, now);
    let expires_in = token.expires_in.to_string();
    let fields = [("access_token", &*token.text), ("expires_in", &expires_in), ("token_type", "bearer")];
    redirect((redirect_uri, '#'), &fields, form.get("state"))
}

fn authorize_code(
    platform: &Platform,
    form: &Form<'_>,
    (tenant, client): (Arc<Tenant>, Arc<Client>),
    now: Nanos,
) -> Result<Reply, ApiError> {
    check_grant(&client, Grant::AuthorizationCode)?;
    let redirect_uri = redirect_uri(form, &client, true)?;
    let challenge = read_challenge(form, &client)?;
    let user = find_user(&tenant, form.get("login_hint"))?;
    let code = Code { tenant, client, user, redirect_uri: redirect_uri.to_owned(), challenge, expires: 0 };
    let code = platform.identity.tokens.issue_code(code, now);
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    redirect((redirect_uri, separator), &[("code", &code)], form.get("state"))
}

/// Whether a URI can be a `Location` with a query.
fn is_redirectable(uri: &str) -> bool {
    let plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    plain && uri.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
}

fn read_challenge(form: &Form<'_>, client: &Client) -> Result<Option<String>, ApiError> {
    let challenge = form.get("code_challenge").map(str::to_owned);
    if challenge.is_some() && form.get("code_challenge_method") != Some("S256") {
        return Err(ApiError::oauth("invalid_request", "code_challenge_method must be S256"));
    }
    if challenge.is_none() && client.secret.is_none() {
        return Err(ApiError::oauth(
            "invalid_request",
            "a client without a secret needs code_challenge (PKCE)",
        ));
    }
    Ok(challenge)
}

fn find_user(tenant: &Tenant, hint: Option<&str>) -> Result<UserIndex, ApiError> {
    let organization = tenant.read();
    let people = organization.people();
    let user = hint.map_or(Some(UserIndex::ADMINISTRATOR), |hint| people.find(hint));
    let unknown = || {
        let name = hint.unwrap_or("administrator");
        ApiError::oauth("invalid_request", format!("login_hint: unknown user {name}"))
    };
    user.filter(|index| people.at(*index).is_some_and(User::exists)).ok_or_else(unknown)
}

fn redirect(
    (uri, separator): (&str, char),
    fields: &[(&str, &str)],
    state: Option<&str>,
) -> Result<Reply, ApiError> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    let location = format!("{uri}{separator}{}", query.finish());
    let location = HeaderValue::try_from(location)
        .map_err(|_| ApiError::oauth("invalid_request", "redirect_uri is not a URI"))?;
    Ok(Reply::empty(StatusCode::FOUND).with(LOCATION, location))
}
