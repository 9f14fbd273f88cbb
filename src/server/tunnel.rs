//! A client that uses this server as its proxy: `CONNECT`, and the connection inside.
//!
//! The tunnel ends here. What it carries is served like any other connection: TLS where the client begins
//! with it, clear text where it does not. Nothing is ever forwarded to anybody.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::any_stream::AnyStream;
use super::connection::{Conn, serve_connection};
use super::watch::Wire;
use super::{Server, Service, tls};
use crate::wire::body::{self, Body};

/// The first byte of a TLS record that begins a handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// Whether a request asks for a tunnel.
pub(super) fn is_asked(request: &Request<Incoming>) -> bool {
    *request.method() == Method::CONNECT
}

/// Opens a tunnel to the host that is asked for, or says why not.
pub(super) async fn open<H: Service>(
    server: &Arc<Server<H>>,
    conn: &Arc<Conn>,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let tls = match server.handler.tunnel(conn, request.uri()).await {
        Ok(tls) => tls,
        Err(refusal) => return refusal,
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let (server, outer) = (Arc::clone(server), Arc::clone(conn));
    conn.spawn(async move {
        if let Ok(upgraded) = upgrade.await
            && let Ok((stream, conn)) = begin(&server, &outer, tls, TokioIo::new(upgraded)).await
        {
            serve_within(server, stream, Arc::new(conn)).await;
        }
    });
    Response::new(body::empty())
}

/// Waits for the client to begin, and for its handshake; not while the server stops.
async fn begin<H: Service>(
    server: &Server<H>,
    outer: &Arc<Conn>,
    acceptor: TlsAcceptor,
    mut stream: TokioIo<Upgraded>,
) -> io::Result<(AnyStream, Conn)> {
    let begun = async {
        let mut first = [0];
        stream.read_exact(&mut first).await?;
        let stream = Resumed { read: Bytes::copy_from_slice(&first), stream };
        if first[0] != TLS_HANDSHAKE {
            return Ok((AnyStream::new(stream), outer.within(false)));
        }
        Ok((AnyStream::new(tls::accept(&acceptor, stream).await?), outer.within(true)))
    };
    tokio::select! {
        begun = tokio::time::timeout(server.options.request_timeout, begun) => {
            begun.map_err(|_| io::ErrorKind::TimedOut)?
        }
        () = outer.stopped() => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

/// Boxed, or the future of a connection would contain itself.
fn serve_within<H: Service>(
    server: Arc<Server<H>>,
    stream: AnyStream,
    conn: Arc<Conn>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move { serve_connection(&server, stream, conn).await })
}

/// A stream of which something was read already.
pub(super) struct Resumed {
    read: Bytes,
    stream: TokioIo<Upgraded>,
}

impl AsyncRead for Resumed {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.read.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let now = this.read.len().min(buf.remaining());
        buf.put_slice(&this.read[..now]);
        this.read.advance(now);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Resumed {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// The end of the tunnel is noticed when it is read; there is nothing to look at before.
impl Wire for Resumed {
    fn poll_gone(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    // The connection that carries it is reset by itself.
    fn abort(&mut self) {}
}

impl Wire for TlsStream<Resumed> {
    fn poll_gone(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn abort(&mut self) {}
}
