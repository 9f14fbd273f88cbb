//! Exports: a file with a line for each entity of a kind, which is there when the export is done. The columns are those of
//! the API, in the order in which they are met (assumed).

use std::borrow::Cow;
use std::marker::PhantomData;

use indexmap::IndexSet;
use serde_json::{Value, json};

use super::external::External;
use crate::api::call::Call;
use crate::api::downloads;
use crate::api::entity::{text, texts};
use crate::api::json_entity::{self, Body, JsonEntity, answer, job};
use crate::api::route::Route;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::csv;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{ALL_DIVISIONS, home};
use crate::world::contact::{ExternalContact, ExternalOrganization, Note, Relationship};
use crate::world::id::Id;

/// The name of the file in its address.
const NAME: &str = "export.csv";
/// The field of a stored export with the id of its file, and the one with the number of rows. No answer has them.
const FILE: &str = "\u{0}file";
const ROWS: &str = "\u{0}rows";
/// The fields that only the server sets.
const OUTCOME: [&str; 4] = ["status", "dateCompletion", "downloadUrl", "resultRowCount"];

/// A kind that is exported.
trait Exported: External {
    const EXPORTS: &'static str;
}

impl Exported for ExternalContact {
    const EXPORTS: &'static str = "/api/v2/externalcontacts/contacts/exports";
}

impl Exported for ExternalOrganization {
    const EXPORTS: &'static str = "/api/v2/externalcontacts/organizations/exports";
}

impl Exported for Note {
    const EXPORTS: &'static str = "/api/v2/externalcontacts/notes/exports";
}

impl Exported for Relationship {
    const EXPORTS: &'static str = "/api/v2/externalcontacts/relationships/exports";
}

pub(super) fn routes() -> Vec<Route> {
    let people = [of::<ExternalContact>(), of::<ExternalOrganization>()];
    [people.concat(), of::<Note>(), of::<Relationship>()].concat()
}

fn of<K: Exported + 'static>() -> Vec<Route> {
    vec![
        Route::get(K::EXPORTS, json_entity::list::<Export<K>>),
        Route::post(K::EXPORTS, create::<K>),
        Route::get(&format!("{}/{{exportId}}", K::EXPORTS), json_entity::get::<Export<K>>),
    ]
}

/// An export of a kind.
struct Export<K>(PhantomData<K>);

impl<K: Exported> JsonEntity for Export<K> {
    const NAME: &'static str = "export";
    const PATH: &'static str = K::EXPORTS;
    const PARAM: &'static str = "exportId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        job::start(call, entity);
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let (file, rows) = (entity.shift_remove(FILE), entity.shift_remove(ROWS));
        if !job::is_done(call, entity) {
            entity.insert("status".to_owned(), json!("RUNNING"));
            return;
        }
        let file = file.as_ref().and_then(Value::as_str).unwrap_or_default();
        let created = parse_rfc3339(text(entity, "dateCreated")).unwrap_or_default();
        let outcome = [
            json!("SUCCEEDED"),
            json!(rfc3339(created.saturating_add(job::DONE_AFTER))),
            json!(downloads::file_uri(call, file, NAME)),
            rows.unwrap_or_default(),
        ];
        entity.extend(OUTCOME.into_iter().map(str::to_owned).zip(outcome));
    }
}

fn create<K: Exported>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = json_entity::read_body(call)?;
    let rows = selected::<K>(call, &body);
    let file = downloads::store(call, NAME, &file(&rows)?);
    body.retain(|field, _| !OUTCOME.contains(&field.as_str()));
    body.insert(FILE.to_owned(), json!(file));
    body.insert(ROWS.to_owned(), json!(rows.len()));
    answer::reply(call, json_entity::add::<Export<K>>(call, body)?)
}

/// The entities that an export selects by its divisions, its filters and its limit.
fn selected<K: Exported>(call: &Call<'_>, body: &Body) -> Vec<Body> {
    let organization = call.tenant().read();
    let (divisions, home) = (texts(body, "divisionIds"), home(organization.id));
    let conditions = body.get("queryConditions").unwrap_or(&Value::Null);
    let limit = conditions["limit"].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let all = K::table(&organization).iter().filter(|record| {
        let division = record.division.unwrap_or(home);
        let is_there = |id: &&str| Id::parse(id) == Some(division) || division == ALL_DIVISIONS;
        K::is_listed(&organization, record) && (divisions.is_empty() || divisions.iter().any(is_there))
    });
    let written = all.map(|record| K::write(&organization, record, &[]));
    let wanted = written.filter(|entity| passes(entity, &conditions["filters"]));
    wanted.take(limit.unwrap_or(usize::MAX)).collect()
}

/// The filters within filters that are read.
const DEEPEST: usize = 8;

/// Whether an entity passes every condition of a filter.
fn passes(entity: &Body, filter: &Value) -> bool {
    passes_at(entity, filter, DEEPEST)
}

fn passes_at(entity: &Body, filter: &Value, depth: usize) -> bool {
    let Some(below) = depth.checked_sub(1) else { return true };
    let shown = |condition: &Value| filtered(entity, condition["field"].as_str().unwrap_or_default());
    let value = |condition: &Value| plain(&condition["value"]).into_owned();
    let mut all = filter.as_object().into_iter().flatten();
    all.all(|(word, condition)| match (word.as_str(), condition) {
        (_, Value::Null) => true,
        ("eq", one) => shown(one) == value(one),
        ("gte", one) => shown(one) >= value(one),
        ("lte", one) => shown(one) <= value(one),
        ("in", one) => {
            one["values"].as_array().is_some_and(|all| all.iter().any(|value| plain(value) == shown(one)))
        }
        ("and", Value::Array(parts)) => parts.iter().all(|part| passes_at(entity, part, below)),
        ("or", Value::Array(parts)) => parts.iter().any(|part| passes_at(entity, part, below)),
        ("not", part) => !passes_at(entity, part, below),
        _ => true,
    })
}

/// The fields that a filter names, and where an entity has them.
const FILTERED: [(&str, &str, &str); 9] = [
    ("ContactClassification", "contactClassification", ""),
    ("CreateDate", "createDate", ""),
    ("DivisionId", "division", "id"),
    ("EntityType", "entityType", ""),
    ("ExternalOrganizationId", "externalOrganization", "id"),
    ("ModifyDate", "modifyDate", ""),
    ("SchemaId", "schema", "id"),
    ("SchemaVersion", "schema", "version"),
    ("UserId", "user", "id"),
];

/// The value that a filter compares; empty where the entity has none.
fn filtered(entity: &Body, name: &str) -> String {
    let found = FILTERED.iter().find(|(known, ..)| *known == name);
    let value = found.and_then(|(_, field, part)| {
        let value = entity.get(*field)?;
        if part.is_empty() { Some(value) } else { value.get(part) }
    });
    value.map(|value| plain(value).into_owned()).unwrap_or_default()
}

fn file(rows: &[Body]) -> Result<String, ApiError> {
    let columns: IndexSet<&str> = rows.iter().flat_map(|row| row.keys().map(String::as_str)).collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let lines = rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect());
    csv::file(b',', if columns.is_empty() { &["id"] } else { &columns }, lines)
}

/// A field as a file has it.
fn cell<'e>(entity: &'e Body, field: &str) -> Cow<'e, str> {
    entity.get(field).map_or(Cow::Borrowed(""), plain)
}

/// A text as it is, and any other value as JSON.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
