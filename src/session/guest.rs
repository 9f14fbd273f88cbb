//! The guest protocol: the frames of guest web messaging.

use std::sync::Arc;

use gcmock_limit::Subject;
use serde_json::{Value, json};
use uuid::Uuid;

use super::session::{Live, Sender, Session};
use crate::observe::close_reason::CloseReason;
use crate::platform::effects;
use crate::push::guest::Guest;
use crate::push::guest::LIFE;
use crate::push::guest::attachment::{ALLOWED, BLOCKED, MAX_KILOBYTES};
use crate::push::guest::frame::{self, Failure, Request};
use crate::time::Nanos;
use crate::world::Tenant;
use crate::world::conversation::{Direction, Messenger, Opening, Side};

/// Bytes of one text (the vendor's code 4011 beyond).
const MAX_TEXT: usize = 4096;
/// Bytes of custom attributes (`web.messaging`/`metadata.custom.attributes.bytes.max`).
pub(crate) const MAX_ATTRIBUTES: usize = 2048;
/// Characters that a device's token has.
const TOKEN: std::ops::RangeInclusive<usize> = 8..=128;

/// A guest's end of a socket.
#[derive(Debug)]
pub(crate) struct Speaker {
    tenant: Arc<Tenant>,
    deployment: Uuid,
    /// The base of the addresses of files.
    base: String,
    guest: Option<Arc<Guest>>,
}

type Done = Result<(), Failure>;

impl Speaker {
    /// A guest at a deployment, before it named its session.
    pub(crate) fn new(tenant: Arc<Tenant>, deployment: Uuid, base: String) -> Self {
        Self { tenant, deployment, base, guest: None }
    }

    fn act(&mut self, live: &Live<'_>, request: &Request) -> Done {
        match request.action.as_str() {
            "configureSession" => self.configure(live, request),
            "configureAuthenticatedSession" => {
                let code = request.more.get("data").and_then(|data| data.get("code")).and_then(Value::as_str);
                code.filter(|code| !code.is_empty()).ok_or_else(|| Failure::missing("data.code"))?;
                self.configure(live, request)
            }
            "onMessage" => self.on_message(live, request),
            "echo" => {
                let text = request.message.as_ref().and_then(|message| message.get("text")).cloned();
                live.send(frame::echo(&text.unwrap_or_default(), live.now, request.tracing_id.as_deref()));
                Ok(())
            }
            "onAttachment" | "getAttachment" | "deleteAttachment" => self.attachment(live, request),
            "getJwt" => self.jwt(live, request),
            "closeSession" => self.close(live, request),
            other => Err(Failure::new(
                400,
                format!("Unknown action: {}", other.chars().take(100).collect::<String>()),
            )),
        }
    }

    fn configure(&mut self, live: &Live<'_>, request: &Request) -> Done {
        let hash = self.hash(live, request).ok_or_else(|| Failure::missing("token"))?;
        if let Some(named) = request.more.get("deploymentId").and_then(Value::as_str) {
            let same = Uuid::try_parse(named).is_ok_and(|id| id == self.deployment);
            same.then_some(())
                .ok_or_else(|| Failure::new(404, "The deployment is not the one connected to"))?;
        }
        let starts_new = request.more.get("startNew") == Some(&json!(true));
        let old = live.platform.guests.find(hash).filter(|_| starts_new);
        if let Some(old) = &old {
            live.platform.guests.end(old);
        }
        let node = &live.platform.options.node;
        let entered = live.platform.guests.enter(&self.tenant, self.deployment, hash, node, live.now);
        let (guest, new) = entered.ok_or_else(|| Failure::new(5000, "There are too many sessions"))?;
        guest.connect(live.socket);
        let body = configured(&guest, new, old.is_some(), live.now);
        self.guest = Some(guest);
        live.send(frame::response("SessionResponse", &body, request.tracing_id.as_deref()));
        Ok(())
    }

    /// The session that the frame belongs to: the token has to be the one that was configured.
    fn session(&self, live: &Live<'_>, request: &Request) -> Result<&Arc<Guest>, Failure> {
        let hash = self.hash(live, request);
        let guest = self.guest.as_ref().filter(|guest| hash.is_none() || hash == Some(guest.hash));
        let guest =
            guest.ok_or_else(|| Failure::new(4007, "Session not found: configureSession comes first"))?;
        if live.now >= guest.expires {
            live.send(frame::event("SessionExpiredEvent", &json!({})));
            return Err(Failure::new(4006, "The session has expired"));
        }
        Ok(guest)
    }

    fn hash(&self, live: &Live<'_>, request: &Request) -> Option<u64> {
        let token = request.token.as_deref().filter(|token| TOKEN.contains(&token.len()))?;
        let text = format!("{}/{token}", self.deployment);
        Some(live.platform.identity.tokens.hash(text.as_bytes()).max(1))
    }

    fn on_message(&self, live: &Live<'_>, request: &Request) -> Done {
        let guest = self.session(live, request)?;
        let message = request.message.as_ref().ok_or_else(|| Failure::missing("message"))?;
        if message.get("type").and_then(Value::as_str) == Some("Event") {
            return Ok(());
        }
        let text = message.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
        let text = text.ok_or_else(|| Failure::missing("message.text"))?;
        if text.len() > MAX_TEXT {
            return Err(Failure::new(4011, format!("A message has at most {MAX_TEXT} bytes")));
        }
        let metadata = message.get("metadata").or_else(|| message.get("channel")?.get("metadata"));
        if metadata.is_some_and(|metadata| metadata.to_string().len() > MAX_ATTRIBUTES) {
            return Err(Failure::new(4013, format!("Custom attributes have at most {MAX_ATTRIBUTES} bytes")));
        }
        let heard =
            self.arrive(live, guest, text).ok_or_else(|| Failure::new(5000, "The message was lost"))?;
        guest.send(&frame::message(&heard, request.tracing_id.as_deref(), metadata));
        Ok(())
    }

    /// The message becomes one of a conversation, which REST clients see.
    fn arrive(
        &self,
        live: &Live<'_>,
        guest: &Arc<Guest>,
        text: &str,
    ) -> Option<crate::world::conversation::Message> {
        let address = guest.address.to_string();
        let deployment = self.deployment.to_string();
        let opening = Opening {
            messenger: Messenger::WebMessaging,
            direction: Direction::Inbound,
            address: &address,
            name: "Guest",
            own_address: &deployment,
            queue: None,
            user: None,
            joins: true,
            at: live.now,
        };
        let (said, events) = self.tenant.write(|organization| {
            let happened = organization.add_message(&opening, Side::Customer, text)?;
            organization.conversations().message(happened.message?)
        });
        // First: a subscriber that answers at once is to reach the guest.
        if let Some(message) = &said {
            live.platform.guests.converses(guest, message.conversation);
        }
        effects::apply(live.platform, &self.tenant, events, live.now);
        said
    }

    fn attachment(&self, live: &Live<'_>, request: &Request) -> Done {
        let guest = self.session(live, request)?;
        let (class, body) = guest.with_attachments(|files| match request.action.as_str() {
            "onAttachment" => {
                files.announce(&request.more).map(|file| ("PresignedUrlResponse", file.presigned(&self.base)))
            }
            "getAttachment" => {
                files.find(&request.more).map(|file| ("PresignedUrlResponse", file.presigned(&self.base)))
            }
            _ => files.remove(&request.more).map(|file| ("AttachmentDeletedResponse", file.reference())),
        })?;
        live.send(frame::response(class, &body, request.tracing_id.as_deref()));
        Ok(())
    }

    fn jwt(&self, live: &Live<'_>, request: &Request) -> Done {
        let guest = self.session(live, request)?;
        let body = json!({ "jwt": guest.jwt, "exp": guest.expires / 1_000_000_000 });
        live.send(frame::response("JwtResponse", &body, request.tracing_id.as_deref()));
        Ok(())
    }

    fn close(&self, live: &Live<'_>, request: &Request) -> Done {
        let guest = self.session(live, request)?;
        if request.more.get("closeAllConnections") == Some(&json!(true)) {
            guest.close_all("the session was closed");
        } else {
            live.send(frame::event("ConnectionClosedEvent", &json!({ "reason": "the session was closed" })));
            live.socket.outbox.close(CloseReason::platform(1000, "the session was closed"));
        }
        Ok(())
    }

    /// The ids that limits count this frame by.
    fn subject(&self, live: &Live<'_>, request: Option<&Request>) -> Subject {
        let said = request.and_then(|request| self.hash(live, request));
        let session = said.or_else(|| self.guest.as_ref().map(|guest| guest.hash));
        Subject { session, ..live.socket.subject.clone() }
    }
}

fn configured(guest: &Guest, new: bool, cleared: bool, now: u64) -> Value {
    let types: Vec<_> = ALLOWED.iter().map(|kind| json!({ "type": kind })).collect();
    json!({
        "connected": true,
        "newSession": new,
        "readOnly": now >= guest.expires,
        "maxCustomDataBytes": MAX_ATTRIBUTES,
        "allowedMedia": { "inbound": { "fileTypes": types, "maxFileSizeKB": MAX_KILOBYTES } },
        "blockedExtensions": BLOCKED,
        "clearedExistingSession": cleared,
        "durationSeconds": LIFE / 1_000_000_000,
        "expirationDate": guest.expires / 1_000_000_000,
    })
}

impl Session for Speaker {
    fn kind(&self) -> &'static str {
        "guest"
    }

    fn charged(&self, live: &Live<'_>, text: &str) -> Option<Sender> {
        let request: Option<Request> = serde_json::from_str(text).ok();
        let subject = self.subject(live, request.as_ref());
        Some(Sender { subject, action: request.map(|request| request.action) })
    }

    fn receive(&mut self, live: &Live<'_>, text: &str) {
        let request: Result<Request, _> = serde_json::from_str(text);
        let request = request.as_ref();
        let action = request.ok().map(|request| request.action.as_str());
        let tracing_id = request.ok().and_then(|request| request.tracing_id.as_deref());
        if let Err(refused) = live.charge(&self.subject(live, request.ok()), action) {
            return live.send(frame::too_many(action, refused.retry_after, tracing_id));
        }
        let done = match request {
            Ok(request) => self.act(live, request),
            Err(_) => Err(Failure::new(400, "Expected a JSON object with an action")),
        };
        if let Err(failure) = done {
            live.send(frame::failure(&failure, tracing_id));
        }
    }

    fn receive_binary(&mut self, live: &Live<'_>) {
        live.send(frame::failure(&Failure::new(400, "Expected text frames"), None));
    }

    fn end(&mut self, live: &Live<'_>) {
        if let Some(guest) = &self.guest {
            guest.disconnect(live.socket);
        }
    }
}

impl Guest {
    /// The guest's messages as the history shows them, newest last, and how many there are.
    pub(crate) fn history(&self, now: Nanos) -> Vec<Value> {
        let conversation = self.conversation();
        let organization = self.tenant.read();
        let key = conversation.and_then(|id| organization.conversations().find(id));
        let seen = key.and_then(|key| organization.conversations().get(key, usize::MAX, now));
        let heads = seen.map(|seen| seen.messages).unwrap_or_default();
        let messages = heads.iter().filter_map(|head| organization.conversations().message(head.id));
        messages.map(|message| frame::in_history(&message)).collect()
    }
}
