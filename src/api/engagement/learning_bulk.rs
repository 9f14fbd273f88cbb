//! Several assignments of learning modules at once: those that can not be made or removed are told in the answer.

use serde_json::{Value, json};

use super::learning::{ASSIGNMENTS, Assignment, events, events_of_modules};
use crate::api::announce::TopicEvent;
use crate::api::call::Call;
use crate::api::json_entity::{self, answer, author_reference};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The most assignments of one call (assumed).
const MOST: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&format!("{ASSIGNMENTS}/bulkadd"), add).publishes(events_of_all),
        Route::post(&format!("{ASSIGNMENTS}/bulkremove"), remove),
    ]
}

fn items(call: &Call<'_>) -> Result<Vec<Value>, ApiError> {
    match call.json_value()? {
        Some(Value::Array(items)) if items.len() <= MOST => Ok(items),
        Some(Value::Array(_)) => {
            Err(ApiError::bad_request(format!("At most {MOST} assignments can be given.")))
        }
        _ => Err(ApiError::bad_request("The body must be an array.")),
    }
}

fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    let items = items(call)?;
    let author = author_reference(call);
    let (made, refused) = call.change(|organization| {
        let (mut made, mut refused) = (Vec::new(), Vec::new());
        for item in items {
            let body = item.as_object().cloned().unwrap_or_default();
            match json_entity::add_to::<Assignment>(call, organization, body, author.clone()) {
                Ok(assignment) => made.push(Value::Object(assignment)),
                Err(why) => refused.push(json!({ "errorCode": why.code, "entity": item })),
            }
        }
        Ok::<_, ApiError>((made, refused))
    })?;
    answer::reply(call, json!({ "entities": made, "disallowedEntities": refused }))
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let items = items(call)?;
    let (removed, unknown) = call.change(|organization| {
        let (mut removed, mut unknown) = (Vec::new(), Vec::new());
        for id in items.iter().filter_map(Value::as_str) {
            if json_entity::remove_from::<Assignment>(call, organization, id)? {
                removed.push(json!({ "assignmentId": id }));
            } else {
                let entity = json!({ "id": id, "selfUri": format!("{ASSIGNMENTS}/{id}") });
                unknown.push(json!({ "errorCode": "not.found", "entity": entity }));
            }
        }
        Ok::<_, ApiError>((removed, unknown))
    })?;
    answer::reply(call, json!({ "entities": removed, "disallowedEntities": unknown }))
}

/// The events of each new assignment.
fn events_of_all(call: &Call<'_>, answer: &Value) -> Vec<TopicEvent> {
    let made = answer["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_users = made.iter().flat_map(|assignment| events(call, assignment));
    of_users.chain(events_of_modules(made)).collect()
}
