//! Categories: a tree over the documents of a knowledge base.

use serde_json::{Map, Value, json};

use super::bases::reference;
use super::documents::{Document, change_all};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, check_reference, path_of};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes::<Category>()
}

/// A category.
pub(super) enum Category {}

impl JsonEntity for Category {
    const NAME: &'static str = "category";
    const PATH: &'static str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/categories";
    const PARAM: &'static str = "categoryId";

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_reference::<Self>(call, organization, "parentCategoryId", body.get("parentCategoryId"))?;
        let (parent, path) = (text(body, "parentCategoryId"), path_of(call, Self::PATH)?);
        let own = before.map_or("", |before| text(before, "id"));
        if !own.is_empty() && ancestors(organization, &path, parent).any(|id| id == own) {
            return Err(ApiError::bad_request("A category cannot be below itself."));
        }
        let mut others = organization.collections.list(&path);
        let is_same = |other: &Body| {
            text(other, "id") != own
                && text(other, "parentCategoryId") == parent
                && text(other, "name").eq_ignore_ascii_case(text(body, "name"))
        };
        if body.contains_key("name") && others.any(|other| is_same(other)) {
            let error = ApiError::conflict("A category with this name exists already below this parent.");
            return Err(ApiError { code: "already.exists".into(), ..error });
        }
        Ok(())
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let path = path_of(call, Self::PATH).unwrap_or_default();
        let documents = path_of(call, Document::PATH).unwrap_or_default();
        let id = text(entity, "id");
        let count =
            organization.collections.list(&documents).filter(|one| text(one, "categoryId") == id).count();
        let parent = organization.collections.get(&path, text(entity, "parentCategoryId"));
        let parent = parent.map(|parent| {
            json!({ "id": parent.get("id"), "name": parent.get("name"), "selfUri": parent.get("selfUri") })
        });
        entity.insert("documentCount".to_owned(), json!(count));
        entity.insert("knowledgeBase".to_owned(), reference(call, organization));
        if let Some(parent) = parent {
            entity.insert("parentCategory".to_owned(), parent);
        }
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let parent = text(entity, "parentCategoryId");
        let is_root = call.query_text("isRoot");
        call.query_text("parentId").is_none_or(|of| parent == of)
            && is_root.is_none_or(|root| (root == "true") == parent.is_empty())
    }

    fn may_delete(call: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let path = path_of(call, Self::PATH)?;
        let mut all = organization.collections.list(&path);
        if all.any(|other| text(other, "parentCategoryId") == text(entity, "id")) {
            return Err(ApiError::conflict("The category has categories below it. Delete them first."));
        }
        Ok(())
    }

    /// The documents of a deleted category have none.
    fn forget(call: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let id = text(entity, "id");
        change_all(call, organization, |document| {
            let is_its = text(document, "categoryId") == id;
            if is_its {
                document.shift_remove("categoryId");
            }
            is_its
        });
    }
}

/// A category and those above it.
fn ancestors<'o>(
    organization: &'o Organization,
    path: &'o str,
    id: &'o str,
) -> impl Iterator<Item = &'o str> {
    const DEEPEST: usize = 100;
    let parent = |id: &&'o str| {
        let category: &'o Map<String, Value> = organization.collections.get(path, id)?;
        Some(text(category, "parentCategoryId")).filter(|parent| !parent.is_empty())
    };
    std::iter::successors(Some(id), parent).take(DEEPEST)
}
