//! The kinds of external contacts.

use uuid::Uuid;

use super::{Organization, identifiers_of};
use crate::world::reference::Reference;
use crate::world::table::{Kind, Record, Stored, Table};

/// A person outside the organization. It has no name of its own: its parts are among its fields.
#[derive(Debug)]
pub(crate) enum ExternalContact {}

impl Kind for ExternalContact {
    const NAME: &'static str = "external contact";
    const PATH: &'static str = "/api/v2/externalcontacts/contacts";
    const FIELDS: &'static [&'static str] = &[
        "firstName",
        "middleName",
        "lastName",
        "salutation",
        "title",
        "workPhone",
        "cellPhone",
        "homePhone",
        "otherPhone",
        "workEmail",
        "personalEmail",
        "otherEmail",
        "address",
        "twitterId",
        "lineId",
        "whatsAppId",
        "facebookId",
        "instagramId",
        "appleOpaqueIds",
        "externalIds",
        "externalOrganization",
        "surveyOptOut",
        "externalSystemUrl",
        "schema",
        "customFields",
    ];
    const UNIQUE: bool = false;
    const NAMED: bool = false;
    const REFERENCES: &'static [Reference] = &[Reference::to::<ExternalOrganization>("externalOrganization")];
    const MAX_CREATED: usize = 100_000;
    const MAX_BYTES: usize = 128 << 20;
}

impl Stored for ExternalContact {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.external.people
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.external.people
    }

    fn forget_record(organization: &mut Organization, removed: &Record<Self>) {
        organization.index_contact(removed.id(), &identifiers_of(&removed.extra));
        organization.forget_contact(removed.id());
    }
}

/// An organization outside this one.
#[derive(Debug)]
pub(crate) enum ExternalOrganization {}

impl Kind for ExternalOrganization {
    const NAME: &'static str = "external organization";
    const PATH: &'static str = "/api/v2/externalcontacts/organizations";
    const FIELDS: &'static [&'static str] = &[
        "companyType",
        "industry",
        "address",
        "phoneNumber",
        "faxNumber",
        "employeeCount",
        "revenue",
        "tags",
        "websites",
        "tickers",
        "twitterId",
        "externalSystemUrl",
        "trustor",
        "schema",
        "customFields",
        "externalIds",
    ];
    const UNIQUE: bool = false;
}

impl Stored for ExternalOrganization {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.external.organizations
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.external.organizations
    }

    fn forget_record(organization: &mut Organization, removed: &Record<Self>) {
        organization.forget_external_organization(removed.id());
    }
}

/// A note about a contact or an organization, which `entityId` and `entityType` name.
#[derive(Debug)]
pub(crate) enum Note {}

impl Kind for Note {
    const NAME: &'static str = "note";
    const PATH: &'static str = "/api/v2/externalcontacts/notes";
    const FIELDS: &'static [&'static str] = &["noteText"];
    const UNIQUE: bool = false;
    const NAMED: bool = false;
}

impl Stored for Note {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.external.notes
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.external.notes
    }
}

/// What a user is to an external organization, such as its account manager.
#[derive(Debug)]
pub(crate) enum Relationship {}

impl Kind for Relationship {
    const NAME: &'static str = "relationship";
    const PATH: &'static str = "/api/v2/externalcontacts/relationships";
    const FIELDS: &'static [&'static str] = &["user", "externalOrganization", "relationship"];
    const UNIQUE: bool = false;
    const NAMED: bool = false;
    const REFERENCES: &'static [Reference] = &[
        Reference::new("user", "/api/v2/users", "user"),
        Reference::to::<ExternalOrganization>("externalOrganization"),
    ];
}

impl Stored for Relationship {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.external.relationships
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.external.relationships
    }
}

/// A system from which contacts come.
#[derive(Debug)]
pub(crate) enum ExternalSource {}

impl Kind for ExternalSource {
    const NAME: &'static str = "external source";
    const PATH: &'static str = "/api/v2/externalcontacts/externalsources";
    const FIELDS: &'static [&'static str] = &["active", "linkConfiguration"];
}

impl Stored for ExternalSource {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.external.sources
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.external.sources
    }
}

/// The contact or the organization that a note is about.
pub(super) fn owner_of(note: &Record<Note>) -> Option<Uuid> {
    note.extra.get("entityId").and_then(|id| Uuid::try_parse(id.as_str()?).ok())
}
