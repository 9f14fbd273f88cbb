//! Events that leave this server: to the webhooks of triggers and of open messaging integrations, to the file and to the
//! address of `EventBridge` events.
//!
//! | file | owns |
//! |---|---|
//! | `address` | which hosts events may be sent to |
//! | `receivers` | the webhooks of an organization, read after each change of them |
//! | `criteria`, `path` | the conditions of triggers |
//! | `queue` | what waits to be sent, with its bounds |
//! | `order` | what is sent for an event |
//! | `send` | attempts, waits and signatures (`signature`) of one delivery |
//! | `event_bridge`, `file` | the form of `EventBridge` events, and their file |
//! | `log` | the newest deliveries with their attempts |
//!
//! A publisher puts an event into a bounded queue and never waits. One task starts the attempts; it holds no lock while a
//! receiver answers. To add a receiver, add it to `receivers` and give its event to [`Deliveries::accept`].

pub(crate) mod address;
pub(crate) mod criteria;
mod event_bridge;
mod file;
pub(crate) mod log;
mod order;
mod path;
mod queue;
mod receivers;
mod send;
mod signature;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use http::HeaderMap;
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::address::{Address, Hosts};
use self::file::EventFile;
use self::log::{Attempt, Entry, Log, State};
use self::queue::{Delivery, Queue};
use self::receivers::{Receiver, Receivers};
use crate::time::Nanos;
use crate::time::clock::Clock;
use crate::world::Tenant;
use crate::world::id::TenantIndex;

/// The time for attempts under way when the server ends.
const GRACE: Duration = Duration::from_millis(300);

/// The options of what leaves this server.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The hosts that events may be sent to.
    pub(crate) hosts: Hosts,
    /// The wait before the second attempt, in real time. It doubles with each further one.
    pub(crate) retry: Duration,
    /// The file that `EventBridge` events are appended to.
    pub(crate) file: Option<PathBuf>,
    /// The address that `EventBridge` events are sent to.
    pub(crate) url: Option<String>,
    /// The secret that signs what is sent to that address.
    pub(crate) secret: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { hosts: Hosts::default(), retry: Duration::from_secs(1), file: None, url: None, secret: None }
    }
}

/// The receivers of events, and what is on its way to them.
#[derive(Debug)]
pub(crate) struct Deliveries {
    clock: Clock,
    hosts: Hosts,
    retry: Duration,
    file: Option<Arc<EventFile>>,
    url: Option<Receiver>,
    receivers: RwLock<HashMap<TenantIndex, Arc<Receivers>>>,
    /// Held from the reading of an organization to the exchange of its receivers, so that the later reading stays.
    reading: Mutex<()>,
    /// The enabled triggers of all organizations.
    hooks: AtomicUsize,
    /// The webhooks of open messaging integrations of all organizations.
    messengers: AtomicUsize,
    queue: Mutex<Queue>,
    /// Counts the resets: what was accepted before one is sent no more.
    epoch: AtomicU64,
    arrived: Notify,
    log: Mutex<Log>,
}

impl Deliveries {
    /// Nothing on its way.
    ///
    /// # Errors
    /// When the address of `EventBridge` events is not allowed.
    pub(crate) fn new(options: Options, clock: Clock) -> anyhow::Result<Self> {
        let Options { hosts, retry, file, url, secret } = options;
        let url = url.map(|url| {
            let address = Address::read(&url, &hosts)
                .map_err(|why| anyhow::anyhow!("--events-url {}: {why}", address::without_secrets(&url)))?;
            let secret = secret.as_deref().map(Arc::from);
            anyhow::Ok(Receiver { address: Arc::new(address), secret, headers: HeaderMap::new() })
        });
        Ok(Self {
            clock,
            hosts,
            retry,
            file: file.map(EventFile::new),
            url: url.transpose()?,
            receivers: RwLock::default(),
            reading: Mutex::default(),
            hooks: AtomicUsize::default(),
            messengers: AtomicUsize::default(),
            queue: Mutex::default(),
            epoch: AtomicU64::default(),
            arrived: Notify::new(),
            log: Mutex::default(),
        })
    }

    /// The hosts that events may be sent to.
    pub(crate) const fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// Whether every event is exported.
    const fn exports(&self) -> bool {
        self.file.is_some() || self.url.is_some()
    }

    /// Whether no event leaves this server. It costs one atomic load.
    pub(super) fn is_idle(&self) -> bool {
        !self.exports() && self.hooks.load(Relaxed) == 0
    }

    /// Whether no messenger's webhook gets messages. It costs one atomic load.
    pub(crate) fn has_no_messenger(&self) -> bool {
        self.messengers.load(Relaxed) == 0
    }

    /// Reads the receivers of an organization again. Its file has none.
    pub(crate) fn read(&self, tenant: &Tenant) {
        let _reading = self.reading.lock();
        let none = || Receivers::none(tenant.id);
        let read = tenant.read_used().map_or_else(none, |used| Receivers::of(&used, &self.hosts));
        self.exchange(tenant.index, Some(Arc::new(read)));
    }

    /// Removes the receivers of an organization.
    pub(super) fn forget(&self, tenant: TenantIndex) {
        let _reading = self.reading.lock();
        self.exchange(tenant, None);
    }

    fn exchange(&self, tenant: TenantIndex, receivers: Option<Arc<Receivers>>) {
        let count =
            |of: Option<&Arc<Receivers>>| of.map_or((0, 0), |of| (of.hooks.len(), of.messengers.len()));
        let now = count(receivers.as_ref());
        let mut all = self.receivers.write();
        let before = match receivers {
            Some(receivers) => all.insert(tenant, receivers),
            None => all.remove(&tenant),
        };
        let before = count(before.as_ref());
        self.hooks.store(self.hooks.load(Relaxed) + now.0 - before.0, Relaxed);
        self.messengers.store(self.messengers.load(Relaxed) + now.1 - before.1, Relaxed);
    }

    fn of(&self, tenant: TenantIndex) -> Option<Arc<Receivers>> {
        self.receivers.read().get(&tenant).cloned()
    }

    /// Whether an event of that topic would leave this server.
    pub(super) fn has_receiver(&self, tenant: TenantIndex, topic: &str) -> bool {
        !self.is_idle()
            && (self.exports() || self.of(tenant).is_some_and(|of| of.of_topic(topic).next().is_some()))
    }

    /// Sends the deliveries whose delay has ended at `now`.
    pub(crate) fn release(&self, now: Nanos) {
        if self.queue.lock().release(now) {
            self.arrived.notify_one();
        }
    }

    /// The newest deliveries that are wanted, newest first, at most `most`.
    pub(crate) fn newest(&self, most: usize, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        self.log.lock().newest(most, wanted)
    }

    /// The number of deliveries in a state since the start or the last reset.
    pub(crate) fn count(&self, state: State) -> u64 {
        self.log.lock().count(state)
    }

    /// The events that the file of events does not have, because the disk was too slow or failed.
    pub(crate) fn lost_events(&self) -> u64 {
        self.file.as_ref().map_or(0, |file| file.lost())
    }

    /// Empties the log.
    pub(crate) fn clear_log(&self) {
        self.log.lock().clear();
    }

    /// Removes what waits, and empties the log. An attempt under way ends.
    pub(crate) fn reset(&self) {
        self.epoch.fetch_add(1, Relaxed);
        let gone = self.queue.lock().clear();
        let mut log = self.log.lock();
        for delivery in &gone {
            log.end(delivery.number, State::Dropped);
        }
        log.clear();
    }

    fn now(&self) -> Nanos {
        self.clock.now()
    }

    const fn retry(&self) -> Duration {
        self.retry
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Relaxed)
    }

    fn note(&self, delivery: &Delivery, attempt: Attempt) {
        self.log.lock().attempt(delivery.number, attempt);
    }

    fn finish(&self, delivery: &Delivery, state: State) {
        self.queue.lock().free(delivery);
        self.log.lock().end(delivery.number, state);
    }
}

/// Sends what arrives until the server stops. Attempts under way then have a short time to end.
pub(crate) async fn run(deliveries: Arc<Deliveries>, stop: CancellationToken) {
    let mut sending = JoinSet::new();
    while !stop.is_cancelled() {
        while let Some(delivery) = next(&deliveries) {
            sending.spawn(send::deliver(Arc::clone(&deliveries), delivery));
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = deliveries.arrived.notified() => {}
            Some(_) = sending.join_next() => {}
        }
    }
    let ended = async { while sending.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, ended).await;
}

/// The next delivery that is ready. A guard in the condition of a loop would be held while its body runs.
fn next(deliveries: &Deliveries) -> Option<Delivery> {
    deliveries.queue.lock().next()
}

/// Writes the file of events until the server stops.
pub(crate) async fn write_file(deliveries: Arc<Deliveries>, stop: CancellationToken) {
    if let Some(file) = &deliveries.file {
        Arc::clone(file).run(stop).await;
    }
}
