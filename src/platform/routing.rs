//! Drives the simple routing of `world`, where it is switched on: after each change of a conversation or of a user, and
//! when the clock has changed a conversation.

use super::{Platform, effects};
use crate::time::Nanos;
use crate::world::Tenant;

/// Offers waiting conversations to idle agents, until nothing can be offered.
pub(super) fn run(platform: &Platform, tenant: &Tenant, now: Nanos) {
    if !platform.options.routes {
        return;
    }
    loop {
        let (offered, events) = tenant.write(|organization| {
            organization.free_agents(now);
            organization.route_next(now)
        });
        effects::publish(platform, tenant, events, now);
        if !offered {
            return;
        }
    }
}
