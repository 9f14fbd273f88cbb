//! The protocol of a subscriber's socket: pings, subscriptions, heartbeats.

use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::message::TooMany;
use super::session::Live;
use crate::push::Subscriptions;
use crate::push::topic::Topic;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::Tenant;

/// A frame that a client sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    message: String,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    correlation_id: Option<Value>,
}

/// The sign of life that every such socket gives.
pub(crate) fn heartbeat() -> Utf8Bytes {
    Utf8Bytes::from_static(
        r#"{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}"#,
    )
}

const PONG: Utf8Bytes =
    Utf8Bytes::from_static(r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#);

/// The subscriber behind a socket.
pub(crate) struct Listener<'a> {
    /// The organization of the events.
    pub(crate) tenant: &'a Tenant,
    /// Which of them.
    pub(crate) subscriptions: &'a Subscriptions,
    /// Whether an unknown frame is ignored, as on a channel, or answered.
    pub(crate) tolerant: bool,
}

impl Listener<'_> {
    /// Answers one text frame. Returns whether it was to change the subscriptions.
    pub(crate) fn receive(&self, live: &Live<'_>, text: &str) -> bool {
        if let Err(refused) = live.charge(&live.socket.subject, None) {
            live.send(too_many(&refused));
            return false;
        }
        if let Ok(request) = serde_json::from_str::<Request>(text) {
            return self.act(live, request);
        }
        self.answer_error(live, "expected a JSON object with a message: ping, subscribe or unsubscribe");
        false
    }

    /// Answers an unknown frame, unless it is ignored.
    pub(crate) fn answer_error(&self, live: &Live<'_>, why: &str) {
        if !self.tolerant {
            live.send(failure("400", "error", why, None));
        }
    }

    fn act(&self, live: &Live<'_>, request: Request) -> bool {
        let id = request.correlation_id;
        match request.message.as_str() {
            "ping" => live.send(PONG),
            "subscribe" => match self.subscribe(live, &request.topics) {
                Ok(()) => live.send(success("subscribed", id.as_ref())),
                Err(why) => live.send(failure("400", "failure", &why, id.as_ref())),
            },
            "unsubscribe" => {
                self.subscriptions.remove(&live.platform.notifications.hub, &request.topics);
                live.send(success("unsubscribed", id.as_ref()));
            }
            _ => self.answer_error(live, "message: expected ping, subscribe or unsubscribe"),
        }
        matches!(request.message.as_str(), "subscribe" | "unsubscribe")
    }

    /// All of them, or none.
    fn subscribe(&self, live: &Live<'_>, topics: &[String]) -> Result<(), String> {
        if topics.is_empty() {
            return Err("topics: expected an array of strings".to_owned());
        }
        let read: Result<Vec<_>, _> = {
            let organization = self.tenant.read();
            topics.iter().map(|text| Topic::read(text, &organization)).collect()
        };
        let read = read.map_err(|bad| bad.to_string())?;
        self.subscriptions.add(&live.platform.notifications.hub, read).map_err(|full| full.to_string())
    }
}

fn success(status: &str, correlation_id: Option<&Value>) -> String {
    let mut frame = json!({ "result": "200", "status": status });
    if let Some(id) = correlation_id {
        frame["correlationId"] = id.clone();
    }
    frame.to_string()
}

/// A frame that reports an error.
pub(crate) fn failure(result: &str, status: &str, why: &str, correlation_id: Option<&Value>) -> String {
    let mut frame = json!({ "result": result, "status": status, "message": why });
    if let Some(id) = correlation_id {
        frame["correlationId"] = id.clone();
    }
    frame.to_string()
}

fn too_many(refused: &TooMany) -> String {
    json!({
        "result": "429", "status": "error", "message": refused.message(), "retryAfter": refused.retry_after,
        "limit": { "name": refused.name, "key": refused.key, "namespace": refused.namespace },
    })
    .to_string()
}

/// The error of a handshake on an unknown channel.
pub(crate) fn unknown_channel() -> ApiError {
    let why = "The channel is unknown: it expired, was evicted, or never existed. Create another one.";
    ApiError::new(http::StatusCode::UNAUTHORIZED, "bad.credentials", why)
}

/// Whether a frame would change the subscriptions of a channel that no longer exists.
pub(crate) fn expired_answer(text: &str, expires: Nanos, now: Nanos) -> Option<String> {
    let over = now >= expires && text.contains("subscribe");
    over.then(|| failure("404", "failure", "the channel has expired", None))
}
