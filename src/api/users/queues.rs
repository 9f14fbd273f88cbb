//! The queues of a user: each queue of the organization, joined until the user leaves it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;

const QUEUES: &str = "/api/v2/routing/queues";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/users/{userId}/queues", list),
        Route::patch("/api/v2/users/{userId}/queues", update_many),
        Route::patch("/api/v2/users/{userId}/queues/{queueId}", update),
    ]
}

/// The collection of the queues that the user left.
fn memberships_path(user: &str) -> String {
    format!("/api/v2/users/{user}/queues")
}

/// The queue with `joined` of this user.
fn to_json(organization: &Organization, memberships: &str, queue: &Entity) -> Map<String, Value> {
    let mut queue = Map::clone(queue);
    let id = queue.get("id").and_then(Value::as_str).unwrap_or_default();
    let left = organization.collections.get(memberships, id).is_some();
    queue.insert("joined".to_owned(), json!(!left));
    queue
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let memberships = memberships_path(&super::user_in_path(call)?.id.to_string());
    let wanted = call.query("joined").map(|value| value.eq_ignore_ascii_case("true"));
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = organization.collections.list(QUEUES).map(|queue| to_json(&organization, &memberships, queue));
    let all = all.filter(|queue| wanted.is_none_or(|wanted| queue.get("joined") == Some(&json!(wanted))));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let queue = call.param("queueId")?;
    Reply::ok(&set_joined(call, &queue, &body)?)
}

fn update_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    let queues = bodies.iter().map(|body| set_joined(call, required_text(body, "id")?, body));
    let queues = queues.collect::<Result<Vec<_>, _>>()?;
    Reply::ok(&Page::of(queues, call.page()?, call.path, call.query))
}

fn set_joined(
    call: &Call<'_>,
    queue: &str,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let memberships = memberships_path(&super::user_in_path(call)?.id.to_string());
    let joins = body.get("joined").and_then(Value::as_bool);
    let joins = joins.ok_or_else(|| ApiError::bad_request("The property joined must be true or false."))?;
    call.change(|organization| {
        let entity = organization.collections.get(QUEUES, queue).map(Arc::clone);
        let entity = entity.ok_or_else(|| ApiError::no_such("queue", queue))?;
        if joins {
            organization.collections.remove(&memberships, queue);
        } else {
            organization.collections.insert(&memberships, queue, Map::new());
        }
        Ok(to_json(organization, &memberships, &entity))
    })
}
