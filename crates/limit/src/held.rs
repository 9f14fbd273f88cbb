//! The slots that one connection holds, and the decision for its requests.

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::decision::{self, Charge, Decision, Elsewhere};
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
        mark(&slots, charges);
        let decision = decision::decide(server, tenant, charges, now);
        keep(&mut slots, decision)
    }

    /// Marks the charges whose slots this connection already holds.
    pub fn mark(&self, charges: &mut [Charge<'_>]) {
        if charges.iter().any(|charge| Self::keeps(charge.rule)) {
            mark(&self.0.lock(), charges);
        }
    }

    /// Decides as [`decide_beside`](crate::decide_beside) does. `taken` are the slots that were taken elsewhere for this
    /// request: a refusal frees them.
    pub fn decide_beside<'r>(
        &self,
        (server, tenant): (&Buckets, Option<&Buckets>),
        charges: &mut [Charge<'r>],
        elsewhere: &[Option<Elsewhere>],
        taken: SmallVec<[Permit; 2]>,
        now: Nanos,
    ) -> Decision<'r> {
        let mut slots = self.0.lock();
        mark(&slots, charges);
        let mut decision = decision::decide_beside(server, tenant, charges, elsewhere, now);
        if !decision.refused {
            decision.permits.extend(taken);
        }
        keep(&mut slots, decision)
    }
}

fn mark(slots: &[Permit], charges: &mut [Charge<'_>]) {
    for charge in charges {
        charge.held = slots.iter().any(|held| held.rule() == charge.rule.id && held.key() == charge.key);
    }
}

/// Moves the permits of the connection from the decision to `slots`. Of two for the same bucket one is freed.
fn keep<'r>(slots: &mut SmallVec<[Permit; 2]>, mut decision: Decision<'r>) -> Decision<'r> {
    let permits = std::mem::take(&mut decision.permits);
    let (for_connection, for_request): (SmallVec<[Permit; 2]>, SmallVec<_>) =
        permits.into_iter().partition(|permit| permit.hold() == Hold::Connection);
    decision.permits = for_request;
    for permit in for_connection {
        let is_same = |held: &Permit| held.rule() == permit.rule() && held.key() == permit.key();
        if !slots.iter().any(is_same) {
            slots.push(permit);
        }
    }
    decision
}
