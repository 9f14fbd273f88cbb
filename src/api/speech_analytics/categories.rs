//! Categories: conversations that meet criteria over topics.

use http::StatusCode;

use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    json_entity::routes_with_put::<Category>()
}

/// A category.
enum Category {}

impl JsonEntity for Category {
    const NAME: &'static str = "category";
    const PATH: &'static str = "/api/v2/speechandtextanalytics/categories";
    const PARAM: &'static str = "categoryId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "category.conflict");

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let ids = call.query_list("ids");
        ids.is_empty() || ids.iter().any(|id| id == text(entity, "id"))
    }
}
