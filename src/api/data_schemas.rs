//! What the schemas of custom fields are made of: the core types of fields, and how large a schema may be. They are the
//! same for each kind of entity that has custom fields.

use serde_json::{Value, json};

use super::call::Call;
use super::json_entity::answer;
use super::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The paths of the schemas of each kind.
const SCHEMAS: [&str; 7] = [
    "/api/v2/businessrules/schemas",
    "/api/v2/conversations/customattributes/schemas",
    "/api/v2/externalcontacts/contacts/schemas",
    "/api/v2/externalcontacts/organizations/schemas",
    "/api/v2/journey/externalevents/schemas",
    "/api/v2/taskmanagement/workitems/schemas",
    "/api/v2/users/customattributes/schemas",
];
/// The schemas whose limits no operation tells.
const WITHOUT_LIMITS: &str = "/api/v2/businessrules/schemas";

/// A type of fields: its name, its type of JSON, the names of its constraints, and the largest value of both.
struct CoreType {
    name: &'static str,
    json: &'static str,
    constraints: [&'static str; 2],
    most: i64,
}

const fn core(name: &'static str, json: &'static str, constraints: [&'static str; 2], most: i64) -> CoreType {
    CoreType { name, json, constraints, most }
}

const LENGTHS: [&str; 2] = ["minLength", "maxLength"];
const ITEMS: [&str; 2] = ["minItems", "maxItems"];
const VALUES: [&str; 2] = ["minimum", "maximum"];
const NONE: [&str; 2] = ["", ""];

/// The core types. The length of a text is the document's example, the other numbers are assumed.
const CORE_TYPES: [CoreType; 11] = [
    core("text", "string", LENGTHS, 100),
    core("longtext", "string", LENGTHS, 1000),
    core("url", "string", LENGTHS, 200),
    core("identifier", "string", LENGTHS, 100),
    core("enum", "string", NONE, 0),
    core("date", "string", NONE, 0),
    core("datetime", "string", NONE, 0),
    core("integer", "integer", VALUES, i32::MAX as i64),
    core("number", "number", VALUES, i32::MAX as i64),
    core("checkbox", "boolean", NONE, 0),
    core("tag", "array", ITEMS, 20),
];

/// When the platform got its core types (assumed).
const CREATED: &str = "2018-01-01T00:00:00.000Z";

/// The sizes of a schema, as the document has them in its examples.
const LIMITS: [(&str, u32); 13] = [
    ("minFieldNameCharacters", 1),
    ("maxFieldNameCharacters", 100),
    ("minFieldTitleCharacters", 1),
    ("maxFieldTitleCharacters", 100),
    ("minFieldDescriptionCharacters", 0),
    ("maxFieldDescriptionCharacters", 200),
    ("minSchemaNameCharacters", 1),
    ("maxSchemaNameCharacters", 50),
    ("minSchemaDescriptionCharacters", 0),
    ("maxSchemaDescriptionCharacters", 200),
    ("maxNumberOfSchemasPerOrg", 20),
    ("maxNumberOfFieldsPerSchema", 25),
    ("maxNumberOfFieldsPerOrg", 500),
];

pub(super) fn routes() -> Vec<Route> {
    let of = |schemas: &str| {
        let types = format!("{schemas}/coretypes");
        vec![
            Route::get(&types, list_core_types),
            Route::get(&format!("{types}/{{coreTypeName}}"), get_core_type),
        ]
    };
    let limited = SCHEMAS.iter().filter(|schemas| **schemas != WITHOUT_LIMITS);
    let limits = limited.map(|schemas| Route::get(&format!("{schemas}/limits"), get_limits));
    SCHEMAS.iter().flat_map(|schemas| of(schemas)).chain(limits).collect()
}

fn list_core_types(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all: Vec<Value> = CORE_TYPES.iter().map(|of| to_json(call.path, of)).collect();
    answer::reply(call, json!({ "total": all.len(), "entities": all, "selfUri": call.path }))
}

fn get_core_type(call: &Call<'_>) -> Result<Reply, ApiError> {
    let name = call.param("coreTypeName")?;
    let found = CORE_TYPES.iter().find(|of| of.name == name);
    let found = found.ok_or_else(|| ApiError::no_such("core type", &name))?;
    let path = call.path.rsplit_once('/').map_or(call.path, |(path, _)| path);
    answer::reply(call, to_json(path, found))
}

fn to_json(path: &str, of: &CoreType) -> Value {
    let [least, most] = of.constraints;
    let mut shown = json!({
        "id": of.name,
        "name": of.name,
        "version": 1,
        "dateCreated": CREATED,
        "current": true,
        "schema": {
            "title": format!("core_{}", of.name),
            "description": format!("A field of the type {}.", of.name),
            "type": [of.json, "null"],
        },
        "validationFields": [],
        "selfUri": format!("{path}/{}", of.name),
    });
    if !least.is_empty() {
        shown["validationFields"] = json!([least, most]);
        shown["validationLimits"] =
            json!({ least: { "min": 0, "max": of.most }, most: { "min": 1, "max": of.most } });
    }
    if of.constraints == ITEMS {
        let lengths = json!({ "minLength": { "min": 1, "max": 100 }, "maxLength": { "min": 1, "max": 100 } });
        shown["itemValidationFields"] = json!(LENGTHS);
        shown["itemValidationLimits"] = lengths;
    }
    shown
}

fn get_limits(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut shown: serde_json::Map<String, Value> =
        LIMITS.iter().map(|(name, limit)| ((*name).to_owned(), json!(limit))).collect();
    shown.insert("selfUri".to_owned(), json!(call.path));
    answer::reply(call, shown)
}
