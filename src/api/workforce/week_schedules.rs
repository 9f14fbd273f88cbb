//! The schedules of a business unit, by the week that they begin with.

use http::StatusCode;
use jiff::civil::{Date, Weekday};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::events::schedule_events;
use super::schedules::{read_range, shifts_of};
use super::units::{agents_of_unit, unit_in_path};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, Version, add_to, answer, author_reference, path_of};
use crate::api::route::Route;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::workforce::seed::BUSINESS_UNITS;

const WEEKS: &str = "/api/v2/workforcemanagement/businessunits/{businessUnitId}/weeks/{weekId}/schedules";
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
        Route::post(&format!("{one}/update"), update).publishes(schedule_events),
        Route::post(&format!("{one}/agentschedules/query"), query_agents),
        Route::post(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/schedules/search",
            search_users,
        ),
    ]
}

/// A schedule of some weeks.
enum WeekSchedule {}

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
        entity.insert("managementUnits".to_owned(), json!([]));
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

/// `GET …/weeks/{weekId}/schedules`: those that begin with that week, or all with `recent`.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let published = call.query_flag("includeOnlyPublished");
    let week = call.param("weekId")?;
    let organization = call.tenant().read();
    let unit = call.param("businessUnitId")?;
    if organization.collections.get(BUSINESS_UNITS, &unit).is_none() {
        return Err(ApiError::no_such("business unit", &unit));
    }
    let all: Vec<Body> = if week == "recent" {
        Vec::new()
    } else {
        read_date("weekId", &week)?;
        let path = path_of(call, WEEKS)?;
        let all = organization.collections.list(&path);
        all.filter(|one| !published || one.get("published") == Some(&json!(true)))
            .map(|one| Map::clone(one))
            .collect()
    };
    drop(organization);
    answer::list(call, all)
}

/// The answer of an operation that is complete at once.
fn complete(result: Option<Body>) -> Value {
    let mut shown = json!({ "status": "Complete", "operationId": Uuid::new_v4() });
    if let Some(result) = result {
        shown["result"] = result.into();
    }
    shown
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("scheduleId")?.into_owned();
    call.change(|organization| {
        json_entity::find::<WeekSchedule>(call, organization)?;
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
        let mut copy = from;
        copy.extend(body);
        let copied = add_to::<WeekSchedule>(call, organization, copy, author)?;
        let id = text(&copied, "id").to_owned();
        Ok(move_to(call, organization, &id, &week)?.unwrap_or(copied))
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

/// `POST …/update`: the content of the upload is not read. The version of the schedule is counted.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let edited = json_entity::edit::<WeekSchedule>(call, Map::new(), false)?;
    answer::reply(call, complete(Some(edited)))
}

/// `POST …/agentschedules/query`: a schedule without published shifts has none.
fn query_agents(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    json_entity::find::<WeekSchedule>(call, &organization)?;
    super::units::refer_to_unit(&organization, call.json_object()?.get("managementUnitId"))?;
    drop(organization);
    let mut shown = complete(None);
    shown["result"] = json!({ "agentSchedules": [] });
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
    let schedules = agents.iter().map(|agent| {
        let shifts = shifts_of(call, agent, time);
        let schedule = json!({ "shifts": shifts, "fullDayTimeOffMarkers": [], "metadata": { "version": 1 } });
        (agent.id.to_string(), schedule)
    });
    let shown = json!({
        "managementUnitTimeZone": unit.get("timeZone"),
        "publishedSchedules": [],
        "userSchedules": schedules.collect::<Body>(),
    });
    Reply::json(StatusCode::OK, &shown)
}
