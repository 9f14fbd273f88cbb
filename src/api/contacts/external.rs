//! What the kinds of external contacts share.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::data_schemas::sets_custom_fields;
use crate::api::record::{self, Divisions, Resource, find};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest, cursor_uri};
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::contact::{CLAIMED, Identifier};
use crate::world::table::{Kind, Record};

/// The most entities of one bulk operation (assumed).
const MAX_BULK: usize = 100;
/// The entities that a listing by pages reaches. A scan reaches all.
const MAX_LISTED: u64 = 1000;
/// Entities of a scan: the default, and the bounds of `limit`.
const SCANNED: (u64, std::ops::RangeInclusive<u64>) = (100, 10..=200);

type Body = Map<String, Value>;

/// A kind of external contacts.
pub(super) trait External: Resource {
    /// The entity, with the properties that the caller wants in full.
    fn write(organization: &Organization, record: &Record<Self>, expand: &[String]) -> Body;

    /// Whether a listing and a scan show the entity.
    fn is_listed(_organization: &Organization, _record: &Record<Self>) -> bool {
        true
    }
}

/// The page that a listing asks for, within the entities that it reaches.
pub(super) fn page_request(call: &Call<'_>) -> Result<PageRequest, ApiError> {
    let page = call.page()?;
    if page.number > 1 && page.number.saturating_mul(page.size) > MAX_LISTED {
        let why = format!("pageNumber * pageSize must be at most {MAX_LISTED}. A scan reaches more.");
        return Err(ApiError::constraint("pageNumber", why));
    }
    Ok(page)
}

/// The page of what `wanted` accepts, in the order of `sortOrder`, such as `firstName:asc`.
pub(super) fn page_of<K: External>(
    call: &Call<'_>,
    organization: &Organization,
    wanted: impl Fn(&Record<K>) -> bool,
) -> Result<Page<Body>, ApiError> {
    let page = page_request(call)?;
    let words = call.query_text("q").map(|q| q.to_lowercase());
    let divisions = Divisions::of(call, "divisionIds");
    let home = crate::world::authorization::home(organization.id);
    let mut all: Vec<&Record<K>> = K::table(organization)
        .iter()
        .filter(|record| K::is_listed(organization, record) && wanted(record))
        .filter(|record| divisions.have(record.division.unwrap_or(home)))
        .filter(|record| words.as_ref().is_none_or(|words| has_words(record, words)))
        .collect();
    if let Some(order) = call.query_text("sortOrder") {
        let (field, direction) = order.split_once(':').unwrap_or((&order, "asc"));
        all.sort_by_cached_key(|record| text_of(record, field).to_lowercase());
        if direction.eq_ignore_ascii_case("desc") {
            all.reverse();
        }
    }
    let expand = call.query_list("expand");
    let on_page = all.iter().skip(page.offset()).take(page.most());
    let entities = on_page.map(|record| K::write(organization, record, &expand)).collect();
    Ok(Page::new(entities, all.len(), page, call.path, call.query))
}

/// The text of a field of an entity.
fn text_of<'r, K: Kind>(record: &'r Record<K>, field: &str) -> &'r str {
    match field {
        "name" => &record.name,
        _ => record.extra.get(field).and_then(Value::as_str).unwrap_or_default(),
    }
}

/// Whether each word of a search is in some text of an entity. Both are compared in lower case.
fn has_words<K: Kind>(record: &Record<K>, words: &str) -> bool {
    words.split_whitespace().all(|word| {
        record.name.to_lowercase().contains(word) || record.extra.values().any(|value| has_word(value, word))
    })
}

fn has_word(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().contains(word),
        Value::Array(items) => items.iter().any(|item| has_word(item, word)),
        Value::Object(object) => object.values().any(|value| has_word(value, word)),
        _ => false,
    }
}

pub(super) fn list<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&page_of::<K>(call, &call.tenant().read(), |_| true)?)
}

pub(super) fn get<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let record = find::<K>(&organization, &call.param(K::PARAM)?)?;
    Reply::ok(&K::write(&organization, record, &call.query_list("expand")))
}

/// Removes an entity: an empty object.
pub(super) fn delete<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param(K::PARAM)?;
    call.change(|organization| record::remove::<K>(call, organization, &id))?;
    Reply::ok(&json!({}))
}

/// All entities in the order of creation, by cursors. A cursor is the number of entities before it.
pub(super) fn scan<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let limit = read_limit(call)?;
    let start = match call.query_text("cursor") {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| ApiError::invalid_parameter("cursor", &text, "cursors of this listing"))?,
    };
    let organization = call.tenant().read();
    let divisions = Divisions::of(call, "divisionId");
    let home = crate::world::authorization::home(organization.id);
    let all = K::table(&organization).iter().filter(|record| K::is_listed(&organization, record));
    let all = all.filter(|record| divisions.have(record.division.unwrap_or(home)));
    let mut rest = all.skip(start);
    let entities: Vec<Body> =
        rest.by_ref().take(limit).map(|record| K::write(&organization, record, &[])).collect();
    let end = start + entities.len();
    let mut answer = json!({ "entities": entities, "selfUri": call.path, "cursors": {} });
    if rest.next().is_some() {
        answer["cursors"]["after"] = json!(end.to_string());
        let next = cursor_uri(call.path, [("limit", limit), ("cursor", end)], call.query);
        answer["nextUri"] = json!(next);
    }
    Reply::ok(&answer)
}

fn read_limit(call: &Call<'_>) -> Result<usize, ApiError> {
    let (default, allowed) = SCANNED;
    let Some(text) = call.query_text("limit") else {
        return Ok(usize::try_from(default).unwrap_or_default());
    };
    let limit = text.parse::<u64>().ok().filter(|limit| allowed.contains(limit));
    let limit = limit.ok_or_else(|| ApiError::invalid_parameter("limit", &text, "10 to 200"))?;
    Ok(usize::try_from(limit).unwrap_or_default())
}

/// Changes the record of the id in the path, checks its references, and does what follows.
pub(super) fn amend<K: External>(
    call: &Call<'_>,
    change: impl FnOnce(&mut Record<K>) -> Result<(), ApiError>,
) -> Result<Body, ApiError> {
    let (id, author) = (call.param(K::PARAM)?, record::author(call));
    call.change(|organization| {
        let before = find::<K>(organization, &id)?.clone();
        let mut record = before.clone();
        change(&mut record)?;
        record::check_references::<K>(organization, &record.extra)?;
        if sets_custom_fields(&before.extra, &record.extra) {
            K::check(organization, &record.extra)?;
        }
        (record.modified_by, record.modified) = (author, call.now);
        record.version += 1;
        let id = record.id();
        K::table_mut(organization).replace(record).map_err(record::refused::<K>)?;
        K::note(organization, id, Some(&before));
        Ok(K::write(organization, find::<K>(organization, &id.to_string())?, &[]))
    })
}

/// Changes single fields, as the changes of the body say.
pub(super) fn patch<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    Reply::ok(&amend::<K>(call, |record| apply(record, &body))?)
}

/// Applies the changes of a body.
pub(super) fn apply<K: Kind>(record: &mut Record<K>, body: &Body) -> Result<(), ApiError> {
    let changes = body.get("changes").and_then(Value::as_array).into_iter().flatten();
    for change in changes {
        let field = change["field"].as_str().unwrap_or_default();
        let is_field = K::FIELDS.contains(&field) || K::NAMED && field == "name";
        if !is_field {
            return Err(ApiError::constraint(
                "field",
                format!("The {} has no field {field}.", K::NAME, field = quoted(field)),
            ));
        }
        apply_one(record, field, change);
    }
    Ok(())
}

fn apply_one<K: Kind>(record: &mut Record<K>, field: &str, change: &Value) {
    let value = change.get("value").cloned().unwrap_or_default();
    if field == "name" {
        if let Some(name) = value.as_str() {
            name.clone_into(&mut record.name);
        }
        return;
    }
    let is_set = record.extra.get(field).is_some_and(|value| !value.is_null());
    match change["action"].as_str().unwrap_or_default() {
        "UpdateIfEmpty" if is_set => {}
        "UpdateIfExists" if !is_set => {}
        "Remove" => drop(record.extra.shift_remove(field)),
        "AppendToCollection" => match record.extra.get_mut(field).and_then(Value::as_array_mut) {
            Some(items) => items.push(value),
            None => drop(record.extra.insert(field.to_owned(), json!([value]))),
        },
        "RemoveFromCollection" => {
            if let Some(items) = record.extra.get_mut(field).and_then(Value::as_array_mut) {
                items.retain(|item| *item != value);
            }
        }
        _ => drop(record.extra.insert(field.to_owned(), value)),
    }
}

/// The identifier that a body claims or releases, and whether it releases it.
pub(super) fn read_claim(body: &Body) -> Result<(Identifier, bool), ApiError> {
    let missing = || ApiError::constraint("identifier", "The identifier needs a type and a value.");
    let identifier = body.get("identifier").and_then(Identifier::read).ok_or_else(missing)?;
    Ok((identifier, body.get("operation").and_then(Value::as_str) == Some("Release")))
}

/// Adds an identifier to the entity in the path, or takes it away.
pub(super) fn claim<K: External>(
    call: &Call<'_>,
    identifier: &Identifier,
    releases: bool,
) -> Result<Reply, ApiError> {
    let claimed = json!({ "type": identifier.kind, "value": identifier.value });
    amend::<K>(call, |record| {
        let all = record.extra.entry(CLAIMED).or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.retain(|one| Identifier::read(one).as_ref() != Some(identifier));
            all.extend((!releases).then(|| claimed.clone()));
        }
        Ok(())
    })?;
    let mut answer = claimed;
    answer["dateCreated"] = json!(rfc3339(call.now));
    Reply::ok(&answer)
}

/// The entities of a bulk request.
fn read_bulk(call: &Call<'_>) -> Result<Vec<Body>, ApiError> {
    let body = call.json_object()?;
    let entities = body.get("entities").and_then(Value::as_array).into_iter().flatten();
    let entities: Vec<Body> = entities.filter_map(|entity| entity.as_object().cloned()).collect();
    if entities.len() > MAX_BULK {
        return Err(ApiError::constraint("entities", format!("At most {MAX_BULK} entities are allowed.")));
    }
    Ok(entities)
}

fn id_of(entity: &Body) -> &str {
    entity.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// Answers a bulk request: each entity by itself, a wrong one beside the others.
fn bulk(
    call: &Call<'_>,
    status: StatusCode,
    each: impl Fn(&Body) -> Result<Option<Body>, ApiError>,
) -> Result<Reply, ApiError> {
    let mut wrong = Vec::new();
    let mut results = Vec::new();
    for (index, sent) in read_bulk(call)?.iter().enumerate() {
        results.push(match each(sent) {
            Ok(entity) => {
                let id =
                    entity.as_ref().map_or_else(|| id_of(sent).to_owned(), |entity| id_of(entity).to_owned());
                let mut result = json!({ "id": id, "success": true, "status": status.as_u16() });
                if let Some(entity) = entity {
                    result["entity"] = Value::Object(entity);
                }
                result
            }
            Err(error) => {
                wrong.push(index);
                failure(sent, &error)
            }
        });
    }
    Reply::ok(&json!({ "results": results, "errorCount": wrong.len(), "errorIndexes": wrong }))
}

fn failure(sent: &Body, error: &ApiError) -> Value {
    let status = error.status.as_u16();
    let mut failure = json!({
        "success": false, "status": status,
        "error": { "code": error.code, "message": error.message, "status": status, "retryable": false,
            "details": [] },
    });
    if let Some(id) = sent.get("id") {
        failure["id"] = id.clone();
        failure["error"]["entity"] = json!({ "id": id });
    }
    failure
}

pub(super) fn bulk_get<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    bulk(call, StatusCode::OK, |sent| {
        Ok(Some(K::write(&organization, find::<K>(&organization, id_of(sent))?, &[])))
    })
}

pub(super) fn bulk_add<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk(call, StatusCode::OK, |sent| record::add::<K>(call, sent).map(Some))
}

pub(super) fn bulk_update<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk(call, StatusCode::OK, |sent| record::replace_by::<K>(call, id_of(sent), sent).map(Some))
}

pub(super) fn bulk_remove<K: External>(call: &Call<'_>) -> Result<Reply, ApiError> {
    bulk(call, StatusCode::NO_CONTENT, |sent| {
        call.change(|organization| record::remove::<K>(call, organization, id_of(sent)))?;
        Ok(None)
    })
}
