//! Encryption keys of recordings, and where they come from.

use serde_json::json;

use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Configuration::PATH, json_entity::list::<Configuration>),
        Route::post(Configuration::PATH, json_entity::create::<Configuration>),
        Route::get(CONFIGURATION, json_entity::get::<Configuration>),
        Route::put(CONFIGURATION, json_entity::replace::<Configuration>),
        Route::post("/api/v2/recording/keyconfigurations/validate", validate),
        Route::get(Key::PATH, json_entity::list::<Key>),
        Route::post(Key::PATH, json_entity::create::<Key>),
    ]
}

const CONFIGURATION: &str = "/api/v2/recording/keyconfigurations/{keyConfigurationId}";

/// Where keys come from.
enum Configuration {}

impl JsonEntity for Configuration {
    const NAME: &'static str = "key configuration";
    const PATH: &'static str = "/api/v2/recording/keyconfigurations";
    const PARAM: &'static str = "keyConfigurationId";

    fn check(_: &Call<'_>, _: &Organization, _: Option<&Body>, body: &Body) -> Result<(), ApiError> {
        let is_missing = |key: &str| text(body, key).is_empty();
        if text(body, "keyConfigurationType") == "LocalKeyManager" && is_missing("url") {
            return Err(ApiError::bad_request("The property url is required for a local key manager."));
        }
        Ok(())
    }
}

/// A key.
enum Key {}

impl JsonEntity for Key {
    const NAME: &'static str = "recording key";
    const PATH: &'static str = "/api/v2/recording/recordingkeys";
    const PARAM: &'static str = "keyId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("createDate".to_owned(), json!(rfc3339(call.now)));
        entity.insert("keyConfigurationType".to_owned(), json!("Native"));
    }
}

/// `POST …/keyconfigurations/validate`: a configuration that is not stored.
fn validate(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    Configuration::check(call, &call.tenant().read(), None, &body)?;
    answer::reply(call, body)
}
