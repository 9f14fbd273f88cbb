//! Labels of documents.

use http::StatusCode;
use serde_json::{Value, json};

use super::documents::{Document, change_all, label_ids};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, path_of};
use crate::api::route::Route;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes::<Label>()
}

/// A label.
pub(super) enum Label {}

impl JsonEntity for Label {
    const NAME: &'static str = "label";
    const PATH: &'static str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/labels";
    const PARAM: &'static str = "labelId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "already.exists");

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let documents = path_of(call, Document::PATH).unwrap_or_default();
        let id = text(entity, "id");
        let all = organization.collections.list(&documents);
        let count = all.filter(|document| label_ids(document).any(|label| label == id)).count();
        entity.insert("documentCount".to_owned(), json!(count));
    }

    /// No document keeps a deleted label.
    fn forget(call: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let id = text(entity, "id");
        change_all(call, organization, |document| {
            let left: Vec<Value> =
                label_ids(document).filter(|label| *label != id).map(Value::from).collect();
            let is_its = left.len() != label_ids(document).count();
            if is_its {
                document.insert("labelIds".to_owned(), left.into());
            }
            is_its
        });
    }
}
