//! The addresses of operations: paths with ids of entities that exist.
//!
//! A place is a path template up to a parameter, such as `/api/v2/routing/queues/{queueId}`. Its collection is the path
//! before it. An entity of a place is the first of the collection's listing, or else one that a POST makes.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::address::{Address, Origin};
use crate::client::{Answer, Client, Request};
use crate::generate::{Fill, Generator, singular};
use crate::insight;
use crate::kind::listing_of;
use crate::makers::{BEFORE, BODIES, GIVEN, Maker, QUERIES, WORDS};
use crate::spec::{Document, Operation};
use crate::template::{all_places, collected, collection, is_given, is_same, maker, noun, parameter, steps};

/// Makes addresses; remembers one entity of each place.
pub(crate) struct Places {
    pub(crate) document: &'static Document,
    pub(crate) generator: Generator,
    known: HashMap<&'static str, String>,
}

/// An id that no entity has.
pub(crate) const NOBODY: &str = "00000000-dead-4bad-8bad-000000000000";

impl Places {
    /// Finds or makes an entity of each place of the document.
    pub(crate) async fn explore(document: &'static Document, client: &Client, agent: &str) -> Self {
        let mut places = Self { document, generator: Generator::new(document), known: HashMap::new() };
        places.generator.learn("agent", agent);
        for place in all_places(document).into_iter().filter(|place| !is_given(place)) {
            let parent = places.resolve(collection(place));
            if places.word(place).is_some() {
                if maker(place).is_some() {
                    places.make(client, place, &parent).await;
                }
                continue;
            }
            let listed = match maker(place) {
                Some(_) => None,
                None => places.listed(client, place, &parent).await,
            };
            let found = match listed {
                Some(id) => Some(id),
                None => places.make(client, place, &parent).await,
            };
            if let Some(id) = found {
                places.generator.learn(&noun(place), &id);
                places.generator.learn(&collected(place), &id);
                let parts = insight::LEARNED.iter().filter(|(of, ..)| *of == place);
                for (_, pointer, word) in parts {
                    let answer = client.get(&format!("{parent}/{id}")).await;
                    if let Some(part) = answer.json.pointer(pointer).and_then(Value::as_str) {
                        places.generator.learn(word, part);
                    }
                }
                places.known.insert(place, id);
            }
        }
        places
    }

    /// The path of a template with known values.
    fn resolve(&self, template: &'static str) -> String {
        self.shared(template).path()
    }

    /// The address of entities that other operations see as well.
    pub(crate) fn shared(&self, template: &'static str) -> Address {
        let mut address = Address { segments: Vec::new(), parameters: Vec::new() };
        for (index, (segment, place)) in steps(template).enumerate() {
            if !segment.starts_with('{') {
                address.segments.push(segment.to_owned());
                continue;
            }
            let (value, origin) = self.value(place);
            address.parameters.push((index, origin));
            address.segments.push(value);
        }
        address
    }

    /// The address of entities that were made for it, as far as they can be made.
    pub(crate) async fn fresh(&self, client: &Client, template: &'static str) -> Address {
        let mut address = self.shared(template);
        for (index, (segment, place)) in steps(template).enumerate() {
            let is_word = self.word(place).is_some() && maker(place).is_none();
            if !segment.starts_with('{') || is_word || is_given(place) {
                continue;
            }
            let parent = address.segments[..index].join("/");
            let mut made = self.derived(client, place, &parent).await;
            if made.is_none() {
                made = self.make(client, place, &parent).await;
            }
            if made.is_none() {
                made = self.listed(client, place, &parent).await;
            }
            if let Some(id) = made {
                address.segments[index] = id;
                for (_, origin) in address.parameters.iter_mut().filter(|(at, _)| *at == index) {
                    *origin = Origin::Stored;
                }
            }
        }
        address
    }

    fn value(&self, place: &'static str) -> (String, Origin) {
        if let Some((_, noun)) = GIVEN.iter().find(|(of, _)| *of == place) {
            return (self.generator.noun(noun).unwrap_or(NOBODY).to_owned(), Origin::Stored);
        }
        if let Some(word) = self.word(place) {
            return (word, Origin::Word);
        }
        let known = self.known.get(place).cloned();
        let known = known.or_else(|| self.generator.noun(&noun(place)).map(str::to_owned));
        known.map_or_else(|| (NOBODY.to_owned(), Origin::Invented), |id| (id, Origin::Stored))
    }

    /// The value of a parameter that is no id.
    fn word(&self, place: &'static str) -> Option<String> {
        let name = parameter(place);
        if let Some((_, word)) = WORDS.iter().find(|(end, _)| place.ends_with(end)) {
            return Some((*word).to_owned());
        }
        let of = self.document.operations.iter().find(|operation| operation.path.starts_with(place))?;
        let declared = of.parameters_in("path").find(|parameter| parameter["name"] == name)?;
        let is_word = declared.get("enum").is_some() || declared.get("format").is_some();
        is_word.then(|| self.generator.parameter(declared, ""))
    }

    /// The first entity of the collection's listing.
    async fn listed(&self, client: &Client, place: &'static str, parent: &str) -> Option<String> {
        if let Some(id) = self.derived(client, place, parent).await {
            return Some(id);
        }
        let operation = self.document.find("GET", collection(place))?;
        let path = format!("{parent}{}", self.query(operation));
        let answer = client.get(&path).await;
        let listing = operation.first_schema().and_then(|schema| listing_of(self.document, schema));
        let entities = match listing {
            Some(name) => &answer.json[name],
            None => &answer.json,
        };
        id_in(entities.as_array()?.first()?, place)
    }

    /// Parts of a conversation are in the conversation.
    async fn derived(&self, client: &Client, place: &'static str, parent: &str) -> Option<String> {
        let mut path = parent.strip_prefix("/api/v2/conversations/")?.split('/');
        let media = path.next()?;
        let id =
            if place.starts_with("/api/v2/conversations/{conversationId}") { media } else { path.next()? };
        let conversation = client.get(&format!("/api/v2/conversations/{id}")).await.json;
        let participants = conversation["participants"].as_array()?;
        let parts = |name: &str| participants.iter().find_map(|part| part[name].as_array()?.first().cloned());
        let is_agent = |part: &&Value| part["purpose"] == "agent";
        let part = participants.iter().find(is_agent).or_else(|| participants.first())?;
        let parts = |name: &str| part[name].as_array()?.first().cloned().or_else(|| parts(name));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match parameter(place) {
            "participantId" => text(&part["id"]),
            "communicationId" if media == id => {
                ["messages", "calls"].into_iter().find_map(|name| text(&parts(name)?["id"]))
            }
            "communicationId" => text(&parts(media)?["id"]),
            "messageId" => text(&parts("messages")?["messages"][0]["messageId"]),
            _ => None,
        }
    }

    /// Does what the operation needs to have been done before.
    pub(crate) async fn prepare(&self, client: &Client, operation: &Operation, address: &Address) {
        self.prepare_with(client, operation, |text| address.filled(operation.path, text)).await;
    }

    async fn prepare_with(&self, client: &Client, operation: &Operation, fill: impl Fn(&str) -> String) {
        let name = operation.name();
        for (_, post, body) in BEFORE.iter().filter(|(of, ..)| is_same(of, &name)) {
            let text = |text: &str| fill(&self.filled(text));
            let body: Value = serde_json::from_str(&text(body)).expect("a body is JSON");
            let (method, post) = post.split_once(' ').unwrap_or(("POST", post));
            client.send(Request { method, path: text(post), body: Some(body).into() }).await;
        }
    }

    /// A new entity of the collection.
    async fn make(&self, client: &Client, place: &'static str, parent: &str) -> Option<String> {
        let maker = maker(place);
        let other = maker.map(|maker| maker.post).filter(|post| !post.is_empty());
        let operation = self.document.find("POST", other.unwrap_or_else(|| collection(place)))?;
        let is_beside = operation.path == collection(place);
        let path = if is_beside { parent.to_owned() } else { self.resolve(operation.path) };
        self.prepare_with(client, operation, str::to_owned).await;
        let (answer, _) = self.attempt(client, operation, &path).await;
        if !answer.is_success() {
            return None;
        }
        match maker {
            Some(Maker { pointer: "=", .. }) => self.generator.noun(&noun(place)).map(str::to_owned),
            Some(maker) => answer.json.pointer(maker.pointer)?.as_str().map(str::to_owned),
            None => id_in(&answer.json, place),
        }
    }

    /// Sends the operation with the fuller body, and with the least one where that is refused.
    pub(crate) async fn attempt(
        &self,
        client: &Client,
        operation: &Operation,
        path: &str,
    ) -> (Answer, Option<Value>) {
        self.attempt_with(client, operation, path, &[Fill::Some, Fill::Required]).await
    }

    /// Sends the operation with a body of each filling, until one is accepted.
    pub(crate) async fn attempt_with(
        &self,
        client: &Client,
        operation: &Operation,
        path: &str,
        fills: &[Fill],
    ) -> (Answer, Option<Value>) {
        let bodies = self.bodies_at(client, operation, path, fills).await;
        let path = format!("{path}{}", self.query(operation));
        let mut last = None;
        for body in bodies {
            let request =
                Request { method: &operation.method, path: path.clone(), body: body.clone().into() };
            let answer = client.send(request).await;
            if answer.is_success() {
                return (answer, body);
            }
            last = Some((answer, body));
        }
        last.expect("at least one body")
    }

    /// Bodies for an operation at a path: with the key of an upload whose file has arrived where it takes one.
    pub(crate) async fn bodies_at(
        &self,
        client: &Client,
        operation: &Operation,
        path: &str,
        fills: &[Fill],
    ) -> Vec<Option<Value>> {
        match self.body_of_upload(client, operation, path).await {
            Some(body) => vec![Some(body)],
            None => self.bodies(operation, fills),
        }
    }

    async fn body_of_upload(&self, client: &Client, operation: &Operation, path: &str) -> Option<Value> {
        self.document.find("POST", &format!("{}/uploadurl", operation.path))?;
        let (path, body) = (format!("{path}/uploadurl"), json!({ "contentLengthBytes": 2 }));
        let given = client.send(Request { method: "POST", path, body: Some(body).into() }).await.json;
        let address = given["url"].as_str()?;
        let path = address[address.find("/uploads/")?..].to_owned();
        client.send(Request { method: "PUT", path, body: Some(json!({})).into() }).await;
        Some(json!({ "uploadKey": given["uploadKey"] }))
    }

    /// The bodies to try, in the order of `fills`.
    pub(crate) fn bodies(&self, operation: &Operation, fills: &[Fill]) -> Vec<Option<Value>> {
        let Some(schema) = operation.body else { return vec![None] };
        let name = operation.name();
        let known = BODIES.iter().chain(insight::BODIES).find(|(of, _)| is_same(of, &name));
        if let Some((_, text)) = known {
            return vec![Some(serde_json::from_str(&self.filled(text)).expect("a body is JSON"))];
        }
        let noun = self.own_noun(operation);
        fills.iter().map(|fill| Some(self.generator.body(schema, &noun, *fill))).collect()
    }

    /// The noun that the operation's own `id` names: the last word of its path that is one.
    fn own_noun(&self, operation: &Operation) -> String {
        let words = operation.path.rsplit('/').filter(|segment| !segment.starts_with('{')).map(singular);
        words.into_iter().find(|word| self.generator.noun(word).is_some()).unwrap_or_default()
    }

    /// A text of `makers` with ids and words in place of its placeholders.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let (noun, after) = after.split_once('>').expect("a closed placeholder");
            out.push_str(before);
            let word = match noun {
                "new" => self.generator.unique().replace(' ', ""),
                // Stays for what is made later.
                "id" => "<id>".to_owned(),
                "digits" => format!("{:07}", self.generator.number()),
                noun => self.generator.noun(noun).unwrap_or(NOBODY).to_owned(),
            };
            out.push_str(&word);
            rest = after;
        }
        out + rest
    }

    /// The required query parameters.
    pub(crate) fn query(&self, operation: &Operation) -> String {
        let name = operation.name();
        if let Some((_, text)) = QUERIES.iter().chain(insight::QUERIES).find(|(of, _)| *of == name) {
            return format!("?{}", self.filled(text));
        }
        let noun = self.own_noun(operation);
        let required = operation.parameters_in("query").filter(|parameter| parameter["required"] == true);
        let mut query = form_urlencoded::Serializer::new(String::new());
        for parameter in required {
            let value = self.generator.parameter(parameter, &noun);
            query.append_pair(parameter["name"].as_str().unwrap_or_default(), &value);
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

/// The id of an entity of that place.
pub(crate) fn id_in(entity: &Value, place: &str) -> Option<String> {
    let entity = entity.as_array().map_or(entity, |entities| entities.first().unwrap_or(&Value::Null));
    let id = entity.get("id").or_else(|| entity.get(parameter(place)))?;
    id.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}
