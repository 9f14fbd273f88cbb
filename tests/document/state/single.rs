//! Things at a path of their own: what was put is read, and a deletion takes it back.

use serde_json::Value;

use super::collection::is_listing;
use super::compare::keeps;
use super::{Held, Looker, States, held, succeeds};
use crate::kind::listing_of;
use crate::kind::{self, Kind};
use crate::places::NOBODY;
use crate::spec::Operation;

impl Looker<'_> {
    /// What was set is read at the same path. Where the path ends with an id that a POST makes, the collection has been
    /// looked at.
    pub(super) async fn single(&self, set: &Operation, states: &mut States) {
        let document = self.places.document;
        let Some(get) = document.find("GET", set.path) else { return };
        let is_query = set.method == "POST" && is_listing(document, get);
        if is_query || self.is_made(set.path) {
            return;
        }
        let address = self.places.fresh(self.client, set.path).await;
        self.places.prepare(self.client, set, &address).await;
        // An id that nothing else used: others may have been deleted.
        let unused = format!("00000000-dead-4bad-8bad-{:012}", self.places.generator.number());
        let path = address.path().replace(NOBODY, &unused);
        let query = self.places.query(get);
        let before = self.client.get(&format!("{path}{query}")).await.json;
        let (answer, body) = self.change(set, &path, &before).await;
        if let Err(wrong) = succeeds(&answer, "it") {
            return states.note(set, Err(wrong));
        }
        let read = self.client.get(&format!("{path}{query}")).await;
        let kept = match listed(self, get, body.as_ref(), &read.json) {
            Some(kept) => Some(kept),
            None => keeps(document, get, body.as_ref(), &read.json),
        };
        let Some(kept) = kept else { return };
        let right = held(read.status == 200, || format!("set, then read answers {}", read.status)).and(kept);
        states.note(set, right.clone());
        states.note(get, right.clone());
        if right.is_ok() {
            self.taken_back(get, &path, (body.as_ref(), &before), states).await;
        }
    }

    /// After a DELETE what was put is no longer there: the path is a 404, or has its value of the start.
    async fn taken_back(
        &self,
        get: &Operation,
        path: &str,
        (put, before): (Option<&Value>, &Value),
        states: &mut States,
    ) {
        let document = self.places.document;
        let Some(delete) = document.find("DELETE", get.path) else { return };
        let differed = keeps(document, get, put, before).is_some_and(|kept| kept.is_err());
        if !differed || delete.parameters_in("query").any(|parameter| parameter["required"] == true) {
            return;
        }
        let deleted = self.send("DELETE", path, None).await;
        let read = self.client.get(&format!("{path}{}", self.places.query(get))).await;
        let is_gone =
            read.status == 404 || keeps(document, get, put, &read.json).is_some_and(|kept| kept.is_err());
        let gone = held(is_gone, || format!("deleted, then read answers {}", read.status));
        states.note(delete, succeeds(&deleted, "it").and(gone));
    }

    /// Whether a POST of the collection makes what the path names.
    fn is_made(&self, path: &str) -> bool {
        let parent = path.rsplit_once('/').map_or(path, |(parent, _)| parent);
        path.ends_with('}') && self.places.document.find("POST", parent).is_some()
    }
}

/// Whether the ids of the items that were sent are listed; `None` where the answer is no listing, or no ids were sent.
fn listed(looker: &Looker<'_>, get: &Operation, sent: Option<&Value>, read: &Value) -> Option<Held> {
    let document = looker.places.document;
    let schema = get.first_schema()?;
    let items = match kind::of_schema(document, Some(schema)) {
        Kind::Array => read.as_array(),
        Kind::Listing(_) => read[listing_of(document, schema)?].as_array(),
        _ => return None,
    };
    let sent: Vec<_> =
        sent?.as_array()?.iter().filter_map(|item| item.get("id").or(Some(item))?.as_str()).collect();
    let has = |id: &str| items.is_some_and(|items| items.iter().any(|item| item == id || item["id"] == id));
    let lacking = sent.iter().find(|id| !has(id));
    (!sent.is_empty()).then(|| lacking.map_or(Ok(()), |id| Err(format!("set, then the listing lacks {id}"))))
}
