//! The task that owns the connection to the store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use gcmock_limit::{Nanos, Rule};
use redis::{PushInfo, PushKind};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::calls::{Caller, Calls, Lease};
use super::link::{Connected, Link, StoreError};
use super::question::{BucketName, Decided, Question, answers};
use super::{Inbox, Node, Order, Store, Waiting};
use crate::time::clock::Stopwatch;

/// Requests that one call decides.
const BATCH: usize = 64;
/// Orders that are looked at together.
const ORDERS: usize = 256;
/// Orders that are kept while the store is away.
const KEPT: usize = 10_000;
/// The time between two renewals of the lease.
const BEAT: Duration = Duration::from_secs(1);
/// The waits between attempts to connect.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(2);

/// The task of a store.
pub(crate) struct Task {
    store: Arc<Store>,
    link: Link,
    /// The connection, if it is open already.
    connected: Option<Connected>,
    inbox: Inbox,
    /// The slots that this node holds.
    held: HashMap<BucketName, u32>,
    node: Arc<dyn Node>,
    /// What is done when the store is back.
    kept: Vec<Order>,
    /// The calls until now.
    sequence: u64,
    /// The questions of the last call, if its answer was lost.
    lost: Vec<Question>,
    sweep: SweepPlace,
}

/// Where the next sweep begins.
#[derive(Default)]
struct SweepPlace {
    home: usize,
    cursor: u64,
}

impl Task {
    /// The task of `store` for `node`.
    pub(crate) fn new(store: Arc<Store>, link: Link, inbox: Inbox, node: Arc<dyn Node>) -> Self {
        let (held, kept, lost, sweep) = Default::default();
        Self { store, link, connected: None, inbox, held, node, kept, sequence: 0, lost, sweep }
    }

    /// Joins the other nodes.
    ///
    /// # Errors
    /// When the store can not be used now. [`Task::run`] tries again.
    pub(crate) async fn join(&mut self) -> Result<(), StoreError> {
        let mut open = self.link.connect().await?;
        let calls = &mut open.calls;
        let lease = self.lease(calls, self.sequence + 1).await?;
        self.assert_held(calls).await?;
        self.undo_lost(calls, lease.last).await?;
        for (key, value) in self.node.proposals() {
            calls.propose(key, &value).await?;
        }
        let kept = std::mem::take(&mut self.kept);
        self.obey(calls, kept).await?;
        self.node.joined(calls.world().await?, calls.kept().await?);
        self.store.breaker.close();
        self.connected = Some(open);
        Ok(())
    }

    /// Serves the store's requests until the server stops.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut retry = FIRST_RETRY;
        while !stop.is_cancelled() {
            if self.connected.is_none()
                && let Err(error) = self.join().await
            {
                self.lost(&error);
                self.wait(retry, &stop).await;
                retry = (retry * 2).min(LONGEST_RETRY);
                continue;
            }
            retry = FIRST_RETRY;
            let Some(open) = self.connected.take() else { continue };
            if let Err(error) = self.serve(open, &stop).await {
                self.lost(&error);
            }
        }
    }

    /// Serves requests until the store fails, or the server stops.
    async fn serve(&mut self, open: Connected, stop: &CancellationToken) -> Result<(), StoreError> {
        let Connected { mut calls, mut pushed } = open;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = beat.tick() => self.beat(&mut calls).await?,
                Some(order) = self.inbox.orders.recv() => {
                    let orders = self.with_others(order);
                    self.obey(&mut calls, orders).await?;
                }
                Some(message) = pushed.recv() => self.read(message)?,
                Some(first) = self.inbox.decisions.recv() => self.decide(&mut calls, first).await?,
            }
        }
    }

    async fn beat(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        if !self.lease(calls, 0).await?.ran {
            self.assert_held(calls).await?;
        }
        self.store.breaker.close();
        Ok(())
    }

    async fn lease(&mut self, calls: &mut Calls, sequence: u64) -> Result<Lease, StoreError> {
        let asked = Stopwatch::start();
        let caller = Caller { node: self.store.node, sequence };
        let lease = calls.join(caller, &self.node.report()).await?;
        {
            let mut membership = self.store.membership.lock();
            if let Some(failure) = membership.failure.take() {
                tracing::info!("the store answers again, after: {failure}");
            }
            membership.others.clone_from(&lease.others);
        }
        self.node.beat(&lease, asked.elapsed());
        Ok(lease)
    }

    /// The store may have forgotten this node, or taken it for dead.
    async fn assert_held(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let held: Vec<_> = self.held.iter().map(|(bucket, slots)| (bucket.clone(), *slots)).collect();
        calls.hold(self.store.node, &held).await
    }

    fn lost(&self, error: &StoreError) {
        self.store.breaker.open();
        let failure = error.to_string();
        let mut membership = self.store.membership.lock();
        if membership.failure.as_ref() != Some(&failure) {
            tracing::warn!("{failure}; limits act as their on_store_failure says");
            membership.failure = Some(failure);
        }
    }

    fn read(&self, push: PushInfo) -> Result<(), StoreError> {
        if push.kind == PushKind::Disconnection {
            return Err(StoreError::Unreachable("the connection is closed".to_owned()));
        }
        if let (PushKind::Message, Some(redis::Value::BulkString(bytes))) = (push.kind, push.data.last()) {
            self.node.heard(bytes);
        }
        Ok(())
    }
}

/// Decisions.
impl Task {
    /// Decides over what has come until now, in one call.
    async fn decide(&mut self, calls: &mut Calls, first: Waiting) -> Result<(), StoreError> {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let Ok(next) = self.inbox.decisions.try_recv() else { break };
            batch.push(next);
        }
        // Nobody waits for these any more, and they are not charged yet.
        batch.retain(|waiting| !waiting.reply.is_closed());
        let questions: Vec<&Question> = batch.iter().map(|waiting| &waiting.question).collect();
        self.sequence += 1;
        let caller = Caller { node: self.store.node, sequence: self.sequence };
        let answers = match calls.decide(&questions, caller).await {
            Ok(answers) => answers,
            Err(error) => {
                self.store.breaker.open();
                self.lost = batch.into_iter().map(|waiting| waiting.question).collect();
                return Err(error);
            }
        };
        self.store.breaker.close();
        let decided = batch.into_iter().zip(answers);
        let orphans: Vec<_> = decided
            .filter_map(|(Waiting { question, reply }, answer)| {
                let decided = Decided { question, answer };
                self.note_slots(&decided);
                let orphan = reply.send(decided).err()?;
                self.forget_slots(&orphan);
                Some(orphan)
            })
            .collect();
        for made in orphans.iter().filter_map(Decided::made) {
            self.undo(calls, &made).await?;
        }
        Ok(())
    }

    /// Takes back what the lost call has charged, if the store has served it before the node connected again.
    async fn undo_lost(&mut self, calls: &mut Calls, last: Option<(u64, Vec<u8>)>) -> Result<(), StoreError> {
        let questions = std::mem::take(&mut self.lost);
        let served = last.filter(|(sequence, _)| *sequence == self.sequence && !questions.is_empty());
        let answers = served.and_then(|(_, bytes)| answers(questions.iter(), &bytes));
        for (question, answer) in questions.into_iter().zip(answers.into_iter().flatten()) {
            if let Some(made) = (Decided { question, answer }).made() {
                self.undo(calls, &made).await?;
            }
        }
        Ok(())
    }

    fn note_slots(&mut self, decided: &Decided) {
        let charged = decided.question.charged(&decided.answer);
        for asked in charged.filter(|asked| asked.takes_slots()) {
            *self.held.entry(asked.bucket.clone()).or_default() += asked.units;
        }
    }

    /// Takes back what was charged for a request that was decided without the answer. Its slots are not among those held.
    async fn undo(&mut self, calls: &mut Calls, made: &Question) -> Result<(), StoreError> {
        let slots = made.charges.iter().filter(|asked| asked.takes_slots());
        let held: Vec<_> = slots.map(|asked| (asked.bucket.clone(), self.slots_of(&asked.bucket))).collect();
        calls.hold(self.store.node, &held).await?;
        calls.give_back(made).await
    }

    fn forget_slots(&mut self, decided: &Decided) {
        let charged = decided.question.charged(&decided.answer);
        for asked in charged.filter(|asked| asked.takes_slots()) {
            self.release(&asked.bucket, asked.units);
        }
    }

    fn release(&mut self, bucket: &BucketName, units: u32) {
        if let Some(slots) = self.held.get_mut(bucket) {
            *slots = slots.saturating_sub(units);
            if *slots == 0 {
                self.held.remove(bucket);
            }
        }
    }

    fn slots_of(&self, bucket: &BucketName) -> u32 {
        self.held.get(bucket).copied().unwrap_or(0)
    }
}

/// Orders.
impl Task {
    /// An order, and those that wait behind it.
    fn with_others(&mut self, first: Order) -> Vec<Order> {
        let mut orders = vec![first];
        while orders.len() < ORDERS {
            let Ok(next) = self.inbox.orders.try_recv() else { break };
            orders.push(next);
        }
        orders
    }

    /// Does what is ordered. The slots that come free between two other orders are written once for each bucket.
    async fn obey(&mut self, calls: &mut Calls, orders: Vec<Order>) -> Result<(), StoreError> {
        let mut freed = HashSet::new();
        for order in orders {
            if let Order::Free { bucket, units, resets } = order {
                if self.is_held_since(resets) {
                    self.release(&bucket, units);
                    freed.insert(bucket);
                }
                continue;
            }
            self.write(calls, &mut freed).await?;
            self.obey_one(calls, order).await?;
        }
        self.write(calls, &mut freed).await
    }

    async fn write(&mut self, calls: &mut Calls, freed: &mut HashSet<BucketName>) -> Result<(), StoreError> {
        let left: Vec<_> = freed.drain().map(|bucket| (bucket.clone(), self.slots_of(&bucket))).collect();
        calls.hold(self.store.node, &left).await
    }

    async fn obey_one(&mut self, calls: &mut Calls, order: Order) -> Result<(), StoreError> {
        match order {
            // Together with others, above.
            Order::Free { .. } => Ok(()),
            Order::FreeAll => self.free_all(calls).await,
            Order::Tell(waiting) => {
                let _ = waiting.send(());
                Ok(())
            }
            Order::GiveBack(made) => calls.give_back(&made).await,
            Order::Publish { message, .. } => {
                self.store.published();
                calls.publish(&message).await
            }
            Order::Keep { key, message } => calls.keep(&key, &message).await,
            Order::Put { key, value } => calls.put(key, &value).await,
            Order::Reset => calls.forget().await,
            Order::Refill { homes, rule } => {
                for home in &homes {
                    calls.refill(home, &rule).await?;
                }
                Ok(())
            }
            Order::Settle { homes, rule, now } => {
                for home in &homes {
                    calls.settle(home, &rule, now).await?;
                }
                Ok(())
            }
            Order::Sweep { homes, rules, now } => self.sweep(calls, &homes, &rules, now).await,
            Order::Levels { home, rule, reply } => {
                // Beside the decisions: there may be many levels.
                let mut calls = calls.clone();
                tokio::spawn(async move {
                    if let Ok(levels) = calls.levels(&home, &rule).await {
                        let _ = reply.send(levels);
                    }
                });
                Ok(())
            }
        }
    }

    async fn free_all(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let freed: Vec<_> = self.held.drain().map(|(bucket, _)| (bucket, 0)).collect();
        calls.hold(self.store.node, &freed).await
    }

    async fn sweep(
        &mut self,
        calls: &mut Calls,
        homes: &[Arc<str>],
        rules: &[Rule],
        now: Nanos,
    ) -> Result<(), StoreError> {
        let SweepPlace { home, cursor } = self.sweep;
        let next = match homes.get(home) {
            Some(home) => calls.sweep(home, rules, cursor, now).await?,
            None => 0,
        };
        let following = if home + 1 < homes.len() { home + 1 } else { 0 };
        self.sweep = SweepPlace { home: if next == 0 { following } else { home }, cursor: next };
        Ok(())
    }

    /// Whether a slot was taken after the last reset.
    fn is_held_since(&self, resets: u64) -> bool {
        self.store.resets() == resets
    }

    /// Waits for the next attempt. Slots come free in the meantime, and requests are answered without the store.
    async fn wait(&mut self, retry: Duration, stop: &CancellationToken) {
        let due = sleep(retry);
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut due => return,
                Some(order) = self.inbox.orders.recv() => self.keep(order),
                // The request is told by the end of its channel.
                Some(waiting) = self.inbox.decisions.recv() => drop(waiting),
            }
        }
    }

    /// Does what needs no store, and keeps what is worth doing later.
    fn keep(&mut self, order: Order) {
        match order {
            Order::Free { bucket, units, resets } if self.is_held_since(resets) => {
                self.release(&bucket, units);
            }
            Order::FreeAll => self.held.clear(),
            Order::Publish { lasts: false, .. } => self.store.published(),
            Order::Free { .. } | Order::Tell(_) | Order::Levels { .. } | Order::Sweep { .. } => {}
            order if self.kept.len() < KEPT => self.kept.push(order),
            Order::Publish { .. } => self.store.published(),
            _ => {}
        }
    }
}
