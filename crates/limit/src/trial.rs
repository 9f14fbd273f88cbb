//! The decision on copies of the buckets: the answer of each limit, and the report over all limits.

use smallvec::SmallVec;

use crate::decision::{Charge, Decision, Elsewhere, LimitStatus};
use crate::homes::Homes;
use crate::state::Bucket;
use crate::table::{NEAR_PERCENT, Position, Table, Totals};
use crate::{Algorithm, Buckets, Nanos, Permit, Rule};

const SECOND: Nanos = 1_000_000_000;

/// A copy of one bucket, and what it decides.
pub(crate) struct Probe {
    position: Option<Position>,
    pub(crate) bucket: Bucket,
    pub(crate) admits: bool,
    /// Whether the copy has to be written back.
    changed: bool,
    /// Whether the bucket is kept, and was charged, elsewhere.
    elsewhere: bool,
}

impl Probe {
    fn new((position, mut bucket): (Option<Position>, Bucket), charge: &Charge<'_>, now: Nanos) -> Self {
        let algorithm = &charge.rule.algorithm;
        algorithm.roll(&mut bucket, now);
        let admits = charge.held || bucket.admits(algorithm.capacity(), charge.units());
        Self { position, bucket, admits, changed: false, elsewhere: false }
    }

    /// The bucket of the other process is copied to this one, except held slots: those of others are not freed here.
    fn elsewhere(decided: &Elsewhere, charge: &Charge<'_>) -> Self {
        let Elsewhere { level, admits, known, .. } = *decided;
        let changed = known && !matches!(charge.rule.algorithm, Algorithm::Concurrency { .. });
        Self { position: None, bucket: level.bucket(), admits, changed, elsewhere: true }
    }

    /// Charges the copy, or marks it as having refused.
    fn settle(&mut self, charge: &Charge<'_>, refused: bool, now: Nanos) {
        if self.elsewhere {
            return;
        }
        if refused {
            self.count_refused(charge, now);
        } else if self.admits && !charge.held {
            self.bucket.charge(charge.units(), now);
            self.changed = true;
        }
        if !self.admits {
            self.bucket.refuse(charge.rule.lockout, now);
            self.changed = true;
        }
    }

    fn count_refused(&mut self, charge: &Charge<'_>, now: Nanos) {
        let Rule { algorithm, count_refused, .. } = charge.rule;
        let takes_slots = matches!(algorithm, Algorithm::Concurrency { .. });
        if *count_refused && !takes_slots && !self.bucket.is_locked() {
            self.bucket.charge_refused(algorithm.capacity(), charge.units(), now);
            self.changed = true;
        }
    }

    pub(crate) fn keep(
        &self,
        charge: &Charge<'_>,
        refused: bool,
        buckets: &Buckets,
        table: &mut Table,
    ) -> Option<Permit> {
        self.count(charge, refused, &mut table.totals);
        if self.changed {
            table.put(charge.key, self.position, self.bucket);
        }
        match charge.rule.algorithm {
            Algorithm::Concurrency { hold, .. } if self.changed && self.admits => {
                Some(Permit::new(buckets, table.epoch, charge.rule, charge.key, charge.units(), hold))
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
        !charge.held && !self.bucket.admits(charge.rule.algorithm.capacity(), charge.units())
    }

    fn exact_wait(&self, charge: &Charge<'_>, now: Nanos) -> Nanos {
        charge.rule.algorithm.wait(&self.bucket, charge.units(), now)
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
            resets_in: rule.algorithm.resets_in(bucket, now),
            wait: if self.admits { 0 } else { self.wait(charge, now) },
            exact_wait: if self.admits { 0 } else { self.exact_wait(charge, now) },
        }
    }
}

/// The copies of all buckets concerned, in the order of the charges.
#[derive(Default)]
pub(crate) struct Trial {
    pub(crate) probes: SmallVec<[Probe; 8]>,
    pub(crate) refused: bool,
    /// Whether it is admitted, and charged nowhere.
    pub(crate) undecided: bool,
}

impl Trial {
    /// The two phases, on the copies.
    pub(crate) fn hold(
        &mut self,
        homes: &Homes<'_>,
        charges: &[Charge<'_>],
        elsewhere: &[Option<Elsewhere>],
        now: Nanos,
    ) {
        for (index, charge) in charges.iter().enumerate() {
            let probe = match elsewhere.get(index) {
                Some(Some(decided)) => Probe::elsewhere(decided, charge),
                _ => Probe::new(homes.bucket(charge), charge, now),
            };
            self.refused |= charge.enforces() && !probe.admits;
            self.probes.push(probe);
        }
        self.undecided =
            !self.refused && elsewhere.iter().flatten().any(|decided| decided.known && !decided.charged);
        for (charge, probe) in charges.iter().zip(&mut self.probes) {
            probe.settle(charge, self.refused, now);
        }
    }

    pub(crate) fn report<'r>(
        &self,
        charges: &[Charge<'r>],
        now: Nanos,
        permits: SmallVec<[Permit; 2]>,
    ) -> Decision<'r> {
        Decision {
            refused: self.refused,
            undecided: self.undecided,
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

    /// The enforced limit that refuses longest, or is fullest. The first of equals.
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

/// Whole seconds, rounded up, at least one. A client that retried earlier would be refused again.
fn seconds(wait: Nanos) -> u32 {
    u32::try_from(wait.div_ceil(SECOND).max(1)).unwrap_or(u32::MAX)
}
