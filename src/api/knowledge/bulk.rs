//! Changes of many documents. Each has a result: what was changed, or its own error.

use serde_json::{Value, json};

use super::documents::{Document, check_parts};
use super::versions;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, check_parents, path_of, remove_from};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

/// The most documents of one request. Assumed.
const MAX: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    let path = |name: &str| format!("{}/{name}", Document::PATH);
    vec![
        Route::post(&path("bulk/remove"), remove),
        Route::post(&path("bulk/update"), update),
        Route::post(&path("versions/bulk/add"), publish),
    ]
}

type One = fn(&Call<'_>, &mut Organization, &Body) -> Result<Value, ApiError>;

fn each(call: &Call<'_>, one: One) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let entities = body.get("entities").and_then(Value::as_array).cloned().unwrap_or_default();
    if entities.is_empty() || entities.len() > MAX {
        return Err(ApiError::constraint("entities", format!("must have 1 to {MAX} entities")));
    }
    let results = call.change(|organization| {
        check_parents(call, organization, Document::PATH)?;
        let bodies = entities.into_iter().map(|entity| match entity {
            Value::Object(body) => body,
            _ => Body::new(),
        });
        Ok(bodies.map(|body| one(call, organization, &body)).collect::<Vec<_>>())
    })?;
    let failed: Vec<usize> =
        results.iter().enumerate().filter(|(_, result)| result.is_err()).map(|(index, _)| index).collect();
    let shown = results.into_iter().map(|result| match result {
        Ok(entity) => json!({ "entity": entity }),
        Err(error) => json!({ "error": { "code": error.code, "message": error.message } }),
    });
    let shown: Vec<_> = shown.collect();
    answer::reply(call, json!({ "results": shown, "errorCount": failed.len(), "errorIndexes": failed }))
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    each(call, |call, organization, body| {
        let id = text(body, "id");
        if remove_from::<Document>(call, organization, id)? {
            return Ok(json!({ "id": id }));
        }
        Err(ApiError::no_such(Document::NAME, id))
    })
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    each(call, |call, organization, body| {
        let id = text(body, "id");
        let mut document = Body::clone(json_entity::find_by_id::<Document>(call, organization, id)?);
        check_parts(call, organization, body)?;
        document.extend(body.clone());
        document.insert("state".to_owned(), json!("Draft"));
        document.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        let stored = organization.collections.insert(&path_of(call, Document::PATH)?, id, document);
        Ok(json!(json_entity::to_json::<Document>(call, organization, &stored)))
    })
}

fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    each(call, |call, organization, body| {
        let version =
            versions::publish(call, organization, text(body, "id"), text(body, "restoreFromVersionId"))?;
        Ok(json!({ "id": version.get("id"), "selfUri": version.get("selfUri") }))
    })
}
