//! The decision over all limits that cover one request: all of them charge it, or none does.
//!
//! Two phases under the locks of the partitions concerned. First every bucket is copied, brought to
//! `now` and asked; then the copies are charged, or marked as having refused, and written back. What
//! is reported (the wait, the governing limit) is read off the copies after the locks are released.
//! [`peek`] is the same without the writing back.

use parking_lot::MutexGuard;
use smallvec::SmallVec;

use crate::bucket::Bucket;
use crate::partition::Partition;
use crate::table::{Place, Table, Totals};
use crate::{Algorithm, Buckets, Home, Key, Mode, Nanos, Permit, Rule};

const SECOND: Nanos = 1_000_000_000;

/// How much of a limit is used up when its requests count as near it, as Envoy's service counts them.
pub const NEAR_PERCENT: u64 = 80;

/// One limit that covers a request.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'r> {
    /// The limit.
    pub rule: &'r Rule,
    /// The bucket of the caller.
    pub key: Key,
    /// What the request costs; clamped to `1..=capacity`.
    pub cost: u32,
    /// Whether the connection already has its place, and so is admitted without another.
    pub held: bool,
    /// Where the bucket lives.
    pub home: Home,
}

/// What the limits say to one request.
#[derive(Debug, Default)]
pub struct Decision<'r> {
    /// Whether an enforced limit refuses it.
    pub refused: bool,
    /// Seconds after which a lone client is admitted; there exactly if it is refused.
    pub retry_after: Option<u32>,
    /// The limit to show: the one that refuses longest, else the one nearest to refusing.
    pub governing: Option<LimitStatus<'r>>,
    /// The places it took, to be kept until the [`Hold`](crate::Hold) of each ends.
    pub permits: SmallVec<[Permit; 2]>,
    /// The limits in shadow mode that would have refused it.
    pub shadowed: SmallVec<[&'r Rule; 2]>,
}

/// One limit's bucket after the decision.
#[derive(Clone, Copy, Debug)]
pub struct LimitStatus<'r> {
    /// The limit.
    pub rule: &'r Rule,
    /// The bucket.
    pub key: Key,
    /// Units in use; in a lockout, what was when it began.
    pub used: u32,
    /// Units there are.
    pub capacity: u32,
    /// Units left; none in a lockout.
    pub remaining: u32,
    /// Time until the window or the lockout ends, or the token bucket is full; for a concurrency limit
    /// a second while every place is taken.
    pub resets_in: Nanos,
    /// What it adds to `Retry-After`: the limit's fixed answer, or [`LimitStatus::exact_wait`]. 0 if it
    /// admits.
    pub wait: Nanos,
    /// Time until it admits a lone client; 0 if it does.
    pub exact_wait: Nanos,
}

/// Decides over a request and charges it, or only notes the refusal.
///
/// Locks the server's buckets before the tenant's, each only if one of `charges` lives there. Without a
/// tenant all live with the server.
pub fn decide<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    now: Nanos,
) -> Decision<'r> {
    judge(server, tenant, charges, now, |homes, charges, trial| homes.keep(charges, trial, now))
}

/// What [`decide`] would say, without charging or counting anything; it has no permits.
pub fn peek<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    now: Nanos,
) -> Decision<'r> {
    judge(server, tenant, charges, now, |_, _, _| SmallVec::new())
}

/// The decision; `keep` does what has to happen under the locks.
fn judge<'r>(
    server: &Buckets,
    tenant: Option<&Buckets>,
    charges: &[Charge<'r>],
    now: Nanos,
    keep: impl FnOnce(&mut Homes<'_>, &[Charge<'r>], &Trial) -> SmallVec<[Permit; 2]>,
) -> Decision<'r> {
    let mut homes = Homes::lock(server, tenant, charges);
    let mut trial = Trial::default();
    trial.hold(&homes, charges, now);
    let permits = keep(&mut homes, charges, &trial);
    drop(homes);
    trial.report(charges, now, permits)
}

impl Charge<'_> {
    fn cost(&self) -> u32 {
        self.cost.min(self.rule.algorithm.capacity()).max(1)
    }

    fn enforces(&self) -> bool {
        self.rule.mode == Mode::Enforce
    }
}

/// The partitions that a decision needs, locked.
struct Homes<'a> {
    server: LockedPartition<'a>,
    tenant: Option<LockedPartition<'a>>,
}

struct LockedPartition<'a> {
    buckets: &'a Buckets,
    guard: Option<MutexGuard<'a, Partition>>,
}

impl<'a> LockedPartition<'a> {
    fn lock(buckets: &'a Buckets, needed: bool) -> Self {
        Self { buckets, guard: needed.then(|| buckets.lock()) }
    }
}

impl<'a> Homes<'a> {
    fn lock(server: &'a Buckets, tenant: Option<&'a Buckets>, charges: &[Charge<'_>]) -> Self {
        // One handle for both would wait for itself.
        let tenant = tenant.filter(|tenant| !tenant.is(server));
        let is_tenants = |charge: &Charge<'_>| tenant.is_some() && charge.home == Home::Tenant;
        Self {
            server: LockedPartition::lock(server, !charges.iter().all(is_tenants)),
            tenant: tenant.map(|tenant| LockedPartition::lock(tenant, charges.iter().any(is_tenants))),
        }
    }

    /// The place of a charge's bucket, where its table is there, and the bucket.
    fn bucket(&self, charge: &Charge<'_>) -> (Option<Place>, Bucket) {
        let seat = match (&self.tenant, charge.home) {
            (Some(tenant), Home::Tenant) => tenant,
            _ => &self.server,
        };
        let table = seat.guard.as_ref().and_then(|partition| partition.table(charge.rule.id));
        let Some((place, bucket)) = table.map(|table| table.find(charge.key)) else {
            return Default::default();
        };
        (Some(place), bucket.unwrap_or_default())
    }

    /// Writes back what the decision changed, and counts it.
    fn keep(&mut self, charges: &[Charge<'_>], trial: &Trial, now: Nanos) -> SmallVec<[Permit; 2]> {
        let mut permits = SmallVec::new();
        for (charge, probe) in charges.iter().zip(&trial.probes) {
            let seat = match (&mut self.tenant, charge.home) {
                (Some(tenant), Home::Tenant) => tenant,
                _ => &mut self.server,
            };
            let Some(partition) = seat.guard.as_mut() else { continue };
            let table = partition.table_of(charge.rule);
            table.history.note(probe.bucket.used, !probe.admits, now);
            permits.extend(probe.keep(charge, trial.refused, seat.buckets, table));
        }
        permits
    }
}

/// A bucket's copy, and what it has to say.
struct Probe {
    place: Option<Place>,
    bucket: Bucket,
    admits: bool,
    /// Whether the copy has to be written back.
    changed: bool,
}

impl Probe {
    fn new((place, mut bucket): (Option<Place>, Bucket), charge: &Charge<'_>, now: Nanos) -> Self {
        let algorithm = &charge.rule.algorithm;
        bucket.roll(algorithm, now);
        let admits = charge.held || bucket.admits(algorithm.capacity(), charge.cost());
        Self { place, bucket, admits, changed: false }
    }

    /// Charges the copy, or marks it as having refused.
    fn settle(&mut self, charge: &Charge<'_>, refused: bool, now: Nanos) {
        if refused {
            self.count_refused(charge, now);
        } else if self.admits && !charge.held {
            self.bucket.charge(charge.cost(), now);
            self.changed = true;
        }
        if !self.admits {
            self.bucket.refuse(charge.rule, now);
            self.changed = true;
        }
    }

    fn count_refused(&mut self, charge: &Charge<'_>, now: Nanos) {
        let Rule { algorithm, count_refused, .. } = charge.rule;
        let takes_places = matches!(algorithm, Algorithm::Concurrency { .. });
        if *count_refused && !takes_places && !self.bucket.is_locked() {
            self.bucket.charge_refused(algorithm.capacity(), charge.cost(), now);
            self.changed = true;
        }
    }

    fn keep(
        &self,
        charge: &Charge<'_>,
        refused: bool,
        buckets: &Buckets,
        table: &mut Table,
    ) -> Option<Permit> {
        self.count(charge, refused, &mut table.totals);
        if self.changed {
            table.put(charge.key, self.place, self.bucket);
        }
        match charge.rule.algorithm {
            Algorithm::Concurrency { hold, .. } if self.changed && self.admits => {
                Some(Permit::new(buckets, table.epoch, charge.rule, charge.key, charge.cost(), hold))
            }
            _ => None,
        }
    }

    fn count(&self, charge: &Charge<'_>, refused: bool, totals: &mut Totals) {
        totals.hits += 1;
        totals.admitted += u64::from(self.admits && !refused);
        totals.near += u64::from(self.admits && !refused && self.is_near(charge));
        totals.refused += u64::from(!self.admits && charge.enforces());
        totals.shadow_refused += u64::from(!self.admits && !charge.enforces());
    }

    fn is_near(&self, charge: &Charge<'_>) -> bool {
        let (used, capacity) = (u64::from(self.bucket.used), u64::from(charge.rule.algorithm.capacity()));
        used * 100 > capacity * NEAR_PERCENT
    }

    /// Whether the same request would be refused right after this decision. Besides the limits that
    /// refused it, these are those that `count_refused` has filled.
    fn would_refuse(&self, charge: &Charge<'_>) -> bool {
        !charge.held && !self.bucket.admits(charge.rule.algorithm.capacity(), charge.cost())
    }

    fn exact_wait(&self, charge: &Charge<'_>, now: Nanos) -> Nanos {
        self.bucket.wait(&charge.rule.algorithm, charge.cost(), now)
    }

    fn wait(&self, charge: &Charge<'_>, now: Nanos) -> Nanos {
        match charge.rule.retry_after {
            Some(seconds) => Nanos::from(seconds) * SECOND,
            None => self.exact_wait(charge, now),
        }
    }

    fn status<'r>(&self, charge: &Charge<'r>, now: Nanos) -> LimitStatus<'r> {
        let (rule, bucket) = (charge.rule, &self.bucket);
        let capacity = rule.algorithm.capacity();
        let locked = bucket.is_locked();
        LimitStatus {
            rule,
            key: charge.key,
            used: bucket.used,
            capacity,
            remaining: if locked { 0 } else { capacity.saturating_sub(bucket.used) },
            resets_in: bucket.resets_in(&rule.algorithm, now),
            wait: if self.admits { 0 } else { self.wait(charge, now) },
            exact_wait: if self.admits { 0 } else { self.exact_wait(charge, now) },
        }
    }
}

/// The copies of all buckets concerned, in the order of the charges.
#[derive(Default)]
struct Trial {
    probes: SmallVec<[Probe; 8]>,
    refused: bool,
}

impl Trial {
    /// The two phases, on the copies.
    fn hold(&mut self, homes: &Homes<'_>, charges: &[Charge<'_>], now: Nanos) {
        for charge in charges {
            let probe = Probe::new(homes.bucket(charge), charge, now);
            self.refused |= charge.enforces() && !probe.admits;
            self.probes.push(probe);
        }
        for (charge, probe) in charges.iter().zip(&mut self.probes) {
            probe.settle(charge, self.refused, now);
        }
    }

    fn report<'r>(&self, charges: &[Charge<'r>], now: Nanos, permits: SmallVec<[Permit; 2]>) -> Decision<'r> {
        Decision {
            refused: self.refused,
            retry_after: self.refused.then(|| self.retry_after(charges, now)),
            governing: self.governing(charges, now).map(|(charge, probe)| probe.status(charge, now)),
            permits,
            shadowed: self.shadowed(charges),
        }
    }

    fn retry_after(&self, charges: &[Charge<'_>], now: Nanos) -> u32 {
        let refusing = self.pairs(charges).filter(|(charge, probe)| probe.would_refuse(charge));
        let seconds = refusing.map(|(charge, probe)| {
            charge.rule.retry_after.unwrap_or_else(|| seconds(probe.exact_wait(charge, now)))
        });
        seconds.max().unwrap_or(1)
    }

    /// The enforced limit that has most to say; the first of equals.
    fn governing<'a, 'r>(
        &'a self,
        charges: &'a [Charge<'r>],
        now: Nanos,
    ) -> Option<(&'a Charge<'r>, &'a Probe)> {
        let candidates = self.pairs(charges).filter(|(_, probe)| probe.admits != self.refused);
        candidates.reduce(|best, next| {
            let ahead = if self.refused {
                next.1.wait(next.0, now) > best.1.wait(best.0, now)
            } else {
                fuller(next, best)
            };
            if ahead { next } else { best }
        })
    }

    fn shadowed<'r>(&self, charges: &[Charge<'r>]) -> SmallVec<[&'r Rule; 2]> {
        let shadows = charges.iter().zip(&self.probes);
        shadows.filter(|(charge, probe)| !charge.enforces() && !probe.admits).map(|(c, _)| c.rule).collect()
    }

    fn pairs<'a, 'r>(
        &'a self,
        charges: &'a [Charge<'r>],
    ) -> impl Iterator<Item = (&'a Charge<'r>, &'a Probe)> {
        charges.iter().zip(&self.probes).filter(|(charge, _)| charge.enforces())
    }
}

/// Whether the left bucket is used up further than the right one.
fn fuller(left: (&Charge<'_>, &Probe), right: (&Charge<'_>, &Probe)) -> bool {
    let used = |(_, probe): (&Charge<'_>, &Probe)| u64::from(probe.bucket.used);
    let capacity = |(charge, _): (&Charge<'_>, &Probe)| u64::from(charge.rule.algorithm.capacity());
    used(left) * capacity(right) > used(right) * capacity(left)
}

/// Whole seconds, rounded up, at least one: earlier than it said, a client would be refused again.
fn seconds(wait: Nanos) -> u32 {
    u32::try_from(wait.div_ceil(SECOND).max(1)).unwrap_or(u32::MAX)
}
