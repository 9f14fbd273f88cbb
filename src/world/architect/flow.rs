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
        let all = Self { table, deleted, states };
        if all.versions() > MAX_VERSIONS + all.states.len() {
            return Err("the flows of an organization have more versions than they may have");
        }
        Ok(all)
    }
}

impl Flows {
    /// The flows of an organization's file, which are published.
    pub(in crate::world) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let mut all = Self::default();
        for flow in &seed.flows {
            let record: Record<Flow> = Record::seeded(organization, &flow.name, now);
            // A file may have a name twice. Both have one id, so they are one flow.
            if all.states.insert(record.id(), FlowState::published(&flow.kind, now)).is_none() {
                all.table.seed(record);
            }
        }
        all
    }

    pub(crate) fn get(&self, id: Id<Flow>) -> Option<FlowRef<'_>> {
        self.with_state(self.table.get(id)?)
    }

    /// The flow whose id `text` is.
    pub(crate) fn find(&self, text: &str) -> Option<FlowRef<'_>> {
        self.with_state(self.table.find(text)?)
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
        self.check_name(&record, kind)?;
        let id = record.id();
        self.table.add(record)?;
        self.states.insert(id, FlowState::new(kind.into()));
        Ok(())
    }

    /// Replaces the record of a flow. Its type and its state stay.
    pub(crate) fn replace(&mut self, record: Record<Flow>) -> Result<(), Refused> {
        if let Some(state) = self.states.get(&record.id()) {
            self.check_name(&record, &state.kind)?;
        }
        self.table.replace(record).map(drop)
    }

    fn check_name(&self, record: &Record<Flow>, kind: &str) -> Result<(), Refused> {
        let name = record.name.to_lowercase();
        let is_taken = |other: FlowRef<'_>| {
            other.record.uuid != record.uuid
                && *other.state.kind == *kind
                && other.record.name.to_lowercase() == name
        };
        if self.iter().any(is_taken) { Err(Refused::DuplicateName) } else { Ok(()) }
    }

    /// Changes the state of a flow. `None` if it does not exist.
    pub(crate) fn change<T>(&mut self, id: Id<Flow>, change: impl FnOnce(&mut FlowState) -> T) -> Option<T> {
        let changed = change(self.states.get_mut(&id)?);
        self.make_room(id);
        Some(changed)
    }

    fn versions(&self) -> usize {
        self.states.values().map(|state| state.versions.len()).sum()
    }

    /// Drops the oldest versions of a flow where there are too many of all. The newest stays.
    fn make_room(&mut self, id: Id<Flow>) {
        let excess = self.versions().saturating_sub(MAX_VERSIONS);
        let Some(state) = self.states.get_mut(&id).filter(|_| excess > 0) else { return };
        let older = state.versions.len().saturating_sub(1);
        state.versions.drain(..excess.min(older));
    }

    /// Keeps what is left of a removed flow.
    fn retire(&mut self, removed: &Record<Flow>) {
        if let Some(state) = self.states.get_mut(&removed.id()) {
            state.retire();
        }
        while self.deleted.add(removed.clone()).is_err() {
            let oldest = self.deleted.iter().next().map(Record::id);
            self.states.remove(&oldest.unwrap_or_else(|| removed.id()));
            if oldest.and_then(|oldest| self.deleted.remove(oldest)).is_none() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
