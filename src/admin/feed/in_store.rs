//! The levels of shared limits: a node sees those of its own requests alone, so the store is asked, while a page is open.

use std::collections::HashMap;
use std::time::Duration;

use gcmock_limit::RuleId;
use tokio::time::timeout;

use super::super::buckets::{View, nearest_among};
use crate::platform::Platform;

/// The fullest bucket of each limit in the store, none where it has no bucket. A limit that is not among them is shown as this node
/// knows it.
pub(super) type Fullest = HashMap<RuleId, Option<View>>;

/// The longest wait for the store.
const WAIT: Duration = Duration::from_millis(300);
/// The most buckets of an organization, and the most questions: one for each limit and organization. Beyond that the store is not
/// asked, because each open page would ask it once a second.
const BUCKETS: usize = 5000;
const QUESTIONS: usize = 200;

/// The fullest buckets, as the store has them.
pub(super) async fn fullest(platform: &Platform) -> Fullest {
    timeout(WAIT, ask(platform)).await.unwrap_or_default()
}

async fn ask(platform: &Platform) -> Fullest {
    let (config, tenants, now) = (platform.config.current(), platform.tenants.all(), platform.clock.now());
    let mut found = Fullest::new();
    if platform.nodes.is_none() || config.limits.len() * (tenants.len() + 1) > QUESTIONS {
        return found;
    }
    for limit in &config.limits {
        if let Some(views) = platform.limiter.shared_views(limit, &tenants, BUCKETS, now).await {
            found.insert(limit.rule.id, nearest_among(views, 1).into_iter().next());
        }
    }
    found
}
