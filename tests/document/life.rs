//! The life of an entity: created, listed, read, changed, deleted, and then gone.

use serde_json::Value;

use crate::address::Address;
use crate::answered::Coverage;
use crate::client::Answer;
use crate::fault::sent;
use crate::insight;
use crate::kind::listing_of;
use crate::makers::BEFORE;
use crate::spec::Operation;
use crate::written::Checked;

impl Checked<'_> {
    /// Follows what a POST created, as far as the document has operations for it and `coverage` says that they
    /// are written by hand.
    pub(crate) async fn lives(
        &mut self,
        address: &Address,
        created: &Answer,
        body: Option<&Value>,
        coverage: &Coverage,
    ) {
        if insight::OTHER_KEYS.contains(&&*self.operation.name()) {
            return;
        }
        let Some(id) = created.json["id"].as_str() else { return };
        let document = self.places.document;
        let is_one = |operation: &&Operation| {
            let rest =
                operation.path.strip_prefix(self.operation.path).and_then(|rest| rest.strip_prefix("/{"));
            rest.is_some_and(|rest| rest.ends_with('}') && !rest.contains('/'))
                && coverage.is_by_hand(operation)
        };
        let of_one: Vec<_> = document.operations.iter().filter(is_one).collect();
        let find = |method: &str| of_one.iter().find(|operation| operation.method == method).copied();
        let one = format!("{}/{id}", address.path());
        if let Some(list) = document.find("GET", self.operation.path).filter(|list| coverage.is_by_hand(list))
        {
            self.is_listed(list, address, id, created).await;
        }
        let Some(get) = find("GET") else { return };
        let read = self.client.get(&one).await;
        self.expect(read.status == 200, format!("created, then read answers {}", read.status), &one, &read);
        self.keeps(get, body, &read, &one);
        if let Some(update) = find("PUT").or_else(|| find("PATCH")) {
            self.changes(update, get, &one, &read).await;
        }
        let update = find("PUT").or_else(|| find("PATCH"));
        self.has_a_name(address, body, (update, get)).await;
        // What has to be done before a deletion is done where the DELETE itself is tried.
        let needs_more = |delete: &&Operation| BEFORE.iter().any(|(of, ..)| *of == delete.name());
        if let Some(delete) = find("DELETE").filter(|delete| !needs_more(delete)) {
            let query = self.places.query(delete);
            self.ends(&one, &query).await;
        }
    }

    /// The listing has the entity, on one of its pages.
    async fn is_listed(&mut self, list: &Operation, address: &Address, id: &str, created: &Answer) {
        const MOST_PAGES: usize = 40;
        let Some(schema) = list.first_schema() else { return };
        let listing = listing_of(self.places.document, schema);
        let joint = self.places.query(list);
        let joint = if joint.is_empty() { "?".to_owned() } else { format!("{joint}&") };
        for page in 1..=MOST_PAGES {
            let path = format!("{}{joint}pageSize=100&pageNumber={page}", address.path());
            let answer = self.client.get(&path).await;
            // SCIM counts from an index, not by pages.
            if answer.json.get("totalResults").is_some() {
                return;
            }
            let entities = listing.map_or(&answer.json, |name| &answer.json[name]);
            let Some(entities) = entities.as_array() else { return };
            if entities.iter().any(|entity| entity["id"] == id) {
                return self.expect(true, "", &path, &answer);
            }
            if entities.is_empty() || list.query("pageNumber").is_none() {
                break;
            }
        }
        self.expect(false, "created, then the listing lacks it", &address.path(), created);
    }

    /// What was sent is read again, as far as the schema of the answer has it.
    fn keeps(&mut self, get: &Operation, body: Option<&Value>, read: &Answer, one: &str) {
        let schema = get.first_schema().and_then(|schema| self.places.document.properties(schema));
        let (Some(schema), Some(body)) = (schema, body.and_then(Value::as_object)) else { return };
        for (name, value) in body.iter().filter(|(name, _)| schema.contains_key(*name)) {
            let is_plain = !value.is_object() && !value.is_array();
            let fits = !is_plain || read.json[name] == *value || is_secret(name);
            let request = sent(one, Some(&Value::Object(body.clone())));
            self.expect(fits, format!("created with {name}, read without it"), &request, read);
        }
    }

    /// A changed description or name is read again.
    async fn changes(&mut self, update: &Operation, get: &Operation, one: &str, read: &Answer) {
        let document = self.places.document;
        // A conversation's name is its own affair: a PATCH changes its state.
        if update.path.starts_with("/api/v2/conversations/") {
            return;
        }
        let Some(properties) = update.body.and_then(|schema| document.properties(schema)) else { return };
        let shown = get.first_schema().and_then(|schema| document.properties(schema));
        let field = ["description", "name"].into_iter().find(|name| {
            let declared =
                properties.get(*name).is_some_and(|of| of["type"] == "string" && of["readOnly"] != true);
            declared && shown.is_some_and(|shown| shown.contains_key(*name))
        });
        let Some(field) = field else { return };
        let body = self.changed_body(update, field, read);
        let answer = self.send(&update.method, one, Some(body.clone())).await;
        let request = sent(&format!("{} {one}", update.method), Some(&body));
        let what = format!("created, then {} answers {}", update.method, answer.status);
        self.expect(answer.is_success(), what, &request, &answer);
        if answer.is_success() {
            let again = self.client.get(one).await;
            let kept = again.json[field] == body[field];
            self.expect(kept, format!("{} of {field} is not read again", update.method), &request, &again);
            self.is_stale(update, one, (&body, read)).await;
        }
    }

    /// The body of a change: what was read, as far as it can be written, and a new text.
    pub(crate) fn changed_body(&self, update: &Operation, field: &str, read: &Answer) -> Value {
        let schema = update.body.expect("a change has a body");
        let properties = self.places.document.properties(schema).expect("an object");
        let mut body = self.places.generator.body(schema, "", crate::generate::Fill::Required);
        let Some(object) = body.as_object_mut() else { return body };
        for (name, value) in read.json.as_object().into_iter().flatten() {
            let declared = properties.get(name).filter(|of| of["readOnly"] != true);
            if declared.is_some() && (object.contains_key(name) || name == "version") {
                object.insert(name.clone(), value.clone());
            }
        }
        object.insert(field.to_owned(), Value::String(self.places.generator.unique().replace(' ', "_")));
        body
    }

    /// A deleted entity is gone.
    async fn ends(&mut self, one: &str, query: &str) {
        let delete = format!("{one}{query}");
        let deleted = self.send("DELETE", &delete, None).await;
        let what = format!("created, then DELETE answers {}", deleted.status);
        self.expect(deleted.is_success(), what, one, &deleted);
        if deleted.is_success() {
            let read = self.client.get(one).await;
            self.expect(
                read.status == 404,
                format!("deleted, then read answers {}", read.status),
                one,
                &read,
            );
            let again = self.send("DELETE", &delete, None).await;
            let what = format!("deleted, then DELETE answers {}", again.status);
            self.expect(again.status == 404, what, one, &again);
        }
    }
}

/// A property that is written and never shown.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("password") || name.contains("secret")
}
