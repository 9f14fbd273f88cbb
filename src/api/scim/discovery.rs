//! What this SCIM service has: its resource types, schemas and configuration.

use serde_json::{Map, Value, json};

use super::{both, list};
use crate::api::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0";

pub(super) fn routes() -> Vec<Route> {
    [
        both(Route::get, "resourcetypes", list_types),
        both(Route::get, "resourcetypes/{resourceType}", get_type),
        both(Route::get, "schemas", list_schemas),
        both(Route::get, "schemas/{schemaId}", get_schema),
        both(Route::get, "serviceproviderconfig", get_configuration),
    ]
    .concat()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn resource_type(name: &str) -> Map<String, Value> {
    let plural = format!("{}s", name.to_lowercase());
    object(json!({
        "id": name, "schemas": [format!("{CORE}:ResourceType")], "name": name,
        "description": format!("{name} of the organization"), "schema": format!("{CORE}:{name}"),
        "schemaExtensions": [], "endpoint": format!("/{plural}"),
        "meta": { "resourceType": "ResourceType", "location": format!("/api/v2/scim/v2/resourcetypes/{name}") },
    }))
}

const TYPES: [&str; 2] = ["User", "Group"];

fn list_types(call: &Call<'_>) -> Result<Reply, ApiError> {
    list(call, TYPES.map(resource_type).to_vec())
}

fn get_type(call: &Call<'_>) -> Result<Reply, ApiError> {
    let name = call.param("resourceType")?;
    let found = TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
    Reply::ok(&resource_type(found.ok_or_else(|| ApiError::no_such("resource type", &name))?))
}

/// A schema, with the attributes that this server reads or writes.
fn schema(name: &str) -> Map<String, Value> {
    let attribute = |name: &str, kind: &str, many: bool, required: bool| {
        json!({ "name": name, "type": kind, "multiValued": many, "required": required, "caseExact": false,
            "mutability": "readWrite", "returned": "default", "uniqueness": "none" })
    };
    let attributes = match name {
        "User" => vec![
            attribute("userName", "string", false, true),
            attribute("displayName", "string", false, true),
            attribute("active", "boolean", false, false),
            attribute("title", "string", false, false),
            attribute("externalId", "string", false, false),
            attribute("emails", "complex", true, false),
            attribute("phoneNumbers", "complex", true, false),
            attribute("groups", "complex", true, false),
            attribute("roles", "complex", true, false),
        ],
        _ => vec![
            attribute("displayName", "string", false, true),
            attribute("members", "complex", true, false),
        ],
    };
    let id = format!("{CORE}:{name}");
    object(json!({
        "id": id, "name": name, "description": format!("{name} of the organization"), "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("/api/v2/scim/v2/schemas/{id}") },
    }))
}

fn list_schemas(call: &Call<'_>) -> Result<Reply, ApiError> {
    list(call, TYPES.map(schema).to_vec())
}

fn get_schema(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("schemaId")?;
    let found = TYPES.into_iter().find(|name| id.eq_ignore_ascii_case(&format!("{CORE}:{name}")));
    Reply::ok(&schema(found.ok_or_else(|| ApiError::no_such("schema", &id))?))
}

fn get_configuration(_: &Call<'_>) -> Result<Reply, ApiError> {
    let (yes, no) = (json!({ "supported": true }), json!({ "supported": false }));
    Reply::ok(&json!({
        "schemas": [format!("{CORE}:ServiceProviderConfig")],
        "patch": yes, "etag": yes, "sort": no, "changePassword": no,
        "filter": { "supported": true, "maxResults": super::MAX_COUNT },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "authenticationSchemes": [{ "name": "OAuth Bearer Token", "type": "oauthbearertoken", "primary": true,
            "description": "A token of /oauth/token" }],
        "meta": { "resourceType": "ServiceProviderConfig",
            "location": "/api/v2/scim/v2/serviceproviderconfig" },
    }))
}
