//! Faults on purpose: the `[[fault]]` of a limits file, in place of the decision over limits.
//!
//! A request that a fault strikes is charged to no limit. [`RequestContext::fault`] finds the fault, [`verdict`] is the
//! verdict in place of the limits', [`RequestContext::struck`] the answer. `server` cuts, stalls and slows the bytes of a
//! response by its [`WireFault`]. `session` strikes open sockets.

use bytes::{BufMut, BytesMut};
use gcmock_limit::Decision;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;

use super::context::RequestContext;
use super::decide::Verdict;
use crate::catalog::Access;
use crate::identity::Principal;
use crate::platform::limiter::refused_by;
use crate::rules::{Config, Fault, FaultKind};
use crate::server::WireFault;
use crate::time::Nanos;
use crate::wire::body::Body;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

impl RequestContext<'_> {
    /// The fault that strikes the answer of this request: the first in file order that does.
    pub(super) fn fault<'c>(&self, config: &'c Config, principal: &Principal) -> Option<&'c Fault> {
        self.first_fault(config, principal, |kind| !kind.is_of_sockets() && self.can_be(kind, principal))
    }

    /// The fault that strikes the socket of an admitted handshake.
    pub(super) fn socket_fault<'c>(&self, config: &'c Config, principal: &Principal) -> Option<&'c Fault> {
        self.first_fault(config, principal, FaultKind::is_of_sockets)
    }

    fn first_fault<'c>(
        &self,
        config: &'c Config,
        principal: &Principal,
        wanted: impl Fn(&FaultKind) -> bool,
    ) -> Option<&'c Fault> {
        // Nearly every server is without faults: this check is all that they cost it.
        if config.faults.is_empty() {
            return None;
        }
        let operation = self.operation().map(|operation| operation.id);
        let mut faults = config.faults_for(operation, self.counted_method(), self.path);
        faults.find(|fault| wanted(&fault.kind) && self.is_struck(fault, principal))
    }

    /// Counts the request, and whether the fault strikes it.
    fn is_struck(&self, fault: &Fault, principal: &Principal) -> bool {
        let tenant = principal.tenant().map(|tenant| tenant.index);
        fault.covers_grant(principal.grant())
            && self.platform().faults.strikes(fault, &self.subject(principal), tenant, self.now)
    }

    /// Whether a fault of that kind has something to strike here.
    fn can_be(&self, kind: &FaultKind, principal: &Principal) -> bool {
        match kind {
            FaultKind::EdgeDown(label) => self.platform().is_edge(principal.edge(), label),
            FaultKind::OauthDown => self.operation().is_some_and(|of| of.access == Access::Login),
            FaultKind::Revoke => matches!(principal, Principal::Caller(_)),
            _ => true,
        }
    }

    /// The answer to a request that `fault` strikes; `answer` is that of the handler.
    pub(super) fn struck(
        &self,
        fault: &Fault,
        verdict: &Verdict<'_>,
        answer: impl FnOnce() -> Reply,
    ) -> Reply {
        match &fault.kind {
            FaultKind::Refuse(_) => self.refusal(verdict),
            FaultKind::Status { status, retry_after } => {
                self.error(&ApiError::of_status(*status, *retry_after))
            }
            FaultKind::EdgeDown(_) => self.error(&ApiError::unavailable(
                "Service Unavailable - The edge is down. Connect to another edge, or later.",
            )),
            FaultKind::OauthDown => self.error(&ApiError::of_status(503, None)),
            FaultKind::Revoke => {
                self.platform().revoke(&self.head.headers);
                self.error(&ApiError::bad_credentials())
            }
            FaultKind::Garble => garbled(answer()),
            // Its connection is reset before the first byte.
            FaultKind::Reset => Reply::empty(StatusCode::BAD_GATEWAY),
            FaultKind::Close(_)
            | FaultKind::Stall(_)
            | FaultKind::Slow(_)
            | FaultKind::SocketClose { .. }
            | FaultKind::SocketSilence(_) => answer(),
        }
    }
}

/// The verdict on a request that `fault` strikes. No limit is charged.
pub(super) fn verdict<'c>(fault: &'c Fault, config: &'c Config, now: Nanos) -> Verdict<'c> {
    let limit = match &fault.kind {
        FaultKind::Refuse(name) => config.rules().find(|rule| rule.name == *name),
        _ => None,
    };
    let decision = limit.map_or_else(Decision::default, |rule| refused_by(rule, now));
    Verdict { fault: Some(fault), ..Verdict::of(decision) }
}

/// The first half of a body, and a character that no JSON can have there. An answer without a body stays one.
fn garbled(mut reply: Reply) -> Reply {
    if reply.body.is_empty() {
        return reply;
    }
    let mut body = BytesMut::from(&reply.body[..reply.body.len() / 2]);
    body.put_u8(b'<');
    reply.body = body.freeze();
    reply.headers.retain(|(name, _)| *name != CONTENT_TYPE);
    reply
}

/// The response with what its fault does to its bytes.
pub(super) fn on_the_wire(fault: Option<&Fault>, mut response: Response<Body>) -> Response<Body> {
    let on_wire = fault.and_then(|fault| match fault.kind {
        FaultKind::Reset => Some(WireFault::Reset),
        FaultKind::Close(bytes) => Some(WireFault::Close(bytes)),
        FaultKind::Stall(time) => Some(WireFault::Stall(time)),
        FaultKind::Slow(rate) => Some(WireFault::Slow(rate)),
        _ => None,
    });
    if let Some(on_wire) = on_wire {
        response.extensions_mut().insert(on_wire);
    }
    if fault.is_some() && response.status().canonical_reason().is_none() {
        // Without it, hyper writes `<none>`.
        response.extensions_mut().insert(ReasonPhrase::from_static(b""));
    }
    response
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn what_is_garbled_is_never_json() {
        for body in ["", "{}", "[]", "1", "12", "true", "\"a\"", "\"<\"", "{\"a\":1}", "[1,2]", "null"] {
            let reply =
                garbled(Reply { body: Bytes::from_static(body.as_bytes()), ..Reply::empty(StatusCode::OK) });
            assert!(
                serde_json::from_slice::<serde_json::Value>(&reply.body).is_err(),
                "{body}: {:?}",
                reply.body
            );
        }
    }
}
