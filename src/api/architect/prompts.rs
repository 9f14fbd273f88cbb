//! Prompts and their resources, one for each language.
//!
//! The resources are a part of their prompt, so one lock covers both. `uploadUri` takes audio, which is not kept.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::flows::finished_operation;
use super::resource::{Resource, Type, create, get, last_param, list, patch_fields, pick, update};
use super::scripts::url;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::architect::PROMPTS;

/// Prompts.
pub(super) static PROMPT: Resource = Resource {
    path: PROMPTS,
    kind: "prompt",
    required: &["name"],
    fields: &[],
    own: &[RESOURCES, "currentOperation"],
    stamped: false,
    divided: false,
    removed: StatusCode::NO_CONTENT,
    duplicate: "architect.prompt.already.exists",
};

/// The key of the resources of a prompt.
const RESOURCES: &str = "resources";

/// Where the audio of a resource is sent.
const UPLOAD: &str = "/api/v2/uploads/api/v2/architect/prompts/{promptId}/resources/{languageCode}";

/// The fields of a resource that clients may set.
const CLIENT_FIELDS: [&str; 5] = ["name", "ttsString", "text", "tags", "durationSeconds"];

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/architect/prompts", list),
        Route::post("/api/v2/architect/prompts", create),
        Route::delete("/api/v2/architect/prompts", delete_many),
        Route::get("/api/v2/architect/prompts/{promptId}", get),
        Route::put("/api/v2/architect/prompts/{promptId}", update),
        Route::delete("/api/v2/architect/prompts/{promptId}", delete),
        Route::get("/api/v2/architect/prompts/{promptId}/resources", list_resources),
        Route::post("/api/v2/architect/prompts/{promptId}/resources", create_resource),
        Route::get("/api/v2/architect/prompts/{promptId}/resources/{languageCode}", get_resource),
        Route::put("/api/v2/architect/prompts/{promptId}/resources/{languageCode}", update_resource),
        Route::delete("/api/v2/architect/prompts/{promptId}/resources/{languageCode}", delete_resource),
        Route::delete("/api/v2/architect/prompts/{promptId}/resources/{languageCode}/audio", delete_audio),
        Route::post(UPLOAD, upload_audio).unpublished(),
        Route::put(UPLOAD, upload_audio).unpublished(),
    ]
}

/// Deletes a prompt. One that has resources is kept, unless all of them are to be deleted.
fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let prompt = entity::get(call, PROMPTS, PROMPT.kind, &call.param("promptId")?)?;
    let has_resources = prompt.get(RESOURCES).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if has_resources && call.query_text("allResources").as_deref() != Some("true") {
        let refused = ApiError::conflict(
            "The prompt has resources. Delete them first, or all of them by allResources.",
        );
        return Err(ApiError { code: "architect.prompt.has.resources".into(), ..refused });
    }
    super::resource::delete(call)
}

fn delete_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter id is required."));
    }
    call.change(|organization| {
        ids.iter().try_for_each(|id| PROMPT.check_unused(organization, id))?;
        for id in &ids {
            organization.collections.remove(PROMPTS, id);
        }
        Ok(())
    })?;
    finished_operation(call, "DELETE")
}

fn list_resources(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let prompt = entity::get(call, PROMPTS, PROMPT.kind, &call.param("promptId")?)?;
    let all = prompt.get(RESOURCES).and_then(Value::as_array).into_iter().flatten();
    Reply::ok(&Page::of(all, wanted, call.path, call.query))
}

fn get_resource(call: &Call<'_>) -> Result<Reply, ApiError> {
    let language = last_param(call)?;
    let mut prompt = Map::clone(&*entity::get(call, PROMPTS, PROMPT.kind, &call.param("promptId")?)?);
    let resources = resources_of(&mut prompt)?;
    let index = index_of(resources, &language).ok_or_else(|| no_resource(&language))?;
    Reply::ok(&resources[index])
}

fn create_resource(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("promptId")?;
    let body = read_body(call)?;
    let language = entity::required_text(&body, "language")?.to_lowercase();
    let uri = format!("{PROMPTS}/{id}/resources/{language}");
    let mut new = pick(&body, &CLIENT_FIELDS);
    new.extend([
        ("id".to_owned(), json!(language)),
        ("promptId".to_owned(), json!(id)),
        ("language".to_owned(), json!(language)),
        ("uploadStatus".to_owned(), json!("created")),
        ("uploadUri".to_owned(), json!(url(call, &format!("/api/v2/uploads{uri}")))),
        ("languageDefault".to_owned(), json!(false)),
        ("selfUri".to_owned(), json!(uri)),
    ]);
    change_resources(call, |resources| {
        if index_of(resources, &language).is_some() {
            let why =
                format!("The prompt has a resource for {language} already.", language = quoted(&language));
            let code = "architect.prompt.resource.already.exists".into();
            return Err(ApiError { code, ..ApiError::conflict(why) });
        }
        resources.push(Value::Object(new.clone()));
        Ok(())
    })?;
    Reply::ok(&new)
}

fn update_resource(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = pick(&read_body(call)?, &CLIENT_FIELDS);
    change_own_resource(call, |resource| patch_fields(resource, changes))
}

/// Takes the audio of a resource. It is not kept, because no prompt is played here.
fn upload_audio(call: &Call<'_>) -> Result<Reply, ApiError> {
    if call.body.is_empty() {
        return Err(ApiError::bad_request("The file has no content."));
    }
    change_own_resource(call, |resource| {
        resource.insert("uploadStatus".to_owned(), json!("transcoded"));
    })
}

fn delete_audio(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_own_resource(call, |resource| {
        resource.shift_remove("mediaUri");
        resource.insert("uploadStatus".to_owned(), json!("created"));
    })?;
    Ok(Reply::no_content())
}

fn delete_resource(call: &Call<'_>) -> Result<Reply, ApiError> {
    let language = last_param(call)?;
    change_resources(call, |resources| {
        let index = index_of(resources, &language).ok_or_else(|| no_resource(&language))?;
        resources.remove(index);
        Ok(())
    })?;
    Ok(Reply::no_content())
}

fn read_body(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    let body = call.json_object()?;
    let strings = ["name", "language", "ttsString", "text"].map(|field| (field, Type::Text));
    for (field, kind) in strings.into_iter().chain([("tags", Type::Object)]) {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            kind.check(field, value)?;
        }
    }
    Ok(body)
}

fn change_own_resource(
    call: &Call<'_>,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Reply, ApiError> {
    let language = last_param(call)?;
    let mut written = Map::new();
    change_resources(call, |resources| {
        let resource = index_of(resources, &language).and_then(|index| resources[index].as_object_mut());
        let resource = resource.ok_or_else(|| no_resource(&language))?;
        change(resource);
        written.clone_from(resource);
        Ok(())
    })?;
    Reply::ok(&written)
}

/// Changes the resources of the call's prompt under the lock.
fn change_resources(
    call: &Call<'_>,
    change: impl FnOnce(&mut Vec<Value>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let id = call.param("promptId")?;
    entity::update(call, PROMPTS, PROMPT.kind, &id, |prompt| change(resources_of(prompt)?)).map(drop)
}

fn resources_of(prompt: &mut Map<String, Value>) -> Result<&mut Vec<Value>, ApiError> {
    let resources = prompt.entry(RESOURCES).or_insert_with(|| json!([]));
    resources.as_array_mut().ok_or_else(ApiError::internal)
}

fn index_of(resources: &[Value], language: &str) -> Option<usize> {
    resources.iter().position(|one| {
        one.get("language").and_then(Value::as_str).is_some_and(|known| known.eq_ignore_ascii_case(language))
    })
}

fn no_resource(language: &str) -> ApiError {
    ApiError::no_such("prompt resource", language)
}
