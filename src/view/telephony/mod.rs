//! Sites, edges, phones, trunks and numbers as the vendor writes them.

pub(crate) mod edge;
pub(crate) mod number;
pub(crate) mod phone;
pub(crate) mod site;
pub(crate) mod trunk;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::record::Properties;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::table::{Kind, Record, Stored};
use crate::world::telephony::edge::TelephonyEdge;
use crate::world::telephony::phone::Phone;
use crate::world::telephony::trunk::TrunkBase;

/// The properties that the topics of edges, phones and trunks have.
const STATE: [&str; 6] = ["id", "onlineStatus", "status", "connectedStatus", "inService", "enabled"];

/// The properties of a phone's status that its topic has.
const STATUS_OF_TOPIC: [&str; 4] = ["id", "operationalStatus", "lineStatuses", "eventCreationTime"];

/// The state of an edge, a phone or the trunk of base settings, as its topic has it. `None` for an entity of another collection.
pub(crate) fn state_of(
    organization: &Organization,
    collection: &str,
    id: Uuid,
) -> Option<Map<String, Value>> {
    let mut shown = match collection {
        TelephonyEdge::PATH => edge::edge(organization, TelephonyEdge::table(organization).get(Id::new(id))?),
        Phone::PATH => phone::phone(organization, Phone::table(organization).get(Id::new(id))?),
        TrunkBase::PATH => trunk::trunk(organization, TrunkBase::table(organization).get(Id::new(id))?),
        _ => return None,
    };
    shown.retain(|name, _| STATE.contains(&name.as_str()));
    if let Some(status) = shown.get_mut("status").and_then(Value::as_object_mut) {
        status.retain(|name, _| STATUS_OF_TOPIC.contains(&name.as_str()));
    }
    Some(shown)
}

/// What every entity of telephony has, with the fields that clients have set.
pub(crate) fn base<'a, K: Kind>(organization: &'a Organization, record: &'a Record<K>) -> Properties<'a, K> {
    Properties::of(organization, record)
        .division()
        .extra()
        .put("version", json!(record.version))
        .dates()
        .authors()
        .put("state", json!("active"))
}

/// `{"id", "name", "selfUri"}` of an entity. `None` if it does not exist.
pub(crate) fn reference<K: Stored>(organization: &Organization, id: Id<K>) -> Option<Value> {
    K::table(organization).get(id).map(to_reference)
}

/// `{"id", "name", "selfUri"}` of an entity.
pub(crate) fn to_reference<K: Kind>(record: &Record<K>) -> Value {
    json!({ "id": record.id(), "name": record.name, "selfUri": record.uri() })
}

/// The entities to which the field of another refers by their ids. Removed ones are left out.
pub(crate) fn references<K: Stored>(organization: &Organization, field: Option<&Value>) -> Option<Value> {
    let ids = field?.as_array()?.iter().filter_map(|item| item.get("id")?.as_str());
    let found = ids.filter_map(|id| K::table(organization).find(id)).map(to_reference);
    Some(found.collect())
}

/// `{"id", "name", "selfUri"}` of a user. `None` if the user does not exist.
pub(crate) fn user(organization: &Organization, index: UserIndex) -> Option<Value> {
    super::routing::user_reference(organization, index)
}

/// A metabase, to which base settings refer. Its name is its id without the ending.
pub(crate) fn metabase(id: &str, collection: &str) -> Value {
    json!({ "id": id, "name": id.trim_end_matches(".json"), "selfUri": format!("{collection}/{id}") })
}
