//! The state of a server as a document that another server can load: a snapshot.
//!
//! # Design
//!
//! A snapshot is one JSON object with the number of its format, [`FORMAT`]. The types of `world`, `identity` and `rules`
//! derive their own form in it (`world::snapshot`), so a field that is added to one of them is in the snapshot too, and a
//! renamed or missing one is refused. A change of that form gets another number. Nothing in a snapshot names a file or an
//! address that is opened.
//!
//! It has the model time with the clock's mode, the limits in force (`limit` tables only), the levels of their buckets,
//! tokens as digests, and each organization with its OAuth clients. It does not have what belongs to a run: the journal,
//! counts, faults, latencies, open sockets, channels, sessions of guests, and held slots.
//!
//! Numbers that a process assigns are not in it, or mean the same in the next one: organizations go by their ids, limits
//! by their names, algorithms and scopes, operations and edges by theirs. The numbers of users and clients, the ids of
//! conversations and the numbers that limits count tokens by are part of the data and stay.
//!
//! The files of organizations and limits are not in it. An organization of a file can only be loaded where the server has
//! that organization from its file; one that was created is created again.
//!
//! [`Platform::load`] reads and checks everything before it changes anything. Then it resets the server and puts each part
//! in place. It is not one instant for requests that are made meanwhile: they may meet some organizations as they were.
//! The loaded document is kept, and [`Platform::reset`] goes back to it. A snapshot of one organization
//! ([`Platform::load_tenant`]) has the same form without what belongs to the whole server.

pub(crate) mod file;
mod levels;
mod load;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use self::levels::SavedLevels;
use super::Platform;
use crate::identity::token::saved::{HashKey, SavedTokens};
use crate::rules::{Problems, excerpt, secret_json_mistake};
use crate::time::Nanos;
use crate::time::clock::Mode;
use crate::world::snapshot::{Locked, Unfit};
use crate::world::{Client, Organization, Tenant};

/// The number of the format. It changes with every change of the form of a snapshot.
pub(crate) const FORMAT: u32 = 2;

/// The largest snapshot.
pub(crate) const MAX_BYTES: usize = 256 << 20;

/// A snapshot; `O` is an organization, to be written or as it was read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot<O> {
    format: u32,
    /// The version of the program that wrote it.
    gcmock: String,
    clock: SavedClock,
    /// What belongs to the whole server; null in a snapshot of one organization.
    server: Option<SavedServer>,
    organizations: Vec<Part<O>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedClock {
    mode: Mode,
    /// Nanoseconds since 1970.
    now: Nanos,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedServer {
    /// The limits in force, with the keys of limits files.
    limits: Vec<Map<String, Value>>,
    levels: Vec<SavedLevels>,
    hash_key: HashKey,
    revoked: Vec<u64>,
}

/// One organization.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part<O> {
    id: Uuid,
    name: String,
    /// Whether it was created at run time, and so has the file of the default organization.
    created: bool,
    /// Of a created one: the secrets of the clients of its file, by the clients' names.
    secrets: BTreeMap<String, Option<String>>,
    clients: Vec<Client>,
    levels: Vec<SavedLevels>,
    tokens: SavedTokens,
    data: O,
}

/// Why a snapshot cannot be loaded. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSnapshot {
    #[error("it is not a whole JSON document: {0}")]
    Syntax(String),
    #[error("it has no format; expected a snapshot that gcmock wrote")]
    NoFormat,
    #[error("it has format {0}; this version of gcmock reads format {FORMAT}")]
    Format(String),
    #[error("it is not a snapshot of format {FORMAT}: {0}")]
    Content(String),
    #[error(
        "it is of one organization; expected a snapshot of a whole server, or the organization as ?tenant="
    )]
    OfOne,
    #[error("it has no organization {0}")]
    Lacks(Uuid),
    #[error("it has the organization {0} twice")]
    Twice(Uuid),
    #[error(
        "this server has no organization {name} ({id}); expected the organization files that it was made with"
    )]
    NoOrganization {
        /// Its name.
        name: String,
        /// Its id.
        id: Uuid,
    },
    #[error("it has more created organizations than one server may have")]
    TooMany,
    #[error("the organization {name}: {why}")]
    Organization {
        /// Its name.
        name: String,
        /// Why it cannot be put in place.
        why: Unfit,
    },
    #[error("the organization {name} has a token of the unknown OAuth client {client}")]
    Token {
        /// Its name.
        name: String,
        /// The id of the client.
        client: String,
    },
    #[error("its model time {saved} is later than that of this server, {now}; advance the clock first")]
    Later {
        /// The model time of the snapshot.
        saved: String,
        /// That of this server.
        now: String,
    },
    #[error(
        "limits, levels and clock of this server are those of all servers with its --store; expected one \
         organization as ?tenant=, or a server without --store"
    )]
    Shared,
    #[error("its limits have mistakes: {0}")]
    Limits(Problems),
}

/// What was loaded, for the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Organizations.
    pub(crate) organizations: usize,
    /// Conversations of all organizations.
    pub(crate) conversations: usize,
    /// The size of the document.
    pub(crate) bytes: usize,
}

/// The documents that a reset goes back to: the last of a whole server, and those of single organizations since.
#[derive(Default)]
pub(crate) struct Loaded(Mutex<Documents>);

#[derive(Default)]
struct Documents {
    whole: Option<Bytes>,
    of_one: Vec<(Uuid, Bytes)>,
}

impl Loaded {
    /// Forgets the document of a deleted organization.
    pub(super) fn forget(&self, tenant: Uuid) {
        self.0.lock().of_one.retain(|(id, _)| *id != tenant);
    }
}

impl Platform {
    /// The snapshot of the whole server, or of one organization.
    ///
    /// Each organization is read under its own lock. The whole is that of one instant if no request changes anything
    /// meanwhile.
    ///
    /// # Errors
    /// When a value has no form in JSON.
    pub(crate) fn save(&self, tenant: Option<&Arc<Tenant>>) -> serde_json::Result<Vec<u8>> {
        let (now, config) = (self.clock.now(), self.config.current());
        let mut tokens = self.identity.tokens.saved(now);
        let chosen = tenant.map_or_else(|| self.tenants.all(), |tenant| vec![Arc::clone(tenant)]);
        let part = |tenant: Arc<Tenant>| Part {
            id: tenant.id,
            name: tenant.name.clone(),
            created: !self.tenants.is_seeded(tenant.id),
            secrets: if self.tenants.is_seeded(tenant.id) { BTreeMap::new() } else { tenant.secrets() },
            clients: tenant.saved_clients(),
            levels: self
                .limiter
                .buckets(tenant.index)
                .map_or_else(Vec::new, |own| levels::of(self, &config, &own)),
            tokens: tokens.remove(&tenant.id).unwrap_or_default(),
            data: Locked(tenant),
        };
        let server = tenant.is_none().then(|| SavedServer {
            limits: self.config.saved_limits(),
            levels: levels::of(self, &config, &self.limiter.server),
            hash_key: self.identity.tokens.key(),
            revoked: self.identity.tokens.revoked(),
        });
        serde_json::to_vec(&Snapshot {
            format: FORMAT,
            gcmock: env!("CARGO_PKG_VERSION").to_owned(),
            clock: SavedClock { mode: self.clock.mode(), now },
            server,
            organizations: chosen.into_iter().map(part).collect(),
        })
    }
}

/// Reads a snapshot. Its errors repeat no value: some are secrets.
fn parse(bytes: &[u8]) -> Result<Snapshot<Organization>, BadSnapshot> {
    #[derive(Default, Deserialize)]
    struct Head {
        format: Option<Value>,
    }
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    let head = match serde_json::from_slice::<Head>(bytes) {
        Err(error) if is_object || !error.is_data() => {
            return Err(BadSnapshot::Syntax(secret_json_mistake(bytes, &error)));
        }
        // The reader takes the elements of an array for the fields of an object.
        head => head.ok().filter(|_| is_object).unwrap_or_default(),
    };
    match head.format {
        None => Err(BadSnapshot::NoFormat),
        Some(format) if format != FORMAT => Err(BadSnapshot::Format(excerpt(&format.to_string()))),
        Some(_) => serde_json::from_slice(bytes)
            .map_err(|error| BadSnapshot::Content(secret_json_mistake(bytes, &error))),
    }
}
