//! The schedules of a business unit, by the week that they begin with.

use http::StatusCode;
use jiff::civil::{Date, Weekday};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::events::schedule_events;
use super::schedule_uploads::{copy_agents, withdraw};
use super::schedules::read_range;
use super::units::{agents_of_unit, unit_in_path};
use super::week_agents::{
    agent_schedules, is_in, is_published, list_published, markers_of, references, shifts_of, units_of,
    version_of,
};
use crate::api::call::Call;
use crate::api::entity::{id_in, text, texts};
use crate::api::json_entity::{self, Body, JsonEntity, Version, add_to, answer, author_reference, path_of};
use crate::api::route::Route;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::workforce::seed::BUSINESS_UNITS;

pub(super) const WEEKS: &str =
    "/api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}/schedules";
/// How far from now a schedule may begin, in days: 104 weeks ahead, 26 back. Announced for December 2025.
const AHEAD: i64 = 104 * 7;
const BACK: i64 = 26 * 7;
/// The most weeks of one schedule. Assumed.
const MAX_WEEKS: u64 = 6;

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{WEEKS}/{{scheduleId}}");
    vec![
        Route::get(WEEKS, list),
        Route::post(WEEKS, json_entity::create::<WeekSchedule>),
        Route::get(&one, json_entity::get::<WeekSchedule>),
        Route::delete(&one, delete).publishes(schedule_events),
        Route::post(&format!("{one}/copy"), copy).publishes(schedule_events),
        Route::post(&format!("{one}/agentschedules/query"), query_agents),
        Route::post(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/schedules/search",
            search_users,
        ),
    ]
}

/// A schedule of some weeks.
pub(super) enum WeekSchedule {}

impl JsonEntity for WeekSchedule {
    const NAME: &'static str = "schedule";
    const PATH: &'static str = WEEKS;
    const PARAM: &'static str = "scheduleId";
    const VERSION: Version = Version::Metadata;

    fn check_path(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        let (unit, week) = (call.param("businessUnitId")?, call.param("weekId")?);
        if organization.collections.get(BUSINESS_UNITS, &unit).is_none() {
            return Err(ApiError::no_such("business unit", &unit));
        }
        read_date("weekId", &week).map(drop)
    }

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_week(call, organization, ("weekId", &call.param("weekId")?))?;
        let weeks = body.get("weekCount").and_then(Value::as_u64).unwrap_or(1);
        if (1..=MAX_WEEKS).contains(&weeks) {
            return Ok(());
        }
        Err(ApiError::constraint("weekCount", format!("must be between 1 and {MAX_WEEKS}")))
    }

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("weekDate".to_owned(), json!(call.param("weekId").unwrap_or_default()));
        entity.entry("weekCount").or_insert(json!(1));
        entity.insert("published".to_owned(), json!(false));
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        entity.insert("managementUnits".to_owned(), units_of(organization, entity));
    }
}

fn read_date(field: &'static str, text: &str) -> Result<Date, ApiError> {
    text.parse().map_err(|_| ApiError::invalid_date_in(field, text))
}

/// Refuses a week that is too far from now, or does not begin with the day with which weeks of the unit begin.
fn check_week(
    call: &Call<'_>,
    organization: &Organization,
    (field, week): (&'static str, &str),
) -> Result<(), ApiError> {
    let week = read_date(field, week)?;
    let unit = organization.collections.get(BUSINESS_UNITS, &call.param("businessUnitId")?);
    let first = unit.and_then(|unit| unit.get("settings")?.get("startDayOfWeek")?.as_str());
    if let Some(first) = first.filter(|first| *first != name_of(week.weekday())) {
        let why = format!(
            "The value [{week}] of [{field}] is not a {first}, with which weeks of the business unit begin."
        );
        return Err(ApiError::constraint(field, why));
    }
    let days = days_from(call.now, week);
    if (-BACK..=AHEAD).contains(&days) {
        return Ok(());
    }
    Err(ApiError::bad_request("A schedule begins at most 104 weeks after now and at most 26 weeks before."))
}

const fn name_of(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// The days from an instant to a date.
fn days_from(now: Nanos, date: Date) -> i64 {
    let now = jiff::Timestamp::from_nanosecond(i128::from(now)).unwrap_or_default();
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    date.since(today).map_or(i64::MAX, |span| i64::from(span.get_days()))
}

/// `GET …/weeks/{weekId}/schedules`: those that span that week, or with `recent` those of every week.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let published = call.query_flag("includeOnlyPublished");
    let week = call.param("weekId")?;
    let organization = call.tenant().read();
    let unit = call.param("businessUnitId")?;
    if organization.collections.get(BUSINESS_UNITS, &unit).is_none() {
        return Err(ApiError::no_such("business unit", &unit));
    }
    let weeks = WEEKS.replace("{businessUnitId}", &unit);
    let mut all: Vec<_> = if week == "recent" {
        let (from, to) = (read_bound(call, "earliestWeekDate")?, read_bound(call, "latestWeekDate")?);
        let is_wanted = |one: &&Entity| {
            let week = text(one, "weekDate").parse::<Date>().unwrap_or_default();
            from.is_none_or(|from| week >= from) && to.is_none_or(|to| week <= to)
        };
        organization.collections.list_like(&weeks).filter(is_wanted).collect()
    } else {
        let week = read_date("weekId", &week)?;
        organization.collections.list_like(&weeks).filter(|one| spans(one, week)).collect()
    };
    all.retain(|one| !published || is_published(one));
    let shown = all.iter().map(|one| json_entity::to_json::<WeekSchedule>(call, &organization, one));
    let shown: Vec<Body> = shown.collect();
    drop(organization);
    answer::list(call, shown)
}

/// Whether one of the weeks of a schedule has a date.
fn spans(schedule: &Body, date: Date) -> bool {
    let weeks = schedule.get("weekCount").and_then(Value::as_i64).unwrap_or(1).clamp(1, 52);
    let first = text(schedule, "weekDate").parse::<Date>().ok();
    first.is_some_and(|first| {
        let days = date.since(first).map_or(i64::MAX, |span| i64::from(span.get_days()));
        (0..weeks * 7).contains(&days)
    })
}

/// The bound of recent weeks that the query has.
fn read_bound(call: &Call<'_>, parameter: &'static str) -> Result<Option<Date>, ApiError> {
    call.query_text(parameter).map(|text| read_date(parameter, &text)).transpose()
}

/// The answer of an operation that is complete at once.
pub(super) fn complete(result: Option<Body>) -> Value {
    let mut shown = json!({ "status": "Complete", "operationId": Uuid::new_v4() });
    if let Some(result) = result {
        shown["result"] = result.into();
    }
    shown
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("scheduleId")?.into_owned();
    call.change(|organization| {
        let schedule = json_entity::find::<WeekSchedule>(call, organization)?.clone();
        if is_published(&schedule) {
            withdraw(call, organization, &schedule)?;
        }
        json_entity::remove_from::<WeekSchedule>(call, organization, &id)
    })?;
    answer::reply(call, complete(None))
}

/// `POST …/copy` to another week.
fn copy(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, author) = (call.json_object()?, author_reference(call));
    let week = text(&body, "weekDate").to_owned();
    check_week(call, &call.tenant().read(), ("weekDate", &week))?;
    let copied = call.change(|organization| {
        let from = Map::clone(json_entity::find::<WeekSchedule>(call, organization)?);
        let mut copy = from.clone();
        copy.extend(body);
        let copied = add_to::<WeekSchedule>(call, organization, copy, author)?;
        let id = text(&copied, "id").to_owned();
        let copied = move_to(call, organization, &id, &week)?.unwrap_or(copied);
        copy_agents(organization, &from, &copied);
        Ok(json_entity::to_json::<WeekSchedule>(call, organization, &copied))
    })?;
    answer::reply(call, complete(Some(copied)))
}

/// Moves a schedule to the collection of its week.
fn move_to(
    call: &Call<'_>,
    organization: &mut Organization,
    id: &str,
    week: &str,
) -> Result<Option<Body>, ApiError> {
    let from = path_of(call, WEEKS)?;
    let to = from.replace(&format!("/weeks/{}/", call.param("weekId")?), &format!("/weeks/{week}/"));
    let Some(entity) = organization.collections.remove(&from, id) else { return Ok(None) };
    let mut entity = Map::clone(&entity);
    entity.insert("weekDate".to_owned(), json!(week));
    entity.insert("selfUri".to_owned(), json!(format!("{to}/{id}")));
    Ok(Some(Map::clone(&organization.collections.insert(&to, id, entity))))
}

/// `POST …/agentschedules/query`: the agents of a schedule, published or not.
fn query_agents(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let organization = call.tenant().read();
    let schedule = json_entity::find::<WeekSchedule>(call, &organization)?;
    super::units::refer_to_unit(&organization, body.get("managementUnitId"))?;
    let (unit, users) = (text(&body, "managementUnitId"), texts(&body, "userIds"));
    let wanted = agent_schedules(&organization, schedule).into_iter().filter(|one| {
        (unit.is_empty() || is_in(&organization, one, unit))
            && (users.is_empty() || users.contains(&id_in(one, "user")))
    });
    let agents: Vec<_> = wanted.map(|one| Map::clone(one)).collect();
    drop(organization);
    let mut shown = complete(None);
    shown["result"] = json!({ "agentSchedules": agents });
    shown["progress"] = json!(100);
    answer::reply(call, shown)
}

/// `POST …/managementunits/{managementUnitId}/schedules/search`: the shifts of agents, by user id.
fn search_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = unit_in_path(call)?;
    let body = call.json_object()?;
    let time = read_range(&body)?;
    let wanted = super::planning::values(body.get("userIds"));
    let mut agents = agents_of_unit(call)?;
    agents.retain(|agent| wanted.iter().any(|id| id.as_str() == Some(&agent.id.to_string())));
    let organization = call.tenant().read();
    let all = list_published(&organization);
    let schedules = agents.iter().map(|agent| {
        let shifts = shifts_of(&organization, &all, agent, (time, call.now));
        let markers = markers_of(&organization, &all, agent, time);
        let schedule = json!({
            "shifts": shifts.into_iter().map(shift_in_minutes).collect::<Vec<_>>(),
            "fullDayTimeOffMarkers": markers.into_iter().map(marker_in_minutes).collect::<Vec<_>>(),
            "metadata": { "version": version_of(&organization, &all, agent, time) },
        });
        (agent.id.to_string(), schedule)
    });
    let shown = json!({
        "managementUnitTimeZone": unit.get("timeZone"),
        "publishedSchedules": references(&organization, &all, &agents, time),
        "userSchedules": schedules.collect::<Body>(),
    });
    Reply::json(StatusCode::OK, &shown)
}

/// The fields of an activity in the search of a management unit.
const SEARCHED_ACTIVITY: [&str; 7] = [
    "activityCodeId",
    "startDate",
    "lengthInMinutes",
    "description",
    "countsAsPaidTime",
    "isDstFallback",
    "timeOffRequestId",
];

/// A shift, as the search of a management unit names its fields.
fn shift_in_minutes(shift: Value) -> Value {
    let activity = |one: &Value| {
        let names = [("lengthMinutes", "lengthInMinutes"), ("paid", "countsAsPaidTime")];
        let mut one = rename(one.clone(), &names);
        one["isDstFallback"] = json!(false);
        keep_only(&mut one, &SEARCHED_ACTIVITY);
        one
    };
    let mut shown = rename(shift, &[("lengthMinutes", "lengthInMinutes")]);
    shown["activities"] = super::planning::values(shown.get("activities")).iter().map(activity).collect();
    if let Some(fields) = shown.as_object_mut() {
        for field in ["schedule", "workPlanId", "workPlanShiftId"] {
            fields.shift_remove(field);
        }
    }
    shown
}

/// A day off, as the search of a management unit names its fields.
fn marker_in_minutes(marker: Value) -> Value {
    let names = [
        ("businessUnitDate", "managementUnitDate"),
        ("lengthMinutes", "lengthInMinutes"),
        ("paid", "isPaid"),
    ];
    let mut shown = rename(marker, &names);
    keep_only(
        &mut shown,
        &["managementUnitDate", "activityCodeId", "isPaid", "lengthInMinutes", "description"],
    );
    shown
}

fn keep_only(one: &mut Value, known: &[&str]) {
    if let Some(fields) = one.as_object_mut() {
        fields.retain(|field, _| known.contains(&field.as_str()));
    }
}

fn rename(mut one: Value, names: &[(&str, &str)]) -> Value {
    if let Some(fields) = one.as_object_mut() {
        for (name, shown) in names {
            if let Some(value) = fields.shift_remove(*name) {
                fields.insert((*shown).to_owned(), value);
            }
        }
    }
    one
}
