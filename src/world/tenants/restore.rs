//! Organizations and OAuth clients of a snapshot, put back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{MAX_CLIENTS, MAX_CREATED, Tenants, TooManyTenants, register, seed};
use crate::time::Nanos;
use crate::world::id::TenantIndex;
use crate::world::snapshot::{Created, Unfit};
use crate::world::{Client, Tenant};

impl Tenants {
    /// Makes an organization as [`Tenants::create`] made it in another process. No client can log in to it, and it is not
    /// listed, before [`Tenants::enlist`].
    pub(crate) fn recreate(&self, created: Created, now: Nanos) -> Arc<Tenant> {
        let index = TenantIndex(self.next.fetch_add(1, Ordering::Relaxed));
        let mut seed = seed::OrganizationSeed::clone(&self.default.seed);
        seed.name = created.name;
        for client in &mut seed.clients {
            if let Some(secret) = created.secrets.get(&client.name) {
                client.secret.clone_from(secret);
            }
        }
        Arc::new(Tenant::new(Arc::new(seed), created.id, index, &mut self.edges.write(), now))
    }

    /// Lists an organization that was recreated. `prepare` is called with its number before any client can log in to it.
    ///
    /// # Errors
    /// When there are too many.
    pub(crate) fn enlist(
        &self,
        tenant: &Arc<Tenant>,
        prepare: impl FnOnce(TenantIndex),
    ) -> Result<(), TooManyTenants> {
        let mut all = self.all.write();
        if all.len() >= self.seeded + MAX_CREATED {
            return Err(TooManyTenants);
        }
        prepare(tenant.index);
        register(&self.clients, tenant);
        all.push(Arc::clone(tenant));
        Ok(())
    }

    /// Whether an organization may have these OAuth clients.
    ///
    /// # Errors
    /// When there are too many, or one of them belongs to another organization.
    pub(crate) fn check_clients(&self, tenant: &Tenant, clients: &[Client]) -> Result<(), Unfit> {
        if clients.len() > tenant.clients.len() + MAX_CLIENTS {
            return Err(Unfit::Large("OAuth clients"));
        }
        let is_of_another =
            |client: &&Client| self.client(&client.id).is_some_and(|(of, _)| of.id != tenant.id);
        match clients.iter().find(is_of_another) {
            Some(client) => Err(Unfit::Client(client.id.clone())),
            None => Ok(()),
        }
    }

    /// Gives an organization these OAuth clients in place of all that it has.
    pub(crate) fn put_clients(&self, tenant: &Arc<Tenant>, clients: Vec<Client>) {
        let clients: Vec<_> = clients.into_iter().map(Arc::new).collect();
        tenant.oauth_clients.write().clone_from(&clients);
        self.clients
            .retain(|id, (of, _)| of.id != tenant.id || clients.iter().any(|client| client.id == *id));
        for client in clients {
            self.clients.insert(client.id.clone(), (Arc::clone(tenant), client));
        }
    }
}
