//! The start of conversations by email.

use serde_json::{Map, Value};

use super::calls::{find_queue, with_attributes};
use super::email_messages::keep_first;
use crate::api::call::Call;
use crate::api::route::Route;
use crate::view::conversation::ConversationView;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{
    Communication, Direction, Medium, Participant, Parties, Party, Purpose, Start, State,
};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::post("/api/v2/conversations/emails", create)]
}

/// `POST …/emails`: an inbound email of another provider, or an outbound one on behalf of a queue.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let direction = match body.get("direction").and_then(Value::as_str) {
        None | Some("INBOUND") => Direction::Inbound,
        Some("OUTBOUND") => Direction::Outbound,
        Some(other) => return Err(ApiError::invalid_value("direction", other, "OUTBOUND, INBOUND")),
    };
    if body.get("provider").and_then(Value::as_str).is_none() {
        return Err(ApiError::bad_request("The property provider is required and must be a string."));
    }
    call.change(|organization| {
        let parties = parties(organization, call, &body, direction)?;
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        let (theirs, name, ours) = match direction {
            Direction::Inbound => ("fromAddress", "fromName", "toAddress"),
            Direction::Outbound => ("toAddress", "toName", "fromAddress"),
        };
        let start = Start {
            medium: Medium::Email,
            direction,
            address: text(theirs),
            name: text(name),
            own_address: text(ours),
            parties: with_attributes(parties, &body)?,
            at: call.now,
        };
        let key = organization.start_conversation(start).ok_or_else(ApiError::internal)?;
        let id = organization.conversations().id(key);
        keep_first(call, organization, id, &body);
        let view = ConversationView::of(organization, key, 0, call.now).ok_or_else(ApiError::internal)?;
        Reply::ok(&view.of_medium(Medium::Email, call.now))
    })
}

/// The customer, and the queue or the user that has the email.
fn parties(
    organization: &Organization,
    call: &Call<'_>,
    body: &Map<String, Value>,
    direction: Direction,
) -> Result<Parties, ApiError> {
    let queue = body.get("queueId").and_then(Value::as_str).filter(|id| !id.is_empty());
    let queue = queue.map(|id| find_queue(organization, id)).transpose()?;
    let one = || Communication::new(Medium::Email, State::Connected, direction, call.now);
    let (party, purpose) = match (direction, queue, call.caller.token.user) {
        (Direction::Inbound, Some(queue), _) => (Party::Queue(queue), Purpose::Acd),
        (Direction::Outbound, _, Some(user)) => (Party::User(user), Purpose::Agent),
        (Direction::Inbound, None, _) => (Party::Own, Purpose::Acd),
        (Direction::Outbound, ..) => (Party::Own, Purpose::Api),
    };
    let mut parties = Parties::of(vec![
        Participant::new(Party::Customer, Purpose::Customer, one()),
        Participant::new(party, purpose, one()).of_queue(queue),
    ]);
    let subject: String =
        body.get("subject").and_then(Value::as_str).unwrap_or_default().chars().take(1000).collect();
    parties.subject = subject.into();
    Ok(parties)
}
