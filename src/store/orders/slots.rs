//! The slots of this node, and the charges that go back.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;

use super::Orders;
use crate::store::calls::Calls;
use crate::store::link::StoreError;
use crate::store::question::{Answer, BucketName, Decided, MadeCharges, Question};
use crate::store::round::or_foreign;

impl Orders {
    /// The store's decision over a request of this node, whose slots are noted.
    pub(in crate::store) fn note(&mut self, question: Question, answer: Answer) -> Decided {
        let decided = Decided { question, answer, resets: self.resets };
        for asked in decided.slots() {
            *self.held.entry(asked.bucket.clone()).or_default() += asked.units;
        }
        decided
    }

    /// Takes back what the store charged for a request that was decided without the answer.
    pub(super) fn undo(&mut self, decided: &Decided) {
        if decided.resets == self.resets {
            for asked in decided.slots() {
                self.release(asked.bucket.clone(), asked.units);
            }
            self.give_back(&decided.made());
        }
    }

    /// The same for the answer of a call that was lost: its slots were not noted.
    pub(in crate::store) fn undo_lost(&mut self, question: Question, answer: Answer) {
        let decided = Decided { question, answer, resets: self.resets };
        self.unwritten.extend(decided.slots().map(|asked| asked.bucket.clone()));
        self.give_back(&decided.made());
    }

    pub(super) fn give_back(&mut self, made: &MadeCharges) {
        for asked in &made.charges {
            let number = self.next_number();
            self.given.push_back((number, asked.clone(), made.at));
        }
    }

    pub(super) fn release(&mut self, bucket: BucketName, units: u32) {
        if let Some(slots) = self.held.get_mut(&bucket) {
            *slots = slots.saturating_sub(units);
            if *slots == 0 {
                self.held.remove(&bucket);
            }
        }
        self.unwritten.insert(bucket);
    }

    /// Writes all slots of this node: the store may have forgotten it, or taken it for dead.
    pub(in crate::store) async fn assert_held(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        self.unwritten.extend(self.held.keys().cloned());
        self.write_slots(calls).await
    }

    /// In a cluster, renews the lease at each home where this node holds slots.
    pub(in crate::store) async fn renew(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
        if !calls.connection.is_cluster() {
            return Ok(());
        }
        let homes: HashSet<Arc<str>> = self.held.keys().map(|bucket| Arc::clone(&bucket.home)).collect();
        let renewals = homes.into_iter().map(|home| calls.clone().renew(self.store.node, home));
        for renewed in join_all(renewals).await {
            let (home, ran) = or_foreign(renewed, ("".into(), true))?;
            let of_home = self.held.keys().filter(|bucket| !ran && bucket.home == home);
            self.unwritten.extend(of_home.cloned());
        }
        self.write_slots(calls).await
    }

    pub(super) async fn write_slots(&mut self, calls: &mut Calls) -> Result<(), StoreError> {
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
