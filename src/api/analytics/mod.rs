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
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::conversation::{ConversationView, MESSAGES};
use crate::wire::error::ApiError;
use crate::wire::paging::PageRequest;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Direction, Glance};
use crate::world::id::{Id, UserIndex};
use crate::world::people::User;

/// The most conversations that can be asked for by id at once.
const MAX_IDS: usize = 100;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/analytics/conversations/details/query", query),
        Route::get("/api/v2/analytics/conversations/details", list),
        Route::get("/api/v2/analytics/conversations/{conversationId}/details", get),
        Route::post("/api/v2/analytics/conversations/aggregates/query", aggregates::query),
    ]
}

/// Reads the required interval of a query.
fn read_interval(body: &Map<String, Value>) -> Result<(Nanos, Nanos), ApiError> {
    let text = body.get("interval").and_then(Value::as_str);
    interval(text.ok_or_else(|| ApiError::bad_request("The property interval is required."))?)
}

fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (start, end) = read_interval(&body)?;
    let page = read_page(&body)?;
    let newest_first = match body.get("order").and_then(Value::as_str) {
        None | Some("asc" | "unordered") => false,
        Some("desc") => true,
        Some(other) => return Err(ApiError::invalid_value("order", other, "asc, desc, unordered")),
    };
    let (views, total) = {
        let organization = call.tenant().read();
        let filter = Filter::read(&body, &["conversationFilters", "segmentFilters"], organization.people())?;
        let all = organization.conversations().iter();
        let wanted = all.filter(|glance| (start..end).contains(&glance.opened()) && filter.matches(glance));
        let keys: Vec<_> = wanted.map(|glance| glance.key).collect();
        let nth = |n: usize| if newest_first { keys.len() - 1 - n } else { n };
        let page = (page.offset()..keys.len()).take(page.most());
        let views: Vec<_> =
            page.filter_map(|n| ConversationView::of(&organization, keys[nth(n)], MESSAGES)).collect();
        (views, keys.len())
    };
    let conversations: Vec<_> = views.iter().map(to_json).collect();
    Reply::ok(&json!({ "conversations": conversations, "totalHits": total }))
}

fn read_page(body: &Map<String, Value>) -> Result<PageRequest, ApiError> {
    let paging = body.get("paging");
    PageRequest::parse(|name| match paging?.get(name)? {
        Value::Null => None,
        value => Some(value.to_string().into()),
    })
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("conversationId")?;
    let seen = find(&call.tenant().read(), &id);
    Reply::ok(&to_json(&seen.ok_or_else(|| ApiError::no_such("conversation", &id))?))
}

/// `GET …/details?id=…`: lists the named conversations that exist.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.len() > MAX_IDS {
        return Err(ApiError::bad_request(format!(
            "At most {MAX_IDS} conversations can be asked for at once."
        )));
    }
    let views: Vec<_> = {
        let organization = call.tenant().read();
        ids.iter().filter_map(|id| find(&organization, id)).collect()
    };
    Reply::ok(&json!({ "conversations": views.iter().map(to_json).collect::<Vec<_>>() }))
}

fn find(organization: &Organization, id: &str) -> Option<ConversationView> {
    ConversationView::of(
        organization,
        organization.conversations().find(Uuid::try_parse(id).ok()?)?,
        MESSAGES,
    )
}

fn to_json(seen: &ConversationView) -> Value {
    let conversation = &seen.conversation;
    let mut shown = json!({
        "conversationId": conversation.id,
        "conversationStart": rfc3339(conversation.opened),
        "conversationInitiator": seen.purpose(usize::from(conversation.direction == Direction::Outbound)),
        "originatingDirection": conversation.direction.name(),
        "customerParticipation":
            conversation.messages.iter().any(|head| head.direction == Direction::Inbound),
        "divisionIds": [],
        "participants": Vec::from([0, 1].map(|side| participant_to_json(seen, side))),
    });
    if let Some(at) = conversation.ended {
        shown["conversationEnd"] = json!(rfc3339(at));
    }
    shown
}

fn participant_to_json(seen: &ConversationView, side: usize) -> Value {
    let mut shown = json!({
        "participantId": seen.conversation.participants[side],
        "participantName": seen.name(side),
        "purpose": seen.purpose(side),
        "sessions": [session_to_json(seen, side)],
    });
    if side == 1
        && let Some((id, _)) = &seen.user
    {
        shown["userId"] = json!(id);
    }
    shown
}

fn session_to_json(seen: &ConversationView, side: usize) -> Value {
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
fn dimension(
    glance: &Glance<'_>,
    name: &str,
    user: impl Fn(UserIndex) -> Option<Id<User>>,
) -> Option<String> {
    match name {
        "mediaType" => Some("message".to_owned()),
        "messageType" => Some(glance.messenger().name().to_owned()),
        "direction" | "originatingDirection" => Some(glance.direction().name().to_owned()),
        "queueId" => glance.queue().map(|id| id.to_string()),
        "userId" => glance.user().and_then(user).map(|id| id.to_string()),
        _ => None,
    }
}
