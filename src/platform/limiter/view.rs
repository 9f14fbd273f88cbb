//! The levels of limits in the store, to be shown: no node has all of them, and none the slots of others.

use std::sync::Arc;

use gcmock_limit::{Algorithm, BucketView};

use super::Limiter;
use super::shared::{SERVER, home_of};
use crate::rules::Limit;
use crate::time::Nanos;
use crate::world::Tenant;

/// A bucket, and the organization that it belongs to.
pub(crate) type View = (Option<Arc<Tenant>>, BucketView);

impl Limiter {
    /// The buckets of a limit of slots in the store. `None` for other limits, where it counts at this node, and while the store fails.
    pub(crate) async fn shared_slots(
        &self,
        limit: &Limit,
        tenants: &[Arc<Tenant>],
        now: Nanos,
    ) -> Option<Vec<View>> {
        let takes_slots = matches!(limit.rule.algorithm, Algorithm::Concurrency { .. });
        if takes_slots { self.shared_views(limit, tenants, usize::MAX, now).await } else { None }
    }

    /// The buckets of a limit in the store. `None` where an organization has more than `most` buckets too.
    pub(crate) async fn shared_views(
        &self,
        limit: &Limit,
        tenants: &[Arc<Tenant>],
        most: usize,
        now: Nanos,
    ) -> Option<Vec<View>> {
        let store = self.store_of(limit)?;
        // A limit of the whole server has no bucket of an organization. One of organizations may have some of the server, for
        // requests without one.
        let tenants = if limit.rule.scope.is_of_tenant() { tenants } else { &[] };
        let homes = tenants.iter().map(|tenant| (Some(Arc::clone(tenant)), home_of(tenant)));
        let mut views = Vec::new();
        for (tenant, home) in std::iter::once((None, SERVER.into())).chain(homes) {
            let levels = store.levels(&home, &limit.rule, most).await?;
            let view = |level| (tenant.clone(), BucketView::of_level(&limit.rule, level, now));
            views.extend(levels.iter().map(view));
        }
        Some(views)
    }
}
