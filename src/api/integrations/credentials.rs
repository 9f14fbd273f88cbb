//! Credentials of integrations. What a client sends as fields is stored, and never shown.

use serde_json::{Map, Value, json};

use super::installed::is_in_use;
use crate::api::call::Call;
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::integration::Credential;
use crate::world::integration::kinds::credential_type;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/integrations/credentials", record::list::<Credential>),
        Route::post("/api/v2/integrations/credentials", create),
        Route::get("/api/v2/integrations/credentials/listing", record::list_by_cursor::<Credential>),
        Route::get("/api/v2/integrations/credentials/{credentialId}", get),
        Route::put("/api/v2/integrations/credentials/{credentialId}", record::update::<Credential>),
        Route::delete("/api/v2/integrations/credentials/{credentialId}", record::delete::<Credential>),
    ]
}

impl Resource for Credential {
    const PARAM: &'static str = "credentialId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::integration::credential(organization, record)
    }

    fn check(_organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let id = type_in(body).unwrap_or_default();
        let kind =
            credential_type(id).ok_or_else(|| ApiError::no_reference("type", "credential type", id))?;
        let Some(fields) = body.get("credentialFields") else { return Ok(()) };
        let has = |field: &&&str| fields.get(**field).is_some_and(Value::is_string);
        let missing = kind.fields.iter().find(|field| !has(field));
        missing.map_or(Ok(()), |field| {
            let path = format!("credentialFields.{field}");
            Err(ApiError::constraint(&path, format!("The field [{path}] is required and can not be null.")))
        })
    }

    fn normalize(fields: &mut Map<String, Value>) {
        if let Some(id) = type_in(fields).map(str::to_owned) {
            fields.insert("type".to_owned(), json!({ "id": id }));
        }
    }

    /// The status of a credential that is in use is assumed.
    fn may_delete(_call: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if is_in_use(organization, id) {
            return Err(ApiError::conflict("The credential is in use by an integration."));
        }
        Ok(())
    }
}

/// The type that a body names, by its id or its name.
fn type_in(body: &Map<String, Value>) -> Option<&str> {
    let kind = body.get("type")?;
    kind.get("id").or_else(|| kind.get("name"))?.as_str()
}

/// Creates a credential, with all of its fields. A PUT without fields keeps them: no answer shows them.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    body.entry("credentialFields").or_insert_with(|| json!({}));
    Reply::ok(&record::add::<Credential>(call, &body)?)
}

/// A single credential has no dates.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let found = record::find::<Credential>(&organization, &call.param("credentialId")?)?;
    let mut written = view::integration::credential(&organization, found);
    written.retain(|key, _| !matches!(key.as_str(), "createdDate" | "modifiedDate"));
    Reply::ok(&written)
}
