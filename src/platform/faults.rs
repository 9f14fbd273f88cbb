//! The counts of faults: which requests each fault struck, and which one it strikes next.
//!
//! A request that no fault covers comes nowhere near this file. One that a fault covers takes one lock. The draws of a
//! fault follow from the server's seed and the fault's name: equal seeds strike the same positions of the requests that
//! the fault covers.
//!
//! [`end_sockets`] ends the sockets of edges that a fault takes down.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use gcmock_limit::{Home, Key, Subject};
use parking_lot::Mutex;

use super::Platform;
use crate::observe::close_reason::CloseReason;
use crate::push::registry::Socket;
use crate::push::socket_fault::SocketFault;
use crate::rules::{Config, EVERY_EDGE, Fault, FaultKind, PatternMethod, Trigger};
use crate::time::Nanos;
use crate::world::id::{EdgeIndex, TenantIndex};

/// The most keys of all faults together. Beyond them the oldest key is forgotten, and its count begins again.
const MOST_KEYS: usize = 1 << 18;

/// The code of sockets whose edge is down: the endpoint goes away (RFC 6455, 7.4.1).
const GOING_AWAY: u16 = 1001;

/// How often a fault covered a request, and how often it struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FaultCounts {
    /// Requests that it covered while it was open.
    pub(crate) covered: u64,
    /// Those that it struck.
    pub(crate) struck: u64,
}

/// The progress of one key of a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    seen: u64,
    struck: u32,
}

impl Progress {
    /// Counts one request, and whether the fault strikes it. `draw` gives a number from 0 to below 1.
    fn next(&mut self, trigger: &Trigger, draw: impl FnOnce() -> f64) -> bool {
        self.seen = self.seen.saturating_add(1);
        let open = self.seen > trigger.after && trigger.times.is_none_or(|times| self.struck < times);
        let strikes = open && (trigger.share >= 1.0 || draw() < trigger.share);
        self.struck = self.struck.saturating_add(u32::from(strikes));
        strikes
    }
}

/// The key of a count: the fault, the organization, and the values of its scopes.
type CountKey = (u32, Option<TenantIndex>, Key);

/// The state of one fault.
#[derive(Debug)]
struct State {
    /// Unique in this process, so that the counts of a replaced fault are not those of the new one.
    id: u32,
    random: fastrand::Rng,
    counts: FaultCounts,
}

impl State {
    fn new(name: &str, seed: u64, next_id: &mut u32) -> Self {
        *next_id = next_id.wrapping_add(1);
        let random = fastrand::Rng::with_seed(seed ^ hash(name));
        Self { id: *next_id, random, counts: FaultCounts::default() }
    }
}

#[derive(Debug, Default)]
struct Tally {
    states: HashMap<Arc<str>, State>,
    progress: HashMap<CountKey, Progress, foldhash::fast::RandomState>,
    /// The keys of `progress`, oldest first; those of forgotten faults too.
    order: VecDeque<CountKey>,
    next_id: u32,
    /// The instant from which `between` is counted.
    begun: Nanos,
}

/// The counts of all faults.
#[derive(Debug)]
pub(crate) struct Faults {
    seed: u64,
    tally: Mutex<Tally>,
}

impl Faults {
    /// No counts yet. Without a `seed`, each process draws otherwise.
    pub(crate) fn new(seed: Option<u64>, now: Nanos) -> Self {
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        Self { seed, tally: Mutex::new(Tally { begun: now, ..Tally::default() }) }
    }

    /// Counts a request that the fault covers, and whether the fault strikes it. `None` of a scope of the fault means
    /// that the fault does not cover the request.
    pub(crate) fn strikes(
        &self,
        fault: &Fault,
        subject: &Subject,
        tenant: Option<TenantIndex>,
        now: Nanos,
    ) -> bool {
        let Some(key) = fault.scope.key(subject) else { return false };
        let tenant = tenant.filter(|_| fault.scope.home(subject) == Home::Tenant);
        let tally = &mut *self.tally.lock();
        if !fault.trigger.is_open(now.saturating_sub(tally.begun)) {
            return false;
        }
        tally.count(fault, (tenant, key), self.seed)
    }

    /// The counts of the fault of that name.
    pub(crate) fn counts(&self, name: &str) -> FaultCounts {
        self.tally.lock().states.get(name).map(|state| state.counts).unwrap_or_default()
    }

    /// Forgets the counts of faults that are gone, or are other ones now.
    pub(crate) fn reconfigure(&self, old: &Config, new: &Config) {
        if old.faults.is_empty() {
            return;
        }
        let kept = |name: &str| {
            let [before, after] =
                [old, new].map(|config| config.faults.iter().find(|fault| *fault.name == *name));
            before.zip(after).is_some_and(|(before, after)| before.is_like(after))
        };
        self.tally.lock().states.retain(|name, _| kept(name));
    }

    /// Forgets all counts. `between` begins again.
    pub(crate) fn reset(&self, now: Nanos) {
        let mut tally = self.tally.lock();
        let next_id = tally.next_id;
        *tally = Tally { begun: now, next_id, ..Tally::default() };
    }

    /// The time that passed since the start or the last reset.
    fn elapsed(&self, now: Nanos) -> Nanos {
        now.saturating_sub(self.tally.lock().begun)
    }
}

impl Tally {
    fn count(&mut self, fault: &Fault, (tenant, key): (Option<TenantIndex>, Key), seed: u64) -> bool {
        let Self { states, progress, order, next_id, .. } = self;
        let state =
            states.entry(Arc::clone(&fault.name)).or_insert_with(|| State::new(&fault.name, seed, next_id));
        state.counts.covered += 1;
        let trigger = &fault.trigger;
        let mut draw = || state.random.f64();
        let strikes = if trigger.is_counted() {
            let count_key = (state.id, tenant, key);
            let of_key = progress.entry(count_key).or_insert_with(|| {
                order.push_back(count_key);
                Progress::default()
            });
            of_key.next(trigger, &mut draw)
        } else {
            Progress::default().next(trigger, &mut draw)
        };
        state.counts.struck += u64::from(strikes);
        self.make_room();
        strikes
    }

    fn make_room(&mut self) {
        while self.order.len() > MOST_KEYS {
            let Some(oldest) = self.order.pop_front() else { return };
            self.progress.remove(&oldest);
        }
    }
}

/// FNV-1a: equal in every process and version, so that a seed draws the same.
fn hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Ends the sockets of the edges that a fault of `config` takes down at some time from `from` to `now`. A fault with
/// `share`, `after`, `times` or `grant` strikes single requests and ends no socket.
pub(crate) fn end_sockets(platform: &Platform, config: &Config, from: Nanos, now: Nanos) {
    let ends = |fault: &&Fault| fault.trigger.is_total() && fault.grants.is_none();
    for fault in config.faults.iter().filter(ends) {
        let FaultKind::EdgeDown(label) = &fault.kind else { continue };
        let (since, until) = (platform.faults.elapsed(from), platform.faults.elapsed(now));
        if fault.trigger.between.is_some_and(|(begin, end)| begin > until || since >= end) {
            continue;
        }
        let is_struck = |socket: &Socket| {
            let covered =
                fault.patterns.iter().any(|pattern| pattern.matches(PatternMethod::Ws, &socket.path));
            let struck = covered && platform.is_edge(socket.edge(), label);
            if struck {
                let _ = socket.fault.set(SocketFault::ending(&fault.name));
            }
            struck
        };
        platform.sockets.close_where(is_struck, &CloseReason::platform(GOING_AWAY, "the edge is down"));
    }
}

impl Platform {
    /// Whether an edge has this label; [`EVERY_EDGE`] is the label of all.
    pub(crate) fn is_edge(&self, edge: Option<EdgeIndex>, label: &str) -> bool {
        edge.is_some_and(|edge| label == EVERY_EDGE || self.tenants.is_edge_named(edge, label))
    }
}

#[cfg(test)]
mod tests;
