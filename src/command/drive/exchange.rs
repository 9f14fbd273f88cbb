//! One HTTP/1.1 connection of a user, and one request and its answer on it.
//!
//! The connection is driven by the task of its user, not by a task of its own: no request wakes another task.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;

use super::target::Target;
use super::wire::{Counted, Traffic};
use crate::time::Nanos;
use crate::time::clock::{Clock, Stopwatch, nanos};

/// The body of a request.
pub(super) type Payload = Full<Bytes>;

/// An open connection.
pub(super) struct Line {
    sender: SendRequest<Payload>,
    /// Gone once the connection has ended.
    driver: Option<Connection<TokioIo<Counted>, Payload>>,
    traffic: Arc<Traffic>,
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
    pub(super) async fn open(target: &Target, clock: &Clock) -> anyhow::Result<Self> {
        let (stream, traffic) = Counted::new(target.connect().await?);
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver: Some(driver), traffic, opened: clock.now() })
    }

    /// Whether it can take another request: the peer may have closed it meanwhile.
    pub(super) async fn is_usable(&mut self) -> bool {
        std::future::poll_fn(|context| {
            self.drive(context);
            Poll::Ready(self.driver.is_some() && !self.sender.is_closed())
        })
        .await
    }

    /// Sends a request and reads its answer. `keep` bytes of the body are kept.
    ///
    /// # Errors
    /// When the connection fails.
    pub(super) async fn send(&mut self, request: Request<Payload>, keep: usize) -> hyper::Result<Answer> {
        let (watch, before) = (Stopwatch::start(), self.traffic.so_far());
        let response = self.response(request).await?;
        let latency = nanos(watch.elapsed());
        let mut answer = Answer { latency, ..Answer::of(&response) };
        self.read_body(response.into_body(), keep, &mut answer.body).await?;
        let after = self.traffic.so_far();
        answer.traffic = (after.0 - before.0, after.1 - before.1);
        Ok(answer)
    }

    async fn response(&mut self, request: Request<Payload>) -> hyper::Result<Response<Incoming>> {
        let mut response = pin!(self.sender.send_request(request));
        let driver = &mut self.driver;
        std::future::poll_fn(|context| {
            drive(driver, context);
            response.as_mut().poll(context)
        })
        .await
    }

    async fn read_body(&mut self, mut body: Incoming, keep: usize, kept: &mut Vec<u8>) -> hyper::Result<()> {
        let driver = &mut self.driver;
        std::future::poll_fn(|context| {
            loop {
                drive(driver, context);
                match Pin::new(&mut body).poll_frame(context) {
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Some(data) = frame.data_ref().filter(|_| kept.len() < keep) {
                            kept.extend_from_slice(&data[..data.len().min(keep - kept.len())]);
                        }
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                    Poll::Ready(None) => return Poll::Ready(Ok(())),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        drive(&mut self.driver, context);
    }
}

/// Lets the connection read and write. One that has ended is dropped: it must not be polled again.
fn drive(driver: &mut Option<Connection<TokioIo<Counted>, Payload>>, context: &mut Context<'_>) {
    if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(context).is_ready()) {
        *driver = None;
    }
}

impl Answer {
    fn of(response: &Response<Incoming>) -> Self {
        Self {
            status: response.status().as_u16(),
            retry_after: retry_after(response.headers()),
            is_html: is_html(response.headers()),
            ..Self::default()
        }
    }
}

/// The seconds of `Retry-After`.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
