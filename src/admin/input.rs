//! Input of the control plane: queries and bodies, and the errors about them.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{StatusCode, request};
use serde::de::DeserializeOwned;

use super::ControlPlane;
use super::answer::{Answer, Refusal};
use super::pretty;
use super::route::Query;
use crate::platform::{Platform, snapshot};
use crate::rules::json_mistake;
use crate::server::{BodyRoom, Conn};
use crate::wire::body::{self, Encodings};
use crate::wire::error::ApiError;
use crate::world::Tenant;

/// The largest body, but for a snapshot: that of a limits file.
const MAX_BODY: usize = 4 << 20;
/// The default number of entries of a listing.
const LISTED: usize = 100;

/// The decoded query, without the parameters that every route has.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let own = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .filter(|(name, _)| name != pretty::PARAMETER);
        Ok(Self(own.collect()))
    }
}

impl Params {
    /// Refuses unknown parameters: a misspelt filter must not look like a match.
    pub(super) fn only(self, known: &[Query]) -> Answer<Self> {
        match self.0.iter().find(|(name, _)| known.iter().all(|query| query.name != name)) {
            None => Ok(self),
            Some((name, _)) => {
                let known: Vec<_> = known.iter().map(|query| query.name).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                Err(Refusal::bad(format!("{name} is not a query parameter of this route; expected: {known}")))
            }
        }
    }

    /// Every parameter, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().filter(|(of, _)| *of == name).last().map(|(_, value)| value)
    }

    /// `limit`, the most entries of a listing.
    pub(super) fn limit(&self) -> Answer<usize> {
        let Some(limit) = self.get("limit") else { return Ok(LISTED) };
        count(limit).ok_or_else(|| Refusal::bad(format!("limit={limit}: expected a number, such as 100")))
    }

    /// Whether `name` is in a name, in any case of letters.
    pub(super) fn names(&self) -> impl Fn(&str) -> bool + use<> {
        let part = self.get("name").unwrap_or_default().to_lowercase();
        move |name| part.is_empty() || name.to_lowercase().contains(&part)
    }

    /// The organization that `tenant` names by id or name; the default organization if it is missing.
    pub(super) fn tenant(&self, platform: &Platform) -> Answer<Arc<Tenant>> {
        tenant(platform, self.get("tenant"))
    }
}

/// A number of entries; more than there can be is all of them.
pub(super) fn count(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

/// The organization of that id or name; the default one for `None`.
pub(super) fn tenant(platform: &Platform, id_or_name: Option<&str>) -> Answer<Arc<Tenant>> {
    let unknown = || ApiError::no_such("tenant", id_or_name.unwrap_or_default()).into();
    platform.tenants.find(id_or_name).ok_or_else(unknown)
}

/// The name in the path, or a tuple of the names, decoded.
#[derive(Debug)]
pub(super) struct Named<T = String>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|error| Refusal::bad(error.body_text()))
    }
}

/// The whole body and its media type.
#[derive(Debug)]
pub(super) struct Content {
    media_type: Option<String>,
    bytes: Bytes,
    _room: BodyRoom,
}

impl FromRequest<ControlPlane> for Content {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ControlPlane) -> Result<Self, Refusal> {
        Self::read(request, state, MAX_BODY).await
    }
}

/// A body that may be as large as a snapshot.
#[derive(Debug)]
pub(super) struct Large(pub(super) Content);

impl FromRequest<ControlPlane> for Large {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &ControlPlane) -> Result<Self, Refusal> {
        Content::read(request, state, snapshot::MAX_BYTES).await.map(Self)
    }
}

impl Content {
    /// Takes in a body of at most `most` bytes.
    async fn read(request: Request, state: &ControlPlane, most: usize) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let essence = |value: &[u8]| {
            let value = String::from_utf8_lossy(value).to_ascii_lowercase();
            value.split(';').next().unwrap_or_default().trim().to_owned()
        };
        let media_type = head.headers.get(CONTENT_TYPE).map(|value| essence(value.as_bytes()));
        let patience = state.request_timeout;
        let conn = head.extensions.get::<Arc<Conn>>();
        let mut room = match conn {
            Some(conn) => conn.body_room(body::due(&body, most)).await,
            None => BodyRoom::default(),
        };
        let bytes = body::collect(&head.headers, body, most, Encodings::Identity, patience)
            .await
            .map_err(ApiError::from)?;
        room.shrink_to(bytes.len());
        if let Some(conn) = conn {
            conn.room().await;
        }
        Ok(Self { media_type, bytes, _room: room })
    }
}

impl Content {
    /// The body as `T`.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Answer<T> {
        self.json_or_none()?.ok_or_else(|| Refusal::bad("A JSON body is required."))
    }

    /// The body as `T`, if there is one.
    pub(super) fn json_or_none<T: DeserializeOwned>(&self) -> Answer<Option<T>> {
        if self.bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        if !self.is_json() && !self.says_nothing() {
            return Err(self.unsupported("application/json"));
        }
        serde_json::from_slice(&self.bytes).map(Some).map_err(|error| {
            let what = if error.is_data() { "has an unexpected value" } else { "is not valid JSON" };
            Refusal::bad(format!("The body {what}: {}", json_mistake(&self.bytes, &error)))
        })
    }

    /// The bytes of a body that has to be JSON.
    pub(super) fn json_bytes(&self) -> Answer<Bytes> {
        if self.is_empty() {
            return Err(Refusal::bad("A JSON body is required."));
        }
        if self.is_json() || self.says_nothing() {
            Ok(self.bytes.clone())
        } else {
            Err(self.unsupported("application/json"))
        }
    }

    /// Whether nothing was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The body as text.
    pub(super) fn text(&self) -> Answer<String> {
        let text = std::str::from_utf8(&self.bytes).map_err(|_| Refusal::bad("The body is not UTF-8."))?;
        Ok(text.to_owned())
    }

    /// Whether it claims to be JSON.
    pub(super) fn is_json(&self) -> bool {
        self.media_type.as_deref().is_some_and(|of| of.ends_with("/json") || of.ends_with("+json"))
    }

    /// Whether it claims to be TOML.
    pub(super) fn is_toml(&self) -> bool {
        self.media_type.as_deref() == Some("application/toml")
    }

    /// Whether the body has no media type, or the one that `curl --data` sends.
    pub(super) fn says_nothing(&self) -> bool {
        self.media_type.as_deref().is_none_or(|of| of == "application/x-www-form-urlencoded")
    }

    /// Whether it looks like a JSON object.
    pub(super) fn looks_like_json(&self) -> bool {
        self.bytes.trim_ascii_start().starts_with(b"{")
    }

    /// 415, with the media types that are accepted.
    pub(super) fn unsupported(&self, expected: &str) -> Refusal {
        let sent = self.media_type.as_deref().unwrap_or("not given");
        let message = format!("Unsupported Media Type - Content-Type is {sent}; expected {expected}.");
        ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported.media.type", message).into()
    }
}
