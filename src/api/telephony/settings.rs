//! Settings of the organization's telephony.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::at;
use crate::api::call::Call;
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;

const SETTINGS: &str = "/api/v2/telephony/settings";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(SETTINGS, setting::get::<TelephonySettings>),
        Route::put(SETTINGS, setting::put::<TelephonySettings>),
        Route::get(&at("/alertablepresences"), setting::get::<AlertablePresences>),
        Route::put(&at("/alertablepresences"), set_presences),
        Route::delete(&at("/alertablepresences"), reset_presences),
    ]
}

struct TelephonySettings;

impl Setting for TelephonySettings {
    const FIELDS: &'static [&'static str] = &["persistentConnectionRequired", "blockCallerIdAccessCode"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "persistentConnectionRequired": false, "blockCallerIdAccessCode": "*67" }))
    }
}

/// The presences in which calls alert a user. Those of the start are assumed.
struct AlertablePresences;

impl Setting for AlertablePresences {
    const FIELDS: &'static [&'static str] = &["alertablePresences"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({ "alertablePresences": ["Available", "OnQueue"] }))
    }
}

fn set_presences(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let names = body.get("alertablePresences").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<_> = names.filter_map(Value::as_str).collect();
    let refused = |what: &str, why: &'static str| {
        let code = format!("alertablepresencesoverrides.{what}");
        Err(ApiError::new(StatusCode::BAD_REQUEST, code, why))
    };
    if names.iter().collect::<HashSet<_>>().len() < names.len() {
        return refused("duplicatesnotallowed", "A value of alertablePresences may be specified once.");
    }
    if !names.contains(&"Available") {
        return refused("availablepresencenotspecified", "The alertablePresences must include Available.");
    }
    setting::patch_202::<AlertablePresences>(call)
}

fn reset_presences(call: &Call<'_>) -> Result<Reply, ApiError> {
    setting::delete_200::<AlertablePresences>(call)?;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
