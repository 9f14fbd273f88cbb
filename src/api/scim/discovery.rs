//! What this SCIM service has: its resource types, schemas and configuration.

use serde_json::{Map, Value, json};

use super::attributes::{Access, Attribute, GROUP, Kind, USER};
use super::{both, list};
use crate::api::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::json::object;

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
    list(call, TYPES.into_iter(), resource_type)
}

fn get_type(call: &Call<'_>) -> Result<Reply, ApiError> {
    let name = call.param("resourceType")?;
    let found = TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
    Reply::ok(&resource_type(found.ok_or_else(|| ApiError::no_such("resource type", &name))?))
}

/// A schema, with the attributes that this server knows.
fn schema(name: &str) -> Map<String, Value> {
    let attributes = if name == "User" { USER } else { GROUP };
    let attributes: Vec<_> = attributes.iter().map(attribute).collect();
    let id = format!("{CORE}:{name}");
    object(json!({
        "id": id, "name": name, "description": format!("{name} of the organization"), "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("/api/v2/scim/v2/schemas/{id}") },
    }))
}

fn attribute(attribute: &Attribute) -> Value {
    let (kind, many) = match attribute.kind {
        Kind::Text => ("string", false),
        Kind::Flag => ("boolean", false),
        Kind::Number => ("decimal", false),
        Kind::Object(_) => ("complex", false),
        Kind::List(_) => ("complex", true),
    };
    let mutability = if attribute.access == Access::ReadOnly { "readOnly" } else { "readWrite" };
    json!({ "name": attribute.name, "type": kind, "multiValued": many,
        "required": attribute.access == Access::Required, "caseExact": false, "mutability": mutability,
        "returned": "default", "uniqueness": "none" })
}

fn list_schemas(call: &Call<'_>) -> Result<Reply, ApiError> {
    list(call, TYPES.into_iter(), schema)
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
