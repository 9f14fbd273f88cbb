//! What the named entities of outbound dialing share.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{matches_name, texts};
use crate::api::record::{self, Resource, find};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Stored};

/// The most entities of one bulk operation (assumed).
pub(super) const MAX_BULK: usize = 100;

/// A named entity of outbound dialing.
pub(super) trait Dialed: Stored {
    /// The name of its id in path templates.
    const PARAM: &'static str;
    /// The status of a successful DELETE.
    const DELETED: StatusCode = StatusCode::OK;
    /// The fields that a PUT without them keeps.
    const KEPT: &'static [&'static str] = &[];
    /// The status and the code of a name that another entity has.
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "duplicate.name");
    /// The most characters of its name, and the code of a longer one.
    const LONGEST_NAME: (usize, &'static str) = (64, "name.length.exceeded");
    /// The code of a change that names another version.
    const CONFLICT: &'static str = "invalid.update.wrong.version";
    /// The code of the deletion of an entity to which another refers.
    const IN_USE: &'static str = "referential.integrity.error";

    /// The entity as the vendor writes it.
    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::entity(organization, record).end()
    }

    /// Adds what the server sets within the fields of a body.
    fn normalize(_fields: &mut Map<String, Value>) {}

    /// Checks a body.
    fn check(_organization: &Organization, _body: &Map<String, Value>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Whether an entity passes the kind's own filters of the query.
    fn passes(_call: &Call<'_>, _record: &Record<Self>) -> bool {
        true
    }

    /// Refuses the deletion of an entity that must not be deleted.
    fn may_delete(_organization: &Organization, _id: Id<Self>) -> Result<(), ApiError> {
        Ok(())
    }

    /// Stores what a body says beside the fields of the entity.
    fn relate(
        _organization: &mut Organization,
        _id: Id<Self>,
        _body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        Ok(())
    }
}

impl<K: Dialed> Resource for K {
    const PARAM: &'static str = <K as Dialed>::PARAM;
    const DELETED: StatusCode = <K as Dialed>::DELETED;
    const DUPLICATE: (StatusCode, &'static str) = <K as Dialed>::DUPLICATE;
    const KEPT: &'static [&'static str] = <K as Dialed>::KEPT;
    const VERSIONED: bool = true;
    const VERSION_REQUIRED: bool = true;
    const LONGEST_NAME: (usize, &'static str) = <K as Dialed>::LONGEST_NAME;
    const CONFLICT: &'static str = <K as Dialed>::CONFLICT;
    const IN_USE: Option<&'static str> = Some(<K as Dialed>::IN_USE);

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        K::write(organization, record)
    }

    fn normalize(fields: &mut Map<String, Value>) {
        <K as Dialed>::normalize(fields);
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        <K as Dialed>::check(organization, body)
    }

    /// The name is compared as `filterType` says, in [`Self::matches`].
    fn is_named(_wanted: &str, _name: &str) -> bool {
        true
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        is_named_as(call, &record.name) && K::passes(call, record)
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        <K as Dialed>::may_delete(organization, id)
    }

    fn note(organization: &mut Organization, id: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_entity(id);
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        <K as Dialed>::relate(organization, id, body)
    }
}

/// Whether a name is as `name` and `filterType` of the query ask. Names are compared without case.
fn is_named_as(call: &Call<'_>, name: &str) -> bool {
    let Some(wanted) = call.query_text("name") else { return true };
    let (wanted, name) = (wanted.to_lowercase(), name.to_lowercase());
    match call.query_text("filterType").as_deref() {
        Some("Equals") => wanted == name,
        Some("Prefix" | "BeginsWith") => name.starts_with(&wanted),
        Some("EndsWith") => name.ends_with(&wanted),
        Some("RegEx") => crate::api::regex::is_match(&wanted, &name),
        Some("LessThan") => name < wanted,
        Some("LessThanEqualTo") => name <= wanted,
        Some("GreaterThan") => name > wanted,
        Some("GreaterThanEqualTo") => name >= wanted,
        _ => matches_name(&wanted, &name),
    }
}

/// Whether a reference of an entity names one of the ids in the query parameter.
pub(super) fn refers<K: Kind>(call: &Call<'_>, record: &Record<K>, parameter: &str, field: &str) -> bool {
    let wanted = call.query_list(parameter);
    let mut references = K::REFERENCES.iter().filter(|reference| reference.field == field);
    wanted.is_empty()
        || references.any(|reference| {
            reference.ids(&record.extra).iter().any(|id| wanted.iter().any(|wanted| wanted == id))
        })
}

/// Gives each object of a list an id, where it has none.
pub(super) fn number_items(fields: &mut Map<String, Value>, property: &str) {
    let items = fields.get_mut(property).and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        item.entry("id").or_insert_with(|| json!(uuid::Uuid::new_v4()));
    }
}

/// Answers with the views of a kind: no more than `properties`.
pub(super) fn list_views<K: Resource>(call: &Call<'_>, properties: &[&str]) -> Result<Reply, ApiError> {
    let mut page = record::page::<K>(call)?;
    for entity in &mut page.entities {
        entity.retain(|key, _| properties.contains(&key.as_str()));
    }
    Reply::ok(&page)
}

/// Answers with the view of an entity: no more than `properties`.
pub(super) fn get_view<K: Resource>(call: &Call<'_>, properties: &[&str]) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let mut view = K::to_json(&organization, find::<K>(&organization, &call.param(K::PARAM)?)?);
    view.retain(|key, _| properties.contains(&key.as_str()));
    Reply::ok(&view)
}

/// Answers with the entities of `ids` in the body. Ids of nothing are left out.
pub(super) fn retrieve_many<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = texts(&body, "ids").into_iter();
    let organization = call.tenant().read();
    let found = ids.take(MAX_BULK).filter_map(|id| K::table(&organization).find(id));
    let found: Vec<_> = found.map(|record| K::to_json(&organization, record)).collect();
    Reply::ok(&whole_page(call, found))
}

/// All of `found` on one page.
fn whole_page(call: &Call<'_>, found: Vec<Map<String, Value>>) -> Page<Map<String, Value>> {
    let total = found.len();
    Page::new(found, total, PageRequest { size: MAX_BULK as u64, number: 1 }, call.path, call.query)
}

/// Creates each entity of the body, or none.
pub(super) fn create_many<K: Resource>(call: &Call<'_>, too_many: &'static str) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    if bodies.len() > MAX_BULK {
        return Err(super::refusal(too_many, format!("At most {MAX_BULK} entities can be added at once.")));
    }
    let mut made = Vec::new();
    for body in &bodies {
        match record::add::<K>(call, body) {
            Ok(entity) => made.push(entity),
            Err(error) => {
                call.change(|organization| {
                    let ids = made.iter().filter_map(|entity| Id::parse(entity.get("id")?.as_str()?));
                    ids.for_each(|id| drop(organization.remove::<K>(id)));
                    Ok(())
                })?;
                return Err(error);
            }
        }
    }
    Reply::ok(&whole_page(call, made))
}

/// Deletes the entities that the query names, or none where one is in use. Ids of nothing are left out.
pub(super) fn delete_many<K: Resource>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.len() > MAX_BULK {
        let why = format!("At most {MAX_BULK} entities can be deleted at once.");
        return Err(super::refusal("too.many.deletes", why));
    }
    call.change(|organization| {
        let known = |id: &String| K::table(organization).find(id).map(Record::id);
        let ids: Vec<Id<K>> = ids.iter().filter_map(known).collect();
        for id in ids.iter().copied() {
            K::may_delete(call, organization, id)?;
            if let Some(user) = organization.referrer(K::PATH, id.uuid()) {
                let why = format!("The {} {id} is in use by a {user}.", K::NAME);
                return Err(ApiError::new(StatusCode::CONFLICT, "bulk.delete.conflict", why));
            }
        }
        for id in &ids {
            record::remove::<K>(call, organization, &id.to_string())?;
        }
        Ok(Reply::no_content())
    })
}
