//! Limits that several nodes share, in Valkey or Redis.
//!
//! `decide.lua` decides in the store, with the arithmetic of the engine. `question` packs requests for it and reads its
//! answers. `batch` is the task that owns the connection: it sends what has come in the meantime in one call, renews the
//! lease of this node, gives slots back, and passes messages between the nodes. `breaker` spares a store that fails.
//!
//! The task makes one call at a time, so what it knows of the slots that this node holds is exact, and is written as a
//! whole number: nothing is lost when the store forgets, or takes this node for dead.

mod batch;
mod breaker;
mod link;
mod question;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use gcmock_limit::{Level, Nanos, Rule};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::batch::Task;
use self::breaker::Breaker;
pub(crate) use self::link::{Lease, Link, StoreError};
pub(crate) use self::question::{Answer, Asked, BucketName, Question, Task as Doing};

/// Requests that wait for the store. One more is a failure.
const WAITING: usize = 4096;

/// Messages that wait to be sent. Further ones are lost.
const MESSAGES: usize = 10_000;
/// The longest wait of a listing.
const LISTING: Duration = Duration::from_secs(2);

/// The options of the store.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Its address: `valkey://…` or `redis://…`.
    pub(crate) address: String,
    /// The longest wait of a request for the store.
    pub(crate) timeout: Duration,
    /// Whether limits are shared that do not say otherwise.
    pub(crate) share_all: bool,
}

/// A request got no decision from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

/// The node that uses the store. Its methods are called by the store's task, and must not wait.
pub(crate) trait Node: Send + Sync {
    /// What the node proposes for values that all nodes share. The first node's holds.
    fn proposals(&self) -> Vec<(&'static str, Vec<u8>)>;

    /// The node has joined, and these are the values that all nodes share.
    fn joined(&self, world: HashMap<String, Vec<u8>>);

    /// What the others may know of this node, once a second.
    fn report(&self) -> Vec<u8>;

    /// The lease was renewed; `took` is how long that took.
    fn beat(&self, lease: &Lease, took: Duration);

    /// A message of some node, this one too.
    fn heard(&self, message: &[u8]);
}

/// What this node knows of the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    /// The number of this node; 0 before it has joined.
    pub(crate) node: u32,
    /// The reports of the other nodes whose leases run, by number.
    pub(crate) others: Vec<(u32, Vec<u8>)>,
    /// The last failure, in words; none while the store answers.
    pub(crate) failure: Option<String>,
}

impl std::fmt::Debug for Store {
    /// Without the address, which may have a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// The handle of the store, for requests.
pub(crate) struct Store {
    /// The options that it was made with.
    pub(crate) options: Options,
    decisions: mpsc::Sender<Decide>,
    orders: mpsc::UnboundedSender<Order>,
    breaker: Breaker,
    /// Requests that got no decision.
    failures: AtomicU64,
    /// Messages that wait to be sent.
    waiting: AtomicUsize,
    membership: Mutex<Membership>,
}

/// A question, and where its answer goes.
struct Decide {
    question: Question,
    reply: oneshot::Sender<Result<Answer, Failed>>,
}

/// What the task does beside decisions.
enum Order {
    /// A slot is free.
    Free { bucket: BucketName, units: u32 },
    /// Charges that were made for nothing.
    GiveBack(Box<Question>),
    /// A message for the other nodes.
    Publish(Vec<u8>),
    /// A value that all nodes share.
    Put(Vec<u8>, Vec<u8>),
    /// All buckets are as new.
    Reset,
    /// The buckets of a limit are as new.
    Refill { homes: Vec<Arc<str>>, rule: Rule },
    /// The levels of a limit are read.
    Levels { home: Arc<str>, rule: Rule, reply: oneshot::Sender<Vec<Level>> },
    /// All buckets of a limit are brought to an instant, and settled or swept.
    KeepUp { homes: Vec<Arc<str>>, rule: Box<Rule>, doing: Doing, now: Nanos },
}

/// The ends of the channels that the task reads.
pub(crate) struct Inbox {
    decisions: mpsc::Receiver<Decide>,
    orders: mpsc::UnboundedReceiver<Order>,
}

impl Store {
    /// The handle, and what [`Task::new`] needs.
    pub(crate) fn new(options: Options) -> (Arc<Self>, Inbox) {
        let (decisions, decisions_inbox) = mpsc::channel(WAITING);
        let (orders, orders_inbox) = mpsc::unbounded_channel();
        let store = Self {
            options,
            decisions,
            orders,
            breaker: Breaker::default(),
            failures: AtomicU64::default(),
            waiting: AtomicUsize::default(),
            membership: Mutex::default(),
        };
        (Arc::new(store), Inbox { decisions: decisions_inbox, orders: orders_inbox })
    }

    /// Decides in the store.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub(crate) async fn decide(&self, question: Question) -> Result<Answer, Failed> {
        let decided = self.ask(question).await;
        if decided.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        decided
    }

    async fn ask(&self, question: Question) -> Result<Answer, Failed> {
        if self.breaker.is_open() {
            return Err(Failed);
        }
        let (reply, answer) = oneshot::channel();
        self.decisions.try_send(Decide { question, reply }).map_err(|_| Failed)?;
        if let Ok(Ok(answered)) = tokio::time::timeout(self.options.timeout, answer).await {
            return answered;
        }
        self.breaker.failed();
        Err(Failed)
    }

    /// Gives a slot back.
    pub(crate) fn free(&self, bucket: BucketName, units: u32) {
        let _ = self.orders.send(Order::Free { bucket, units });
    }

    /// Gives the charges of `question` back, which the store has admitted and this node then refused.
    pub(crate) fn give_back(&self, question: Question) {
        let _ = self.orders.send(Order::GiveBack(Box::new(question)));
    }

    /// Sends a message to the other nodes.
    pub(crate) fn publish(&self, message: Vec<u8>) {
        // While the store stalls, messages must not pile up.
        if self.waiting.fetch_add(1, Ordering::Relaxed) < MESSAGES {
            let _ = self.orders.send(Order::Publish(message));
        } else {
            self.published();
        }
    }

    /// A message has left the queue.
    fn published(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Keeps a value for nodes that join later.
    pub(crate) fn put(&self, key: &str, value: Vec<u8>) {
        let _ = self.orders.send(Order::Put(key.into(), value));
    }

    /// Makes the buckets of a limit new. Held slots stay.
    pub(crate) fn refill(&self, homes: Vec<Arc<str>>, rule: &Rule) {
        let _ = self.orders.send(Order::Refill { homes, rule: rule.clone() });
    }

    /// The levels of a limit, without those of slots. `None` while the store fails.
    pub(crate) async fn levels(&self, home: &Arc<str>, rule: &Rule) -> Option<Vec<Level>> {
        if self.breaker.is_open() {
            return None;
        }
        let (reply, levels) = oneshot::channel();
        let _ = self.orders.send(Order::Levels { home: Arc::clone(home), rule: rule.clone(), reply });
        tokio::time::timeout(LISTING, levels).await.ok().and_then(Result::ok)
    }

    /// Settles the buckets of a limit whose numbers change, or sweeps them.
    pub(crate) fn keep_up(&self, homes: Vec<Arc<str>>, rule: &Rule, doing: Doing, now: Nanos) {
        let _ = self.orders.send(Order::KeepUp { homes, rule: Box::new(rule.clone()), doing, now });
    }

    /// Makes all buckets new.
    pub(crate) fn reset(&self) {
        let _ = self.orders.send(Order::Reset);
    }

    /// What this node knows of the others.
    pub(crate) fn membership(&self) -> Membership {
        self.membership.lock().clone()
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
