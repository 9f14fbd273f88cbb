//! The verdict on a request: its limits, and at a handshake the agent's adherence.

use gcmock_limit::Decision;

use crate::observe::journal::AdherenceNote;
use crate::rules::{Fault, FaultKind};
use crate::world::id::UserIndex;
use crate::world::workforce::AdherenceRefusal;

/// The decision of the limits and, for a handshake, of the adherence check.
pub(super) struct Verdict<'c> {
    pub(super) decision: Decision<'c>,
    /// The refusal of the agent. The limits have then admitted the request, and charged nothing.
    pub(super) adherence: Option<Box<AdherenceRefusal>>,
    /// The agent that asks to connect.
    pub(super) agent: Option<UserIndex>,
    /// The fault that strikes in place of the limits.
    pub(super) fault: Option<&'c Fault>,
    /// Whether shared limits acted without their store.
    pub(super) store_failed: bool,
}

impl<'c> Verdict<'c> {
    pub(super) const fn of(decision: Decision<'c>) -> Self {
        Self { decision, adherence: None, agent: None, fault: None, store_failed: false }
    }

    /// Adds the adherence check to the verdict on the handshake of `agent`. If a limit refuses too, the answer is that of the
    /// limit, with the longer of the two waits.
    pub(super) fn with_adherence(
        mut self,
        adherence: Option<Box<AdherenceRefusal>>,
        agent: UserIndex,
    ) -> Self {
        self.agent = Some(agent);
        if !self.decision.refused {
            return Self { adherence, ..self };
        }
        let wait = adherence.map(|refused| refused.retry_after());
        self.decision.retry_after = self.decision.retry_after.max(wait);
        self
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.decision.refused || self.adherence.is_some()
    }

    /// Whether the client gets an answer: not where its connection is reset.
    pub(super) fn is_answered(&self) -> bool {
        self.fault.is_none_or(|fault| fault.kind != FaultKind::Reset)
    }

    /// The journal's note about a refusal by the adherence check.
    pub(super) fn adherence_note(&self) -> Option<AdherenceNote> {
        let (refused, agent) = self.adherence.as_deref().zip(self.agent)?;
        Some(AdherenceNote { agent, cause: refused.why, reason: refused.message.as_str().into() })
    }

    /// Whole seconds until the next try, where it was refused or struck by a fault that has them.
    pub(super) fn retry_after(&self) -> Option<u32> {
        let of_fault = match self.fault.map(|fault| &fault.kind) {
            Some(FaultKind::Status { retry_after, .. }) => *retry_after,
            _ => None,
        };
        self.decision
            .retry_after
            .or(of_fault)
            .or_else(|| self.adherence.as_deref().map(AdherenceRefusal::retry_after))
    }
}
