//! Limits that several nodes share, in Valkey or Redis.
//!
//! `decide.lua` decides in the store, with the arithmetic of the engine. `question` packs requests for it and reads its
//! answers. `source` says where the store is, `link` opens the `connection` and `checks` the store, `cluster` is a connection to
//! several nodes, `calls` has the calls, `keys` the keys, `change` the changes of what all nodes share. `batch` is the task that owns the connection: it sends
//! what has come in the meantime in one call, and renews the lease of this node. `orders` is what it does beside: it gives
//! slots and charges back, and passes messages between the nodes; `round` goes over all buckets. `node` says what the program
//! offers the store, and what it hears; `follower` hands it what comes from other nodes, on a thread of its own. `breaker` spares
//! a store that fails, `silence` tells of it.
//!
//! The task makes one call at a time, so what it knows of the slots that this node holds is exact, and is written as a
//! whole number: nothing is lost when the store forgets, or takes this node for dead.

mod batch;
mod breaker;
mod calls;
mod change;
mod checks;
mod cluster;
mod connection;
mod follower;
mod keys;
mod link;
mod node;
mod orders;
mod question;
mod round;
mod silence;
mod source;
#[cfg(all(test, unix))]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use gcmock_limit::{Key, Level, Nanos, Rule};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::batch::Task;
use self::breaker::Breaker;
pub(crate) use self::calls::{Lease, MOST_KEPT};
pub(crate) use self::change::{Beneath, Change, Drops, Fields};
pub(crate) use self::link::{Link, StoreError};
pub(crate) use self::node::{News, Node, Proposal, World};
pub(crate) use self::question::{BucketAction, BucketCharge, BucketName, Decided, MadeCharges, Question};
use self::round::{Progress, Round};
use self::silence::Silence;

/// Requests that wait for the store. One more is a failure.
const WAITING: usize = 4096;
/// Messages that wait to be sent. Further ones are lost if they do not last.
const MESSAGES: usize = 10_000;
/// The longest wait of a listing.
const LISTING: Duration = Duration::from_secs(2);

/// The options of the store.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Its address: `valkey://…`, `redis://…`, `valkey+sentinel://…` or `valkey+cluster://…`.
    pub(crate) address: String,
    /// The longest wait of a request for the store.
    pub(crate) timeout: Duration,
    /// Whether limits are shared that do not say otherwise.
    pub(crate) share_all: bool,
    /// Whether the store is a cluster, which has each organization by itself.
    pub(crate) is_cluster: bool,
}

impl Options {
    pub(crate) fn new(address: String, timeout: Duration, share_all: bool) -> Self {
        let is_cluster = source::is_cluster(&address);
        Self { address, timeout, share_all, is_cluster }
    }
}

/// A request got no decision from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

/// What this node knows of the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    /// The reports of the other nodes whose leases run, by number.
    pub(crate) others: Vec<(u32, Vec<u8>)>,
    /// The last failure, in words; none while the store answers.
    pub(crate) failure: Option<String>,
}

/// The handle of the store, for requests.
pub(crate) struct Store {
    /// The options that it was made with.
    pub(crate) options: Options,
    /// The number of this node: drawn, so that it stays its own where the store forgets.
    pub(crate) node: u32,
    decisions: mpsc::Sender<Waiting>,
    orders: mpsc::UnboundedSender<Order>,
    breaker: Breaker,
    silence: Silence,
    /// Requests that got no decision.
    failures: AtomicU64,
    /// Messages that wait to be sent.
    messages: AtomicUsize,
    /// Changes that this node has ordered, and those of them that are no longer on their way.
    ordered_changes: AtomicU64,
    ended_changes: Arc<AtomicU64>,
    membership: Mutex<Membership>,
}

impl std::fmt::Debug for Store {
    /// Without the address, which may have a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// A question, and where its answer goes. It gets none if the store fails.
struct Waiting {
    question: Question,
    reply: oneshot::Sender<Delivery>,
}

/// A decision on its way to its request. One that the request does not take is undone: the client is gone, or stopped waiting.
pub(crate) struct Delivery {
    decided: Option<Decided>,
    store: Arc<Store>,
}

impl Delivery {
    fn new(decided: Decided, store: &Arc<Store>) -> Self {
        Self { decided: Some(decided), store: Arc::clone(store) }
    }

    /// The decision, for whoever frees its slots.
    pub(crate) fn take(mut self) -> Option<Decided> {
        self.decided.take()
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(decided) = self.decided.take() {
            self.store.undo(decided);
        }
    }
}

/// What the task does beside decisions.
enum Order {
    /// A slot of before or after the last reset is free.
    Free { bucket: BucketName, units: u32, resets: u64 },
    /// All slots of this node are free.
    FreeAll,
    /// A request waits until everything before this is done.
    NotifyDone(oneshot::Sender<()>),
    /// This decision was not taken.
    Undo(Box<Decided>),
    /// These charges were made for nothing, after this many resets.
    GiveBack { made: Box<MadeCharges>, resets: u64 },
    /// A message for the other nodes. One that lasts is sent later where the store is away.
    Publish { message: Vec<u8>, lasts: bool },
    /// A message for nodes that join later.
    Keep { key: String, message: Vec<u8> },
    /// A change of what all nodes share.
    Change(Change, Pending),
    /// This node has followed so many changes.
    Follow { version: u64 },
    /// Whether the other nodes have followed so many changes, or those until now.
    AskFollowed { version: Option<u64>, reply: oneshot::Sender<(u64, bool)> },
    /// All buckets are as new.
    Reset,
    /// The buckets of a limit are as new, or are brought to an instant before other numbers hold.
    Round(Box<Round>),
    /// One bucket is as new.
    Refill { bucket: Box<BucketCharge>, now: Nanos },
    /// The levels of a limit are read.
    Levels { home: Arc<str>, rule: Box<Rule>, most: usize, reply: oneshot::Sender<Vec<Level>> },
    /// Some idle buckets are removed.
    Sweep { homes: Vec<Arc<str>>, rules: Vec<Rule>, now: Nanos },
}

/// A change on its way. It is counted when it is made, or dropped.
struct Pending(Arc<AtomicU64>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// The ends of the channels that the task reads.
pub(crate) struct Inbox {
    decisions: mpsc::Receiver<Waiting>,
    orders: mpsc::UnboundedReceiver<Order>,
}

impl Store {
    /// The handle, and what [`Task::new`] needs.
    pub(crate) fn new(options: Options) -> (Arc<Self>, Inbox) {
        let (decisions, decisions_inbox) = mpsc::channel(WAITING);
        let (orders, orders_inbox) = mpsc::unbounded_channel();
        let store = Self {
            options,
            node: fastrand::u32(1..),
            decisions,
            orders,
            breaker: Breaker::default(),
            silence: Silence::default(),
            failures: AtomicU64::default(),
            messages: AtomicUsize::default(),
            ordered_changes: AtomicU64::default(),
            ended_changes: Arc::default(),
            membership: Mutex::default(),
        };
        (Arc::new(store), Inbox { decisions: decisions_inbox, orders: orders_inbox })
    }

    /// Decides in the store.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub(crate) async fn decide(&self, question: Question) -> Result<Delivery, Failed> {
        let decided = self.ask(question).await;
        if decided.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        decided
    }

    async fn ask(&self, question: Question) -> Result<Delivery, Failed> {
        if self.breaker.is_open() {
            return Err(Failed);
        }
        let (reply, answer) = oneshot::channel();
        if self.decisions.try_send(Waiting { question, reply }).is_err() {
            self.tell_silence();
            return Err(Failed);
        }
        let Ok(answered) = tokio::time::timeout(self.options.timeout, answer).await else {
            self.breaker.failed();
            self.tell_silence();
            return Err(Failed);
        };
        // Without an answer the store refuses the question, or the task has told the breaker.
        answered.map_err(|_| Failed)
    }

    fn order(&self, order: Order) {
        // The task ends with the server.
        let _ = self.orders.send(order);
    }

    /// What gives a slot of a decision back. After [`Store::free_all`] it does nothing.
    pub(crate) fn free_later(self: &Arc<Self>, asked: &BucketCharge, of: &Decided) -> impl FnOnce() + use<> {
        let (store, resets) = (Arc::clone(self), of.resets);
        let (bucket, units) = (asked.bucket.clone(), asked.units);
        move || store.order(Order::Free { bucket, units, resets })
    }

    /// Waits until everything that was ordered before is done, as long as a request waits for the store.
    pub(crate) async fn done(&self) {
        if self.breaker.is_open() {
            return;
        }
        let (tell, told) = oneshot::channel();
        self.order(Order::NotifyDone(tell));
        let _ = tokio::time::timeout(self.options.timeout, told).await;
    }

    /// Forgets the slots that this node holds.
    pub(crate) fn free_all(&self) {
        self.order(Order::FreeAll);
    }

    /// Gives back what the store has charged, and this node then refused.
    pub(crate) fn give_back(&self, decided: &Decided) {
        let made = decided.made_in_vain();
        if !made.charges.is_empty() {
            self.order(Order::GiveBack { made: Box::new(made), resets: decided.resets });
        }
    }

    /// Gives back all that the store has charged for a request that is not decided by it.
    pub(crate) fn undo(&self, decided: Decided) {
        self.order(Order::Undo(Box::new(decided)));
    }

    /// Sends a message to the other nodes. One that does not last is lost while the store is away, or stalls.
    pub(crate) fn publish(&self, message: Vec<u8>, lasts: bool) {
        if self.messages.fetch_add(1, Ordering::Relaxed) < MESSAGES || lasts {
            self.order(Order::Publish { message, lasts });
        } else {
            self.published();
        }
    }

    /// Keeps a message for nodes that join later, in place of an earlier one of that key.
    pub(crate) fn keep(&self, key: String, message: Vec<u8>) {
        self.order(Order::Keep { key, message });
    }

    /// A message has left the queue.
    fn published(&self) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
    }

    /// Changes what all nodes share. While the store is away, the change waits.
    pub(crate) fn change(&self, change: Change) {
        self.ordered_changes.fetch_add(1, Ordering::AcqRel);
        self.order(Order::Change(change, Pending(Arc::clone(&self.ended_changes))));
    }

    /// Whether a change of this node is not made yet.
    pub(crate) fn has_changes(&self) -> bool {
        !self.has_no_change_since(self.ended_changes())
    }

    /// Changes of this node that are no longer on their way.
    fn ended_changes(&self) -> u64 {
        self.ended_changes.load(Ordering::Acquire)
    }

    /// Whether every change that this node has ordered was among the first `ended` ones.
    fn has_no_change_since(&self, ended: u64) -> bool {
        self.ordered_changes.load(Ordering::Acquire) == ended
    }

    /// Whether this node has changed nothing since `world` was read.
    pub(crate) fn is_current(&self, world: &World) -> bool {
        self.has_no_change_since(world.ended_changes)
    }

    /// Makes the buckets of a limit new. Held slots stay.
    pub(crate) fn refill(&self, rule: &Rule, now: Nanos) {
        self.go_round(rule, None, now);
    }

    /// Makes one bucket of a limit new. Held slots stay.
    pub(crate) fn refill_one(&self, home: &Arc<str>, (rule, key): (&Rule, Key), now: Nanos) {
        self.order(Order::Refill { bucket: Box::new(BucketCharge::bucket(home, rule, key)), now });
    }

    fn go_round(&self, rule: &Rule, settles_for: Option<&Rule>, now: Nanos) {
        let (rule, settles_for) = (Box::new(rule.clone()), settles_for.cloned().map(Box::new));
        self.order(Order::Round(Box::new(Round { rule, now, settles_for, progress: Progress::default() })));
    }

    /// The levels of a limit, slots too. `None` while the store fails, and where the home has more than `most` buckets.
    pub(crate) async fn levels(&self, home: &Arc<str>, rule: &Rule, most: usize) -> Option<Vec<Level>> {
        if self.breaker.is_open() {
            return None;
        }
        let (reply, levels) = oneshot::channel();
        self.order(Order::Levels { home: Arc::clone(home), rule: Box::new(rule.clone()), most, reply });
        tokio::time::timeout(LISTING, levels).await.ok().and_then(Result::ok)
    }

    /// Brings the buckets of a limit to `now` under its numbers, before other numbers hold. The first node that changes
    /// them does so.
    pub(crate) fn settle(&self, (old, new): (&Rule, &Rule), now: Nanos) {
        self.go_round(old, Some(new), now);
    }

    /// Removes some idle buckets, a part of them each time.
    pub(crate) fn sweep(&self, homes: Vec<Arc<str>>, rules: Vec<Rule>, now: Nanos) {
        self.order(Order::Sweep { homes, rules, now });
    }

    /// Makes all buckets new, those of other nodes too.
    pub(crate) fn reset(&self) {
        self.order(Order::Reset);
    }

    /// What this node knows of the others.
    pub(crate) fn membership(&self) -> Membership {
        self.membership.lock().clone()
    }

    /// Why requests are decided without the store, while they are.
    pub(crate) fn failure(&self) -> Option<String> {
        self.membership.lock().failure.clone().or_else(|| self.is_failing().then(|| self.too_slow()))
    }

    /// Requests that were decided without the store until now.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Whether requests are decided without the store for now.
    pub(crate) fn is_failing(&self) -> bool {
        self.breaker.is_open()
    }
}
