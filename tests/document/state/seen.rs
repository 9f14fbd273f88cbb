//! Listings of what no request makes: each entity that is listed is read at its own path, and is the same there.

use serde_json::Value;

use super::collection::is_listing;
use super::{Held, Looker, States, held};
use crate::kind::listing_of;
use crate::places::id_in;
use crate::spec::Operation;

impl Looker<'_> {
    /// Compares the first and the last entity of a listing with what is read at their paths. An empty listing tells
    /// nothing.
    pub(crate) async fn look_at_seen(&self, get: &Operation) -> States {
        let mut states = States::default();
        let document = self.places.document;
        let Some((collection, parameter)) = get.path.rsplit_once('/') else { return states };
        let list = document.find("GET", collection).filter(|list| is_listing(document, list));
        let Some(list) = list.filter(|_| get.method == "GET" && parameter.starts_with('{')) else {
            return states;
        };
        let path = self.places.shared(collection).path();
        let read = self.client.get(&format!("{path}{}", self.places.query(list))).await.json;
        let listing = list.first_schema().and_then(|schema| listing_of(document, schema));
        let items = listing.map_or(&read, |name| &read[name]).as_array().cloned().unwrap_or_default();
        for item in items.first().into_iter().chain(items.last()) {
            let is_version = parameter.to_lowercase().contains("version}");
            let version = item["version"].as_u64().filter(|_| is_version).map(|version| version.to_string());
            let Some(id) = version.or_else(|| id_in(item, get.path)) else { continue };
            let one = self.client.get(&format!("{path}/{id}{}", self.places.query(get))).await;
            let right = held(one.status == 200, || format!("listed, then read answers {}", one.status))
                .and(alike(item, &one.json));
            states.note(list, right.clone());
            states.note(get, right);
        }
        states
    }
}

/// Whether both have the same plain values under the names that both have.
fn alike(item: &Value, one: &Value) -> Held {
    let (Some(item), Some(one)) = (item.as_object(), one.as_object()) else {
        return Err("it is not an object".to_owned());
    };
    let plain = item.iter().filter(|(_, value)| !value.is_object() && !value.is_array());
    let differs = plain.into_iter().find(|(name, value)| one.get(*name).is_some_and(|read| read != *value));
    differs.map_or(Ok(()), |(name, value)| {
        Err(format!("{name} is listed as {value}, read as {}", one[name.as_str()]))
    })
}
