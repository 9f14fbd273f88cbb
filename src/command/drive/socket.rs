//! The WebSocket of a user.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, HOST, RETRY_AFTER};
use http::{HeaderMap, Request, Uri};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::exchange::Answer;
use super::failure;
use super::target::Target;
use super::wire::{Counted, Traffic};

/// An open WebSocket.
pub(super) struct Socket {
    stream: WebSocketStream<Counted>,
    traffic: Arc<Traffic>,
}

/// How a handshake ended.
pub(super) enum Handshake {
    /// It was admitted.
    Open(Box<Socket>, Answer),
    /// It was answered with a status.
    Refused(Answer),
}

impl Socket {
    /// Opens a WebSocket on a connection of its own. `request` is that of the sampler.
    ///
    /// # Errors
    /// When the connection fails.
    pub(super) async fn open(
        target: &Target,
        stream: (Counted, Arc<Traffic>),
        request: &Request<()>,
    ) -> anyhow::Result<Handshake> {
        let (stream, traffic) = stream;
        let request = handshake_of(target, request)?;
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, _)) => {
                let answer = Answer { status: 101, traffic: traffic.so_far(), ..Answer::default() };
                Ok(Handshake::Open(Box::new(Self { stream, traffic }), answer))
            }
            Err(Error::Http(response)) => Ok(Handshake::Refused(Answer {
                status: response.status().as_u16(),
                retry_after: retry_after(response.headers()),
                traffic: traffic.so_far(),
                ..Answer::default()
            })),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a message and waits for one, as the sampler says. The answer's status is 200, as the sampler writes it.
    ///
    /// # Errors
    /// When the socket is closed, or no message comes in time.
    pub(super) async fn exchange(
        &mut self,
        write: Option<String>,
        read: Option<Duration>,
    ) -> anyhow::Result<Answer> {
        let before = self.traffic.so_far();
        if let Some(text) = write {
            self.stream.send(Message::text(text)).await?;
        }
        if let Some(patience) = read {
            let read = tokio::time::timeout(patience, self.read()).await;
            read.map_err(|_| failure::timed_out())??;
        }
        let after = self.traffic.so_far();
        let traffic = (after.0 - before.0, after.1 - before.1);
        Ok(Answer { status: 200, traffic, ..Answer::default() })
    }

    /// Waits for a text or binary message. Pings are answered meanwhile.
    async fn read(&mut self) -> anyhow::Result<()> {
        while let Some(message) = self.stream.next().await {
            if matches!(message?, Message::Text(_) | Message::Binary(_)) {
                return Ok(());
            }
        }
        anyhow::bail!("java.net.SocketException: WebSocket closed by the server")
    }

    /// Closes it with a closing handshake.
    ///
    /// # Errors
    /// When the connection fails before.
    pub(super) async fn close(mut self) -> anyhow::Result<Answer> {
        let before = self.traffic.so_far();
        self.stream.close(None).await?;
        while let Some(Ok(_)) = self.stream.next().await {}
        let after = self.traffic.so_far();
        let traffic = (after.0 - before.0, after.1 - before.1);
        Ok(Answer { status: 200, traffic, ..Answer::default() })
    }
}

/// The handshake with the path and headers of the sampler's request.
fn handshake_of(target: &Target, request: &Request<()>) -> anyhow::Result<Request<()>> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let host = target.host.to_str()?;
    let scheme = if target.secure { "wss" } else { "ws" };
    let uri: Uri = format!("{scheme}://{host}{path}").parse()?;
    let mut handshake = uri.into_client_request()?;
    for (name, value) in request.headers() {
        if ![HOST, CONNECTION].contains(name) {
            handshake.headers_mut().append(name, value.clone());
        }
    }
    Ok(handshake)
}

/// The seconds of `Retry-After`.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}
