//! Data tables: a name and the schema of its rows.
//!
//! As with the vendor, a listing and a single table leave the schema out unless `expand=schema` asks
//! for it. `rows` has what is in them.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use super::resource::{Resource, Type, own_id};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, delete, get, post, put};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{DATA_TABLES, rows_of, table_schema};

/// Data tables.
pub(super) static TABLE: Resource = Resource {
    path: DATA_TABLES,
    kind: "data table",
    required: &["name"],
    fields: &[("schema", Type::Object)],
    own: &[],
    stamped: false,
    divided: true,
    removed: StatusCode::NO_CONTENT,
};

/// The vendor's code where there is no such table.
const NO_TABLE: Cow<'static, str> = Cow::Borrowed("flows.datatables.table.not.found");

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/flows/datatables", list),
        post("/api/v2/flows/datatables", create),
        get("/api/v2/flows/datatables/divisionviews", list),
        get("/api/v2/flows/datatables/divisionviews/{datatableId}", read),
        get("/api/v2/flows/datatables/{datatableId}", read),
        put("/api/v2/flows/datatables/{datatableId}", write),
        delete("/api/v2/flows/datatables/{datatableId}", remove),
    ]
}

/// A table as the call wants to see it.
fn shown(call: &Call<'_>, table: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = table.clone();
    if !call.query_list("expand").iter().any(|wanted| wanted == "schema") {
        shown.shift_remove("schema");
    }
    shown
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::shown(entity::page(call, DATA_TABLES)?, |table| shown(call, table)))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut table = TABLE.fresh(call)?;
    table.entry("schema").or_insert_with(table_schema);
    check_schema(&table)?;
    Reply::ok(&entity::create(call, DATA_TABLES, table))
}

/// Rows are found by their key, so a schema that names properties has to name that one.
fn check_schema(table: &Map<String, Value>) -> Result<(), ApiError> {
    let properties = table.get("schema").and_then(|schema| schema.get("properties"));
    if properties.is_none_or(|properties| properties.get("key").is_some()) {
        return Ok(());
    }
    let error = ApiError::bad_request("The schema must have a property named key.");
    Err(ApiError { code: "flows.datatables.schema.exception".into(), ..error })
}

fn read(call: &Call<'_>) -> Result<Reply, ApiError> {
    let table = entity::get(call, DATA_TABLES, TABLE.kind, &own_id(call)?);
    Reply::ok(&shown(call, &*table.map_err(no_table)?))
}

fn write(call: &Call<'_>) -> Result<Reply, ApiError> {
    check_schema(&TABLE.body(call, false)?)?;
    let table = TABLE.write(call, &own_id(call)?);
    Reply::ok(&table.map_err(no_table)?)
}

/// The same 404 in the words of this family.
pub(super) fn no_table(error: ApiError) -> ApiError {
    if error.status == StatusCode::NOT_FOUND { ApiError { code: NO_TABLE, ..error } } else { error }
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = own_id(call)?;
    call.change(|organization| {
        let removed = organization.collections.remove(DATA_TABLES, &id);
        removed.ok_or_else(|| ApiError { code: NO_TABLE, ..ApiError::no_such(TABLE.kind, &id) })?;
        organization.collections.remove_all(&rows_of(&id));
        Ok(Reply::empty(TABLE.removed))
    })
}
