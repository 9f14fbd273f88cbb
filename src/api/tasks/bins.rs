//! Work bins.

use http::StatusCode;

use super::query::query;
use super::{Named, check_named, is_used, items, rules, show_named, types, versions};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity};
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::authorization::Division;
use crate::world::reference::Reference;

pub(super) const BINS: &str = "/api/v2/taskmanagement/workbins";
const NAMED: &[Named] = &[Named::new(Reference::to::<Division>("divisionId"), "division")];

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{BINS}/{{workbinId}}");
    let mut routes = versions::routes::<Bin>();
    routes.extend([
        Route::post(BINS, json_entity::create::<Bin>),
        Route::post(&format!("{BINS}/query"), query::<Bin>),
        Route::get(&one, json_entity::get::<Bin>),
        Route::patch(&one, json_entity::update::<Bin>),
        Route::delete(&one, json_entity::delete::<Bin>),
    ]);
    routes
}

/// A work bin.
pub(super) enum Bin {}

impl JsonEntity for Bin {
    const NAME: &'static str = "workbin";
    const PATH: &'static str = BINS;
    const PARAM: &'static str = "workbinId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "pre.check.name.in.use");

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        check_named(organization, NAMED, body)
    }

    fn start(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let home = crate::world::authorization::home(organization.id);
        entity.entry("divisionId").or_insert(serde_json::json!(home));
    }

    fn relate(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        versions::note::<Self>(organization, entity);
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        show_named(organization, NAMED, entity);
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, entity: &Body) -> Result<(), ApiError> {
        let id = text(entity, "id");
        if is_used(organization, types::TYPES, "defaultWorkbinId", id) {
            return Err(rules::conflict("pre.check.entity.used", "The workbin is used by a worktype."));
        }
        if is_used(organization, items::ITEMS, "workbinId", id) {
            return Err(rules::conflict("pre.check.delete.failed", "The workbin has workitems."));
        }
        Ok(())
    }
}
