//! Shared handlers of the named entities of `world::table`: list, get, create, update, replace, delete.
//!
//! A family implements [`Resource`] for its kind and puts `record::list::<Kind>` and so on into its routes. What a kind
//! does in its own way is in the functions of the trait.

mod kind;

use http::StatusCode;
use ref_cast::RefCast;
use serde_json::{Map, Value};
use uuid::Uuid;

use self::kind::ResourceKind;
use super::call::Call;
use super::entity::{matches_name, required_text};
use super::{refusal, version};
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{ALL_DIVISIONS, Division};
use crate::world::id::Id;
use crate::world::reference::Reference;
use crate::world::table::{Kind, Record, Refused, Stored};

/// The most characters of a name.
const MAX_NAME: usize = 256;

/// Whether entities of a kind may belong to all divisions, which a body says with the id `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starred {
    Never,
    /// Where a body says so.
    Named,
    /// Also where the body of a new one names no division.
    ByDefault,
}

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
    /// Whether it may belong to all divisions.
    const STARRED: Starred = Starred::Never;
    /// The most characters of its name, and the code of a longer one.
    const LONGEST_NAME: (usize, &'static str) = (MAX_NAME, "bad.request");
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
    match call.caller.token.user {
        Some(_) => author_in(call, &call.tenant().read()),
        None => Uuid::try_parse(&call.caller.token.client.id).ok(),
    }
}

/// [`author`] for a caller that reads the organization already.
pub(crate) fn author_in(call: &Call<'_>, organization: &Organization) -> Option<Uuid> {
    let token = &call.caller.token;
    match token.user {
        Some(user) => organization.people().at(user).map(|user| user.id.uuid()),
        None => Uuid::try_parse(&token.client.id).ok(),
    }
}

/// Whether a name is `wanted` exactly, or begins or ends with it where `wanted` has an asterisk.
pub(crate) fn is_exactly(wanted: &str, name: &str) -> bool {
    if wanted.contains('*') { matches_name(wanted, name) } else { wanted == name }
}

/// The divisions that a query parameter names.
pub(crate) struct Divisions(Vec<String>);

impl Divisions {
    pub(crate) fn of(call: &Call<'_>, parameter: &str) -> Self {
        Self(call.query_list(parameter))
    }

    /// Whether a division is one of them. Without the parameter, and with `*`, each one is. A text that is no id names
    /// none. What belongs to all divisions is in each.
    pub(crate) fn have(&self, division: Id<Division>) -> bool {
        let is_it = |id: Id<Division>| id == division || division == ALL_DIVISIONS;
        self.0.is_empty() || self.0.iter().any(|id| id == "*" || Id::parse(id).is_some_and(is_it))
    }
}

/// The entities that the query of a listing selects, in its order.
pub(crate) fn select<'o, K: Resource>(call: &Call<'_>, organization: &'o Organization) -> Vec<&'o Record<K>> {
    let selected = ResourceKind::of::<K>().select(call, organization);
    selected.into_iter().map(Record::ref_cast).collect()
}

/// The page of entities that the query asks for.
pub(crate) fn page<K: Resource>(call: &Call<'_>) -> Result<Page<Map<String, Value>>, ApiError> {
    ResourceKind::of::<K>().page(call)
}

pub(crate) fn list<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&page::<K>(call)?)
}

/// Lists a kind whose listing is paged by cursors.
pub(crate) fn list_by_cursor<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    ResourceKind::of::<K>().list_by_cursor(call)
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
    let found = K::table(organization).find(text).map(Record::id);
    found.ok_or_else(|| ApiError::no_reference(field, K::NAME, text))
}

pub(crate) fn get<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    ResourceKind::of::<K>().get(call)
}

pub(crate) fn create<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&add::<K>(call, &call.json_object()?)?)
}

/// Creates the entity that `body` describes.
pub(crate) fn add<K: Resource>(
    call: &Call<'_>,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    ResourceKind::of::<K>().add(call, body)
}

/// Changes the fields that the body has (PATCH).
pub(crate) fn update<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    ResourceKind::of::<K>().update(call)
}

/// Replaces the fields by those of the body (PUT).
pub(crate) fn replace<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    ResourceKind::of::<K>().replace(call)
}

/// Replaces the fields of the entity of that id by those of `body`.
pub(crate) fn replace_by<K: Resource>(
    call: &Call<'_>,
    id: &str,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, ApiError> {
    ResourceKind::of::<K>().replace_by(call, id, body)
}

pub(crate) fn delete<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    ResourceKind::of::<K>().delete(call)
}

/// Removes an entity that may be deleted and returns it as it was.
pub(crate) fn remove<K: Resource>(
    call: &Call<'_>,
    organization: &mut Organization,
    id: &str,
) -> Result<Map<String, Value>, ApiError> {
    ResourceKind::of::<K>().remove(call, organization, id)
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

/// The name of an entity, which is under `key` in a body.
pub(crate) fn check_name<'b>(body: &'b Map<String, Value>, key: &'static str) -> Result<&'b str, ApiError> {
    let name = required_text(body, key)?;
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::bad_request(format!("The property {key} has at most {MAX_NAME} characters.")));
    }
    Ok(name)
}

/// The division that a body names: `division.id` or `divisionId`. Some kinds may name all of them.
pub(crate) fn read_division(
    organization: &Organization,
    body: &Map<String, Value>,
    starred: Starred,
) -> Result<Option<Id<Division>>, ApiError> {
    let nested = body.get("division").and_then(|division| division.get("id"));
    let Some(id) = nested.or_else(|| body.get("divisionId")).and_then(Value::as_str) else { return Ok(None) };
    if starred != Starred::Never && id == "*" {
        return Ok(Some(ALL_DIVISIONS));
    }
    referred(organization, "division", id).map(Some)
}

/// The vendor's error for what a table refuses.
pub(crate) fn refused<K: Resource>(refused: Refused) -> ApiError {
    ResourceKind::of::<K>().refused(refused)
}

/// 409: a bound of this server is reached.
pub(crate) fn full() -> ApiError {
    ApiError::conflict(Refused::Full.to_string())
}
