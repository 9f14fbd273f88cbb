//! The story of one WebSocket handshake, beside that of a request in `pipeline`.
//!
//! [`answer`] has its steps from top to bottom: the headers of the handshake, the caller, the state of the edge, the
//! limits and the agent's adherence (all or none), the wait, the answer. A plain `GET` of the path is a probe. It
//! charges nothing and gets 426 where a socket would be admitted, or the refusal.

use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{Extensions, HeaderMap, Response, StatusCode, Version};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::RequestContext;
use super::decide::Verdict;
use super::explain;
use super::fault;
use crate::api::route::OpenSession;
use crate::catalog::OperationId;
use crate::identity::Principal;
use crate::push::outbox::Outbox;
use crate::push::registry::Socket;
use crate::push::roster::StaffSeat;
use crate::rules::{Config, Fault};
use crate::server::WireFault;
use crate::session::fault::of_socket;
use crate::session::session::NewSession;
use crate::session::task::Task;
use crate::wire::body::Body;
use crate::wire::error::ApiError;
use crate::wire::header_block::HeaderBlock;
use crate::wire::reply::Reply;
use crate::world::workforce::planning::{Edge, EdgeState};

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// A handshake's outcome, before it is written.
pub(super) struct HandshakeReply {
    pub(super) reply: Reply,
    pub(super) lines: HeaderBlock,
    /// The reason phrase, if it is not the phrase of the status.
    pub(super) phrase: Option<ReasonPhrase>,
    /// Whether the connection is reset in place of the answer.
    resets: bool,
}

impl HandshakeReply {
    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = self.reply.into_response(HeaderMap::new(), self.lines);
        if let Some(phrase) = self.phrase {
            response.extensions_mut().insert(phrase);
        }
        if self.resets {
            response.extensions_mut().insert(WireFault::Reset);
        }
        response
    }
}

/// Answers one handshake, or the question how it would be answered.
pub(super) async fn answer(
    asked: &RequestContext<'_>,
    open: OpenSession,
    mut extensions: Extensions,
) -> HandshakeReply {
    let config = asked.platform().config.current();
    let wanted = Intent::of(asked).and_then(|wanted| Ok((wanted, enter(asked, open)?)));
    let (wanted, visitor) = match wanted {
        Ok(entered) => entered,
        Err(error) => return refuse_client(asked, &config, &error),
    };
    let fault = wanted.opens().then(|| asked.fault(&config, &visitor.principal)).flatten();
    if let Some(fault) = fault {
        return struck(asked, &config, &visitor.principal, fault).await;
    }
    let (mut verdict, seat) = judge(asked, &config, &visitor, &wanted).await;
    asked.wait(&config, &verdict).await;
    if verdict.is_refused() {
        return refused(asked, &config, &visitor.principal, &verdict);
    }
    let (Intent::Open { accept }, Some(upgrade)) = (wanted, extensions.remove::<OnUpgrade>()) else {
        return would_be_admitted(asked, &config, &visitor.principal, &verdict);
    };
    verdict.fault = asked.socket_fault(&config, &visitor.principal);
    admitted(asked, &config, visitor, (verdict, seat), &accept, upgrade)
}

/// Whether the client wants a socket, or only the decision.
enum Intent {
    /// A socket. `accept` is the value of `Sec-WebSocket-Accept`.
    Open { accept: String },
    /// The client asks whether it would get a socket.
    Probe,
}

impl Intent {
    const fn opens(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    fn of(asked: &RequestContext<'_>) -> Result<Self, ApiError> {
        let headers = &asked.head.headers;
        if !is_upgrade(headers) {
            return Ok(Self::Probe);
        }
        if asked.head.version != Version::HTTP_11 || !has_word(headers, &CONNECTION, "upgrade") {
            return Err(ApiError::bad_request(
                "A WebSocket handshake is a GET by HTTP/1.1 with Connection: Upgrade.",
            ));
        }
        if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(ApiError::upgrade_required("gcmock supports WebSocket version 13 (RFC 6455)."));
        }
        let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
        if STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16) {
            return Ok(Self::Open { accept: derive_accept_key(key) });
        }
        Err(ApiError::bad_request("Sec-WebSocket-Key must be 16 bytes in base64."))
    }
}

/// Whether the request asks for an upgrade to WebSocket.
fn is_upgrade(headers: &HeaderMap) -> bool {
    has_word(headers, &UPGRADE, "websocket")
}

fn has_word(headers: &HeaderMap, name: &http::HeaderName, word: &str) -> bool {
    let texts = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}

/// Authenticates the caller. An edge that is draining accepts no connection.
fn enter(asked: &RequestContext<'_>, open: OpenSession) -> Result<NewSession, ApiError> {
    let visitor = open(asked.platform(), &asked.request(&Bytes::new()))?;
    if let Some(tenant) = visitor.principal.tenant() {
        let organization = tenant.read();
        let drains = |edge: &&Edge| edge.state == EdgeState::Draining;
        if let Some(edge) = organization.workforce().edge_at(visitor.principal.edge()).filter(drains) {
            return Err(ApiError::draining(&edge.name));
        }
    }
    Ok(visitor)
}

/// Decides over limits and adherence, all or none. An agent that is not admitted charges nothing. When both
/// refuse, the answer is that of the limits, with the longer of the two waits. The group's place in the roster is
/// kept meanwhile: without that, two handshakes at once overstaff it.
async fn judge<'c>(
    asked: &RequestContext<'_>,
    config: &'c Config,
    visitor: &NewSession,
    wanted: &Intent,
) -> (Verdict<'c>, Option<StaffSeat>) {
    let judged = |peeks| asked.judge(config, &visitor.principal, peeks);
    let Some((tenant, agent)) = visitor.principal.tenant().zip(visitor.agent) else {
        return (judged(!wanted.opens()).await, None);
    };
    let Some(group) = tenant.read().skill_group_of(agent) else {
        return (judged(!wanted.opens()).await, None);
    };
    let (turn, others) = asked.platform().roster.turn((tenant.index, group), agent).await;
    let adherence = tenant.admission(agent, visitor.principal.edge(), others, asked.now).err().map(Box::new);
    let looked = match &adherence {
        Some(_) => Some(judged(true).await).filter(|verdict| !verdict.decision.refused),
        None => None,
    };
    let verdict = match looked {
        Some(looked) => looked,
        None => judged(!wanted.opens()).await,
    };
    let verdict = verdict.with_adherence(adherence, agent);
    let seat = (!verdict.is_refused() && wanted.opens()).then(|| turn.seat());
    (verdict, seat)
}

fn refuse_client(asked: &RequestContext<'_>, config: &Config, error: &ApiError) -> HandshakeReply {
    let (reply, lines) = asked.finish(&Principal::Anonymous, config, None, asked.error(error));
    HandshakeReply { reply, lines, phrase: None, resets: false }
}

/// The answer to a handshake that `fault` strikes. No limit is charged, and no agent is seated.
async fn struck(
    asked: &RequestContext<'_>,
    config: &Config,
    principal: &Principal,
    fault: &Fault,
) -> HandshakeReply {
    let verdict = fault::verdict(fault, config, asked.now);
    asked.wait(config, &verdict).await;
    if verdict.is_refused() {
        return refused(asked, config, principal, &verdict);
    }
    let no_handler = || asked.error(&ApiError::unavailable("The handshake was struck by a fault."));
    let reply = asked.struck(fault, &verdict, no_handler);
    let (reply, lines) = asked.finish(principal, config, Some(&verdict), reply);
    HandshakeReply { reply, lines, phrase: None, resets: !verdict.is_answered() }
}

fn refused(
    asked: &RequestContext<'_>,
    config: &Config,
    principal: &Principal,
    verdict: &Verdict<'_>,
) -> HandshakeReply {
    let (reply, lines) = asked.finish(principal, config, Some(verdict), asked.refusal(verdict));
    let phrase = config.response.reason_phrase.then(|| explain::reason_phrase(verdict));
    HandshakeReply {
        reply,
        lines,
        phrase: phrase.and_then(|text| ReasonPhrase::try_from(text).ok()),
        resets: false,
    }
}

fn would_be_admitted(
    asked: &RequestContext<'_>,
    config: &Config,
    principal: &Principal,
    verdict: &Verdict<'_>,
) -> HandshakeReply {
    let error = ApiError::upgrade_required(
        "A WebSocket handshake would be admitted now. This request was not charged.",
    );
    let (reply, lines) = asked.finish(principal, config, Some(verdict), asked.error(&error));
    HandshakeReply { reply: reply.with(UPGRADE, WEBSOCKET), lines, phrase: None, resets: false }
}

/// The headers of the handshake, and the task that serves the socket after they are sent.
fn admitted(
    asked: &RequestContext<'_>,
    config: &Config,
    visitor: NewSession,
    (mut verdict, seat): (Verdict<'_>, Option<StaffSeat>),
    accept: &str,
    upgrade: OnUpgrade,
) -> HandshakeReply {
    let socket = Arc::new(socket(asked, &visitor, verdict.fault));
    let permits = std::mem::take(&mut verdict.decision.permits);
    let mut reply = Reply::empty(StatusCode::SWITCHING_PROTOCOLS)
        .with(CONNECTION, HeaderValue::from_static("Upgrade"))
        .with(UPGRADE, WEBSOCKET);
    if let Ok(accept) = HeaderValue::try_from(accept) {
        reply = reply.with(SEC_WEBSOCKET_ACCEPT, accept);
    }
    let (reply, lines) = asked.finish_socket(&visitor.principal, config, &verdict, reply, &socket);
    let platform = Arc::clone(asked.platform());
    platform.sockets.add(Arc::clone(&socket));
    let stop = asked.pipeline.stop.clone();
    let task =
        Task { platform, stop, socket, session: visitor.session, _held: (permits, seat), ending: None };
    asked.conn.spawn(task.run(upgrade));
    HandshakeReply { reply, lines, phrase: None, resets: false }
}

fn socket(asked: &RequestContext<'_>, visitor: &NewSession, fault: Option<&Fault>) -> Socket {
    Socket {
        id: asked.platform().sockets.next_id(),
        kind: visitor.session.kind(),
        operation: asked.operation().map_or(OperationId::UNKNOWN, |operation| operation.id),
        path: asked.path.into(),
        tenant: visitor.principal.tenant().cloned(),
        subject: asked.subject(&visitor.principal),
        agent: visitor.agent,
        opened: asked.now,
        age: asked.started,
        correlation: asked.context,
        outbox: Arc::new(Outbox::default()),
        subscriptions: OnceLock::new(),
        fault: fault.and_then(of_socket).map_or_else(OnceLock::new, OnceLock::from),
    }
}
