//! The rows of data tables, identified by their `key`.
//!
//! A row is the body of the client with the defaults of the schema. A row that does not match the schema is refused.
//! Listings are sorted by key, and show only the keys unless `showbrief=false`.

use serde_json::{Map, Value};

use super::resource::{last_param, pick};
use super::schema::{self, KEY};
use super::tables::{TABLE, with_table_code};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::architect::{DATA_TABLES, rows_of};
use crate::world::collection::{Collections, Entity};

type Row = Map<String, Value>;

/// The most characters of a key (assumed).
const MAX_KEY: usize = 256;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/flows/datatables/{datatableId}/rows", list),
        Route::post("/api/v2/flows/datatables/{datatableId}/rows", create),
        Route::get("/api/v2/flows/datatables/{datatableId}/rows/{rowId}", get),
        Route::put("/api/v2/flows/datatables/{datatableId}/rows/{rowId}", update),
        Route::delete("/api/v2/flows/datatables/{datatableId}/rows/{rowId}", delete),
    ]
}

/// The row, or only its key, as `showbrief` says.
fn to_json(call: &Call<'_>, row: &Row) -> Row {
    let whole = call.query("showbrief").is_some_and(|brief| brief.eq_ignore_ascii_case("false"));
    if whole { row.clone() } else { pick(row, &[KEY]) }
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let table = call.param("datatableId")?;
    let organization = call.tenant().read();
    find_table(&organization.collections, &table)?;
    let mut rows: Vec<&Entity> = organization.collections.list(&rows_of(&table)).collect();
    rows.sort_by_cached_key(|row| entity::text(row, KEY).to_owned());
    if entity::is_descending(call) {
        rows.reverse();
    }
    let page = Page::of(rows.into_iter().cloned(), wanted, call.path, call.query);
    drop(organization);
    Reply::ok(&entity::map_page(page, |row| to_json(call, row)))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut row = call.json_object()?;
    let key = read_key(&row)?;
    let table = call.param("datatableId")?;
    call.change(|organization| {
        schema::apply(&mut row, find_table(&organization.collections, &table)?)?;
        if organization.collections.get(&rows_of(&table), &key).is_some() {
            let error =
                ApiError::conflict(format!("The row had a duplicate keyname: {key}.", key = quoted(&key)));
            return Err(ApiError { code: "flows.datatables.not.unique".into(), ..error });
        }
        Reply::ok(&organization.collections.insert(&rows_of(&table), &key, row))
    })
}

fn read_key(row: &Row) -> Result<String, ApiError> {
    let key = row.get(KEY).and_then(Value::as_str).filter(|key| !key.trim().is_empty());
    let key =
        key.ok_or_else(|| schema::refused(KEY, "The property key is required and must be a string."))?;
    if key.chars().count() > MAX_KEY {
        return Err(schema::refused(KEY, format!("The property key has at most {MAX_KEY} characters.")));
    }
    Ok(key.to_owned())
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (table, key) = (call.param("datatableId")?, last_param(call)?);
    let organization = call.tenant().read();
    find_table(&organization.collections, &table)?;
    let row = organization.collections.get(&rows_of(&table), &key).ok_or_else(|| no_row(&key))?;
    Reply::ok(&to_json(call, row))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (table, key) = (call.param("datatableId")?, last_param(call)?);
    let mut row = call.json_object()?;
    let named = row.entry(KEY).or_insert_with(|| Value::from(&*key));
    if named.as_str() != Some(&*key) {
        return Err(schema::refused(
            KEY,
            format!("The row's key is {}; the body's is {}.", quoted(&key), quoted(&named.to_string())),
        ));
    }
    call.change(|organization| {
        schema::apply(&mut row, find_table(&organization.collections, &table)?)?;
        organization.collections.get(&rows_of(&table), &key).ok_or_else(|| no_row(&key))?;
        Reply::ok(&organization.collections.insert(&rows_of(&table), &key, row))
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (table, key) = (call.param("datatableId")?, last_param(call)?);
    call.change(|organization| {
        find_table(&organization.collections, &table)?;
        organization.collections.remove(&rows_of(&table), &key).ok_or_else(|| no_row(&key))?;
        Ok(Reply::no_content())
    })
}

pub(super) fn find_table<'c>(all: &'c Collections, id: &str) -> Result<&'c Row, ApiError> {
    let table = all.get(DATA_TABLES, id).map(|table| &**table);
    table.ok_or_else(|| with_table_code(ApiError::no_such(TABLE.kind, id)))
}

fn no_row(key: &str) -> ApiError {
    let error = ApiError::no_such("data table row", key);
    ApiError { code: "flows.datatables.row.not.found".into(), ..error }
}
