//! Listings that can be long: written while they are read, so that no more than a piece is held for a client.
//!
//! A short listing is one body with a length, as every other answer.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_TYPE;
use serde::Serialize;

use crate::wire::header_block::JSON;

/// A listing is written in one piece up to this size in bytes.
const SHORT: usize = 64 << 10;

/// Writes `{"NAME":[…]}` of pages that `next` gives until there is none.
pub(super) fn listing<T: Serialize>(
    name: &'static str,
    next: impl FnMut() -> Option<Vec<T>> + Send + 'static,
) -> Response {
    let mut pieces = Pieces { next, written: Some(format!("{{\"{name}\":[").into_bytes()), items: 0 };
    let mut begun = Vec::new();
    while begun.len() < SHORT {
        let Some(piece) = pieces.next() else { return whole(Body::from(begun)) };
        begun.extend_from_slice(&piece);
    }
    let begun = std::iter::once(Bytes::from(begun)).chain(pieces);
    whole(Body::from_stream(stream::iter(begun.map(Ok::<_, Infallible>))))
}

fn whole(body: Body) -> Response {
    ([(CONTENT_TYPE, JSON)], body).into_response()
}

/// The text of a listing, a page at a time.
struct Pieces<F> {
    next: F,
    /// The bytes that are written and not sent; `None` after the end.
    written: Option<Vec<u8>>,
    items: usize,
}

impl<T: Serialize, F: FnMut() -> Option<Vec<T>>> Iterator for Pieces<F> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut written = self.written.take()?;
        let Some(page) = (self.next)() else {
            written.extend_from_slice(b"]}");
            return Some(written.into());
        };
        for item in page {
            if self.items > 0 {
                written.push(b',');
            }
            self.items += 1;
            // Names and numbers are always JSON.
            let _ = serde_json::to_writer(&mut written, &item);
        }
        self.written = Some(Vec::new());
        Some(written.into())
    }
}
