//! What several nodes with one store do together: keys, the clock, resets, revoked tokens, changed limits.
//!
//! The store has the clock, the number of resets and the changed limits. A node changes them there, and each node does what the
//! store has. Other changes are messages to all, which the store keeps for nodes that join later. Entities are not among them: each
//! node has its own.
//!
//! `limits` and `clock` have what the store keeps, `message` the messages, `kept` those that the store has lost, `totals` the counts
//! of limits in a report, `namesakes` the nodes with one name, `pace` bounds lists of agents, `follow` is what a node does when it
//! hears a message.

mod clock;
mod follow;
mod kept;
mod limits;
mod message;
mod namesakes;
mod pace;
mod totals;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use serde::de::DeserializeOwned;

use self::clock::{Anchor, CommonClock, run_agenda};
use self::follow::follow_reset;
use self::limits::CommonLimits;
use self::message::{Envelope, Message, SharedChannel, SharedSeat};
pub(crate) use self::message::{LimitsText, Report};
use self::namesakes::Namesakes;
use self::pace::Pace;
use self::totals::Counted;
use super::Platform;
use crate::identity::token::NodeKeys;
use crate::push::roster::Group;
use crate::push::{Channel, Relay};
use crate::store::{Change, Lease, News, Node, Proposal, Store, World};
use crate::time::clock::Stopwatch;
use crate::world::Tenant;
use crate::world::id::{TenantIndex, UserIndex};

/// A difference between nodes that lasts so long is told.
const LASTING: Duration = Duration::from_secs(2);

const KEYS: &str = "keys";
const CLOCK: &str = "clock";
const EPOCH: &str = "resets";

/// How a node differs from this one.
struct Difference {
    /// The digests of the limits of both.
    between: (String, String),
    since: Stopwatch,
    /// What has been told of it.
    told: String,
}

impl Difference {
    fn new() -> Self {
        Self { between: Default::default(), since: Stopwatch::start(), told: String::new() }
    }
}

/// This node among the others.
pub(crate) struct Nodes {
    pub(crate) store: Arc<Store>,
    platform: OnceLock<Weak<Platform>>,
    /// When the store's time was read.
    anchor: Mutex<Option<Anchor>>,
    clock: Mutex<Option<CommonClock>>,
    limits: Mutex<CommonLimits>,
    /// Locked while this node changes itself, or does what the store has, so that neither comes in the middle of the other.
    turn: Mutex<()>,
    /// The other nodes at the last beat.
    members: Mutex<HashSet<u32>>,
    /// When the others are told of all agents.
    lists: Mutex<Pace>,
    /// The nodes that differ from this one.
    differing: Mutex<HashMap<u32, Difference>>,
    namesakes: Mutex<Namesakes>,
    /// What this node had counted of its limits at the last beat.
    counts: Mutex<Vec<Counted>>,
}

impl Nodes {
    pub(crate) fn new(store: Arc<Store>) -> Arc<Self> {
        Arc::new(Self {
            store,
            platform: OnceLock::new(),
            anchor: Mutex::default(),
            clock: Mutex::default(),
            limits: Mutex::default(),
            turn: Mutex::default(),
            members: Mutex::default(),
            lists: Mutex::default(),
            differing: Mutex::default(),
            namesakes: Mutex::default(),
            counts: Mutex::default(),
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
                nodes.publish(Message::Seat(seat, taken));
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

    /// Tells of all agents, now or at the next beat.
    fn tell_seats(&self, platform: &Platform) {
        if self.lists.lock().tells_now() {
            self.list_seats(platform);
        }
    }

    fn list_seats(&self, platform: &Platform) {
        let seats = platform.roster.seats();
        let pairs = seats.iter().flat_map(|(group, agents)| agents.iter().map(|agent| (*group, *agent)));
        let seats = pairs.filter_map(|(group, agent)| self.shared_seat(group, agent)).collect();
        self.publish(Message::Seats(self.store.node, seats));
    }

    fn relay(&self, tenant: TenantIndex, topic: &str, frame: &str) {
        if let Some(organization) = self.organization(tenant) {
            self.publish(Message::Event(organization.id, topic.to_owned(), frame.to_owned()));
        }
    }

    /// The other nodes whose leases run, and their reports.
    pub(crate) fn others(&self) -> Vec<(u32, Report)> {
        let read = |(node, report): (u32, Vec<u8>)| Some((node, serde_json::from_slice(&report).ok()?));
        self.store.membership().others.into_iter().filter_map(read).collect()
    }

    fn platform(&self) -> Option<Arc<Platform>> {
        self.platform.get()?.upgrade()
    }

    fn publish(&self, message: Message) {
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

    /// Held while limits, clock or resets change on this node, until the change is ordered.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock()
    }

    /// Follows the common clock, and files that were read again.
    fn keep_up(&self, platform: &Platform) {
        let turn = self.turn();
        let moved = if self.store.has_changes() { None } else { self.set_clock(platform, None) };
        self.note_reload(platform);
        drop(turn);
        run_agenda(platform, moved);
    }

    /// Everything was reset on this node.
    pub(crate) fn was_reset(&self, platform: &Platform) {
        let epoch = platform.identity.tokens.next_epoch();
        self.limits_replaced(platform, None);
        self.store.change(Change::of(EPOCH, epoch.to_string().into_bytes()));
    }

    /// A token was revoked on this node.
    pub(crate) fn revoked(&self, hash: u64) {
        self.publish(Message::Revoked(hash));
    }

    /// A channel was made on this node, or its topics changed.
    fn channel_changed(&self, channel: &Channel) {
        self.publish(Message::Channel(Box::new(SharedChannel::of(channel))));
    }

    /// Tells once of a node that differs for some time. A change reaches the nodes, and their reports, one after the other.
    fn compare(&self, node: u32, theirs: &[u8], own: &Report) {
        let Ok(theirs) = serde_json::from_slice::<Report>(theirs) else { return };
        let name = theirs.name_of(node);
        let mut differing = self.differing.lock();
        let Some(words) = theirs.difference(own) else {
            differing.remove(&node);
            return;
        };
        let between = (theirs.limits, own.limits.clone());
        let known = differing.entry(node).or_insert_with(Difference::new);
        if known.between != between {
            (known.between, known.since) = (between, Stopwatch::start());
        }
        if known.since.elapsed() >= LASTING && known.told != words {
            tracing::warn!("node {name} {words}");
            known.told = words;
        }
    }
}

impl Platform {
    /// Waits until the other nodes have done what this one has changed, so that whoever changed it finds it so at any of them. A
    /// node that does not answer is waited for a second.
    pub(crate) async fn followed(&self) {
        if let Some(nodes) = &self.nodes {
            nodes.store.followed().await;
        }
    }

    /// What is to be said where the requests of this node alone are counted; none without a store.
    pub(crate) fn note_of_one_server(&self) -> Option<String> {
        self.nodes.as_ref()?;
        Some(format!(
            "These are the requests of the server {} (--node) alone: each server of a store counts those that it answered.",
            self.options.node
        ))
    }

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
        vec![
            Proposal::First { key: KEYS, value: keys },
            Proposal::First { key: CLOCK, value: clock },
            Proposal::Change(Change::of(EPOCH, tokens.epoch().to_string().into_bytes())),
            Proposal::Change(self.proposed_limits(&platform)),
        ]
    }

    fn report(&self) -> Vec<u8> {
        let counts = || self.counts.lock().clone();
        let report = self.platform().map(|platform| Report::of(&platform).with_counts(counts()));
        report.and_then(|report| serde_json::to_vec(&report).ok()).unwrap_or_default()
    }

    fn read_time(&self, lease: &Lease, took: Duration) {
        self.read_store(lease, took);
    }

    fn follow(&self, news: News) {
        let Some(platform) = self.platform() else { return };
        match news {
            News::Joined(world, kept) => self.follow_join(&platform, &world, &kept),
            News::Changed(world) => self.follow_change(&platform, &world),
            News::Renewed(lease) => self.follow_beat(&platform, &lease),
            News::Message(message) => self.hear(&message),
        }
    }
}

/// What follows the news of other nodes.
impl Nodes {
    fn follow_join(&self, platform: &Platform, world: &World, kept: &[Vec<u8>]) {
        if let Some(keys) = read::<NodeKeys>(world, KEYS) {
            platform.identity.tokens.agree(&keys);
        }
        self.tell_other_clock(platform, read(world, CLOCK));
        self.follow_change(platform, world);
        for message in kept {
            self.hear(message);
        }
        if self.store.is_current(world) {
            kept::keep_again(self, platform, kept);
        }
        // What was told of agents while the store was away is lost, on both sides.
        self.tell_seats(platform);
        self.publish(Message::AskSeats);
    }

    fn follow_change(&self, platform: &Platform, world: &World) {
        let turn = self.turn();
        // What this node has changed since comes after this, and all is read again then.
        if !self.store.is_current(world) {
            return;
        }
        if read(world, EPOCH).is_some_and(|epoch| follow_reset(platform, epoch)) {
            self.forget_base();
        }
        self.follow_limits(platform, &world.values);
        let moved = self.set_clock(platform, read(world, CLOCK));
        drop(turn);
        run_agenda(platform, moved);
        if let Some(version) = world.version() {
            self.store.has_followed(version);
        }
    }

    fn follow_beat(&self, platform: &Platform, lease: &Lease) {
        self.keep_up(platform);
        self.follow_members(platform, lease);
        if self.lists.lock().tells_at_beat() {
            self.list_seats(platform);
        }
        // Not where the report is made, because decisions wait for that.
        *self.counts.lock() = totals::of(platform);
        self.differing.lock().retain(|known, _| lease.others.iter().any(|(node, _)| node == known));
        let own = Report::of(platform);
        for (node, theirs) in &lease.others {
            self.compare(*node, theirs, &own);
        }
        self.tell_namesakes(&own.name);
    }

    fn tell_namesakes(&self, name: &str) {
        let others = self.others().into_iter().filter(|(_, report)| report.name == name);
        if self.namesakes.lock().look_at(&others.map(|(node, _)| node).collect()) {
            tracing::warn!(
                "another server has the name {name} of this one too: give each a --node of its own"
            );
        }
    }

    fn hear(&self, message: &[u8]) {
        match serde_json::from_slice::<Envelope>(message) {
            Ok(envelope) if envelope.from != self.store.node => self.follow_message(envelope.message),
            Ok(_) => {}
            Err(_) => {
                tracing::warn!("a message of another program, or of another version of gcmock, is ignored");
            }
        }
    }
}

/// A value that all nodes share.
fn read<T: DeserializeOwned>(world: &World, key: &str) -> Option<T> {
    serde_json::from_slice(world.values.get(key)?).ok()
}
