//! Task management: work bins, work types with their statuses, and work items.
//!
//! | file | owns |
//! |---|---|
//! | `bins` | work bins |
//! | `types` | work types, and the statuses that each begins with |
//! | `statuses` | the statuses of a work type |
//! | `items` | work items: what they take from their type, their status and their assignment |
//! | `query` | the queries of all three kinds |
//! | `query_jobs` | jobs that query work items |
//! | `rules` | what the fields of an entity may be beside each other |
//! | `events` | what the topics of a work item, its user and its queue have of it |
//! | `versions` | the versions and the history of an entity: each change leaves one |
//! | `wrapups` | the wrap-up codes that users gave to work items |
//! | `jobs` | bulk jobs that create or terminate work items |
//! | `flow_rules` | the rules of a work type that start a flow |
//!
//! A body names other entities by their ids, and an answer refers to them. So what a body names has to exist, and what
//! is in use is not deleted. Schemas have generic answers.

mod bins;
mod events;
mod flow_rules;
mod items;
mod jobs;
mod query;
mod query_jobs;
mod rules;
mod statuses;
mod types;
mod versions;
mod wrapups;

use serde_json::{Value, json};

use crate::api::json_entity::Body;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::people::User;
use crate::world::reference::Reference;

const USERS: &str = "/api/v2/users";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        bins::routes(),
        types::routes(),
        statuses::routes(),
        items::routes(),
        wrapups::routes(),
        jobs::routes(),
        query_jobs::routes(),
        flow_rules::routes(),
    ]
    .concat()
}

/// A property of a body that is the id of an entity, or several, and the property of the answer that refers to it.
struct Named {
    reference: Reference,
    shown: &'static str,
}

impl Named {
    const fn new(reference: Reference, shown: &'static str) -> Self {
        Self { reference, shown }
    }
}

/// Refuses a body that names what does not exist: 400 with the property.
fn check_named(organization: &Organization, all: &[Named], body: &Body) -> Result<(), ApiError> {
    for Named { reference, .. } in all {
        let unknown = |id: &&str| !organization.has_entity(reference.collection, id);
        if let Some(id) = reference.ids(body).into_iter().find(unknown) {
            return Err(ApiError::no_reference(reference.field, reference.kind, id));
        }
    }
    Ok(())
}

/// Adds the references to what an entity names.
fn show_named(organization: &Organization, all: &[Named], entity: &mut Body) {
    for Named { reference, shown } in all {
        let refer = |id: &str| refer(organization, reference.collection, id);
        let value = match entity.get(reference.field) {
            Some(Value::String(id)) => refer(id),
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).map(refer).collect(),
            _ => continue,
        };
        entity.insert((*shown).to_owned(), value);
    }
}

/// The reference to an entity of a collection, with its name where it has one.
fn refer(organization: &Organization, collection: &str, id: &str) -> Value {
    let mut shown = json!({ "id": id, "selfUri": format!("{collection}/{id}") });
    let user = organization.people().get(id).filter(|user| collection == USERS && User::exists(user));
    let name = user.map(|user| user.name.as_str()).or_else(|| organization.name_of(collection, id));
    if let Some(name) = name {
        shown["name"] = json!(name);
    }
    shown
}

/// Whether an entity of a collection has a property of that value.
fn is_used(organization: &Organization, collection: &str, field: &str, id: &str) -> bool {
    let mut all = organization.collections.list(collection);
    all.any(|entity| entity.get(field).and_then(Value::as_str) == Some(id))
}
