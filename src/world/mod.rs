//! The organizations and everything in them.
//!
//! A [`Tenant`] owns its clients, and its data under one lock. [`Tenants`] owns all tenants and never lends a guard
//! of its maps. `seed` is what each organization has at the start. `now` is an argument: this room reads no clock
//! and has no task. The domains are `people`, `authorization`, `routing`, `conversation`, `workforce`, `architect`,
//! `outbound`, `contact`, `telephony`, `integration`, `messaging`, `response` and `automation`.
//! `import` writes the file of an organization from exports of a real one.
//! `table` and `relation` keep typed entities and what refers to them; `collection` keeps JSON to which nothing refers.
//! The buckets of limits are not here, but in `platform::limiter`.

pub(crate) mod architect;
pub(crate) mod audit;
pub(crate) mod authorization;
pub(crate) mod automation;
pub(crate) mod collection;
pub(crate) mod contact;
pub(crate) mod conversation;
pub(crate) mod event;
pub(crate) mod id;
pub(crate) mod import;
pub(crate) mod integration;
pub(crate) mod json;
pub(crate) mod messaging;
mod organization;
pub(crate) mod outbound;
mod pairs;
pub(crate) mod people;
mod reading;
pub(crate) mod records;
pub(crate) mod reference;
pub(crate) mod relation;
pub(crate) mod response;
pub(crate) mod routing;
pub(crate) mod seed;
pub(crate) mod snapshot;
pub(crate) mod table;
mod tables;
pub(crate) mod telephony;
mod tenants;
mod tombstones;
mod trace;
pub(crate) mod workforce;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{RwLock, RwLockReadGuard};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::event::Events;
use self::id::{ClientIndex, EdgeIndex, Id, TenantIndex, UserIndex};
pub(crate) use self::organization::Organization;
use self::people::User;
pub(crate) use self::reading::Reading;
pub(crate) use self::tenants::{MAX_CREATED, NotCreated, Tenants};
pub(crate) use self::trace::Trace;

use self::workforce::AdherenceRefusal;
use self::workforce::unit::ManagementUnit;
use crate::rules::Grant;
use crate::time::Nanos;

/// The language of an organization, and of all that names no other.
pub(crate) const LANGUAGE: &str = "en-us";

/// An OAuth client of an organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// Its number, by which limits count it.
    pub(crate) index: ClientIndex,
    /// The client id that logins send.
    pub(crate) id: String,
    pub(crate) name: String,
    /// The secret; a public client has none.
    pub(crate) secret: Option<String>,
    /// The grants that it may use.
    pub(crate) grants: Vec<Grant>,
    /// The scopes of its tokens.
    pub(crate) scopes: Arc<[String]>,
    /// The allowed redirect URIs of codes; empty allows any address.
    pub(crate) redirect_uris: Vec<String>,
    /// The lifetime of its tokens.
    pub(crate) token_lifetime: Duration,
    /// The vendor's other fields, as clients of the API set them.
    pub(crate) extra: serde_json::Map<String, serde_json::Value>,
}

impl Client {
    /// Whether it may log in. The vendor's other states are `inactive` and `disabled`.
    pub(crate) fn is_active(&self) -> bool {
        self.extra.get("state").and_then(serde_json::Value::as_str).is_none_or(|state| state == "active")
    }
}

/// One organization.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// A small number for the journal; never reused.
    pub(crate) index: TenantIndex,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) seed: Arc<seed::OrganizationSeed>,
    /// The OAuth clients of its file.
    pub(crate) clients: Vec<Arc<Client>>,
    /// Its OAuth clients as they are now: those of its file, changed or not, and those that were created.
    oauth_clients: RwLock<Vec<Arc<Client>>>,
    /// The management units of its file.
    pub(crate) units: Vec<ManagementUnit>,
    /// Its edges, the default first, each with its host label.
    pub(crate) edges: Vec<(EdgeIndex, String)>,
    /// Everything that requests read and change; never held across an await, nor with another lock.
    data: RwLock<Data>,
}

/// The data of an organization. It is made at its first use, so that an organization without use takes little memory.
#[derive(Debug)]
struct Data {
    /// The instant at which it is as in its file.
    since: Nanos,
    /// What it is now; `None` until it is used first.
    used: Option<Box<Organization>>,
}

impl Data {
    /// As in its file.
    const fn unused(since: Nanos) -> Self {
        Self { since, used: None }
    }
}

impl Tenant {
    /// Locks the organization for reading. No other lock is taken while this is held.
    pub(crate) fn read(&self) -> Reading<'_> {
        loop {
            if let Some(organization) = self.read_used() {
                return organization;
            }
            self.used(&mut self.data.write());
        }
    }

    /// The organization as [`Self::read`] locks it, if anybody used it. Otherwise it is as in its file.
    pub(crate) fn read_used(&self) -> Option<Reading<'_>> {
        let place = std::ptr::from_ref(self).addr();
        Reading::of(place, || RwLockReadGuard::try_map(self.data.read(), |data| data.used.as_deref()).ok())
    }

    /// Whether anybody used it.
    pub(crate) fn is_used(&self) -> bool {
        self.data.read().used.is_some()
    }

    /// Changes the organization under its lock, and returns the events of the change for `platform::effects`.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Organization) -> T) -> (T, Events) {
        let mut data = self.data.write();
        let organization = self.used(&mut data);
        let done = change(organization);
        let events = organization.take_events();
        (done, events)
    }

    /// Restores the data of the seed.
    pub(crate) fn reset(&self, now: Nanos) {
        *self.data.write() = Data::unused(now);
    }

    /// The organization as in its file.
    fn seeded(&self, now: Nanos) -> Organization {
        Organization::of(&self.seed, self.id, &self.edges, &self.units, now)
    }

    /// The data, made from the file at its first use.
    fn used<'a>(&self, data: &'a mut Data) -> &'a mut Organization {
        let since = data.since;
        data.used.get_or_insert_with(|| Box::new(self.seeded(since)))
    }

    /// Its OAuth clients as they are now.
    pub(crate) fn oauth_clients(&self) -> Vec<Arc<Client>> {
        self.oauth_clients.read().clone()
    }

    /// The client of that name.
    pub(crate) fn client(&self, name: &str) -> Option<&Arc<Client>> {
        self.clients.iter().find(|client| client.name == name)
    }

    /// The id of an OAuth client that was created.
    pub(crate) fn created_client(&self, client: ClientIndex) -> Option<String> {
        let is_created = client.as_usize() >= self.clients.len();
        let clients = is_created.then(|| self.oauth_clients.read())?;
        clients.iter().find(|known| known.index == client).map(|known| known.id.clone())
    }

    /// The management unit of that id in its file.
    pub(crate) fn unit(&self, id: Id<ManagementUnit>) -> Option<&ManagementUnit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// The management unit that schedules a user. `None` for a user that is no agent.
    pub(crate) fn unit_of(&self, user: &User) -> Option<&ManagementUnit> {
        self.unit(user.management_unit?)
    }

    /// The edge that a request for `host` arrives at: the one that its first label names, or its second behind
    /// that of a service, else the default.
    pub(crate) fn edge_at(&self, host: &str) -> EdgeIndex {
        let mut labels = host.split(['.', ':']).take(2);
        let named =
            labels.find_map(|label| self.edges.iter().find(|(_, edge)| edge.eq_ignore_ascii_case(label)));
        named.or(self.edges.first()).map_or(EdgeIndex(0), |(index, _)| *index)
    }

    /// Whether the edge lets an agent connect, while `others` of the skill group are.
    pub(crate) fn admission(
        &self,
        agent: UserIndex,
        edge: Option<EdgeIndex>,
        others: u32,
        now: Nanos,
    ) -> Result<(), AdherenceRefusal> {
        let organization = self.read();
        let Some(edge) = organization.workforce().edge_at(edge) else { return Ok(()) };
        organization.workforce().admission(organization.people(), agent, edge, others, now)
    }
}
