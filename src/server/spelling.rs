//! How header names are spelled on HTTP/1.1: as the vendor spells them, in title case otherwise.
//!
//! hyper writes a name as a request had it when the answer carries that request's case map, a type that
//! hyper keeps to itself. So requests with these spellings are read at the start, and the case map of one is
//! copied into every answer. To add a spelling: a name in [`USUAL`] or [`OTHERS`].

use std::convert::Infallible;

use http::{Extensions, HeaderName, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::AsyncWriteExt;

use crate::wire::body;

/// The names of nearly every answer that title case would spell differently. Clients look for them case-sensitively.
const USUAL: [&str; 4] =
    ["ININ-Correlation-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/// The other names that title case would spell differently.
const OTHERS: [&str; 4] =
    ["WWW-Authenticate", "inin-ratelimit-allowed", "inin-ratelimit-count", "inin-ratelimit-reset"];

/// More than the request and its answer take.
const BUFFER: usize = 1024;

/// The vendor's spelling of header names.
#[derive(Clone, Debug)]
pub(super) struct Spelling {
    /// The spelling of [`USUAL`]. An answer copies each name of its map, so the usual one copies four.
    usual: Extensions,
    /// The spelling of all names.
    all: Extensions,
}

impl Spelling {
    /// Has hyper read requests with these names.
    pub(super) async fn learn() -> Self {
        Self { usual: read(&USUAL).await, all: read(&[USUAL, OTHERS].concat()).await }
    }

    /// Has hyper spell the names of an answer on HTTP/1.1.
    pub(super) fn apply<B>(&self, response: &mut Response<B>) {
        let mut names = response.headers().keys().map(HeaderName::as_str);
        let is_other = |name: &str| OTHERS.iter().any(|other| name.eq_ignore_ascii_case(other));
        let spelling = if names.any(is_other) { &self.all } else { &self.usual };
        response.extensions_mut().extend(spelling.clone());
    }
}

/// Has hyper read a request with these names, and returns what hyper noted of it.
async fn read(names: &[&str]) -> Extensions {
    let (mut client, server) = tokio::io::duplex(BUFFER);
    let head = format!("GET / HTTP/1.0\r\n{}: x\r\n\r\n", names.join(": x\r\n"));
    // The pipe holds all of it, so nothing waits here.
    let _ = client.write_all(head.as_bytes()).await;
    let noted = Mutex::new(Extensions::new());
    let service = service_fn(|request| {
        *noted.lock() = request.into_parts().0.extensions;
        std::future::ready(Ok::<_, Infallible>(Response::new(body::empty())))
    });
    let mut http = http1::Builder::new();
    let served = http.preserve_header_case(true).serve_connection(TokioIo::new(server), service);
    if let Err(error) = served.await {
        tracing::warn!(%error, "all header names are spelled in title case");
    }
    noted.into_inner()
}
