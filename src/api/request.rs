//! One request as handlers see it.
//!
//! The body has been collected and every limit charged before a handler runs, and nothing in a handler waits.
//! All ways to read a request badly end in an [`ApiError`] here, so that no handler can answer in another
//! shape than the vendor's.

use std::borrow::Cow;
use std::collections::HashSet;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::catalog::{Operation, Params};
use crate::rules::json_mistake;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::query::query_value;
use crate::wire::quoted::quoted;

/// A request.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The operation; `None` for paths that no operation has.
    pub(crate) operation: Option<&'a Operation>,
    /// The values of the path's template.
    pub(crate) params: Option<Params<'a, 'a>>,
    /// The method as sent.
    pub(crate) method: &'a http::Method,
    /// The path, normalized.
    pub(crate) path: &'a str,
    /// The query, without `?`.
    pub(crate) query: &'a str,
    /// The host that was asked for, as the client wrote it.
    pub(crate) host: &'a str,
    /// The domain of the vendor's host that was asked for, where the client takes this server for its proxy.
    pub(crate) domain: Option<&'a str>,
    /// Whether it was asked over TLS.
    pub(crate) secure: bool,
    pub(crate) headers: &'a HeaderMap,
    /// The whole body; empty for a handshake.
    pub(crate) body: &'a Bytes,
    /// The request's one reading of the clock.
    pub(crate) now: Nanos,
}

impl<'a> Request<'a> {
    /// The value of `{name}` in the path, decoded.
    pub(crate) fn param(&self, name: &str) -> Result<Cow<'a, str>, ApiError> {
        let raw = self.params.and_then(|params| params.get(name)).unwrap_or_default();
        percent_decode_str(raw)
            .decode_utf8()
            .map_err(|_| ApiError::bad_request(format!("The path parameter {name} is not UTF-8.")))
    }

    /// The address of a WebSocket, as its client reaches it: at the vendor's `service` through a proxy, else at the
    /// host that was asked for.
    pub(crate) fn socket_uri(&self, service: &str, path: &str) -> String {
        let host = self.domain.map_or_else(|| self.host.to_owned(), |domain| format!("{service}.{domain}"));
        format!("ws{}://{host}{path}", if self.secure { "s" } else { "" })
    }

    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<Cow<'a, str>> {
        query_value(self.query, name)
    }

    /// The first value of a query parameter that is not empty.
    pub(crate) fn query_text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.query(name).filter(|value| !value.is_empty())
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every value of a query parameter, repeated or comma-joined, each once.
    pub(crate) fn query_list(&self, name: &str) -> Vec<String> {
        let mut known = HashSet::new();
        form_urlencoded::parse(self.query.as_bytes())
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>())
            .filter(|item| !item.is_empty() && known.insert(item.clone()))
            .collect()
    }

    /// Each value of a query parameter, as it was sent.
    pub(crate) fn query_all(&self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        let name = name.to_owned();
        form_urlencoded::parse(self.query.as_bytes())
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Whether a query parameter says `true`.
    pub(crate) fn query_flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether a query parameter says `true`; `None` where it is absent or empty.
    pub(crate) fn query_bool(&self, name: &str) -> Option<bool> {
        self.query_text(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The page that `pageSize` and `pageNumber` ask for.
    pub(crate) fn page(&self) -> Result<PageRequest, ApiError> {
        PageRequest::parse(|name| self.query(name))
    }

    /// The body as `T`.
    pub(crate) fn json<T: Deserialize<'a>>(&self) -> Result<T, ApiError> {
        self.json_or_none()?.ok_or_else(|| ApiError::bad_request("A JSON body is required."))
    }

    /// The body as `T`; `None` where it is empty or `null`, as SDKs send it when none is due.
    pub(crate) fn json_or_none<T: Deserialize<'a>>(&self) -> Result<Option<T>, ApiError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        self.check_media_type()?;
        serde_json::from_slice(self.body).map_err(|error| bad_json(self.body, &error))
    }

    fn check_media_type(&self) -> Result<(), ApiError> {
        let Some(media_type) = self.headers.get(CONTENT_TYPE) else { return Ok(()) };
        let essence = media_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        match essence.trim_ascii().last_chunk::<5>() {
            Some([b'/' | b'+', name @ ..]) if name.eq_ignore_ascii_case(b"json") => Ok(()),
            _ => Err(ApiError::unsupported_media_type()),
        }
    }
}

fn bad_json(body: &[u8], error: &serde_json::Error) -> ApiError {
    let what =
        if error.is_data() { "The body has an unexpected value" } else { "The body is not valid JSON" };
    ApiError::bad_request(format!("{what}: {}", quoted(&json_mistake(body, error))))
}
