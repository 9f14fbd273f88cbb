//! What the task does beside decisions: slots that come free, charges that are given back, messages, values, and all
//! buckets of a limit at once.
//!
//! An order leaves the queue when it is done. What a call that failed has left undone is done after the next connection.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use gcmock_limit::{Nanos, Rule};

use super::calls::{Caller, Calls};
use super::link::StoreError;
use super::question::{BucketName, Decided, Question};
use super::{Doing, Order, Store};
use crate::time::clock::Stopwatch;

/// Orders that wait while the store is away. Further charges are not given back, and further messages are not sent.
const KEPT: usize = 10_000;
/// Messages that are sent together.
const TOGETHER: usize = 256;
/// The time that orders take between two decisions.
const TURN: Duration = Duration::from_millis(1);
/// The time that all buckets of a limit take before the first decision in between.
const FIRST_TURN: Duration = Duration::from_millis(20);

/// The orders that are not done yet, and the slots of this node.
pub(super) struct Orders {
    store: Arc<Store>,
    queue: VecDeque<Order>,
    /// The slots that this node holds.
    held: HashMap<BucketName, u32>,
    /// The buckets of which the store may not know how many slots this node holds.
    unwritten: HashSet<BucketName>,
    /// The requests that were given back until now.
    given_back: u64,
    sweep: Place,
}

/// Where the next part of all buckets begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    home: usize,
    cursor: u64,
}

impl Place {
    /// The place behind a part that ended at `cursor`.
    const fn after(self, cursor: u64) -> Self {
        let home = if cursor == 0 { self.home + 1 } else { self.home };
        Self { home, cursor }
    }
}

/// All buckets of a limit, part by part.
pub(super) struct Round {
    pub(super) homes: Vec<Arc<str>>,
    pub(super) rule: Box<Rule>,
    pub(super) now: Nanos,
    /// The limit with the numbers that hold from now on, where its buckets are settled; `None` where they are refilled.
    pub(super) settles_for: Option<Box<Rule>>,
    pub(super) place: Option<Place>,
}

impl Orders {
    pub(super) fn new(store: Arc<Store>) -> Self {
        let (queue, held, unwritten, given_back, sweep) = Default::default();
        Self { store, queue, held, unwritten, given_back, sweep }
    }

    /// Whether anything is to be done.
    pub(super) fn wait(&self) -> bool {
        !self.queue.is_empty() || !self.unwritten.is_empty()
    }

    /// Takes an order. What needs no store is done at once.
    pub(super) fn take(&mut self, order: Order) {
        match order {
            Order::Free { bucket, units, resets } if self.store.resets() == resets => {
                self.release(bucket, units);
            }
            Order::Free { .. } => {}
            Order::FreeAll => {
                let freed = std::mem::take(&mut self.held);
                self.unwritten.extend(freed.into_keys());
            }
            Order::Undo(decided) => self.undo(&decided),
            Order::GiveBack(made) => self.give_back(*made),
            Order::Reset => {
                let is_of_before =
                    |order: &Order| matches!(order, Order::Reset | Order::GiveBackAs(..) | Order::Round(_));
                self.queue.retain(|order| !is_of_before(order));
                self.queue.push_back(Order::Reset);
            }
            Order::Put { key, .. } => {
                self.queue.retain(|order| !matches!(order, Order::Put { key: other, .. } if *other == key));
                self.queue.push_back(order);
            }
            order => self.queue.push_back(order),
        }
    }

    /// Takes an order while the store is away. What is not worth doing later is dropped.
    pub(super) fn take_away(&mut self, order: Order) {
        let is_full = self.queue.len() >= KEPT;
        match order {
            order if is_worth_keeping(&order) && (!is_full || order.is_always_taken()) => self.take(order),
            Order::Publish { .. } => self.store.published(),
            _ => {}
        }
    }

    /// The store is away: drops what is not worth doing later.
    pub(super) fn away(&mut self) {
        let store = &self.store;
        self.queue.retain(|order| {
            let stays = is_worth_keeping(order);
            if !stays && matches!(order, Order::Publish { .. }) {
                store.published();
            }
            stays
        });
    }
}

/// Slots and charges.
impl Orders {
    /// The store has charged a request of this node.
    pub(super) fn note_slots(&mut self, decided: &Decided) {
        let charged = decided.question.charged(&decided.answer);
        for asked in charged.filter(|asked| asked.takes_slots()) {
            *self.held.entry(asked.bucket.clone()).or_default() += asked.units;
        }
    }

    /// Takes back what the store charged for a request that was decided without the answer.
    pub(super) fn undo(&mut self, decided: &Decided) {
        let charged = decided.question.charged(&decided.answer);
        for asked in charged.filter(|asked| asked.takes_slots()) {
            self.release(asked.bucket.clone(), asked.units);
        }
        self.undo_charges(decided);
    }

    /// The same for the answer of a call that was lost: its slots were not noted.
    pub(super) fn undo_lost(&mut self, decided: &Decided) {
        let charged = decided.question.charged(&decided.answer);
        let slots = charged.filter(|asked| asked.takes_slots()).map(|asked| asked.bucket.clone());
        self.unwritten.extend(slots);
        self.undo_charges(decided);
    }

    fn undo_charges(&mut self, decided: &Decided) {
        if let Some(made) = decided.made() {
            self.give_back(made);
        }
    }

    fn give_back(&mut self, made: Question) {
        self.given_back += 1;
        self.queue.push_back(Order::GiveBackAs(self.given_back, Box::new(made)));
    }

    fn release(&mut self, bucket: BucketName, units: u32) {
        if let Some(slots) = self.held.get_mut(&bucket) {
            *slots = slots.saturating_sub(units);
            if *slots == 0 {
                self.held.remove(&bucket);
            }
        }
        self.unwritten.insert(bucket);
    }

    /// Writes all slots of this node: the store may have forgotten it, or taken it for dead.
    pub(super) async fn assert_held(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        self.unwritten.extend(self.held.keys().cloned());
        self.write_slots(calls).await
    }

    async fn write_slots(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let slots_of = |bucket: &BucketName| self.held.get(bucket).copied().unwrap_or(0);
        let slots: Vec<_> = self.unwritten.iter().map(|bucket| (bucket.clone(), slots_of(bucket))).collect();
        match calls.hold(self.store.node, &slots).await {
            Err(StoreError::Foreign) => {
                for slot in slots.chunks(1) {
                    or_foreign(calls.hold(self.store.node, slot).await, ())?;
                }
            }
            written => written?,
        }
        self.unwritten.clear();
        Ok(())
    }
}

/// The queue.
impl Orders {
    /// Does what is ordered, as long as a decision may wait.
    pub(super) async fn turn(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let began = Stopwatch::start();
        self.write_slots(calls).await?;
        let most = match self.queue.front() {
            Some(Order::Round(round)) if round.place.is_none() => FIRST_TURN,
            _ => TURN,
        };
        while !self.queue.is_empty() && began.elapsed() < most {
            self.obey_front(calls).await?;
        }
        Ok(())
    }

    /// Does everything that is ordered.
    pub(super) async fn finish(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        self.write_slots(calls).await?;
        while !self.queue.is_empty() {
            self.obey_front(calls).await?;
        }
        Ok(())
    }

    /// Does the first order, or its next part. It leaves the queue when it is done.
    async fn obey_front(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let is_done = match self.queue.front_mut() {
            Some(Order::Publish { .. }) => return self.publish(calls).await,
            Some(Order::Round(round)) => round.go_on(calls).await?,
            Some(Order::Sweep { homes, rules, now }) => {
                self.sweep.go_on(calls, homes, rules, *now).await?;
                true
            }
            Some(Order::GiveBackAs(sequence, made)) => {
                let caller = Caller { node: self.store.node, sequence: *sequence };
                or_foreign(calls.give_back(made, caller).await, ())?;
                true
            }
            Some(Order::Keep { key, message }) => calls.keep(key, message).await.map(|()| true)?,
            Some(Order::Put { key, value }) => calls.put(key, value).await.map(|()| true)?,
            Some(Order::Reset) => calls.forget().await.map(|()| true)?,
            _ => true,
        };
        if is_done && let Some(done) = self.queue.pop_front() {
            answer(done, calls);
        }
        Ok(())
    }

    /// Sends the messages at the front.
    async fn publish(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let messages = || {
            self.queue.iter().take(TOGETHER).map_while(|order| match order {
                Order::Publish { message, .. } => Some(message.as_slice()),
                _ => None,
            })
        };
        let count = messages().count();
        calls.publish(messages()).await?;
        for _ in self.queue.drain(..count) {
            self.store.published();
        }
        Ok(())
    }
}

/// What was done, or `instead` where a home has something else than buckets: there is nothing to be done there.
fn or_foreign<T>(done: Result<T, StoreError>, instead: T) -> Result<T, StoreError> {
    match done {
        Err(StoreError::Foreign) => Ok(instead),
        done => done,
    }
}

/// Tells whoever waits for an order.
fn answer(done: Order, calls: &Calls) {
    match done {
        Order::Tell(waiting) => _ = waiting.send(()),
        Order::Levels { home, rule, reply } => {
            // Beside the decisions: there may be many levels.
            let mut calls = calls.clone();
            tokio::spawn(async move {
                if let Ok(levels) = calls.levels(&home, &rule).await {
                    let _ = reply.send(levels);
                }
            });
        }
        _ => {}
    }
}

impl Round {
    /// Does the next part. Whether that was the last.
    async fn go_on(&mut self, calls: &mut Calls) -> Result<bool, StoreError> {
        let Some(place) = self.place else {
            // Another node was first: its buckets are settled already, and count under the new numbers.
            let is_first = match &self.settles_for {
                Some(rule) => calls.renumber(rule).await?,
                None => true,
            };
            self.place = Some(Place::default());
            return Ok(!is_first);
        };
        let Some(home) = self.homes.get(place.home) else { return Ok(true) };
        let task = if self.settles_for.is_some() { Doing::Settle } else { Doing::Refill };
        let next = or_foreign(calls.keep_up(home, &self.rule, (task, self.now), place.cursor).await, 0)?;
        let place = place.after(next);
        self.place = Some(place);
        Ok(place.home >= self.homes.len())
    }
}

impl Place {
    /// Sweeps the next part.
    async fn go_on(
        &mut self,
        calls: &mut Calls,
        homes: &[Arc<str>],
        rules: &[Rule],
        now: Nanos,
    ) -> Result<(), StoreError> {
        let next = match homes.get(self.home) {
            Some(home) => or_foreign(calls.sweep(home, rules, self.cursor, now).await, 0)?,
            None => 0,
        };
        let place = self.after(next);
        *self = if place.home < homes.len() { place } else { Self::default() };
        Ok(())
    }
}

impl Order {
    /// Whether it is taken in any case: there are few of these, or they free slots.
    const fn is_always_taken(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Reset | Self::FreeAll | Self::Free { .. } | Self::Undo(_))
    }
}

const fn is_worth_keeping(order: &Order) -> bool {
    !matches!(
        order,
        Order::Publish { lasts: false, .. } | Order::Tell(_) | Order::Levels { .. } | Order::Sweep { .. }
    )
}
