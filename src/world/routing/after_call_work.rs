//! After-call work: whether the agents of a queue have to wrap up, and for how long they may.

use serde_json::Value;

use super::Acd;
use crate::time::Nanos;
use crate::world::conversation::{Participant, Parties, Purpose};
use crate::world::id::{Id, Queue};

const MILLISECOND: Nanos = 1_000_000;

/// The settings of a queue, and the vendor's word for each in a participant.
const PROMPTS: [(&str, &str); 5] = [
    ("MANDATORY", "mandatory"),
    ("MANDATORY_TIMEOUT", "timeout"),
    ("MANDATORY_FORCED_TIMEOUT", "forcedTimeout"),
    ("AGENT_REQUESTED", "agentRequested"),
    ("OPTIONAL", "optional"),
];

/// What a queue asks of its agents after an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AfterCallWork {
    /// The vendor's word in a participant.
    pub(crate) prompt: &'static str,
    /// Whether each interaction has to be wrapped up.
    pub(crate) is_mandatory: bool,
    /// The time after which it ends by itself; `None` for one that lasts until the wrap-up.
    pub(crate) timeout_ms: Option<u64>,
}

impl Acd {
    /// What a queue asks of its agents. `None` if the queue has no `acwSettings`: wrap-ups are optional then.
    pub(crate) fn after_call_work(&self, queue: Id<Queue>) -> Option<AfterCallWork> {
        let settings = self.queues.get(queue)?.extra.get("acwSettings")?;
        let setting = settings.get("wrapupPrompt")?.as_str()?;
        let (setting, prompt) = PROMPTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(setting))?;
        let is_mandatory = setting.starts_with("MANDATORY");
        let timeout_ms = settings.get("timeoutMs").and_then(Value::as_u64).filter(|_| *prompt != "mandatory");
        Some(AfterCallWork { prompt, is_mandatory, timeout_ms })
    }

    /// Asks the agents that take part for a wrap-up, where their queue demands one.
    pub(in crate::world) fn demand_wrap_ups(&self, parties: &mut Parties) {
        for one in
            parties.participants.iter_mut().filter(|one| one.purpose == Purpose::Agent && one.is_open())
        {
            let of_queue = one.queue.and_then(|queue| self.after_call_work(queue));
            if let Some(current) = one.current_mut().filter(|_| of_queue.is_some_and(|acw| acw.is_mandatory))
            {
                current.after_call_work = true;
            }
        }
    }

    /// Whether an agent still works on an interaction that has ended.
    pub(in crate::world) fn wraps_up(&self, one: &Participant, now: Nanos) -> bool {
        let is_asked = one.wrapup.is_none() && one.wrapping_up().is_some();
        let Some(ended) = one.ended().filter(|_| is_asked) else { return false };
        let timeout = one.queue.and_then(|queue| self.after_call_work(queue)?.timeout_ms);
        let end = timeout.map(|timeout| ended.saturating_add(timeout.saturating_mul(MILLISECOND)));
        end.is_none_or(|end| now < end)
    }
}
