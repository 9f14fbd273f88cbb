//! The end of tokens: the other nodes and the users hear of it.

use super::Platform;
use crate::push::event;
use crate::world::Tenant;
use crate::world::id::UserIndex;

impl Platform {
    /// Ends the bearer of these headers, on every node.
    pub(crate) fn revoke(&self, headers: &http::HeaderMap) {
        let Some((hash, token)) = self.identity.revoke(headers) else { return };
        if let Some(nodes) = &self.nodes {
            nodes.revoked(hash);
        }
        if let Some(token) = token {
            event::revoked(&self.notifications.hub, &token);
        }
    }

    /// Ends the tokens of a user, with its refresh tokens and codes.
    pub(crate) fn revoke_user(&self, tenant: &Tenant, user: UserIndex) {
        let ended = self.identity.tokens.revoke_user(tenant.id, user);
        for token in ended {
            if let Some(nodes) = &self.nodes {
                nodes.revoked(token.hash);
            }
            event::revoked(&self.notifications.hub, &token);
        }
    }
}
