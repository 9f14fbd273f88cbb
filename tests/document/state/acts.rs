//! Actions on an entity, as `…/{id}/publish`, that answer the entity: it is the same one, and what was set is read.

use super::compare::keeps;
use super::{Looker, States, held, succeeds};
use crate::spec::Operation;

impl Looker<'_> {
    /// An action whose answer has the schema of the entity before it.
    pub(super) async fn acts(&self, act: &Operation, states: &mut States) {
        let document = self.places.document;
        let Some((one, word)) = act.path.rsplit_once('/').filter(|(one, _)| one.ends_with('}')) else {
            return;
        };
        let is_made = act.method == "POST" && self.creates(act);
        if is_made || act.method == "DELETE" || document.find("GET", act.path).is_some() {
            return;
        }
        let Some(get) = document.find("GET", one) else { return };
        let (Some(answered), Some(read)) = (act.first_schema(), get.first_schema()) else { return };
        let is_entity = answered["$ref"].is_string() && answered["$ref"] == read["$ref"];
        if !is_entity || word.starts_with('{') {
            return;
        }
        let address = self.places.fresh(self.client, act.path).await.path();
        let one = address.rsplit_once('/').map_or("", |(one, _)| one).to_owned();
        let before = self.client.get(&one).await.json;
        if !before["id"].is_string() {
            return;
        }
        let (answer, body) = self.change(act, &address, &before).await;
        if let Err(wrong) = succeeds(&answer, "it") {
            return states.note(act, Err(wrong));
        }
        let is_new = word == "copy";
        let right = if is_new {
            let copy = one.rsplit_once('/').map_or("", |(collection, _)| collection).to_owned();
            let copy = format!("{copy}/{}", answer.json["id"].as_str().unwrap_or_default());
            let read = self.client.get(&copy).await.status;
            held(read == 200, || format!("made by {word}, then read answers {read}"))
        } else {
            let same = held(answer.json["id"] == before["id"], || "answers another entity".to_owned());
            let after = self.client.get(&one).await.json;
            same.and(keeps(document, get, body.as_ref(), &after).unwrap_or(Ok(())))
        };
        states.note(act, right);
    }
}
