//! Schedules as clients write them: a draft, then published. Not in the published API; the threads'
//! `wfm/schedules`.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::{Route, delete, get, post};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::workforce::planning::Document;
use crate::world::workforce::{self, Activity, Demand, Shift};

const SCHEDULES: &str = "/api/v2/wfm/schedules";
const MAX_SHIFTS: usize = 500;
const MAX_AGENTS: usize = 1000;
const MAX_NAME: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/wfm/schedules", list).unpublished(),
        post("/api/v2/wfm/schedules", create).unpublished(),
        get("/api/v2/wfm/schedules/{scheduleId}", one).unpublished(),
        delete("/api/v2/wfm/schedules/{scheduleId}", remove).unpublished(),
        post("/api/v2/wfm/schedules/{scheduleId}/publish", publish).unpublished(),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = organization.workforce().documents.iter();
    let shown =
        all.skip(page.offset()).take(page.most()).map(|(id, one)| shown(&organization, *id, one)).collect();
    let total = organization.workforce().documents.len();
    Reply::ok(&Page::<Value>::new(shown, total, page, call.path, call.query))
}

fn one(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (id, document) = found(call, &organization)?;
    Reply::ok(&shown(&organization, id, document))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let document = read(&body, organization, call.now)?;
        let id =
            organization.draft_schedule(document).map_err(|full| ApiError::conflict(full.to_string()))?;
        let drafted = &organization.workforce().documents[&id];
        Reply::created(&shown(organization, id, drafted))
    })
}

/// From now on it holds, at each edge as soon as the edge hears of it.
fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (id, _) = found(call, organization)?;
        let published = organization.publish_schedule(id, call.now);
        published.map_err(|full| ApiError::conflict(full.to_string()))?;
        let document = &organization.workforce().documents[&id];
        Reply::ok(&shown(organization, id, document))
    })
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (id, _) = found(call, organization)?;
        organization.delete_schedule(id, call.now);
        Ok(Reply::no_content())
    })
}

fn found<'d>(call: &Call<'_>, organization: &'d Organization) -> Result<(Uuid, &'d Document), ApiError> {
    let text = call.param("scheduleId")?;
    let id = Uuid::try_parse(&text).ok();
    let known = id.and_then(|id| Some((id, organization.workforce().documents.get(&id)?)));
    known.ok_or_else(|| ApiError::no_such("schedule", &text))
}

fn shown(organization: &Organization, id: Uuid, document: &Document) -> Value {
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

/// All of it, or the first thing that is wrong.
fn read(body: &Map<String, Value>, organization: &Organization, now: Nanos) -> Result<Document, ApiError> {
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
        agents: agents(body, organization)?,
        shifts: shifts(body, &zone)?,
        demands: demands(body, organization, &zone)?,
        created: now,
        published: None,
    })
}

fn agents(body: &Map<String, Value>, organization: &Organization) -> Result<Vec<UserIndex>, ApiError> {
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

/// `[{"start", "end", "category"}]`: local times of the schedule's zone, or instants.
fn shifts(body: &Map<String, Value>, zone: &TimeZone) -> Result<Vec<Shift>, ApiError> {
    let list = body.get("shifts").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list =
        list.ok_or_else(|| ApiError::bad_request("The property shifts is required and must be a list."))?;
    if list.len() > MAX_SHIFTS {
        return Err(ApiError::bad_request(format!("A schedule has at most {MAX_SHIFTS} shifts.")));
    }
    let shift = |(place, entry): (usize, &Value)| {
        let (start, end) = span(entry, zone, &format!("shifts[{place}]"))?;
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

/// `[{"skillGroup", "start", "end", "count"}]`: the agents that a skill group needs.
fn demands(
    body: &Map<String, Value>,
    organization: &Organization,
    zone: &TimeZone,
) -> Result<Vec<(u16, Demand)>, ApiError> {
    let Some(list) = body.get("requiredStaff").filter(|list| !list.is_null()) else { return Ok(Vec::new()) };
    let wrong =
        || ApiError::bad_request("The property requiredStaff must be an array of at most 500 intervals.");
    let list = list.as_array().filter(|list| list.len() <= MAX_SHIFTS).ok_or_else(wrong)?;
    let demand = |(place, entry): (usize, &Value)| {
        let what = format!("requiredStaff[{place}]");
        let (start, end) = span(entry, zone, &what)?;
        let name = entry.get("skillGroup").and_then(Value::as_str).unwrap_or_default();
        let group = organization.workforce().group(name).and_then(|place| u16::try_from(place).ok());
        let staff = entry.get("count").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
        let staff =
            staff.ok_or_else(|| ApiError::bad_request(format!("{what}.count must be a whole number.")))?;
        Ok((group.ok_or_else(|| ApiError::no_such("skill group", name))?, Demand { start, end, staff }))
    };
    list.iter().enumerate().map(demand).collect()
}

fn span(entry: &Value, zone: &TimeZone, what: &str) -> Result<(Nanos, Nanos), ApiError> {
    let time = |key: &str, vendor: &str| {
        let text = entry.get(key).or_else(|| entry.get(vendor)).and_then(Value::as_str);
        let missing = || ApiError::bad_request(format!("{what}.{key} is required and must be a string."));
        let text = text.ok_or_else(missing)?;
        workforce::instant(text, zone).map_err(|bad| ApiError::bad_request(format!("{what}.{key}: {bad}.")))
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
