//! `WS /api/v2/platform/websocket`: the socket that a user's report knows and no published document.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::error::ApiError;
use crate::identity::Asker;
use crate::operation::{Operation, socket};
use crate::socket::{Knock, Live, Session, Visitor};
use crate::tenant::people::User;

pub(super) fn operations() -> Vec<Operation> {
    vec![socket("/api/v2/platform/websocket", door).unpublished()]
}

/// A bearer in the header or as `access_token`; the agent is named, or else the token's user.
fn door(knock: &Knock<'_>) -> Result<Visitor, ApiError> {
    let access_token = knock.query("access_token");
    let app = knock.app;
    let caller = app.identity.identify_socket(
        &app.tenants,
        knock.headers,
        access_token.as_deref(),
        knock.host,
        knock.now,
    )?;
    let named = knock.query("agentId").or_else(|| knock.header("x-agent-id").map(Into::into));
    let data = caller.token.tenant.data.read();
    let agent = match named.as_deref() {
        Some(id) => Some(data.people.place(id).ok_or_else(|| ApiError::no_such("agent", id))?),
        None => caller.token.user,
    };
    let agent = agent.filter(|place| data.people.at(*place).is_some_and(User::is_agent));
    drop(data);
    Ok(Visitor { asker: Asker::Caller(caller), agent, session: Box::new(PlatformSocket) })
}

struct PlatformSocket;

impl Session for PlatformSocket {
    fn kind(&self) -> &'static str {
        "platform"
    }

    fn receive(&mut self, live: &Live<'_>, text: &str) {
        if let Err(refused) = live.charge(&live.socket.subject, None) {
            let answer = json!({ "result": "429", "status": "error", "message": refused.message(),
                "retryAfter": refused.retry_after, "limit": { "key": refused.key, "namespace": refused.namespace } });
            return live.say(answer.to_string());
        }
        let parsed: Value = serde_json::from_str(text).unwrap_or_default();
        if parsed["message"] == "ping" {
            live.say(r#"{"topicName":"channel.metadata","eventBody":{"message":"pong"}}"#);
        } else {
            live.say(r#"{"result":"400","status":"error","message":"What?"}"#);
        }
    }

    fn receive_binary(&mut self, live: &Live<'_>) {
        live.say(r#"{"result":"400","status":"error","message":"What?"}"#);
    }

    fn heartbeat(&self) -> Option<Utf8Bytes> {
        Some(r#"{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}"#.into())
    }
}
