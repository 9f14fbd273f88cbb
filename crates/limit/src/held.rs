//! The slots that one connection holds, and the decision for its requests.

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::decision::{self, Charge, Decision};
use crate::{Algorithm, Buckets, Hold, Nanos, Permit, Rule};

/// The slots that one connection holds until it closes ([`Hold::Connection`]). Keep one value with each
/// connection.
#[derive(Debug, Default)]
pub struct HeldSlots(Mutex<SmallVec<[Permit; 2]>>);

impl HeldSlots {
    /// Whether `rule` keeps its slots with the connection.
    const fn keeps(rule: &Rule) -> bool {
        matches!(rule.algorithm, Algorithm::Concurrency { hold: Hold::Connection, .. })
    }

    /// Decides as [`decide`](crate::decide) does, for a request of this connection. A slot that the connection
    /// already holds is not taken twice; a new one is stored here.
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
        // Two requests of one connection would otherwise both take a slot.
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
