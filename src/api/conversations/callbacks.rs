//! Callbacks: a customer asks a queue to call back, now or at a time.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::calls::{find_queue, with_attributes};
use super::participant::change_participant;
use super::transfer::{check_goes_on, too_many};
use super::{OF_CALLBACK, requested, skills_in};
use crate::api::call::Call;
use crate::api::entity::instant;
use crate::api::record::check_references_of;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{
    Communication, Direction, Disconnect, Key, Medium, Participant, Parties, Party, Purpose, Start, State,
    Step,
};

type Body = Map<String, Value>;

const CALLBACKS: &str = "/api/v2/conversations/callbacks";
/// The most callbacks of one bulk request.
const MAX_BULK: usize = 500;
/// How far ahead a callback can be scheduled: 30 days (assumed).
const MAX_AHEAD: Nanos = 30 * 24 * 3_600 * 1_000_000_000;
/// The participant that waits in the queue.
const ACD: usize = 1;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(CALLBACKS, create).checks(Checks::Inside),
        Route::patch(CALLBACKS, update),
        Route::post(&format!("{CALLBACKS}/bulk/disconnect"), disconnect_many),
        Route::post(&format!("{CALLBACKS}/bulk/update"), update_many),
        Route::post(
            "/api/v2/conversations/{conversationId}/participants/{participantId}/callbacks",
            add_to_conversation,
        ),
    ]
}

/// `POST …/callbacks`.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let numbers = read_numbers(&body)?
        .ok_or_else(|| refused("callback.error.missing.callback.numbers", "Callback numbers missing"))?;
    let scheduled = read_time(&body, call.now)?.filter(|at| *at > call.now);
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let routing = body.get("routingData").and_then(Value::as_object);
    let queue = text("queueId").or_else(|| routing?.get("queueId")?.as_str());
    let queue =
        queue.ok_or_else(|| refused("callback.error.missing.queue.id", "Callback missing queue ID"))?;
    let skills = skills_in(routing.and_then(|routing| routing.get("skillIds")));
    call.change(|organization| {
        let queue = find_queue(organization, queue)?;
        check_references_of(organization, OF_CALLBACK, &body)?;
        let mut parties = waiting(Party::Queue(queue), scheduled, call.now);
        parties.participants[ACD].skills = skills;
        parties.scheduled = scheduled.unwrap_or(0);
        let address = numbers.first().cloned().unwrap_or_default();
        parties.numbers = numbers;
        let start = Start {
            medium: Medium::Callback,
            direction: Direction::Inbound,
            address: &address,
            name: text("callbackUserName").unwrap_or_default(),
            own_address: &call.tenant().seed.domain,
            parties: with_attributes(parties, &body)?,
            at: call.now,
        };
        let key = organization.start_conversation(start).ok_or_else(ApiError::internal)?;
        requested::keep(organization, key, routing.unwrap_or(&body));
        Reply::ok(&to_json(organization, key))
    })
}

/// `POST …/participants/{participantId}/callbacks`: a callback in a conversation of another medium, which waits in
/// the queue of the body, or in that of the participant.
fn add_to_conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let numbers = read_numbers(&body)?
        .ok_or_else(|| refused("callback.error.missing.callback.numbers", "Callback numbers missing"))?;
    let scheduled = read_time(&body, call.now)?.filter(|at| *at > call.now);
    let queue = body.get("queueId").and_then(Value::as_str).filter(|id| !id.is_empty());
    call.change(|organization| {
        let queue = queue.map(|id| find_queue(organization, id)).transpose()?;
        let missing = || refused("callback.error.missing.queue.id", "Callback missing queue ID");
        let added = change_participant(call, organization, |parties, index| -> Result<(), ApiError> {
            check_goes_on(parties)?;
            let queue = queue.or(parties.participants[index].queue).ok_or_else(missing)?;
            parties.numbers = numbers;
            parties.scheduled = scheduled.unwrap_or(0);
            let state = if scheduled.is_some() { State::Scheduled } else { State::Connected };
            let waiting = Communication::new(Medium::Callback, state, Direction::Inbound, call.now);
            let waiting = Participant::new(Party::Queue(queue), Purpose::Acd, waiting);
            let participant = parties.add(waiting).ok_or_else(too_many)?;
            if let Some(at) = scheduled {
                parties.later(Step { at, participant, state: State::Connected });
            }
            Ok(())
        })?;
        added.map(|()| Reply::empty(StatusCode::CREATED))
    })
}

/// The customer, and the queue in which the callback waits from its scheduled time on.
fn waiting(queue: Party, scheduled: Option<Nanos>, now: Nanos) -> Parties {
    let state = if scheduled.is_some() { State::Scheduled } else { State::Connected };
    let one = || Communication::new(Medium::Callback, state, Direction::Inbound, now);
    let mut parties = Parties::of(vec![
        Participant::new(Party::Customer, Purpose::Customer, one()),
        Participant::new(queue, Purpose::Acd, one()),
    ]);
    if let Some(at) = scheduled {
        parties.later(Step { at, participant: 0, state: State::Connected });
        parties.later(Step { at, participant: 1, state: State::Connected });
    }
    parties
}

fn to_json(organization: &Organization, key: Key) -> Value {
    let store = organization.conversations();
    let id = store.id(key);
    json!({
        "conversation": { "id": id, "selfUri": format!("/api/v2/conversations/{id}") },
        "callbackIdentifiers": [{ "type": "ACD", "id": store.communication(key, ACD, 0) }],
    })
}

/// `PATCH …/callbacks`: another time, queue, agent or number.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let shown = call.change(|organization| update_one(call, organization, &body))?;
    Reply::ok(&shown)
}

fn update_one(call: &Call<'_>, organization: &mut Organization, body: &Body) -> Result<Value, ApiError> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let required = |key: &'static str| {
        text(key).ok_or_else(|| {
            ApiError::bad_request(format!("The property {key} is required and must be a string."))
        })
    };
    let (id, agent) = (required("conversationId")?, required("agentId")?);
    let key = find(organization, id)?;
    let agent = organization.people().find(agent).ok_or_else(|| ApiError::no_such("user", agent))?;
    let queue = text("queueId").map(|id| find_queue(organization, id)).transpose()?;
    let (numbers, at) = (read_numbers(body)?, read_time(body, call.now)?);
    let moved = organization.change_parties(key, call.now, |parties| -> Result<(), ApiError> {
        check_goes_on(parties)?;
        parties.numbers = numbers.unwrap_or_else(|| std::mem::take(&mut parties.numbers));
        if let Some(at) = at {
            parties.scheduled = at;
            parties.reschedule(at);
        }
        match queue {
            Some(queue) => parties.invite(Party::Queue(queue), None, call.now),
            None => parties.invite(Party::User(agent), parties.queues().last().copied(), call.now),
        };
        Ok(())
    });
    moved.ok_or_else(ApiError::internal)??;
    Ok(to_json(organization, key))
}

/// `POST …/callbacks/bulk/disconnect`: ends those that exist.
fn disconnect_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let given = read_list(&body, "callbackDisconnectIdentifiers")?;
    call.change(|organization| {
        for one in given {
            let id = one.get("conversationId").and_then(Value::as_str).unwrap_or_default();
            if let Ok(key) = find(organization, id) {
                organization
                    .change_parties(key, call.now, |parties| parties.end(Disconnect::Client, call.now));
            }
        }
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

/// `POST …/callbacks/bulk/update`: a result for each callback.
fn update_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let given = read_list(&body, "patchCallbackRequests")?;
    let (mut results, mut wrong) = (Vec::new(), Vec::new());
    call.change(|organization| {
        for (index, one) in given.iter().enumerate() {
            let none = Body::new();
            match update_one(call, organization, one.as_object().unwrap_or(&none)) {
                Ok(entity) => results.push(json!({ "entity": entity })),
                Err(error) => {
                    wrong.push(index);
                    results.push(json!({ "error": { "code": error.code, "message": error.message } }));
                }
            }
        }
        Ok(())
    })?;
    Reply::ok(&json!({ "results": results, "errorCount": wrong.len(), "errorIndexes": wrong }))
}

fn read_list<'b>(body: &'b Body, key: &'static str) -> Result<&'b Vec<Value>, ApiError> {
    let list = body.get(key).and_then(Value::as_array).filter(|list| list.len() <= MAX_BULK);
    list.ok_or_else(|| {
        ApiError::bad_request(format!("The property {key} must be an array of at most {MAX_BULK}."))
    })
}

/// The callback conversation of that id.
fn find(organization: &Organization, id: &str) -> Result<Key, ApiError> {
    let store = organization.conversations();
    let key = Uuid::try_parse(id).ok().and_then(|id| store.find(id));
    let key = key.filter(|key| store.glance(*key).is_some_and(|glance| glance.has(Medium::Callback)));
    key.ok_or_else(|| ApiError::no_such("conversation", id))
}

fn read_numbers(body: &Body) -> Result<Option<Vec<Box<str>>>, ApiError> {
    let Some(given) = body.get("callbackNumbers").filter(|given| !given.is_null()) else { return Ok(None) };
    let wrong = || ApiError::bad_request("The property callbackNumbers must be an array of strings.");
    let given = given.as_array().ok_or_else(wrong)?;
    let numbers = given.iter().take(10).map(|one| one.as_str().map(Into::into).ok_or_else(wrong));
    let numbers: Vec<_> = numbers.collect::<Result<_, _>>()?;
    Ok((!numbers.is_empty()).then_some(numbers))
}

fn read_time(body: &Body, now: Nanos) -> Result<Option<Nanos>, ApiError> {
    const FIELD: &str = "callbackScheduledTime";
    let at = body.get(FIELD).and_then(Value::as_str).map(|text| instant(FIELD, text)).transpose()?;
    if at.is_some_and(|at| at > now.saturating_add(MAX_AHEAD)) {
        let code = "callback.error.scheduled.time.too.far.in.future";
        return Err(refused(code, "A callback can be scheduled at most 30 days ahead."));
    }
    Ok(at)
}

fn refused(code: &'static str, why: &'static str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why)
}
