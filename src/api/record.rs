//! Shared handlers of the named entities of `world::table`: list, get, create, update, replace, delete.
//!
//! A family implements [`Resource`] for its kind and puts `record::list::<Kind>` and so on into its routes. What a kind
//! does in its own way is in the functions of the trait.

use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::call::Call;
use super::entity::{is_descending, matches_name, required_text};
use super::{refusal, version};
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::paging::{CursorPage, Page};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{Division, home};
use crate::world::id::Id;
use crate::world::reference::Reference;
use crate::world::table::{Kind, Record, Refused, Stored};

/// The most characters of a name.
const MAX_NAME: usize = 256;

/// A kind of named entity with the usual operations.
pub(crate) trait Resource: Stored {
    /// The name of its id in path templates.
    const PARAM: &'static str;
    /// The status and the code of a name that another entity has.
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "duplicate.name");
    /// The status of a successful DELETE.
    const DELETED: StatusCode = StatusCode::NO_CONTENT;
    /// The fields that a PUT without them keeps.
    const KEPT: &'static [&'static str] = &[];
    /// Whether a change has to name the current version.
    const VERSIONED: bool = false;
    /// Whether a change that names no version is refused.
    const VERSION_REQUIRED: bool = false;
    /// The code of a change that names another version.
    const CONFLICT: &'static str = "general.conflict";
    /// The code of the deletion of an entity to which another refers. `None` lets it be deleted.
    const IN_USE: Option<&'static str> = None;

    /// The entity as the vendor writes it.
    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value>;

    /// Adds what the server sets within the fields of a body, such as the ids of nested things.
    fn normalize(_fields: &mut Map<String, Value>) {}

    /// The entity at an instant, for a kind whose state moves with the clock.
    fn to_json_at(organization: &Organization, record: &Record<Self>, _now: Nanos) -> Map<String, Value> {
        Self::to_json(organization, record)
    }

    /// Checks what a body refers to, beside the references of the kind.
    fn check(_organization: &Organization, _body: &Map<String, Value>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Whether an entity passes the kind's own filters of the query.
    fn matches(_call: &Call<'_>, _organization: &Organization, _record: &Record<Self>) -> bool {
        true
    }

    /// Whether the `name` of a query names an entity. Both are in lower case.
    fn is_named(wanted: &str, name: &str) -> bool {
        matches_name(wanted, name)
    }

    /// Refuses the deletion of an entity that is in use.
    fn may_delete(_call: &Call<'_>, _organization: &Organization, _id: Id<Self>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Does what follows when an entity was created or changed: for a kind with a topic, notes its event. `before` is
    /// the entity as it was; `None` for a new one.
    fn note(_organization: &mut Organization, _id: Id<Self>, _before: Option<&Record<Self>>) {}

    /// Stores what a body says beside the fields of the entity, such as its members.
    fn relate(
        _organization: &mut Organization,
        _id: Id<Self>,
        _body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        Ok(())
    }
}

/// The user of the caller, or its client.
pub(crate) fn author(call: &Call<'_>) -> Option<Uuid> {
    let token = &call.caller.token;
    match token.user {
        Some(user) => call.tenant().read().people().at(user).map(|user| user.id.uuid()),
        None => Uuid::try_parse(&token.client.id).ok(),
    }
}

/// Whether a name is `wanted` exactly, or begins or ends with it where `wanted` has an asterisk.
pub(crate) fn is_exactly(wanted: &str, name: &str) -> bool {
    if wanted.contains('*') { matches_name(wanted, name) } else { wanted == name }
}

/// The entities that the query of a listing selects, in its order.
pub(crate) fn select<'o, K: Resource>(call: &Call<'_>, organization: &'o Organization) -> Vec<&'o Record<K>> {
    let name = call.query_text("name").map(|name| name.to_lowercase());
    let ids = call.query_list("id");
    let divisions: Vec<_> = call.query_list("divisionId").iter().filter_map(|id| Id::parse(id)).collect();
    let home = home(organization.id);
    let mut all: Vec<_> = K::table(organization)
        .iter()
        .filter(|record| name.as_ref().is_none_or(|name| K::is_named(name, &record.name.to_lowercase())))
        .filter(|record| ids.is_empty() || ids.contains(&record.id.to_string()))
        .filter(|record| divisions.is_empty() || divisions.contains(&record.division.unwrap_or(home)))
        .filter(|record| K::matches(call, organization, record))
        .collect();
    sort(call, &mut all);
    all
}

/// Sorts by `sortBy`, or by name if only `sortOrder` is given.
fn sort<K: Kind>(call: &Call<'_>, all: &mut [&Record<K>]) {
    let (by, order) = (call.query_text("sortBy"), call.query_text("sortOrder"));
    match by.as_deref() {
        None if order.is_none() => {}
        Some("id") => all.sort_by_key(|record| record.id.uuid()),
        Some("divisionId") => all.sort_by_key(|record| record.division.map(Id::uuid)),
        _ => all.sort_by_cached_key(|record| record.name.to_lowercase()),
    }
    if is_descending(call) {
        all.reverse();
    }
}

/// The page of entities that the query asks for.
pub(crate) fn page<K: Resource>(call: &Call<'_>) -> Result<Page<Map<String, Value>>, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let all = select::<K>(call, &organization);
    let on_page = all.iter().skip(page.offset()).take(page.most());
    let entities = on_page.map(|record| K::to_json_at(&organization, record, call.now)).collect();
    Ok(Page::new(entities, all.len(), page, call.path, call.query))
}

pub(crate) fn list<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&page::<K>(call)?)
}

/// Lists a kind whose listing is paged by cursors.
pub(crate) fn list_by_cursor<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let all = select::<K>(call, &organization).into_iter();
    let all = all.map(|record| K::to_json_at(&organization, record, call.now));
    Reply::ok(&CursorPage::of(all, |name| call.query(name), call.path)?)
}

/// The entity that `text` names by its id, or a 404.
pub(crate) fn find<'o, K: Stored>(
    organization: &'o Organization,
    text: &str,
) -> Result<&'o Record<K>, ApiError> {
    K::table(organization).find(text).ok_or_else(|| ApiError::no_such(K::NAME, text))
}

/// The id of the entity that a body refers to under `field`. An unknown one is a 400 that names the field.
pub(crate) fn referred<K: Stored>(
    organization: &Organization,
    field: &'static str,
    text: &str,
) -> Result<Id<K>, ApiError> {
    let found = K::table(organization).find(text).map(|record| record.id);
    found.ok_or_else(|| ApiError::no_reference(field, K::NAME, text))
}

pub(crate) fn get<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param(K::PARAM)?;
    let organization = call.tenant().read();
    Reply::ok(&K::to_json_at(&organization, find::<K>(&organization, &id)?, call.now))
}

pub(crate) fn create<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&add::<K>(call, &call.json_object()?)?)
}

/// Creates the entity that `body` describes.
pub(crate) fn add<K: Resource>(
    call: &Call<'_>,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    let author = author(call);
    let name = if K::NAMED { read_name(body)? } else { "" };
    let mut record: Record<K> = Record::new(Id::random(), name.to_owned(), call.now);
    (record.created_by, record.modified_by) = (author, author);
    call.change(|organization| {
        check_references::<K>(organization, body)?;
        K::check(organization, body)?;
        record.division = read_division(organization, body)?;
        record.extra = pick::<K>(body);
        let id = record.id;
        K::table_mut(organization).add(record).map_err(refused::<K>)?;
        if let Err(error) = K::relate(organization, id, body) {
            organization.remove(id);
            return Err(error);
        }
        K::note(organization, id, None);
        Ok(K::to_json_at(organization, find::<K>(organization, &id.to_string())?, call.now))
    })
}

/// Changes the fields that the body has (PATCH).
pub(crate) fn update<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let changed = change::<K>(call, &call.param(K::PARAM)?, &body, |record| {
        record.extra.extend(pick::<K>(&body));
        Ok(())
    });
    Reply::ok(&changed?)
}

/// Replaces the fields by those of the body (PUT).
pub(crate) fn replace<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&replace_by::<K>(call, &call.param(K::PARAM)?, &call.json_object()?)?)
}

/// Replaces the fields of the entity of that id by those of `body`.
pub(crate) fn replace_by<K: Resource>(
    call: &Call<'_>,
    id: &str,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    change::<K>(call, id, body, |record| {
        if K::NAMED {
            read_name(body)?;
        }
        let before = std::mem::replace(&mut record.extra, pick::<K>(body));
        for (key, value) in before.into_iter().filter(|(key, _)| K::KEPT.contains(&key.as_str())) {
            record.extra.entry(key).or_insert(value);
        }
        Ok(())
    })
}

fn change<K: Resource>(
    call: &Call<'_>,
    id: &str,
    body: &Map<String, Value>,
    fields: impl FnOnce(&mut Record<K>) -> Result<(), ApiError>,
) -> Result<Map<String, Value>, ApiError> {
    let author = author(call);
    call.change(|organization| {
        let before = find::<K>(organization, id)?.clone();
        let mut record = before.clone();
        if K::VERSIONED {
            let coded = |error| ApiError { code: K::CONFLICT.into(), ..error };
            check_version(record.version, body).map_err(coded)?;
        }
        if K::VERSION_REQUIRED {
            require_version(body)?;
        }
        check_references::<K>(organization, body)?;
        K::check(organization, body)?;
        fields(&mut record)?;
        if K::NAMED && body.get("name").is_some_and(|name| !name.is_null()) {
            read_name(body)?.clone_into(&mut record.name);
        }
        record.division = read_division(organization, body)?.or(record.division);
        (record.modified_by, record.modified) = (author, call.now);
        record.version += 1;
        let id = record.id;
        K::table_mut(organization).replace(record).map_err(refused::<K>)?;
        if let Err(error) = K::relate(organization, id, body) {
            K::table_mut(organization).replace(before).map_err(refused::<K>)?;
            return Err(error);
        }
        K::note(organization, id, Some(&before));
        Ok(K::to_json_at(organization, find::<K>(organization, &id.to_string())?, call.now))
    })
}

pub(crate) fn delete<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param(K::PARAM)?;
    call.change(|organization| {
        remove::<K>(call, organization, &id)?;
        Ok(Reply::empty(K::DELETED))
    })
}

/// Removes an entity that may be deleted and returns it as it was.
pub(crate) fn remove<K: Resource>(
    call: &Call<'_>,
    organization: &mut Organization,
    id: &str,
) -> Result<Map<String, Value>, ApiError> {
    let record = find::<K>(organization, id)?;
    let (id, written) = (record.id, K::to_json(organization, record));
    K::may_delete(call, organization, id)?;
    if let Some(code) = K::IN_USE
        && let Some(user) = organization.referrer(K::PATH, id.uuid())
    {
        let why = format!("The {} is in use by a {user}.", K::NAME);
        return Err(ApiError::new(StatusCode::BAD_REQUEST, code, why));
    }
    organization.remove(id);
    Ok(written)
}

/// Refuses a body that names an entity which does not exist: 400 with the field.
pub(crate) fn check_references<K: Kind>(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    check_references_of(organization, K::REFERENCES, body)
}

/// Refuses a body of which one of the references names an entity that does not exist: 400 with the field.
pub(crate) fn check_references_of(
    organization: &Organization,
    references: &'static [Reference],
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    match organization.dangling(references, body) {
        Some((reference, id)) => {
            Err(ApiError::no_reference(reference.field.trim_end_matches(".*"), reference.kind, id))
        }
        None => Ok(()),
    }
}

/// Refuses a body whose `version` is not the current one: 409.
pub(crate) fn check_version(current: u32, body: &Map<String, Value>) -> Result<(), ApiError> {
    version::check(u64::from(current), body)
}

/// Refuses a change that names no version.
pub(crate) fn require_version(body: &Map<String, Value>) -> Result<(), ApiError> {
    let named = body.get("version").is_some_and(|version| !version.is_null());
    if named { Ok(()) } else { Err(refusal::of_missing("version")) }
}

fn read_name(body: &Map<String, Value>) -> Result<&str, ApiError> {
    check_name(body, "name")
}

/// The name of an entity, which is under `key` in a body.
pub(crate) fn check_name<'b>(body: &'b Map<String, Value>, key: &'static str) -> Result<&'b str, ApiError> {
    let name = required_text(body, key)?;
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::bad_request(format!("The property {key} has at most {MAX_NAME} characters.")));
    }
    Ok(name)
}

/// The division that a body names: `division.id` or `divisionId`.
fn read_division(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<Option<Id<Division>>, ApiError> {
    let nested = body.get("division").and_then(|division| division.get("id"));
    let Some(id) = nested.or_else(|| body.get("divisionId")).and_then(Value::as_str) else { return Ok(None) };
    referred(organization, "division", id).map(Some)
}

/// The fields of a body that the kind stores.
fn pick<K: Resource>(body: &Map<String, Value>) -> Map<String, Value> {
    let fields = K::FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone())));
    let mut fields = fields.collect();
    K::normalize(&mut fields);
    fields
}

/// The vendor's error for what a table refuses.
pub(crate) fn refused<K: Resource>(refused: Refused) -> ApiError {
    match refused {
        Refused::DuplicateName => {
            let (status, code) = K::DUPLICATE;
            ApiError::new(status, code, format!("A {} with this name exists already.", K::NAME))
        }
        Refused::Full => full(),
    }
}

/// 409: a bound of this server is reached.
pub(crate) fn full() -> ApiError {
    ApiError::conflict(Refused::Full.to_string())
}
