//! The queues of a user: those that it was added to.

use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::{is_descending, required_text};
use crate::api::record::{self, Divisions, find};
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::home;
use crate::world::id::{Id, UserIndex};
use crate::world::routing::{Membership, Queue};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/queues/me", list_own),
        Route::get("/api/v2/users/{userId}/queues", list),
        Route::patch("/api/v2/users/{userId}/queues", update_many),
        Route::patch("/api/v2/users/{userId}/queues/{queueId}", update),
    ]
}

/// The queues of the caller. A client without a user has none.
fn list_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    queues_of(call, call.caller.token.user)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let user = find_index(call.tenant().read().people(), &id)?;
    queues_of(call, Some(user))
}

fn queues_of(call: &Call<'_>, user: Option<UserIndex>) -> Result<Reply, ApiError> {
    let joined = call.query_bool("joined");
    let divisions = Divisions::of(call, "divisionId");
    let page = call.page()?;
    let organization = call.tenant().read();
    let home = home(organization.id);
    let queues = user.into_iter().flat_map(|user| organization.queues_of(user));
    let queues = queues.filter(|(_, membership)| joined.is_none_or(|joined| joined == membership.joined));
    let queues = queues.filter_map(|(id, membership)| Some((organization.acd().queues.get(id)?, membership)));
    let mut queues: Vec<_> =
        queues.filter(|(queue, _)| divisions.have(queue.division.unwrap_or(home))).collect();
    if is_descending(call) {
        queues.reverse();
    }
    let all =
        queues.into_iter().map(|(queue, joined)| view::routing::user_queue(&organization, queue, joined));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, queue) = (call.json_object()?, call.param("queueId")?);
    Reply::ok(&call.change(|organization| {
        let changed = read_joined(call, organization, &queue, &body)?;
        set_joined(organization, changed)
    })?)
}

/// Changes several memberships; if one is wrong, none.
fn update_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    let page = call.page()?;
    let queues = call.change(|organization| {
        let ids = bodies.iter().map(|body| required_text(body, "id")).collect::<Result<Vec<_>, _>>()?;
        let read = ids.into_iter().zip(&bodies).map(|(id, body)| read_joined(call, organization, id, body));
        let changed = read.collect::<Result<Vec<_>, _>>()?.into_iter();
        changed.map(|changed| set_joined(organization, changed)).collect::<Result<Vec<_>, _>>()
    })?;
    Reply::ok(&Page::of(queues, page, call.path, call.query))
}

/// A queue, its member, and the membership that it is to have.
type Joined = (Id<Queue>, UserIndex, Membership);

/// Reads whether the user of the path takes interactions of a queue that it is a member of.
fn read_joined(
    call: &Call<'_>,
    organization: &Organization,
    queue: &str,
    body: &Map<String, Value>,
) -> Result<Joined, ApiError> {
    let user = find_index(organization.people(), &call.param("userId")?)?;
    let joined = body.get("joined").and_then(Value::as_bool);
    let joined = joined.ok_or_else(|| ApiError::bad_request("The property joined must be true or false."))?;
    let id = find::<Queue>(organization, queue)?.id();
    let known = organization.membership(id, user);
    let known = known.ok_or_else(|| ApiError::no_such("queue of the user", queue))?;
    Ok((id, user, Membership { joined, ..known }))
}

fn set_joined(
    organization: &mut Organization,
    (queue, user, membership): Joined,
) -> Result<Map<String, Value>, ApiError> {
    organization.set_membership(queue, user, membership).map_err(|_| record::full())?;
    let queue = organization.acd().queues.get(queue).ok_or_else(ApiError::internal)?;
    Ok(view::routing::user_queue(organization, queue, membership))
}
