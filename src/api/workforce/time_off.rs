//! Requests for time off: an agent asks, the management unit approves or denies, the agent may cancel.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::events::{balance_events, time_off_events};
use super::planning::{check_code, values};
use super::units::{business_unit_of, unit_in_path};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, Version, add_to, answer, author_reference, job};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;

const OWN: &str = "/api/v2/workforcemanagement/timeoffrequests";
const OF_UNIT: &str = "/api/v2/workforcemanagement/managementunits/{managementUnitId}/timeoffrequests";
const OF_USER: &str =
    "/api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}/timeoffrequests";
const BALANCES: &str = "/api/v2/workforcemanagement/timeoffbalance/jobs";
/// The most users of one request of an administrator. Assumed.
const MAX_USERS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let of_user = "/api/v2/workforcemanagement/managementunits/{managementUnitId}/users/{userId}";
    vec![
        Route::get(OWN, list),
        Route::post(OWN, create_own).publishes(time_off_events),
        Route::get(&format!("{OWN}/{{timeOffRequestId}}"), json_entity::get::<TimeOffRequest>),
        Route::patch(&format!("{OWN}/{{timeOffRequestId}}"), json_entity::update::<TimeOffRequest>)
            .publishes(time_off_events),
        Route::post(OF_UNIT, create_for_users).publishes(time_off_events),
        Route::post(&format!("{OF_UNIT}/query"), query),
        Route::get(OF_USER, list),
        Route::get(&format!("{OF_USER}/{{timeOffRequestId}}"), json_entity::get::<TimeOffRequest>),
        Route::patch(&format!("{OF_USER}/{{timeOffRequestId}}"), json_entity::update::<TimeOffRequest>)
            .publishes(time_off_events),
        Route::post(
            &format!("{OF_USER}/{{timeOffRequestId}}/timeoffbalance/jobs"),
            create_balance_of_request,
        )
        .publishes_later(balance_events),
        Route::post(&format!("{of_user}/timeoffbalance/jobs"), create_balance)
            .publishes_later(balance_events),
        Route::post(BALANCES, create_balance).publishes_later(balance_events),
        Route::get(&format!("{BALANCES}/{{jobId}}"), get_balance),
    ]
}

/// The minutes of a day off if the request gives none (assumed).
const DAY_MINUTES: u64 = 480;

/// A request for time off. All of an organization are kept in one collection, each with its user.
enum TimeOffRequest {}

impl JsonEntity for TimeOffRequest {
    const NAME: &'static str = "time-off request";
    const PATH: &'static str = OWN;
    const PARAM: &'static str = "timeOffRequestId";
    const VERSION: Version = Version::Metadata;

    fn check_path(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        let (request, user) = (call.param(Self::PARAM)?, user_in_path(call, organization)?);
        let Some(known) = organization.collections.get(OWN, &request) else { return Ok(()) };
        let is_its = known.get("user").is_some_and(|of| of["id"].as_str() == Some(&user.id.to_string()));
        if is_its || request.is_empty() { Ok(()) } else { Err(ApiError::no_such(Self::NAME, &request)) }
    }

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let unit = user_in_path(call, organization)?.management_unit;
        let unit = unit.map(|unit| unit.to_string()).unwrap_or_default();
        check_code(organization, &business_unit_of(organization, &unit), body.get("activityCodeId"))?;
        match before {
            None => check_dates(body),
            Some(before) if text(before, "status") == "CANCELED" && body.contains_key("status") => {
                Err(ApiError::conflict("A canceled time-off request does not change its status."))
            }
            Some(_) => check_days(body),
        }
    }

    fn change(call: &Call<'_>, _: &Organization, before: &Body, entity: &mut Body) {
        for key in ["fullDayEarliestStartOffsetMinutes", "fullDayLatestEndOffsetMinutes"] {
            if entity.get(key).is_some_and(Value::is_object) {
                let inner = values(entity.get(key)).to_vec();
                entity.insert(key.to_owned(), inner.into());
            }
        }
        let status = text(entity, "status").to_owned();
        if status != text(before, "status") && matches!(&*status, "APPROVED" | "DENIED") {
            let by = entity.get("modifiedBy").cloned().unwrap_or_default();
            entity.insert("reviewedBy".to_owned(), by);
            entity.insert("reviewedDate".to_owned(), json!(rfc3339(call.now)));
            if status == "APPROVED" {
                entity.insert("substatus".to_owned(), json!("ManualApproval"));
            }
        }
    }

    fn show(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        let full = values(entity.get("fullDayManagementUnitDates")).len();
        entity.insert("isFullDayRequest".to_owned(), json!(full > 0));
        for key in ["fullDayManagementUnitDates", "partialDayStartDateTimes"] {
            entity.entry(key).or_insert_with(|| json!([]));
        }
        entity.entry("notes").or_insert_with(|| json!(""));
        show_durations(entity);
        let (by, date) = (entity.get("createdBy").cloned(), entity.get("dateCreated").cloned());
        entity.insert("submittedBy".to_owned(), by.unwrap_or_default());
        entity.insert("submittedDate".to_owned(), date.unwrap_or_default());
    }
}

/// Adds the minutes of each day or part of a day: those of the request, else [`DAY_MINUTES`]. Paid time off is payable.
fn show_durations(entity: &mut Body) {
    let full = values(entity.get("fullDayManagementUnitDates")).len();
    let count = full + values(entity.get("partialDayStartDateTimes")).len();
    let daily = entity.get("dailyDurationMinutes").and_then(Value::as_u64).unwrap_or(DAY_MINUTES);
    if full > 0 {
        entity.insert("dailyDurationMinutes".to_owned(), json!(daily));
    }
    let minutes = entity.entry("durationMinutes").or_insert_with(|| json!(vec![daily; count])).clone();
    let is_paid = entity.get("paid") != Some(&json!(false));
    let payable = if is_paid { minutes } else { json!(vec![0; count]) };
    entity.entry("payableMinutes").or_insert(payable);
    let version = entity.get("metadata").and_then(|metadata| metadata.get("version").cloned());
    entity.insert("syncVersion".to_owned(), version.unwrap_or(json!(1)));
}

/// Refuses a request without dates, and one with dates of both kinds.
fn check_dates(body: &Body) -> Result<(), ApiError> {
    let has = |key: &str| !values(body.get(key)).is_empty();
    if has("fullDayManagementUnitDates") == has("partialDayStartDateTimes") {
        return Err(ApiError::bad_request(
            "One of fullDayManagementUnitDates and partialDayStartDateTimes is required.",
        ));
    }
    check_days(body)
}

/// Refuses a day that is no date.
fn check_days(body: &Body) -> Result<(), ApiError> {
    let dates = values(body.get("fullDayManagementUnitDates"));
    let mut dates = dates.iter().filter_map(Value::as_str);
    match dates.find(|date| date.parse::<jiff::civil::Date>().is_err()) {
        Some(wrong) => Err(ApiError::invalid_value("fullDayManagementUnitDates", wrong, "yyyy-MM-dd")),
        None => Ok(()),
    }
}

/// The agent in the call's path, which belongs to the unit of the path, or the caller's.
fn user_in_path<'o>(call: &Call<'_>, organization: &'o Organization) -> Result<&'o User, ApiError> {
    let (id, unit) = (call.param("userId")?, call.param("managementUnitId")?);
    let people = organization.people();
    let user = if id.is_empty() {
        call.caller.token.user.and_then(|user| people.at(user)).filter(|user| user.is_agent())
    } else {
        people.get(&id).filter(|user| user.management_unit.is_some_and(|of| of.to_string() == *unit))
    };
    match user {
        Some(user) => Ok(user),
        None if id.is_empty() => Err(ApiError::bad_request("This request requires the context of an agent.")),
        None => Err(ApiError::no_such("agent", &id)),
    }
}

/// The requests of one user: `GET …/timeoffrequests` of the caller or of the user in the path.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    if !call.param("managementUnitId")?.is_empty() {
        unit_in_path(call)?;
    }
    let organization = call.tenant().read();
    let user = user_in_path(call, &organization)?.id.to_string();
    let all = organization.collections.list(OWN);
    let of_user =
        all.filter(|request| request.get("user").is_some_and(|of| of["id"].as_str() == Some(&user)));
    let all: Vec<Body> =
        of_user.map(|one| json_entity::to_json::<TimeOffRequest>(call, &organization, one)).collect();
    drop(organization);
    answer::reply(call, json!({ "timeOffRequests": all }))
}

/// `POST …/timeoffrequests` of the caller: pending.
fn create_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, author) = (call.json_object()?, author_reference(call));
    let created = call.change(|organization| {
        let user = user_in_path(call, organization)?.id.to_string();
        add_to::<TimeOffRequest>(call, organization, with(body, &user, "PENDING"), author)
    })?;
    answer::reply(call, created)
}

fn with(mut body: Body, user: &str, status: &str) -> Body {
    body.shift_remove("users");
    body.insert("user".to_owned(), user::reference(user));
    body.insert("status".to_owned(), json!(status));
    body.insert("markedAsRead".to_owned(), json!(false));
    body
}

/// `POST …/managementunits/{managementUnitId}/timeoffrequests`: one for each user, all or none.
fn create_for_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    unit_in_path(call)?;
    let (body, author) = (call.json_object()?, author_reference(call));
    let users: Vec<String> = values(body.get("users"))
        .iter()
        .map(|user| user["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    if users.is_empty() || users.len() > MAX_USERS {
        return Err(ApiError::bad_request(format!("The property users must have 1 to {MAX_USERS} users.")));
    }
    let unit = call.param("managementUnitId")?.into_owned();
    let created = call.change(|organization| {
        let codes = business_unit_of(organization, &unit);
        check_code(organization, &codes, body.get("activityCodeId"))?;
        check_dates(&body)?;
        for id in &users {
            let user = organization.people().get(id);
            if user.and_then(|user| user.management_unit).is_none_or(|of| of.to_string() != unit) {
                return Err(ApiError::no_reference("users", "agent of the management unit", id));
            }
        }
        let status = text(&body, "status").to_owned();
        let one = |id: &String| store(call, organization, with(body.clone(), id, &status), author.clone());
        Ok(users.iter().map(one).collect::<Vec<_>>())
    })?;
    answer::reply(call, json!({ "timeOffRequests": created }))
}

/// Stores a request that was checked.
fn store(call: &Call<'_>, organization: &mut Organization, body: Body, author: Value) -> Body {
    let id = uuid::Uuid::new_v4().to_string();
    let now = rfc3339(call.now);
    let mut entity = Map::from_iter([("id".to_owned(), json!(id))]);
    entity.extend(body);
    let metadata = json!({ "version": 1, "createdBy": author, "dateCreated": now, "modifiedBy": author, "dateModified": now });
    entity.insert("metadata".to_owned(), metadata);
    entity.insert("createdBy".to_owned(), author);
    entity.insert("dateCreated".to_owned(), json!(now));
    entity.insert("selfUri".to_owned(), json!(format!("{OWN}/{id}")));
    let stored = organization.collections.insert(OWN, &id, entity);
    json_entity::to_json::<TimeOffRequest>(call, organization, &stored)
}

/// `POST …/timeoffrequests/query`: the requests of the unit's agents that the body selects.
fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (unit, body) = (unit_in_path(call)?, call.json_object()?);
    let dates = read_dates(&body)?;
    let is_one_of = |key: &str, value: &str| {
        let wanted = values(body.get(key));
        wanted.is_empty() || wanted.iter().any(|one| one.as_str() == Some(value))
    };
    let organization = call.tenant().read();
    let is_its = |user: &str| {
        let of = organization.people().get(user).and_then(|user| user.management_unit);
        of.is_some_and(|of| of.to_string() == text(&unit, "id"))
    };
    let wanted = organization.collections.list(OWN).filter(|request| {
        let user = request.get("user").and_then(|user| user["id"].as_str()).unwrap_or_default();
        is_its(user)
            && is_one_of("ids", text(request, "id"))
            && is_one_of("userIds", user)
            && is_one_of("statuses", text(request, "status"))
            && is_one_of("substatuses", text(request, "substatus"))
            && dates.is_none_or(|dates| is_within(request, dates))
    });
    let all: Vec<Body> =
        wanted.map(|one| json_entity::to_json::<TimeOffRequest>(call, &organization, one)).collect();
    drop(organization);
    answer::reply(call, json!({ "entities": all }))
}

/// The first and the last date of `dateRange`.
fn read_dates(body: &Body) -> Result<Option<(&str, &str)>, ApiError> {
    let Some(range) = body.get("dateRange").and_then(Value::as_object) else { return Ok(None) };
    let (first, last) = (text(range, "startDate"), text(range, "endDate"));
    for (field, date) in [("dateRange.startDate", first), ("dateRange.endDate", last)] {
        if !date.is_empty() && date.parse::<jiff::civil::Date>().is_err() {
            return Err(ApiError::invalid_value(field, date, "yyyy-MM-dd"));
        }
    }
    if !last.is_empty() && last < first {
        return Err(ApiError::constraint("dateRange", "The dateRange must not end before it starts."));
    }
    Ok(Some((first, last)))
}

/// Whether a request has a day within two dates. The day of an instant is that of its text.
fn is_within(request: &Body, (first, last): (&str, &str)) -> bool {
    let days = ["fullDayManagementUnitDates", "partialDayStartDateTimes"].map(|key| values(request.get(key)));
    let mut days = days.into_iter().flatten().filter_map(|day| day.as_str()?.get(..10));
    days.any(|day| day >= first && (last.is_empty() || day <= last))
}

/// Starts a job that tells the balances of activity codes.
fn create_balance(call: &Call<'_>) -> Result<Reply, ApiError> {
    start_balance(call, call.json_object()?)
}

fn create_balance_of_request(call: &Call<'_>) -> Result<Reply, ApiError> {
    let code = {
        let organization = call.tenant().read();
        let request = json_entity::find::<TimeOffRequest>(call, &organization)?;
        request.get("activityCodeId").cloned().unwrap_or_default()
    };
    start_balance(call, Map::from_iter([("activityCodeIds".to_owned(), json!([code]))]))
}

fn start_balance(call: &Call<'_>, body: Body) -> Result<Reply, ApiError> {
    {
        let organization = call.tenant().read();
        user_in_path(call, &organization)?;
    }
    let mut stored = body;
    job::start(call, &mut stored);
    let stored = crate::api::entity::create(call, BALANCES, stored);
    let reference = json!({ "id": stored.get("id"), "selfUri": stored.get("selfUri") });
    Reply::json(StatusCode::ACCEPTED, &json!({ "job": reference }))
}

/// `GET …/timeoffbalance/jobs/{jobId}`. No balance is limited here: the listing is empty.
fn get_balance(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = crate::api::entity::get(call, BALANCES, "job", &call.param("jobId")?)?;
    let status = job::state(call, &job, ["Processing", "Processing", "Complete"]);
    answer::reply(call, json!({ "status": status, "entities": [] }))
}
