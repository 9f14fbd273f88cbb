//! The partitions that one decision needs, locked in an order that can not deadlock.

use parking_lot::MutexGuard;
use smallvec::SmallVec;

use crate::partition::Partition;
use crate::state::Bucket;
use crate::table::Position;
use crate::trial::Trial;
use crate::{Buckets, Charge, Home, Nanos, Permit};

/// The partitions that a decision needs, locked.
pub(crate) struct Homes<'a> {
    server: LockedPartition<'a>,
    tenant: Option<LockedPartition<'a>>,
}

/// One partition, locked if one of the charges lives there.
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
    pub(crate) fn lock(server: &'a Buckets, tenant: Option<&'a Buckets>, charges: &[Charge<'_>]) -> Self {
        // One handle for both would wait for itself.
        let tenant = tenant.filter(|tenant| !tenant.is(server));
        let is_tenants = |charge: &Charge<'_>| tenant.is_some() && charge.home == Home::Tenant;
        Self {
            server: LockedPartition::lock(server, !charges.iter().all(is_tenants)),
            tenant: tenant.map(|tenant| LockedPartition::lock(tenant, charges.iter().any(is_tenants))),
        }
    }

    /// The position of a charge's bucket, if its table exists, and the bucket.
    pub(crate) fn bucket(&self, charge: &Charge<'_>) -> (Option<Position>, Bucket) {
        let partition = match (&self.tenant, charge.home) {
            (Some(tenant), Home::Tenant) => tenant,
            _ => &self.server,
        };
        let table = partition.guard.as_ref().and_then(|tables| tables.table(charge.rule.id));
        let Some((position, bucket)) = table.map(|table| table.find(charge.key)) else {
            return Default::default();
        };
        (Some(position), bucket.unwrap_or_default())
    }

    /// Writes back what the decision changed, and counts it.
    pub(crate) fn keep(
        &mut self,
        charges: &[Charge<'_>],
        trial: &Trial,
        now: Nanos,
    ) -> SmallVec<[Permit; 2]> {
        let mut permits = SmallVec::new();
        for (charge, probe) in charges.iter().zip(&trial.probes) {
            let partition = match (&mut self.tenant, charge.home) {
                (Some(tenant), Home::Tenant) => tenant,
                _ => &mut self.server,
            };
            let Some(tables) = partition.guard.as_mut() else { continue };
            let table = tables.table_of(charge.rule);
            table.note(probe.bucket.used, !probe.admits, now);
            permits.extend(probe.keep(charge, trial.refused, partition.buckets, table));
        }
        permits
    }
}
