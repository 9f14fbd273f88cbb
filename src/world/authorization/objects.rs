//! The objects of divisions that are kept as JSON. Those in tables are counted and moved by `world/tables.rs`.
//!
//! An entity names its division in `divisionId`, or refers to it in `division`. One that does neither is in the home
//! division.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Division, home};
use crate::world::Organization;
use crate::world::architect::{DATA_TABLES, EMERGENCY_GROUPS, IVRS, SCHEDULE_GROUPS, SCHEDULES, SCRIPTS};
use crate::world::id::Id;
use crate::world::table::Kind;
use crate::world::workforce::seed::{BUSINESS_UNITS, MANAGEMENT_UNITS};

/// The types of objects, and the collection that has them.
const COLLECTIONS: [(&str, &str); 12] = [
    ("FLOWMILESTONE", "/api/v2/flows/milestones"),
    ("FLOWOUTCOME", "/api/v2/flows/outcomes"),
    ("CALLROUTE", IVRS),
    ("EMERGENCYGROUPS", EMERGENCY_GROUPS),
    ("ROUTINGSCHEDULES", SCHEDULES),
    ("ROUTINGSCHEDULEGROUPS", SCHEDULE_GROUPS),
    ("DATATABLES", DATA_TABLES),
    ("SCRIPT", SCRIPTS),
    ("WORKBIN", "/api/v2/taskmanagement/workbins"),
    ("WORKTYPE", "/api/v2/taskmanagement/worktypes"),
    ("BUSINESSUNIT", BUSINESS_UNITS),
    ("MANAGEMENTUNIT", MANAGEMENT_UNITS),
];

/// The collection of the objects of a type.
pub(in crate::world) fn collection_of(object_type: &str) -> Option<&'static str> {
    let found = COLLECTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(object_type));
    found.map(|(_, collection)| *collection)
}

impl Organization {
    /// The number of objects of a division that are kept as JSON, by type.
    pub(in crate::world) fn kept_objects_of(
        &self,
        division: Id<Division>,
    ) -> impl Iterator<Item = (&'static str, usize)> {
        let home = home(self.id);
        COLLECTIONS.iter().map(move |(object_type, collection)| {
            let all = self.collections.list(collection);
            (*object_type, all.filter(|entity| division_of(entity, home) == division).count())
        })
    }

    /// Moves an object of a collection to a division. False if there is none of that id.
    pub(in crate::world) fn move_kept(&mut self, collection: &str, id: &str, to: Id<Division>) -> bool {
        let name = self.authorization.divisions.get(to).map(|division| division.name.clone());
        let moved = self.collections.update(collection, id, |entity| {
            put_division(entity, to.uuid(), name.as_deref());
            Ok::<(), ()>(())
        });
        moved.is_some()
    }

    /// Moves every object of a division that is kept as JSON to the home division.
    pub(in crate::world) fn leave_division_of_kept(&mut self, division: Id<Division>) {
        let home = home(self.id);
        for (_, collection) in COLLECTIONS {
            let entries = self.collections.entries(collection);
            let own = entries.filter(|(_, entity)| division_of(entity, home) == division);
            let ids: Vec<String> = own.map(|(id, _)| id.to_owned()).collect();
            for id in ids {
                self.move_kept(collection, &id, home);
            }
        }
    }
}

/// The division of an entity.
fn division_of(entity: &Map<String, Value>, home: Id<Division>) -> Id<Division> {
    let named = entity.get("divisionId").or_else(|| entity.get("division")?.get("id"));
    named.and_then(Value::as_str).and_then(Id::parse).unwrap_or(home)
}

/// Puts a division into an entity, in the form in which the entity has one.
fn put_division(entity: &mut Map<String, Value>, id: Uuid, name: Option<&str>) {
    if entity.contains_key("divisionId") {
        entity.insert("divisionId".to_owned(), json!(id));
        return;
    }
    let mut reference = json!({ "id": id, "selfUri": format!("{}/{id}", Division::PATH) });
    let is_named = entity.get("division").is_none_or(|division| division.get("name").is_some());
    if let Some(name) = name.filter(|_| is_named) {
        reference["name"] = json!(name);
    }
    entity.insert("division".to_owned(), reference);
}
