//! Analytics over the conversations that exist: details, and counts by interval.
//!
//! `filter` reads the vendor's filters, and ignores a dimension or metric that gcmock does not have. `aggregates`
//! counts. Conversations are sorted by their start, whatever `orderBy` says.

mod aggregates;
mod filter;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::filter::Filter;
use super::call::Call;
use super::usage::interval;
use crate::api::route::{Route, get, post};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::conversation::{MESSAGES, Seen};
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Direction, Glance};
use crate::world::id::UserIndex;

/// The most conversations that can be asked for by id at once.
const MAX_IDS: usize = 100;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/v2/analytics/conversations/details/query", query),
        get("/api/v2/analytics/conversations/details", by_ids),
        get("/api/v2/analytics/conversations/{conversationId}/details", one),
        post("/api/v2/analytics/conversations/aggregates/query", aggregates::query),
    ]
}

/// The interval of a query, which has to be there.
fn interval_of(body: &Map<String, Value>) -> Result<(Nanos, Nanos), ApiError> {
    let text = body.get("interval").and_then(Value::as_str);
    interval(text.ok_or_else(|| ApiError::bad_request("The property interval is required."))?)
}

fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (start, end) = interval_of(&body)?;
    let page = paging(&body)?;
    let newest_first = match body.get("order").and_then(Value::as_str) {
        None | Some("asc" | "unordered") => false,
        Some("desc") => true,
        Some(other) => return Err(ApiError::invalid_value("order", other, "asc, desc, unordered")),
    };
    let (seen, total) = {
        let organization = call.tenant().read();
        let filter = Filter::of(&body, &["conversationFilters", "segmentFilters"], organization.people())?;
        let all = organization.conversations().iter();
        let wanted = all.filter(|glance| (start..end).contains(&glance.opened()) && filter.passes(glance));
        let keys: Vec<_> = wanted.map(|glance| glance.key).collect();
        let place = |n: usize| if newest_first { keys.len() - 1 - n } else { n };
        let page = (page.offset()..keys.len()).take(page.most());
        let seen: Vec<_> = page.filter_map(|n| Seen::of(&organization, keys[place(n)], MESSAGES)).collect();
        (seen, keys.len())
    };
    let conversations: Vec<_> = seen.iter().map(details).collect();
    Reply::ok(&json!({ "conversations": conversations, "totalHits": total }))
}

fn paging(body: &Map<String, Value>) -> Result<PageRequest, ApiError> {
    let paging = body.get("paging");
    PageRequest::parse(|name| match paging?.get(name)? {
        Value::Null => None,
        value => Some(value.to_string().into()),
    })
}

fn one(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("conversationId")?;
    let seen = find(&call.tenant().read(), &id);
    Reply::ok(&details(&seen.ok_or_else(|| ApiError::no_such("conversation", &id))?))
}

/// `GET …/details?id=…`: those that exist.
fn by_ids(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.len() > MAX_IDS {
        return Err(ApiError::bad_request(format!(
            "At most {MAX_IDS} conversations can be asked for at once."
        )));
    }
    let seen: Vec<_> = {
        let organization = call.tenant().read();
        ids.iter().filter_map(|id| find(&organization, id)).collect()
    };
    Reply::ok(&json!({ "conversations": seen.iter().map(details).collect::<Vec<_>>() }))
}

fn find(organization: &Organization, id: &str) -> Option<Seen> {
    Seen::of(organization, organization.conversations().find(Uuid::try_parse(id).ok()?)?, MESSAGES)
}

fn details(seen: &Seen) -> Value {
    let conversation = &seen.conversation;
    let mut shown = json!({
        "conversationId": conversation.id,
        "conversationStart": rfc3339(conversation.opened),
        "conversationInitiator": seen.purpose(usize::from(conversation.direction == Direction::Outbound)),
        "originatingDirection": conversation.direction.name(),
        "customerParticipation":
            conversation.messages.iter().any(|head| head.direction == Direction::Inbound),
        "divisionIds": [],
        "participants": Vec::from([0, 1].map(|side| participant(seen, side))),
    });
    if let Some(at) = conversation.ended {
        shown["conversationEnd"] = json!(rfc3339(at));
    }
    shown
}

fn participant(seen: &Seen, side: usize) -> Value {
    let mut shown = json!({
        "participantId": seen.conversation.participants[side],
        "participantName": seen.name(side),
        "purpose": seen.purpose(side),
        "sessions": [session(seen, side)],
    });
    if side == 1
        && let Some((id, _)) = &seen.user
    {
        shown["userId"] = json!(id);
    }
    shown
}

fn session(seen: &Seen, side: usize) -> Value {
    let conversation = &seen.conversation;
    let (from, to) = match conversation.direction {
        Direction::Inbound => (&conversation.address, &conversation.own_address),
        Direction::Outbound => (&conversation.own_address, &conversation.address),
    };
    let mut segment = json!({
        "segmentStart": rfc3339(conversation.opened),
        "segmentType": "interact",
        "conference": false,
    });
    if let Some(at) = conversation.ended {
        segment["segmentEnd"] = json!(rfc3339(at));
        segment["disconnectType"] = json!("client");
    }
    if let Some(queue) = conversation.queue {
        segment["queueId"] = json!(queue);
    }
    json!({
        "sessionId": conversation.communications[side],
        "mediaType": "message",
        "messageType": conversation.messenger.name(),
        "direction": conversation.direction.name(),
        "provider": "PureCloud Messaging",
        "addressFrom": from,
        "addressTo": to,
        "remote": conversation.address,
        "metrics": [],
        "segments": [segment],
    })
}

/// A dimension's value for groups.
fn dimension(glance: &Glance<'_>, name: &str, user: impl Fn(UserIndex) -> Option<Uuid>) -> Option<String> {
    match name {
        "mediaType" => Some("message".to_owned()),
        "messageType" => Some(glance.messenger().name().to_owned()),
        "direction" | "originatingDirection" => Some(glance.direction().name().to_owned()),
        "queueId" => glance.queue().map(|id| id.to_string()),
        "userId" => glance.user().and_then(user).map(|id| id.to_string()),
        _ => None,
    }
}
