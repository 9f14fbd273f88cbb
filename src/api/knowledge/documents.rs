//! Documents of a knowledge base. The stored document is its draft; `versions` has what was published.

use serde_json::{Map, Value, json};

use super::bases::reference;
use super::categories::Category;
use super::labels::Label;
use super::variations::Variation;
use super::versions::{self, published};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::interval;
use crate::api::json_entity::{self, Body, JsonEntity, answer, check_reference, path_of};
use crate::api::route::Route;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

const DOCUMENTS: &str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/documents";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{DOCUMENTS}/{{documentId}}");
    vec![
        Route::get(DOCUMENTS, list),
        Route::post(DOCUMENTS, json_entity::create::<Document>),
        Route::get(&one, get),
        Route::patch(&one, json_entity::update::<Document>),
        Route::delete(&one, json_entity::delete::<Document>),
    ]
}

/// A document.
pub(super) enum Document {}

impl JsonEntity for Document {
    const NAME: &'static str = "document";
    const PATH: &'static str = DOCUMENTS;
    const PARAM: &'static str = "documentId";

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_parts(call, organization, body)?;
        let external = text(body, "externalId");
        let own = before.map_or("", |before| text(before, "id"));
        let path = path_of(call, DOCUMENTS)?;
        let mut others = organization.collections.list(&path);
        if !external.is_empty()
            && others.any(|other| text(other, "externalId") == external && text(other, "id") != own)
        {
            return Err(ApiError::conflict("A document with this externalId exists already."));
        }
        Ok(())
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("state".to_owned(), json!("Draft"));
        entity.entry("visible").or_insert(json!(true));
        entity.entry("alternatives").or_insert(json!([]));
        entity.entry("readonly").or_insert(json!(false));
    }

    fn change(_: &Call<'_>, _: &Organization, _: &Body, entity: &mut Body) {
        entity.insert("state".to_owned(), json!("Draft"));
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        show_references(call, organization, entity);
        if call.query_list("expand").iter().any(|part| part == "variations") {
            let path = variations_of(call, text(entity, "id"));
            let all =
                organization.collections.list(&path).map(|one| Value::Object(Map::clone(one))).collect();
            entity.insert("variations".to_owned(), all);
        }
    }

    fn matches(call: &Call<'_>, organization: &Organization, entity: &Body) -> bool {
        let (labels, categories) = (call.query_list("labelIds"), call.query_list("categoryId"));
        let (ids, externals) = (call.query_list("documentId"), call.query_list("externalIds"));
        let is_one =
            |wanted: &[String], value: &str| wanted.is_empty() || wanted.iter().any(|of| of == value);
        (call.query_flag("includeDrafts") || versions::number(entity) > 0)
            && is_one(&ids, text(entity, "id"))
            && is_one(&externals, text(entity, "externalId"))
            && (categories.is_empty() || is_in(call, organization, &categories, text(entity, "categoryId")))
            && (labels.is_empty() || label_ids(entity).any(|label| labels.iter().any(|of| of == label)))
    }
}

/// Whether a category is one of those, or below one of them where the query asks for that.
fn is_in(call: &Call<'_>, organization: &Organization, wanted: &[String], category: &str) -> bool {
    let names = |id: &str| wanted.iter().any(|of| of == id);
    if !call.query_flag("includeSubcategories") {
        return names(category);
    }
    let path = path_of(call, Category::PATH).unwrap_or_default();
    let categories = organization.collections.len(&path);
    let above = |id: &&str| Some(text(organization.collections.get(&path, id)?, "parentCategoryId"));
    std::iter::successors(Some(category), above).take(categories + 1).any(names)
}

/// Refuses a category and labels that do not exist.
pub(super) fn check_parts(call: &Call<'_>, organization: &Organization, body: &Body) -> Result<(), ApiError> {
    check_reference::<Category>(call, organization, "categoryId", body.get("categoryId"))?;
    let mut labels = body.get("labelIds").and_then(Value::as_array).into_iter().flatten();
    labels.try_for_each(|label| check_reference::<Label>(call, organization, "labelIds", Some(label)))
}

/// The labels of a document.
pub(super) fn label_ids(document: &Body) -> impl Iterator<Item = &str> {
    document.get("labelIds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The path of the variations of a document.
pub(super) fn variations_of(call: &Call<'_>, document: &str) -> String {
    let documents = path_of(call, DOCUMENTS).unwrap_or_default();
    format!("{documents}/{document}/{}", Variation::PATH.rsplit('/').next().unwrap_or_default())
}

/// Adds the category, the labels and the knowledge base of a document.
pub(super) fn show_references(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
    let of = |template: &str, id: &str| {
        let path = path_of(call, template).ok()?;
        organization.collections.get(&path, id).map(|entity| Value::Object(Map::clone(entity)))
    };
    let category = of(Category::PATH, text(entity, "categoryId"));
    let labels: Vec<Value> = label_ids(entity).filter_map(|label| of(Label::PATH, label)).collect();
    if let Some(category) = category {
        entity.insert("category".to_owned(), category);
    }
    entity.insert("labels".to_owned(), labels.into());
    entity.insert("knowledgeBase".to_owned(), reference(call, organization));
}

/// `GET …/documents`, of which the query may ask for those that were changed in an interval.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let time = interval::query_interval(call, "interval")?;
    let is_wanted = |document: &Body| {
        let at = parse_rfc3339(text(document, "dateModified")).unwrap_or_default();
        time.is_none_or(|(start, end)| (start..end).contains(&at))
    };
    let all: Vec<Body> = {
        let organization = call.tenant().read();
        let all = json_entity::select::<Document>(call, &organization)?;
        let all = all.into_iter().filter(|document| is_wanted(document));
        all.map(|document| json_entity::to_json::<Document>(call, &organization, document)).collect()
    };
    answer::list(call, all)
}

/// `GET …/documents/{documentId}`: the draft, or with `state=Published` what was published last.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    if call.query_text("state").as_deref() != Some("Published") {
        return json_entity::get::<Document>(call);
    }
    let organization = call.tenant().read();
    let document = json_entity::find::<Document>(call, &organization)?;
    let mut shown = published(call, &organization, text(document, "id"))
        .ok_or_else(|| ApiError::no_such("published document", text(document, "id")))?;
    show_references(call, &organization, &mut shown);
    drop(organization);
    answer::reply(call, shown)
}

/// Changes every document of the base for which `change` is true.
pub(super) fn change_all(
    call: &Call<'_>,
    organization: &mut Organization,
    change: impl Fn(&mut Body) -> bool,
) {
    let path = path_of(call, DOCUMENTS).unwrap_or_default();
    let all: Vec<Body> = organization.collections.list(&path).map(|document| Map::clone(document)).collect();
    for mut document in all {
        if change(&mut document) {
            let id = text(&document, "id").to_owned();
            organization.collections.insert(&path, &id, document);
        }
    }
}
