//! The versions of an entity, where the platform lists them at `…/{id}/versions` and no client creates them there.

use http::Method;
use serde_json::{Map, Value};

use super::GenericCall;
use crate::world::Organization;

/// Whether the versions of the entities of the call's collection are kept.
pub(super) fn keeps(generic: &GenericCall<'_, '_>) -> bool {
    let one = match &generic.id {
        Some(_) => format!("{}/versions", generic.template),
        None => format!("{}/{{id}}/versions", generic.template),
    };
    let find = |method: Method| generic.catalog.find(&method, &one).map(|found| found.operation);
    find(Method::GET).is_some_and(|list| !list.by_hand) && find(Method::POST).is_none()
}

/// Keeps the entity as it is now under the number of its version.
pub(super) fn note(
    generic: &GenericCall<'_, '_>,
    organization: &mut Organization,
    id: &str,
    entity: &Map<String, Value>,
) {
    let version = entity.get("version").and_then(Value::as_u64).filter(|_| keeps(generic));
    if let Some(version) = version {
        let versions = format!("{}/{id}/versions", generic.collection);
        organization.collections.insert_chosen(&versions, &version.to_string(), entity.clone());
    }
}
