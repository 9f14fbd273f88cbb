//! Second paths of a collection: listings and single entities that show what was created elsewhere.

use super::collection::Made;
use super::{Held, Looker, States, held};
use crate::generate::Fill;
use crate::kind::listing_of;
use crate::places::id_in;
use crate::spec::Operation;

/// A path that shows the entities of another one: the view, and the collection whose POST makes them.
const VIEWS: &str = include_str!("views.txt");

impl Looker<'_> {
    /// A view of a collection shows what was created there, and no longer what was deleted.
    pub(super) async fn views(&self, view: &Operation, states: &mut States) {
        let name = view.name();
        let lines = VIEWS.lines().filter(|line| !line.starts_with('#'));
        let mut pairs = lines.filter_map(|line| line.split_once(" = "));
        let Some((_, collection)) = pairs.find(|(of, _)| *of == name) else { return };
        let document = self.places.document;
        let create = document.find("POST", collection).expect("a collection of the document");
        let (_, Some(made)) = self.made(create).await else { return };
        let shown = self.shows(view, create.path, &made).await;
        let right = match shown {
            Err(wrong) => Err(wrong),
            Ok(()) => self.forgets(view, create, &made).await,
        };
        states.note(view, right);
    }

    async fn forgets(&self, view: &Operation, create: &Operation, made: &Made) -> Held {
        let one = super::collection::members(self.places.document, create);
        if one.delete.is_none() || !self.send("DELETE", &made.path(), None).await.is_success() {
            return Ok(());
        }
        let gone = self.shows(view, create.path, made).await.is_err();
        held(gone, || "deleted, then still shown".to_owned())
    }

    /// Whether the view shows the entity.
    async fn shows(&self, view: &Operation, collection: &str, made: &Made) -> Held {
        let path = self.address(view, collection, made);
        let place = format!("{collection}/{{id}}");
        if view.path.ends_with('}') {
            let read = self.client.get(&path).await;
            let same = id_in(&read.json, &place).as_deref() == Some(&*made.id);
            return held(read.status == 200 && same, || format!("created, then it answers {}", read.status));
        }
        if view.method == "GET" {
            return self.is_found(view, &path, &made.id, &place).await;
        }
        let mut bodies = self.places.bodies(view, &[Fill::Required]).into_iter();
        let mut body = bodies.next().flatten().unwrap_or_else(|| serde_json::json!({}));
        let text = body.to_string().replace("<id>", &made.id);
        body = serde_json::from_str(&text).expect("JSON");
        let properties = view.body.and_then(|schema| self.places.document.properties(schema));
        if let (Some(object), Some(size)) =
            (body.as_object_mut(), properties.and_then(|all| all.get("pageSize")))
        {
            // As many as the schema allows.
            let most = size["maximum"].to_string();
            let most = most.trim_end_matches(".0").parse::<u64>().unwrap_or(500);
            object.insert("pageSize".to_owned(), serde_json::json!(most.min(500)));
        }
        let answer = self.send("POST", &format!("{path}{}", self.places.query(view)), Some(body)).await;
        let listing = view.first_schema().and_then(|schema| listing_of(self.places.document, schema));
        let items = listing.map_or(&answer.json, |name| &answer.json[name]).as_array();
        let has = |item: &serde_json::Value| {
            item["id"] == *made.id || item["entity"]["id"] == *made.id || item == &*made.id
        };
        let found = items.is_some_and(|items| items.iter().any(has));
        held(found, || {
            format!("created, then it lacks it: {} {}", answer.status, super::excerpt(&answer.text))
        })
    }

    /// The path of the view. It has the parameters that it shares with the collection, the entity's id, and the first
    /// version.
    fn address(&self, view: &Operation, collection: &str, made: &Made) -> String {
        let known: Vec<_> = collection.split('/').zip(made.collection.split('/')).collect();
        let shared = self.places.shared(view.path).path();
        let below = view.path.strip_prefix(collection).is_some_and(|rest| rest.starts_with("/{"));
        let id_at = collection.split('/').count();
        let last = view.path.split('/').count() - 1;
        let segments = view.path.split('/').zip(shared.split('/')).enumerate();
        let segments = segments.map(|(at, (name, value))| match known.iter().find(|(of, _)| *of == name) {
            _ if !name.starts_with('{') => value,
            _ if below && at == id_at => &made.id,
            Some((_, value)) => value,
            None if name.to_lowercase().contains("version") => "1",
            None if at == last => &made.id,
            None => value,
        });
        segments.collect::<Vec<_>>().join("/")
    }
}
