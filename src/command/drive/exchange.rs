//! One HTTP/1.1 connection of a user, and one request and its answer on it.
//!
//! The connection has no task of its own: no request wakes another task. It writes requests that are bytes already, and
//! reads of an answer what [`Head`] has.

use std::io;
use std::task::Poll;

use bytes::{Buf, BytesMut};
use httparse::Status;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::message::{Head, Length};
use super::target::Target;
use super::wire::Stream;
use crate::time::Nanos;
use crate::time::clock::{Clock, Stopwatch, nanos};

/// The most bytes of a head, of the line before a chunk, and of what follows the last chunk.
const MOST_OF_HEAD: usize = 128 << 10;
/// Bytes that are read at once.
const READ: usize = 4 << 10;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection ended before the answer did.
    Closed,
    /// The answer is not HTTP/1.
    Nonsense(String),
    /// The connection failed.
    Failed(io::Error),
}

/// An open connection.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    /// What has been read of the next answer.
    buffer: BytesMut,
    /// Bytes received so far.
    received: u64,
    /// Whether another request may follow.
    keeps: bool,
    /// The instant from which its age counts.
    pub(super) opened: Nanos,
}

/// An answer whose body has been read.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The seconds of `Retry-After`.
    pub(super) retry_after: Option<u32>,
    /// Whether it is a page for people.
    pub(super) is_html: bool,
    /// Where a redirect leads to.
    pub(super) location: Option<Box<str>>,
    /// Time from the start to the head of the answer.
    pub(super) latency: Nanos,
    /// Bytes received and sent.
    pub(super) traffic: (u64, u64),
    /// The first bytes of the body, as many as were asked for.
    pub(super) body: Vec<u8>,
}

impl Line {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the target does not accept it.
    pub(super) async fn open(target: &Target, clock: &Clock) -> io::Result<Self> {
        Ok(Self::on(target.connect().await?, clock.now()))
    }

    fn on(stream: Box<dyn Stream>, opened: Nanos) -> Self {
        Self { stream, buffer: BytesMut::new(), received: 0, keeps: true, opened }
    }

    /// Whether it can take another request: the peer may have closed it meanwhile.
    pub(super) async fn is_usable(&mut self) -> bool {
        if !self.keeps || !self.buffer.is_empty() {
            return false;
        }
        // Nothing is to come: any byte, an end or an error means that it is of no use.
        std::future::poll_fn(|context| {
            let mut byte = [0];
            let read = std::pin::Pin::new(&mut self.stream).poll_read(context, &mut ReadBuf::new(&mut byte));
            Poll::Ready(read.is_pending())
        })
        .await
    }

    /// Sends a request and reads its answer. `keep` bytes of the body are kept.
    ///
    /// # Errors
    /// When the connection fails or the answer is not HTTP/1.
    pub(super) async fn send(&mut self, request: &[u8], keep: usize) -> Result<Answer, Broken> {
        let (watch, before) = (Stopwatch::start(), self.received);
        self.keeps = false;
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let head = self.head().await?;
        let latency = nanos(watch.elapsed());
        let mut body = Vec::new();
        let is_head = request.starts_with(b"HEAD ");
        if !is_head {
            self.body(head.body, keep, &mut body).await?;
        }
        self.keeps = head.keeps || is_head && head.body == Length::ToTheEnd;
        Ok(Answer {
            status: head.status,
            retry_after: head.retry_after,
            is_html: head.is_html,
            location: head.location,
            latency,
            traffic: (self.received - before, request.len() as u64),
            body,
        })
    }

    /// The head of the answer. Interim answers before it are passed over.
    async fn head(&mut self) -> Result<Head, Broken> {
        loop {
            match Head::read(&self.buffer)? {
                None => self.fill().await?,
                Some((head, length)) => {
                    self.buffer.advance(length);
                    if !matches!(head.status, 100 | 102..=199) {
                        return Ok(head);
                    }
                }
            }
        }
    }

    /// Reads what has come into the buffer.
    async fn fill(&mut self) -> Result<(), Broken> {
        if self.buffer.len() >= MOST_OF_HEAD {
            return Err(Broken::Nonsense("a head of more than 128 KB".to_owned()));
        }
        if self.read().await? { Ok(()) } else { Err(Broken::Closed) }
    }

    /// Reads once. Returns false at the end of the connection.
    async fn read(&mut self) -> io::Result<bool> {
        self.buffer.reserve(READ);
        let count = self.stream.read_buf(&mut self.buffer).await?;
        self.received += count as u64;
        Ok(count > 0)
    }

    async fn body(&mut self, length: Length, keep: usize, kept: &mut Vec<u8>) -> Result<(), Broken> {
        match length {
            Length::Known(length) => self.bytes(length, keep, kept).await,
            Length::Chunked => self.chunks(keep, kept).await,
            Length::ToTheEnd => loop {
                let all = self.buffer.len();
                self.take(all, keep, kept);
                if !self.read().await? {
                    return Ok(());
                }
            },
        }
    }

    /// Passes over bytes of the body.
    async fn bytes(&mut self, mut left: u64, keep: usize, kept: &mut Vec<u8>) -> Result<(), Broken> {
        loop {
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
            self.take(here, keep, kept);
            left -= here as u64;
            if left == 0 {
                return Ok(());
            }
            self.fill().await?;
        }
    }

    /// Takes bytes from the buffer, and keeps the first of the body.
    fn take(&mut self, count: usize, keep: usize, kept: &mut Vec<u8>) {
        let wanted = count.min(keep.saturating_sub(kept.len()));
        kept.extend_from_slice(&self.buffer[..wanted]);
        self.buffer.advance(count);
    }

    async fn chunks(&mut self, keep: usize, kept: &mut Vec<u8>) -> Result<(), Broken> {
        loop {
            let size = match httparse::parse_chunk_size(&self.buffer) {
                Ok(Status::Complete((length, size))) => {
                    self.buffer.advance(length);
                    size
                }
                Ok(Status::Partial) => {
                    self.fill().await?;
                    continue;
                }
                Err(_) => return Err(Broken::Nonsense("a chunk without a size".to_owned())),
            };
            if size == 0 {
                return self.trailers().await;
            }
            self.bytes(size, keep, kept).await?;
            self.bytes(2, 0, &mut Vec::new()).await?;
        }
    }

    /// Passes over the lines after the last chunk, up to the empty one.
    async fn trailers(&mut self) -> Result<(), Broken> {
        loop {
            match self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                Some(end) => {
                    self.buffer.advance(end + 2);
                    if end == 0 {
                        return Ok(());
                    }
                }
                None => self.fill().await?,
            }
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of a peer that writes `parts` one after the other, and whether the connection is usable then.
    async fn answer(request: &[u8], parts: &[&str]) -> (Result<Answer, Broken>, bool) {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let mut line = Line::on(Box::new(ours), 0);
        let write = async {
            for part in parts {
                theirs.write_all(part.as_bytes()).await.expect("open");
                tokio::task::yield_now().await;
            }
            if parts.last().is_none_or(|last| last.is_empty()) {
                theirs.shutdown().await.expect("open");
            }
            theirs
        };
        let (answer, _theirs) = tokio::join!(line.send(request, 5), write);
        (answer, line.is_usable().await)
    }

    const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    #[tokio::test]
    async fn a_body_is_read_to_its_end_and_the_connection_stays() {
        for parts in [
            &["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n1234567"][..],
            &["HTTP/1.1 200 OK\r\nContent-", "Length: 7\r\n\r\n123", "4567"],
            &["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n1234567"],
            &["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\n123\r\n4\r\n4567\r\n0\r\n\r\n"],
            &[
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r",
                "\n1234567\r\n0\r\nX: 1\r",
                "\n\r\n",
            ],
        ] {
            let (answer, usable) = answer(GET, parts).await;
            let answer = answer.expect("an answer");
            assert_eq!((answer.status, &*answer.body, usable), (200, &b"12345"[..], true), "{parts:?}");
            let all = parts.iter().map(|part| part.len() as u64).sum();
            assert_eq!(answer.traffic, (all, GET.len() as u64));
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_or_has_more_to_say_is_not_used_again() {
        for parts in [
            &["HTTP/1.1 200 OK\r\n\r\n1234567", ""][..],
            &["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345"],
            &["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", ""],
            &["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345HTTP/1.1 408 Request Timeout\r\n\r\n"],
        ] {
            let (answer, usable) = answer(GET, parts).await;
            assert_eq!((&*answer.expect("an answer").body, usable), (&b"12345"[..], false), "{parts:?}");
        }
    }

    #[tokio::test]
    async fn a_head_request_has_no_body() {
        let parts = ["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"];
        let (answer, usable) = answer(b"HEAD / HTTP/1.1\r\n\r\n", &parts).await;
        assert_eq!((answer.expect("an answer").body.len(), usable), (0, true));
    }

    #[tokio::test]
    async fn half_an_answer_or_another_protocol_is_told() {
        for parts in [
            &[""][..],
            &["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n123", ""],
            &["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n123", ""],
            &["HTTP/1.1 200", ""],
        ] {
            let (answer, _) = answer(GET, parts).await;
            assert!(matches!(answer, Err(Broken::Closed)), "{parts:?}: {answer:?}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MOST_OF_HEAD));
        for parts in [
            &["SSH-2.0-OpenSSH\r\n"][..],
            &["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
            &[&endless],
        ] {
            let (answer, _) = answer(GET, parts).await;
            assert!(matches!(answer, Err(Broken::Nonsense(_))), "{answer:?}");
        }
    }
}
