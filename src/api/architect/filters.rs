//! The filters of the listings of Architect beside those of every listing.

use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::{id_in, text, texts};
use crate::time::clock::parse_rfc3339;

/// The fields of a schedule group that name schedules.
const SCHEDULES: [&str; 3] = ["openSchedules", "closedSchedules", "holidaySchedules"];

/// Whether an IVR or a schedule group passes the filters of the query. A parameter that the listing does not have is
/// not given.
pub(super) fn matches(call: &Call<'_>, entity: &Map<String, Value>) -> bool {
    let number = call.query_text("dnis");
    let group = call.query_text("scheduleGroup");
    let schedules = call.query_list("scheduleIds");
    number.is_none_or(|number| texts(entity, "dnis").contains(&&*number))
        && group.is_none_or(|group| id_in(entity, "scheduleGroup").eq_ignore_ascii_case(&group))
        && (schedules.is_empty() || names_one(entity, &schedules))
}

fn names_one(group: &Map<String, Value>, schedules: &[String]) -> bool {
    let named = SCHEDULES.iter().filter_map(|field| group.get(*field)?.as_array()).flatten();
    let mut ids = named.filter_map(|schedule| schedule.get("id")?.as_str());
    ids.any(|id| schedules.iter().any(|wanted| wanted.eq_ignore_ascii_case(id)))
}

/// Whether a flow passes the filters of the query.
pub(super) fn matches_flow(call: &Call<'_>, flow: &Map<String, Value>) -> bool {
    let is = |parameter: &str, id: &str| call.query_text(parameter).is_none_or(|wanted| wanted == id);
    is("publishVersionId", id_in(flow, "publishedVersion"))
        && is("lockedBy", id_in(flow, "lockedUser"))
        && is("lockedByClientId", id_in(flow, "lockedClient"))
        && is_editable(call, flow)
        && is_secure(call, flow)
        && was_published(call, flow)
}

/// Whether the user of `editableBy` may change a flow: one that another user or a client has locked is not for it.
fn is_editable(call: &Call<'_>, flow: &Map<String, Value>) -> bool {
    let holder = id_in(flow, "lockedUser");
    let is_held = flow.contains_key("lockedClient");
    call.query_text("editableBy").is_none_or(|user| !is_held && (holder.is_empty() || holder == user))
}

/// `secure` asks for flows of which a version is secure: no other flows than secure ones have such versions.
fn is_secure(call: &Call<'_>, flow: &Map<String, Value>) -> bool {
    let has = |version: &str| flow.get(version).is_some();
    let is_secure = text(flow, "type") == "SECURECALL";
    match call.query_text("secure").as_deref() {
        Some("checkedin") => is_secure && has("checkedInVersion"),
        Some("published") => is_secure && has("publishedVersion"),
        Some(_) => is_secure,
        None => true,
    }
}

/// Whether a flow was published in the time of the query.
fn was_published(call: &Call<'_>, flow: &Map<String, Value>) -> bool {
    let instant = |parameter: &str| call.query_text(parameter).map(|text| parse_rfc3339(&text));
    let (after, before) = (instant("publishedAfter"), instant("publishedBefore"));
    if after.is_none() && before.is_none() {
        return true;
    }
    let published = flow.get("publishedVersion").and_then(|version| version.get("datePublished")?.as_str());
    let Some(published) = published.and_then(parse_rfc3339) else { return false };
    after.is_none_or(|after| after.is_some_and(|after| published > after))
        && before.is_none_or(|before| before.is_some_and(|before| published < before))
}
