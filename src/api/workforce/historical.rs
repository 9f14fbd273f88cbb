//! Historical adherence: a job over management units and users. The client downloads its result.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::events::historical_events;
use crate::api::call::Call;
use crate::api::entity::{required_instant, required_text};
use crate::api::request::Request;
use crate::api::route::{Handler, Route};
use crate::platform::Platform;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::uri::base_uri;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::workforce::explanation::Job;
use crate::world::workforce::{Kept, Stretch, stretches};

/// The duration of a job, in model time.
pub(super) const JOB_TIME: Nanos = 2_000_000_000;
const SECOND: Nanos = 1_000_000_000;
const DAY: Nanos = 24 * 3600 * SECOND;
/// The most days of one item.
const MAX_DAYS: u64 = 31;
const MAX_ITEMS: usize = 10;
pub(super) const MAX_USERS: usize = 500;
const KIND: &str = "HistoricalAdherenceBulk";
/// The kind of jobs over one unit or team.
pub(super) const QUERY: &str = "HistoricalAdherence";
const JOBS: &str = "/api/v2/workforcemanagement/adherence/historical/bulk/jobs";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/workforcemanagement/adherence/historical/bulk", create)
            .publishes_later(historical_events),
        Route::get("/api/v2/workforcemanagement/adherence/historical/bulk/jobs/{jobId}", get_job),
        Route::new(http::Method::GET, "/downloads/adherence/{jobId}", Handler::Public(download)),
    ]
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let zone = required_text(&body, "timeZone")?;
    crate::world::workforce::zone(zone)
        .ok_or_else(|| ApiError::invalid_value("timeZone", zone, "IANA names such as America/Chicago"))?;
    let items =
        body.get("items").and_then(Value::as_array).filter(|items| (1..=MAX_ITEMS).contains(&items.len()));
    let items = items.ok_or_else(|| {
        ApiError::bad_request(format!("The property items must be an array of 1 to {MAX_ITEMS} items."))
    })?;
    let id = call.change(|organization| {
        let items = items.iter().map(|item| Item::read(item, organization));
        let items = items.collect::<Result<Vec<_>, ApiError>>()?;
        let result = items.iter().map(|item| item.to_json(organization, call.now)).collect();
        let asked_by = starter(call, organization);
        let job = Job { kind: KIND.into(), asked_by, asked: call.now, result };
        Ok(organization.explanations.start(job))
    })?;
    Reply::accepted(
        &json!({ "job": { "id": id, "status": "Processing", "selfUri": format!("{JOBS}/{id}") } }),
    )
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let text = call.param("jobId")?;
    let ready = is_complete(call, &text, KIND)?;
    let status = if ready { "Complete" } else { "Processing" };
    let mut shown = json!({ "job": { "id": text, "status": status, "selfUri": format!("{JOBS}/{text}") } });
    if ready {
        shown["downloadUrls"] = json!([download_uri(call, &text)]);
    }
    Reply::ok(&shown)
}

/// The id of the caller as the starter of a job: the user, or the client where the token has none. A token that was
/// renewed is of the same starter.
pub(super) fn starter(call: &Call<'_>, organization: &Organization) -> String {
    let token = &call.caller.token;
    let user = token.user.and_then(|user| organization.people().at(user));
    user.map_or_else(|| token.client.id.clone(), |user| user.id.to_string())
}

/// Whether a job of a kind is complete. Only the user or the client that started the job is told: 403 for all others.
pub(super) fn is_complete(call: &Call<'_>, id: &str, kind: &str) -> Result<bool, ApiError> {
    let organization = call.tenant().read();
    let found = Uuid::try_parse(id).ok().and_then(|id| organization.explanations.jobs.get(&id));
    let job = found.filter(|job| job.kind == *kind).ok_or_else(|| ApiError::no_such("job", id))?;
    if job.asked_by != starter(call, &organization) {
        let why = "You are not authorized to perform the requested action.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "not.authorized", why));
    }
    Ok(is_ready(job, call.now))
}

fn is_ready(job: &Job, now: Nanos) -> bool {
    now.saturating_sub(job.asked) >= JOB_TIME
}

/// The address of the result of a job.
pub(super) fn download_uri(call: &Call<'_>, job: &str) -> String {
    format!("{}/downloads/adherence/{job}", base_uri(call.secure, call.host))
}

/// Serves a result without a token: the address is the credential, as with the vendor's presigned addresses.
fn download(platform: &Platform, request: &Request<'_>) -> Result<Reply, ApiError> {
    let text = request.param("jobId")?;
    let unknown = || ApiError::no_such("download", &text);
    let id = Uuid::try_parse(&text).map_err(|_| unknown())?;
    let is_ready = |job: &Job| [KIND, QUERY].contains(&&*job.kind) && is_ready(job, request.now);
    Reply::ok(&platform.download(id, is_ready).ok_or_else(unknown)?)
}

/// One entry of `items`.
pub(super) struct Item {
    unit: String,
    pub(super) users: Vec<UserIndex>,
    start: Nanos,
    end: Nanos,
    exceptions: bool,
    actuals: bool,
}

impl Item {
    pub(super) fn read(item: &Value, organization: &Organization) -> Result<Self, ApiError> {
        let empty = Map::new();
        let fields = item.as_object().unwrap_or(&empty);
        let item = Self::of_users(fields, Vec::new())?;
        let unit = required_text(fields, "managementUnitId")?.to_owned();
        let users = read_users(fields, &unit, organization)?;
        Ok(Self { unit, users, ..item })
    }

    /// The item of these users, of whatever units.
    pub(super) fn of_users(fields: &Map<String, Value>, users: Vec<UserIndex>) -> Result<Self, ApiError> {
        let (start, end) = (required_instant(fields, "startDate")?, required_instant(fields, "endDate")?);
        if start >= end || end - start > MAX_DAYS * DAY {
            let why = format!("The property endDate must be after startDate, by at most {MAX_DAYS} days.");
            return Err(ApiError::bad_request(why));
        }
        let flag = |key: &str| fields.get(key) == Some(&Value::Bool(true));
        let (exceptions, actuals) = (flag("includeExceptions"), flag("includeActuals"));
        Ok(Self { unit: String::new(), users, start, end, exceptions, actuals })
    }

    /// The results of the users, each with the time and the management unit of its own.
    pub(super) fn results(&self, organization: &Organization, now: Nanos) -> Value {
        let end = self.end.min(now).max(self.start);
        let users = self.users.iter().filter_map(|index| {
            let mut shown = self.user_to_json(organization, *index, end)?;
            shown["startDate"] = json!(rfc3339(self.start));
            shown["endDate"] = json!(rfc3339(end));
            shown["managementUnitId"] = json!(organization.people().at(*index)?.management_unit);
            Some(shown)
        });
        json!({ "data": users.collect::<Vec<_>>(), "lookupIdToSecondaryPresenceId": {} })
    }

    /// The result of the item. It ends at `now` at the latest, because the future is unknown.
    fn to_json(&self, organization: &Organization, now: Nanos) -> Value {
        let end = self.end.min(now).max(self.start);
        let users: Vec<_> =
            self.users.iter().filter_map(|user| self.user_to_json(organization, *user, end)).collect();
        json!({
            "startDate": rfc3339(self.start),
            "endDate": rfc3339(end),
            "managementUnitId": self.unit,
            "userResults": users,
            "lookupIdToSecondaryPresenceId": {},
        })
    }

    fn user_to_json(&self, organization: &Organization, index: UserIndex, end: Nanos) -> Option<Value> {
        let user = organization.people().at(index)?;
        let stretches = stretches(organization.workforce().schedule(index)?, &user.history, self.start, end);
        let kept = Kept::of(&stretches);
        let impact = if kept.exceptions > 0 { "Negative" } else { "Neutral" };
        let mut shown = json!({
            "userId": user.id,
            "adherencePercentage": percent(kept.adherence()),
            "conformancePercentage": percent(kept.conformance()),
            "impact": impact,
            "dayMetrics": self.days_to_json(&stretches),
        });
        if self.exceptions {
            let all = stretches.iter().filter(|stretch| stretch.is_exception());
            shown["exceptionInfo"] = all.map(|stretch| self.exception_to_json(stretch)).collect();
        }
        if self.actuals {
            shown["actuals"] = stretches.iter().map(|stretch| self.actual_to_json(stretch)).collect();
        }
        Some(shown)
    }

    fn offset(&self, at: Nanos) -> u64 {
        (at - self.start) / SECOND
    }

    fn actual_to_json(&self, stretch: &Stretch) -> Value {
        json!({
            "actualActivityCategory": stretch.status.activity().name(),
            "startOffsetSeconds": self.offset(stretch.start),
            "endOffsetSeconds": self.offset(stretch.end),
        })
    }

    fn exception_to_json(&self, stretch: &Stretch) -> Value {
        let standing = stretch.standing();
        let mut shown = self.actual_to_json(stretch);
        shown["scheduledActivityCategory"] = json!(standing.scheduled_name());
        shown["systemPresence"] = json!(stretch.status.system_presence());
        shown["impact"] = json!(standing.impact());
        shown
    }

    /// The metrics of each day. A day is 24 hours, counted from the start of the item.
    fn days_to_json(&self, stretches: &[Stretch]) -> Vec<Value> {
        let last = stretches.last().map_or(self.start, |stretch| stretch.end);
        let days = (last - self.start).div_ceil(DAY);
        let day = |day: u64| {
            let (from, to) = (self.start + day * DAY, self.start + (day + 1) * DAY);
            let within = stretches.iter().filter(|stretch| stretch.start < to && stretch.end > from);
            let cut = |stretch: &Stretch| Stretch {
                start: stretch.start.max(from),
                end: stretch.end.min(to),
                ..*stretch
            };
            let kept = Kept::of(&within.map(cut).collect::<Vec<_>>());
            json!({
                "dayStartOffsetSeconds": day * DAY / SECOND,
                "adherenceScheduleSeconds": kept.scheduled / SECOND,
                "conformanceScheduleSeconds": kept.queue_due / SECOND,
                "conformanceActualSeconds": kept.queue_done / SECOND,
                "exceptionCount": kept.exception_count,
                "exceptionDurationSeconds": kept.exceptions / SECOND,
                "impactSeconds": kept.exceptions / SECOND,
                "scheduleLengthSeconds": kept.scheduled / SECOND,
                "actualLengthSeconds": (last.min(to) - from) / SECOND,
                "adherencePercentage": percent(kept.adherence()),
                "conformancePercentage": percent(kept.conformance()),
            })
        };
        (0..days).map(day).collect()
    }
}

/// The users of its unit that an item names, or all of them. Users of other units are left out.
fn read_users(
    fields: &Map<String, Value>,
    unit: &str,
    organization: &Organization,
) -> Result<Vec<UserIndex>, ApiError> {
    let unit = super::units::find_unit(organization, unit)?;
    let named = fields.get("userIds").and_then(Value::as_array).filter(|ids| !ids.is_empty());
    let Some(ids) = named else {
        let agents = organization.people().indexed().filter(|(_, user)| user.is_agent());
        let of_unit = agents.filter(|(_, user)| user.management_unit == unit);
        return Ok(of_unit.map(|(index, _)| index).take(MAX_USERS).collect());
    };
    if ids.len() > MAX_USERS {
        return Err(ApiError::bad_request(format!("One item names at most {MAX_USERS} users.")));
    }
    let user = |id: &Value| {
        let id = id.as_str().unwrap_or_default();
        super::find_agent(organization.people(), id)?;
        organization.people().find(id).ok_or_else(|| ApiError::no_such("agent", id))
    };
    let users = ids.iter().map(user).collect::<Result<Vec<_>, ApiError>>()?;
    let is_of_unit =
        |user: &UserIndex| organization.people().at(*user).is_some_and(|user| user.management_unit == unit);
    Ok(users.into_iter().filter(is_of_unit).collect())
}

/// Hundredths of a percent as a percentage.
fn percent(hundredths: u64) -> f64 {
    f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0
}
