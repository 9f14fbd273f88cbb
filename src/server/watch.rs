//! Tracks whether a connection waits for the client or for us, from its reads, writes and requests in flight.
//!
//! [`Watched`] wraps the socket below hyper and records reads and writes in [`Watch`]. It never waits and never closes:
//! `connection` checks the record and decides.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::Conn;

/// A stream that carries requests.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Ready when the client has ended its side and nothing is left to read.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Makes the socket end by a reset when it is dropped.
    fn abort(&mut self);
}

impl Wire for TcpStream {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut byte = [0];
        match ready!(self.poll_peek(cx, &mut ReadBuf::new(&mut byte))) {
            Ok(0) | Err(_) => Poll::Ready(()),
            Ok(_) => Poll::Pending,
        }
    }

    fn abort(&mut self) {
        // Without it, the socket is closed in order.
        let _ = self.set_zero_linger();
    }
}

impl Wire for TlsStream<TcpStream> {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.get_mut().0.poll_gone(cx)
    }

    fn abort(&mut self) {
        self.get_mut().0.abort();
    }
}

/// The state of a connection. The orderings are relaxed, because the values are independent.
#[derive(Debug)]
pub(super) struct Watch {
    /// Whether bytes arrived, or are due, that do not belong to a request yet.
    head_due: AtomicBool,
    /// The client does not read.
    writing: AtomicBool,
    http2: AtomicBool,
    in_flight: AtomicU32,
    calls: AtomicU32,
    /// Writes that the client took something of.
    writes: AtomicU32,
    /// The number of writes of answers on HTTP/2, where other frames are written too.
    taken: AtomicU32,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            // A client that connects owes a first request.
            head_due: AtomicBool::new(true),
            writing: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            calls: AtomicU32::new(0),
            writes: AtomicU32::new(0),
            taken: AtomicU32::new(0),
        }
    }
}

impl Watch {
    pub(super) fn begin(&self, http2: bool) {
        self.in_flight.fetch_add(1, Relaxed);
        self.calls.fetch_add(1, Relaxed);
        self.head_due.store(false, Relaxed);
        if http2 {
            self.http2.store(true, Relaxed);
        }
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// The number of requests.
    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Relaxed)
    }

    /// Whether the connection was answered and no request is in flight. The head of another one may be arriving.
    pub(super) fn was_of_use(&self) -> bool {
        self.calls() > 0 && self.is_idle()
    }

    /// A request has been begun and not finished. An HTTP/2 connection that has been of use is never
    /// in this state, because its control frames look the same.
    pub(super) fn awaits_head(&self) -> bool {
        self.head_due.load(Relaxed) && self.has_nothing_to_give()
    }

    /// Whether a write is pending.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Relaxed)
    }

    /// The number of completed writes.
    pub(super) fn writes(&self) -> u32 {
        self.writes.load(Relaxed)
    }

    /// The number of completed writes of an answer.
    pub(super) fn taken(&self) -> u32 {
        if self.http2.load(Relaxed) { self.taken.load(Relaxed) } else { self.writes() }
    }

    /// Notes that the client took something of an answer on HTTP/2.
    pub(super) fn took(&self) {
        self.taken.fetch_add(1, Relaxed);
    }

    /// No request is in flight and no answer on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.load(Relaxed) == 0 && !self.writing.load(Relaxed)
    }

    /// Whether the connection is idle, and owes the client no last frame.
    pub(super) fn has_nothing_to_give(&self) -> bool {
        self.is_idle() && !self.http2.load(Relaxed)
    }

    fn saw_bytes(&self) {
        if self.in_flight.load(Relaxed) == 0 {
            self.head_due.store(true, Relaxed);
        }
    }

    /// hyper stops reading while pipelined requests wait in its buffer, and HTTP/2 never does.
    fn may_miss_the_end(&self) -> bool {
        self.in_flight.load(Relaxed) > 0 && !self.http2.load(Relaxed)
    }

    /// Records whether a write completed. Only the connection's own task writes.
    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        self.writing.store(written.is_pending(), Relaxed);
        if let Poll::Ready(Ok(1..)) = written {
            self.writes.store(self.writes().wrapping_add(1), Relaxed);
        }
    }
}

/// A stream that records its reads and writes in the [`Watch`] of its connection.
pub(super) struct Watched<IO: Wire> {
    // Declared first, so that the socket closes before the connection is dropped.
    stream: IO,
    conn: Arc<Conn>,
}

impl<IO: Wire> Watched<IO> {
    pub(super) fn new(stream: IO, conn: Arc<Conn>) -> Self {
        Self { stream, conn }
    }

    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.conn.watch.wrote(&written);
        if let Poll::Ready(Ok(bytes)) = written {
            self.conn.unread.wrote(bytes);
            self.conn.cut.wrote(bytes);
        }
        written
    }

    /// The most bytes of a write of `bytes` bytes, or the end of a connection that a fault cuts here.
    fn poll_uncut(&mut self, cx: &mut Context<'_>, bytes: usize) -> Poll<io::Result<usize>> {
        match self.conn.cut.left() {
            None => Poll::Ready(Ok(bytes)),
            Some(0) => {
                if !self.conn.cut.resets() {
                    // What came before the cut is to arrive.
                    ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                }
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
            Some(left) => Poll::Ready(Ok(bytes.min(left))),
        }
    }
}

impl<IO: Wire> AsyncRead for Watched<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.conn.cut.left().is_some() && this.conn.watch.is_idle() {
            // The answer was shorter than the cut: nothing more is read, so hyper ends the connection.
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            this.conn.watch.saw_bytes();
        }
        read
    }
}

impl<IO: Wire> AsyncWrite for Watched<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let most = ready!(this.poll_uncut(cx, buf.len()))?;
        let written = Pin::new(&mut this.stream).poll_write(cx, &buf[..most]);
        this.wrote(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // HTTP/2 gathers, and of the cuts it knows only the reset.
        ready!(this.poll_uncut(cx, 1))?;
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // hyper flushes each time it polls a connection, also while it does not read.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.conn.watch.may_miss_the_end() && this.stream.poll_gone(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        // TLS accepts bytes before the socket does.
        this.conn.watch.writing.store(flushed.is_pending(), Relaxed);
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<IO: Wire> Drop for Watched<IO> {
    fn drop(&mut self) {
        if self.conn.cut.resets() {
            self.stream.abort();
        }
    }
}
