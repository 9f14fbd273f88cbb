//! Operations below an entity: they answer while it exists, and are a 404 after it was deleted.

use super::collection::members;
use super::{Looker, States, held};
use crate::generate::Fill;
use crate::places::NOBODY;
use crate::spec::Operation;

impl Looker<'_> {
    /// Tries an operation at a new entity, and again when that was deleted, or at an id that nothing has.
    pub(super) async fn owned(&self, operation: &Operation, states: &mut States) {
        let Some((create, end)) = self.owner(operation) else { return };
        let (_, Some(made)) = self.made(create).await else { return };
        let address = self.places.fresh(self.client, operation.path).await.path();
        let rest = address.split('/').skip(end).fold(String::new(), |rest, segment| rest + "/" + segment);
        let (path, query) = (format!("{}{rest}", made.path()), self.places.query(operation));
        let mut accepted = None;
        let fills = [Fill::Some, Fill::Required];
        for body in self.places.bodies_at(self.client, operation, &path, &fills).await {
            let answer = self.send(&operation.method, &format!("{path}{query}"), body.clone()).await;
            if answer.is_success() {
                accepted = Some(body);
                break;
            }
        }
        // What is refused for another reason tells nothing.
        let Some(body) = accepted else { return };
        let deletes = members(self.places.document, create).delete.is_some();
        let deleted = deletes && self.send("DELETE", &made.path(), None).await.is_success();
        let path = if deleted { path } else { format!("{}/{NOBODY}{rest}", made.collection) };
        let answer = self.send(&operation.method, &format!("{path}{query}"), body).await;
        let doing = if deleted { "of a deleted owner" } else { "of an unknown owner" };
        let right = held(answer.status == 404, || format!("{doing} answers {}", answer.status));
        states.note(operation, right);
    }

    /// The POST that makes the last entity of the operation's path, and where the path goes on after its id.
    fn owner(&self, operation: &Operation) -> Option<(&Operation, usize)> {
        let segments: Vec<_> = operation.path.split('/').collect();
        let ids = (1..segments.len()).rev().filter(|at| segments[*at].starts_with('{'));
        // The last segment itself would be the entity of the operation.
        ids.filter(|at| at + 1 < segments.len()).find_map(|at| {
            let create = self.places.document.find("POST", &segments[..at].join("/"))?;
            (self.creates(create) && members(self.places.document, create).get.is_some())
                .then_some((create, at + 1))
        })
    }
}
