//! From the limits that cover a request to one decision over them, and to the verdict on it.
//!
//! Knows what the engine does not: what a request costs by its query, and which places its
//! connection holds already. It refuses to know who asks; that is a [`Subject`] by now.

use gcmock_limit::{self, Algorithm, Buckets, Charge, Decision, Hold, Permit, Rule, Subject};
use smallvec::SmallVec;

use crate::server::Conn;
use crate::time::Nanos;
use crate::wire::query::query_value;
use crate::world::workforce::AdherenceRefusal;

/// What limits, and at a handshake the agent's adherence, come to.
pub(crate) struct Verdict<'c> {
    pub(crate) decision: Decision<'c>,
    /// Why the agent is not admitted; the limits have admitted then, and charged nothing.
    pub(crate) adherence: Option<Box<AdherenceRefusal>>,
}

impl<'c> Verdict<'c> {
    pub(crate) const fn of(decision: Decision<'c>) -> Self {
        Self { decision, adherence: None }
    }

    pub(crate) const fn is_refused(&self) -> bool {
        self.decision.refused || self.adherence.is_some()
    }

    /// Whole seconds until the next try, where it was refused.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.decision.retry_after.or_else(|| self.adherence.as_deref().map(AdherenceRefusal::retry_after))
    }
}

/// What the limits of one request come to.
pub(crate) type Charges<'c> = SmallVec<[Charge<'c>; 8]>;

/// What `rule` charges `subject` for a request with that query; `None` where the rule is counted by
/// something that the subject does not have.
pub(crate) fn charge<'c>(rule: &'c Rule, subject: &Subject, query: &str) -> Option<Charge<'c>> {
    let number = |name: &str| query_value(query, name)?.parse().ok();
    Some(Charge {
        rule,
        key: rule.scope.key(subject)?,
        cost: rule.cost.of(number),
        held: false,
        home: rule.scope.home(subject),
    })
}

/// Charges all of them or none. A place that the connection holds already is not taken twice, so its
/// places are looked at and added to under one lock.
pub(crate) fn all_or_none<'c>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    conn: &Conn,
    mut charges: Charges<'c>,
    now: Nanos,
) -> Decision<'c> {
    if !charges.iter().any(|charge| holds_connection(charge.rule)) {
        return gcmock_limit::decide(server, tenant, &charges, now);
    }
    let mut places = conn.places.lock();
    for charge in &mut charges {
        charge.held = places.iter().any(|held| held.rule() == charge.rule.id && held.key() == charge.key);
    }
    let mut decision = gcmock_limit::decide(server, tenant, &charges, now);
    let permits = std::mem::take(&mut decision.permits);
    let (for_conn, for_request): (SmallVec<[Permit; 2]>, SmallVec<_>) =
        permits.into_iter().partition(|permit| permit.hold() == Hold::Connection);
    decision.permits = for_request;
    places.extend(for_conn);
    decision
}

/// What [`all_or_none`] would say to a connection without places; charges and counts nothing.
pub(crate) fn peek<'c>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &Charges<'c>,
    now: Nanos,
) -> Decision<'c> {
    gcmock_limit::peek(server, tenant, charges, now)
}

const fn holds_connection(rule: &Rule) -> bool {
    matches!(rule.algorithm, Algorithm::Concurrency { hold: Hold::Connection, .. })
}
