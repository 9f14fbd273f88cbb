//! The settings of speech and text analytics.

use serde_json::{Map, Value, json};

use super::programs::PROGRAMS;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;

const PATH: &str = "/api/v2/speechandtextanalytics/settings";

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get(PATH, setting::get::<Settings>), Route::put(PATH, put), Route::patch(PATH, patch)]
}

/// Whether a program is the default of the settings.
pub(super) fn has_default(organization: &Organization, program: &str) -> bool {
    let settings = setting::stored(organization, PATH);
    settings.is_some_and(|settings| text(&settings, "defaultProgramId") == program)
}

/// The settings.
enum Settings {}

impl Setting for Settings {
    const FIELDS: &'static [&'static str] =
        &["defaultProgramId", "expectedDialects", "textAnalyticsEnabled", "agentEmpathyEnabled"];

    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        object(json!({
            "expectedDialects": ["en-US"],
            "textAnalyticsEnabled": false,
            "agentEmpathyEnabled": false,
        }))
    }

    fn to_json(_: &Call<'_>, _: &Organization, mut value: Map<String, Value>) -> Map<String, Value> {
        if let Some(Value::String(id)) = value.shift_remove("defaultProgramId") {
            let uri = format!("{PROGRAMS}/{id}");
            value.insert("defaultProgram".to_owned(), json!({ "id": id, "selfUri": uri }));
        }
        value
    }
}

/// Refuses a default program that does not exist: 400.
fn check_program(call: &Call<'_>) -> Result<(), ApiError> {
    let body = call.json_object()?;
    let Some(id) = body.get("defaultProgramId").and_then(Value::as_str) else { return Ok(()) };
    match call.tenant().read().collections.get(PROGRAMS, id) {
        Some(_) => Ok(()),
        None => Err(ApiError::no_reference("defaultProgramId", "program", id)),
    }
}

fn put(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_program(call)?;
    setting::put::<Settings>(call)
}

fn patch(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_program(call)?;
    setting::patch::<Settings>(call)
}
