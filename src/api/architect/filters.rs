//! The filters of the listings of Architect beside those of every listing.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{Filter, Order, id_in, text, texts};
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::world::architect::{FlowAuthor, FlowRef, FlowState};

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

/// The flows of these types that pass the filters of the query, in its order. Without types, those of each type.
pub(super) fn select_flows<'o>(
    call: &Call<'_>,
    all: impl Iterator<Item = FlowRef<'o>>,
    types: &[String],
) -> Vec<FlowRef<'o>> {
    let (filter, order) = (Filter::of(call), Order::of(call));
    let has_type = |flow: &FlowRef<'_>| {
        types.is_empty() || types.iter().any(|wanted| wanted.eq_ignore_ascii_case(&flow.state.kind))
    };
    let passes = |FlowRef { record, .. }: &FlowRef<'_>| {
        let (id, division) = (record.uuid.to_string(), record.division.map(|id| id.to_string()));
        filter.accepts(&id, &record.name, text(&record.extra, "description"), division.as_deref())
    };
    let found = all.filter(|flow| has_type(flow) && passes(flow) && matches_flow(call, *flow)).collect();
    order.sort_by(found, sorted_property)
}

/// The property of a flow by which a listing can be sorted.
fn sorted_property<'o>(flow: FlowRef<'o>, key: &str) -> Option<Cow<'o, Value>> {
    let FlowRef { record, state } = flow;
    match key {
        "id" | "selfUri" => Some(Cow::Owned(json!(record.uuid))),
        "name" => Some(Cow::Owned(json!(record.name))),
        "type" => Some(Cow::Owned(json!(state.kind))),
        _ => record.extra.get(key).map(Cow::Borrowed),
    }
}

/// Whether a flow passes the filters of the query.
fn matches_flow(call: &Call<'_>, FlowRef { record, state }: FlowRef<'_>) -> bool {
    let is = |parameter: &str, id: &str| call.query_text(parameter).is_none_or(|wanted| wanted == id);
    let (user, client) = holder(state);
    is("publishVersionId", &state.published_number())
        && is("lockedBy", &user)
        && is("lockedByClientId", client)
        && is_virtual(call, &record.extra)
        && is_editable(call, state)
        && is_secure(call, state)
        && was_published(call, state)
}

/// The ids of the user and of the client that has a flow checked out; one of them at least is empty.
fn holder(flow: &FlowState) -> (String, &str) {
    match &flow.holder {
        Some(FlowAuthor::User(id)) => (id.to_string(), ""),
        Some(FlowAuthor::Client { id, .. }) => (String::new(), id),
        None => (String::new(), ""),
    }
}

/// Whether a flow is as `virtualAgentEnabled` asks for: with a virtual agent, or without one.
fn is_virtual(call: &Call<'_>, flow: &Map<String, Value>) -> bool {
    let wanted = call.query_bool("virtualAgentEnabled");
    wanted.is_none_or(|wanted| wanted == is_true(flow.get("virtualAgentEnabled")))
}

fn is_true(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true))
}

/// Whether a script passes the filters of the query: it has the feature `feature` and refers to the flow `flowId`.
pub(super) fn matches_script(call: &Call<'_>, script: &Map<String, Value>) -> bool {
    let features = script.get("features").and_then(Value::as_object);
    let has = |wanted: &str| {
        features.into_iter().flatten().any(|(name, feature)| {
            name.eq_ignore_ascii_case(wanted) && !matches!(feature, Value::Null | Value::Bool(false))
        })
    };
    call.query_text("feature").is_none_or(|wanted| has(&wanted))
        && call.query_text("flowId").is_none_or(|id| script.values().any(|value| names(value, &id)))
}

/// Whether a value is an id, or has it within.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case(id),
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(fields) => fields.values().any(|field| names(field, id)),
        _ => false,
    }
}

/// Whether a variable of a script passes the filters of the query. A value alone has no direction, and passes.
pub(super) fn matches_variable(call: &Call<'_>, variable: &Value) -> bool {
    let Some(variable) = variable.as_object() else { return true };
    let flag = |name: &str| call.query_bool(name).is_none_or(|wanted| wanted == is_true(variable.get(name)));
    let is_of = |wanted: &str| text(variable, "type").eq_ignore_ascii_case(wanted);
    flag("input") && flag("output") && call.query_text("type").is_none_or(|wanted| is_of(&wanted))
}

/// Whether the user of `editableBy` may change a flow: one that another user or a client has locked is not for it.
fn is_editable(call: &Call<'_>, flow: &FlowState) -> bool {
    call.query_text("editableBy").is_none_or(|user| match &flow.holder {
        Some(FlowAuthor::User(holder)) => holder.to_string() == user,
        Some(FlowAuthor::Client { .. }) => false,
        None => true,
    })
}

/// `secure` asks for flows of which a version is secure: no other flows than secure ones have such versions.
fn is_secure(call: &Call<'_>, flow: &FlowState) -> bool {
    let is_secure = &*flow.kind == "SECURECALL";
    match call.query_text("secure").as_deref() {
        Some("checkedin") => is_secure && flow.checked_in.is_some(),
        Some("published") => is_secure && flow.published.is_some(),
        Some(_) => is_secure,
        None => true,
    }
}

/// Whether a flow was published in the time of the query.
fn was_published(call: &Call<'_>, flow: &FlowState) -> bool {
    let instant = |parameter: &str| call.query_text(parameter).map(|text| parse_rfc3339(&text));
    let (after, before) = (instant("publishedAfter"), instant("publishedBefore"));
    if after.is_none() && before.is_none() {
        return true;
    }
    // As it is written, which is in whole milliseconds.
    let published = flow.published.as_ref().and_then(|version| parse_rfc3339(&rfc3339(version.created)));
    let Some(published) = published else { return false };
    after.is_none_or(|after| after.is_some_and(|after| published > after))
        && before.is_none_or(|before| before.is_some_and(|before| published < before))
}
