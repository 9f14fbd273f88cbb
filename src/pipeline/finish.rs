//! The end of every exchange: the headers that each answer has, and one record of it.

use std::borrow::Cow;
use std::sync::Arc;

use gcmock_limit::{Decision, LimitStatus};
use http::{HeaderValue, Method};

use super::context::RequestContext;
use super::decide::Verdict;
use super::explain;
use crate::identity::Principal;
use crate::identity::bearer;
use crate::observe::compact_method::CompactMethod;
use crate::observe::journal::{self, Details, Exchange, SocketEvent, SocketNote};
use crate::observe::scenario_check::GCMOCK_SCENARIO;
use crate::push::event;
use crate::push::registry::Socket;
use crate::rules::Config;
use crate::wire::cors;
use crate::wire::header_block::HeaderBlock;
use crate::wire::redact::redacted;
use crate::wire::reply::Reply;
use crate::world::id::UserIndex;

impl<'a> RequestContext<'a> {
    /// The path as the journal and the log keep it: without tokens.
    pub(super) fn kept_path(&self) -> Cow<'a, str> {
        redacted(self.path, bearer(&self.head.headers))
    }

    /// The headers that every answer has, and the record of the exchange.
    pub(super) fn finish(
        &self,
        principal: &Principal,
        config: &Config,
        verdict: Option<&Verdict<'_>>,
        reply: Reply,
    ) -> (Reply, HeaderBlock) {
        self.finish_with(principal, config, verdict, reply, None)
    }

    /// Ends the exchange of a handshake that opened `socket`.
    pub(super) fn finish_socket(
        &self,
        principal: &Principal,
        config: &Config,
        verdict: &Verdict<'_>,
        reply: Reply,
        socket: &Socket,
    ) -> (Reply, HeaderBlock) {
        let note = SocketNote { id: socket.id, event: SocketEvent::Opened };
        self.finish_with(principal, config, Some(verdict), reply, Some(note))
    }

    pub(super) fn finish_with(
        &self,
        principal: &Principal,
        config: &Config,
        verdict: Option<&Verdict<'_>>,
        mut reply: Reply,
        socket: Option<SocketNote>,
    ) -> (Reply, HeaderBlock) {
        let mut lines = HeaderBlock::new();
        lines.correlation(self.context);
        if let Some(verdict) = verdict {
            explain::limits(&mut lines, config.response, &verdict.decision);
            if let Some(adherence) = &verdict.adherence {
                explain::adherence(&mut lines, config.response, adherence);
            }
            explain::fault(&mut lines, verdict);
            explain::store(&mut lines, verdict);
        }
        if let Some(note) = self.note(&reply) {
            reply.headers.push((explain::GCMOCK_NOTE, note));
        }
        if let Some(mismatch) = self.platform().scenario_check.compare(&self.head.headers, config) {
            reply.headers.push((GCMOCK_SCENARIO, mismatch));
        }
        if cors::is_cross_origin(&self.head.headers) {
            reply.headers.extend(cors::CORS);
        }
        if let Some(verdict) = verdict.filter(|verdict| verdict.fault.is_none()) {
            self.warn(principal, &verdict.decision);
        }
        self.observe(principal, verdict, &reply, socket);
        (reply, lines)
    }

    pub(super) fn note(&self, reply: &Reply) -> Option<HeaderValue> {
        if reply.generic {
            return Some(explain::NOTE_GENERIC);
        }
        let unpublished = self.operation().is_some_and(|operation| !operation.published);
        unpublished.then_some(explain::NOTE_UNPUBLISHED)
    }

    /// Warns the organization's subscribers when one of its limits reaches 90 %.
    pub(super) fn warn(&self, principal: &Principal, decision: &Decision<'_>) {
        let hub = &self.platform().notifications.hub;
        if hub.is_silent() {
            return;
        }
        if let Some((tenant, status)) = principal.tenant().zip(decision.governing.as_ref())
            && self.platform().warnings.is_due(tenant.index, status)
        {
            event::rate_limit_warning(hub, tenant.index, status, self.now);
        }
    }

    /// Records an exchange in the journal, counts it in the metrics, and notes its span.
    pub(super) fn observe(
        &self,
        principal: &Principal,
        verdict: Option<&Verdict<'_>>,
        reply: &Reply,
        socket: Option<SocketNote>,
    ) {
        let subject = self.subject(principal);
        let governing = verdict.and_then(|verdict| verdict.decision.governing.as_ref());
        let method = CompactMethod::of(&self.head.method);
        let details = Details {
            path: self.operation().is_none().then(|| shortened(&self.kept_path())),
            method: method.is_none().then(|| bounded(&self.head.method)),
            adherence: verdict.and_then(Verdict::adherence_note),
            socket,
            fault: verdict.and_then(|verdict| verdict.fault).map(|fault| Arc::clone(&fault.name)),
            without_store: verdict.is_some_and(|verdict| verdict.store_failed && verdict.decision.refused),
        };
        let took_micros = u32::try_from(self.started.elapsed().as_micros()).unwrap_or(u32::MAX);
        let answered = verdict.is_none_or(Verdict::is_answered);
        if answered {
            self.platform().metrics.count(self.operation_id(), reply.status, took_micros);
        }
        let exchange = Exchange {
            time: self.now,
            correlation: self.context,
            token: subject.token.unwrap_or_default(),
            method: method.unwrap_or(CompactMethod::GET),
            operation: self.operation_id(),
            tenant: principal.tenant().map(|tenant| tenant.index),
            client: journal::known(subject.client),
            user: subject.user.map(UserIndex),
            governing: governing.map(|status| status.rule.id),
            used_percent: governing.map_or(0, used_percent),
            refused: verdict.is_some_and(Verdict::is_refused),
            generic: reply.generic,
            status: if answered { reply.status.as_u16() } else { journal::NOT_ANSWERED },
            retry_after: verdict.and_then(Verdict::retry_after),
            took_micros,
            edge: principal.edge(),
            connection: journal::short(subject.connection),
            details: details.boxed(),
        };
        #[cfg(feature = "otlp")]
        self.trace(principal, verdict, &exchange);
        self.platform().record(exchange);
    }
}

fn used_percent(status: &LimitStatus<'_>) -> u8 {
    let percent = u64::from(status.used) * 100 / u64::from(status.capacity).max(1);
    u8::try_from(percent.min(100)).unwrap_or(100)
}

/// The part of an unknown path that the journal keeps.
fn shortened(path: &str) -> Box<str> {
    const MOST: usize = 200;
    path.char_indices().nth(MOST).map_or(path, |(end, _)| &path[..end]).into()
}

/// A method as the journal keeps it: a made-up one may be as long as a head, and is not worth that.
fn bounded(method: &Method) -> Method {
    const MOST: usize = 16;
    if method.as_str().len() <= MOST {
        method.clone()
    } else {
        Method::from_bytes(b"OTHER").unwrap_or_default()
    }
}
