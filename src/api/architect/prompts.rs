//! Prompts and their resources: what is said, language by language.
//!
//! Resources lie in their prompt, so a prompt shows them itself and two writers of one prompt lose
//! neither. Audio is neither taken nor played: `uploadUri` is an address with a generic answer.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::flows::done;
use super::resource::{Resource, Type, create, lay_over, list, only, own_id, read, write};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, delete, get, post, put};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
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
};

/// What a prompt has its resources under.
const RESOURCES: &str = "resources";

/// What clients say about a resource; the rest the platform adds.
const SAID: [&str; 5] = ["name", "ttsString", "text", "tags", "durationSeconds"];

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/architect/prompts", list),
        post("/api/v2/architect/prompts", create),
        delete("/api/v2/architect/prompts", remove_many),
        get("/api/v2/architect/prompts/{promptId}", read),
        put("/api/v2/architect/prompts/{promptId}", write),
        delete("/api/v2/architect/prompts/{promptId}", super::resource::remove),
        get("/api/v2/architect/prompts/{promptId}/resources", resources),
        post("/api/v2/architect/prompts/{promptId}/resources", add),
        get("/api/v2/architect/prompts/{promptId}/resources/{languageCode}", resource),
        put("/api/v2/architect/prompts/{promptId}/resources/{languageCode}", change),
        delete("/api/v2/architect/prompts/{promptId}/resources/{languageCode}", remove),
        delete("/api/v2/architect/prompts/{promptId}/resources/{languageCode}/audio", remove_audio),
    ]
}

fn remove_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter id is required."));
    }
    call.change(|organization| {
        for id in &ids {
            organization.collections.remove(PROMPTS, id);
        }
        Ok(())
    })?;
    done(call, "DELETE")
}

fn resources(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let prompt = entity::get(call, PROMPTS, PROMPT.kind, &call.param("promptId")?)?;
    let all = prompt.get(RESOURCES).and_then(Value::as_array).into_iter().flatten();
    Reply::ok(&Page::of(all, wanted, call.path, call.query))
}

fn resource(call: &Call<'_>) -> Result<Reply, ApiError> {
    let language = own_id(call)?;
    let mut prompt = Map::clone(&*entity::get(call, PROMPTS, PROMPT.kind, &call.param("promptId")?)?);
    let resources = resources_of(&mut prompt)?;
    let place = place_of(resources, &language).ok_or_else(|| no_resource(&language))?;
    Reply::ok(&resources[place])
}

fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("promptId")?;
    let body = checked(call)?;
    let language = entity::required_text(&body, "language")?.to_lowercase();
    let uri = format!("{PROMPTS}/{id}/resources/{language}");
    let mut new = only(&body, &SAID);
    new.extend([
        ("id".to_owned(), json!(language)),
        ("promptId".to_owned(), json!(id)),
        ("language".to_owned(), json!(language)),
        ("uploadStatus".to_owned(), json!("created")),
        ("uploadUri".to_owned(), json!(format!("/api/v2/uploads{uri}"))),
        ("languageDefault".to_owned(), json!(false)),
        ("selfUri".to_owned(), json!(uri)),
    ]);
    with_resources(call, |resources| {
        if place_of(resources, &language).is_some() {
            let why = format!("The prompt has a resource for {language} already.");
            let code = "architect.prompt.resource.already.exists".into();
            return Err(ApiError { code, ..ApiError::conflict(why) });
        }
        resources.push(Value::Object(new.clone()));
        Ok(())
    })?;
    Reply::ok(&new)
}

fn change(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = only(&checked(call)?, &SAID);
    with_own_resource(call, |resource| lay_over(resource, changes))
}

fn remove_audio(call: &Call<'_>) -> Result<Reply, ApiError> {
    with_own_resource(call, |resource| {
        resource.shift_remove("mediaUri");
        resource.insert("uploadStatus".to_owned(), json!("created"));
    })?;
    Ok(Reply::no_content())
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let language = own_id(call)?;
    with_resources(call, |resources| {
        let place = place_of(resources, &language).ok_or_else(|| no_resource(&language))?;
        resources.remove(place);
        Ok(())
    })?;
    Ok(Reply::no_content())
}

fn checked(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    let body = call.json_object()?;
    let texts = ["name", "language", "ttsString", "text"].map(|field| (field, Type::Text));
    for (field, kind) in texts.into_iter().chain([("tags", Type::Object)]) {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            kind.check(field, value)?;
        }
    }
    Ok(body)
}

fn with_own_resource(
    call: &Call<'_>,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Reply, ApiError> {
    let language = own_id(call)?;
    let mut written = Map::new();
    with_resources(call, |resources| {
        let resource = place_of(resources, &language).and_then(|place| resources[place].as_object_mut());
        let resource = resource.ok_or_else(|| no_resource(&language))?;
        change(resource);
        written.clone_from(resource);
        Ok(())
    })?;
    Reply::ok(&written)
}

/// Changes the resources of the call's prompt, under the lock.
fn with_resources(
    call: &Call<'_>,
    change: impl FnOnce(&mut Vec<Value>) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let id = call.param("promptId")?;
    entity::change(call, PROMPTS, PROMPT.kind, &id, |prompt| change(resources_of(prompt)?)).map(drop)
}

fn resources_of(prompt: &mut Map<String, Value>) -> Result<&mut Vec<Value>, ApiError> {
    let resources = prompt.entry(RESOURCES).or_insert_with(|| json!([]));
    resources.as_array_mut().ok_or_else(ApiError::internal)
}

fn place_of(resources: &[Value], language: &str) -> Option<usize> {
    resources.iter().position(|one| {
        one.get("language").and_then(Value::as_str).is_some_and(|known| known.eq_ignore_ascii_case(language))
    })
}

fn no_resource(language: &str) -> ApiError {
    ApiError::no_such("prompt resource", language)
}
