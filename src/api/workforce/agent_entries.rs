//! What an uploaded file says of agents: its entries, their checks, and what is stored after them.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::planning::{check_code, values};
use super::week_agents::agents_of;
use crate::api::entity::text;
use crate::api::json_entity::Body;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::world::Organization;
use crate::world::collection::Entity;

/// The most shifts of an agent in one schedule, the most days off, and the most activities of a shift. Assumed.
const MAX_ENTRIES: usize = 500;
/// The lists of an entry, and the field that names one of each.
const LISTS: [(&str, &str); 2] = [("shifts", "id"), ("fullDayTimeOffMarkers", "businessUnitDate")];

/// What an upload makes of one agent of a schedule: `after` is `None` where it takes the agent out.
pub(super) struct AgentChange {
    pub(super) id: String,
    pub(super) before: Option<Entity>,
    pub(super) after: Option<Body>,
}

/// What the entries of an upload make of the agents of a schedule; without a schedule, of a new one.
pub(super) fn read_changes(
    organization: &Organization,
    schedule: Option<&Body>,
    entries: &[Body],
    now: Nanos,
) -> Result<Vec<AgentChange>, ApiError> {
    let path = schedule.map(agents_of);
    let change = |entry: &Body| {
        let id = text(entry, "userId").to_owned();
        let before = path.as_ref().and_then(|path| organization.collections.get(path, &id)).cloned();
        let after = merge(before.as_deref(), entry, now)?;
        Ok(AgentChange { id, before, after })
    };
    entries.iter().map(change).collect()
}

/// The entries of an upload, each with the id of its agent.
pub(super) fn read_agents(
    organization: &Organization,
    business_unit: &str,
    upload: &Body,
) -> Result<Vec<Body>, ApiError> {
    let mut known = HashSet::new();
    let read = |entry: &Value| {
        let entry = entry.as_object().ok_or_else(|| not_an_object("agentSchedules"))?;
        let id = text(entry, "userId");
        let agent = organization.people().agent(id);
        let agent = agent.ok_or_else(|| ApiError::no_reference("userId", "agent", id))?;
        if !known.insert(agent) {
            let why = format!("The agent [{}] has more than one entry in agentSchedules.", quoted(id));
            return Err(ApiError::constraint("agentSchedules", why));
        }
        check_shifts(organization, business_unit, values(entry.get("shifts")))?;
        check_markers(organization, business_unit, values(entry.get("fullDayTimeOffMarkers")))?;
        let mut entry = entry.clone();
        entry.insert("userId".to_owned(), json!(organization.people().at(agent).map(|user| user.id)));
        Ok(entry)
    };
    values(upload.get("agentSchedules")).iter().map(read).collect()
}

fn not_an_object(field: &str) -> ApiError {
    ApiError::bad_request(format!("Each of {field} must be an object."))
}

fn check_count(field: &'static str, entries: &[Value]) -> Result<(), ApiError> {
    if entries.len() > MAX_ENTRIES {
        return Err(ApiError::constraint(field, format!("must have at most {MAX_ENTRIES} entries")));
    }
    if entries.iter().all(Value::is_object) { Ok(()) } else { Err(not_an_object(field)) }
}

fn check_shifts(organization: &Organization, business_unit: &str, shifts: &[Value]) -> Result<(), ApiError> {
    check_count("shifts", shifts)?;
    for shift in shifts.iter().filter(|shift| !is_deleted(shift)) {
        check_time("shifts", shift)?;
        check_count("activities", values(shift.get("activities")))?;
        for activity in values(shift.get("activities")) {
            check_time("activities", activity)?;
            check_code(organization, business_unit, activity.get("activityCodeId"))?;
        }
    }
    Ok(())
}

/// Refuses a day off without its date.
fn check_markers(
    organization: &Organization,
    business_unit: &str,
    markers: &[Value],
) -> Result<(), ApiError> {
    const FIELD: &str = "fullDayTimeOffMarkers";
    check_count(FIELD, markers)?;
    markers.iter().try_for_each(|marker| {
        let date = marker["businessUnitDate"].as_str().unwrap_or_default();
        date.parse::<Date>()
            .map_err(|_| ApiError::invalid_date_in(&format!("{FIELD}.businessUnitDate"), date))?;
        check_code(organization, business_unit, marker.get("activityCodeId"))
    })
}

/// Refuses a shift or an activity without a start and a length.
fn check_time(field: &'static str, timed: &Value) -> Result<(), ApiError> {
    let start = timed["startDate"].as_str().unwrap_or_default();
    if parse_rfc3339(start).is_none() {
        return Err(ApiError::invalid_date_in(&format!("{field}.startDate"), start));
    }
    match timed["lengthMinutes"].as_u64() {
        Some(1..) => Ok(()),
        _ => Err(ApiError::bad_request(format!("Each of {field} needs a lengthMinutes above 0."))),
    }
}

fn is_deleted(one: &Value) -> bool {
    one["delete"] == Value::Bool(true)
}

/// What an upload leaves of the schedule of an agent: `None` where it deletes it.
fn merge(before: Option<&Body>, entry: &Body, now: Nanos) -> Result<Option<Body>, ApiError> {
    if entry.get("delete") == Some(&Value::Bool(true)) {
        return Ok(None);
    }
    let mut merged = before.cloned().unwrap_or_default();
    let version =
        merged.get("metadata").and_then(|metadata| metadata["version"].as_u64()).unwrap_or_default();
    for (list, named) in LISTS {
        let all = merge_list(values(merged.get(list)), values(entry.get(list)), named);
        check_count(list, &all)?;
        merged.insert(list.to_owned(), all.into());
    }
    merged.insert("user".to_owned(), user::reference(text(entry, "userId")));
    merged.insert("metadata".to_owned(), json!({ "version": version + 1, "dateModified": rfc3339(now) }));
    Ok(Some(merged))
}

/// The entries of a list after a change, each by what names it. A new one without a name gets an id.
fn merge_list(known: &[Value], changes: &[Value], named: &str) -> Vec<Value> {
    let mut all: Vec<_> = known.iter().cloned().map(Some).collect();
    let name = |one: &Value| Some(one[named].to_string()).filter(|_| !one[named].is_null());
    let mut indexes: HashMap<_, _> =
        known.iter().enumerate().filter_map(|(at, one)| Some((name(one)?, at))).collect();
    for change in changes {
        let name = name(change);
        let at = name.as_ref().and_then(|name| indexes.get(name)).copied();
        match (at, is_deleted(change)) {
            (Some(at), true) => all[at] = None,
            (Some(at), false) => all[at] = Some(complete_entry(change, named)),
            (None, false) => {
                indexes.extend(name.map(|name| (name, all.len())));
                all.push(Some(complete_entry(change, named)));
            }
            (None, true) => {}
        }
    }
    all.into_iter().flatten().collect()
}

fn complete_entry(one: &Value, named: &str) -> Value {
    let mut one = one.clone();
    if let Some(fields) = one.as_object_mut() {
        fields.shift_remove("delete");
        if named == "id" {
            fields.entry("id").or_insert_with(|| json!(Uuid::new_v4()));
            fields.entry("manuallyEdited").or_insert(json!(false));
        }
        unwrap_ids(fields);
    }
    one
}

/// A change wraps what an answer has bare.
fn unwrap_ids(fields: &mut Map<String, Value>) {
    for key in ["workPlanId", "workPlanShiftId"] {
        if let Some(value) = fields.get_mut(key).filter(|value| value.is_object()) {
            *value = value["value"].clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MAX_ENTRIES, merge};
    use crate::api::json_entity::Body;

    fn entry(shifts: std::ops::Range<usize>) -> Body {
        let shifts: Vec<_> = shifts.map(|id| json!({ "id": id.to_string() })).collect();
        Body::from_iter([("shifts".to_owned(), json!(shifts))])
    }

    #[test]
    fn uploads_one_after_the_other_do_not_pass_the_bound_of_a_schedule() {
        let full = merge(None, &entry(0..MAX_ENTRIES), 0).expect("room").expect("an agent");
        let again =
            merge(Some(&full), &entry(0..MAX_ENTRIES), 0).expect("the same shifts").expect("an agent");
        assert_eq!(again["shifts"].as_array().map(Vec::len), Some(MAX_ENTRIES));
        assert!(merge(Some(&full), &entry(MAX_ENTRIES..MAX_ENTRIES + 1), 0).is_err());
    }
}
