//! An organization's file made of what people have: exports of Terraform, pages of the vendor's API, lists of users.
//!
//! [`Export`] takes documents that are read already and keeps their entities. [`Export::organization`] writes them as the
//! file that `seed` reads. Nothing here opens a file. Personal data are replaced (`disguise`) unless they are to be kept,
//! secrets always. What the file of an organization has no place for is counted, and is listed at its end.
//!
//! To take another kind: its row in `kind`, and its section in the file of its domain.

mod dialing;
mod disguise;
mod export;
mod integration;
mod kind;
mod messaging;
mod names;
mod notes;
mod people;
mod resource;
mod routing;
mod spelling;
mod telephony;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::export::Export;
use indexmap::IndexMap;
use serde_json::Value;

use self::kind::Kind;
use self::names::Names;
pub(crate) use self::notes::Notes;
use self::resource::{Resource, key_of};
use self::writer::Writer;

/// A written organization.
#[derive(Debug)]
pub(crate) struct Written {
    /// The file.
    pub(crate) text: String,
    /// How many entities the file has.
    pub(crate) entities: usize,
    /// What the file has no place for.
    pub(crate) notes: Notes,
}

impl Export {
    /// The file of an organization with the entities of the export. `keep_names` keeps the names, the e-mail addresses
    /// and the phone numbers of people and of customers.
    pub(crate) fn organization(self, keep_names: bool) -> Written {
        let (resources, mut notes) = self.into_parts();
        let names = Names::of(&resources, keep_names, &mut notes);
        let mut out = Writer::new(notes, keep_names);
        write_head(&names, &mut out);
        people::write(&names, &mut out);
        routing::write(&names, &mut out);
        telephony::write(&names, &mut out);
        dialing::write(&names, &mut out);
        integration::write(&names, &mut out);
        messaging::write(&names, &mut out);
        let (mut text, mut notes) = out.into_parts();
        note_unseen(&resources, &names, &mut notes);
        text.push_str(&notes.comments());
        Written { text, entities: names.len(), notes }
    }
}

/// Counts the fields of the entities that the file has no place for.
fn note_unseen(resources: &IndexMap<String, Resource>, names: &Names<'_>, notes: &mut Notes) {
    for (key, resource) in resources.iter().filter(|(key, _)| names.has(key)) {
        for (field, value) in resource.unseen() {
            let is_home = || key_of(value).is_some_and(|division| names.is_home(division));
            if DIVISIONS.contains(&field.as_str()) && is_home() {
                continue;
            }
            for field in names_of(field, value) {
                notes.add(&format!("{}.{field}", type_of(key, resource)), &resource.file);
            }
        }
        for field in resource.unseen_within() {
            notes.add(&format!("{}.{field}", type_of(key, resource)), &resource.file);
        }
    }
}

/// The names of a field in the list: those of the blocks that Terraform makes where the field is `dynamic`.
fn names_of(field: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(blocks) if field == "dynamic" => {
            blocks.keys().map(|name| format!("{field}.{name}")).collect()
        }
        _ => vec![field.to_owned()],
    }
}

/// The fields of an entity that name its division.
const DIVISIONS: [&str; 2] = ["division_id", "division"];

/// The type of an entity: that of Terraform where its key is an address, or the word of its kind.
fn type_of<'k>(key: &'k str, resource: &Resource) -> &'k str {
    let (before, address) = key.split_at(if key.starts_with("data.") { 5 } else { 0 });
    match address.split_once('.').filter(|(name, _)| Kind::of_terraform(name).is_some()) {
        Some((name, _)) => &key[..before.len() + name.len()],
        None => resource.kind.word(),
    }
}

/// The keys of the top of the file: names of entities that have nothing but a name.
fn write_head(names: &Names<'_>, out: &mut Writer) {
    out.comment(
        "Made by gcmock import. Look it over, then start gcmock with --organizations and its folder.",
    );
    out.string("name", "Imported");
    out.string("domain", &names.domain);
    routing::write_lists(names, out);
}
