//! What the schemas of custom fields are made of: the core types of fields, and how large a schema may be. They are the
//! same for each kind of entity that has custom fields.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::entity::id_in;
use super::json_entity::answer;
use super::route::Route;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;

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
    most: u32,
}

const fn core(name: &'static str, json: &'static str, constraints: [&'static str; 2], most: u32) -> CoreType {
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
    core("integer", "integer", VALUES, i32::MAX.unsigned_abs()),
    core("number", "number", VALUES, i32::MAX.unsigned_abs()),
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

type Fields = Map<String, Value>;

/// Refuses custom fields of an entity that names its schema, where the schema is unknown or does not have them so: 400.
/// The version of the schema is not compared.
pub(super) fn check_named_schema(
    organization: &Organization,
    schemas: &str,
    entity: &Fields,
) -> Result<(), ApiError> {
    let id = id_in(entity, SCHEMA);
    if !id.is_empty() && organization.collections.get(schemas, id).is_none() {
        return Err(ApiError::no_reference(SCHEMA, SCHEMA, id));
    }
    check_custom_fields(organization, (schemas, id), (None, entity))
}

/// Whether a change sets the schema or the custom fields of an entity.
pub(super) fn sets_custom_fields(before: &Fields, after: &Fields) -> bool {
    [SCHEMA, CUSTOM].iter().any(|field| before.get(*field) != after.get(*field))
}

/// Refuses custom fields of a body that are not as a schema of a collection has them. A schema that is not stored, or
/// says nothing of fields, refuses none. A new entity must have the required fields. A change without `customFields` is
/// not checked.
pub(super) fn check_custom_fields(
    organization: &Organization,
    (schemas, schema): (&str, &str),
    (before, body): (Option<&Fields>, &Fields),
) -> Result<(), ApiError> {
    let given = body.get(CUSTOM).and_then(Value::as_object);
    if before.is_some() && given.is_none() {
        return Ok(());
    }
    let stored = organization.collections.get(schemas, schema);
    let schema = stored.and_then(|schema| schema.get("jsonSchema")?.as_object());
    schema.map_or(Ok(()), |schema| check_given(schema, given.unwrap_or(&Fields::new())))
}

fn check_given(schema: &Fields, given: &Fields) -> Result<(), ApiError> {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    let wrong = |name: &str, what: &str| {
        ApiError::constraint(CUSTOM, format!("The field [{}] of [{CUSTOM}] {what}.", quoted(name)))
    };
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let field = known.get(name).ok_or_else(|| wrong(name, "is not a field of the schema"))?;
        check_field(field, value).map_err(|what| wrong(name, &what))?;
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let mut required = required.filter_map(Value::as_str);
    match required.find(|name| given.get(*name).is_none_or(Value::is_null)) {
        Some(missing) => Err(wrong(missing, "is required")),
        None => Ok(()),
    }
}

const CUSTOM: &str = "customFields";
const SCHEMA: &str = "schema";

/// What is wrong with the value of a field, whose definition refers to a core type.
fn check_field(field: &Value, value: &Value) -> Result<(), String> {
    let reference = field["allOf"][0]["$ref"].as_str().or_else(|| field["$ref"].as_str());
    let name = reference.and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    let Some(core) = CORE_TYPES.iter().find(|core| core.name == name) else { return Ok(()) };
    let is_of_type = match core.json {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        _ => value.is_string(),
    };
    if !is_of_type {
        let kind = if core.json == "array" { "an array of strings" } else { core.json };
        return Err(format!("must be of the type {name} ({kind})"));
    }
    check_form(core, field, value)?;
    check_size(core, field, value)
}

/// What is wrong with a date, or with the word of an enumeration.
fn check_form(core: &CoreType, field: &Value, value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    let is_right = match core.name {
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "datetime" => parse_rfc3339(text).is_some(),
        "enum" => field["enum"].as_array().is_none_or(|words| words.contains(value)),
        _ => true,
    };
    let expected = if core.name == "enum" { field["enum"].to_string() } else { format!("a {}", core.name) };
    if is_right { Ok(()) } else { Err(format!("must be {expected}")) }
}

/// What is wrong with the length of a text, the number of items or the size of a number.
fn check_size(core: &CoreType, field: &Value, value: &Value) -> Result<(), String> {
    let count = |count: usize| Some(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    let size = match value {
        Value::String(text) => count(text.chars().count()),
        Value::Array(items) => count(items.len()),
        other => other.as_f64(),
    };
    let (Some(size), [least, most]) = (size, core.constraints) else { return Ok(()) };
    if least.is_empty() {
        return Ok(());
    }
    let is_small = field[least].as_f64().is_some_and(|bound| size < bound);
    let is_large = size > field[most].as_f64().unwrap_or(f64::from(core.most));
    match (is_small, is_large) {
        (true, _) => Err(format!("is below its {least}")),
        (_, true) => Err(format!("is above its {most}")),
        _ => Ok(()),
    }
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
