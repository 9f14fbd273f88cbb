//! Heads of the requests that an HTTP/2 connection has in flight, bounded for each connection.
//!
//! An HTTP/1.1 connection has one, of at most `--max-head`. 250 streams would have as many.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use hyper::Request;

/// Bytes of heads at a time. One head of any size is always within it.
const MOST: usize = 4 << 20;

/// What a header field takes beside its bytes, as HTTP/2 counts it (RFC 9113, 6.5.2).
const FIELD: usize = 32;

/// The heads of one connection.
#[derive(Debug, Default)]
pub(super) struct Heads(AtomicUsize);

impl Heads {
    /// Counts a request's head until the guard is dropped; or nothing, where there are too many.
    pub(super) fn count<B>(&self, request: &Request<B>) -> Option<Head<'_>> {
        let bytes = size(request);
        let before = self.0.fetch_add(bytes, Relaxed);
        let head = Head { heads: &self.0, bytes };
        (before == 0 || before + bytes <= MOST).then_some(head)
    }
}

fn size<B>(request: &Request<B>) -> usize {
    let fields = request.headers().iter();
    let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    path + fields.map(|(name, value)| name.as_str().len() + value.len() + FIELD).sum::<usize>()
}

/// One head in the count.
#[derive(Debug)]
pub(super) struct Head<'a> {
    heads: &'a AtomicUsize,
    bytes: usize,
}

impl Drop for Head<'_> {
    fn drop(&mut self) {
        self.heads.fetch_sub(self.bytes, Relaxed);
    }
}
