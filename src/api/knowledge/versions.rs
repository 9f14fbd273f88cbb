//! Published versions of documents. A version keeps the document and its variations as they were.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::documents::{Document, show_references, variations_of};
use super::variations::Variation;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, path_of};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;

const VERSIONS: &str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents/{documentId}/versions";
/// The field of a version with its variations.
const SNAPSHOT: &str = "\u{0}variations";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{VERSIONS}/{{versionId}}");
    vec![
        Route::get(VERSIONS, json_entity::list::<DocumentVersion>),
        // The document requires the version to restore. To publish a draft, clients send none.
        Route::post(VERSIONS, create).checks(Checks::Inside),
        Route::get(&one, json_entity::get::<DocumentVersion>),
        Route::get(&format!("{one}/variations"), list_variations),
        Route::get(&format!("{one}/variations/{{variationId}}"), get_variation),
    ]
}

/// A version of a document.
enum DocumentVersion {}

impl JsonEntity for DocumentVersion {
    const NAME: &'static str = "version";
    const PATH: &'static str = VERSIONS;
    const PARAM: &'static str = "versionId";

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        if let Some(document) = entity.get_mut("document").and_then(Value::as_object_mut) {
            show_references(call, organization, document);
        }
    }
}

/// The number of the version that was published last; 0 for a document that was never published.
pub(super) fn number(document: &Body) -> u64 {
    document.get("lastPublishedVersionNumber").and_then(Value::as_u64).unwrap_or_default()
}

fn versions_of(call: &Call<'_>, document: &str) -> String {
    format!("{}/{document}/versions", path_of(call, Document::PATH).unwrap_or_default())
}

/// The version that was published last.
pub(super) fn latest<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
    document: &str,
) -> Option<&'o Entity> {
    organization.collections.list(&versions_of(call, document)).last()
}

/// The variations that a version keeps.
pub(super) fn snapshot(version: &Body) -> Vec<Body> {
    let kept = version.get(SNAPSHOT).and_then(Value::as_array).into_iter().flatten();
    kept.filter_map(Value::as_object).cloned().collect()
}

/// The ids of the variations that a document has, or had in a version.
pub(super) fn variation_ids(call: &Call<'_>, organization: &Organization, document: &str) -> Vec<String> {
    let id = |variation: &Body| text(variation, "id").to_owned();
    let versions = versions_of(call, document);
    let versions = organization.collections.list(&versions);
    let published = versions.flat_map(|version| snapshot(version)).map(|variation| id(&variation));
    let variations = variations_of(call, document);
    published.chain(organization.collections.list(&variations).map(|variation| id(variation))).collect()
}

/// The document as it was published last.
pub(super) fn published(call: &Call<'_>, organization: &Organization, document: &str) -> Option<Body> {
    latest(call, organization, document)?.get("document")?.as_object().cloned()
}

/// Publishes the draft of a document and returns the version. With `restore`, the draft is first set to an older
/// version.
pub(super) fn publish(
    call: &Call<'_>,
    organization: &mut Organization,
    document: &str,
    restore: &str,
) -> Result<Body, ApiError> {
    let path = path_of(call, Document::PATH)?;
    let draft = organization.collections.get(&path, document);
    let mut draft = Map::clone(draft.ok_or_else(|| ApiError::no_such(Document::NAME, document))?);
    if !restore.is_empty() {
        restore_draft(call, organization, &mut draft, restore)?;
    }
    let (id, collection) = (Uuid::new_v4().to_string(), versions_of(call, document));
    let version_number = number(&draft) + 1;
    let uri = format!("{collection}/{id}");
    let now = rfc3339(call.now);
    draft.insert("state".to_owned(), json!("Published"));
    draft.insert("lastPublishedVersionNumber".to_owned(), json!(version_number));
    draft.insert("datePublished".to_owned(), json!(now));
    draft.insert("documentVersion".to_owned(), json!({ "id": id, "selfUri": uri }));
    let variations = variations_of(call, document);
    let variations = organization.collections.list(&variations);
    let variations: Vec<Value> = variations.map(|one| Value::Object(Map::clone(one))).collect();
    let version = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("versionNumber".to_owned(), json!(version_number)),
        ("datePublished".to_owned(), json!(now)),
        ("document".to_owned(), Value::Object(draft.clone())),
        ("restoreFromVersionId".to_owned(), json!(restore)),
        (SNAPSHOT.to_owned(), variations.into()),
        ("selfUri".to_owned(), json!(uri)),
    ]);
    organization.collections.insert(&path, document, draft);
    let version = organization.collections.insert(&collection, &id, version);
    Ok(json_entity::to_json::<DocumentVersion>(call, organization, &version))
}

/// Sets the draft and its variations to those of an older version.
fn restore_draft(
    call: &Call<'_>,
    organization: &mut Organization,
    draft: &mut Body,
    version: &str,
) -> Result<(), ApiError> {
    let document = text(draft, "id").to_owned();
    let old = organization.collections.get(&versions_of(call, &document), version).cloned();
    let old = old.ok_or_else(|| ApiError::no_reference("restoreFromVersionId", "version", version))?;
    let last = number(draft);
    if let Some(Value::Object(before)) = old.get("document") {
        draft.clone_from(before);
    }
    draft.insert("lastPublishedVersionNumber".to_owned(), json!(last));
    let path = variations_of(call, &document);
    organization.collections.remove_all(&path);
    for variation in snapshot(&old) {
        let id = text(&variation, "id").to_owned();
        organization.collections.insert(&path, &id, variation);
    }
    Ok(())
}

/// `POST …/versions`: publishes the draft, or an older version again.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = json_entity::read_body(call)?;
    let restore = text(&body, "restoreFromVersionId").to_owned();
    let version = call.change(|organization| {
        json_entity::find::<Document>(call, organization)?;
        publish(call, organization, &call.param("documentId")?, &restore)
    })?;
    answer::reply(call, version)
}

fn list_variations(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = snapshot(json_entity::find::<DocumentVersion>(call, &call.tenant().read())?);
    answer::list(call, all)
}

fn get_variation(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("variationId")?;
    let all = snapshot(json_entity::find::<DocumentVersion>(call, &call.tenant().read())?);
    let found = all.into_iter().find(|one| text(one, "id") == id);
    answer::reply(call, found.ok_or_else(|| ApiError::no_such(Variation::NAME, &id))?)
}
