//! The task of one socket. Only this task reads and writes the socket, until either side ends it.
//!
//! The peer may close with a frame, disconnect, send nothing, or stop reading. Each ends the task and frees everything
//! that the socket holds. Waits are real time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt;
use gcmock_limit::Permit;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use smallvec::SmallVec;
use tokio::io::AsyncReadExt;
use tokio::time::{Interval, MissedTickBehavior, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use super::fault::Watch;
use super::newest_pong::NewestPong;
use super::session::{Live, Session};
use crate::observe::close_reason::{CloseReason, ClosedBy};
use crate::observe::journal::{Exchange, SocketEvent};
use crate::platform::Platform;
use crate::push::outbox::{CAPACITY_BYTES, Outgoing};
use crate::push::registry::Socket;
use crate::push::roster::StaffSeat;
use crate::push::socket_fault::{SocketEffect, SocketFault};
use crate::wire::redact::redacted;

/// The largest message that is taken in: 128 KiB.
const MAX_MESSAGE: usize = 128 << 10;
/// The read buffer of a socket. It is small, so that ten thousand sockets fit into a small machine.
const READ_BUFFER: usize = 512;
/// The greatest number of bytes that wait to be written: the largest message, and the closing frames.
const WRITE_BUFFER: usize = CAPACITY_BYTES + 4096;
/// The time for the upgrade of the connection after the handshake is answered.
const UPGRADE_TIME: Duration = Duration::from_secs(10);
/// The time for closing: the rest of the queue is written, and the peer closes too.
const CLOSE_TIME: Duration = Duration::from_secs(5);
/// The number of checks of a silent peer within its timeout. The last but one sends a ping.
const LOOKS: u32 = 4;
/// The most bytes of a close reason.
const MAX_REASON: usize = 123;

type Stream = WebSocketStream<NewestPong<TokioIo<Upgraded>>>;

/// A socket and everything that is held for it.
pub(crate) struct Task {
    pub(crate) platform: Arc<Platform>,
    /// Cancelled when the server drains.
    pub(crate) stop: CancellationToken,
    pub(crate) socket: Arc<Socket>,
    pub(crate) session: Box<dyn Session>,
    pub(crate) _held: Held,
    pub(crate) ending: Option<CloseReason>,
}

/// What a socket holds until its end: slots of concurrency limits, and the agent's place in the staff.
pub(crate) type Held = (SmallVec<[Permit; 2]>, Option<StaffSeat>);

impl Task {
    /// Speaks until the end.
    pub(crate) async fn run(mut self, upgrade: OnUpgrade) {
        if let Ok(Ok(upgraded)) = timeout(UPGRADE_TIME, upgrade).await {
            let stream = NewestPong::new(TokioIo::new(upgraded));
            let mut stream = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config())).await;
            self.session.start(&Live::now(&self.platform, &self.socket));
            let ending = self.serve(&mut stream).await;
            self.ending = Some(ending);
        }
    }

    async fn serve(&mut self, stream: &mut Stream) -> CloseReason {
        let waits = self.platform.options.sockets;
        let mut heartbeat = every(waits.heartbeat);
        let mut looks = every((waits.silence / LOOKS).max(Duration::from_millis(1)));
        let mut silent = 0;
        let stop = self.stop.clone();
        let (socket, mut fault) = (Arc::clone(&self.socket), Watch::default());
        loop {
            if let Some(ended) = match fault.sets_in(&socket) {
                Some(fault) => Box::pin(self.strike(stream, fault)).await,
                None => None,
            } {
                return ended;
            }
            let ended = tokio::select! {
                outgoing = self.socket.outbox.next() => match outgoing {
                    Outgoing::Frame(text) => {
                        fault.sends();
                        self.write(stream, Message::Text(text)).await
                    }
                    Outgoing::Close(reason) => Some(self.close(stream, reason).await),
                },
                incoming = NewestPong::next(stream) => {
                    silent = 0;
                    self.receive(stream, incoming).await
                }
                () = fault.due() => None,
                _ = heartbeat.tick() => { self.heartbeat(); None }
                _ = looks.tick() => { silent += 1; self.check_peer(stream, silent).await }
                () = stop.cancelled(), if self.socket.outbox.ending().is_none() => {
                    self.socket.announce_closing("The server stops.");
                    self.socket.outbox.close(CloseReason::operator(1012, "the server stops"));
                    None
                }
            };
            if let Some(reason) = ended {
                return reason;
            }
        }
    }

    /// What the fault of the socket does. `None` where the socket goes on, or ends by its queue.
    async fn strike(&self, stream: &mut Stream, fault: &SocketFault) -> Option<CloseReason> {
        match &fault.effect {
            SocketEffect::Mark => None,
            SocketEffect::Silence => Some(self.stay_silent(stream).await),
            SocketEffect::Close(reason) if reason.code == 1006 => Some(reason.clone()),
            SocketEffect::Close(reason) if fault.is_at_once() => {
                // What answers the message that was struck is sent before the close frame.
                self.socket.outbox.close(reason.clone());
                None
            }
            SocketEffect::Close(reason) => Some(self.close(stream, reason.clone()).await),
        }
    }

    /// Keeps the connection open without a byte to the client, until the client or the server ends it. Reading below
    /// the frames answers neither pings nor a close frame.
    async fn stay_silent(&self, stream: &mut Stream) -> CloseReason {
        let mut ignored = vec![0; READ_BUFFER];
        loop {
            tokio::select! {
                read = stream.get_mut().read(&mut ignored) => {
                    if !matches!(read, Ok(1..)) {
                        return connection_lost();
                    }
                }
                outgoing = self.socket.outbox.next() => {
                    if let Outgoing::Close(reason) = outgoing {
                        return reason;
                    }
                }
                () = self.stop.cancelled() => return CloseReason::operator(1012, "the server stops"),
            }
        }
    }

    fn heartbeat(&self) {
        if let Some(text) = self.session.heartbeat() {
            self.socket.outbox.push(text);
        }
    }

    /// Sends a ping to a silent peer, and ends the socket if the peer does not answer.
    async fn check_peer(&self, stream: &mut Stream, silent: u32) -> Option<CloseReason> {
        match silent {
            0..2 => None,
            2..=LOOKS => self.write(stream, Message::Ping(bytes::Bytes::new())).await,
            _ => Some(CloseReason::platform(1006, "the peer is silent")),
        }
    }

    /// Writes a frame. The socket ends if the peer does not accept it in time.
    async fn write(&self, stream: &mut Stream, message: Message) -> Option<CloseReason> {
        tokio::select! {
            biased;
            written = stream.send(message) => written.err().map(|_| connection_lost()),
            // A stuck frame stays in the stream's buffer, before the closing frame.
            () = self.socket.outbox.ends() => None,
            () = sleep(self.platform.options.sockets.silence) => Some(CloseReason::platform(1006, "the peer does not read")),
        }
    }

    async fn receive(
        &mut self,
        stream: &mut Stream,
        incoming: Option<Result<Message, Error>>,
    ) -> Option<CloseReason> {
        let mut live = Live::now(&self.platform, &self.socket);
        match incoming {
            Some(Ok(Message::Text(text))) => {
                if self.platform.nodes.is_some()
                    && let Some(sender) = self.session.charged(&live, &text)
                {
                    live.ask_store(sender).await;
                }
                self.session.receive(&live, &text);
            }
            Some(Ok(Message::Binary(_))) => self.session.receive_binary(&live),
            Some(Ok(Message::Close(frame))) => return Some(peer_closed(stream, frame).await),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Some(self.close_for(stream, &error).await),
            None => return Some(connection_lost()),
        }
        None
    }

    /// The peer broke the protocol: it gets a closing frame if it still reads.
    async fn close_for(&self, stream: &mut Stream, error: &Error) -> CloseReason {
        let (code, reason) = match error {
            Error::Capacity(_) => (1009, "a message has at most 131072 bytes"),
            Error::Utf8(_) => (1007, "a text frame is not UTF-8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => {
                return connection_lost();
            }
            Error::Protocol(_) => (1002, "a frame breaks RFC 6455"),
            _ => return connection_lost(),
        };
        self.close(stream, CloseReason::platform(code, reason)).await
    }

    async fn close(&self, stream: &mut Stream, reason: CloseReason) -> CloseReason {
        let frame =
            CloseFrame { code: reason.code.into(), reason: Utf8Bytes::from(clip_reason(&reason.reason)) };
        within(CLOSE_TIME, async {
            if stream.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = NewestPong::next(stream).await {}
            }
        })
        .await;
        reason
    }
}

impl Drop for Task {
    /// Runs at every end of the task, also if it was aborted.
    fn drop(&mut self) {
        let live = Live::now(&self.platform, &self.socket);
        self.session.end(&live);
        self.platform.sockets.remove(&self.socket);
        let ending =
            self.ending.take().or_else(|| self.socket.outbox.ending()).unwrap_or_else(connection_lost);
        let took = self.socket.age.elapsed().as_micros();
        self.platform.record(Exchange {
            time: live.now,
            status: ending.code,
            took_micros: u32::try_from(took).unwrap_or(u32::MAX),
            ..self.socket.exchange(SocketEvent::Closed(ending))
        });
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    // The first tick of an interval is immediate.
    ticks.reset();
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn within(most: Duration, doing: impl Future<Output = ()>) {
    let _ = timeout(most, doing).await;
}

/// The close frame of the peer. Reading on writes the answer to it.
async fn peer_closed(stream: &mut Stream, frame: Option<CloseFrame>) -> CloseReason {
    within(CLOSE_TIME, async { while let Some(Ok(_)) = NewestPong::next(stream).await {} }).await;
    let (code, reason) = frame.map_or((1005, String::new()), |frame| {
        (frame.code.into(), redacted(&frame.reason, None).into_owned())
    });
    CloseReason { code, reason: reason.into(), by: ClosedBy::Client }
}

/// The peer disconnected without a close frame.
fn connection_lost() -> CloseReason {
    CloseReason { code: 1006, reason: "".into(), by: ClosedBy::Client }
}

/// The part of a reason that fits into a close frame.
fn clip_reason(reason: &str) -> &str {
    let ends = reason.char_indices().map(|(at, char)| at + char.len_utf8());
    &reason[..ends.take_while(|end| *end <= MAX_REASON).last().unwrap_or_default()]
}
