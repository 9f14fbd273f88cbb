//! The decision of a request whose limits are partly in the store.
//!
//! First the limits of this node are asked, without a charge. Then the store decides over its own, and knows whether this
//! node refuses. Then the limits of this node decide, beside what the store has said. Where another request has used the
//! last of them up in the meantime, the store gets its charges back.

use std::sync::Arc;

use gcmock_limit::{
    Algorithm, Buckets, Charge, Decision, Elsewhere, HeldSlots, Home, Key, Level, Permit, Scope, peek_beside,
};
use smallvec::SmallVec;
use uuid::Uuid;

use super::{Charges, Limiter};
use crate::rules::{Config, Limit, OnStoreFailure, Place};
use crate::store::{BucketAction, BucketCharge, Decided, Delivery, Options, Question, Store};
use crate::time::Nanos;
use crate::world::Tenant;
use crate::world::id::{ClientIndex, UserIndex};

/// The home of the limits that belong to no organization.
pub(super) const SERVER: &str = "server";

/// Who asks, and how.
#[derive(Clone, Copy)]
pub(crate) struct ChargeContext<'a> {
    /// The organization of the request.
    pub(crate) tenant: Option<&'a Tenant>,
    /// What its connection holds.
    pub(crate) held: &'a HeldSlots,
    /// The instant of the request.
    pub(crate) now: Nanos,
    /// Whether nothing is charged.
    pub(crate) peeks: bool,
}

/// A decision, and whether the store took part as it should.
#[derive(Debug)]
pub(crate) struct LimiterDecision<'c> {
    pub(crate) decision: Decision<'c>,
    /// Whether the store failed, and shared limits acted by themselves.
    pub(crate) store_failed: bool,
}

impl Limiter {
    /// Decides over all of `charges`, wherever their buckets are: all are charged, or none.
    pub(crate) async fn judge<'c>(
        &self,
        asking: ChargeContext<'_>,
        config: &Config,
        charges: &mut Charges<'c>,
    ) -> LimiterDecision<'c> {
        let Some(store) = &self.store else { return self.judge_here(asking, charges) };
        asking.held.mark(charges);
        let Shares { mut question, places } = self.shares(store, asking, config, charges);
        if question.charges.is_empty() {
            return self.judge_here(asking, charges);
        }
        loop {
            let decided = store.decide(question).await.ok().and_then(Delivery::take);
            let Some(decided) = decided else { return self.judge_without(asking, config, charges, &places) };
            let judged = self.judge_beside(store, asking, charges, &places, &decided);
            if !judged.decision.undecided {
                return judged;
            }
            // A limit of this node refused, and has room now: the store decides again, and this time for good.
            question = Question { refused: false, ..decided.question.clone() };
            store.undo(decided);
            store.done().await;
        }
    }

    /// Frees the slots of a request. Those of the store are free when this returns, so that the client's next request finds
    /// them so at any node.
    pub(crate) async fn free(&self, permits: SmallVec<[Permit; 2]>) {
        let shared = permits.iter().any(Permit::is_elsewhere);
        drop(permits);
        if let Some(store) = self.store.as_ref().filter(|_| shared) {
            store.done().await;
        }
    }

    fn judge_here<'c>(&self, asking: ChargeContext<'_>, charges: &mut Charges<'c>) -> LimiterDecision<'c> {
        let tenant = asking.tenant.map(|tenant| tenant.index);
        let decision = if asking.peeks {
            self.peek(tenant, charges, asking.now)
        } else {
            self.decide(tenant, asking.held, charges, asking.now)
        };
        LimiterDecision { decision, store_failed: false }
    }

    /// The charges that the store decides, with the word of this node's own limits.
    fn shares(
        &self,
        store: &Store,
        asking: ChargeContext<'_>,
        config: &Config,
        charges: &Charges<'_>,
    ) -> Shares {
        let is_shared = |charge: &Charge<'_>| is_shared(charge, config, &store.options);
        let places: SmallVec<[bool; 8]> = charges.iter().map(is_shared).collect();
        let pairs = || charges.iter().zip(&places);
        let shared = pairs().filter(|(_, shared)| **shared).map(|(charge, _)| charge);
        let (server, own_home): (Arc<str>, _) = (SERVER.into(), asking.tenant.map(home_of));
        let home = |charge: &Charge<'_>| match &own_home {
            Some(tenant) if charge.home == Home::Tenant => Arc::clone(tenant),
            _ => Arc::clone(&server),
        };
        let asked =
            shared.map(|charge| BucketCharge::new(charge, &home(charge), shared_key(asking.tenant, charge)));
        let asked = asked.collect();
        let own: Charges<'_> = pairs().filter(|(_, shared)| !**shared).map(|(charge, _)| *charge).collect();
        let tenant = asking.tenant.map(|tenant| tenant.index);
        let refused = !own.is_empty() && self.peek(tenant, &own, asking.now).refused;
        let task = if asking.peeks { BucketAction::Peek } else { BucketAction::Charge };
        let question = Question { now: asking.now, refused, task, charges: asked };
        Shares { question, places }
    }

    /// The decision beside that of the store.
    fn judge_beside<'c>(
        &self,
        store: &Arc<Store>,
        asking: ChargeContext<'_>,
        charges: &mut Charges<'c>,
        places: &[bool],
        decided: &Decided,
    ) -> LimiterDecision<'c> {
        let mut answered = decided.answer.decided.iter();
        let elsewhere: Beside =
            places.iter().map(|shared| shared.then(|| answered.next().copied()).flatten()).collect();
        let taken = permits(store, charges, places, decided);
        let decision = self.decide_beside(asking, charges, &elsewhere, taken);
        if decision.refused {
            store.give_back(decided);
        }
        LimiterDecision { decision, store_failed: false }
    }

    /// The decision while the store fails.
    fn judge_without<'c>(
        &self,
        asking: ChargeContext<'_>,
        config: &Config,
        charges: &Charges<'c>,
        places: &[bool],
    ) -> LimiterDecision<'c> {
        let mut kept = Charges::new();
        let mut elsewhere = Beside::new();
        for (charge, shared) in charges.iter().zip(places) {
            let limit = config.limit_of(charge.rule.id).filter(|_| *shared);
            match limit.map(|limit| limit.on_store_failure) {
                Some(OnStoreFailure::Admit) => continue,
                Some(OnStoreFailure::Refuse) => elsewhere.push(Some(refusal(asking.now))),
                Some(OnStoreFailure::Local) | None => elsewhere.push(None),
            }
            kept.push(*charge);
        }
        let decision = self.decide_beside(asking, &mut kept, &elsewhere, SmallVec::new());
        LimiterDecision { decision, store_failed: true }
    }

    fn decide_beside<'c>(
        &self,
        asking: ChargeContext<'_>,
        charges: &mut Charges<'c>,
        elsewhere: &[Option<Elsewhere>],
        taken: SmallVec<[Permit; 2]>,
    ) -> Decision<'c> {
        let tenant = asking.tenant.map(|tenant| tenant.index);
        self.with(tenant, |buckets: Option<&Buckets>| {
            if asking.peeks {
                return peek_beside(&self.server, buckets, charges, elsewhere, asking.now);
            }
            asking.held.decide_beside((&self.server, buckets), charges, elsewhere, taken, asking.now)
        })
    }
}

/// The store beside everything that happens to all buckets.
impl Limiter {
    /// The homes of buckets in the store.
    fn homes(tenants: &[Arc<Tenant>]) -> Vec<Arc<str>> {
        std::iter::once(SERVER.into()).chain(tenants.iter().map(|tenant| home_of(tenant))).collect()
    }

    /// The store, if `limit` counts there.
    pub(super) fn store_of(&self, limit: &Limit) -> Option<&Arc<Store>> {
        self.store.as_ref().filter(|store| is_placed(limit, &store.options))
    }

    /// Whether `limit` refuses each request while the store fails.
    pub(crate) fn refuses_without_store(&self, limit: &Limit) -> bool {
        limit.on_store_failure == OnStoreFailure::Refuse && self.store_of(limit).is_some()
    }

    /// Copies the levels of a limit from the store, to be listed. While the store fails, those of this node stay.
    pub(crate) async fn refresh(&self, limit: &Limit, tenants: &[Arc<Tenant>]) {
        let Some(store) = self.store_of(limit) else { return };
        let of_tenants =
            tenants.iter().filter_map(|tenant| Some((home_of(tenant), self.buckets(tenant.index)?)));
        for (home, buckets) in std::iter::once((SERVER.into(), self.server.clone())).chain(of_tenants) {
            if let Some(levels) = store.levels(&home, &limit.rule, usize::MAX).await {
                buckets.refill(limit.rule.id);
                buckets.restore(&limit.rule, &levels);
            }
        }
    }

    /// Refills the buckets of a limit in the store, for all nodes.
    pub(crate) fn refill_store(&self, limit: &Limit, now: Nanos) {
        if let Some(store) = self.store_of(limit) {
            store.refill(&limit.rule, now);
        }
    }

    /// Refills one bucket of a limit, here and in the store.
    pub(crate) fn refill_one(&self, limit: &Limit, tenant: Option<&Tenant>, key: Key, now: Nanos) {
        let buckets = tenant.map_or_else(|| Some(self.server.clone()), |tenant| self.buckets(tenant.index));
        if let Some(buckets) = buckets {
            buckets.refill_key(limit.rule.id, key);
        }
        if let Some(store) = self.store_of(limit) {
            let home = tenant.map_or_else(|| SERVER.into(), home_of);
            store.refill_one(&home, (&limit.rule, key), now);
        }
    }

    /// Settles the buckets in the store of limits whose numbers change.
    pub(crate) fn settle_store(&self, (old, new): (&Config, &Config), now: Nanos) {
        for limit in &old.limits {
            let changed =
                new.limit_of(limit.rule.id).filter(|new| new.rule.algorithm != limit.rule.algorithm);
            if let Some((store, new)) = self.store_of(limit).zip(changed) {
                store.settle((&limit.rule, &new.rule), now);
            }
        }
    }

    /// Sweeps some idle buckets in the store.
    pub(crate) fn sweep_store(&self, config: &Config, tenants: &[Arc<Tenant>], now: Nanos) {
        let Some(store) = self.store.as_ref().filter(|store| !store.is_failing()) else { return };
        let shared = config.limits.iter().filter(|limit| is_placed(limit, &store.options));
        store.sweep(Self::homes(tenants), shared.map(|limit| limit.rule.clone()).collect(), now);
    }
}

/// What the store decided, for each charge that is its own.
type Beside = SmallVec<[Option<Elsewhere>; 8]>;

/// The part of a request that the store decides.
struct Shares {
    question: Question,
    /// For each charge, whether it is the store's.
    places: SmallVec<[bool; 8]>,
}

fn is_shared(charge: &Charge<'_>, config: &Config, options: &Options) -> bool {
    config.limit_of(charge.rule.id).is_some_and(|limit| is_placed(limit, options))
}

/// The names of the limits that count in a store of these options.
pub(crate) fn shared_names<'c>(config: &'c Config, options: &Options) -> Vec<&'c str> {
    let shared = config.limits.iter().filter(|limit| is_placed(limit, options));
    shared.map(|limit| &*limit.rule.name).collect()
}

/// Whether a limit counts in the store.
fn is_placed(limit: &Limit, options: &Options) -> bool {
    is_wanted(limit, options) && !(options.is_cluster && spans_organizations(limit))
}

/// Whether a limit is to count in the store. A connection is of one node, so what is counted by connection needs none.
fn is_wanted(limit: &Limit, options: &Options) -> bool {
    let is_shared = limit.place.map_or(options.share_all, |place| place == Place::Shared);
    is_shared && !limit.rule.scope.has(Scope::Connection)
}

const fn spans_organizations(limit: &Limit) -> bool {
    !limit.rule.scope.is_of_tenant()
}

/// The names of the limits that a store of these options can not have: in a cluster each organization is by itself, and such a
/// limit counts over all of them.
pub(crate) fn beyond_the_store<'c>(config: &'c Config, options: &Options) -> Vec<&'c str> {
    let is_beyond = |limit: &&Limit| is_wanted(limit, options) && !is_placed(limit, options);
    config.limits.iter().filter(is_beyond).map(|limit| &*limit.rule.name).collect()
}

/// The key of a bucket in the store. Each node numbers the clients and users by itself that are created there, so these go by
/// their ids.
fn shared_key(tenant: Option<&Tenant>, Charge { rule, key, .. }: &Charge<'_>) -> Key {
    let Some(tenant) = tenant else { return *key };
    let identity = |id: &str| Uuid::new_v5(&tenant.id, id.as_bytes()).as_u64_pair().0;
    let client = rule.scope.has(Scope::Client).then(|| tenant.created_client(ClientIndex(key.client())));
    let user = rule.scope.has(Scope::User).then(|| tenant.read().people().created(UserIndex(key.user())));
    let key = client.flatten().map_or(*key, |id| key.with_client_identity(identity(&id)));
    user.flatten().map_or(key, |id| key.with_user_identity(identity(&id.to_string())))
}

/// The home of an organization's limits.
pub(super) fn home_of(tenant: &Tenant) -> Arc<str> {
    tenant.id.to_string().into()
}

/// The slots that the store has given to the request.
fn permits(
    store: &Arc<Store>,
    charges: &Charges<'_>,
    places: &[bool],
    decided: &Decided,
) -> SmallVec<[Permit; 2]> {
    let Decided { question, answer, .. } = decided;
    if answer.refused || question.task != BucketAction::Charge {
        return SmallVec::new();
    }
    let shared = charges.iter().zip(places).filter(|(_, shared)| **shared).map(|(charge, _)| charge);
    let answered = shared.zip(&question.charges).zip(&answer.decided);
    let permit = |((charge, asked), word): ((&Charge<'_>, &BucketCharge), &Elsewhere)| {
        let Algorithm::Concurrency { hold, .. } = charge.rule.algorithm else { return None };
        let taken = word.admits && !charge.held;
        let free = || store.free_later(asked, decided);
        taken.then(|| Permit::elsewhere(charge.rule.id, charge.key, hold, free()))
    };
    answered.filter_map(permit).collect()
}

/// The answer of a limit that refuses without its store: try again in a second. Its level is not known.
fn refusal(now: Nanos) -> Elsewhere {
    const SECOND: Nanos = 1_000_000_000;
    let level = Level {
        key: Key::default(),
        used: 0,
        at: now.saturating_add(SECOND),
        part: 0,
        locked: true,
        refused: 0,
        highest: 0,
    };
    Elsewhere { level, admits: false, charged: false, known: false }
}
