//! Contact lists, campaigns and external contacts as an organization's file has them.

use serde::Deserialize;
use toml::Spanned;

use super::OrganizationSeed;
use super::directory::Reference;
use crate::rules::excerpt;

/// A contact list and its contacts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactList {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The names of its columns.
    pub(crate) columns: Vec<String>,
    /// The columns that have phone numbers.
    pub(crate) phone_columns: Vec<Reference>,
    /// Each with one value for each column.
    #[serde(default)]
    pub(crate) contacts: Vec<Spanned<Vec<String>>>,
}

/// A list of phone numbers that are not to be called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DncList {
    /// Unique within the organization.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone_numbers: Vec<String>,
}

/// A campaign of calls. It is off at the start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Campaign {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The name of its contact list.
    pub(crate) contact_list: Reference,
    /// The name of the queue that takes its calls; a campaign without agents has none.
    pub(crate) queue: Option<Reference>,
    /// Names of do not contact lists.
    #[serde(default)]
    pub(crate) dnc_lists: Vec<Reference>,
    /// The number that it calls from.
    pub(crate) caller_address: String,
}

/// An organization outside this one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalOrganization {
    /// Unique within the organization's file.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) industry: String,
}

/// A person outside the organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalContact {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    #[serde(default)]
    pub(crate) email: String,
    /// The cell phone, in international form.
    #[serde(default)]
    pub(crate) phone: String,
    /// The name of an external organization.
    pub(crate) organization: Option<Reference>,
}

/// A name that another part of the file has to have: what refers to it, the name, its kind, and whether it is there.
type Named<'s> = (String, &'s Reference, &'static str, bool);

impl OrganizationSeed {
    /// Checks that everything that lists, campaigns and contacts refer to is in the file.
    pub(super) fn check_dialing(&self, text: &str) -> Result<(), String> {
        let line = |start: usize| 1 + text[..start.min(text.len())].matches('\n').count();
        let references = self.references();
        if let Some((owner, name, kind, _)) = references.iter().find(|(.., exists)| !exists) {
            let (line, name) = (line(name.span().start), excerpt(name.get_ref()));
            return Err(format!("line {line}: {owner}: no {kind} {name}"));
        }
        for list in &self.contact_lists {
            let fits = |contact: &&Spanned<Vec<String>>| contact.get_ref().len() != list.columns.len();
            if let Some(contact) = list.contacts.iter().find(fits) {
                let (line, name) = (line(contact.span().start), excerpt(&list.name));
                let (found, expected) = (contact.get_ref().len(), list.columns.len());
                return Err(format!(
                    "line {line}: contact list {name}: a contact has {found} values, expected {expected}"
                ));
            }
        }
        Ok(())
    }

    fn references(&self) -> Vec<Named<'_>> {
        let mut all: Vec<Named<'_>> = Vec::new();
        for list in &self.contact_lists {
            let owner = format!("contact list {}", excerpt(&list.name));
            all.extend(
                list.phone_columns
                    .iter()
                    .map(|name| (owner.clone(), name, "column", list.columns.contains(name.get_ref()))),
            );
        }
        for campaign in &self.campaigns {
            let owner = format!("campaign {}", excerpt(&campaign.name));
            let list = &campaign.contact_list;
            let exists = self.contact_lists.iter().any(|one| one.name == *list.get_ref());
            all.push((owner.clone(), list, "contact list", exists));
            all.extend(campaign.queue.iter().map(|queue| {
                (owner.clone(), queue, "queue", self.queue_names().any(|name| name == queue.get_ref()))
            }));
            all.extend(campaign.dnc_lists.iter().map(|name| {
                let exists = self.dnc_lists.iter().any(|list| list.name == *name.get_ref());
                (owner.clone(), name, "do not contact list", exists)
            }));
        }
        for contact in &self.external_contacts {
            let owner =
                format!("external contact {} {}", excerpt(&contact.first_name), excerpt(&contact.last_name));
            all.extend(contact.organization.iter().map(|name| {
                let exists = self.external_organizations.iter().any(|one| one.name == *name.get_ref());
                (owner.clone(), name, "external organization", exists)
            }));
        }
        all
    }
}
