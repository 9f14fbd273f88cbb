//! Supervisors in conversations: they monitor and coach a participant, barge in, and take a conversation over.

use http::StatusCode;

use super::participant::change_participant;
use super::transfer::{not_connected, too_many};
use super::{find_conversation, own_user};
use crate::api::call::Call;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::conversation::{Disconnect, Participant, Parties, Party, Purpose, State, Watch};
use crate::world::id::UserIndex;

pub(super) fn routes() -> Vec<Route> {
    let call = |action: &str| participant("calls", action);
    vec![
        Route::post(&call("barge"), |call| watch(call, Watch::Barge)),
        Route::post(&call("coach"), |call| watch(call, Watch::Coach)),
        Route::post(&call("monitor"), |call| watch(call, Watch::Monitor)),
        Route::post(&participant("messages", "monitor"), |call| watch(call, Watch::Monitor)),
        Route::post(&participant("messages", "takeover"), take_over),
        Route::post("/api/v2/conversations/{conversationId}/barge", barge),
    ]
}

fn participant(medium: &str, action: &str) -> String {
    format!("/api/v2/conversations/{medium}/{{conversationId}}/participants/{{participantId}}/{action}")
}

/// `POST …/barge`, `…/coach`, `…/monitor` of a participant: the token's user joins the conversation.
fn watch(call: &Call<'_>, how: Watch) -> Result<Reply, ApiError> {
    let user = own_user(call)?;
    call.change(|organization| {
        let joined = change_participant(call, organization, |parties, index| {
            if !parties.participants[index].is_open() {
                return Err(not_connected());
            }
            join(parties, index, (user, how), call.now).ok_or_else(too_many)
        })?;
        joined.map(|()| Reply::empty(StatusCode::CREATED))
    })
}

/// `POST /conversations/{conversationId}/barge`: the token's user talks with the parties of the conversation.
fn barge(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = own_user(call)?;
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let joined = organization.change_parties(key, call.now, |parties| {
            let talks = |one: &Participant| one.is_open() && one.user().is_some_and(|other| other != user);
            let agent = parties.participants.iter().rposition(|one| talks(one) && one.watches.is_none());
            let agent = agent.ok_or_else(not_connected)?;
            join(parties, agent, (user, Watch::Barge), call.now).ok_or_else(too_many)
        });
        joined.ok_or_else(ApiError::internal)?.map(|()| Reply::empty(StatusCode::CREATED))
    })
}

/// Lets a user watch a participant. One that watches already goes on in the new way. `None` where there are too many
/// participants.
fn join(parties: &mut Parties, watched: usize, (user, how): (UserIndex, Watch), now: Nanos) -> Option<()> {
    let watched = u16::try_from(watched).ok()?;
    let index = match watching(parties, user) {
        Some(index) => index,
        None => usize::from(parties.invite(Party::User(user), None, now)?),
    };
    let one = &mut parties.participants[index];
    (one.purpose, one.watches) = (Purpose::User, Some((how, watched)));
    Some(())
}

/// The participant as which a user watches another one.
fn watching(parties: &Parties, user: UserIndex) -> Option<usize> {
    let is_own = |one: &Participant| one.is_open() && one.user() == Some(user) && one.watches.is_some();
    parties.participants.iter().position(is_own)
}

/// `POST …/takeover`: the conversation goes from the participant of the path to the token's user.
fn take_over(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = own_user(call)?;
    call.change(|organization| {
        let taken = change_participant(call, organization, |parties, index| {
            let one = &parties.participants[index];
            if !one.is_open() || one.user().is_none_or(|other| other == user) {
                return Err(not_connected());
            }
            let queue = one.queue;
            let taker = match watching(parties, user) {
                Some(index) => index,
                None => parties.invite(Party::User(user), queue, call.now).ok_or_else(too_many)?.into(),
            };
            let one = &mut parties.participants[taker];
            (one.purpose, one.queue, one.watches) = (Purpose::Agent, queue, None);
            parties.enter(taker, State::Connected, call.now);
            parties.participants[index].end(Disconnect::Transfer, call.now);
            Ok(())
        })?;
        taken.map(|()| Reply::no_content())
    })
}
