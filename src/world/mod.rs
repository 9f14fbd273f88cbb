//! The organizations and everything in them.
//!
//! A [`Tenant`] owns its clients, its data under one lock, and the buckets of its limits. [`Tenants`] owns all
//! tenants and never lends a guard of its maps. `seed` is what each organization has at the start. `now` is an
//! argument here: nothing reads a clock, and nothing is a task.

pub mod architect;
pub mod collection;
pub mod conversation;
pub mod people;
pub mod seed;
mod tenants;
mod tombstones;
mod trace;
pub mod workforce;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use uuid::Uuid;

use self::collection::Collections;
use self::conversation::Conversations;
use self::people::People;
pub use self::tenants::{Tenants, TooManyTenants};
pub use self::trace::Trace;
use gcmock_limit::Buckets;

use self::workforce::explanation::Explanations;
use self::workforce::planning::Workforce;
use self::workforce::{AdherenceRefusal, Standing};
use crate::rules::Grant;
use crate::time::Nanos;

/// An OAuth client of an organization.
#[derive(Clone, Debug)]
pub struct Client {
    /// What limits are counted by.
    pub index: u32,
    /// The client id that logins send.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The secret; a public client has none.
    pub secret: Option<String>,
    /// What it may ask tokens for.
    pub grants: Vec<Grant>,
    /// The scopes of its tokens.
    pub scopes: Arc<[String]>,
    /// Where codes may be sent; empty allows any address.
    pub redirect_uris: Vec<String>,
    /// How long its tokens live.
    pub token_lifetime: Duration,
}

/// What an organization has and knows, under one lock.
#[derive(Debug)]
pub struct Data {
    /// Its users.
    pub people: People,
    /// What it stores without behaviour of its own.
    pub collections: Collections,
    /// Its conversations and their messages.
    pub conversations: Conversations,
    /// Why its agents were late, and jobs about that.
    pub explanations: Explanations,
    /// Its edges, skill groups and schedules.
    pub workforce: Workforce,
}

/// One organization.
#[derive(Debug)]
pub struct Tenant {
    /// A small number for the journal; never reused.
    pub index: u32,
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What it was made from.
    pub seed: Arc<seed::Organization>,
    /// Its OAuth clients.
    pub clients: Vec<Arc<Client>>,
    /// The buckets of its limits.
    pub buckets: Buckets,
    /// Its interned edges, the default first: edge id and host label.
    pub edges: Vec<(u32, String)>,
    /// Everything that requests read and change; never held across an await, nor with another lock.
    pub data: RwLock<Data>,
}

impl Tenant {
    /// Its data back as the seed says.
    pub fn reset(&self, now: Nanos) {
        *self.data.write() = Data::of(&self.seed, self.id, now);
        self.buckets.reset();
    }

    /// The client of that name.
    pub fn client(&self, name: &str) -> Option<&Arc<Client>> {
        self.clients.iter().find(|client| client.name == name)
    }

    /// The edge that a request for `host` arrives at: the one that its first label names, or its second behind
    /// that of a service, else the default.
    pub fn edge_at(&self, host: &str) -> u32 {
        let mut labels = host.split(['.', ':']).take(2);
        let named =
            labels.find_map(|label| self.edges.iter().find(|(_, edge)| edge.eq_ignore_ascii_case(label)));
        named.or(self.edges.first()).map_or(0, |(id, _)| *id)
    }

    /// The place of an interned edge among the organization's; the default one's for any other.
    pub fn edge_place(&self, edge: Option<u32>) -> usize {
        self.edges.iter().position(|(id, _)| Some(*id) == edge).unwrap_or_default()
    }

    /// Whether the edge lets an agent connect, while `others` of the skill group are.
    pub fn admission(
        &self,
        agent: u32,
        edge: Option<u32>,
        others: u32,
        now: Nanos,
    ) -> Result<(), AdherenceRefusal> {
        let data = self.data.read();
        data.workforce.admission(&data.people, (agent, self.edge_place(edge)), others, now)
    }
}

impl Data {
    /// The agent at a place beside the schedule, and since when it is so.
    pub fn standing(&self, place: u32, now: Nanos) -> Option<(Standing, Nanos)> {
        let user = self.people.at(place)?;
        let due = self.workforce.due(place, now);
        let excused = self.explanations.excuse(place, now);
        let standing = Standing { excused, ..Standing::new(due, user.status) };
        let boundary = self.workforce.last_boundary(place, now).unwrap_or_default();
        Some((standing, user.status_since.max(boundary)))
    }

    /// The skill group of the user at a place.
    pub fn skill_group_of(&self, place: u32) -> Option<u16> {
        self.people.at(place)?.skill_group
    }

    fn of(seed: &seed::Organization, id: Uuid, now: Nanos) -> Self {
        let people = seed::people(seed, id, now);
        Self {
            workforce: Workforce::of(seed, id, &people),
            people,
            explanations: Explanations::default(),
            collections: seed::collections(seed, id, now),
            conversations: Conversations::default(),
        }
    }
}
