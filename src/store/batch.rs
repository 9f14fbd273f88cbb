//! The task that owns the connection to the store. `decisions` has what it does for requests.

mod decisions;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use redis::{PushInfo, PushKind};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::yield_now;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::decisions::LostCall;
use super::calls::{Caller, Calls, Lease};
use super::change::CHANGED;
use super::checks::check_format;
use super::follower::Follower;
use super::link::{Connected, Link, StoreError};
use super::orders::Orders;
use super::{Inbox, News, Node, Order, Proposal, Store, World};
use crate::time::clock::Stopwatch;

/// Orders and messages that are looked at together.
const TOGETHER: usize = 256;
/// What is ordered is done within this time at the end.
const LAST: Duration = Duration::from_secs(1);
/// A home that failed so long ago is told of again.
const TOLD: Duration = Duration::from_secs(60);
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
    node: Arc<dyn Node>,
    follower: Follower,
    orders: Orders,
    /// The calls until now.
    sequence: u64,
    /// The calls whose answers were lost.
    lost: Vec<LostCall>,
    /// The homes where the store has something else than buckets, since when.
    avoided: HashMap<Arc<str>, Stopwatch>,
    /// Whether what all nodes share has changed since it was read.
    has_changed: bool,
}

impl Task {
    /// The task of `store` for `node`.
    pub(crate) fn new(store: Arc<Store>, link: Link, inbox: Inbox, node: Arc<dyn Node>) -> Self {
        let (orders, lost, avoided) = (Orders::new(Arc::clone(&store)), Vec::new(), HashMap::new());
        let (connected, sequence, has_changed) = (None, 0, false);
        let follower = Follower::start(Arc::clone(&node));
        Self { store, link, connected, inbox, node, follower, orders, sequence, lost, avoided, has_changed }
    }

    /// Joins the other nodes, and follows what they have done until now.
    ///
    /// # Errors
    /// When the store can not be used now. [`Task::run`] tries again.
    pub(crate) async fn start(&mut self) -> Result<(), StoreError> {
        let joined = self.join().await;
        // The caller says why a store can never be used.
        if let Err(error @ StoreError::Unreachable(_)) = &joined {
            self.lost(error);
        }
        self.follower.done().await;
        joined
    }

    async fn join(&mut self) -> Result<(), StoreError> {
        let mut open = self.link.connect().await?;
        let calls = &mut open.calls;
        let lease = self.lease(calls, self.sequence + 1).await?;
        self.undo_lost(calls, lease.last).await?;
        self.orders.begin(calls).await?;
        self.propose(calls).await?;
        self.catch_up(calls).await?;
        self.store.breaker.close();
        self.connected = Some(open);
        Ok(())
    }

    /// Writes what all nodes share, where the store has nothing of it.
    async fn propose(&self, calls: &mut Calls) -> Result<(), StoreError> {
        for proposal in self.node.proposals() {
            match proposal {
                Proposal::First { key, value } => calls.propose(key, &value).await?,
                Proposal::Change(change) => calls.change(&change).await?,
            }
        }
        Ok(())
    }

    /// The store was emptied, or has taken this node for dead, though the connection stayed: it is told again what all nodes
    /// share, before a node joins that has none of it.
    async fn remind(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        tracing::warn!(
            "the store has forgotten this server or what all servers share: it was emptied, or this server stood still. \
             It is told again; limits whose levels are gone count from zero"
        );
        check_format(&mut calls.connection).await?;
        self.propose(calls).await?;
        self.catch_up(calls).await
    }

    /// Serves the store's requests until the server stops.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut retry = FIRST_RETRY;
        while !stop.is_cancelled() {
            let began = Stopwatch::start();
            if let Err(error) = self.join_and_serve(&stop).await {
                self.lost(&error);
                // A store that served for a while is tried again soon.
                retry = if began.elapsed() > LONGEST_RETRY { FIRST_RETRY } else { retry };
                self.wait(retry, &stop).await;
                retry = (retry * 2).min(LONGEST_RETRY);
            }
        }
    }

    async fn join_and_serve(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        if self.connected.is_none() {
            self.join().await?;
        }
        match self.connected.take() {
            Some(open) => self.serve(open, stop).await,
            None => Ok(()),
        }
    }

    /// Serves requests until the store fails, or the server stops.
    async fn serve(&mut self, open: Connected, stop: &CancellationToken) -> Result<(), StoreError> {
        let Connected { mut calls, mut pushed } = open;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // None of these goes first: many events must not keep decisions waiting, nor many decisions a slot that is free.
            tokio::select! {
                () = stop.cancelled() => return self.end(&mut calls).await,
                _ = beat.tick() => self.beat(&mut calls).await?,
                Some(order) = self.inbox.orders.recv() => self.take_orders(order),
                Some(message) = pushed.recv() => self.read(message, &mut pushed)?,
                Some(first) = self.inbox.decisions.recv() => self.decide(&mut calls, first).await?,
                // Last, so that a turn of orders is followed by the decisions that waited for it, and not by another turn.
                () = yield_now(), if self.orders.are_pending() => {}
            }
            self.orders.turn(&mut calls).await?;
            if self.has_changed || self.orders.take_dropped_change() {
                let world = self.read_world(&mut calls).await?;
                self.follower.enqueue(News::Changed(world));
            }
        }
    }

    /// Reads all that nodes share, and what is kept for nodes that join.
    async fn catch_up(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let world = self.read_world(calls).await?;
        self.follower.enqueue(News::Joined(world, calls.kept().await?));
        Ok(())
    }

    async fn read_world(&mut self, calls: &mut Calls) -> Result<World, StoreError> {
        self.has_changed = false;
        // Before the values are read: a change that ends meanwhile may not be among them.
        let ended_changes = self.store.ended_changes();
        Ok(World { values: calls.world().await?, ended_changes })
    }

    /// Takes an order, and those that wait behind it.
    fn take_orders(&mut self, first: Order) {
        self.orders.take(first);
        for _ in 1..TOGETHER {
            let Ok(next) = self.inbox.orders.try_recv() else { return };
            self.orders.take(next);
        }
    }

    /// The server stops: does what is ordered.
    async fn end(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        while let Ok(order) = self.inbox.orders.try_recv() {
            self.orders.take(order);
        }
        timeout(LAST, self.orders.finish(calls)).await.unwrap_or(Ok(()))
    }

    async fn beat(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let asked = Stopwatch::start();
        let lease = self.lease(calls, 0).await?;
        let in_time = asked.elapsed() <= self.store.options.timeout;
        if !lease.ran {
            calls.connection.forget_homes();
            self.orders.assert_held(calls).await?;
        }
        if !(lease.ran && lease.has_world) {
            self.remind(calls).await?;
        }
        self.orders.renew(calls).await?;
        if self.follower.take_overflow() {
            self.catch_up(calls).await?;
        }
        self.orders.look_at_watched();
        self.avoided.retain(|_, since| since.elapsed() < TOLD);
        self.store.breaker.close();
        if self.store.silence.beat(in_time) {
            tracing::info!("the store answers in time again");
        }
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
        self.node.read_time(&lease, asked.elapsed());
        self.follower.enqueue(News::Renewed(lease.clone()));
        Ok(lease)
    }

    fn lost(&mut self, error: &StoreError) {
        self.store.breaker.open();
        self.store.silence.forget();
        self.orders.away();
        let failure = error.to_string();
        let mut membership = self.store.membership.lock();
        if membership.failure.as_ref() != Some(&failure) {
            tracing::warn!("{failure}; limits act as their on_store_failure says");
            membership.failure = Some(failure);
        }
    }

    /// Reads a message of the store, and those that wait behind it. A change is followed before the
    /// messages after it.
    fn read(&mut self, first: PushInfo, pushed: &mut UnboundedReceiver<PushInfo>) -> Result<(), StoreError> {
        self.read_one(first)?;
        for _ in 1..TOGETHER {
            if self.has_changed {
                break;
            }
            let Ok(next) = pushed.try_recv() else { break };
            self.read_one(next)?;
        }
        Ok(())
    }

    fn read_one(&mut self, push: PushInfo) -> Result<(), StoreError> {
        if push.kind == PushKind::Disconnection {
            return Err(StoreError::Unreachable("the connection is closed".to_owned()));
        }
        if let (PushKind::Message, Some(redis::Value::BulkString(bytes))) = (push.kind, push.data.last()) {
            if bytes == CHANGED {
                self.has_changed = true;
            } else {
                self.follower.enqueue(News::Message(bytes.clone()));
            }
        }
        Ok(())
    }
}

impl Task {
    /// Waits for the next attempt. Slots come free in the meantime, and requests are answered without the store.
    async fn wait(&mut self, retry: Duration, stop: &CancellationToken) {
        let due = sleep(retry);
        tokio::pin!(due);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut due => return,
                Some(order) = self.inbox.orders.recv() => self.orders.take_away(order),
                // The request is told by the end of its channel.
                Some(waiting) = self.inbox.decisions.recv() => drop(waiting),
            }
        }
    }
}
