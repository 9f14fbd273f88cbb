//! The OAuth scopes: those that `--enforce-scopes` asks for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::Route;
use crate::identity::scopes;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

const PATH: &str = "/api/v2/oauth/scopes";

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get(PATH, list), Route::get(&format!("{PATH}/{{scopeId}}"), get)]
}

fn all(call: &Call<'_>) -> BTreeSet<String> {
    scopes::all(call.platform.catalog.iter())
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all: Vec<Value> = all(call).iter().map(|scope| to_json(scope)).collect();
    Reply::ok(&json!({ "total": all.len(), "entities": all, "selfUri": PATH }))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("scopeId")?;
    let found = all(call).take(&*id).ok_or_else(|| ApiError::no_such("scope", &id))?;
    Reply::ok(&to_json(&found))
}

/// The scope with our own description.
fn to_json(scope: &str) -> Value {
    let (family, verb) = match scope.strip_suffix(":readonly") {
        Some(family) => (family, "View"),
        None => (scope, "View and change"),
    };
    let description = format!("{verb} {}", family.replace(['-', ':'], " "));
    json!({ "id": scope, "description": description, "selfUri": format!("{PATH}/{scope}") })
}
