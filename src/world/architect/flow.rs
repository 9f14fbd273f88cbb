//! Flows: the named entities, their states, and what is left of deleted ones.
//!
//! A flow is a [`Record`] and its [`FlowState`]. Its name is unique among the flows of its type.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::version::FlowState;
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::records::KindFacts;
use crate::world::seed::OrganizationSeed;
use crate::world::table::{Kind, Record, Refused, Stored, Table};

/// The most versions of all flows. Above it, a flow that gets one loses its oldest.
const MAX_VERSIONS: usize = 100_000;

/// A flow.
#[derive(Debug)]
pub(crate) enum Flow {}

impl Kind for Flow {
    const NAME: &'static str = "flow";
    const PATH: &'static str = "/api/v2/flows";
    const FIELDS: &'static [&'static str] =
        &["description", "inputSchema", "outputSchema", "virtualAgentEnabled"];
    const OBJECT_TYPE: Option<&'static str> = Some("FLOW");
    // Two flows of different types may have one name.
    const UNIQUE: bool = false;
}

impl Stored for Flow {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.flows.table
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.flows.table
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.collections.remove_all(&configurations_of(id));
    }

    fn forget_record(organization: &mut Organization, removed: &Record<Self>) {
        organization.flows.retire(removed);
    }
}

/// The collection of the configurations that clients saved, by the numbers of their versions.
pub(crate) fn configurations_of(flow: Id<Flow>) -> String {
    format!("{}/{flow}/configurations", Flow::PATH)
}

/// A flow with its state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlowRef<'o> {
    pub(crate) record: &'o Record<Flow>,
    pub(crate) state: &'o FlowState,
}

/// The flows of an organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "SavedFlows")]
pub(crate) struct Flows {
    pub(in crate::world) table: Table<Flow>,
    /// What is left of deleted flows. The oldest go where there is no room.
    deleted: Table<Flow>,
    /// The state of each flow of both tables.
    states: HashMap<Id<Flow>, FlowState>,
    /// The flows that are not deleted, by their types and names.
    #[serde(skip)]
    names: HashMap<TypeAndName, Id<Flow>>,
    /// The number of the versions of all states.
    #[serde(skip)]
    versions: usize,
}

/// The type of a flow and its name in lower case.
type TypeAndName = (Box<str>, Box<str>);

fn type_and_name(kind: &str, name: &str) -> TypeAndName {
    (kind.into(), name.to_lowercase().into())
}

/// The flows of a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedFlows {
    table: Table<Flow>,
    deleted: Table<Flow>,
    states: HashMap<Id<Flow>, FlowState>,
}

impl TryFrom<SavedFlows> for Flows {
    type Error = &'static str;

    fn try_from(saved: SavedFlows) -> Result<Self, Self::Error> {
        let SavedFlows { table, mut deleted, states } = saved;
        let count = table.iter().count() + deleted.iter().count();
        let is = |flow: &Record<Flow>, deleted| {
            states.get(&flow.id()).is_some_and(|state| state.deleted == deleted)
        };
        let have_states =
            table.iter().all(|flow| is(flow, false)) && deleted.iter().all(|flow| is(flow, true));
        if !have_states || states.len() != count {
            return Err("the flows and their states differ");
        }
        if !deleted.records_mut().grew_from(KindFacts::of::<Flow>(), (0, 0)) {
            return Err("more deleted flows than an organization keeps");
        }
        let all = Self::indexed(table, deleted, states);
        if all.versions > MAX_VERSIONS + all.states.len() {
            return Err("the flows of an organization have more versions than they may have");
        }
        Ok(all)
    }
}

impl Flows {
    /// The flows of an organization's file, which are published.
    pub(in crate::world) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let (mut table, mut states) = (Table::default(), HashMap::new());
        for flow in &seed.flows {
            let record: Record<Flow> = Record::seeded(organization, &flow.name, now);
            // A file may have a name twice. Both have one id, so they are one flow.
            if states.insert(record.id(), FlowState::published(&flow.kind, now)).is_none() {
                table.seed(record);
            }
        }
        Self::indexed(table, Table::default(), states)
    }

    /// The flows with what follows from them, so that no change looks through all.
    fn indexed(table: Table<Flow>, deleted: Table<Flow>, states: HashMap<Id<Flow>, FlowState>) -> Self {
        let versions = states.values().map(|state| state.versions.len()).sum();
        let mut all = Self { table, deleted, states, names: HashMap::new(), versions };
        all.names = all
            .iter()
            .map(|flow| (type_and_name(&flow.state.kind, &flow.record.name), flow.record.id()))
            .collect();
        all
    }

    pub(crate) fn get(&self, id: Id<Flow>) -> Option<FlowRef<'_>> {
        self.with_state(self.table.get(id)?)
    }

    /// The flow whose id `text` is.
    pub(crate) fn find(&self, text: &str) -> Option<FlowRef<'_>> {
        self.with_state(self.table.find(text)?)
    }

    /// The flow of that type and name.
    pub(crate) fn named(&self, kind: &str, name: &str) -> Option<FlowRef<'_>> {
        self.get(*self.names.get(&type_and_name(kind, name))?)
    }

    /// The deleted flow whose id `text` is.
    pub(crate) fn find_deleted(&self, text: &str) -> Option<FlowRef<'_>> {
        self.with_state(self.deleted.find(text)?)
    }

    /// All flows, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = FlowRef<'_>> {
        self.table.iter().filter_map(|record| self.with_state(record))
    }

    /// The deleted flows, in the order of their deletion.
    pub(crate) fn iter_deleted(&self) -> impl Iterator<Item = FlowRef<'_>> {
        self.deleted.iter().filter_map(|record| self.with_state(record))
    }

    fn with_state<'o>(&'o self, record: &'o Record<Flow>) -> Option<FlowRef<'o>> {
        Some(FlowRef { record, state: self.states.get(&record.id())? })
    }

    /// Adds a flow of the type `kind`.
    pub(crate) fn add(&mut self, record: Record<Flow>, kind: &str) -> Result<(), Refused> {
        let (id, name) = (record.id(), type_and_name(kind, &record.name));
        self.check_name(id, &name)?;
        self.table.add(record)?;
        self.states.insert(id, FlowState::new(kind.into()));
        self.names.insert(name, id);
        Ok(())
    }

    /// Replaces the record of a flow. Its type and its state stay.
    pub(crate) fn replace(&mut self, record: Record<Flow>) -> Result<(), Refused> {
        let id = record.id();
        let Some(state) = self.states.get(&id) else { return self.table.replace(record).map(drop) };
        let name = type_and_name(&state.kind, &record.name);
        self.check_name(id, &name)?;
        let before = self.table.get(id).map(|before| type_and_name(&state.kind, &before.name));
        self.table.replace(record)?;
        self.forget_name(id, before);
        self.names.insert(name, id);
        Ok(())
    }

    fn check_name(&self, id: Id<Flow>, name: &TypeAndName) -> Result<(), Refused> {
        match self.names.get(name) {
            Some(other) if *other != id => Err(Refused::DuplicateName),
            _ => Ok(()),
        }
    }

    fn forget_name(&mut self, id: Id<Flow>, name: Option<TypeAndName>) {
        if let Some(name) = name.filter(|name| self.names.get(name) == Some(&id)) {
            self.names.remove(&name);
        }
    }

    /// Changes the state of a flow. `None` if it does not exist.
    pub(crate) fn change<T>(&mut self, id: Id<Flow>, change: impl FnOnce(&mut FlowState) -> T) -> Option<T> {
        let changed = self.count(id, change)?;
        let excess = self.versions.saturating_sub(MAX_VERSIONS);
        if excess > 0 {
            self.count(id, |state| drop_oldest(state, excess));
        }
        Some(changed)
    }

    /// Changes a state, and counts the versions that it gets and loses.
    fn count<T>(&mut self, id: Id<Flow>, change: impl FnOnce(&mut FlowState) -> T) -> Option<T> {
        let state = self.states.get_mut(&id)?;
        let others = self.versions.saturating_sub(state.versions.len());
        let changed = change(state);
        self.versions = others + state.versions.len();
        Some(changed)
    }

    /// Keeps what is left of a removed flow.
    fn retire(&mut self, removed: &Record<Flow>) {
        let id = removed.id();
        let name = self.states.get(&id).map(|state| type_and_name(&state.kind, &removed.name));
        self.forget_name(id, name);
        self.count(id, FlowState::retire);
        while self.deleted.add(removed.clone()).is_err() {
            let oldest = self.deleted.iter().next().map(Record::id);
            self.forget_state(oldest.unwrap_or(id));
            if oldest.and_then(|oldest| self.deleted.remove(oldest)).is_none() {
                return;
            }
        }
    }

    fn forget_state(&mut self, id: Id<Flow>) {
        let left = self.states.remove(&id);
        self.versions = self.versions.saturating_sub(left.map_or(0, |state| state.versions.len()));
    }
}

/// Drops the oldest versions of a flow. The newest stays.
fn drop_oldest(state: &mut FlowState, excess: usize) {
    let older = state.versions.len().saturating_sub(1);
    state.versions.drain(..excess.min(older));
}

#[cfg(test)]
mod tests;
