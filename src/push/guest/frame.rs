//! The frames of guest messaging, as the vendor's transport library reads and writes them.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::time::clock::rfc3339;
use crate::world::conversation::{Direction, Message};

/// A frame that a guest sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    pub(crate) action: String,
    /// The session's token, made by the guest's device.
    #[serde(default)]
    pub(crate) token: Option<String>,
    #[serde(default)]
    pub(crate) tracing_id: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<Map<String, Value>>,
    /// All other fields, of one action each.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// The refusal of a frame; the socket stays open.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u16,
    pub(crate) why: String,
}

impl Failure {
    pub(crate) fn new(code: u16, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    pub(crate) fn missing(what: &str) -> Self {
        Self::new(4020, format!("Missing parameter: {what}"))
    }
}

fn frame(kind: &str, class: &str, code: u16, body: &Value, tracing_id: Option<&str>) -> String {
    let mut frame = json!({ "type": kind, "class": class, "code": code, "body": body });
    if let Some(id) = tracing_id {
        frame["tracingId"] = json!(id);
    }
    frame.to_string()
}

/// An answer of `class` to the request with that tracing id.
pub(crate) fn response(class: &str, body: &Value, tracing_id: Option<&str>) -> String {
    frame("response", class, 200, body, tracing_id)
}

/// Something that happened, unasked.
pub(crate) fn event(class: &str, body: &Value) -> String {
    frame("message", class, 200, body, None)
}

/// A request that was not taken: its body is the sentence.
pub(crate) fn failure(failure: &Failure, tracing_id: Option<&str>) -> String {
    frame("response", "string", failure.code, &json!(failure.why), tracing_id)
}

/// A message of the conversation, to every connection of its guest.
pub(crate) fn message(message: &Message, tracing_id: Option<&str>, metadata: Option<&Value>) -> String {
    let mut body = structured(message);
    if let Some(metadata) = metadata {
        body["metadata"] = metadata.clone();
    }
    frame("message", "StructuredMessage", 200, &body, tracing_id)
}

/// A message as the history of a guest shows it. Its channel has no type, unlike that of a frame.
pub(crate) fn in_history(message: &Message) -> Value {
    let mut body = structured(message);
    body["channel"] = json!({ "time": rfc3339(message.head.at), "messageId": message.head.id });
    body
}

fn structured(message: &Message) -> Value {
    let mut body = json!({
        "id": message.head.id,
        "channel": { "time": rfc3339(message.head.at), "type": "Private" },
        "type": "Text",
        "text": message.text,
        "content": [],
        "direction": message.head.direction.title(),
    });
    if message.head.direction == Direction::Outbound {
        body["originatingEntity"] = json!("Human");
    }
    body
}

/// The answer to a health check.
pub(crate) fn echo(text: &Value, now: u64, tracing_id: Option<&str>) -> String {
    let body = json!({
        "id": Uuid::new_v4(), "channel": { "time": rfc3339(now), "type": "Private" },
        "type": "Text", "text": text, "direction": "Inbound",
    });
    frame("message", "StructuredMessage", 200, &body, tracing_id)
}

/// A frame beyond a limit. The vendor's code for messages is 4029; for configuring, clients report 429.
pub(crate) fn too_many(action: Option<&str>, retry_after: u32, tracing_id: Option<&str>) -> String {
    let (code, what) = match action {
        Some("onMessage") => (4029, "Message rate too high for this session"),
        Some("configureSession" | "configureAuthenticatedSession") => {
            (429, "ConfigureSession rate too high for this session")
        }
        _ => (4029, "Request rate too high for this connection"),
    };
    let body = json!({ "retryAfter": retry_after, "errorCode": code, "errorMessage": what });
    frame("response", "TooManyRequestsErrorMessage", 429, &body, tracing_id)
}
