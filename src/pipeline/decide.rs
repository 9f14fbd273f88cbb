//! The verdict on a request: its limits, and at a handshake the agent's adherence.

use gcmock_limit::Decision;

use crate::observe::journal::AdherenceNote;
use crate::world::id::UserIndex;
use crate::world::workforce::AdherenceRefusal;

/// The decision of the limits and, for a handshake, of the adherence check.
pub(super) struct Verdict<'c> {
    pub(super) decision: Decision<'c>,
    /// The refusal of the agent. The limits have then admitted the request, and charged nothing.
    pub(super) adherence: Option<Box<AdherenceRefusal>>,
    /// The agent that asks to connect.
    pub(super) agent: Option<UserIndex>,
}

impl<'c> Verdict<'c> {
    pub(super) const fn of(decision: Decision<'c>) -> Self {
        Self { decision, adherence: None, agent: None }
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.decision.refused || self.adherence.is_some()
    }

    /// The journal's note about a refusal by the adherence check.
    pub(super) fn adherence_note(&self) -> Option<AdherenceNote> {
        let (refused, agent) = self.adherence.as_deref().zip(self.agent)?;
        Some(AdherenceNote { agent, cause: refused.why, reason: refused.message.as_str().into() })
    }

    /// Whole seconds until the next try, where it was refused.
    pub(super) fn retry_after(&self) -> Option<u32> {
        self.decision.retry_after.or_else(|| self.adherence.as_deref().map(AdherenceRefusal::retry_after))
    }
}
