//! The page for a browser that has no admin token: a field for the token, then the page that the token opens.
//!
//! The token is kept in the browser's tab (`sessionStorage`) and sent in the `Authorization` header. No cookie is set,
//! so a page of another origin cannot make the browser send the token. The script is `login.js`. The browser runs no
//! other one.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::index::{PATHS, prefers_html};
use super::page::STYLE;

const SCRIPT: &str = include_str!("login.js");

/// The field has no name, so that a browser without scripts puts nothing of it into an address.
const BODY: &str = r#"<main id="page"><form id="login">
<h1>gcmock</h1><p>The admin API of this server asks for its token. The server prints it at its start.
<p><label>Admin token <input id="token" type="password" size="36" autocomplete="off" required autofocus></label>
<button>Open</button><p id="notice" class="no" role="status">
<noscript><p>This page needs JavaScript. Without it, send the header <code>Authorization: Bearer ADMIN-TOKEN</code>.</noscript>
</form></main>"#;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    const HEAD: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>gcmock</title>"#;
    format!("{HEAD}<style>{STYLE}</style></head><body>\n{BODY}\n<script>{SCRIPT}</script></body></html>\n")
});

/// Allows the script by its hash and requests to this server; no frame around the page, and no form is ever sent.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).ok()
});

/// Whether a browser asks for the page and sends no token.
pub(super) fn is_due(request: &Request) -> bool {
    *request.method() == Method::GET
        && PATHS.contains(&request.uri().path())
        && !request.headers().contains_key(AUTHORIZATION)
        && prefers_html(request.headers())
}

/// The page. Its status is 401, as for any other request without the token.
pub(super) fn page() -> Response {
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (VARY, "Accept, Authorization"),
        (WWW_AUTHENTICATE, "Bearer"),
    ];
    let Some(policy) = POLICY.clone() else { return StatusCode::UNAUTHORIZED.into_response() };
    let body = Body::from(DOCUMENT.as_str());
    (StatusCode::UNAUTHORIZED, fixed, [(CONTENT_SECURITY_POLICY, policy)], body).into_response()
}
