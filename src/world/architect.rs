//! The entities of Architect at the start, and the shapes that they share with created entities.
//!
//! Flows are typed, in `flow`; the others are JSON. Scripts have pages, data tables rows. To seed another kind of JSON
//! entity, add a loop in `seed`. Its names come from the organization's file.

mod flow;
mod version;

use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use self::flow::{Flow, FlowRef, Flows, configurations_of};
pub(crate) use self::version::{FlowAuthor, FlowState, FlowVersion, Stage};
use super::collection::Collections;
use super::seed::{OrganizationSeed, home_division};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::id::seed_id;
use crate::world::json::object;

/// The collection of scripts, for both of their paths.
pub(crate) const SCRIPTS: &str = "/api/v2/scripts";
/// The collection of data tables.
pub(crate) const DATA_TABLES: &str = "/api/v2/flows/datatables";
/// The collection of IVRs.
pub(crate) const IVRS: &str = "/api/v2/architect/ivrs";
/// The collection of prompts.
pub(crate) const PROMPTS: &str = "/api/v2/architect/prompts";
/// The collection of schedules.
pub(crate) const SCHEDULES: &str = "/api/v2/architect/schedules";

/// The collection of schedule groups.
pub(crate) const SCHEDULE_GROUPS: &str = "/api/v2/architect/schedulegroups";
/// The collection of emergency groups.
pub(crate) const EMERGENCY_GROUPS: &str = "/api/v2/architect/emergencygroups";

/// The collection of the rows of a data table.
pub(crate) fn rows_of(table: &str) -> String {
    format!("{DATA_TABLES}/{table}/rows")
}

/// Adds the entities that the organization's file names.
pub(super) fn seed(from: &OrganizationSeed, organization: Uuid, now: Nanos, all: &mut Collections) {
    let mut seeding = Seeding { organization, all };
    for name in &from.scripts {
        seeding.script(name, now);
    }
    for name in &from.ivrs {
        seeding.put(IVRS, name, stamped(json!({ "dnis": [] }), organization, now));
    }
    for prompt in &from.described_prompts {
        let id = seeding.id(PROMPTS, &prompt.name);
        let more = json!({ "description": prompt.description, "resources": prompt.resources(&id) });
        seeding.put(PROMPTS, &prompt.name, more);
    }
    for name in &from.prompts {
        let more = json!({ "description": "", "resources": [] });
        seeding.put(PROMPTS, name, more);
    }
    for name in &from.schedules {
        let times = json!({ "start": "2026-01-05T08:00:00.000", "end": "2026-01-05T17:00:00.000",
            "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" });
        seeding.put(SCHEDULES, name, stamped(times, organization, now));
    }
    for name in &from.data_tables {
        seeding.data_table(name);
    }
}

struct Seeding<'a> {
    organization: Uuid,
    all: &'a mut Collections,
}

impl Seeding<'_> {
    fn id(&self, path: &str, name: &str) -> String {
        seed_id(self.organization, &format!("{path}/{name}")).to_string()
    }

    fn put(&mut self, path: &str, name: &str, more: Value) {
        let id = self.id(path, name);
        let mut entity = object(json!({ "id": id, "name": name }));
        entity.extend(object(more));
        entity.insert("selfUri".to_owned(), json!(format!("{path}/{id}")));
        self.all.seed(path, &id, entity);
    }

    fn script(&mut self, name: &str, now: Nanos) {
        let (id, since) = (self.id(SCRIPTS, name), rfc3339(now));
        let own = |what: &str| seed_id(self.organization, &format!("{name}/{what}")).to_string();
        let version = own("version");
        let pages = ["Greeting", "Wrap-up"].map(|page| script_page(&id, &own(page), page, &version, now));
        let more = json!({
            "division": home_division(self.organization),
            "versionId": version, "version": 1,
            "createdDate": since, "modifiedDate": since, "publishedDate": since, "versionDate": since,
            "startPageId": own("Greeting"), "startPageName": "Greeting",
            "features": {}, "variables": {}, "customActions": {}, "pages": pages,
        });
        self.put(SCRIPTS, name, more);
    }

    fn data_table(&mut self, name: &str) {
        let mut schema = table_schema();
        schema["properties"]["target"] = json!({ "title": "target", "type": "string", "default": "" });
        schema["properties"]["enabled"] = json!({ "title": "enabled", "type": "boolean", "default": true });
        let division = home_division(self.organization);
        self.put(DATA_TABLES, name, json!({ "division": division, "description": "", "schema": schema }));
        let rows = rows_of(&self.id(DATA_TABLES, name));
        for (key, target, enabled) in
            [("after-hours", "Closed", false), ("billing", "Billing", true), ("main", "Sales", true)]
        {
            let row = object(json!({ "key": key, "target": target, "enabled": enabled }));
            self.all.seed(&rows, key, row);
        }
    }
}

/// Adds the properties that every telephony entity of Architect has to `more`.
fn stamped(mut more: Value, organization: Uuid, now: Nanos) -> Value {
    more["division"] = home_division(organization);
    more["version"] = json!(1);
    more["dateCreated"] = json!(rfc3339(now));
    more["dateModified"] = json!(rfc3339(now));
    more["state"] = json!("active");
    more
}

/// A page of a script.
pub(crate) fn script_page(script: &str, id: &str, name: &str, version: &str, now: Nanos) -> Value {
    json!({
        "id": id, "name": name, "versionId": version,
        "createdDate": rfc3339(now), "modifiedDate": rfc3339(now),
        "rootContainer": {},
        "properties": {},
        "selfUri": format!("{SCRIPTS}/{script}/pages/{id}"),
    })
}

/// The schema of a data table that has nothing but its key.
pub(crate) fn table_schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
        "properties": { "key": { "title": "key", "type": "string", "$id": "/properties/key" } },
        "required": ["key"],
    })
}
