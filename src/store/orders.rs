//! What the task does beside decisions: slots that come free, charges that are given back, messages, changes of what all
//! nodes share, and all buckets of a limit at once. `slots` has slots and charges.
//!
//! An order leaves the queue when it is done. What a call that failed has left undone is done after the next connection.

mod slots;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use gcmock_limit::{Level, Nanos, Rule};
use tokio::sync::oneshot;

use super::calls::Calls;
use super::link::StoreError;
use super::question::{BucketAction, BucketCharge, BucketName};
use super::round::{After, Place, Round, or_foreign};
use super::{Change, Order, Pending, Store};
use crate::time::clock::Stopwatch;

/// Orders, and charges to be given back, that wait while the store is away. Further ones are dropped.
const KEPT: usize = 10_000;
/// Messages that are sent together.
const TOGETHER: usize = 256;
/// Charges that are given back in one call, and between two decisions.
const GIVEN_AT_ONCE: usize = 200;
const GIVEN_BETWEEN: usize = 1000;
/// The time that orders take between two decisions.
const TURN: Duration = Duration::from_millis(1);
/// The time that all buckets of a limit take before the first decision in between.
const FIRST_TURN: Duration = Duration::from_millis(20);
/// An order that the store refuses so often in a row is dropped, so that it does not keep the others forever.
const MOST_REFUSALS: u32 = 3;

/// The orders that are not done yet, and the slots of this node.
pub(super) struct Orders {
    store: Arc<Store>,
    queue: VecDeque<Order>,
    /// Charges to be given back, each with its number and the instant of the charge.
    given: VecDeque<(u64, BucketCharge, Nanos)>,
    /// Who waits until slots and charges are written.
    waiting: Vec<oneshot::Sender<()>>,
    /// The slots that this node holds.
    held: HashMap<BucketName, u32>,
    /// The buckets of which the store may not know how many slots this node holds.
    unwritten: HashSet<BucketName>,
    /// How often all slots came free at once. What was charged before is neither freed nor given back.
    resets: u64,
    /// The charges that were given back, and the changes of numbers, until now.
    numbers: u64,
    /// How often in a row the store has refused an order.
    refusals: u32,
    /// The limits whose buckets another node settles.
    watched: Vec<Round>,
    sweep: Place,
    /// Whether a change was dropped, which this node has made and the others have not.
    dropped_change: bool,
}

impl Orders {
    pub(super) fn new(store: Arc<Store>) -> Self {
        let (queue, given, waiting, held, unwritten, watched, sweep) = Default::default();
        let (resets, numbers, refusals, dropped_change) = (0, 0, 0, false);
        Self {
            store,
            queue,
            given,
            waiting,
            held,
            unwritten,
            resets,
            numbers,
            refusals,
            watched,
            sweep,
            dropped_change,
        }
    }

    /// Whether anything is to be done.
    pub(super) fn are_pending(&self) -> bool {
        !(self.queue.is_empty()
            && self.unwritten.is_empty()
            && self.given.is_empty()
            && self.waiting.is_empty())
    }

    /// Takes an order. What needs no store is done at once.
    pub(super) fn take(&mut self, order: Order) {
        match order {
            Order::Free { bucket, units, resets } if self.resets == resets => self.release(bucket, units),
            Order::FreeAll => self.free_all(),
            Order::Undo(decided) => self.undo(&decided),
            Order::GiveBack { made, resets } if self.resets == resets => self.give_back(&made),
            Order::Free { .. } | Order::GiveBack { .. } => {}
            // One that waits is enough: behind a slow store they would come faster than they are done.
            Order::Sweep { .. } if self.has_sweep() => {}
            Order::NotifyDone(waiting) => self.waiting.push(waiting),
            Order::Round(round) => self.take_round(round),
            Order::Change(change, pending) => self.take_change(change, pending),
            Order::Reset => {
                self.watched.clear();
                self.queue.retain(|order| !matches!(order, Order::Reset | Order::Round(_)));
                self.queue.push_back(Order::Reset);
            }
            order => self.queue.push_back(order),
        }
    }

    fn has_sweep(&self) -> bool {
        self.queue.iter().any(|order| matches!(order, Order::Sweep { .. }))
    }

    fn take_round(&mut self, mut round: Box<Round>) {
        round.progress.number = self.next_number();
        self.watched.retain(|watched| !watched.settles_as(&round));
        self.queue.push_back(Order::Round(round));
    }

    fn take_change(&mut self, change: Change, pending: Pending) {
        let replaces = |order: &Order| matches!(order, Order::Change(earlier, _) if change.replaces(earlier));
        self.queue.retain(|order| !replaces(order));
        self.queue.push_back(Order::Change(change, pending));
        // The others hear of other numbers before all buckets are settled, which may take seconds.
        self.queue.make_contiguous().sort_by_key(|order| matches!(order, Order::Round(_)));
    }

    /// Takes an order while the store is away. What is not worth doing later is dropped.
    pub(super) fn take_away(&mut self, order: Order) {
        let is_full = self.queue.len() >= KEPT || self.given.len() >= KEPT;
        match order {
            order if is_worth_keeping(&order) && (!is_full || order.is_always_taken()) => self.take(order),
            Order::Publish { .. } => self.store.published(),
            _ => {}
        }
    }

    /// The store is away: drops what is not worth doing later.
    pub(super) fn away(&mut self) {
        let store = &self.store;
        self.waiting.clear();
        self.queue.retain(|order| {
            let stays = is_worth_keeping(order);
            if !stays && matches!(order, Order::Publish { .. }) {
                store.published();
            }
            stays
        });
    }

    fn free_all(&mut self) {
        self.resets += 1;
        self.given.clear();
        let freed = std::mem::take(&mut self.held);
        self.unwritten.extend(freed.into_keys());
    }

    const fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}

/// The queue.
impl Orders {
    /// Does what is ordered, as long as a decision may wait.
    pub(super) async fn turn(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        let began = Stopwatch::start();
        self.write(calls, GIVEN_BETWEEN).await?;
        let most = match self.queue.front() {
            Some(Order::Round(round)) if round.progress.place.is_none() => FIRST_TURN,
            _ => TURN,
        };
        while !self.queue.is_empty() && began.elapsed() < most {
            self.obey(calls, 0).await?;
        }
        Ok(())
    }

    /// Does what must be done before this node decides again.
    pub(super) async fn begin(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        self.assert_held(calls).await?;
        let is_first = |order: &Order| matches!(order, Order::Reset | Order::Change(..));
        while let Some(at) = self.queue.iter().position(is_first) {
            self.obey(calls, at).await?;
        }
        Ok(())
    }

    /// Does everything that is ordered.
    pub(super) async fn finish(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        self.write(calls, usize::MAX).await?;
        while !self.queue.is_empty() {
            self.obey(calls, 0).await?;
        }
        Ok(())
    }

    /// Writes slots, and gives at least this many charges back.
    async fn write(&mut self, calls: &mut Calls, most: usize) -> Result<(), StoreError> {
        self.write_slots(calls).await?;
        let mut given = 0;
        while !self.given.is_empty() && given < most {
            let count = self.given.len().min(GIVEN_AT_ONCE);
            let part = self.given.make_contiguous().get(..count).unwrap_or_default();
            or_foreign(calls.give_back(self.store.node, part).await, ())?;
            self.given.drain(..count);
            given += count;
        }
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(());
        }
        Ok(())
    }

    /// Does an order, or its next part. It leaves the queue when it is done.
    async fn obey(&mut self, calls: &mut Calls, at: usize) -> Result<(), StoreError> {
        let done = self.try_to_obey(calls, at).await;
        match &done {
            Ok(()) => self.refusals = 0,
            Err(StoreError::Unreachable(_)) => {}
            Err(refused) => {
                self.refusals += 1;
                if self.refusals >= MOST_REFUSALS {
                    self.refusals = 0;
                    tracing::warn!("an order for the store is dropped: {refused}");
                    let dropped = self.queue.remove(at);
                    self.dropped_change |= matches!(dropped, Some(Order::Change(..)));
                }
            }
        }
        done
    }

    async fn try_to_obey(&mut self, calls: &mut Calls, at: usize) -> Result<(), StoreError> {
        let is_done = match self.queue.get_mut(at) {
            Some(Order::Publish { .. }) => return self.publish(calls).await,
            Some(Order::Round(round)) => {
                let after = round.go_on(calls, self.store.node).await?;
                if after == After::Elsewhere {
                    self.watch(at);
                    return Ok(());
                }
                after == After::Done
            }
            Some(Order::Sweep { homes, rules, now }) => {
                self.sweep.go_on(calls, homes, rules, *now).await?;
                true
            }
            Some(Order::Refill { bucket, now }) => {
                let refilled = calls.tend(vec![(**bucket).clone()], BucketAction::Refill, *now).await;
                or_foreign(refilled, ()).map(|()| true)?
            }
            Some(Order::Keep { key, message }) => calls.keep(key, message).await.map(|()| true)?,
            Some(Order::Change(change, _)) => calls.change(change).await.map(|()| true)?,
            Some(Order::Follow { version }) => {
                calls.follow(self.store.node, *version).await.map(|()| true)?
            }
            Some(Order::AskFollowed { version, .. }) => {
                let answer = calls.followed(self.store.node, *version).await?;
                self.answer_followed(at, answer);
                return Ok(());
            }
            Some(Order::Reset) => calls.reset().await.map(|()| true)?,
            // The levels are read beside the decisions, below.
            _ => true,
        };
        let done = if is_done { self.queue.remove(at) } else { None };
        if let Some(Order::Levels { home, rule, most, reply }) = done {
            list(calls.clone(), home, (rule, most), reply);
        }
        Ok(())
    }

    fn answer_followed(&mut self, at: usize, answer: (u64, bool)) {
        if let Some(Order::AskFollowed { reply, .. }) = self.queue.remove(at) {
            let _ = reply.send(answer);
        }
    }

    /// Another node settles the buckets of a limit: the round is looked at again later.
    fn watch(&mut self, at: usize) {
        if let Some(Order::Round(round)) = self.queue.remove(at) {
            self.watched.push(*round);
        }
    }

    /// Looks at what other nodes settle. Called once a second.
    pub(super) fn look_at_watched(&mut self) {
        self.queue.extend(self.watched.drain(..).map(|round| Order::Round(Box::new(round))));
    }

    /// Whether a change was dropped since the last call: what all nodes share is then to be read again.
    pub(super) fn take_dropped_change(&mut self) -> bool {
        std::mem::take(&mut self.dropped_change)
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

/// Reads levels beside the decisions: there may be many.
fn list(
    mut calls: Calls,
    home: Arc<str>,
    (rule, most): (Box<Rule>, usize),
    reply: oneshot::Sender<Vec<Level>>,
) {
    tokio::spawn(async move {
        if let Ok(Some(levels)) = calls.levels(&home, &rule, most).await {
            let _ = reply.send(levels);
        }
    });
}

impl Order {
    /// Whether it is taken in any case: there are few of these, or they free slots.
    const fn is_always_taken(&self) -> bool {
        matches!(self, Self::Change(..) | Self::Reset | Self::FreeAll | Self::Free { .. } | Self::Undo(_))
    }
}

const fn is_worth_keeping(order: &Order) -> bool {
    !matches!(
        order,
        Order::Publish { lasts: false, .. }
            | Order::NotifyDone(_)
            | Order::Follow { .. }
            | Order::AskFollowed { .. }
            | Order::Levels { .. }
            | Order::Sweep { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;

    #[test]
    fn one_sweep_waits_also_behind_a_change() {
        let options = Options::new("redis://127.0.0.1:1".to_owned(), Duration::from_secs(1), false);
        let mut orders = Orders::new(Store::new(options).0);
        let sweep = || Order::Sweep { homes: Vec::new(), rules: Vec::new(), now: 0 };
        orders.take(sweep());
        orders.take(Order::Change(Change::of("clock", Vec::new()), Pending(Arc::default())));
        orders.take(sweep());
        assert_eq!(orders.queue.len(), 2);
    }
}
