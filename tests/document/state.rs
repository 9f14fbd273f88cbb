//! Counts the operations that remember: what was created is listed, read, changed and deleted; what was set is read.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::client::{Answer, Body, Client, Request};
use crate::places::{Places, id_in, listing_of};
use crate::spec::{Document, Operation};

/// The operations whose state was looked at, and whether it was right each time.
#[derive(Debug, Default)]
pub(crate) struct States(BTreeMap<String, bool>);

impl States {
    fn note(&mut self, operation: &Operation, holds: bool) {
        *self.0.entry(operation.name()).or_insert(true) &= holds;
    }

    /// The operations whose state was right.
    pub(crate) fn right(&self) -> usize {
        self.0.values().filter(|right| **right).count()
    }

    pub(crate) fn wrong(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, right)| !**right).map(|(name, _)| name.as_str())
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (name, right) in other.0 {
            *self.0.entry(name).or_insert(true) &= right;
        }
    }
}

/// Looks at the state of collections and of single things.
pub(crate) struct Looker<'a> {
    pub(crate) client: &'a Client,
    pub(crate) places: &'a Places,
}

/// The operations of one entity of a collection.
struct Members<'a> {
    get: Option<&'a Operation>,
    updates: Vec<&'a Operation>,
    delete: Option<&'a Operation>,
    place: &'static str,
}

impl Looker<'_> {
    /// What the operation creates or sets is remembered.
    pub(crate) async fn look(&self, operation: &Operation) -> States {
        let mut states = States::default();
        match &*operation.method {
            "POST" => self.collection(operation, &mut states).await,
            "PUT" | "PATCH" if !operation.path.ends_with('}') => self.single(operation, &mut states).await,
            _ => {}
        }
        states
    }

    async fn collection(&self, create: &Operation, states: &mut States) {
        let document = self.places.document;
        let Some(members) = members(document, create) else { return };
        let address = self.places.fresh(self.client, create.path).await.path();
        let (created, body) = self.places.attempt(self.client, create, &address).await;
        let id = id_in(&created.json, members.place);
        states.note(create, created.is_success());
        let Some(id) = id.filter(|_| created.is_success()) else { return };
        if let Some(list) = document.find("GET", create.path) {
            states.note(list, self.is_listed(list, &address, &id, members.place).await);
        }
        let Some(get) = members.get else { return };
        let one = format!("{address}/{id}");
        let read = self.client.get(&one).await;
        states.note(get, read.status == 200 && keeps(document, get, body.as_ref(), &read));
        for update in &members.updates {
            let body = self.change(update, &read);
            let answer = self.send(&update.method, &one, Some(body.clone())).await;
            let again = self.client.get(&one).await;
            states.note(update, answer.is_success() && keeps(document, get, Some(&body), &again));
        }
        if let Some(delete) = members.delete {
            let deleted = self.send("DELETE", &one, None).await.is_success();
            states.note(delete, deleted && self.client.get(&one).await.status == 404);
        }
    }

    async fn single(&self, set: &Operation, states: &mut States) {
        let document = self.places.document;
        let Some(get) = document.find("GET", set.path) else { return };
        let address = self.places.fresh(self.client, set.path).await.path();
        let (answer, body) = self.places.attempt(self.client, set, &address).await;
        let read = self.client.get(&format!("{address}{}", self.places.query(get))).await;
        let right = answer.is_success() && read.status == 200 && keeps(document, get, body.as_ref(), &read);
        states.note(set, right);
        states.note(get, right);
    }

    async fn is_listed(&self, list: &Operation, address: &str, id: &str, place: &str) -> bool {
        const MOST_PAGES: usize = 40;
        let listing = list.first_schema().and_then(|schema| listing_of(self.places.document, schema));
        let joint = self.places.query(list);
        let joint = if joint.is_empty() { "?".to_owned() } else { format!("{joint}&") };
        for page in 1..=MOST_PAGES {
            let answer =
                self.client.get(&format!("{address}{joint}pageSize=100&pageNumber={page}")).await.json;
            let entities = listing.map_or(&answer, |name| &answer[name]).as_array();
            let found =
                |entity: &Value| entity == id || id_in(entity, place).as_deref().is_some_and(|of| of == id);
            match entities {
                Some(entities) if entities.iter().any(found) => return true,
                Some(entities) if !entities.is_empty() && list.query("pageNumber").is_some() => {}
                _ => return false,
            }
        }
        false
    }

    /// A body of a change, with the version that was read.
    fn change(&self, update: &Operation, read: &Answer) -> Value {
        let mut body = self.places.body(update);
        if let (Some(body), Some(version)) = (body.as_object_mut(), read.json.get("version"))
            && body.contains_key("version")
        {
            body.insert("version".to_owned(), version.clone());
        }
        body
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.client.send(Request { method, path: path.to_owned(), body: Body::from(body) }).await
    }
}

/// The operations of one entity that the POST creates. `None` where nothing reads it.
fn members<'d>(document: &'d Document, create: &Operation) -> Option<Members<'d>> {
    let below = |path: &str| {
        path.strip_prefix(create.path).and_then(|rest| rest.strip_prefix("/{")).map(str::to_owned)
    };
    let is_one = |operation: &&Operation| {
        below(operation.path).is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'))
    };
    let all: Vec<_> = document.operations.iter().filter(is_one).collect();
    let find = |method: &str| all.iter().find(|operation| operation.method == method).copied();
    Some(Members {
        get: find("GET"),
        updates: ["PUT", "PATCH"].into_iter().filter_map(find).collect(),
        delete: find("DELETE"),
        place: all.first()?.path,
    })
}

/// Whether the plain values that were sent are read again, as far as the schema of the reading has them.
fn keeps(document: &'static Document, get: &Operation, body: Option<&Value>, read: &Answer) -> bool {
    let shown = get.first_schema().and_then(|schema| document.properties(schema));
    let none = Map::new();
    let sent = body.and_then(Value::as_object).unwrap_or(&none);
    let Some(shown) = shown else { return true };
    let is_compared = |name: &str, value: &Value| {
        let declared = shown.get(name).is_some_and(|of| of["readOnly"] != true);
        let secret = name.to_lowercase().contains("password") || name.to_lowercase().contains("secret");
        declared && !secret && name != "version" && !value.is_object() && !value.is_array()
    };
    sent.iter()
        .filter(|(name, value)| is_compared(name, value))
        .all(|(name, value)| read.json[name] == *value)
}
