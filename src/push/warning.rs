//! Decides when to warn of a limit: when it reaches 90 %, and not again until it was below.

use std::collections::HashSet;

use gcmock_limit::{Key, LimitStatus, RuleId};
use parking_lot::Mutex;

use crate::world::id::TenantIndex;

/// Buckets that are remembered as warned about; past them all are forgotten.
const MOST: usize = 10_000;

/// The buckets that a warning was sent for.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Mutex<HashSet<(TenantIndex, RuleId, Key)>>);

impl Warnings {
    /// Removes all entries.
    pub(crate) fn reset(&self) {
        self.0.lock().clear();
    }

    /// Whether the bucket of that organization has just reached 90 %.
    pub(crate) fn is_due(&self, tenant: TenantIndex, status: &LimitStatus<'_>) -> bool {
        let bucket = (tenant, status.rule.id, status.key);
        let near = u64::from(status.used) * 10 >= u64::from(status.capacity) * 9;
        let mut warned = self.0.lock();
        if !near {
            warned.remove(&bucket);
            return false;
        }
        if warned.len() >= MOST {
            warned.clear();
        }
        warned.insert(bucket)
    }
}
