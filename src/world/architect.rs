//! The entities of Architect at the start, and the shapes that they share with created entities.
//!
//! Scripts have pages, flows a published version, data tables rows. To seed another kind of entity, add a loop in
//! `seed`. Its names come from the organization's file.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Organization;
use super::collection::Collections;
use super::seed::{OrganizationSeed, home_division};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::id::seed_id;

/// The collection of scripts, for both of their paths.
pub(crate) const SCRIPTS: &str = "/api/v2/scripts";
/// The collection of flows.
pub(crate) const FLOWS: &str = "/api/v2/flows";
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

/// What analytics show of a flow. Its texts are borrowed, or owned where the organization's lock does not last.
#[derive(Clone, Debug)]
pub(crate) struct FlowName<T = String> {
    pub(crate) id: Uuid,
    pub(crate) name: T,
    pub(crate) kind: T,
    /// The published version.
    pub(crate) version: T,
    pub(crate) division: Option<Uuid>,
}

impl FlowName<&str> {
    /// With texts of its own.
    pub(crate) fn owned(&self) -> FlowName {
        let Self { id, name, kind, version, division } = *self;
        FlowName { id, name: name.to_owned(), kind: kind.to_owned(), version: version.to_owned(), division }
    }
}

impl Organization {
    /// The flow of that id.
    pub(crate) fn flow(&self, id: Uuid) -> Option<FlowName<&str>> {
        let flow = self.collections.get(FLOWS, &id.to_string())?;
        let text = |key: &str| flow.get(key).and_then(Value::as_str).unwrap_or_default();
        let below = |key: &str| flow.get(key).and_then(|value| value.get("id")?.as_str()).unwrap_or_default();
        Some(FlowName {
            id,
            name: text("name"),
            kind: text("type"),
            version: below("publishedVersion"),
            division: Uuid::try_parse(below("division")).ok(),
        })
    }
}

/// The collection of the versions of a flow.
pub(crate) fn versions_of(flow: &str) -> String {
    format!("{FLOWS}/{flow}/versions")
}

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
    for flow in &from.flows {
        seeding.flow(&flow.name, &flow.kind, now);
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

    fn flow(&mut self, name: &str, kind: &str, now: Nanos) {
        let id = self.id(FLOWS, name);
        let published = flow_version(&id, "1.0", "PUBLISH", now);
        let more = json!({
            "division": home_division(self.organization), "type": kind,
            "active": true, "system": false, "deleted": false,
            "publishedVersion": published, "checkedInVersion": published, "savedVersion": published,
        });
        self.put(FLOWS, name, more);
        self.all.seed(&versions_of(&id), "1.0", published);
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

/// Version `number` of a flow; `kind` is the vendor's `PUBLISH`, `CHECKIN` or `SAVE`.
pub(crate) fn flow_version(flow: &str, number: &str, kind: &str, now: Nanos) -> Map<String, Value> {
    let uri = format!("{FLOWS}/{flow}/versions/{number}");
    let millis = now / 1_000_000;
    let mut version = object(json!({
        "id": number, "name": number, "commitVersion": number, "configurationVersion": number,
        "type": kind, "secure": false, "debug": false,
        "configurationUri": format!("{uri}/configuration"), "dateCreated": millis,
    }));
    let (date, value) = match kind {
        "PUBLISH" => ("datePublished", json!(rfc3339(now))),
        "CHECKIN" => ("dateCheckedIn", json!(millis)),
        _ => ("dateSaved", json!(millis)),
    };
    version.insert(date.to_owned(), value);
    version.insert("selfUri".to_owned(), json!(uri));
    version
}

/// The schema of a data table that has nothing but its key.
pub(crate) fn table_schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "type": "object",
        "properties": { "key": { "title": "key", "type": "string", "$id": "/properties/key" } },
        "required": ["key"],
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
