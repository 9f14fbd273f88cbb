//! Limits of single messages: `match = ["WS-MESSAGE /path [action]"]`.

use std::sync::Arc;

use gcmock_limit::{Decision, Rule, Subject};
use serde::Serialize;
use uuid::Uuid;

use super::session::Live;
use crate::observe::journal::{Exchange, SocketEvent};
use crate::platform::limiter::{self, Charges};
use crate::rules::PatternMethod;
use crate::wire::redact::redacted;

/// The refusal of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TooMany {
    /// The limit's name in the limits file.
    pub(crate) name: Arc<str>,
    /// As in `limit` of a 429 body.
    pub(crate) namespace: Arc<str>,
    /// As in `limit` of a 429 body.
    pub(crate) key: Arc<str>,
    /// Seconds after which a single sender is admitted.
    pub(crate) retry_after: u32,
}

impl TooMany {
    pub(super) fn of(rule: &Rule, retry_after: u32) -> Self {
        let text = |text: &str| Arc::from(text);
        Self { name: text(&rule.name), namespace: text(&rule.namespace), key: text(&rule.key), retry_after }
    }

    /// The sentence of a 429 body.
    pub(crate) fn message(&self) -> String {
        format!("Rate limit exceeded the maximum. Retry the request in [{}] seconds", self.retry_after)
    }
}

impl Live<'_> {
    /// Charges one message of `action` from `subject` to the limits that cover it, all or none; a refusal
    /// is in the journal and in the totals of its limit.
    pub(crate) fn charge(&self, subject: &Subject, action: Option<&str>) -> Result<(), TooMany> {
        let socket = self.socket;
        let config = self.platform.config.current();
        if let Some(refused) = self.fault_of_message(&config, subject, action) {
            return Err(refused);
        }
        let method = PatternMethod::WsMessage(action);
        // Messages have no operation of their own: every pattern is tried.
        let limits = config.limits_for(None, method, &socket.path);
        let charges: Charges<'_> =
            limits.filter_map(|limit| limiter::charge(&limit.rule, subject, "")).collect();
        if charges.is_empty() {
            return Ok(());
        }
        let decision = self.platform.limiter.decide_message(socket.tenant_index(), &charges, self.now);
        match decision.governing.as_ref().filter(|_| decision.refused) {
            None => Ok(()),
            Some(status) => {
                self.note_refusal(&decision, action, None);
                Err(TooMany::of(status.rule, decision.retry_after.unwrap_or(1)))
            }
        }
    }

    /// Notes the refusal of a message by a limit, or by a fault in its place.
    pub(super) fn note_refusal(
        &self,
        decision: &Decision<'_>,
        action: Option<&str>,
        fault: Option<&Arc<str>>,
    ) {
        let action = action.map(|action| redacted(action, None).chars().take(40).collect());
        let mut noted = self.socket.exchange(SocketEvent::Refused { action });
        // A fault that waits on the socket did not refuse this message.
        if let Some(details) = noted.details.as_mut() {
            details.fault = fault.cloned();
        }
        self.platform.record(Exchange {
            time: self.now,
            correlation: Uuid::new_v4(),
            governing: decision.governing.as_ref().map(|status| status.rule.id),
            used_percent: 100,
            refused: true,
            status: 429,
            retry_after: decision.retry_after,
            ..noted
        });
    }
}
