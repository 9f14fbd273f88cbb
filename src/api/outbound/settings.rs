//! The settings of outbound dialing, and what wrap-up codes mean to campaigns.

use serde_json::{Map, Value, json};

use crate::api::announce::{TopicEvent, pick};
use crate::api::call::Call;
use crate::api::record::{check_version, require_version};
use crate::api::route::Route;
use crate::api::setting::{set, stored};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::seed_id;
use crate::world::json::object;
use crate::world::routing::WrapUpCode;
use crate::world::table::{Kind, Table};

const SETTINGS: &str = "/api/v2/outbound/settings";
const MAPPINGS: &str = "/api/v2/outbound/wrapupcodemappings";
/// The fields of the settings that clients set.
const SETTING_FIELDS: [&str; 8] = [
    "name",
    "maxCallsPerAgent",
    "maxCallsPerAgentDecimal",
    "maxLineUtilization",
    "abandonSeconds",
    "complianceAbandonRateDenominator",
    "automaticTimeZoneMapping",
    "rescheduleTimeZoneSkippedContacts",
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(SETTINGS, get_settings),
        Route::patch(SETTINGS, update_settings),
        Route::get(MAPPINGS, get_mappings),
        Route::put(MAPPINGS, put_mappings).publishes(mapping_events),
    ]
}

/// The settings as they are now (values of the start assumed).
fn settings(organization: &Organization) -> Map<String, Value> {
    stored(organization, SETTINGS).unwrap_or_else(|| {
        object(json!({
            "version": 1, "maxCallsPerAgent": 3, "maxCallsPerAgentDecimal": 3.0,
            "maxConfigurableCallsPerAgent": 15, "maxLineUtilization": 1.0, "abandonSeconds": 2.0,
            "complianceAbandonRateDenominator": "ALL_CALLS",
            "automaticTimeZoneMapping": { "callableWindows": [], "supportedCountries": ["US"] },
            "rescheduleTimeZoneSkippedContacts": false, "selfUri": SETTINGS,
        }))
    })
}

/// The meanings as they are now.
fn mappings(organization: &Organization) -> Map<String, Value> {
    let mut value = stored(organization, MAPPINGS).unwrap_or_else(|| {
        object(json!({ "version": 1, "defaultSet": [], "mapping": {}, "selfUri": MAPPINGS }))
    });
    value.entry("id").or_insert_with(|| json!(seed_id(organization.id, "wrap-up code mapping")));
    value
}

fn get_settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&settings(&call.tenant().read()))
}

fn update_settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let mut value = next(call, settings(organization), &body)?;
        value.extend(body.into_iter().filter(|(key, _)| SETTING_FIELDS.contains(&key.as_str())));
        set(organization, SETTINGS, value);
        Ok(Reply::no_content())
    })
}

/// The value with its next version, if the body names the current one.
fn next(
    call: &Call<'_>,
    mut value: Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let version = value.get("version").and_then(Value::as_u64).unwrap_or(1);
    let coded = |error| ApiError { code: "invalid.update.wrong.version".into(), ..error };
    require_version(body)?;
    check_version(u32::try_from(version).unwrap_or(u32::MAX), body).map_err(coded)?;
    value.insert("version".to_owned(), json!(version + 1));
    value.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
    Ok(value)
}

fn get_mappings(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&mappings(&call.tenant().read()))
}

/// Replaces the meanings. Each key is the id of a wrap-up code.
fn put_mappings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let mut value = next(call, mappings(organization), &body)?;
        let codes = &organization.acd().wrap_up_codes;
        if let Some(id) = unknown_code(codes, &body) {
            return Err(ApiError::no_reference("mapping", WrapUpCode::NAME, id));
        }
        for (key, empty) in [("defaultSet", json!([])), ("mapping", json!({}))] {
            value.insert(
                key.to_owned(),
                body.get(key).filter(|value| !value.is_null()).cloned().unwrap_or(empty),
            );
        }
        if let Some(name) = body.get("name").filter(|name| name.is_string()) {
            value.insert("name".to_owned(), name.clone());
        }
        set(organization, MAPPINGS, value.clone());
        Reply::ok(&value)
    })
}

/// `v2.outbound.wrapupcodemappings.{id}`.
fn mapping_events(_: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let fields = ["id", "name", "dateModified", "version", "defaultSet", "mapping"];
    let id = answered["id"].as_str().unwrap_or_default();
    vec![TopicEvent::now(format!("v2.outbound.wrapupcodemappings.{id}"), pick(answered, &fields))]
}

/// The first key of `mapping` that is no wrap-up code. The platform's own codes have no UUID.
fn unknown_code<'b>(codes: &Table<WrapUpCode>, body: &'b Map<String, Value>) -> Option<&'b String> {
    let mapping = body.get("mapping").and_then(Value::as_object);
    let mut keys = mapping.into_iter().flat_map(Map::keys);
    keys.find(|id| uuid::Uuid::try_parse(id).is_ok() && codes.find(id).is_none())
}
