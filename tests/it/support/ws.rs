//! A WebSocket client of the outside world: tokio-tungstenite over a socket of its own.

use futures_util::{SinkExt, StreamExt};
use gcmock::MockServer;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderMap, HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::PATIENCE;

/// An open socket.
pub(crate) struct Ws {
    pub(crate) stream: WebSocketStream<TcpStream>,
}

/// A handshake that was answered otherwise.
#[derive(Debug)]
pub(crate) struct NoSocket {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl NoSocket {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible"))
    }
}

/// Opens `path` with these further headers; `host` is one of them where it matters.
pub(crate) async fn open(mock: &MockServer, path: &str, headers: &[(&str, &str)]) -> Result<Ws, NoSocket> {
    let address = mock.uri().trim_start_matches("http://").to_owned();
    let mut request = format!("ws://{address}{path}").into_client_request().expect("a URI");
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a name");
        request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    let stream = TcpStream::connect(&address).await.expect("listening");
    match tokio::time::timeout(PATIENCE, client_async(request, stream)).await.expect("an answer in time") {
        Ok((stream, _)) => Ok(Ws { stream }),
        Err(Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            Err(NoSocket {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                body: serde_json::from_slice(body).unwrap_or_default(),
            })
        }
        Err(error) => panic!("neither a socket nor an answer: {error}"),
    }
}

/// The platform's socket with a pasted token; `query` begins with `?` or is empty.
pub(crate) async fn platform(mock: &MockServer, query: &str) -> Result<Ws, NoSocket> {
    let path = format!("/api/v2/platform/websocket{query}");
    open(mock, &path, &[("authorization", "Bearer pasted")]).await
}

impl Ws {
    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        self.send(Message::text(text.into())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.stream.send(message).await.expect("still open");
    }

    /// The next text frame as JSON.
    pub(crate) async fn hear(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).expect("JSON"),
            other => panic!("no text frame: {other:?}"),
        }
    }

    /// The next frame of any kind but ping and pong.
    pub(crate) async fn next(&mut self) -> Message {
        loop {
            match tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("a frame in time") {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(message)) => return message,
                other => panic!("no frame: {other:?}"),
            }
        }
    }

    /// Reads until the close frame of the server: its code and reason.
    pub(crate) async fn close_frame(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Message::Close(Some(CloseFrame { code, reason })) => {
                    return (code.into(), reason.to_string());
                }
                Message::Close(None) => return (1005, String::new()),
                _ => {}
            }
        }
    }

    /// Sends a ping and waits for its pong: the server has then read everything that was sent before.
    pub(crate) async fn ping(&mut self) {
        self.say(r#"{"message":"ping"}"#).await;
        loop {
            if self.hear().await["eventBody"]["message"] == "pong" {
                return;
            }
        }
    }
}
