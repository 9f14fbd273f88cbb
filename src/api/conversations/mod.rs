//! Conversations of every medium, and their participants.
//!
//! | file | owns |
//! |---|---|
//! | `read` | listings and single conversations |
//! | `participant` | states, hold, mute, attributes, the end |
//! | `wrapup` | wrap-ups and their codes |
//! | `transfer` | transfers to a user, a queue or an address, and consults |
//! | `calls`, `callbacks`, `emails` | the start of a conversation of that medium, and what only this medium has |
//! | `email_messages` | the messages of email conversations |
//! | `watching` | supervisors that monitor, coach, barge in and take over |
//! | `recordings` | the recordings of calls that have ended |
//! | `search` | searches by attributes of participants, and by what was written |
//!
//! A path names its medium: `/conversations/calls/{conversationId}` finds only conversations with a call, and
//! `/conversations/{conversationId}` finds all. Messages are in `api::messaging`. The state is in
//! `world::conversation`, the JSON in `view::conversation`.

mod callbacks;
mod calls;
mod email_messages;
mod emails;
mod label;
mod participant;
mod read;
pub(super) mod recordings;
mod requested;
mod search;
mod transfer;
mod watching;
mod wrapup;

pub(super) use calls::find_queue;
use serde_json::Value;
use smallvec::SmallVec;
use uuid::Uuid;

use super::call::Call;
use crate::api::refusal;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::architect::{Flow, SCRIPTS};
use crate::world::contact::ExternalContact;
use crate::world::conversation::{Key, Medium, Place};
use crate::world::id::UserIndex;
use crate::world::reference::Reference;
use crate::world::routing::{Language, Skill};

/// The token's user. A token of a client has none.
fn own_user(call: &Call<'_>) -> Result<UserIndex, ApiError> {
    call.caller.token.user.ok_or_else(refusal::without_user)
}

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let media = [Medium::Message, Medium::Call, Medium::Callback, Medium::Email].map(media_routes).concat();
    [
        general_routes(),
        media,
        parking_routes(),
        calls::routes(),
        callbacks::routes(),
        emails::routes(),
        email_messages::routes(),
        label::routes(),
        recordings::routes(),
        requested::routes(),
        search::routes(),
        watching::routes(),
    ]
    .concat()
}

fn general_routes() -> Vec<Route> {
    const ONE: &str = "/api/v2/conversations/{conversationId}";
    const PARTICIPANT: &str = "/api/v2/conversations/{conversationId}/participants/{participantId}";
    let one = |more: &str| format!("{ONE}{more}");
    let participant = |more: &str| format!("{PARTICIPANT}{more}");
    vec![
        Route::get("/api/v2/conversations", read::list),
        Route::get(ONE, read::get),
        Route::delete(ONE, participant::delete),
        Route::post(&one("/disconnect"), participant::disconnect),
        Route::post(&one("/assign"), transfer::assign),
        Route::put(&one("/tags"), participant::update_tags),
        Route::patch(&one("/recordingstate"), participant::pause_recording),
        Route::patch(PARTICIPANT, participant::update),
        Route::patch(&participant("/attributes"), participant::add_attributes),
        Route::get(&participant("/wrapup"), wrapup::get_wrapup),
        Route::get(&participant("/wrapupcodes"), wrapup::list_wrapup_codes),
        Route::post(&participant("/digits"), participant::send_digits),
        Route::put(&participant("/flaggedreason"), participant::flag),
        Route::delete(&participant("/flaggedreason"), participant::unflag),
        Route::post(&participant("/replace"), transfer::replace),
        Route::post(&participant("/replace/agent"), transfer::replace_by_user),
        Route::post(&participant("/replace/queue"), transfer::replace_by_queue),
        Route::post(&participant("/replace/external"), transfer::replace_by_address),
        Route::post(&participant("/transfer"), transfer::replace_by_address),
        Route::patch(
            "/api/v2/conversations/aftercallwork/{conversationId}/participants/{participantId}/communications/{communicationId}",
            wrapup::require_after_call_work,
        ),
    ]
}

/// The operations that every medium has.
fn media_routes(medium: Medium) -> Vec<Route> {
    let all = format!("/api/v2/conversations/{}", medium.name());
    let one = format!("{all}/{{conversationId}}");
    let participant = |more: &str| format!("{one}/participants/{{participantId}}{more}");
    let communication = |more: &str| participant(&format!("/communications/{{communicationId}}{more}"));
    vec![
        Route::get(&all, read::list),
        Route::get(&one, read::get),
        // The document reads a whole conversation here. Clients send the state alone.
        Route::patch(&one, participant::update_conversation).checks(Checks::Inside),
        Route::put(&format!("{one}/recordingstate"), participant::set_recording_state),
        Route::patch(&participant(""), participant::update),
        Route::patch(&participant("/attributes"), participant::update_attributes),
        Route::get(&participant("/wrapup"), wrapup::get_wrapup),
        Route::get(&participant("/wrapupcodes"), wrapup::list_wrapup_codes),
        Route::post(&participant("/replace"), transfer::replace),
        Route::patch(&communication(""), participant::update_communication),
        Route::get(&communication("/wrapup"), wrapup::get_wrapup),
        Route::post(&communication("/wrapup"), wrapup::create_wrapup),
    ]
}

/// The operations of the media whose conversations can wait beside the work of their agent.
fn parking_routes() -> Vec<Route> {
    let parking = |medium: &str| {
        format!(
            "/api/v2/conversations/{medium}/{{conversationId}}/participants/{{participantId}}/parkingstate"
        )
    };
    ["emails", "messages"].map(|medium| Route::patch(&parking(medium), participant::park)).to_vec()
}

/// The most skills that a new conversation asks of an agent. The others are left out.
const MAX_SKILLS: usize = 20;

/// What the body of a new callback refers to.
const OF_CALLBACK: &[Reference] = &[
    Reference::to::<Skill>("routingData.skillIds"),
    Reference::to::<Language>("routingData.languageId"),
    Reference::new("routingData.preferredAgentIds", "/api/v2/users", "user"),
    Reference::new("scriptId", SCRIPTS, "script"),
];
/// What the body of a new call refers to.
const OF_CALL: &[Reference] = &[
    Reference::to::<Skill>("routingSkillsIds"),
    Reference::to::<Language>("languageId"),
    Reference::to::<ExternalContact>("externalContactId"),
];
/// What the body of a new email refers to.
const OF_EMAIL: &[Reference] = &[
    Reference::to::<Skill>("skillIds"),
    Reference::to::<Language>("languageId"),
    Reference::to::<Flow>("flowId"),
    Reference::to::<ExternalContact>("externalContactId"),
];
/// What the body of a new message conversation refers to, beside its queue.
pub(super) const OF_MESSAGE: &[Reference] = &[Reference::to::<ExternalContact>("externalContactId")];

/// The skills that a body asks of an agent, at most [`MAX_SKILLS`].
fn skills_in(ids: Option<&Value>) -> SmallVec<[Uuid; 1]> {
    let ids = ids.and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(|id| Uuid::try_parse(id.as_str()?).ok()).take(MAX_SKILLS).collect()
}

/// The medium that the call's path names.
fn medium_in(call: &Call<'_>) -> Option<Medium> {
    let below = call.path.strip_prefix("/api/v2/conversations/")?;
    Medium::from_name(below.split('/').next()?)
}

/// Finds the conversation in the call's path. A path of a medium finds only conversations of that medium.
pub(super) fn find_conversation(call: &Call<'_>, organization: &Organization) -> Result<Key, ApiError> {
    let id = call.param("conversationId")?;
    let store = organization.conversations();
    let found = Uuid::try_parse(&id).ok().and_then(|id| store.find(id));
    let medium = medium_in(call);
    let found = found.filter(|key| {
        medium.is_none_or(|medium| store.glance(*key).is_some_and(|glance| glance.has(medium)))
    });
    found.ok_or_else(|| ApiError::no_such("conversation", &id))
}

/// Finds the conversation and its participant in the call's path.
fn find_participant(call: &Call<'_>, organization: &Organization) -> Result<Place, ApiError> {
    let key = find_conversation(call, organization)?;
    let id = call.param("participantId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find_participant(id));
    found.filter(|place| place.key == key).ok_or_else(|| ApiError::no_such("participant", &id))
}

/// Finds the conversation and its communication in the call's path. A path with a participant finds only communications
/// of that participant.
pub(super) fn find_communication(call: &Call<'_>, organization: &Organization) -> Result<Place, ApiError> {
    let key = find_conversation(call, organization)?;
    let has_participant = !call.param("participantId")?.is_empty();
    let participant = has_participant.then(|| find_participant(call, organization)).transpose()?;
    let participant = participant.map(|place| place.participant);
    let of_path = |place: &Place| place.key == key && participant.is_none_or(|one| one == place.participant);
    let id = call.param("communicationId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find_communication(id));
    found.filter(of_path).ok_or_else(|| ApiError::no_such("communication", &id))
}
