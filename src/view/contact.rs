//! External contacts, organizations, notes and relationships as the vendor writes them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::outbound::named;
use super::record::division;
use super::user;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::contact::{
    ExternalContact, ExternalOrganization, ExternalSource, Note, Relationship, identifiers_of,
};
use crate::world::id::Id;
use crate::world::table::{Kind, Record};

type Body = Map<String, Value>;

/// The properties that a caller asked to be written in full.
pub(crate) type Expand<'e> = &'e [String];

fn has(expand: Expand<'_>, property: &str) -> bool {
    expand.iter().any(|wanted| wanted == property)
}

/// The id, the division and the stored fields of an entity.
fn base<K: Kind>(organization: &Organization, record: &Record<K>) -> Body {
    let mut written = Map::from_iter([("id".to_owned(), json!(record.id()))]);
    if K::NAMED {
        written.insert("name".to_owned(), json!(record.name));
    }
    written.insert("division".to_owned(), division(organization, record.division));
    let fields = record.extra.iter().filter(|(_, value)| !value.is_null());
    written.extend(fields.map(|(key, value)| (key.clone(), value.clone())));
    name_sources(organization, &mut written);
    written
}

/// Names the sources of external ids. A client gives their ids alone.
fn name_sources(organization: &Organization, written: &mut Body) {
    let ids = written.get_mut("externalIds").and_then(Value::as_array_mut).into_iter().flatten();
    for source in ids.filter_map(|id| id.get_mut("externalSource")) {
        if let Some(id) = source.get("id").and_then(Value::as_str) {
            let given = source.get("name").and_then(Value::as_str);
            let fallback = given.unwrap_or(id).to_owned();
            let mut named = named(organization, ExternalSource::PATH, id);
            if named.get("name").is_none() {
                named["name"] = json!(fallback);
            }
            *source = named;
        }
    }
}

fn put(written: &mut Body, key: &str, value: Value) {
    written.insert(key.to_owned(), value);
}

/// Adds when an entity was created and changed, and its address.
fn end<K: Kind>(mut written: Body, record: &Record<K>) -> Body {
    put(&mut written, "createDate", json!(rfc3339(record.created)));
    put(&mut written, "modifyDate", json!(rfc3339(record.modified)));
    put(&mut written, "selfUri", json!(record.uri()));
    written
}

fn reference(id: Id<ExternalContact>) -> Value {
    json!({ "id": id, "selfUri": format!("{}/{id}", ExternalContact::PATH) })
}

/// A contact.
pub(crate) fn contact(
    organization: &Organization,
    contact: &Record<ExternalContact>,
    expand: Expand<'_>,
) -> Body {
    let mut written = base(organization, contact);
    written.shift_remove("identifiers");
    if has(expand, "identifiers") {
        put(&mut written, "identifiers", json!(identifiers(organization, contact)));
    }
    let of = contact.extra.get("externalOrganization").and_then(|of| of.get("id")?.as_str());
    if let Some(id) = of {
        put(&mut written, "externalOrganization", external_of(organization, id, expand));
    }
    put(&mut written, "type", json!("Curated"));
    add_merges(organization, contact.id(), &mut written);
    end(written, contact)
}

/// The organization of a contact: in full where `externalOrganization` is expanded.
fn external_of(organization: &Organization, id: &str, expand: Expand<'_>) -> Value {
    let all = &organization.external().organizations;
    match all.find(id).filter(|_| has(expand, "externalOrganization")) {
        Some(found) => json!(external_organization(organization, found, expand)),
        None => named(organization, ExternalOrganization::PATH, id),
    }
}

/// Adds what a contact was made from and what it became.
fn add_merges(organization: &Organization, id: Id<ExternalContact>, written: &mut Body) {
    let all = organization.external();
    let canonical = all.canonical(id);
    let set = all.merge_set(canonical);
    if set.len() < 2 {
        return;
    }
    put(written, "canonicalContact", reference(canonical));
    put(written, "mergeSet", set.into_iter().map(reference).collect());
    if let Some(merge) = all.merge_of(id) {
        put(written, "mergedFrom", json!([reference(merge.source), reference(merge.target)]));
        let operation = json!({
            "sourceContact": reference(merge.source), "targetContact": reference(merge.target),
            "resultingContact": reference(id),
        });
        put(written, "mergeOperation", operation);
    }
    if all.is_merged(id) {
        put(written, "mergedTo", reference(canonical));
    }
}

/// The identifiers of a contact or of an organization.
pub(crate) fn identifiers<K: Kind>(organization: &Organization, record: &Record<K>) -> Vec<Value> {
    let division = division(organization, record.division);
    let all = identifiers_of(&record.extra).into_iter();
    let write = |(kind, value): (String, String)| {
        json!({
            "type": kind, "value": value, "division": division, "dateCreated": rfc3339(record.created),
        })
    };
    all.map(|identifier| write((identifier.kind, identifier.value))).collect()
}

/// An organization outside this one.
pub(crate) fn external_organization(
    organization: &Organization,
    record: &Record<ExternalOrganization>,
    expand: Expand<'_>,
) -> Body {
    let mut written = base(organization, record);
    written.shift_remove("identifiers");
    if has(expand, "identifiers") {
        put(&mut written, "identifiers", json!(identifiers(organization, record)));
    }
    end(written, record)
}

/// A note, at the address of what it is about.
pub(crate) fn note(organization: &Organization, note: &Record<Note>) -> Body {
    let mut written = base(organization, note);
    let author = note.created_by.map(|id| id.to_string());
    put(&mut written, "createdBy", author_of(organization, author.as_deref()));
    let mut written = end(written, note);
    let text = |key: &str| note.extra.get(key).and_then(Value::as_str).unwrap_or_default();
    let path =
        if text("entityType") == "organization" { ExternalOrganization::PATH } else { ExternalContact::PATH };
    let uri = format!("{path}/{}/notes/{}", text("entityId"), note.id());
    put(&mut written, "selfUri", json!(uri));
    written
}

/// A user. The author of a note may be a client, which has no more than an id.
fn author_of(organization: &Organization, id: Option<&str>) -> Value {
    let known = id.and_then(Id::parse).and_then(|id| organization.people().index_of(id));
    match known.and_then(|index| organization.people().at(index)) {
        Some(author) => user::versioned(author),
        None => json!({ "id": id.unwrap_or_default(), "version": 1 }),
    }
}

/// A relationship between a user and an external organization.
pub(crate) fn relationship(organization: &Organization, record: &Record<Relationship>) -> Body {
    let mut written = base(organization, record);
    let id = |key: &str| record.extra.get(key).and_then(|of| of.get("id")?.as_str()).unwrap_or_default();
    put(&mut written, "user", author_of(organization, Some(id("user"))));
    let of = named(organization, ExternalOrganization::PATH, id("externalOrganization"));
    put(&mut written, "externalOrganization", of);
    put(&mut written, "selfUri", json!(record.uri()));
    written
}

/// A system from which contacts come.
pub(crate) fn source(_: &Organization, record: &Record<ExternalSource>) -> Body {
    let mut written = Map::from_iter([
        ("id".to_owned(), json!(record.id())),
        ("name".to_owned(), json!(record.name)),
        ("active".to_owned(), json!(true)),
    ]);
    let fields = record.extra.iter().filter(|(_, value)| !value.is_null());
    written.extend(fields.map(|(key, value)| (key.clone(), value.clone())));
    put(&mut written, "selfUri", json!(record.uri()));
    written
}

/// The entity of a collection of external contacts, which is named by its path.
pub(crate) fn of_collection(organization: &Organization, collection: &str, id: Uuid) -> Option<Body> {
    let all = organization.external();
    match collection {
        ExternalContact::PATH => all.people.get(Id::new(id)).map(|found| contact(organization, found, &[])),
        ExternalOrganization::PATH => {
            let found = all.organizations.get(Id::new(id));
            found.map(|found| external_organization(organization, found, &[]))
        }
        Relationship::PATH => {
            all.relationships.get(Id::new(id)).map(|found| relationship(organization, found))
        }
        _ => None,
    }
}
