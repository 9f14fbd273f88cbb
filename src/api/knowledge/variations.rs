//! Variations: the contents of a document, by context.

use serde_json::{Map, Value, json};

use super::documents::Document;
use super::versions::{latest, snapshot};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, path_of};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{}/{{documentVariationId}}", Variation::PATH);
    vec![
        Route::get(Variation::PATH, list),
        Route::post(Variation::PATH, json_entity::create::<Variation>),
        Route::get(&one, get),
        Route::patch(&one, json_entity::update::<Variation>),
        Route::delete(&one, json_entity::delete::<Variation>),
    ]
}

/// A variation.
pub(super) enum Variation {}

impl JsonEntity for Variation {
    const NAME: &'static str = "variation";
    const PATH: &'static str =
        "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}/variations";
    const PARAM: &'static str = "documentVariationId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let id = call.param("documentId").unwrap_or_default();
        let documents = path_of(call, Document::PATH).unwrap_or_default();
        let base = call.param("knowledgeBaseId").unwrap_or_default();
        let base = json!({ "id": base, "selfUri": format!("/api/v2/knowledge/knowledgebases/{base}") });
        let document = json!({ "id": id, "knowledgeBase": base, "selfUri": format!("{documents}/{id}") });
        entity.insert("document".to_owned(), document);
        entity.entry("priority").or_insert(json!(1));
    }

    /// A changed variation makes its document a draft.
    fn relate(call: &Call<'_>, organization: &mut Organization, _: &Body) {
        mark_as_draft(call, organization);
    }

    fn forget(call: &Call<'_>, organization: &mut Organization, _: &Body) {
        mark_as_draft(call, organization);
    }
}

fn mark_as_draft(call: &Call<'_>, organization: &mut Organization) {
    let (Ok(path), Ok(id)) = (path_of(call, Document::PATH), call.param("documentId")) else { return };
    if let Some(document) = organization.collections.get(&path, &id) {
        let mut document = Map::clone(document);
        document.insert("state".to_owned(), json!("Draft"));
        organization.collections.insert(&path, &id, document);
    }
}

fn wants_published(call: &Call<'_>) -> bool {
    call.query_text("documentState").as_deref() == Some("Published")
}

/// The variations that were published last.
fn published(call: &Call<'_>, organization: &Organization) -> Result<Vec<Body>, ApiError> {
    let document = json_entity::find::<Document>(call, organization)?;
    let version = latest(call, organization, text(document, "id"));
    Ok(version.map(|version| snapshot(version)).unwrap_or_default())
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    if !wants_published(call) {
        return json_entity::list::<Variation>(call);
    }
    let all = published(call, &call.tenant().read())?;
    answer::list(call, all)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    if !wants_published(call) {
        return json_entity::get::<Variation>(call);
    }
    let id = call.param("documentVariationId")?;
    let all = published(call, &call.tenant().read())?;
    let found = all.into_iter().find(|one| text(one, "id") == id);
    answer::reply(call, Value::Object(found.ok_or_else(|| ApiError::no_such(Variation::NAME, &id))?))
}
