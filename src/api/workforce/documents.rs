//! Schedules that clients write: first a draft, then published. The published API does not have `wfm/schedules`; load
//! tests use it.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::workforce::planning::{Document, Group};
use crate::world::workforce::{self, Activity, Demand, Shift};

const SCHEDULES: &str = "/api/v2/wfm/schedules";
const MAX_SHIFTS: usize = 500;
const MAX_AGENTS: usize = 1000;
const MAX_NAME: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/wfm/schedules", list).unpublished(),
        Route::post("/api/v2/wfm/schedules", create).unpublished(),
        Route::get("/api/v2/wfm/schedules/{scheduleId}", get).unpublished(),
        Route::delete("/api/v2/wfm/schedules/{scheduleId}", delete).unpublished(),
        Route::post("/api/v2/wfm/schedules/{scheduleId}/publish", publish).unpublished(),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = organization.workforce().documents.iter();
    let shown =
        all.skip(page.offset()).take(page.most()).map(|(id, one)| to_json(&organization, *id, one)).collect();
    let total = organization.workforce().documents.len();
    Reply::ok(&Page::<Value>::new(shown, total, page, call.path, call.query))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (id, document) = find_schedule(call, &organization)?;
    Reply::ok(&to_json(&organization, id, document))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let document = read_document(&body, organization, call.now)?;
        let id =
            organization.draft_schedule(document).map_err(|full| ApiError::conflict(full.to_string()))?;
        let drafted = &organization.workforce().documents[&id];
        Reply::created(&to_json(organization, id, drafted))
    })
}

/// Publishes a schedule. It applies at each edge after the sync lag of the edge.
fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (id, _) = find_schedule(call, organization)?;
        let published = organization.publish_schedule(id, call.now);
        published.map_err(|full| ApiError::conflict(full.to_string()))?;
        let document = &organization.workforce().documents[&id];
        Reply::ok(&to_json(organization, id, document))
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (id, _) = find_schedule(call, organization)?;
        organization.delete_schedule(id, call.now);
        Ok(Reply::no_content())
    })
}

fn find_schedule<'d>(
    call: &Call<'_>,
    organization: &'d Organization,
) -> Result<(Uuid, &'d Document), ApiError> {
    let text = call.param("scheduleId")?;
    let id = Uuid::try_parse(&text).ok();
    let known = id.and_then(|id| Some((id, organization.workforce().documents.get(&id)?)));
    known.ok_or_else(|| ApiError::no_such("schedule", &text))
}

fn to_json(organization: &Organization, id: Uuid, document: &Document) -> Value {
    let agents = document.agents.iter().filter_map(|agent| organization.people().at(*agent));
    let shift = |shift: &Shift| json!({ "start": rfc3339(shift.start), "end": rfc3339(shift.end), "category": shift.activity.name() });
    json!({
        "id": id,
        "name": document.name,
        "state": if document.published.is_some() { "Published" } else { "Draft" },
        "timeZone": document.time_zone,
        "agents": agents.map(|agent| json!({ "id": agent.id, "name": agent.name })).collect::<Vec<_>>(),
        "shifts": document.shifts.iter().map(shift).collect::<Vec<_>>(),
        "dateCreated": rfc3339(document.created),
        "datePublished": document.published.map(rfc3339),
        "selfUri": format!("{SCHEDULES}/{id}"),
    })
}

/// Reads a schedule, or returns its first mistake.
fn read_document(
    body: &Map<String, Value>,
    organization: &Organization,
    now: Nanos,
) -> Result<Document, ApiError> {
    let zone_name = required_text(body, "timeZone")?;
    let zone = workforce::zone(zone_name).ok_or_else(|| {
        ApiError::invalid_value("timeZone", zone_name, "IANA names such as America/Chicago")
    })?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or("Schedule");
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::bad_request(format!("The property name has at most {MAX_NAME} characters.")));
    }
    Ok(Document {
        name: name.to_owned(),
        time_zone: zone_name.to_owned(),
        agents: read_agents(body, organization)?,
        shifts: read_shifts(body, &zone)?,
        demands: read_demands(body, organization, &zone)?,
        created: now,
        published: None,
    })
}

fn read_agents(body: &Map<String, Value>, organization: &Organization) -> Result<Vec<UserIndex>, ApiError> {
    let mut names = Vec::new();
    match (body.get("agentId"), body.get("agentIds")) {
        (Some(Value::String(one)), None) => names.push(one.as_str()),
        (None, Some(Value::Array(all))) => {
            names.extend(all.iter().map(|one| one.as_str().unwrap_or_default()));
        }
        _ => {
            return Err(ApiError::bad_request(
                "One of agentId, a string, and agentIds, an array of strings, is required.",
            ));
        }
    }
    if names.is_empty() || names.len() > MAX_AGENTS {
        return Err(ApiError::bad_request(format!("A schedule has 1 to {MAX_AGENTS} agents.")));
    }
    let agent =
        |name: &&str| organization.people().agent(name).ok_or_else(|| ApiError::no_such("agent", name));
    let mut agents = names.iter().map(agent).collect::<Result<Vec<_>, _>>()?;
    agents.sort_unstable();
    agents.dedup();
    Ok(agents)
}

/// Reads `[{"start", "end", "category"}]`: local times of the schedule's zone, or instants.
fn read_shifts(body: &Map<String, Value>, zone: &TimeZone) -> Result<Vec<Shift>, ApiError> {
    let list = body.get("shifts").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list =
        list.ok_or_else(|| ApiError::bad_request("The property shifts is required and must be an array."))?;
    if list.len() > MAX_SHIFTS {
        return Err(ApiError::bad_request(format!("A schedule has at most {MAX_SHIFTS} shifts.")));
    }
    let shift = |(index, entry): (usize, &Value)| {
        let (start, end) = read_span(entry, zone, &format!("shifts[{index}]"))?;
        let category = entry.get("category").and_then(Value::as_str).unwrap_or("OnQueueWork");
        let unknown = || ApiError::invalid_value("category", category, Activity::NAMES);
        Ok(Shift { start, end, activity: Activity::from_name(category).ok_or_else(unknown)? })
    };
    let mut shifts = list.iter().enumerate().map(shift).collect::<Result<Vec<_>, ApiError>>()?;
    shifts.sort_unstable_by_key(|shift| shift.start);
    match shifts.windows(2).find(|pair| pair[1].start < pair[0].end) {
        None => Ok(shifts),
        Some(pair) => Err(ApiError::bad_request(format!(
            "Shifts overlap: one ends at {}, another starts at {}.",
            rfc3339(pair[0].end),
            rfc3339(pair[1].start)
        ))),
    }
}

/// Reads `[{"skillGroup", "start", "end", "count"}]`: the agents that a skill group needs.
fn read_demands(
    body: &Map<String, Value>,
    organization: &Organization,
    zone: &TimeZone,
) -> Result<Vec<(Id<Group>, Demand)>, ApiError> {
    let Some(list) = body.get("requiredStaff").filter(|list| !list.is_null()) else { return Ok(Vec::new()) };
    let wrong =
        || ApiError::bad_request("The property requiredStaff must be an array of at most 500 intervals.");
    let list = list.as_array().filter(|list| list.len() <= MAX_SHIFTS).ok_or_else(wrong)?;
    let demand = |(index, entry): (usize, &Value)| {
        let what = format!("requiredStaff[{index}]");
        let (start, end) = read_span(entry, zone, &what)?;
        let name = entry.get("skillGroup").and_then(Value::as_str).unwrap_or_default();
        let group = organization.workforce().group(name).map(|group| group.id);
        let staff = entry.get("count").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
        let staff =
            staff.ok_or_else(|| ApiError::bad_request(format!("{what}.count must be a whole number.")))?;
        Ok((group.ok_or_else(|| ApiError::no_such("skill group", name))?, Demand { start, end, staff }))
    };
    list.iter().enumerate().map(demand).collect()
}

fn read_span(entry: &Value, zone: &TimeZone, what: &str) -> Result<(Nanos, Nanos), ApiError> {
    let time = |key: &str, vendor: &str| {
        let text = entry.get(key).or_else(|| entry.get(vendor)).and_then(Value::as_str);
        let missing = || ApiError::bad_request(format!("{what}.{key} is required and must be a string."));
        let text = text.ok_or_else(missing)?;
        workforce::instant(text, zone)
            .map_err(|bad| ApiError::bad_request(format!("{what}.{key}: {}.", quoted(&bad.to_string()))))
    };
    let (start, end) = (time("start", "startDate")?, time("end", "endDate")?);
    if start < end {
        return Ok((start, end));
    }
    Err(ApiError::bad_request(format!(
        "{what} ends at {}, before it starts at {}.",
        rfc3339(end),
        rfc3339(start)
    )))
}
