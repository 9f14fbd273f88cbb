//! What schedules of weeks say of agents.
//!
//! The shifts of an agent are kept below its schedule. Those of a published schedule are published to the workforce, too:
//! adherence follows them. Answers show them as they were sent, beside what else the agent is scheduled for.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::planning::{check_code, values};
use super::schedules::{activities_of, shifts_to_json};
use crate::api::entity::{id_in, text};
use crate::api::json_entity::Body;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::people::User;
use crate::world::workforce::{Activity, Shift};

/// The schedules of every week of every business unit.
const ALL: &str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}/schedules";
const MINUTE: Nanos = 60_000_000_000;
/// The most shifts of an agent in one schedule. Assumed.
const MAX_SHIFTS: usize = 500;

/// The collection of what a schedule says of agents.
pub(super) fn agents_of(schedule: &Body) -> String {
    format!("{}/agentschedules", text(schedule, "selfUri"))
}

/// The agents of a schedule, with their shifts.
pub(super) fn agent_schedules<'o>(organization: &'o Organization, schedule: &Body) -> Vec<&'o Entity> {
    organization.collections.list(&agents_of(schedule)).collect()
}

pub(super) fn is_published(schedule: &Body) -> bool {
    schedule.get("published") == Some(&Value::Bool(true))
}

/// Every published schedule.
pub(super) fn published(organization: &Organization) -> Vec<&Entity> {
    organization.collections.list_like(ALL).filter(|schedule| is_published(schedule)).collect()
}

/// The references to those schedules, each with an agent of these.
pub(super) fn references(organization: &Organization, schedules: &[&Entity], agents: &[User]) -> Value {
    let has_one = |schedule: &&&Entity| {
        let path = agents_of(schedule);
        agents.iter().any(|agent| organization.collections.get(&path, &agent.id.to_string()).is_some())
    };
    let refer = |schedule: &&Entity| {
        let fields = ["id", "weekDate", "weekCount", "selfUri"];
        fields.iter().map(|field| ((*field).to_owned(), schedule[*field].clone())).collect::<Value>()
    };
    schedules.iter().filter(has_one).map(refer).collect()
}

/// The shifts of an agent that touch a time: those of the published schedules, and beside them what else is due.
pub(super) fn shifts_of(
    organization: &Organization,
    schedules: &[&Entity],
    agent: &User,
    (time, now): ((Nanos, Nanos), Nanos),
) -> Vec<Value> {
    let id = agent.id.to_string();
    let own = schedules.iter().filter_map(|schedule| {
        let found = organization.collections.get(&agents_of(schedule), &id)?;
        Some((*schedule, values(found.get("shifts")).iter().collect::<Vec<_>>()))
    });
    let own: Vec<_> = own.collect();
    let spans: Vec<_> = own.iter().filter_map(|(_, shifts)| span_of(shifts)).collect();
    let touches = |(start, end): (Nanos, Nanos), (from, to): (Nanos, Nanos)| start < to && from < end;
    let mut others = activities_of(organization, agent, time, now);
    others.retain(|one| !spans.iter().any(|span| touches((one.start, one.end), *span)));
    let mut shown = shifts_to_json(&others);
    for (schedule, shifts) in own {
        let its = shifts.into_iter().filter(|shift| touches(time_of(shift), time));
        shown.extend(its.map(|shift| with_schedule(shift, schedule)));
    }
    shown.sort_by_cached_key(|shift| time_of(shift).0);
    shown
}

fn with_schedule(shift: &Value, schedule: &Entity) -> Value {
    let mut shift = shift.clone();
    shift["schedule"] =
        json!({ "id": schedule["id"], "weekDate": schedule["weekDate"], "selfUri": schedule["selfUri"] });
    shift
}

/// The days off of an agent in published schedules.
pub(super) fn markers_of(organization: &Organization, schedules: &[&Entity], agent: &User) -> Vec<Value> {
    let id = agent.id.to_string();
    let found = schedules.iter().filter_map(|one| organization.collections.get(&agents_of(one), &id));
    found.flat_map(|one| values(one.get("fullDayTimeOffMarkers")).iter().cloned()).collect()
}

/// The start and the end of a shift or of an activity.
fn time_of(timed: &Value) -> (Nanos, Nanos) {
    let start = timed["startDate"].as_str().and_then(parse_rfc3339).unwrap_or_default();
    let minutes = timed["lengthMinutes"].as_u64().unwrap_or_default();
    (start, start.saturating_add(minutes.saturating_mul(MINUTE)))
}

fn span_of(shifts: &[&Value]) -> Option<(Nanos, Nanos)> {
    let times = || shifts.iter().map(|shift| time_of(shift));
    Some((times().map(|time| time.0).min()?, times().map(|time| time.1).max()?))
}

/// The activities of an agent in a schedule: in order, each until the next begins.
fn planned(organization: &Organization, business_unit: &str, agent: &Body) -> Vec<Shift> {
    let mut all = Vec::new();
    for shift in values(agent.get("shifts")) {
        match values(shift.get("activities")) {
            [] => all.push((time_of(shift), Activity::OnQueueWork)),
            activities => all.extend(activities.iter().map(|one| {
                let code = one["activityCodeId"].as_str().unwrap_or_default();
                (time_of(one), activity_of(organization, business_unit, code))
            })),
        }
    }
    all.sort_unstable_by_key(|((start, _), _)| *start);
    let starts: Vec<_> = all.iter().skip(1).map(|((start, _), _)| *start).chain([Nanos::MAX]).collect();
    let clipped = all.into_iter().zip(starts).map(|(((start, end), activity), next)| Shift {
        start,
        end: end.min(next),
        activity,
    });
    clipped.filter(|shift| shift.start < shift.end).collect()
}

/// The activity that a code means: that of its category.
fn activity_of(organization: &Organization, business_unit: &str, code: &str) -> Activity {
    let path = format!("/api/v2/workforcemanagement/businessunits/{business_unit}/activitycodes");
    let category = organization.collections.get(&path, code).map_or(code, |code| text(code, "category"));
    Activity::from_name(category).unwrap_or(Activity::OffQueueWork)
}

/// The entries of an upload, each with the id of its agent.
pub(super) fn read_agents(
    organization: &Organization,
    business_unit: &str,
    upload: &Body,
) -> Result<Vec<Body>, ApiError> {
    let entries = values(upload.get("agentSchedules")).iter();
    let read = |entry: &Value| {
        let entry = entry.as_object().ok_or_else(|| not_an_object("agentSchedules"))?;
        let id = text(entry, "userId");
        let agent = organization.people().agent(id);
        let agent = agent.ok_or_else(|| ApiError::no_reference("userId", "agent", id))?;
        check_shifts(organization, business_unit, values(entry.get("shifts")))?;
        let mut entry = entry.clone();
        entry.insert("userId".to_owned(), json!(organization.people().at(agent).map(|user| user.id)));
        Ok(entry)
    };
    entries.map(read).collect()
}

fn not_an_object(field: &str) -> ApiError {
    ApiError::bad_request(format!("Each of {field} must be an object."))
}

fn check_shifts(organization: &Organization, business_unit: &str, shifts: &[Value]) -> Result<(), ApiError> {
    if shifts.len() > MAX_SHIFTS {
        return Err(ApiError::constraint("shifts", format!("must have at most {MAX_SHIFTS} shifts")));
    }
    for shift in shifts.iter().filter(|shift| !is_deleted(shift)) {
        check_time("shifts", shift)?;
        for activity in values(shift.get("activities")) {
            check_time("activities", activity)?;
            check_code(organization, business_unit, activity.get("activityCodeId"))?;
        }
    }
    Ok(())
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
pub(super) fn merge(before: Option<&Entity>, entry: &Body, now: Nanos) -> Option<Body> {
    if entry.get("delete") == Some(&Value::Bool(true)) {
        return None;
    }
    let known = before.map(|before| Map::clone(before)).unwrap_or_default();
    let version = known.get("metadata").and_then(|metadata| metadata["version"].as_u64()).unwrap_or_default();
    let mut merged = known;
    for (key, named) in [("shifts", "id"), ("fullDayTimeOffMarkers", "businessUnitDate")] {
        let all = merge_list(values(merged.get(key)), values(entry.get(key)), named);
        merged.insert(key.to_owned(), all);
    }
    merged.insert("user".to_owned(), user::reference(text(entry, "userId")));
    merged.insert("metadata".to_owned(), json!({ "version": version + 1, "dateModified": rfc3339(now) }));
    Some(merged)
}

/// The entries of a list after a change, each by what names it. A new one without a name gets an id.
fn merge_list(known: &[Value], changes: &[Value], named: &str) -> Value {
    let mut all = known.to_vec();
    for change in changes {
        let at = all.iter().position(|one| !change[named].is_null() && one[named] == change[named]);
        match (at, is_deleted(change)) {
            (Some(at), true) => drop(all.remove(at)),
            (Some(at), false) => all[at] = completed(change, named),
            (None, false) => all.push(completed(change, named)),
            (None, true) => {}
        }
    }
    all.into()
}

fn completed(one: &Value, named: &str) -> Value {
    let mut one = one.clone();
    if let Some(fields) = one.as_object_mut() {
        fields.shift_remove("delete");
        if named == "id" {
            fields.entry("id").or_insert_with(|| json!(Uuid::new_v4()));
            fields.entry("manuallyEdited").or_insert(json!(false));
        }
        // A change wraps what an answer has bare.
        for key in ["workPlanId", "workPlanShiftId"] {
            if let Some(value) = fields.get_mut(key).filter(|value| value.is_object()) {
                *value = value["value"].clone();
            }
        }
    }
    one
}

/// Publishes the shifts of an agent in place of those before, and tells the agent.
pub(super) fn republish(
    organization: &mut Organization,
    business_unit: &str,
    (before, after): (Option<&Body>, Option<&Body>),
    now: Nanos,
) -> Result<(), ApiError> {
    let Some(id) = after.or(before).map(|one| id_in(one, "user").to_owned()) else { return Ok(()) };
    let Some(agent) = organization.people().agent(&id) else { return Ok(()) };
    let shifts = |one: Option<&Body>| one.map(|one| planned(organization, business_unit, one));
    let (old, new) = (shifts(before).unwrap_or_default(), shifts(after).unwrap_or_default());
    let changed = organization.replace_shifts(agent, &old, &new, now);
    changed.map_err(|full| ApiError::conflict(full.to_string()))?;
    if let Some(body) = update_of(&id, before, after) {
        organization.note_publication(format!("v2.users.{id}.workforcemanagement.schedules"), body);
    }
    Ok(())
}

/// What an agent is told of a change: `None` where no shift has changed.
fn update_of(agent: &str, before: Option<&Body>, after: Option<&Body>) -> Option<Value> {
    let shifts = |one: Option<&Body>| values(one.and_then(|one| one.get("shifts"))).to_vec();
    let (before, after) = (shifts(before), shifts(after));
    let ids = |all: &[Value]| all.iter().map(|one| one["id"].to_string()).collect::<HashSet<_>>();
    let (known, left) = (ids(&before), ids(&after));
    let has = |ids: &HashSet<String>, shift: &&Value| ids.contains(&shift["id"].to_string());
    let added: Vec<_> = after.iter().filter(|shift| !has(&known, shift)).collect();
    let edited: Vec<_> = after.iter().filter(|shift| has(&known, shift) && !before.contains(shift)).collect();
    let deleted: Vec<_> = before.iter().filter(|shift| !has(&left, shift)).collect();
    let all: Vec<&Value> = [&*added, &edited, &deleted].concat();
    let (start, end) = span_of(&all)?;
    let kinds = [("Added", added), ("Edited", edited), ("Deleted", deleted)].into_iter();
    let updates = kinds.filter(|(_, shifts)| !shifts.is_empty()).map(|(kind, shifts)| {
        let starts = shifts.iter().map(|shift| shift["startDate"].clone()).collect::<Value>();
        json!({ "type": kind, "shiftStartDates": starts })
    });
    Some(json!({ "user": { "id": agent }, "startDate": rfc3339(start), "endDate": rfc3339(end),
        "updates": updates.collect::<Value>() }))
}

/// The agents of a schedule by management unit, as its metadata has them.
pub(super) fn units_of(organization: &Organization, schedule: &Body) -> Value {
    let mut units: indexmap::IndexMap<String, Vec<Value>> = indexmap::IndexMap::new();
    for agent in agent_schedules(organization, schedule) {
        let found = organization.people().get(id_in(agent, "user"));
        if let Some(unit) = found.and_then(|user| user.management_unit) {
            units.entry(unit.to_string()).or_default().push(agent["user"].clone());
        }
    }
    let shown = units.into_iter().map(|(id, agents)| {
        let uri = format!("/api/v2/workforcemanagement/managementunits/{id}");
        json!({ "managementUnit": { "id": id, "selfUri": uri }, "agentCount": agents.len(), "agents": agents })
    });
    shown.collect()
}

/// Whether an agent of a schedule is in a management unit.
pub(super) fn is_in(organization: &Organization, agent: &Body, unit: &str) -> bool {
    let user = organization.people().get(id_in(agent, "user"));
    user.and_then(|user| user.management_unit).is_some_and(|of| of.to_string() == unit)
}
