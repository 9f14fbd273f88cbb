//! The slots that one connection holds, and the decision that takes account of them.

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::decision::{self, Charge, Decision};
use crate::{Algorithm, Buckets, Hold, Nanos, Permit, Rule};

/// The slots of concurrency limits that a connection holds for as long as it lives (`hold = "connection"`).
#[derive(Debug, Default)]
pub struct HeldSlots(Mutex<SmallVec<[Permit; 2]>>);

impl HeldSlots {
    /// Whether `rule` keeps its slots with the connection.
    const fn keeps(rule: &Rule) -> bool {
        matches!(rule.algorithm, Algorithm::Concurrency { hold: Hold::Connection, .. })
    }

    /// Charges all of `charges` or none. A slot that the connection holds already is not taken twice, so
    /// its slots are read and added to under one lock.
    pub fn decide<'r>(
        &self,
        server: &Buckets,
        tenant: Option<&Buckets>,
        charges: &mut [Charge<'r>],
        now: Nanos,
    ) -> Decision<'r> {
        if !charges.iter().any(|charge| Self::keeps(charge.rule)) {
            return decision::decide(server, tenant, charges, now);
        }
        let mut slots = self.0.lock();
        for charge in &mut *charges {
            charge.held = slots.iter().any(|held| held.rule() == charge.rule.id && held.key() == charge.key);
        }
        let mut decision = decision::decide(server, tenant, charges, now);
        let permits = std::mem::take(&mut decision.permits);
        let (for_connection, for_request): (SmallVec<[Permit; 2]>, SmallVec<_>) =
            permits.into_iter().partition(|permit| permit.hold() == Hold::Connection);
        decision.permits = for_request;
        slots.extend(for_connection);
        decision
    }
}
