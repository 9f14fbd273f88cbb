//! What several nodes with one store do together: keys, the clock, resets, revoked tokens, changed limits.
//!
//! A change on one node is a message to all, and a value of the store for nodes that join later. Entities are not among
//! them: each node has its own.

mod follow;
mod message;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;

use self::follow::{follow_limits, follow_reset};
use self::message::{CommonClock, Envelope, KeptLimits, Message, SharedChannel, SharedSeat};
pub(crate) use self::message::{LimitsText, Report};
use super::{Platform, agenda};
use crate::identity::token::NodeKeys;
use crate::push::roster::Group;
use crate::push::{Channel, Relay};
use crate::store::{Lease, Node, Proposal, Store};
use crate::time::Nanos;
use crate::time::clock::{Mode, Stopwatch, nanos};
use crate::world::Tenant;
use crate::world::id::{TenantIndex, UserIndex};

/// A running clock that differs by less from the common one is left alone.
const TOLERANCE: Nanos = 5_000_000;

/// A reading of the store's time that took so much longer than the last one is not taken: the store stood still.
const EXACT: Duration = Duration::from_millis(5);
/// After this time another reading is taken in any case, since the clocks of two hosts differ in speed.
const OLD: Duration = Duration::from_secs(60);

const KEYS: &str = "keys";
const CLOCK: &str = "clock";
const EPOCH: &str = "resets";
const LIMITS: &str = "limits";

/// A reading of the store's time.
#[derive(Clone, Copy)]
struct Anchor {
    since: Stopwatch,
    /// The store's time then: known to half of the time that the reading took.
    at: Nanos,
    took: Duration,
}

impl Anchor {
    /// Whether this reading is better than one of before: about as exact, or the other one is old.
    fn replaces(&self, before: &Self) -> bool {
        self.took < before.took + EXACT || before.since.elapsed() > OLD
    }
}

/// This node among the others.
pub(crate) struct Nodes {
    pub(crate) store: Arc<Store>,
    platform: OnceLock<Weak<Platform>>,
    /// When the store's time was read.
    anchor: Mutex<Option<Anchor>>,
    clock: Mutex<Option<CommonClock>>,
    /// The other nodes at the last beat.
    members: Mutex<HashSet<u32>>,
    /// Differences that have been told.
    told: Mutex<HashMap<u32, String>>,
}

impl Nodes {
    pub(crate) fn new(store: Arc<Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            platform: OnceLock::new(),
            anchor: Mutex::default(),
            clock: Mutex::default(),
            members: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// Serves `platform` from now on.
    pub(crate) fn attach(self: &Arc<Self>, platform: &Arc<Platform>) {
        let _ = self.platform.set(Arc::downgrade(platform));
        let nodes = Arc::downgrade(self);
        let relay = move |tenant, topic: &str, frame: &str| {
            if let Some(nodes) = nodes.upgrade() {
                nodes.relay(tenant, topic, frame);
            }
        };
        platform.notifications.hub.relay(Relay(Box::new(relay)));
        let nodes = Arc::downgrade(self);
        platform.roster.relay(Box::new(move |group, agent, taken| {
            let told = nodes.upgrade().and_then(|nodes| Some((nodes.shared_seat(group, agent)?, nodes)));
            if let Some((seat, nodes)) = told {
                nodes.tell(Message::Seat(seat, taken));
            }
        }));
    }

    fn shared_seat(&self, (tenant, group): Group, agent: UserIndex) -> Option<SharedSeat> {
        let tenant = self.organization(tenant)?.id;
        Some(SharedSeat { node: self.store.node, tenant, group: group.uuid(), agent })
    }

    fn organization(&self, index: TenantIndex) -> Option<Arc<Tenant>> {
        self.platform()?.tenants.all().into_iter().find(|known| known.index == index)
    }

    /// Nodes that are new hear of all agents of this one; those of nodes that are gone are forgotten.
    fn follow_members(&self, platform: &Platform, lease: &Lease) {
        let now: HashSet<u32> = lease.others.iter().map(|(node, _)| *node).collect();
        let before = std::mem::replace(&mut *self.members.lock(), now.clone());
        platform.roster.keep_servers(|node| now.contains(&node));
        // A node whose lease had ended was forgotten by the others.
        if !lease.ran || !now.is_subset(&before) {
            self.tell_seats(platform);
        }
    }

    fn tell_seats(&self, platform: &Platform) {
        let seats = platform.roster.seats();
        let pairs = seats.iter().flat_map(|(group, agents)| agents.iter().map(|agent| (*group, *agent)));
        let seats = pairs.filter_map(|(group, agent)| self.shared_seat(group, agent)).collect();
        self.tell(Message::Seats(self.store.node, seats));
    }

    fn relay(&self, tenant: TenantIndex, topic: &str, frame: &str) {
        if let Some(organization) = self.organization(tenant) {
            self.tell(Message::Event(organization.id, topic.to_owned(), frame.to_owned()));
        }
    }

    fn platform(&self) -> Option<Arc<Platform>> {
        self.platform.get()?.upgrade()
    }

    fn tell(&self, message: Message) {
        let (lasts, key) = (message.lasts(), message.kept_as());
        let bytes = self.envelope(message);
        if let Some(key) = key {
            self.store.keep(key, bytes.clone());
        }
        self.store.publish(bytes, lasts);
    }

    fn envelope(&self, message: Message) -> Vec<u8> {
        serde_json::to_vec(&Envelope { from: self.store.node, message }).unwrap_or_default()
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
        let anchor = (*self.anchor.lock())?;
        Some(anchor.at.saturating_add(nanos(anchor.since.elapsed())))
    }

    /// Everything was reset on this node.
    pub(crate) fn was_reset(&self, platform: &Platform) {
        let epoch = platform.identity.tokens.next_epoch();
        self.store.raise(EPOCH, epoch, (LIMITS, Vec::new()));
        self.tell(Message::Reset(epoch));
    }

    /// A token was revoked on this node.
    pub(crate) fn revoked(&self, hash: u64) {
        self.tell(Message::Revoked(hash));
    }

    /// The limits were replaced on this node.
    pub(crate) fn limits_replaced(&self, limits: LimitsText) {
        self.tell(Message::Limits(limits));
        self.keep_limits();
    }

    /// Numbers of one limit were changed on this node.
    pub(crate) fn limit_changed(&self, name: &str, keys: Value) {
        self.tell(Message::Limit(name.to_owned(), keys));
        self.keep_limits();
    }

    fn keep_limits(&self) {
        if let Some(platform) = self.platform() {
            self.store.put(LIMITS, KeptLimits::of(&platform).to_bytes());
        }
    }

    /// A channel was made on this node, or its topics changed.
    fn channel_changed(&self, channel: &Channel) {
        let token = &channel.token;
        self.tell(Message::Channel(Box::new(SharedChannel {
            id: channel.id.clone(),
            tenant: token.tenant.id,
            client: token.client.id.clone(),
            user: token.user,
            grant: token.grant,
            hash: token.hash,
            token_expires: token.expires,
            expires: channel.expires(),
            topics: channel.subscriptions.list(),
        })));
    }

    /// The clock for a store that has none: the one of all nodes until now, where a store has forgotten it. A clock that
    /// runs is the store's, whatever this host believes.
    fn proposed_clock(&self, platform: &Platform) -> CommonClock {
        let own = || match platform.clock.mode() {
            Mode::Manual => CommonClock { mode: Mode::Manual, at: platform.clock.now().into() },
            Mode::System => CommonClock { mode: Mode::System, at: 0 },
        };
        self.clock.lock().unwrap_or_else(own)
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

impl Platform {
    /// A channel was made, or its topics changed: other nodes have it too.
    pub(crate) fn tell_channel(&self, channel: &Channel) {
        if let Some(nodes) = &self.nodes {
            nodes.channel_changed(channel);
        }
    }
}

impl Node for Nodes {
    fn proposals(&self) -> Vec<Proposal> {
        let Some(platform) = self.platform() else { return Vec::new() };
        let tokens = &platform.identity.tokens;
        let keys = serde_json::to_vec(&tokens.node_keys()).unwrap_or_default();
        let clock = serde_json::to_vec(&self.proposed_clock(&platform)).unwrap_or_default();
        let epoch = tokens.epoch();
        let mut proposals = vec![
            Proposal::First { key: KEYS, value: keys },
            Proposal::First { key: CLOCK, value: clock },
            Proposal::Greatest { key: EPOCH, number: epoch, told: self.envelope(Message::Reset(epoch)) },
        ];
        let limits = KeptLimits::of(&platform);
        if limits.differ(&platform) {
            proposals.push(Proposal::First { key: LIMITS, value: limits.to_bytes() });
        }
        proposals
    }

    fn joined(&self, world: HashMap<String, Vec<u8>>, kept: Vec<Vec<u8>>) {
        let Some(platform) = self.platform() else { return };
        let value = |key: &str| world.get(key).map(Vec::as_slice).unwrap_or_default();
        if let Ok(keys) = serde_json::from_slice::<NodeKeys>(value(KEYS)) {
            platform.identity.tokens.agree(&keys);
        }
        if let Some(epoch) = std::str::from_utf8(value(EPOCH)).ok().and_then(|text| text.parse().ok()) {
            follow_reset(&platform, epoch);
        }
        if let Ok(limits) = serde_json::from_slice(value(LIMITS)) {
            follow_limits(&platform, &limits);
        }
        if let Ok(clock) = serde_json::from_slice(value(CLOCK)) {
            self.follow_clock(clock);
        }
        for message in &kept {
            self.heard(message);
        }
        // What was told of agents while the store was away is lost, on both sides.
        self.tell_seats(&platform);
        self.tell(Message::AskSeats);
    }

    fn report(&self) -> Vec<u8> {
        let report = self.platform().map(|platform| Report::of(&platform));
        report.and_then(|report| serde_json::to_vec(&report).ok()).unwrap_or_default()
    }

    fn beat(&self, lease: &Lease, took: Duration) {
        let at = lease.store_micros.saturating_mul(1000).saturating_add(nanos(took) / 2);
        let read = Anchor { since: Stopwatch::start(), at, took };
        {
            let mut anchor = self.anchor.lock();
            *anchor = anchor.filter(|before| !read.replaces(before)).or(Some(read));
        }
        let clock = *self.clock.lock();
        if let Some(clock) = clock {
            self.follow_clock(clock);
        }
        let Some(platform) = self.platform() else { return };
        self.follow_members(&platform, lease);
        self.told.lock().retain(|told, _| lease.others.iter().any(|(node, _)| node == told));
        let own = Report::of(&platform);
        for (node, theirs) in &lease.others {
            self.compare(*node, theirs, &own);
        }
    }

    fn heard(&self, message: &[u8]) {
        match serde_json::from_slice::<Envelope>(message) {
            Ok(envelope) if envelope.from != self.store.node => self.follow(envelope.message),
            Ok(_) => {}
            Err(_) => {
                tracing::warn!("a message of another program, or of another version of gcmock, is ignored");
            }
        }
    }
}
