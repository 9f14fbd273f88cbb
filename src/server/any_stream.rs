//! A stream of a hidden type.
//!
//! HTTP/1.1 and HTTP/2 are compiled once for each type of stream, which takes longer than all of this module. So
//! there are two: the plain socket, and [`AnyStream`] for TLS and what comes through a tunnel.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::watch::Wire;

/// Any [`Wire`].
pub(super) struct AnyStream(Box<dyn Wire>);

impl AnyStream {
    pub(super) fn new(stream: impl Wire) -> Self {
        Self(Box::new(stream))
    }

    fn inner(self: Pin<&mut Self>) -> Pin<&mut dyn Wire> {
        Pin::new(self.get_mut().0.as_mut())
    }
}

impl Wire for AnyStream {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_gone(cx)
    }

    fn abort(&mut self) {
        self.0.abort();
    }
}

impl AsyncRead for AnyStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_read(cx, buf)
    }
}

impl AsyncWrite for AnyStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }
}
