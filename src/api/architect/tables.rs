//! Data tables: a name and the schema of its rows.
//!
//! As with the vendor, answers have no schema unless `expand=schema` asks for it. `rows` owns the rows.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value};

use super::resource::{Resource, Type, last_param};
use super::schema;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
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
    duplicate: "flows.datatables.not.unique",
};

/// The vendor's code of the 404 for a table.
const NO_TABLE: Cow<'static, str> = Cow::Borrowed("flows.datatables.table.not.found");

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/flows/datatables", list),
        Route::post("/api/v2/flows/datatables", create),
        Route::get("/api/v2/flows/datatables/divisionviews", list),
        Route::get("/api/v2/flows/datatables/divisionviews/{datatableId}", get),
        Route::get("/api/v2/flows/datatables/{datatableId}", get),
        Route::put("/api/v2/flows/datatables/{datatableId}", update),
        Route::delete("/api/v2/flows/datatables/{datatableId}", delete),
    ]
}

/// The table, with its schema if `expand` asks for it.
fn to_json(call: &Call<'_>, table: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = table.clone();
    if !call.query_list("expand").iter().any(|wanted| wanted == "schema") {
        shown.shift_remove("schema");
    }
    shown
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::map_page(entity::list(call, DATA_TABLES)?, |table| to_json(call, table)))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut table = TABLE.read_new(call)?;
    table.entry("schema").or_insert_with(table_schema);
    schema::check(&table)?;
    Reply::ok(&TABLE.store(call, table)?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let table = entity::get(call, DATA_TABLES, TABLE.kind, &last_param(call)?);
    Reply::ok(&to_json(call, &*table.map_err(with_table_code)?))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = TABLE.read_body(call, false)?;
    schema::check(&body)?;
    if let Some(before) = call.tenant().read().collections.get(DATA_TABLES, &last_param(call)?) {
        schema::check_kept(before, &body)?;
    }
    let table = TABLE.update(call, &last_param(call)?);
    Reply::ok(&table.map_err(with_table_code)?)
}

/// Gives a 404 the vendor's code for tables.
pub(super) fn with_table_code(error: ApiError) -> ApiError {
    if error.status == StatusCode::NOT_FOUND { ApiError { code: NO_TABLE, ..error } } else { error }
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = last_param(call)?;
    call.change(|organization| {
        let removed = organization.collections.remove(DATA_TABLES, &id);
        removed.ok_or_else(|| ApiError { code: NO_TABLE, ..ApiError::no_such(TABLE.kind, &id) })?;
        organization.collections.remove_all(&rows_of(&id));
        Ok(Reply::empty(TABLE.removed))
    })
}
