//! Data actions and their drafts.

use serde_json::Value;

use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Stored, Table};

/// The fields of an action and of a draft.
const FIELDS: &[&str] = &["integrationId", "category", "contract", "config", "secure"];

/// An action of an integration: a request to another system, with a contract for what goes in and comes out.
#[derive(Debug)]
pub(crate) enum Action {}

impl Kind for Action {
    const NAME: &'static str = "action";
    const PATH: &'static str = "/api/v2/integrations/actions";
    const FIELDS: &'static [&'static str] = FIELDS;
    const UNIQUE: bool = false;
}

impl Stored for Action {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.integrations.actions
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.integrations.actions
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.remove(Id::<ActionDraft>::new(id.uuid()));
    }
}

/// A draft of an action. It has the id of its action, whether that was published or not.
#[derive(Debug)]
pub(crate) enum ActionDraft {}

impl Kind for ActionDraft {
    const NAME: &'static str = "draft of an action";
    const PATH: &'static str = "/api/v2/integrations/actions/drafts";
    const FIELDS: &'static [&'static str] = FIELDS;
    const UNIQUE: bool = false;
}

impl Stored for ActionDraft {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.integrations.drafts
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.integrations.drafts
    }
}

/// An action or a draft of one.
pub(crate) trait Contracted: Stored {
    /// What the address of the entity has behind that of its action.
    const SUFFIX: &'static str;
}

impl Contracted for Action {
    const SUFFIX: &'static str = "";
}

impl Contracted for ActionDraft {
    const SUFFIX: &'static str = "/draft";
}

impl<K: Contracted> Record<K> {
    /// Whether the action belongs to the integration of that id.
    pub(crate) fn is_of(&self, integration: &str) -> bool {
        self.extra.get("integrationId").and_then(Value::as_str) == Some(integration)
    }

    /// The JSON Schema that the input of an execution has to match.
    pub(crate) fn input_schema(&self) -> Option<&Value> {
        self.extra.get("contract")?.get("input")?.get("inputSchema")
    }

    /// The JSON Schema of the result of an execution.
    pub(crate) fn success_schema(&self) -> Option<&Value> {
        self.extra.get("contract")?.get("output")?.get("successSchema")
    }

    /// The address of the action or of its draft.
    pub(crate) fn address(&self) -> String {
        format!("{}/{}{}", Action::PATH, self.id(), K::SUFFIX)
    }
}
