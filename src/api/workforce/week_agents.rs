//! What schedules of weeks say of agents.
//!
//! The shifts of an agent are kept below its schedule. Those of a published schedule are published to the workforce, too:
//! adherence follows them. Answers show them as they were sent, beside what else the agent is scheduled for.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde_json::{Value, json};

use super::planning::values;
use super::schedules::{activities_of, shifts_to_json};
use super::week_schedules::WEEKS;
use crate::api::entity::{id_in, text};
use crate::api::json_entity::Body;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::people::User;
use crate::world::workforce::seed::BUSINESS_UNITS;
use crate::world::workforce::{self, Activity, Shift};

const MINUTE: Nanos = 60_000_000_000;

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

pub(super) fn has_shifts(agent: &Body) -> bool {
    !values(agent.get("shifts")).is_empty()
}

/// Every published schedule.
pub(super) fn list_published(organization: &Organization) -> Vec<&Entity> {
    organization.collections.list_like(WEEKS).filter(|schedule| is_published(schedule)).collect()
}

/// The references to those schedules whose weeks touch a time, each with an agent of these.
pub(super) fn references(
    organization: &Organization,
    schedules: &[&Entity],
    agents: &[User],
    time: (Nanos, Nanos),
) -> Value {
    let has_one = |schedule: &&&Entity| {
        let path = agents_of(schedule);
        agents.iter().any(|agent| organization.collections.get(&path, &agent.id.to_string()).is_some())
    };
    let is_due = |schedule: &&&Entity| {
        weeks_of(&zone_of(organization, schedule), schedule).is_none_or(|weeks| touches(weeks, time))
    };
    let refer = |schedule: &&Entity| {
        let fields = ["id", "weekDate", "weekCount", "selfUri"];
        fields.iter().map(|field| ((*field).to_owned(), schedule[*field].clone())).collect::<Value>()
    };
    schedules.iter().filter(is_due).filter(has_one).map(refer).collect()
}

/// The time zone of the business unit that a schedule is of.
fn zone_of(organization: &Organization, schedule: &Body) -> TimeZone {
    let mut segments = text(schedule, "selfUri").strip_prefix(BUSINESS_UNITS).unwrap_or_default().split('/');
    let unit = organization.collections.get(BUSINESS_UNITS, segments.nth(1).unwrap_or_default());
    let name = unit.and_then(|unit| unit.get("settings")?.get("timeZone")?.as_str());
    name.and_then(workforce::zone).unwrap_or(TimeZone::UTC)
}

/// The time of the weeks of a schedule.
fn weeks_of(zone: &TimeZone, schedule: &Body) -> Option<(Nanos, Nanos)> {
    let weeks = schedule.get("weekCount").and_then(Value::as_i64).unwrap_or(1).clamp(1, 52);
    span_of_days(zone, text(schedule, "weekDate"), weeks.weeks())
}

/// The time of the days that begin with a date.
fn span_of_days(zone: &TimeZone, date: &str, span: Span) -> Option<(Nanos, Nanos)> {
    let first = date.parse::<Date>().ok()?;
    let start_of = |date: Date| {
        let start = zone.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_nanosecond();
        Nanos::try_from(start).ok()
    };
    Some((start_of(first)?, start_of(first.checked_add(span).ok()?)?))
}

fn touches((start, end): (Nanos, Nanos), (from, to): (Nanos, Nanos)) -> bool {
    start < to && from < end
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

/// The days off of an agent in published schedules that touch a time.
pub(super) fn markers_of(
    organization: &Organization,
    schedules: &[&Entity],
    agent: &User,
    time: (Nanos, Nanos),
) -> Vec<Value> {
    let id = agent.id.to_string();
    let mut due = Vec::new();
    for schedule in schedules {
        let Some(found) = organization.collections.get(&agents_of(schedule), &id) else { continue };
        let zone = zone_of(organization, schedule);
        let is_due = |marker: &&Value| {
            let date = marker["businessUnitDate"].as_str().unwrap_or_default();
            span_of_days(&zone, date, 1.day()).is_some_and(|day| touches(day, time))
        };
        due.extend(values(found.get("fullDayTimeOffMarkers")).iter().filter(is_due).cloned());
    }
    due
}

/// The version of what those schedules whose weeks touch a time have of an agent; 1 where they have nothing.
pub(super) fn version_of(
    organization: &Organization,
    schedules: &[&Entity],
    agent: &User,
    time: (Nanos, Nanos),
) -> u64 {
    let id = agent.id.to_string();
    let versions = schedules.iter().filter_map(|schedule| {
        let found = organization.collections.get(&agents_of(schedule), &id)?;
        let weeks = weeks_of(&zone_of(organization, schedule), schedule);
        let version = found.get("metadata")?["version"].as_u64();
        version.filter(|_| weeks.is_none_or(|weeks| touches(weeks, time)))
    });
    versions.max().unwrap_or(1)
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
fn read_activities(organization: &Organization, business_unit: &str, agent: &Body) -> Vec<Shift> {
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

/// Refuses the publication of shifts of an agent that has too many published schedules already.
pub(super) fn check_room(organization: &Organization, agent: &str, now: Nanos) -> Result<(), ApiError> {
    let Some(agent) = organization.people().agent(agent) else { return Ok(()) };
    let room = organization.workforce().check_room(organization.people(), agent, now);
    room.map_err(|full| ApiError::conflict(full.to_string()))
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
    let shifts = |one: Option<&Body>| one.map(|one| read_activities(organization, business_unit, one));
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
    let (before, after) = (stored_shifts(before), stored_shifts(after));
    let (known, left) = (by_id(before), by_id(after));
    let earlier = |shift: &Value| known.get(&shift["id"].to_string()).copied();
    let added: Vec<_> = after.iter().filter(|shift| earlier(shift).is_none()).collect();
    let is_edited = |shift: &&Value| earlier(shift).is_some_and(|earlier| earlier != *shift);
    let edited: Vec<_> = after.iter().filter(is_edited).collect();
    let is_left = |shift: &Value| left.contains_key(&shift["id"].to_string());
    let deleted: Vec<_> = before.iter().filter(|shift| !is_left(shift)).collect();
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

fn stored_shifts(agent: Option<&Body>) -> &[Value] {
    values(agent.and_then(|agent| agent.get("shifts")))
}

fn by_id(shifts: &[Value]) -> HashMap<String, &Value> {
    shifts.iter().map(|shift| (shift["id"].to_string(), shift)).collect()
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
