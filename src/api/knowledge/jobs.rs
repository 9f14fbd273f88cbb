//! Imports and exports of knowledge bases. An import is validated, waits for its confirmation, and completes.

use serde_json::{Value, json};

use super::bases::{BASES, Base};
use super::documents::Document;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, job, path_of};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let (export, import) =
        (format!("{}/{{exportJobId}}", Export::PATH), format!("{}/{{importJobId}}", Import::PATH));
    vec![
        Route::post(Export::PATH, json_entity::create::<Export>),
        Route::get(&export, json_entity::get::<Export>),
        Route::delete(&export, json_entity::delete::<Export>),
        Route::post(Import::PATH, json_entity::create::<Import>),
        Route::get(&import, json_entity::get::<Import>),
        Route::delete(&import, json_entity::delete::<Import>),
        Route::patch(&import, confirm),
    ]
}

/// An export.
enum Export {}

impl JsonEntity for Export {
    const NAME: &'static str = "export job";
    const PATH: &'static str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/export/jobs";
    const PARAM: &'static str = "exportJobId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        job::start(call, entity);
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let status = job::state(call, entity, ["Created", "InProgress", "Completed"]);
        if status == "Completed" {
            let documents = path_of(call, Document::PATH).unwrap_or_default();
            let count = organization.collections.len(&documents);
            entity.insert("countDocumentProcessed".to_owned(), json!(count));
        }
        entity.insert("status".to_owned(), json!(status));
        show_base(call, organization, entity);
    }
}

/// An import.
enum Import {}

/// The field of an import that was confirmed.
const CONFIRMED: &str = "\u{0}confirmed";

impl JsonEntity for Import {
    const NAME: &'static str = "import job";
    const PATH: &'static str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/import/jobs";
    const PARAM: &'static str = "importJobId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        job::start(call, entity);
        if entity.get("skipConfirmationStep") == Some(&Value::Bool(true)) {
            entity.insert(CONFIRMED.to_owned(), json!(true));
        }
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let states = if entity.contains_key(CONFIRMED) {
            ["Started", "InProgress", "Completed"]
        } else {
            ["Created", "ValidationInProgress", "ValidationCompleted"]
        };
        entity.insert("status".to_owned(), json!(job::state(call, entity, states)));
        show_base(call, organization, entity);
    }
}

fn show_base(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
    let id = call.param("knowledgeBaseId").unwrap_or_default();
    if let Some(base) = organization.collections.get(BASES, &id) {
        let base = json_entity::shown::<Base>(call, organization, base);
        entity.insert("knowledgeBase".to_owned(), Value::Object(base));
    }
}

/// `PATCH …/import/jobs/{importJobId}`: `Started` begins a validated import, `AbortRequested` ends it.
fn confirm(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = call.param("importJobId")?.into_owned();
    let status = text(&body, "status");
    if !["Started", "AbortRequested"].contains(&status) {
        return Err(ApiError::invalid_value("status", status, "Started, AbortRequested"));
    }
    let shown = call.change(|organization| {
        let mut import = Body::clone(json_entity::find::<Import>(call, organization)?);
        if !import.contains_key(CONFIRMED) {
            job::start(call, &mut import);
            import.insert(CONFIRMED.to_owned(), json!(true));
        }
        let stored = organization.collections.insert(&path_of(call, Import::PATH)?, &id, import);
        Ok(json_entity::shown::<Import>(call, organization, &stored))
    })?;
    answer::reply(call, shown)
}
