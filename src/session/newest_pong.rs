//! The stream below a WebSocket. A peer that does not read gets only the newest pong.
//!
//! tungstenite answers each ping while it reads, and queues the answers without a bound. RFC 6455 (5.5.3)
//! allows to answer only the newest ping. So a pong that the socket does not accept waits here, and the next
//! pong replaces it. Reading continues.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A stream that keeps one pong.
#[derive(Debug)]
pub(super) struct NewestPong<IO> {
    io: IO,
    /// Whether tungstenite is reading. Its writes are then answers to pings and to a close frame, each in one
    /// piece.
    reading: bool,
    /// Whether a frame of ours is written in part: a pong has to wait behind it, in tungstenite's buffer.
    inside: bool,
    /// A pong, or the rest of one, that is written next.
    begun: Vec<u8>,
    /// The pong after that.
    newest: Vec<u8>,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> NewestPong<IO> {
    pub(super) fn new(io: IO) -> Self {
        Self { io, reading: false, inside: false, begun: Vec::new(), newest: Vec::new() }
    }

    /// The next message of the peer.
    pub(super) async fn next(socket: &mut WebSocketStream<Self>) -> Option<Result<Message, Error>> {
        std::future::poll_fn(|cx| {
            socket.get_mut().reading = true;
            let polled = socket.poll_next_unpin(cx);
            socket.get_mut().reading = false;
            polled
        })
        .await
    }

    /// Takes a pong in any case.
    fn keep(&mut self, cx: &mut Context<'_>, pong: &[u8]) -> io::Result<()> {
        if self.poll_pongs(cx)?.is_pending() {
            pong.clone_into(&mut self.newest);
            return Ok(());
        }
        let written = match Pin::new(&mut self.io).poll_write(cx, pong)? {
            Poll::Ready(written) => written,
            Poll::Pending => 0,
        };
        pong[written..].clone_into(&mut self.begun);
        Ok(())
    }

    /// Writes the waiting pong.
    fn poll_pongs(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.begun.is_empty() {
            match ready!(Pin::new(&mut self.io).poll_write(cx, &self.begun))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => drop(self.begun.drain(..written)),
            }
            if self.begun.is_empty() {
                std::mem::swap(&mut self.begun, &mut self.newest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for NewestPong<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for NewestPong<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.reading && !this.inside {
            return Poll::Ready(this.keep(cx, buf).map(|()| buf.len()));
        }
        ready!(this.poll_pongs(cx))?;
        let written = Pin::new(&mut this.io).poll_write(cx, buf);
        this.inside = !matches!(written, Poll::Ready(Ok(written)) if written == buf.len());
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_pongs(cx))?;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::SinkExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// A socket whose peer's side holds 400 bytes.
    async fn socket() -> (WebSocketStream<NewestPong<DuplexStream>>, DuplexStream) {
        let (ours, peer) = duplex(400);
        let socket = WebSocketStream::from_raw_socket(NewestPong::new(ours), Role::Server, None).await;
        (socket, peer)
    }

    fn ping(number: u32) -> Vec<u8> {
        let payload = format!("{number:0100}");
        [&[0x89, 0x80 | 0x64, 0, 0, 0, 0], payload.as_bytes()].concat()
    }

    /// Numbers of the pongs in these bytes.
    fn pongs(mut bytes: &[u8]) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let [0x8a, 100, rest @ ..] = bytes {
            let (payload, rest) = rest.split_at(100);
            numbers.push(std::str::from_utf8(payload).expect("digits").parse().expect("a number"));
            bytes = rest;
        }
        assert!(bytes.is_empty(), "no whole pong: {bytes:?}");
        numbers
    }

    async fn read_pings(socket: &mut WebSocketStream<NewestPong<DuplexStream>>, count: u32) {
        for _ in 0..count {
            let message = NewestPong::next(socket).await.expect("open").expect("a message");
            assert!(message.is_ping());
        }
    }

    /// Lets the server read and flush until the peer has received everything.
    async fn answers(
        socket: &mut WebSocketStream<NewestPong<DuplexStream>>,
        peer: &mut DuplexStream,
    ) -> Vec<u8> {
        let (mut read, mut buffer) = (Vec::new(), [0; 400]);
        loop {
            tokio::select! {
                biased;
                count = peer.read(&mut buffer) => read.extend(&buffer[..count.expect("open")]),
                _ = NewestPong::next(socket) => panic!("the peer sends nothing more"),
                () = tokio::time::sleep(Duration::from_millis(50)) => return read,
            }
        }
    }

    #[tokio::test]
    async fn a_peer_that_does_not_read_gets_the_newest_pong() {
        let (mut socket, mut peer) = socket().await;
        for number in 0..10_000 {
            peer.write_all(&ping(number)).await.expect("room");
            read_pings(&mut socket, 1).await;
        }
        let kept = socket.get_ref().begun.len() + socket.get_ref().newest.len();
        assert!(kept <= 2 * 102, "{kept} bytes are kept");
        let answered = pongs(&answers(&mut socket, &mut peer).await);
        // Three and a half pongs fit into the pipe. tungstenite holds one more beside the waiting one.
        assert_eq!(answered, [0, 1, 2, 3, 9_998, 9_999]);
    }

    #[tokio::test]
    async fn messages_come_whole_between_pongs() {
        let (mut socket, mut peer) = socket().await;
        for number in 0..10 {
            peer.write_all(&ping(number)).await.expect("room");
            read_pings(&mut socket, 1).await;
        }
        let text = "x".repeat(1000);
        let sent = socket.send(Message::text(text.clone()));
        let mut read = vec![0; 5 * 102 + 4 + 1000];
        let (sent, whole) = tokio::join!(sent, peer.read_exact(&mut read));
        sent.expect("open");
        whole.expect("open");
        assert_eq!(pongs(&read[..5 * 102]), [0, 1, 2, 3, 8]);
        assert_eq!(&read[5 * 102 + 4..], text.as_bytes());
    }
}
