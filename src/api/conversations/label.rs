//! The utilization label of a conversation.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::find_conversation;
use crate::api::call::Call;
use crate::api::record::find;
use crate::api::route::Route;
use crate::api::setting;
use crate::view::conversation::{LABEL, label_path};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::routing::UtilizationLabel;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::patch("/api/v2/conversations/{conversationId}/utilizationlabel", set)]
}

/// `PATCH …/utilizationlabel`: sets the label. Without one in the body the default label counts.
fn set(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let label = body.get(LABEL).and_then(Value::as_str).filter(|id| !id.is_empty());
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let path = label_path(organization.conversations().id(key));
        if let Some(label) = label {
            let known = find::<UtilizationLabel>(organization, label).map_err(unknown)?;
            let kept = Map::from_iter([(LABEL.to_owned(), json!(known.id()))]);
            setting::set(organization, &path, kept);
        } else {
            organization.collections.remove(&path, "");
        }
        organization.change_parties(key, call.now, |_| ());
        Ok(())
    })?;
    Reply::json(StatusCode::ACCEPTED, &json!("Accepted"))
}

fn unknown(error: ApiError) -> ApiError {
    ApiError { code: "utilization.label.id.not.found".into(), ..error }
}
