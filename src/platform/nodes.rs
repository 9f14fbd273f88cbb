//! What several nodes with one store do together: keys, the clock, resets, revoked tokens, changed limits.
//!
//! A change on one node is a message to all, and a value of the store for nodes that join later. Entities are not among
//! them: each node has its own.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Platform, agenda};
use crate::identity::token::NodeKeys;
use crate::store::{Lease, Node, Store};
use crate::time::Nanos;
use crate::time::clock::{Mode, Stopwatch, nanos};

/// A running clock that differs by less from the common one is left alone.
const TOLERANCE: Nanos = 5_000_000;

const KEYS: &str = "keys";
const CLOCK: &str = "clock";
const EPOCH: &str = "resets";

/// The clock of all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CommonClock {
    mode: Mode,
    /// Frozen: model time. Running: how far it is ahead of the store's time.
    at: i128,
}

/// A message for all nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Message {
    Clock(CommonClock),
    Reset(u64),
    Revoked(u64),
    /// Limits that replace those in force, as TOML or JSON.
    LimitsToml(String),
    LimitsJson(Value),
    /// Numbers of one limit.
    Limit(String, Value),
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    from: u64,
    message: Message,
}

/// What the others may know of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The version of its program.
    pub(crate) version: String,
    /// A digest of its limits.
    pub(crate) limits: String,
    /// Requests that it has answered.
    pub(crate) requests: u64,
    /// Requests that limits have refused.
    pub(crate) refused: u64,
    /// Open sockets.
    pub(crate) sockets: usize,
}

/// This node among the others.
pub(crate) struct Nodes {
    pub(crate) store: Arc<Store>,
    /// Tells this node's messages from others.
    id: u64,
    platform: OnceLock<Weak<Platform>>,
    /// The store's time, and when it was read.
    anchor: Mutex<Option<(Stopwatch, Nanos)>>,
    clock: Mutex<Option<CommonClock>>,
    /// Differences that have been told.
    told: Mutex<HashMap<u32, String>>,
}

impl Nodes {
    pub(crate) fn new(store: Arc<Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            id: fastrand::u64(..),
            platform: OnceLock::new(),
            anchor: Mutex::default(),
            clock: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// Serves `platform` from now on.
    pub(crate) fn attach(&self, platform: &Arc<Platform>) {
        let _ = self.platform.set(Arc::downgrade(platform));
    }

    fn platform(&self) -> Option<Arc<Platform>> {
        self.platform.get()?.upgrade()
    }

    fn tell(&self, message: Message) {
        let envelope = Envelope { from: self.id, message };
        self.store.publish(serde_json::to_vec(&envelope).unwrap_or_default());
    }

    /// The clock of this node was frozen, resumed or advanced.
    pub(crate) fn clock_changed(&self, platform: &Platform) {
        let Some(clock) = self.read_clock(platform) else { return };
        *self.clock.lock() = Some(clock);
        self.store.put(CLOCK, serde_json::to_vec(&clock).unwrap_or_default());
        self.tell(Message::Clock(clock));
    }

    fn read_clock(&self, platform: &Platform) -> Option<CommonClock> {
        let (mode, now) = (platform.clock.mode(), platform.clock.now());
        let at = match mode {
            Mode::Manual => i128::from(now),
            Mode::System => i128::from(now) - i128::from(self.store_now()?),
        };
        Some(CommonClock { mode, at })
    }

    /// The store's time now.
    fn store_now(&self) -> Option<Nanos> {
        let (since, at) = (*self.anchor.lock())?;
        Some(at.saturating_add(nanos(since.elapsed())))
    }

    /// Everything was reset on this node.
    pub(crate) fn was_reset(&self, platform: &Platform) {
        let epoch = platform.identity.tokens.next_epoch();
        self.store.put(EPOCH, epoch.to_string().into_bytes());
        self.tell(Message::Reset(epoch));
    }

    /// A token was revoked on this node.
    pub(crate) fn revoked(&self, hash: u64) {
        self.tell(Message::Revoked(hash));
    }

    /// The limits were replaced on this node.
    pub(crate) fn limits_replaced(&self, text: Result<String, Value>) {
        self.tell(text.map_or_else(Message::LimitsJson, Message::LimitsToml));
    }

    /// Numbers of one limit were changed on this node.
    pub(crate) fn limit_changed(&self, name: &str, keys: Value) {
        self.tell(Message::Limit(name.to_owned(), keys));
    }

    fn follow_clock(&self, clock: CommonClock) {
        *self.clock.lock() = Some(clock);
        let (Some(platform), Some(store_now)) = (self.platform(), self.store_now()) else { return };
        let now = platform.clock.now();
        let wanted = match clock.mode {
            Mode::Manual => clock.at,
            Mode::System => i128::from(store_now) + clock.at,
        };
        let wanted = Nanos::try_from(wanted.max(1)).unwrap_or(Nanos::MAX);
        let same_mode = platform.clock.mode() == clock.mode;
        let near = clock.mode == Mode::System && wanted.abs_diff(now) < TOLERANCE;
        if same_mode && (near || wanted == now) {
            return;
        }
        platform.clock.restore(clock.mode, wanted);
        if wanted > now {
            agenda::run_until(&platform, wanted);
        }
    }

    fn follow(&self, message: Message) {
        let Some(platform) = self.platform() else { return };
        let followed = match message {
            Message::Clock(clock) => {
                self.follow_clock(clock);
                Ok(())
            }
            Message::Reset(epoch) => {
                platform.reset_this_node();
                platform.identity.tokens.set_epoch(epoch);
                Ok(())
            }
            Message::Revoked(hash) => {
                platform.identity.tokens.revoke_hash(hash);
                Ok(())
            }
            Message::LimitsToml(text) => platform.config.replace_toml("another node", text).map(drop),
            Message::LimitsJson(json) => platform.config.replace_json("another node", &json).map(drop),
            Message::Limit(name, Value::Object(keys)) => platform.config.change_limit(&name, keys).map(drop),
            Message::Limit(..) => Ok(()),
        };
        if let Err(problems) = followed {
            tracing::warn!("another node changed its limits, and this one can not follow: {problems}");
        }
    }

    /// Tells once of a node that differs.
    fn compare(&self, node: u32, theirs: &[u8], own: &Report) {
        let Ok(theirs) = serde_json::from_slice::<Report>(theirs) else { return };
        let difference = if theirs.version != own.version {
            format!("node {node} is gcmock {}, this one is {}", theirs.version, own.version)
        } else if theirs.limits != own.limits {
            format!(
                "node {node} has other limits than this one: shared limits of one name may refuse differently"
            )
        } else {
            self.told.lock().remove(&node);
            return;
        };
        if self.told.lock().insert(node, difference.clone()).as_ref() != Some(&difference) {
            tracing::warn!("{difference}");
        }
    }
}

impl Report {
    /// The report of this node.
    pub(crate) fn of(platform: &Platform) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limits: platform.config.current().digest(),
            requests: platform.requests(),
            refused: platform.refusals.by_limit().iter().map(|(_, count)| count).sum(),
            sockets: platform.sockets.len(),
        }
    }
}

impl Node for Nodes {
    fn proposals(&self) -> Vec<(&'static str, Vec<u8>)> {
        let Some(platform) = self.platform() else { return Vec::new() };
        let keys = serde_json::to_vec(&platform.identity.tokens.node_keys()).unwrap_or_default();
        let clock = self.read_clock(&platform);
        // A running clock is the store's, whatever this host believes.
        let clock = clock
            .map(|clock| if clock.mode == Mode::System { CommonClock { at: 0, ..clock } } else { clock });
        let clock = clock.and_then(|clock| serde_json::to_vec(&clock).ok());
        std::iter::once((KEYS, keys)).chain(clock.map(|clock| (CLOCK, clock))).collect()
    }

    fn joined(&self, world: HashMap<String, Vec<u8>>) {
        let Some(platform) = self.platform() else { return };
        let value = |key: &str| world.get(key).map(Vec::as_slice).unwrap_or_default();
        if let Ok(keys) = serde_json::from_slice::<NodeKeys>(value(KEYS)) {
            platform.identity.tokens.agree(&keys);
        }
        if let Some(epoch) = std::str::from_utf8(value(EPOCH)).ok().and_then(|text| text.parse().ok()) {
            platform.identity.tokens.set_epoch(epoch);
        }
        if let Ok(clock) = serde_json::from_slice(value(CLOCK)) {
            self.follow_clock(clock);
        }
    }

    fn report(&self) -> Vec<u8> {
        let report = self.platform().map(|platform| Report::of(&platform));
        report.and_then(|report| serde_json::to_vec(&report).ok()).unwrap_or_default()
    }

    fn beat(&self, lease: &Lease, took: Duration) {
        let store_now = lease.store_micros.saturating_mul(1000).saturating_add(nanos(took) / 2);
        *self.anchor.lock() = Some((Stopwatch::start(), store_now));
        let clock = *self.clock.lock();
        if let Some(clock) = clock {
            self.follow_clock(clock);
        }
        if let Some(own) = self.platform().map(|platform| Report::of(&platform)) {
            lease.others.iter().for_each(|(node, theirs)| self.compare(*node, theirs, &own));
        }
    }

    fn heard(&self, message: &[u8]) {
        match serde_json::from_slice::<Envelope>(message) {
            Ok(envelope) if envelope.from != self.id => self.follow(envelope.message),
            Ok(_) => {}
            Err(_) => {
                tracing::warn!("a message of another program, or of another version of gcmock, is ignored");
            }
        }
    }
}
