//! Entities of a collection: created, listed, read, changed, deleted, and then gone.

use std::time::Duration;

use serde_json::Value;

use super::compare::keeps;
use super::{Held, Looker, States, held, succeeds};
use crate::address::Address;
use crate::client::Answer;
use crate::generate::Fill;
use crate::kind::listing_of;
use crate::kind::{self, Kind};
use crate::places::id_in;
use crate::spec::{Document, Operation};

/// The words of jobs that have ended well.
const DONE: [&str; 12] = [
    "complete",
    "completed",
    "succeeded",
    "success",
    "fulfilled",
    "finished",
    "done",
    "published",
    "closed",
    // These wait for the client then.
    "ready",
    "readytoparse",
    "validationcompleted",
];

/// The operations of one entity of a collection.
pub(super) struct Members<'a> {
    pub(super) get: Option<&'a Operation>,
    updates: Vec<&'a Operation>,
    pub(super) delete: Option<&'a Operation>,
    place: &'static str,
}

/// An entity that was made.
pub(super) struct Made {
    /// The path of its collection.
    pub(super) collection: String,
    pub(super) id: String,
    /// The body that made it.
    pub(super) body: Option<Value>,
}

impl Made {
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.collection, self.id)
    }
}

impl Looker<'_> {
    /// Whether a POST makes entities of its collection.
    pub(super) fn creates(&self, post: &Operation) -> bool {
        let document = self.places.document;
        let is_listed = document.find("GET", post.path).is_some_and(|list| is_listing(document, list));
        let answers = post.first_schema().map(|schema| kind::of_schema(document, Some(schema)));
        let has_members = members(document, post).place != post.path;
        has_members || is_listed && !matches!(answers, Some(Kind::Listing(_)))
    }

    /// Makes an entity. Its answer, and what was made, if it can be named.
    pub(super) async fn made(&self, create: &Operation) -> (Answer, Option<Made>) {
        let members = members(self.places.document, create);
        let address = self.places.fresh(self.client, create.path).await;
        self.places.prepare(self.client, create, &address).await;
        let collection = address.path();
        let fills = [Fill::Full, Fill::Some, Fill::Required];
        let (answer, body) = self.places.attempt_with(self.client, create, &collection, &fills).await;
        let id = id_in(&answer.json, members.place).filter(|_| answer.is_success());
        let made = id.map(|id| Made { collection, id, body });
        (answer, made)
    }

    pub(super) async fn collection(&self, create: &Operation, states: &mut States) {
        let document = self.places.document;
        let members = members(document, create);
        let (answer, made) = self.made(create).await;
        let Some(made) = made else {
            if let Err(wrong) = succeeds(&answer, "it") {
                states.note(create, Err(wrong));
            }
            return;
        };
        let list = document.find("GET", create.path).filter(|list| is_listing(document, list));
        if let Some(list) = list {
            let listed = self.is_listed(list, &made, members.place).await;
            states.note(create, listed.clone());
            states.note(list, listed);
        }
        if let Some(get) = members.get {
            self.lives(create, get, &members, &made, states).await;
        } else if let (Some(delete), Some(list)) = (members.delete, list) {
            let deleted = self.send("DELETE", &made.path(), None).await;
            let gone = self.is_listed(list, &made, members.place).await.is_err();
            let gone = held(gone, || "deleted, then still listed".to_owned());
            states.note(delete, succeeds(&deleted, "it").and(gone));
        }
    }

    async fn lives(
        &self,
        create: &Operation,
        get: &Operation,
        members: &Members<'_>,
        made: &Made,
        states: &mut States,
    ) {
        let document = self.places.document;
        let one = made.path();
        let query = self.places.query(get);
        let read = self.client.get(&format!("{one}{query}")).await;
        let kept = keeps(document, get, made.body.as_ref(), &read.json).unwrap_or(Ok(()));
        let kept =
            held(read.is_success(), || format!("created, then read answers {}", read.status)).and(kept);
        states.note(create, kept.clone());
        states.note(get, kept);
        if create.path.ends_with("/jobs") {
            states.note(get, self.ends(&one, &read.json).await);
        }
        for update in &members.updates {
            self.updated(update, get, &one, states).await;
        }
        if let Some(delete) = members.delete {
            states.note(delete, self.is_deleted(delete, &one).await);
        }
    }

    /// A change is read again.
    async fn updated(&self, update: &Operation, get: &Operation, one: &str, states: &mut States) {
        let document = self.places.document;
        let read = self.client.get(one).await.json;
        let (answer, body) = self.change(update, one, &read).await;
        if let Err(wrong) = succeeds(&answer, "it") {
            return states.note(update, Err(wrong));
        }
        let again = self.client.get(one).await;
        let Some(kept) = keeps(document, get, body.as_ref(), &again.json) else { return };
        states.note(update, kept);
        if update.method == "PUT" {
            states.note(update, self.replaces(update, one, body.as_ref(), &again.json).await);
        }
    }

    /// A PUT that leaves a property out takes it away.
    async fn replaces(&self, put: &Operation, one: &str, full: Option<&Value>, read: &Value) -> Held {
        let Some(full) = full.and_then(Value::as_object) else { return Ok(()) };
        let least = self.places.bodies(put, &[Fill::Required]).into_iter().flatten().next();
        let Some(least) = least.map(|body| self.differing(put, body, read)) else { return Ok(()) };
        let left_out = ["description", "notes", "comment", "label"].into_iter().find(|name| {
            full.contains_key(*name) && least.get(*name).is_none() && read.get(*name) == full.get(*name)
        });
        let Some(name) = left_out else { return Ok(()) };
        let answer = self.send("PUT", &format!("{one}{}", self.places.query(put)), Some(least)).await;
        let after = self.client.get(one).await.json;
        let is_gone = !answer.is_success() || after.get(name) != full.get(name);
        held(is_gone, || format!("a PUT without {name} leaves it"))
    }

    async fn is_deleted(&self, delete: &Operation, one: &str) -> Held {
        self.places.prepare(self.client, delete, &Address::of(delete.path, one)).await;
        let path = format!("{one}{}", self.places.query(delete));
        let deleted = self.send("DELETE", &path, None).await;
        succeeds(&deleted, "it")?;
        let read = self.client.get(one).await.status;
        held(read == 404, || format!("deleted, then read answers {read}"))?;
        let again = self.send("DELETE", &path, None).await.status;
        held(again == 404, || format!("deleted, then DELETE answers {again}"))
    }

    /// A job that ran is done after a minute.
    async fn ends(&self, one: &str, first: &Value) -> Held {
        const MINUTE: Duration = Duration::from_secs(60);
        let state = ["state", "status", "jobState"].into_iter().find(|name| first[*name].is_string());
        let Some(state) = state else { return Ok(()) };
        self.mock.advance(MINUTE);
        let later = self.client.get(one).await.json;
        let word = later[state].as_str().unwrap_or_default();
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        held(DONE.contains(&&*plain.to_lowercase()), || format!("a minute later its {state} is {word}"))
    }

    /// The listing has the entity, on one of its pages.
    async fn is_listed(&self, list: &Operation, made: &Made, place: &str) -> Held {
        self.is_found(list, &made.collection, &made.id, place).await
    }

    /// The listing at `path` has an entity of that id.
    pub(super) async fn is_found(&self, list: &Operation, path: &str, id: &str, place: &str) -> Held {
        const MOST_PAGES: usize = 40;
        let listing = list.first_schema().and_then(|schema| listing_of(self.places.document, schema));
        let joint = self.places.query(list).replace("%3Cid%3E", id).replace("<id>", id);
        let joint = if joint.is_empty() { "?".to_owned() } else { format!("{joint}&") };
        for page in 1..=MOST_PAGES {
            let of_page = match list.query("startIndex") {
                Some(_) => format!("count=100&startIndex={}", page * 100 - 99),
                None => format!("pageSize=100&pageNumber={page}"),
            };
            let answer = self.client.get(&format!("{path}{joint}{of_page}")).await;
            let entities = listing.map_or(&answer.json, |name| &answer.json[name]).as_array();
            let found = |entity: &Value| {
                entity == id || entity["trade"]["id"] == id || id_in(entity, place).as_deref() == Some(id)
            };
            match entities {
                Some(entities) if entities.iter().any(found) => return Ok(()),
                Some(entities) if !entities.is_empty() && is_paged(list) => {}
                _ => return Err(format!("created, then the listing lacks it: {}", answer.status)),
            }
        }
        Err("created, then the listing lacks it".to_owned())
    }
}

fn is_paged(list: &Operation) -> bool {
    ["pageNumber", "startIndex"].iter().any(|name| list.query(name).is_some())
}

/// Whether a GET answers a listing or an array.
pub(super) fn is_listing(document: &'static Document, list: &Operation) -> bool {
    matches!(kind::of_schema(document, list.first_schema()), Kind::Listing(_) | Kind::Array)
}

/// The operations of one entity that the POST creates.
pub(super) fn members<'d>(document: &'d Document, create: &Operation) -> Members<'d> {
    let below = |path: &str| {
        path.strip_prefix(create.path).and_then(|rest| rest.strip_prefix("/{")).map(str::to_owned)
    };
    let is_one = |operation: &&Operation| {
        below(operation.path).is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'))
    };
    let all: Vec<_> = document.operations.iter().filter(is_one).collect();
    let find = |method: &str| all.iter().find(|operation| operation.method == method).copied();
    Members {
        get: find("GET"),
        updates: ["PUT", "PATCH"].into_iter().filter_map(find).collect(),
        delete: find("DELETE"),
        place: all.first().map_or(create.path, |operation| operation.path),
    }
}
