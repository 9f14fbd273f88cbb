//! The divisions of a conversation, each with the queues and users of the conversation that are in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::ConversationView;
use crate::world::id::Id;

impl ConversationView {
    /// The divisions that the conversation belongs to.
    pub(super) fn memberships(&self) -> Vec<Value> {
        let mut divisions: BTreeMap<Uuid, Vec<Value>> = BTreeMap::new();
        for name in &self.names {
            let queue = name.queue.as_ref().map(|(queue, _)| reference("routing/queues", queue.uuid()));
            let user = name.user.map(|user| reference("users", user.uuid()));
            for (division, entity) in name.divisions.into_iter().zip([queue, user]) {
                let Some((division, entity)) = division.zip(entity) else { continue };
                let entities = divisions.entry(Id::uuid(division)).or_default();
                if !entities.contains(&entity) {
                    entities.push(entity);
                }
            }
        }
        let shown = divisions.into_iter().map(|(id, entities)| {
            json!({ "division": reference("authorization/divisions", id), "entities": entities })
        });
        shown.collect()
    }
}

fn reference(path: &str, id: Uuid) -> Value {
    json!({ "id": id, "selfUri": format!("/api/v2/{path}/{id}") })
}
