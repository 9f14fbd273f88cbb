//! Knowledge bases, and the settings that searches over them have.

use serde_json::{Value, json};

use super::documents::Document;
use super::versions;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The collection of the knowledge bases.
pub(super) const BASES: &str = "/api/v2/knowledge/knowledgebases";

pub(super) fn routes() -> Vec<Route> {
    let mut routes = json_entity::routes::<Base>();
    routes.extend(json_entity::routes::<SearchSetting>());
    routes
}

/// A knowledge base.
pub(super) enum Base {}

impl JsonEntity for Base {
    const NAME: &'static str = "knowledge base";
    const PATH: &'static str = BASES;
    const PARAM: &'static str = "knowledgeBaseId";
    const UNIQUE: bool = true;

    fn change(_: &Call<'_>, _: &Organization, before: &Body, entity: &mut Body) {
        // The language of a base does not change.
        entity.insert("coreLanguage".to_owned(), before.get("coreLanguage").cloned().unwrap_or_default());
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let documents = documents_of(entity);
        let published = is_published(organization, entity);
        let changed = organization.collections.list(&documents).map(|one| text(one, "dateModified")).max();
        let changed = changed.map(str::to_owned);
        entity.insert("articleCount".to_owned(), json!(organization.collections.len(&documents)));
        entity.insert("faqCount".to_owned(), json!(0));
        entity.insert("published".to_owned(), json!(published));
        if let Some(changed) = changed {
            entity.insert("dateDocumentLastModified".to_owned(), json!(changed));
        }
    }

    fn matches(call: &Call<'_>, organization: &Organization, entity: &Body) -> bool {
        let published = call.query_bool("published");
        call.query_text("coreLanguage").is_none_or(|language| text(entity, "coreLanguage") == language)
            && published.is_none_or(|wanted| is_published(organization, entity) == wanted)
    }
}

/// The collection of the documents of a base.
fn documents_of(base: &Body) -> String {
    Document::PATH.replace("{knowledgeBaseId}", text(base, "id"))
}

/// Whether a document of a base was published.
fn is_published(organization: &Organization, base: &Body) -> bool {
    let documents = documents_of(base);
    let mut all = organization.collections.list(&documents);
    all.any(|document| versions::number(document) > 0)
}

/// The reference to the knowledge base in the call's path.
pub(super) fn reference(call: &Call<'_>, organization: &Organization) -> Value {
    let id = call.param("knowledgeBaseId").unwrap_or_default();
    let language =
        organization.collections.get(BASES, &id).and_then(|base| base.get("coreLanguage").cloned());
    json!({ "id": id, "languageCode": language, "selfUri": format!("{BASES}/{id}") })
}

/// A setting: the sources that a search looks at.
enum SearchSetting {}

impl JsonEntity for SearchSetting {
    const NAME: &'static str = "knowledge setting";
    const PATH: &'static str = "/api/v2/knowledge/settings";
    const PARAM: &'static str = "knowledgeSettingId";
    const UNIQUE: bool = true;

    fn check(_: &Call<'_>, _: &Organization, _: Option<&Body>, body: &Body) -> Result<(), ApiError> {
        if body.get("sources").and_then(Value::as_array).is_some_and(|sources| sources.len() > MAX_SOURCES) {
            return Err(ApiError::constraint("sources", format!("must have at most {MAX_SOURCES} sources")));
        }
        Ok(())
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let sources = entity.get("sources").and_then(Value::as_array).into_iter().flatten();
        let mut ids = sources.filter_map(|source| source.get("id")?.as_str());
        call.query_text("sourceId").is_none_or(|wanted| ids.any(|id| id == wanted))
    }
}

/// The most sources of one setting. Assumed.
const MAX_SOURCES: usize = 50;
