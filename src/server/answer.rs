//! The bytes of one answer on their way to the client, counted as long as they are held.
//!
//! HTTP/1.1: hyper copies what it takes into its write buffer, so it takes small pieces, and each counts
//! until the socket took it. HTTP/2: hyper keeps what it takes, so that is counted until it is dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};

use super::Conn;
use crate::wire::body::Body;

/// What hyper takes of an answer at a time on HTTP/1.1.
const PIECE: usize = 16 << 10;

/// A request between its head and the last byte of its answer.
pub(super) struct InFlight {
    pub(super) conn: Arc<Conn>,
    http2: bool,
}

impl InFlight {
    pub(super) fn begin(conn: Arc<Conn>, http2: bool) -> Self {
        conn.watch.begin(http2);
        Self { conn, http2 }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.conn.watch.end();
    }
}

/// A body that keeps its request in flight until hyper has taken all of it.
pub(super) struct Answer {
    body: Body,
    /// What of a frame is not taken yet; HTTP/1.1 alone.
    rest: Bytes,
    /// Bytes of `body` and `rest` that are counted as unread.
    counted: usize,
    flight: InFlight,
}

impl Answer {
    pub(super) fn new(body: Body, flight: InFlight) -> Self {
        let mut answer = Self { counted: 0, rest: Bytes::new(), body, flight };
        answer.count(answer.left());
        answer
    }

    /// Bytes that the body is known to give still.
    fn left(&self) -> usize {
        let left = http_body::Body::size_hint(&self.body).exact().unwrap_or(0);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Counts at least `bytes` bytes.
    fn count(&mut self, bytes: usize) {
        if let Some(more) = bytes.checked_sub(self.counted).filter(|more| *more > 0) {
            self.flight.conn.unread.add(more);
            self.counted = bytes;
        }
    }

    /// A frame of the body as hyper takes it.
    fn hand_out(&mut self, data: Bytes) -> Piece {
        self.count(data.len());
        if self.flight.http2 {
            self.counted -= data.len();
            return Piece { counted: data.len(), conn: Some(Arc::clone(&self.flight.conn)), bytes: data };
        }
        self.rest = data;
        self.next_piece()
    }

    fn next_piece(&mut self) -> Piece {
        let bytes = self.rest.split_to(self.rest.len().min(PIECE));
        let unread = &self.flight.conn.unread;
        unread.buffer(bytes.len());
        if self.rest.is_empty() {
            // The last piece of a frame carries the rest of the frame's count.
            let given_back = self.counted - self.left().min(self.counted);
            self.counted -= given_back;
            match given_back.checked_sub(bytes.len()) {
                Some(0) => {}
                Some(more) => unread.subtract(more),
                None => unread.add(bytes.len() - given_back),
            }
        } else {
            unread.add(bytes.len());
        }
        Piece { bytes, counted: 0, conn: None }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.counted > 0 {
            self.flight.conn.unread.subtract(self.counted);
        }
    }
}

impl http_body::Body for Answer {
    type Data = Piece;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, BoxError>>> {
        let this = self.get_mut();
        if !this.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(this.next_piece()))));
        }
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| this.hand_out(data)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    // hyper asks before it takes anything.
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Bytes that hyper has taken.
pub(super) struct Piece {
    bytes: Bytes,
    /// Bytes that are counted as unread until this is dropped.
    counted: usize,
    /// The connection that counts them, on HTTP/2.
    conn: Option<Arc<Conn>>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(conn) = &self.conn {
            conn.watch.took();
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.as_ref().filter(|_| self.counted > 0) {
            conn.unread.subtract(self.counted);
        }
    }
}
