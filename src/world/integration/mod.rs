//! The integrations of an organization with other systems, their actions and credentials.
//!
//! An action belongs to an integration, and is deleted with it. A draft of an action has the id of its action. To add a
//! kind of entity, write its [`Kind`], and give its table to [`Integrations`].

pub(crate) mod action;
pub(crate) mod kinds;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

pub(crate) use self::action::{Action, ActionDraft};
use super::Organization;
use super::id::Id;
use super::seed::OrganizationSeed;
use super::table::{Kind, Record, Stored, Table};
use crate::time::Nanos;

/// How long an integration is being activated or deactivated, in model time. The duration is assumed.
const SETTLES_AFTER: Nanos = 2_000_000_000;

/// An installed integration.
#[derive(Debug)]
pub(crate) enum Integration {}

impl Kind for Integration {
    const NAME: &'static str = "integration";
    const PATH: &'static str = "/api/v2/integrations";
    const FIELDS: &'static [&'static str] = &["integrationType", "intendedState"];
    const UNIQUE: bool = false;
}

impl Stored for Integration {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.integrations.installed
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.integrations.installed
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        let of = id.to_string();
        let all = &organization.integrations;
        let actions: Vec<_> = all.actions.iter().filter(|action| action.is_of(&of)).map(Record::id).collect();
        let drafts: Vec<_> = all.drafts.iter().filter(|draft| draft.is_of(&of)).map(Record::id).collect();
        for id in actions {
            organization.remove(id);
        }
        for id in drafts {
            organization.remove(id);
        }
    }
}

impl Record<Integration> {
    /// The id of the integration's type.
    pub(crate) fn type_id(&self) -> &str {
        let kind = self.extra.get("integrationType").and_then(|kind| kind.get("id")?.as_str());
        kind.unwrap_or_default()
    }

    /// The state that a client has asked for: the vendor's word.
    pub(crate) fn intended_state(&self) -> &str {
        self.extra.get("intendedState").and_then(|state| state.as_str()).unwrap_or("DISABLED")
    }

    /// The state that the integration is in: the vendor's word. It follows the intended state after [`SETTLES_AFTER`].
    pub(crate) fn reported_state(&self, now: Nanos) -> &'static str {
        let is_settled = self.version == 1 || now >= self.modified.saturating_add(SETTLES_AFTER);
        match (self.intended_state() == "ENABLED", is_settled) {
            (true, true) => "ACTIVE",
            (true, false) => "ACTIVATING",
            (false, true) => "INACTIVE",
            (false, false) => "DEACTIVATING",
        }
    }
}

/// A secret that integrations use.
#[derive(Debug)]
pub(crate) enum Credential {}

impl Kind for Credential {
    const NAME: &'static str = "credential";
    const PATH: &'static str = "/api/v2/integrations/credentials";
    const FIELDS: &'static [&'static str] = &["type", "credentialFields"];
    const UNIQUE: bool = false;
}

impl Stored for Credential {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.integrations.credentials
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.integrations.credentials
    }
}

/// The integrations of an organization and what belongs to them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Integrations {
    /// The integrations themselves.
    pub(crate) installed: Table<Integration>,
    pub(crate) actions: Table<Action>,
    pub(crate) drafts: Table<ActionDraft>,
    pub(crate) credentials: Table<Credential>,
}

impl Integrations {
    /// The integrations and actions of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let mut all = Self::default();
        for integration in &seed.integrations {
            let mut record: Record<Integration> = Record::seeded(organization, &integration.name, now);
            let state = if integration.enabled { "ENABLED" } else { "DISABLED" };
            record.extra.insert("integrationType".to_owned(), json!({ "id": integration.kind.get_ref() }));
            record.extra.insert("intendedState".to_owned(), json!(state));
            all.installed.seed(record);
        }
        for action in &seed.actions {
            all.actions.seed(action.record(organization, now));
        }
        all
    }
}
