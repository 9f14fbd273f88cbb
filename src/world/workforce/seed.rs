//! The entities of workforce management and presence at the start: business units, management units and presence
//! definitions, under the paths that list them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::AgentStatus;
use super::unit::ManagementUnit;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::collection::Collections;
use crate::world::id::{BusinessUnit, Id};
use crate::world::seed::{self, OrganizationSeed};

/// The collection of the business units.
pub(crate) const BUSINESS_UNITS: &str = "/api/v2/workforcemanagement/businessunits";
/// The collection of the management units.
pub(crate) const MANAGEMENT_UNITS: &str = "/api/v2/workforcemanagement/managementunits";
/// The collection of the presence definitions.
pub(crate) const PRESENCE_DEFINITIONS: &str = "/api/v2/presencedefinitions";

/// The units and definitions of an organization at its start.
pub(crate) fn collections(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Collections {
    let mut all = Collections::default();
    for (status, ..) in AgentStatus::ALL {
        put(&mut all, PRESENCE_DEFINITIONS, status.definition(), definition(status));
    }
    let home = seed::home_division_id(organization);
    let division = json!({ "id": home, "selfUri": format!("/api/v2/authorization/divisions/{home}") });
    let metadata = json!({ "version": 1, "dateModified": rfc3339(now) });
    for unit in &seed.management_units {
        let of = Id::<BusinessUnit>::seeded(organization, &unit.business_unit).uuid();
        let business_unit = json!({
            "name": unit.business_unit,
            "settings": { "startDayOfWeek": "Monday", "timeZone": unit.time_zone.get_ref(), "metadata": metadata },
            "division": division,
        });
        if all.get(BUSINESS_UNITS, &of.to_string()).is_none() {
            put(&mut all, BUSINESS_UNITS, of, business_unit);
        }
        let management_unit = json!({
            "name": unit.name,
            "businessUnit": { "id": of, "selfUri": format!("{BUSINESS_UNITS}/{of}") },
            "startDayOfWeek": "Monday",
            "timeZone": unit.time_zone.get_ref(),
            "metadata": metadata,
            "division": division,
            "version": 1,
            "dateModified": rfc3339(now),
        });
        let id = Id::<ManagementUnit>::seeded(organization, &unit.name).uuid();
        put(&mut all, MANAGEMENT_UNITS, id, management_unit);
    }
    all
}

fn definition(status: AgentStatus) -> Value {
    json!({
        "name": status.name(),
        "languageLabels": { "en_US": status.name() },
        "systemPresence": status.spaced_presence(),
        "deactivated": false,
        "primary": status.is_primary(),
    })
}

fn put(all: &mut Collections, collection: &str, id: Uuid, fields: Value) {
    let id = id.to_string();
    let mut entity = Map::from_iter([("id".to_owned(), json!(id))]);
    if let Value::Object(fields) = fields {
        entity.extend(fields);
    }
    entity.insert("selfUri".to_owned(), json!(format!("{collection}/{id}")));
    all.seed(collection, &id, entity);
}
