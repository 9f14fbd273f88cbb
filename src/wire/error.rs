//! Errors in the vendor's format.
//!
//! [`ApiError`] is for clients. Only this module writes it as the vendor's JSON. `anyhow::Error` is for
//! operators and stays in `command` and in background tasks. Codes and message templates are the vendor's
//! published ones (`x-inin-error-codes` of its API document). To add an error, add a named constructor below,
//! or in [`super::invalid`] where a value is wrong.

use std::borrow::Cow;

use bytes::Bytes;
use gcmock_limit::Rule;
use http::StatusCode;
use http::header::HeaderValue;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::BodyError;
use super::quoted::quoted;
use super::redact::redacted;
use super::scim::ScimBody;

/// The largest request body in bytes (`platform.api`/`request.bytes.max`).
pub(crate) const MAX_BODY: usize = 512_000;

type Text = Cow<'static, str>;

/// A refusal or failure, before it is written for its client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The vendor's code, such as `not.found`.
    pub(crate) code: Text,
    /// One readable sentence.
    pub(crate) message: Text,
    /// Parts that only some errors have. They are boxed, so that results stay small.
    pub(crate) more: Option<Box<More>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct More {
    /// The entity the error is about.
    entity_id: Option<String>,
    /// The kind of that entity.
    entity_name: Option<&'static str>,
    /// The values that the message was made with.
    pub(super) params: Vec<(&'static str, String)>,
    /// The methods that would be right, for 405.
    allow: Option<String>,
    /// The type of an error of SCIM.
    pub(super) scim_type: Option<&'static str>,
}

/// `limit` of the vendor's 429 body, sent since June 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LimitBody<'a> {
    key: &'a str,
    namespace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<u64>,
}

impl LimitBody<'static> {
    /// The limit that a refusal by the adherence check names.
    pub(crate) const ADHERENCE: Self =
        Self { key: "adherence", namespace: "workforce.management", value: None };
}

impl<'a> LimitBody<'a> {
    /// The body's words for `rule`.
    pub(crate) fn of(rule: &'a Rule) -> Self {
        Self { key: &rule.key, namespace: &rule.namespace, value: Some(rule.value) }
    }
}

/// The format of an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The platform API's `ErrorBody`.
    #[default]
    Platform,
    /// The login host's `error`, `description`, `error_description`.
    OAuth,
    /// The platform's, with what a SCIM client reads.
    Scim,
}

impl ApiError {
    /// An error without entity, values or limit.
    pub(crate) fn new(status: StatusCode, code: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self { status, code: code.into(), message: message.into(), more: None }
    }

    pub(super) fn with_more(mut self, change: impl FnOnce(&mut More)) -> Self {
        change(self.more.get_or_insert_default());
        self
    }

    /// 400: the request is not understood, and why.
    pub(crate) fn bad_request(why: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", why)
    }

    /// 401: no bearer token.
    pub(crate) fn authentication_required() -> Self {
        const WHY: &str = "No authentication bearer token specified in authorization header.";
        Self::new(StatusCode::UNAUTHORIZED, "authentication.required", WHY)
    }

    /// 401: an unknown or revoked token.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", "Invalid login credentials.")
    }

    /// 401: the token's time is over.
    pub(crate) fn credentials_expired() -> Self {
        const WHY: &str = "The supplied credentials are expired and cannot be used.";
        Self::new(StatusCode::UNAUTHORIZED, "credentials.expired", WHY)
    }

    /// 403: the token carries none of the scopes that would do.
    pub(crate) fn missing_permissions(needed: &str) -> Self {
        let message = format!(
            "Unable to perform the requested action. You are missing the following permission(s): {needed}"
        );
        let error = Self::new(StatusCode::FORBIDDEN, "missing.permissions", message);
        error.with_more(|more| more.params = vec![("permissions", needed.to_owned())])
    }

    /// 404: the path is right, the entity does not exist.
    pub(crate) fn no_such(entity_name: &'static str, id: &str) -> Self {
        let id = quoted(&redacted(id, None)).into_owned();
        let message = format!("The requested resource was not found: there is no {entity_name} {id}.");
        Self::new(StatusCode::NOT_FOUND, "not.found", message).with_more(|more| {
            more.entity_name = Some(entity_name);
            more.entity_id = Some(id);
        })
    }

    /// 400: a field of the body refers to an entity that does not exist.
    pub(crate) fn no_reference(field: &'static str, entity_name: &'static str, id: &str) -> Self {
        let id = quoted(&redacted(id, None)).into_owned();
        let message = format!("The property {field} refers to a {entity_name} that does not exist: {id}.");
        Self::new(StatusCode::BAD_REQUEST, "resource.not.found", message).with_more(|more| {
            more.entity_name = Some(entity_name);
            more.entity_id = Some(id);
        })
    }

    /// 404: the path is not one of the platform's. `hint` names the path that was probably meant.
    pub(crate) fn no_such_path(hint: &str) -> Self {
        let message = format!("The requested resource was not found. {hint}");
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    /// 405, naming the methods that would do.
    pub(crate) fn method_not_allowed(allow: String) -> Self {
        let message = format!("HTTP 405 Method Not Allowed. This path answers {allow}.");
        let error = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", message);
        error.with_more(|more| more.allow = Some(allow))
    }

    /// 408: the body did not arrive.
    pub(crate) fn client_timeout() -> Self {
        const WHY: &str = "The client did not produce a request within the server timeout limit. \
                           This can be caused by a slow network connection and/or large payloads.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "client.timeout", WHY)
    }

    /// 503: this server's own protection; nothing of the platform's.
    pub(crate) fn unavailable(why: impl Into<Text>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", why)
    }

    /// 409: the change does not fit the state.
    pub(crate) fn conflict(why: impl Into<Text>) -> Self {
        Self::new(StatusCode::CONFLICT, "request.conflict", why)
    }

    /// 413: more than `max` bytes.
    pub(crate) fn too_large(max: usize) -> Self {
        let message = format!("The request is over the size limit. Maximum bytes: {max}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request.entity.too.large", message)
    }

    /// 415: the body is not JSON.
    pub(crate) fn unsupported_media_type() -> Self {
        const WHY: &str = "Unsupported Media Type - Unsupported or incorrect media type, \
                           such as an incorrect Content-Type value in the header.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported.media.type", WHY)
    }

    /// 415: the body is compressed, or encoded otherwise.
    pub(crate) fn unsupported_encoding(encoding: &str) -> Self {
        let message = format!(
            "Unsupported Media Type - Content-Encoding is {encoding}; expected a body without an encoding.",
            encoding = quoted(encoding)
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported.media.type", message)
    }

    /// 429, the vendor's shape since November 2021.
    pub(crate) fn too_many_requests(retry_after: u32) -> Self {
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{retry_after}] seconds");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests.retry.after", message)
    }

    /// 429: the workforce's schedule does not admit the agent, and why.
    pub(crate) fn not_adherent(why: &str, retry_after: u32) -> Self {
        let message = format!("{why} Retry the request in [{retry_after}] seconds");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests.retry.after", message)
    }

    /// 426: the path serves only WebSockets.
    pub(crate) fn upgrade_required(why: &'static str) -> Self {
        Self::new(StatusCode::UPGRADE_REQUIRED, "upgrade.required", why)
    }

    /// 503: the edge accepts no new connections.
    pub(crate) fn draining(edge: &str) -> Self {
        let message = format!(
            "Service Unavailable - The edge {edge} is being taken out of service. Connect to another edge, or later."
        );
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", message)
    }

    /// An error of that status in the vendor's words, for faults: 400 to 599. Codes and messages are those that the API
    /// document has for nearly every operation; statuses that it lacks get a code made of their reason phrase.
    pub(crate) fn of_status(status: u16, retry_after: Option<u32>) -> Self {
        let (code, message) = match (status, retry_after) {
            (429, Some(seconds)) => return Self::too_many_requests(seconds),
            (401, _) => return Self::bad_credentials(),
            (408, _) => return Self::client_timeout(),
            (413, _) => return Self::too_large(MAX_BODY),
            (415, _) => return Self::unsupported_media_type(),
            (500, _) => return Self::internal(),
            (400, _) => {
                ("bad.request", "The request could not be understood by the server due to malformed syntax.")
            }
            (403, _) => ("not.authorized", "You are not authorized to perform the requested action."),
            (404, _) => ("not.found", "The requested resource was not found."),
            (409, _) => {
                ("request.conflict", "The request conflicts with the current state of the target resource.")
            }
            (429, None) => ("too.many.requests", "Rate limit exceeded the maximum."),
            (502, _) => ("bad.gateway", "Bad gateway error"),
            (503, _) => (
                "service.unavailable",
                "Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).",
            ),
            (504, _) => ("request.timeout", "The request timed out."),
            _ => return Self::of_reason(status),
        };
        Self::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), code, message)
    }

    fn of_reason(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("Unspecified error");
        Self::new(status, reason.to_lowercase().replace(' ', "."), reason)
    }

    /// 400, the throttling error of the token endpoint.
    pub(crate) fn oauth_throttled(retry_after: u32) -> Self {
        let message = format!("rate limit exceeded; retry the request in {retry_after} seconds");
        Self::oauth("invalid_request", message)
    }

    /// 400 in OAuth's own words: `code` is one of RFC 6749's.
    pub(crate) fn oauth(code: &'static str, description: impl Into<Text>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, description)
    }

    /// 500: a bug of ours, and never more than that.
    pub(crate) fn internal() -> Self {
        const WHY: &str =
            "The server encountered an unexpected condition which prevented it from fulfilling the request.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal.server.error", WHY)
    }

    /// The methods that would be right, where the method was wrong.
    pub(super) fn allow(&self) -> Option<HeaderValue> {
        let allow = self.more.as_ref()?.allow.as_deref()?;
        HeaderValue::try_from(allow).ok()
    }

    /// The JSON that its client reads.
    pub(crate) fn body(&self, dialect: Dialect, context: Uuid, limit: Option<LimitBody<'_>>) -> Bytes {
        let mut text = Vec::with_capacity(384);
        let written = match dialect {
            Dialect::Platform => serde_json::to_writer(&mut text, &ErrorBody::of(self, context, limit)),
            Dialect::Scim => {
                let body = ScimBody::of(self, ErrorBody::of(self, context, limit));
                serde_json::to_writer(&mut text, &body)
            }
            Dialect::OAuth => serde_json::to_writer(&mut text, &OAuthBody::of(self)),
        };
        written.map_or_else(|_| Bytes::from_static(b"{}"), |()| Bytes::from(text))
    }
}

impl ApiError {
    /// The code as OAuth has it: the platform's own codes, with their dots, mean nothing there.
    fn oauth_code(&self) -> &str {
        match self.status {
            _ if !self.code.contains('.') => &self.code,
            status if status.is_server_error() => "server_error",
            _ => "invalid_request",
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge(max) => Self::too_large(max),
            BodyError::Encoded(encoding) => Self::unsupported_encoding(&encoding),
            BodyError::Stalled => Self::client_timeout(),
            BodyError::Broken => Self::bad_request("The body could not be read."),
        }
    }
}

fn param((name, value): &(&'static str, String)) -> (String, serde_json::Value) {
    ((*name).to_owned(), quoted(value).into())
}

/// The part of a message that is sent. Each text of a client in it is short already; a list of allowed values may be long.
fn clipped(text: &str) -> &str {
    const MOST: usize = 1000;
    if text.len() <= MOST {
        return text;
    }
    text.char_indices().nth(MOST).map_or(text, |(end, _)| &text[..end])
}

/// The vendor's error body, keys in the order its samples show.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorBody<'a> {
    pub(super) message: &'a str,
    code: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    message_params: Option<serde_json::Map<String, serde_json::Value>>,
    #[schema(value_type = String, format = "uuid")]
    context_id: Uuid,
    #[schema(value_type = Vec<Value>)]
    details: [(); 0],
    #[schema(value_type = Vec<Value>)]
    errors: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<LimitBody<'a>>,
}

impl<'a> ErrorBody<'a> {
    fn of(error: &'a ApiError, context_id: Uuid, limit: Option<LimitBody<'a>>) -> Self {
        let more = error.more.as_deref();
        let params = more.map(|more| &more.params).filter(|params| !params.is_empty());
        Self {
            message: clipped(&error.message),
            code: &error.code,
            status: error.status.as_u16(),
            entity_id: more.and_then(|more| more.entity_id.as_deref()),
            entity_name: more.and_then(|more| more.entity_name),
            message_params: params.map(|all| all.iter().map(param).collect()),
            context_id,
            details: [],
            errors: [],
            limit,
        }
    }
}

#[derive(Serialize)]
struct OAuthBody<'a> {
    error: &'a str,
    description: &'a str,
    error_description: &'a str,
}

impl<'a> OAuthBody<'a> {
    fn of(error: &'a ApiError) -> Self {
        let description = clipped(&error.message);
        Self { error: error.oauth_code(), description, error_description: description }
    }
}
