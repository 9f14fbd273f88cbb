//! The task that owns the connection to the store.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::{PushInfo, PushKind};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::link::{Connected, Lease, Link, StoreError};
use super::question::{Answer, BucketName, Question};
use super::{Decide, Failed, Inbox, Node, Order, Store};
use crate::time::clock::Stopwatch;

/// Requests that one call decides.
const BATCH: usize = 64;
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
}

impl Task {
    /// The task of `store` for `node`.
    pub(crate) fn new(store: Arc<Store>, link: Link, inbox: Inbox, node: Arc<dyn Node>) -> Self {
        Self { store, link, connected: None, inbox, held: HashMap::new(), node }
    }

    /// Joins the other nodes.
    ///
    /// # Errors
    /// When the store can not be used now. [`Task::run`] tries again.
    pub(crate) async fn join(&mut self) -> Result<(), StoreError> {
        let mut open = self.link.connect().await?;
        self.rejoin(&mut open).await?;
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
    async fn serve(&mut self, mut open: Connected, stop: &CancellationToken) -> Result<(), StoreError> {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = beat.tick() => self.beat(&mut open).await?,
                Some(order) = self.inbox.orders.recv() => self.obey(&mut open, order).await?,
                Some(message) = open.pushed.recv() => self.read(message)?,
                Some(first) = self.inbox.decisions.recv() => self.decide(&mut open, first).await?,
            }
        }
    }

    /// The store may have forgotten this node, or all nodes.
    async fn rejoin(&mut self, open: &mut Connected) -> Result<(), StoreError> {
        self.lease(open, 0).await?;
        self.assert_held(open).await?;
        for (key, value) in self.node.proposals() {
            open.propose(key, &value).await?;
        }
        self.node.joined(open.world().await?);
        self.store.breaker.close();
        Ok(())
    }

    async fn beat(&mut self, open: &mut Connected) -> Result<(), StoreError> {
        let node = self.store.membership().node;
        if !self.lease(open, node).await?.ran {
            self.assert_held(open).await?;
        }
        self.store.breaker.close();
        Ok(())
    }

    async fn lease(&mut self, open: &mut Connected, node: u32) -> Result<Lease, StoreError> {
        let asked = Stopwatch::start();
        let lease = open.join(node, &self.node.report()).await?;
        self.node.beat(&lease, asked.elapsed());
        let mut membership = self.store.membership.lock();
        if let Some(failure) = membership.failure.take() {
            tracing::info!("the store answers again, after: {failure}");
        }
        membership.node = lease.node;
        membership.others.clone_from(&lease.others);
        Ok(lease)
    }

    async fn assert_held(&mut self, open: &mut Connected) -> Result<(), StoreError> {
        let held: Vec<_> = self.held.iter().map(|(bucket, slots)| (bucket.clone(), *slots)).collect();
        open.hold(self.store.membership().node, &held).await
    }

    /// Decides over what has come until now, in one call.
    async fn decide(&mut self, open: &mut Connected, first: Decide) -> Result<(), StoreError> {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let Ok(next) = self.inbox.decisions.try_recv() else { break };
            batch.push(next);
        }
        // Nobody waits for these any more, and they are not charged yet.
        batch.retain(|waiting| !waiting.reply.is_closed());
        let questions: Vec<&Question> = batch.iter().map(|waiting| &waiting.question).collect();
        let node = self.store.membership().node;
        let answered = open.decide(node, &questions).await;
        let answers = answered.inspect_err(|_| self.store.breaker.open())?;
        self.store.breaker.close();
        let mut orphans = Vec::new();
        for (waiting, answer) in batch.into_iter().zip(answers) {
            self.deliver(waiting, answer, &mut orphans);
        }
        for (question, answer) in orphans {
            self.undo(open, &question, &answer).await?;
        }
        Ok(())
    }

    /// Notes the slots that were taken, and passes the answer on.
    fn deliver(&mut self, waiting: Decide, answer: Answer, orphans: &mut Vec<(Question, Answer)>) {
        for asked in waiting.question.charged(&answer).filter(|asked| asked.takes_slots()) {
            *self.held.entry(asked.bucket.clone()).or_default() += asked.units;
        }
        if let Err(Ok(answer)) = waiting.reply.send(Ok(answer)) {
            orphans.push((waiting.question, answer));
        }
    }

    /// The request was decided without this answer.
    async fn undo(
        &mut self,
        open: &mut Connected,
        question: &Question,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let charged = question.charged(answer).cloned().collect();
        let made = Question { charges: charged, ..question.clone() };
        for asked in made.charges.iter().filter(|asked| asked.takes_slots()) {
            self.free(open, &asked.bucket, asked.units).await?;
        }
        open.give_back(&made).await
    }

    async fn obey(&mut self, open: &mut Connected, order: Order) -> Result<(), StoreError> {
        match order {
            Order::Free { bucket, units } => self.free(open, &bucket, units).await,
            Order::GiveBack(question) => open.give_back(&question).await,
            Order::Publish(message) => {
                self.store.published();
                open.publish(&message).await
            }
            Order::Put(key, value) => open.put(&key, &value).await,
            Order::Refill { homes, rule } => {
                for home in &homes {
                    open.refill(home, &rule).await?;
                }
                Ok(())
            }
            Order::Levels { home, rule, reply } => {
                let _ = reply.send(open.levels(&home, &rule).await?);
                Ok(())
            }
            Order::KeepUp { homes, rule, doing, now } => {
                for home in &homes {
                    open.keep_up(home, &rule, doing, now).await?;
                }
                Ok(())
            }
            Order::Reset => {
                open.forget_buckets().await?;
                self.assert_held(open).await
            }
        }
    }

    async fn free(
        &mut self,
        open: &mut Connected,
        bucket: &BucketName,
        units: u32,
    ) -> Result<(), StoreError> {
        let left = self.release(bucket, units);
        open.hold(self.store.membership().node, &[(bucket.clone(), left)]).await
    }

    /// The slots of the bucket that this node still holds.
    fn release(&mut self, bucket: &BucketName, units: u32) -> u32 {
        let Some(slots) = self.held.get_mut(bucket) else { return 0 };
        *slots = slots.saturating_sub(units);
        let left = *slots;
        if left == 0 {
            self.held.remove(bucket);
        }
        left
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

    fn lost(&self, error: &StoreError) {
        self.store.breaker.open();
        let failure = error.to_string();
        let mut membership = self.store.membership.lock();
        if membership.failure.as_ref() != Some(&failure) {
            tracing::warn!("{failure}; limits act as their on_store_failure says");
            membership.failure = Some(failure);
        }
    }

    /// Waits for the next attempt. Slots are given back in the meantime, and requests are answered without the store.
    async fn wait(&mut self, retry: Duration, stop: &CancellationToken) {
        let due = sleep(retry);
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut due => return,
                Some(order) = self.inbox.orders.recv() => {
                    match order {
                        Order::Free { bucket, units } => {
                            self.release(&bucket, units);
                        }
                        Order::Publish(_) => self.store.published(),
                        _ => {}
                    }
                }
                Some(waiting) = self.inbox.decisions.recv() => drop(waiting.reply.send(Err(Failed))),
            }
        }
    }
}
