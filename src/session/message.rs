//! Limits of single messages: `match = ["WS-MESSAGE /path [action]"]`.

use std::sync::Arc;

use gcmock_limit::{Decision, HeldSlots, Rule, Subject};
use serde::Serialize;
use uuid::Uuid;

use super::session::{Live, Sender};
use crate::observe::journal::{Details, Exchange, SocketEvent};
use crate::platform::limiter::{self, ChargeContext, Charges, LimiterDecision};
use crate::rules::{Config, PatternMethod};
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
        if let Some(judged) = &self.judged {
            return judged.clone();
        }
        let config = self.platform.config.current();
        let charges = self.charges(&config, subject, action)?;
        let decision = self.platform.limiter.decide_message(self.socket.tenant_index(), &charges, self.now);
        self.to_result(&LimiterDecision { decision, store_failed: false }, action)
    }

    /// Asks the store before the session gets the message. [`Live::charge`] then has its word.
    pub(super) async fn ask_store(&mut self, Sender { subject, action }: Sender) {
        self.judged = Some(self.charge_everywhere(&subject, action.as_deref()).await);
    }

    async fn charge_everywhere(&self, subject: &Subject, action: Option<&str>) -> Result<(), TooMany> {
        let config = self.platform.config.current();
        let mut charges = self.charges(&config, subject, action)?;
        let (tenant, held) = (self.socket.tenant.as_deref(), &HeldSlots::default());
        let asking = ChargeContext { tenant, held, now: self.now, peeks: false };
        let judged = self.platform.limiter.judge(asking, &config, &mut charges).await;
        self.to_result(&judged, action)
    }

    /// The limits that cover the message, or the refusal of the fault that strikes it. Messages have no operation of their
    /// own: every pattern is tried.
    fn charges<'c>(
        &self,
        config: &'c Config,
        subject: &Subject,
        action: Option<&str>,
    ) -> Result<Charges<'c>, TooMany> {
        if let Some(refused) = self.fault_of_message(config, subject, action) {
            return Err(refused);
        }
        let limits = config.limits_for(None, PatternMethod::WsMessage(action), &self.socket.path);
        Ok(limits.filter_map(|limit| limiter::charge(&limit.rule, subject, "")).collect())
    }

    fn to_result(&self, judged: &LimiterDecision<'_>, action: Option<&str>) -> Result<(), TooMany> {
        let decision = &judged.decision;
        match decision.governing.as_ref().filter(|_| decision.refused) {
            None => Ok(()),
            Some(status) => {
                self.note_refusal(decision, action, |details| details.without_store = judged.store_failed);
                Err(TooMany::of(status.rule, decision.retry_after.unwrap_or(1)))
            }
        }
    }

    /// Notes the refusal of a message by a limit, or by a fault in its place.
    pub(super) fn note_refusal(
        &self,
        decision: &Decision<'_>,
        action: Option<&str>,
        cause: impl FnOnce(&mut Details),
    ) {
        let action = action.map(|action| redacted(action, None).chars().take(40).collect());
        let mut noted = self.socket.exchange(SocketEvent::Refused { action });
        // A fault that waits on the socket did not refuse this message.
        if let Some(details) = noted.details.as_mut() {
            details.fault = None;
            cause(details);
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
