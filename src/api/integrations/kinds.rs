//! The types of integrations and of credentials.

use crate::api::call::Call;
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::integration::kinds::{
    CREDENTIAL_TYPES, INTEGRATION_TYPES, IntegrationType, integration_type,
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/integrations/types", list),
        Route::get("/api/v2/integrations/types/{typeId}", get),
        Route::get("/api/v2/integrations/types/{typeId}/configschemas/{configType}", get_schema),
        Route::get("/api/v2/integrations/credentials/types", list_credential_types),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = INTEGRATION_TYPES.iter().map(view::integration::kind);
    Reply::ok(&Page::of(all, call.page()?, call.path, call.query))
}

fn find(call: &Call<'_>) -> Result<&'static IntegrationType, ApiError> {
    let id = call.param("typeId")?;
    integration_type(&id).ok_or_else(|| ApiError::no_such("integration type", &id))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&view::integration::kind(find(call)?))
}

fn get_schema(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (kind, part) = (find(call)?, call.param("configType")?);
    match &*part {
        "properties" | "advanced" => Reply::ok(&view::integration::config_schema(kind, part == "advanced")),
        other => Err(ApiError::no_such("configuration schema", other)),
    }
}

fn list_credential_types(_call: &Call<'_>) -> Result<Reply, ApiError> {
    let all: Vec<_> = CREDENTIAL_TYPES.iter().map(view::integration::credential_kind).collect();
    Reply::ok(&all)
}
