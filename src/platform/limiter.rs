//! Charges requests.
//!
//! It owns all buckets: those of limits that belong to no organization, and those of each organization. It computes
//! the cost of a request by its query, and prepares the buckets for other limits. `shared` asks the store of several nodes,
//! `view` shows what it has.

mod shared;
mod view;

use std::sync::Arc;

use arc_swap::ArcSwap;
use gcmock_limit::{
    self, Buckets, Charge, Cost, Decision, HeldSlots, History, Home, Key, RetiredRules, Rule, RuleId,
    Subject, Totals,
};
use parking_lot::Mutex;
use smallvec::SmallVec;

pub(crate) use self::shared::{ChargeContext, LimiterDecision, beyond_the_store, shared_names};
pub(crate) use self::view::View;
use crate::rules::Config;
use crate::store::Store;
use crate::time::Nanos;
use crate::wire::query::query_value;
use crate::world::id::TenantIndex;

/// The charges of one request.
pub(crate) type Charges<'c> = SmallVec<[Charge<'c>; 8]>;

/// The charge of `rule` for a request of `subject` with that query. `None` if the subject has no value for one of the
/// rule's scopes.
pub(crate) fn charge<'c>(rule: &'c Rule, subject: &Subject, query: &str) -> Option<Charge<'c>> {
    rule.charge(subject, |name| query_value(query, name)?.parse().ok())
}

/// The decision of a limit whose units have just been used up, from buckets of its own.
pub(crate) fn refused_by(rule: &Rule, now: Nanos) -> Decision<'_> {
    let buckets = Buckets::default();
    let (Cost::Fixed(cost) | Cost::Query { default: cost, .. }) = rule.cost;
    let charge = |cost| [Charge { rule, key: Key::default(), cost, held: false, home: Home::Server }];
    // Held until the second decision: slots of a concurrency limit are free when their permits are dropped.
    let _all = gcmock_limit::decide(&buckets, None, &charge(rule.algorithm.capacity()), now);
    let decision = gcmock_limit::decide(&buckets, None, &charge(cost), now);
    // A limit in shadow mode refuses nothing by itself.
    let retry_after = decision.retry_after.or(rule.retry_after).or(Some(1));
    Decision { refused: true, retry_after, ..decision }
}

/// The buckets of every organization, in the order of their numbers.
type Partitions = Vec<(TenantIndex, Buckets)>;

/// Decides over the buckets of the server and of one organization, all limits or none.
#[derive(Default)]
pub(crate) struct Limiter {
    /// The buckets of limits that belong to no organization.
    pub(crate) server: Buckets,
    /// Replaced as a whole when an organization is created or deleted, so that a request takes no lock to find its own.
    tenants: ArcSwap<Partitions>,
    /// Limits that have left the configuration, and whose buckets are kept for a while.
    retired: Mutex<RetiredRules>,
    /// The store of limits that several nodes share.
    store: Option<Arc<Store>>,
}

impl Limiter {
    /// A limiter that asks `store` about shared limits.
    pub(crate) fn with_store(store: Option<Arc<Store>>) -> Self {
        Self { store, ..Self::default() }
    }
}

/// Charges.
impl Limiter {
    /// Charges all of `charges`, or none. Slots that `held` has already are not taken twice.
    pub(crate) fn decide<'c>(
        &self,
        tenant: Option<TenantIndex>,
        held: &HeldSlots,
        charges: &mut Charges<'c>,
        now: Nanos,
    ) -> Decision<'c> {
        self.with(tenant, |buckets| held.decide(&self.server, buckets, charges, now))
    }

    /// Charges one message on a socket, which holds no slots.
    pub(crate) fn decide_message<'c>(
        &self,
        tenant: Option<TenantIndex>,
        charges: &Charges<'c>,
        now: Nanos,
    ) -> Decision<'c> {
        self.with(tenant, |buckets| gcmock_limit::decide(&self.server, buckets, charges, now))
    }

    /// The decision for a connection without slots. It charges and counts nothing.
    pub(crate) fn peek<'c>(
        &self,
        tenant: Option<TenantIndex>,
        charges: &Charges<'c>,
        now: Nanos,
    ) -> Decision<'c> {
        self.with(tenant, |buckets| gcmock_limit::peek(&self.server, buckets, charges, now))
    }

    /// Calls `decide` with the organization's buckets. A request that outlives its organization gets empty ones:
    /// in those of the server it would meet the requests of others.
    fn with<T>(&self, tenant: Option<TenantIndex>, decide: impl FnOnce(Option<&Buckets>) -> T) -> T {
        let Some(tenant) = tenant else { return decide(None) };
        let all = self.tenants.load();
        match find(&all, tenant) {
            Some(buckets) => decide(Some(buckets)),
            None => decide(Some(&Buckets::default())),
        }
    }
}

/// Creation and deletion of organizations.
impl Limiter {
    /// Makes the buckets of a new organization. Call it before the first request of the organization.
    pub(crate) fn add(&self, tenant: TenantIndex) {
        let buckets = Buckets::default();
        self.tenants.rcu(|all| {
            let mut all = Partitions::clone(all);
            // Two organizations that are created at once can arrive here in either order.
            let index = all.partition_point(|(other, _)| *other < tenant);
            all.insert(index, (tenant, buckets.clone()));
            all
        });
    }

    /// Drops the buckets of a deleted organization.
    pub(crate) fn forget(&self, tenant: TenantIndex) {
        self.tenants.rcu(|all| {
            let mut all = Partitions::clone(all);
            all.retain(|(other, _)| *other != tenant);
            all
        });
    }

    /// The buckets of an organization.
    pub(crate) fn buckets(&self, tenant: TenantIndex) -> Option<Buckets> {
        find(&self.tenants.load(), tenant).cloned()
    }

    /// The buckets of the server's own and of every organization.
    fn partitions(&self) -> impl Iterator<Item = Buckets> {
        let tenants = Arc::clone(&self.tenants.load());
        let tenants: Vec<_> = tenants.iter().map(|(_, buckets)| buckets.clone()).collect();
        std::iter::once(self.server.clone()).chain(tenants)
    }
}

/// All buckets at once.
impl Limiter {
    /// Makes the buckets of the store new.
    pub(crate) fn reset_store(&self) {
        if let Some(store) = &self.store {
            store.reset();
        }
    }

    /// Refills all buckets, and forgets the limits that have left.
    pub(crate) fn reset(&self) {
        self.retired.lock().clear();
        if let Some(store) = &self.store {
            store.free_all();
        }
        self.partitions().for_each(|buckets| buckets.reset());
    }

    /// Prepares every bucket for other limits. A limit whose numbers change settles under its old numbers first.
    /// The buckets of a limit that leaves are kept for a minute of model time, in case it comes back.
    pub(crate) fn reconfigure(&self, old: &Config, new: &Config, now: Nanos) {
        let mut retired = self.retired.lock();
        let [before, after]: [Vec<&Rule>; 2] = [old, new].map(|config| config.rules().collect());
        let has = |rules: &[&Rule], id: RuleId| rules.iter().any(|rule| rule.id == id);
        // The sweep may not have reached an expired rule, and that rule may be in force again.
        let expired = retired.expire(now);
        let changed = retired.change(&before, &after, now);
        let known = |id| !expired.contains(&id) && (has(&after, id) || retired.get(id).is_some());
        for buckets in self.partitions() {
            for rule in &changed {
                buckets.settle(rule, now);
            }
            buckets.retain_rules(&known);
        }
    }

    /// Sweeps idle buckets, a part of them each time.
    pub(crate) fn sweep(&self, config: &Config, now: Nanos) {
        let mut retired = self.retired.lock();
        retired.expire(now);
        let rule = |id| config.rules().find(|rule| rule.id == id).or_else(|| retired.get(id));
        self.partitions().for_each(|buckets| buckets.sweep(&rule, now));
    }

    /// The counts of a limit, over all organizations.
    pub(crate) fn totals(&self, rule: RuleId) -> Totals {
        self.partitions().map(|buckets| buckets.totals(rule)).fold(Totals::default(), Totals::and)
    }

    /// The counts of each limit, and the highest level of it since the last call, over all organizations.
    pub(crate) fn take_readings(&self, rules: impl Iterator<Item = RuleId>) -> Vec<(RuleId, Totals, u32)> {
        let partitions: Vec<_> = self.partitions().collect();
        let reading = |rule: RuleId| {
            let each = partitions.iter().map(|buckets| (buckets.totals(rule), buckets.take_recent(rule)));
            let both = |one: (Totals, u32), other: (Totals, u32)| (one.0.and(other.0), one.1.max(other.1));
            let (totals, recent) = each.reduce(both).unwrap_or_default();
            (rule, totals, recent)
        };
        rules.map(reading).filter(|(_, totals, _)| totals.hits > 0).collect()
    }

    /// The first requests and the highest level of a limit, over all organizations.
    pub(crate) fn history(&self, rule: RuleId) -> History {
        self.partitions().map(|buckets| buckets.history(rule)).fold(History::default(), History::and)
    }
}

/// An organization's number is its index here until one before it is deleted.
fn find(all: &Partitions, tenant: TenantIndex) -> Option<&Buckets> {
    let is_its = |(other, _): &&(TenantIndex, Buckets)| *other == tenant;
    let by_search = || all.get(all.binary_search_by_key(&tenant, |(other, _)| *other).ok()?);
    let found = all.get(tenant.as_usize()).filter(is_its).or_else(by_search);
    found.map(|(_, buckets)| buckets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_keeps_its_buckets_while_others_come_and_go() {
        let limiter = Limiter::default();
        let known = || -> Vec<_> { (0..5).filter(|n| limiter.buckets(TenantIndex(*n)).is_some()).collect() };
        for number in [0, 1, 3, 2] {
            limiter.add(TenantIndex(number));
        }
        assert_eq!(known(), [0, 1, 2, 3]);
        limiter.forget(TenantIndex(1));
        limiter.forget(TenantIndex(7));
        assert_eq!(known(), [0, 2, 3]);
        limiter.add(TenantIndex(4));
        assert_eq!((known(), limiter.partitions().count()), (vec![0, 2, 3, 4], 5));
    }

    #[test]
    fn a_request_without_an_organization_has_no_buckets_of_one() {
        let limiter = Limiter::default();
        assert!(limiter.with(None, |buckets| buckets.is_none()));
        assert!(limiter.with(Some(TenantIndex(3)), |buckets| buckets.is_some()), "it was deleted meanwhile");
    }
}
