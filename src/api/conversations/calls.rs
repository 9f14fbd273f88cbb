//! The start of calls, and what only calls have.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::participant::not_active;
use super::transfer::{self, check_goes_on, read_target, too_many};
use super::{OF_CALL, find_communication, find_conversation, find_participant, read, requested, skills_in};
use crate::api::call::Call;
use crate::api::interval;
use crate::api::record::check_references_of;
use crate::api::refusal;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view::conversation::{ConversationView, uri};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{
    ANSWER_AFTER, CONTACT_AFTER, Communication, Direction, Glance, MAX_COMMUNICATIONS, Medium, Participant,
    Parties, Party, Purpose, Start, State, Step,
};
use crate::world::id::{Id, Queue};

type Body = Map<String, Value>;

const CALLS: &str = "/api/v2/conversations/calls";

pub(super) fn routes() -> Vec<Route> {
    let one = |more: &str| format!("{CALLS}/{{conversationId}}{more}");
    let participant = |more: &str| one(&format!("/participants/{{participantId}}{more}"));
    let consults = ["/consult", "/consult/agent", "/consult/queue", "/consult/external", "/voice/consult"];
    let mut routes = vec![
        Route::post(CALLS, create),
        Route::get(&format!("{CALLS}/maximumconferenceparties"), get_maximum_parties),
        Route::get(&format!("{CALLS}/history"), list_history),
        Route::post(&format!("{CALLS}/user/{{userId}}"), create_for_user),
        Route::post(&one(""), add_call),
        Route::post(&one("/participants"), add_participants).checks(Checks::Inside),
        Route::post(&one("/participants/user/{userId}"), add_participants).checks(Checks::Inside),
        Route::patch(&one("/conference"), update_conference),
        Route::patch(&participant("/consult"), transfer::update_consult),
        Route::delete(&participant("/consult"), transfer::cancel_consult),
        Route::put(&participant("/communications/{communicationId}/uuidata"), set_uui_data),
    ];
    routes.extend(consults.map(|consult| Route::post(&participant(consult), transfer::consult)));
    routes
}

/// `POST …/calls`: calls an address, a user or a queue, or several `participants`. The vendor refuses tokens without a user; gcmock takes them.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    start(call, call.caller.token.user.map_or(Party::Own, Party::User))
}

/// `POST …/calls/user/{userId}`: calls on behalf of a user.
fn create_for_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let user = call.tenant().read().people().find(&id).ok_or_else(|| ApiError::no_such("user", &id))?;
    start(call, Party::User(user))
}

fn start(call: &Call<'_>, caller: Party) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let destinations = read_destinations(&body)?;
    let id = call.change(|organization| {
        let queue = body.get("callFromQueueId").and_then(Value::as_str).filter(|id| !id.is_empty());
        let queue = queue.map(|id| find_queue(organization, id)).transpose()?;
        check_references_of(organization, OF_CALL, &body)?;
        let mut parties = outbound(organization, call, (caller, queue), &destinations)?;
        let waiting = parties.participants.iter_mut().filter(|one| one.purpose == Purpose::Acd);
        waiting.for_each(|one| one.skills = skills_in(body.get("routingSkillsIds")));
        let address = address_of(&destinations);
        let start = Start {
            medium: Medium::Call,
            direction: Direction::Outbound,
            address,
            name: "",
            own_address: &call.tenant().seed.domain,
            parties: with_attributes(parties, &body)?,
            at: call.now,
        };
        let key = organization.start_conversation(start).ok_or_else(ApiError::internal)?;
        requested::keep(organization, key, &body);
        Ok(organization.conversations().id(key))
    })?;
    Reply::ok(&json!({ "id": id, "selfUri": uri(Medium::Call, id) }))
}

/// The only destination of a call, or its participants.
fn read_destinations(body: &Body) -> Result<Vec<Body>, ApiError> {
    let mut named = Body::new();
    let keys = [("phoneNumber", "address"), ("callUserId", "userId"), ("callQueueId", "queueId")];
    for (key, kind) in keys {
        let value = body.get(key).and_then(Value::as_str).filter(|value| !value.trim().is_empty());
        named.extend(value.map(|value| (kind.to_owned(), json!(value))));
    }
    let others = body.get("participants").and_then(Value::as_array);
    match (named.len(), others.map_or(0, Vec::len)) {
        (1, 0) => Ok(vec![named]),
        (0, 1..) => Ok(others.into_iter().flatten().filter_map(|one| one.as_object().cloned()).collect()),
        (0, 0) => Err(refused(
            "missing.create.conversation.destination.parameter",
            "At least one destination should be supplied in a create conversation request.",
        )),
        _ => Err(refused(
            "too.many.create.conversation.parameters",
            "Only a single destination can be supplied in a create conversation request.",
        )),
    }
}

fn refused(code: &'static str, why: &'static str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why)
}

/// The customer's address: the first one, or what else is called where no address is.
fn address_of(destinations: &[Body]) -> &str {
    let addresses = destinations.iter().filter_map(|one| one.get("address")?.as_str());
    let others = destinations.iter().flat_map(|one| one.values().filter_map(Value::as_str));
    addresses.chain(others).next().unwrap_or_default()
}

/// Finds the queue that a body names.
pub(in crate::api) fn find_queue(organization: &Organization, id: &str) -> Result<Id<Queue>, ApiError> {
    let queue = Id::parse(id).filter(|queue| organization.queue_name(*queue).is_some());
    queue.ok_or_else(|| ApiError::no_such("queue", id))
}

/// The parties of an outbound call: the caller, whose own phone answers first, and the destinations.
fn outbound(
    organization: &Organization,
    call: &Call<'_>,
    (caller, queue): (Party, Option<Id<Queue>>),
    destinations: &[Body],
) -> Result<Parties, ApiError> {
    let purpose = match (&caller, queue) {
        (Party::User(_), Some(_)) => Purpose::Agent,
        (Party::User(_), None) => Purpose::User,
        _ => Purpose::Api,
    };
    let leg = |state| Communication::new(Medium::Call, state, Direction::Outbound, call.now);
    let mut parties =
        Parties::of(vec![Participant::new(caller, purpose, leg(State::Contacting)).of_queue(queue)]);
    let contacted = call.now + CONTACT_AFTER;
    for destination in destinations {
        let target = read_target(organization, destination, &["address", "userId", "queueId"])?;
        let has_customer = parties.participants.iter().any(|one| one.party == Party::Customer);
        let (party, purpose, state) = match target {
            Party::External(_) if !has_customer => (Party::Customer, Purpose::Customer, State::Dialing),
            Party::External(_) => (target, Purpose::External, State::Dialing),
            Party::Queue(_) => (target, Purpose::Acd, State::Connected),
            other => (other, Purpose::User, State::Alerting),
        };
        let added = parties.add(Participant::new(party, purpose, leg(state)));
        let participant = added.ok_or_else(too_many)?;
        parties.later(Step { at: contacted + ANSWER_AFTER, participant, state: State::Connected });
    }
    // A queue answers at once. Everybody else rings first.
    let has_queue = parties.participants.iter().any(|one| one.purpose == Purpose::Acd);
    let state = if has_queue { State::Connected } else { State::Dialing };
    parties.later(Step { at: contacted, participant: 0, state });
    Ok(parties)
}

/// The parties, the first with the attributes of the body.
pub(super) fn with_attributes(mut parties: Parties, body: &Body) -> Result<Parties, ApiError> {
    let Some(given) = body.get("attributes").or_else(|| body.get("data")).and_then(Value::as_object) else {
        return Ok(parties);
    };
    let given = given.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let kept = parties.participants.first_mut().is_none_or(|first| first.set_attributes(given));
    kept.then_some(parties).ok_or_else(|| ApiError::bad_request("There are too many attributes."))
}

fn get_maximum_parties(_: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "maxParticipants": 12 }))
}

/// `GET …/calls/history`: the ended calls of the token's user, the newest first.
fn list_history(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let (start, end) = interval::query_interval(call, "interval")?.unwrap_or((0, u64::MAX));
    let organization = call.tenant().read();
    let is_own = |glance: &Glance<'_>| {
        let user = call.caller.token.user;
        user.is_some() && glance.parties(call.now).users().any(|other| Some(other) == user)
    };
    let calls = organization.conversations().iter().rev().filter(|glance| {
        let within = (start..end).contains(&glance.opened());
        within && glance.ended().is_some() && glance.has(Medium::Call) && is_own(glance)
    });
    let keys: Vec<_> = calls.map(|glance| glance.key).collect();
    let page = keys.iter().skip(wanted.offset()).take(wanted.most());
    let views = page.filter_map(|key| ConversationView::of(&organization, *key, 0, call.now));
    let entities = views.map(|view| view.call_history()).collect();
    Reply::ok(&Page::new(entities, keys.len(), wanted, call.path, call.query))
}

/// `POST …/calls/{conversationId}`: calls the customer in a conversation that began as a callback.
fn add_call(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    if body.get("callNumber").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(ApiError::bad_request("The property callNumber is required and must be a string."));
    }
    call.change(|organization| {
        let id = call.param("conversationId")?;
        let found = uuid::Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find(id));
        let key = found.ok_or_else(|| ApiError::no_such("conversation", &id))?;
        let added = organization.change_parties(key, call.now, |parties| {
            if parties.ended().is_some() {
                return Err(not_active());
            }
            add_legs(parties, call);
            Ok(())
        });
        added.ok_or_else(ApiError::internal)?
    })?;
    Reply::ok(&read::view_in_path(call)?.conversation(call.now))
}

/// Adds a call of the customer and of the agent that is in the conversation.
fn add_legs(parties: &mut Parties, call: &Call<'_>) {
    for index in 0..parties.participants.len() {
        let participant = &mut parties.participants[index];
        let (state, at, next) = match participant.purpose {
            Purpose::Customer => (State::Dialing, call.now + ANSWER_AFTER, State::Connected),
            Purpose::Agent | Purpose::User if participant.is_open() => {
                (State::Contacting, call.now + CONTACT_AFTER, State::Dialing)
            }
            _ => continue,
        };
        if participant.communications.len() < MAX_COMMUNICATIONS {
            let leg = Communication::new(Medium::Call, state, Direction::Outbound, call.now);
            participant.communications.push(leg);
            let participant = u16::try_from(index).unwrap_or(u16::MAX);
            parties.later(Step { at, participant, state: next });
        }
    }
}

/// `POST …/calls/{conversationId}/participants`: adds the addresses, users and queues of the body.
fn add_participants(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let given = body.get("participants").and_then(Value::as_array).cloned();
    let given = given.ok_or_else(|| refusal::of_missing("participants"))?;
    let on_behalf_of = call.param("userId")?;
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        if !on_behalf_of.is_empty() && organization.people().find(&on_behalf_of).is_none() {
            return Err(ApiError::no_such("user", &on_behalf_of));
        }
        let targets = given.iter().filter_map(Value::as_object);
        let targets: Vec<_> = targets
            .map(|one| read_target(organization, one, &["address", "userId", "queueId"]))
            .collect::<Result<_, _>>()?;
        let added = organization.change_parties(key, call.now, |parties| -> Result<(), ApiError> {
            check_goes_on(parties)?;
            let fit = targets.into_iter().all(|target| parties.invite(target, None, call.now).is_some());
            fit.then_some(()).ok_or_else(too_many)
        });
        added.ok_or_else(ApiError::internal)?
    })?;
    Reply::ok(&read::view_in_path(call)?.conversation(call.now))
}

/// `PATCH …/conference`: checks the body. All parties hear each other already.
fn update_conference(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    find_conversation(call, &call.tenant().read())?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// `PUT …/uuidata`: checks the path. There is no peer that could read the data.
fn set_uui_data(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    find_participant(call, &call.tenant().read())?;
    find_communication(call, &call.tenant().read())?;
    Reply::ok(&json!({}))
}
