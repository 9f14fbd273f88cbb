//! The start of conversations by email.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::calls::{find_queue, with_attributes};
use super::email_messages::{keep, keep_first, sender_of};
use super::transfer::too_many;
use super::{OF_EMAIL, find_conversation, own_user, requested, skills_in};
use crate::api::call::Call;
use crate::api::record::{author, check_references_of};
use crate::api::refusal;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view::conversation::ConversationView;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{
    BY_CUSTOMER, BY_ORGANIZATION, Communication, Direction, Medium, Participant, Parties, Party, Purpose,
    Start, State,
};

const EMAILS: &str = "/api/v2/conversations/emails";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(EMAILS, create),
        Route::post(&format!("{EMAILS}/agentless"), send_agentless),
        Route::post(&format!("{EMAILS}/{{conversationId}}/reconnect"), reconnect),
    ]
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
    let own = author(call);
    call.change(|organization| {
        check_references_of(organization, OF_EMAIL, &body)?;
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
        requested::keep(organization, key, &body);
        let id = organization.conversations().id(key);
        let sender = match direction {
            Direction::Inbound => BY_CUSTOMER.to_owned(),
            Direction::Outbound => sender_of(organization, key, own, call.now),
        };
        keep_first(call, organization, (id, &sender), &body);
        let view = ConversationView::of(organization, key, 0, call.now).ok_or_else(ApiError::internal)?;
        Reply::ok(&view.of_medium(Medium::Email, call.now))
    })
}

/// `POST …/emails/agentless`: sends an email without an agent. Without `conversationId` it starts a
/// conversation, which ends at once.
fn send_agentless(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let given = |key: &str| body.get(key).cloned().unwrap_or_default();
    let (from, to) = (given("fromAddress"), given("toAddresses"));
    if to.as_array().is_none_or(Vec::is_empty) {
        return Err(refusal::of_missing("toAddresses"));
    }
    call.change(|organization| {
        let conversation = match given("conversationId").as_str().filter(|id| !id.is_empty()) {
            Some(id) => find_email(organization, id)?,
            None => start_agentless(call, organization, &body)?,
        };
        let texts = ["subject", "textBody", "htmlBody"].map(|key| (key, given(key)));
        let addresses = [("from", from.clone()), ("to", to.clone()), ("replyTo", given("replyToAddress"))];
        let sent = addresses.into_iter().chain(texts).map(|(key, value)| (key.to_owned(), value)).collect();
        let id = keep(call, organization, (conversation, BY_ORGANIZATION), &sent);
        let mut shown = json!({
            "id": id,
            "conversationId": conversation,
            "senderType": "Outbound",
            "fromAddress": from,
            "toAddresses": to,
            "dateCreated": rfc3339(call.now),
            "selfUri": format!("{EMAILS}/{conversation}/messages/{id}"),
        });
        for key in ["replyToAddress", "subject"] {
            if let Some(value) = body.get(key).filter(|value| !value.is_null()) {
                shown[key] = value.clone();
            }
        }
        Reply::ok(&shown)
    })
}

/// `POST …/reconnect`: the token's user goes on with the customer in a conversation that has ended.
fn reconnect(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = own_user(call)?;
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let again = organization.change_parties(key, call.now, |parties| {
            if parties.ended().is_none() {
                return Err(ApiError::conflict("The conversation is connected."));
            }
            let leg = || Communication::new(Medium::Email, State::Connected, parties.kind().1, call.now);
            let queue = parties.queues().last().copied();
            let customer = Participant::new(Party::Customer, Purpose::Customer, leg());
            let agent = Participant::new(Party::User(user), Purpose::Agent, leg()).of_queue(queue);
            parties.add(customer).and_then(|_| parties.add(agent)).ok_or_else(too_many)
        });
        again.ok_or_else(ApiError::internal)?.map(|_| Reply::no_content())
    })
}

/// The conversation by email of that id.
fn find_email(organization: &Organization, id: &str) -> Result<Uuid, ApiError> {
    let store = organization.conversations();
    let found = Uuid::try_parse(id).ok().filter(|id| {
        let glance = store.find(*id).and_then(|key| store.glance(key));
        glance.is_some_and(|glance| glance.has(Medium::Email))
    });
    found.ok_or_else(|| ApiError::no_reference("conversationId", "conversation", id))
}

fn start_agentless(
    call: &Call<'_>,
    organization: &mut Organization,
    body: &Map<String, Value>,
) -> Result<Uuid, ApiError> {
    let one = || Communication::new(Medium::Email, State::Connected, Direction::Outbound, call.now);
    let mut parties = Parties::of(vec![
        Participant::new(Party::Customer, Purpose::Customer, one()),
        Participant::new(Party::Own, Purpose::Api, one()),
    ]);
    parties.subject = subject(body);
    let (to, from) = (body.get("toAddresses").and_then(|all| all.get(0)), body.get("fromAddress"));
    let text = |value: Option<&Value>, key: &str| {
        value.and_then(|value| value.get(key)?.as_str()).unwrap_or_default().to_owned()
    };
    let start = Start {
        medium: Medium::Email,
        direction: Direction::Outbound,
        address: &text(to, "email"),
        name: &text(to, "name"),
        own_address: &text(from, "email"),
        parties,
        at: call.now,
    };
    let key = organization.start_conversation(start).ok_or_else(ApiError::internal)?;
    organization.end_conversation(key, call.now);
    Ok(organization.conversations().id(key))
}

fn subject(body: &Map<String, Value>) -> Box<str> {
    let subject = body.get("subject").and_then(Value::as_str).unwrap_or_default();
    subject.chars().take(1000).collect::<String>().into()
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
    parties.participants[1].skills = skills_in(body.get("skillIds"));
    parties.subject = subject(body);
    Ok(parties)
}
