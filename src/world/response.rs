//! Canned responses, the libraries that they are in, and their assets.
//!
//! A response is in one library or in several. A response that was in a deleted library alone is deleted with it, which
//! is assumed.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::Organization;
use super::id::Id;
use super::relation::Relation;
use super::seed::OrganizationSeed;
use super::table::{Kind, Record, Refused, Stored, Table, seeded_id};
use crate::time::Nanos;

/// How long an asset is being uploaded, in model time. The duration is assumed.
const UPLOADED_AFTER: Nanos = 2_000_000_000;

/// A library of responses.
#[derive(Debug)]
pub(crate) enum Library {}

impl Kind for Library {
    const NAME: &'static str = "library";
    const PATH: &'static str = "/api/v2/responsemanagement/libraries";
    const OBJECT_TYPE: Option<&'static str> = Some("LIBRARY");
    const FIELDS: &'static [&'static str] = &["responseType"];
}

impl Stored for Library {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.responses.libraries
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.responses.libraries
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        let filed = &mut organization.responses.filed;
        let inside: Vec<_> = filed.members(id).iter().map(|(response, ())| *response).collect();
        filed.remove_holder(id);
        let alone: Vec<_> =
            inside.into_iter().filter(|response| filed.holders(*response).is_empty()).collect();
        for response in alone {
            organization.remove(response);
        }
    }
}

/// A text that agents send.
#[derive(Debug)]
pub(crate) enum CannedResponse {}

impl Kind for CannedResponse {
    const NAME: &'static str = "response";
    const PATH: &'static str = "/api/v2/responsemanagement/responses";
    const FIELDS: &'static [&'static str] = &[
        "texts",
        "interactionType",
        "substitutions",
        "substitutionsSchema",
        "responseType",
        "messagingTemplate",
        "assets",
        "footer",
        "appleInvitation",
    ];
    const UNIQUE: bool = false;
}

impl Stored for CannedResponse {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.responses.canned
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.responses.canned
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.responses.filed.remove_member(id);
    }
}

/// A file that responses send.
#[derive(Debug)]
pub(crate) enum ResponseAsset {}

impl Kind for ResponseAsset {
    const NAME: &'static str = "response asset";
    const PATH: &'static str = "/api/v2/responsemanagement/responseassets";
    const FIELDS: &'static [&'static str] = &[];
    const UNIQUE: bool = false;
}

impl Stored for ResponseAsset {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.responses.assets
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.responses.assets
    }
}

impl Record<ResponseAsset> {
    /// Whether the upload has ended at `now`.
    pub(crate) fn is_uploaded(&self, now: Nanos) -> bool {
        now >= self.created.saturating_add(UPLOADED_AFTER)
    }
}

/// The libraries of an organization and what is in them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Responses {
    pub(crate) libraries: Table<Library>,
    pub(crate) canned: Table<CannedResponse>,
    /// The responses of each library.
    pub(crate) filed: Relation<Id<Library>, Id<CannedResponse>>,
    pub(crate) assets: Table<ResponseAsset>,
}

impl Responses {
    /// The libraries and responses of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let mut all = Self::default();
        for name in &seed.response_libraries {
            all.libraries.seed(Record::seeded(organization, name, now));
        }
        for response in &seed.responses {
            let mut record: Record<CannedResponse> = Record::seeded(organization, &response.name, now);
            let text = json!([{ "content": response.text, "contentType": "text/plain" }]);
            record.extra.insert("texts".to_owned(), text);
            let library = seeded_id(organization, response.library.get_ref());
            let _ = all.filed.set(library, record.id(), ());
            all.canned.seed(record);
        }
        all
    }
}

impl Organization {
    /// Its response libraries and what is in them.
    pub(crate) const fn responses(&self) -> &Responses {
        &self.responses
    }

    /// Puts a response into these libraries and into no other.
    ///
    /// # Errors
    /// When the organization has too many.
    pub(crate) fn file_response(
        &mut self,
        response: Id<CannedResponse>,
        libraries: &[Id<Library>],
    ) -> Result<(), Refused> {
        self.responses.filed.remove_member(response);
        libraries.iter().try_for_each(|library| self.responses.filed.set(*library, response, ()))
    }
}
