//! The settings of external contacts, and the contact of a conversation.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record;
use crate::api::route::Route;
use crate::api::setting::{set, stored};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::contact::ExternalContact;
use crate::world::id::Id;
use crate::world::json::object;

const PATH: &str = "/api/v2/externalcontacts/settings";
const FIELDS: [&str; 2] = ["manuallyAssignDivisionsToInteractions", "manuallyAssignDivisionsToContacts"];
const CONVERSATIONS: &str = "/api/v2/externalcontacts/conversations";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, get),
        Route::put(PATH, put),
        Route::delete(PATH, delete),
        Route::put(&format!("{CONVERSATIONS}/{{conversationId}}"), associate),
    ]
}

fn default() -> Map<String, Value> {
    object(json!({ FIELDS[0]: false, FIELDS[1]: false }))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    Reply::ok(&stored(&organization, PATH).unwrap_or_else(default))
}

fn put(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    call.change(|organization| {
        let mut value = default();
        value.extend(body.into_iter().filter(|(key, _)| FIELDS.contains(&key.as_str())));
        set(organization, PATH, value);
        Reply::ok(&json!({ "message": "The settings were updated." }))
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        set(organization, PATH, default());
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
}

/// Notes the contact of a conversation. It is kept, and shown nowhere.
fn associate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (call.param("conversationId")?, call.json_object()?);
    call.change(|organization| {
        let found = Id::<()>::parse(&id).and_then(|id| organization.conversations().find(id.uuid()));
        found.ok_or_else(|| ApiError::no_such("conversation", &id))?;
        if let Some(contact) = body.get("externalContactId").and_then(Value::as_str) {
            record::referred::<ExternalContact>(organization, "externalContactId", contact)?;
        }
        organization.collections.insert(CONVERSATIONS, &id, body);
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}
