//! Imports with a template: the rows of a file become the contacts of a new contact list.
//!
//! A file is not split: all rows that the template's filter lets through are in one list. The parts of its name follow the
//! format of the template. The last import with a template is the one that its status tells.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::imports::{FULL, NO_RECORD, note_import, read, rows};
use crate::api::entity::{id_in, text};
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::{ContactList, ContactListTemplate, ImportTemplate, LIST_IMPORTS, filter};
use crate::world::table::{Record, Stored};

type Body = Map<String, Value>;

/// The fields of an upload that say how its file is imported.
pub(super) const TEMPLATE: &str = "importTemplateId";
pub(super) const PREFIX: &str = "listNamePrefix";
pub(super) const DIVISION: &str = "divisionIdForTargetContactLists";

/// Takes the file of an upload with a template: makes the list, fills it, and keeps how that ended.
pub(super) fn take(organization: &mut Organization, upload: &Body, content: &str, now: Nanos) {
    let template = ImportTemplate::table(organization).find(text(upload, TEMPLATE)).cloned();
    let Some(template) = template else { return };
    let made = import(organization, &template, (upload, content), now);
    let lists: Vec<_> = made.iter().map(|(id, _)| id).collect();
    let more = [("targetContactListIds", json!(lists)), (PREFIX, json!(text(upload, PREFIX)))];
    let more = Body::from_iter(more.map(|(key, value)| (key.to_owned(), value)));
    note_import(organization, (template.id(), rows(content)), made.map(|(_, count)| count), more);
}

/// Makes the contact list of an import: its id, and the number of its contacts.
fn import(
    organization: &mut Organization,
    template: &Record<ImportTemplate>,
    (upload, content): (&Body, &str),
    now: Nanos,
) -> Result<(Id<ContactList>, usize), &'static str> {
    let columns = id_in(&template.extra, "contactListTemplate");
    let columns = ContactListTemplate::table(organization).find(columns).map(|of| of.extra.clone());
    let mut list: Record<ContactList> = Record::new(Id::new(Uuid::new_v4()), String::new(), now);
    list.name = free_name(organization, &name_of(template, text(upload, PREFIX), now));
    list.extra = columns.ok_or("The template of contact lists does not exist.")?;
    list.division = Id::parse(text(upload, DIVISION)).or(list.division);
    let mut contacts = read(&list, text(upload, "column"), content, now);
    let wanted = id_in(&template.extra, "contactListFilter");
    if let Some(wanted) = organization.outbound().filters.find(wanted) {
        contacts.retain(|contact| filter::matches(&wanted.extra, contact));
    }
    if contacts.is_empty() {
        return Err(NO_RECORD);
    }
    let (id, count) = (list.id(), contacts.len());
    ContactList::table_mut(organization).add(list).map_err(|_| FULL)?;
    if organization.outbound_mut().contacts.put_all(id.uuid(), contacts).is_err() {
        organization.remove(id);
        return Err(FULL);
    }
    organization.note_entity(id);
    Ok((id, count))
}

/// The name of the list by the format of the template.
fn name_of(template: &Record<ImportTemplate>, prefix: &str, now: Nanos) -> String {
    let prefix = if prefix.is_empty() { &*template.name } else { prefix };
    let format = text(&template.extra, "listNameFormat");
    let pattern = match format {
        "Custom" => text(&template.extra, "customListNameFormatValue"),
        _ if format.contains("HourMinuteSecond") => "%N MM-DD-YYYY hh-mm-ss",
        _ if format.contains("MonthDayYear") => "%N MM-DD-YYYY",
        _ => "%N",
    };
    let at = Timestamp::from_nanosecond(i128::from(now)).unwrap_or_default();
    let at = TimeZone::UTC.to_datetime(at);
    let mut name = pattern.to_owned();
    for (token, value) in [
        ("YYYY", format!("{:04}", at.year())),
        ("MM", format!("{:02}", at.month())),
        ("DD", format!("{:02}", at.day())),
        ("hh", format!("{:02}", at.hour())),
        ("mm", format!("{:02}", at.minute())),
        ("ss", format!("{:02}", at.second())),
        ("%P", "1".to_owned()),
        ("%F", String::new()),
        ("%C", String::new()),
        ("%N", prefix.to_owned()),
    ] {
        name = name.replace(token, &value);
    }
    name
}

/// A name that no contact list has: the name itself, or with a number.
fn free_name(organization: &Organization, name: &str) -> String {
    let all = ContactList::table(organization);
    let others = (2..).map(|number: u32| format!("{name} {number}"));
    let mut names = std::iter::once(name.to_owned()).chain(others);
    names.find(|name| all.named(name).is_none()).unwrap_or_default()
}

/// How the last import with a template ended, if it has that prefix. Without one, nothing was imported.
pub(super) fn status(organization: &Organization, template: &str, prefix: Option<&str>) -> Value {
    let status = organization.collections.get(LIST_IMPORTS, template);
    let status = status.filter(|status| prefix.is_none_or(|prefix| text(status, PREFIX) == prefix));
    status.map_or_else(|| crate::view::outbound::import_status(0), |status| Value::Object(Map::clone(status)))
}
