//! The versions and the history of an entity: each change leaves one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::entity::{descends, text};
use crate::api::json_entity::{self, Body, JsonEntity, answer, find};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;

pub(super) fn routes<K: JsonEntity + 'static>() -> Vec<Route> {
    let all = format!("{}/{{{}}}/versions", K::PATH, K::PARAM);
    vec![
        Route::get(&all, list::<K>),
        Route::get(&format!("{all}/{{entityVersion}}"), get::<K>),
        Route::get(&format!("{}/{{{}}}/history", K::PATH, K::PARAM), history::<K>),
    ]
}

fn versions_of<K: JsonEntity>(id: &str) -> String {
    format!("{}/{id}/versions", K::PATH)
}

/// The last version of an entity.
pub(super) fn last<'o, K: JsonEntity>(organization: &'o Organization, id: &str) -> Option<&'o Entity> {
    organization.collections.list(&versions_of::<K>(id)).last()
}

/// Keeps an entity as it is now, under the number of its version.
pub(super) fn note<K: JsonEntity>(organization: &mut Organization, entity: &Body) {
    let path = versions_of::<K>(text(entity, "id"));
    let last = last::<K>(organization, text(entity, "id")).and_then(|last| last.get("version")?.as_u64());
    let number = last.unwrap_or_default().saturating_add(1);
    let mut kept = entity.clone();
    kept.insert("version".to_owned(), json!(number));
    organization.collections.insert_chosen(&path, &number.to_string(), kept);
}

fn list<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = {
        let organization = call.tenant().read();
        let path = versions_of::<K>(text(find::<K>(call, &organization)?, "id"));
        let kept = organization.collections.list(&path);
        kept.map(|version| json_entity::to_json::<K>(call, &organization, version)).collect()
    };
    answer::list(call, all)
}

fn get<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let number = call.param("entityVersion")?;
    let found = {
        let organization = call.tenant().read();
        let path = versions_of::<K>(text(find::<K>(call, &organization)?, "id"));
        let kept = organization.collections.get(&path, &number);
        kept.map(|version| json_entity::to_json::<K>(call, &organization, version))
    };
    answer::reply(call, found.ok_or_else(|| ApiError::no_such("version", &number))?)
}

/// The newest first, unless the query asks for the oldest.
pub(super) fn newest_first(call: &Call<'_>, mut all: Vec<Body>) -> Vec<Body> {
    if call.query("sortOrder").and_then(|word| descends(&word)) != Some(false) {
        all.reverse();
    }
    all
}

/// What each change of an entity changed.
fn history<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = {
        let organization = call.tenant().read();
        let path = versions_of::<K>(text(find::<K>(call, &organization)?, "id"));
        let empty = Body::new();
        let mut before = &empty;
        let changes = organization.collections.list(&path).map(|version| {
            let change = change_between(before, version);
            before = version;
            change
        });
        changes.collect()
    };
    answer::list(call, newest_first(call, all))
}

fn change_between(before: &Body, after: &Body) -> Body {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter(|key| before.get(*key) != after.get(*key));
    let delta: Body = changed.map(|key| (key.clone(), values(before.get(key), after.get(key)))).collect();
    let change = [
        ("version", after.get("version").cloned().unwrap_or_default()),
        ("modifiedBy", after.get("modifiedBy").cloned().unwrap_or_default()),
        ("delta", Value::Object(delta)),
    ];
    change.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

/// The values of a property before and after a change, as far as it had one. A reference is told by its id.
fn values(before: Option<&Value>, after: Option<&Value>) -> Value {
    let told = |value: &Value| value.get("id").unwrap_or(value).clone();
    let named = [("oldValue", before), ("newValue", after)];
    named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), told(value?)))).collect()
}
