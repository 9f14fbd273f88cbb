//! Charges requests.
//!
//! It owns the buckets of limits that belong to no organization, and computes the cost of a request by its query.

use gcmock_limit::{self, Buckets, Charge, Decision, HeldSlots, Rule, Subject};
use smallvec::SmallVec;

use crate::time::Nanos;
use crate::wire::query::query_value;
use crate::world::Tenant;

/// The charges of one request.
pub type Charges<'c> = SmallVec<[Charge<'c>; 8]>;

/// The charge of `rule` for a request of `subject` with that query. `None` if the subject has no value for one of the
/// rule's scopes.
pub fn charge<'c>(rule: &'c Rule, subject: &Subject, query: &str) -> Option<Charge<'c>> {
    rule.charge(subject, |name| query_value(query, name)?.parse().ok())
}

/// Decides over the buckets of the server and of one organization, all limits or none.
#[derive(Debug, Default)]
pub struct Limiter {
    /// The buckets of limits that belong to no organization.
    pub server: Buckets,
}

impl Limiter {
    /// Charges all of `charges`, or none. Slots that `held` has already are not taken twice.
    pub fn decide<'c>(
        &self,
        tenant: Option<&Tenant>,
        held: &HeldSlots,
        mut charges: Charges<'c>,
        now: Nanos,
    ) -> Decision<'c> {
        held.decide(&self.server, tenant.map(|tenant| &tenant.buckets), &mut charges, now)
    }

    /// Charges one message on a socket, which holds no slots.
    pub fn decide_message<'c>(
        &self,
        tenant: Option<&Tenant>,
        charges: &Charges<'c>,
        now: Nanos,
    ) -> Decision<'c> {
        gcmock_limit::decide(&self.server, tenant.map(|tenant| &tenant.buckets), charges, now)
    }

    /// The decision for a connection without slots. It charges and counts nothing.
    pub fn peek<'c>(&self, tenant: Option<&Tenant>, charges: &Charges<'c>, now: Nanos) -> Decision<'c> {
        gcmock_limit::peek(&self.server, tenant.map(|tenant| &tenant.buckets), charges, now)
    }
}
