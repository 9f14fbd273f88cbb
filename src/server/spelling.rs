//! How header names are spelled on HTTP/1.1: as the vendor spells them, in title case otherwise.
//!
//! hyper writes a name as a request had it when the answer carries that request's case map, a type that
//! hyper keeps to itself. So one request with these spellings is read at the start, and its case map is
//! copied into every answer. To add a spelling: a name in [`NAMES`].

use std::convert::Infallible;

use http::{Extensions, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;

use crate::wire::body;

/// The names that title case would spell differently. Clients look for them case-sensitively.
const NAMES: [&str; 8] = [
    "ININ-Correlation-Id",
    "WWW-Authenticate",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "inin-ratelimit-allowed",
    "inin-ratelimit-count",
    "inin-ratelimit-reset",
];

/// More than the request and its answer take.
const BUFFER: usize = 1024;

/// The vendor's spelling of header names.
#[derive(Clone, Debug)]
pub(super) struct Spelling(Extensions);

impl Spelling {
    /// Has hyper read a request with these names.
    pub(super) async fn learn() -> Self {
        let (mut client, server) = tokio::io::duplex(BUFFER);
        let head = format!("GET / HTTP/1.0\r\n{}: x\r\n\r\n", NAMES.join(": x\r\n"));
        // The pipe holds all of it, so nothing waits here.
        let _ = client.write_all(head.as_bytes()).await;
        let learned = Mutex::new(Extensions::new());
        let service = service_fn(|request| {
            *learned.lock() = request.into_parts().0.extensions;
            std::future::ready(Ok::<_, Infallible>(Response::new(body::empty())))
        });
        let mut http = http1::Builder::new();
        let served = http.preserve_header_case(true).serve_connection(TokioIo::new(server), service);
        if let Err(error) = served.await {
            tracing::warn!(%error, "all header names are spelled in title case");
        }
        Self(learned.into_inner())
    }

    /// Has hyper spell the names of an answer on HTTP/1.1.
    pub(super) fn apply<B>(&self, response: &mut Response<B>) {
        response.extensions_mut().extend(self.0.clone());
    }
}
