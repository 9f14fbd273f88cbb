//! The answer of a handler.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use serde::Serialize;
use smallvec::SmallVec;
use uuid::Uuid;

use super::body::{self, Body};
use super::error::{ApiError, Dialect, LimitBody};
use super::header_block::{HeaderBlock, JSON};

/// The size from which a body keeps no room that it does not need.
const LARGE: usize = 16 << 10;

/// The answer of a handler. The pipeline adds the headers that every answer has.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The body, JSON unless a header says otherwise.
    pub(crate) body: Bytes,
    /// Headers of this answer alone.
    pub(crate) headers: SmallVec<[(HeaderName, HeaderValue); 2]>,
    /// Whether the answer is generic.
    pub(crate) generic: bool,
}

impl Reply {
    /// The answer for `error`; a refusal names the governing limit.
    pub(crate) fn error(
        error: &ApiError,
        dialect: Dialect,
        context: Uuid,
        limit: Option<LimitBody<'_>>,
    ) -> Self {
        let reply = Self { body: error.body(dialect, context, limit), ..Self::empty(error.status) };
        match error.allow() {
            Some(allow) => reply.with(ALLOW, allow),
            None => reply,
        }
    }

    /// `status` and `body` as JSON.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, ApiError> {
        let mut written = Vec::with_capacity(512);
        serde_json::to_writer(&mut written, body).map_err(|_| ApiError::internal())?;
        // A large answer may wait long for its reader, and a vector grows to up to twice its content.
        if written.len() > LARGE {
            written.shrink_to_fit();
        }
        Ok(Self { body: written.into(), ..Self::empty(status) })
    }

    /// 200 and `body`.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::json(StatusCode::OK, body)
    }

    /// 202 and `body`.
    pub(crate) fn accepted(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::json(StatusCode::ACCEPTED, body)
    }

    /// 201 and `body`.
    pub(crate) fn created(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::json(StatusCode::CREATED, body)
    }

    /// 204.
    pub(crate) fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// `status` without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, body: Bytes::new(), headers: SmallVec::new(), generic: false }
    }

    /// The answer on the wire. Its headers go into `room`: the request's own header map, which is no longer needed,
    /// has the right size.
    pub(crate) fn into_response(self, mut room: HeaderMap, lines: HeaderBlock) -> Response<Body> {
        room.clear();
        if !self.body.is_empty() {
            room.insert(CONTENT_TYPE, JSON);
        }
        lines.move_into(&mut room);
        room.extend(self.headers.into_iter().map(|(name, value)| (Some(name), value)));
        let mut response = Response::new(body::full(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = room;
        response
    }

    /// Adds one header.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Marks the answer as generic.
    #[must_use]
    pub(crate) fn generic(mut self) -> Self {
        self.generic = true;
        self
    }
}
