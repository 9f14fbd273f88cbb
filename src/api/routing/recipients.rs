//! The recipients of messages: the addresses of this organization, each with the flow that inbound messages start.
//! A messaging integration makes its recipient; no request creates one.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view::architect::flow_reference;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::Flow;
use crate::world::messaging::RECIPIENTS;
use crate::world::table::Kind;

const KIND: &str = "recipient";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(RECIPIENTS, list),
        Route::get("/api/v2/routing/message/recipients/{recipientId}", get),
        Route::put("/api/v2/routing/message/recipients/{recipientId}", update),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let messenger = call.query_text("messengerType");
    let wanted = |entity: &Map<String, Value>| {
        messenger.as_ref().is_none_or(|messenger| text(entity, "messengerType") == messenger)
    };
    Reply::ok(&entity::list_where(call, RECIPIENTS, wanted)?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, RECIPIENTS, KIND, &call.param("recipientId")?)?)
}

/// Sets the flow, or removes it where the body has none.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = body.get("flow").and_then(|flow| flow.get("id")).and_then(Value::as_str);
    let flow = id.map(|id| {
        let organization = call.tenant().read();
        let flow = organization.flows.find(id).map(flow_reference);
        flow.ok_or_else(|| ApiError::no_reference("flow", Flow::NAME, id))
    });
    let flow = flow.transpose()?;
    let changed = entity::update(call, RECIPIENTS, KIND, &call.param("recipientId")?, |recipient| {
        recipient.shift_remove("flow");
        if let Some(flow) = flow {
            recipient.insert("flow".to_owned(), flow);
        }
        recipient.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        Ok(())
    })?;
    Reply::ok(&changed)
}
