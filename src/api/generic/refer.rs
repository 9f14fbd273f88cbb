//! Ids in a body to which the answer has a reference: `statusId` of a work item is its `status`.

use serde_json::{Map, Value, json};

use super::{GenericCall, parent};
use crate::api::entity::text;
use crate::api::record::find;
use crate::catalog::schema::Kind;
use crate::world::Organization;
use crate::world::authorization::Division;
use crate::world::table::Kind as _;

/// The body with the references that its ids stand for, and without the properties that no answer shows.
pub(super) fn with_references(
    generic: &GenericCall<'_, '_>,
    mut body: Map<String, Value>,
) -> Map<String, Value> {
    for (name, to) in ids_in(generic, &body) {
        let version = body.get(&format!("{to}Version")).cloned();
        let refer = |id: &Value| reference(generic, &to, id, version.as_ref());
        let value = match body.get(&name) {
            Some(Value::Array(ids)) => ids.iter().map(refer).collect(),
            Some(id) => refer(id),
            None => continue,
        };
        body.insert(to, value);
    }
    body.retain(|key, _| !generic.facts.request_only.iter().any(|only| *only.name == *key));
    body
}

/// The properties of a body that are ids of entities, each with the property of the answer that refers to them.
fn ids_in(generic: &GenericCall<'_, '_>, body: &Map<String, Value>) -> Vec<(String, String)> {
    if generic.facts.detailed {
        let names = body.keys().filter(|name| !generic.has(name));
        return names.filter_map(|name| Some((name.clone(), referring(generic, name)?))).collect();
    }
    let only = generic.facts.request_only.iter().filter(|only| body.contains_key(&*only.name));
    only.filter_map(|only| Some((only.name.to_string(), only.refers.as_deref()?.to_owned()))).collect()
}

/// The property of the documented answer that refers to the entity whose id has that name.
fn referring(generic: &GenericCall<'_, '_>, name: &str) -> Option<String> {
    let schemas = &generic.catalog.schemas;
    let answer = schemas.object(generic.facts.answer?)?;
    let has_id = |schema| schemas.object(schema).is_some_and(|object| object.find("id").is_some());
    if let Some(stem) = name.strip_suffix("Ids") {
        let many = format!("{stem}s");
        let Kind::Array { items, .. } = schemas.kind(answer.find(&many)?.schema) else { return None };
        return has_id(items).then_some(many);
    }
    let stem = name.strip_suffix("Id")?;
    has_id(answer.find(stem)?.schema).then(|| stem.to_owned())
}

/// The reference to the entity of that id, with its name where it is known. No reference for null.
fn reference(generic: &GenericCall<'_, '_>, to: &str, id: &Value, version: Option<&Value>) -> Value {
    let Some(id) = id.as_str() else { return Value::Null };
    let mut shown = json!({ "id": id });
    if let Some((name, uri)) = known(generic, &generic.call.tenant().read(), to, id) {
        (shown["name"], shown["selfUri"]) = (json!(name), json!(uri));
    }
    if let Some(version) = version {
        shown["version"] = version.clone();
    }
    shown
}

/// The name and the address of a division, or of an entity that is kept beside the collection of the call.
fn known(
    generic: &GenericCall<'_, '_>,
    organization: &Organization,
    to: &str,
    id: &str,
) -> Option<(String, String)> {
    if to == "division" {
        let division = find::<Division>(organization, id).ok()?;
        return Some((division.name.clone(), format!("{}/{id}", Division::PATH)));
    }
    let kind = to.strip_prefix("default").unwrap_or(to).to_lowercase();
    let collection = format!("{}/{kind}s", parent(&generic.collection));
    let entity = organization.collections.get(&collection, id)?;
    Some((text(entity, "name").to_owned(), format!("{collection}/{id}")))
}
