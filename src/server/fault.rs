//! What a fault does to the bytes of an answer.
//!
//! A [`Service`](super::Service) puts a [`WireFault`] into the extensions of a response. `connection` applies it here: a
//! reset and a cut to the connection, below hyper, and a stall and a slow body to the body.

use std::num::NonZeroU64;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::Response;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

use super::Conn;
use crate::wire::body::Body;

/// The pieces of a slow body that are sent each second.
const PIECES_A_SECOND: u64 = 10;

/// What happens to an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireFault {
    /// The connection is reset before the answer: the client gets a TCP RST.
    Reset,
    /// HTTP/1.1: the connection ends after this number of bytes of the answer, its head included. HTTP/2: the stream is
    /// reset after this number of bytes of the body.
    Close(u32),
    /// The head is sent, and the body after this time. An answer without a body is sent after it.
    Stall(Duration),
    /// The head is sent, and the body with this number of bytes a second.
    Slow(NonZeroU64),
}

/// No bound on the bytes that are written.
const UNCUT: u64 = u64::MAX;

/// How a connection is cut.
#[derive(Debug)]
pub(super) struct Cut {
    /// The bytes that may still be written.
    left: AtomicU64,
    /// Whether the socket is closed by a reset.
    resets: AtomicBool,
}

impl Default for Cut {
    fn default() -> Self {
        Self { left: AtomicU64::new(UNCUT), resets: AtomicBool::new(false) }
    }
}

impl Cut {
    /// Ends the connection by a reset, at its next write.
    pub(super) fn reset(&self) {
        self.resets.store(true, Relaxed);
        self.left.store(0, Relaxed);
    }

    /// Ends the connection after this number of further bytes.
    fn after(&self, bytes: u32) {
        self.left.store(bytes.into(), Relaxed);
    }

    /// Whether the connection ends by a reset.
    pub(super) fn resets(&self) -> bool {
        self.resets.load(Relaxed)
    }

    /// The bytes that may still be written; `None` without a bound.
    pub(super) fn left(&self) -> Option<usize> {
        let left = self.left.load(Relaxed);
        (left != UNCUT).then(|| usize::try_from(left).unwrap_or(usize::MAX))
    }

    /// Notes that this number of bytes was written. Only the connection's own task writes.
    pub(super) fn wrote(&self, bytes: usize) {
        let left = self.left.load(Relaxed);
        if left != UNCUT {
            self.left.store(left.saturating_sub(bytes as u64), Relaxed);
        }
    }
}

/// Applies the fault of a response, if it has one. `has_body` is whether the client gets its body.
pub(super) async fn apply(
    conn: &Conn,
    mut response: Response<Body>,
    http2: bool,
    has_body: bool,
) -> Response<Body> {
    let Some(fault) = response.extensions_mut().remove::<WireFault>() else { return response };
    let pace = match fault {
        WireFault::Reset => {
            conn.reset();
            return response;
        }
        WireFault::Close(bytes) if !http2 => {
            conn.cut.after(bytes);
            return response;
        }
        WireFault::Stall(time) if !has_body => {
            sleep(time).await;
            return response;
        }
        WireFault::Close(bytes) => Pace::Cut(bytes as usize, None),
        WireFault::Stall(time) => Pace::Stalled(Box::pin(sleep(time))),
        WireFault::Slow(rate) => Pace::Slow(Slow::new(rate)),
    };
    response.map(|body| Body::Right(axum::body::Body::new(PacedBody { body, rest: Bytes::new(), pace })))
}

/// A body that comes late, slowly, or not whole.
struct PacedBody {
    body: Body,
    /// What of a frame is not handed out yet.
    rest: Bytes,
    pace: Pace,
}

/// The bytes before a cut. They are dropped when they are written.
struct LastPiece {
    piece: Bytes,
    _alive: oneshot::Sender<()>,
}

impl AsRef<[u8]> for LastPiece {
    fn as_ref(&self) -> &[u8] {
        &self.piece
    }
}

/// How a body comes.
enum Pace {
    /// As it is.
    Free,
    /// After a time.
    Stalled(Pin<Box<Sleep>>),
    /// This number of bytes, and then an error. A reset drops what of its stream is not written yet, so the error waits until
    /// the bytes are.
    Cut(usize, Option<oneshot::Receiver<()>>),
    /// A piece at a time.
    Slow(Slow),
}

/// A piece and a wait, in turn.
struct Slow {
    piece: usize,
    wait: Duration,
    sleeping: Option<Pin<Box<Sleep>>>,
}

impl Slow {
    fn new(rate: NonZeroU64) -> Self {
        let piece = (rate.get() / PIECES_A_SECOND).max(1);
        let nanos = piece.saturating_mul(1_000_000_000) / rate;
        Self {
            piece: usize::try_from(piece).unwrap_or(usize::MAX),
            wait: Duration::from_nanos(nanos),
            sleeping: None,
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleeping) = &mut self.sleeping {
            ready!(sleeping.as_mut().poll(cx));
            self.sleeping = None;
        }
        Poll::Ready(())
    }
}

impl Pace {
    /// The bytes that may be handed out now.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, BoxError>> {
        match self {
            Self::Free => Poll::Ready(Ok(usize::MAX)),
            Self::Stalled(sleeping) => {
                ready!(sleeping.as_mut().poll(cx));
                *self = Self::Free;
                Poll::Ready(Ok(usize::MAX))
            }
            Self::Cut(_, Some(written)) => {
                // Its sender is dropped with the bytes.
                let _ = ready!(Pin::new(written).poll(cx));
                Poll::Ready(Err("the stream is reset".into()))
            }
            Self::Cut(left, None) => Poll::Ready(Ok(*left)),
            Self::Slow(slow) => slow.poll_ready(cx).map(|()| Ok(slow.piece)),
        }
    }

    /// Hands a piece out.
    fn hand_out(&mut self, piece: Bytes) -> Bytes {
        match self {
            Self::Free | Self::Stalled(_) => piece,
            Self::Cut(left, written) => {
                *left = left.saturating_sub(piece.len());
                if *left > 0 {
                    return piece;
                }
                let (alive, dropped) = oneshot::channel();
                *written = Some(dropped);
                Bytes::from_owner(LastPiece { piece, _alive: alive })
            }
            Self::Slow(slow) => {
                slow.sleeping = Some(Box::pin(sleep(slow.wait)));
                piece
            }
        }
    }
}

impl http_body::Body for PacedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let room = ready!(this.pace.poll_room(cx))?;
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(room));
        Poll::Ready(Some(Ok(Frame::data(this.pace.hand_out(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream() && !matches!(self.pace, Pace::Cut(..))
    }

    /// The whole size, also of a body that is cut: its head announces it.
    fn size_hint(&self) -> SizeHint {
        let left = self.body.size_hint();
        let rest = self.rest.len() as u64;
        let mut hint = SizeHint::new();
        hint.set_lower(left.lower().saturating_add(rest));
        if let Some(upper) = left.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}
