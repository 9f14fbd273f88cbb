//! What a conversation asks for in its queue beside skills: a priority, a language, and what only answers show.
//!
//! Clients set it for few conversations, so it is no part of their rows.

use serde_json::Value;
use uuid::Uuid;

use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::id::Id;
use crate::world::routing::Language;

/// A point of priority counts as this time of waiting (documented).
const POINT: i128 = 60_000_000_000;

/// Where it is kept.
pub(crate) fn requested_path(conversation: Uuid) -> String {
    format!("/api/v2/routing/conversations/{conversation}")
}

impl Organization {
    /// What a conversation asks for beside skills. `None` where a client has set nothing.
    pub(crate) fn requested(&self, conversation: Uuid) -> Option<&Entity> {
        self.collections.get(&requested_path(conversation), "")
    }

    /// The start of the wait as its priority moves it, and the language that it asks for.
    pub(super) fn urgency(&self, conversation: Uuid, since: i128) -> (i128, Option<Id<Language>>) {
        let kept = self.requested(conversation);
        let priority = kept.and_then(|kept| kept.get("priority")?.as_i64()).unwrap_or(0);
        let language = kept.and_then(|kept| Id::parse(kept.get("languageId").and_then(Value::as_str)?));
        (since - i128::from(priority) * POINT, language)
    }
}
