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
use self::names::Names;
pub(crate) use self::notes::Notes;
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
        let (mut text, notes) = out.into_parts();
        text.push_str(&notes.comments());
        Written { text, entities: names.len(), notes }
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
