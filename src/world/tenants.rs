//! All organizations, by id, by client and by edge. `restore` puts those of a snapshot back.

mod restore;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use parking_lot::RwLock;
use uuid::Uuid;

use super::id::{ClientIndex, EdgeIndex, TenantIndex, seed_id};
use super::workforce::unit::ManagementUnit;
use super::{Client, Data, Tenant, seed};
use crate::rules::Grant;
use crate::time::Nanos;
use crate::time::duration::parse_duration;

/// The most organizations that can be created at run time.
pub(crate) const MAX_CREATED: usize = 1000;

/// The most OAuth clients that can be created in one organization.
const MAX_CLIENTS: usize = 1000;

/// No more OAuth clients can be created until some are deleted.
#[derive(Debug, thiserror::Error)]
#[error("{MAX_CLIENTS} OAuth clients exist already; delete some of them first")]
pub(crate) struct TooManyClients;

/// No more organizations can be created until some are deleted.
#[derive(Debug, thiserror::Error)]
#[error("{MAX_CREATED} organizations exist already; delete some of them first")]
pub(crate) struct TooManyTenants;

/// Why an organization is not created.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCreated {
    #[error(transparent)]
    TooMany(#[from] TooManyTenants),
    #[error("an organization with the name {0} exists already")]
    SameName(String),
}

/// Every organization.
#[derive(Debug)]
pub(crate) struct Tenants {
    /// All organizations in the order of creation; the first is the default.
    all: RwLock<Vec<Arc<Tenant>>>,
    clients: DashMap<String, (Arc<Tenant>, Arc<Client>)>,
    edges: RwLock<Vec<String>>,
    next: AtomicU32,
    seeded: usize,
    default: Arc<Tenant>,
}

impl Tenants {
    /// The organizations of `seeds`, the default one first.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn new(seeds: Vec<seed::OrganizationSeed>, now: Nanos) -> anyhow::Result<Self> {
        let mut edges = Vec::new();
        let tenants: Vec<_> = seeds
            .into_iter()
            .zip(0..)
            .map(|(seed, index)| {
                let id = seed.id();
                Arc::new(Tenant::new(Arc::new(seed), id, TenantIndex(index), &mut edges, now))
            })
            .collect();
        let default = tenants.first().cloned();
        let default = default.ok_or_else(|| anyhow::anyhow!("at least one organization is expected"))?;
        let clients = DashMap::new();
        for tenant in &tenants {
            register(&clients, tenant);
        }
        Ok(Self {
            seeded: tenants.len(),
            next: AtomicU32::new(u32::try_from(tenants.len()).unwrap_or(u32::MAX)),
            all: RwLock::new(tenants),
            clients,
            edges: RwLock::new(edges),
            default,
        })
    }

    /// The organization of a pasted token.
    pub(crate) fn default_tenant(&self) -> &Arc<Tenant> {
        &self.default
    }

    /// Every organization, in the order of creation.
    pub(crate) fn all(&self) -> Vec<Arc<Tenant>> {
        self.all.read().clone()
    }

    /// The organization of that id or name; the default one for `None`.
    pub(crate) fn find(&self, id_or_name: Option<&str>) -> Option<Arc<Tenant>> {
        let Some(wanted) = id_or_name else { return Some(Arc::clone(&self.default)) };
        let id = Uuid::try_parse(wanted).ok();
        self.all.read().iter().find(|tenant| Some(tenant.id) == id || tenant.name == wanted).cloned()
    }

    /// The client of that id, and its organization.
    pub(crate) fn client(&self, id: &str) -> Option<(Arc<Tenant>, Arc<Client>)> {
        self.clients.get(id).map(|entry| entry.value().clone())
    }

    /// Adds an OAuth client to an organization, or replaces the one of the same id. A new one gets the next number.
    ///
    /// # Errors
    /// When the organization has too many.
    pub(crate) fn put_client(
        &self,
        tenant: &Arc<Tenant>,
        mut client: Client,
    ) -> Result<Arc<Client>, TooManyClients> {
        let mut all = tenant.oauth_clients.write();
        let known = all.iter().position(|known| known.id == client.id);
        if known.is_none() {
            if all.len() >= tenant.clients.len() + MAX_CLIENTS {
                return Err(TooManyClients);
            }
            let last_seeded = u32::try_from(tenant.clients.len()).unwrap_or(u32::MAX);
            let last = all.iter().map(|client| client.index.0).chain([last_seeded]).max();
            client.index = ClientIndex(last.unwrap_or_default() + 1);
        }
        let client = Arc::new(client);
        match known.and_then(|at| all.get_mut(at)) {
            Some(known) => *known = Arc::clone(&client),
            None => all.push(Arc::clone(&client)),
        }
        drop(all);
        self.clients.insert(client.id.clone(), (Arc::clone(tenant), Arc::clone(&client)));
        Ok(client)
    }

    /// Removes an OAuth client, which can not log in from then on. False if there is none of that id.
    pub(crate) fn remove_client(&self, tenant: &Tenant, id: &str) -> bool {
        let mut all = tenant.oauth_clients.write();
        let before = all.len();
        all.retain(|client| client.id != id);
        let removed = all.len() < before;
        drop(all);
        if removed {
            self.clients.remove(id);
        }
        removed
    }

    /// Restores the OAuth clients of the organizations' files.
    pub(crate) fn reset_clients(&self) {
        for tenant in self.all() {
            tenant.oauth_clients.write().clone_from(&tenant.clients);
            register(&self.clients, &tenant);
        }
        // The clients of files stay in the map all the time, so that no login fails meanwhile.
        self.clients.retain(|id, (of, _)| of.clients.iter().any(|client| client.id == *id));
    }

    /// The names of all edges of the organizations' files.
    pub(crate) fn edge_names(&self) -> Vec<String> {
        self.edges.read().clone()
    }

    /// Whether the edge has that name.
    pub(crate) fn is_edge_named(&self, edge: EdgeIndex, name: &str) -> bool {
        self.edges.read().get(edge.as_usize()).is_some_and(|known| known == name)
    }

    /// The name of an edge.
    pub(crate) fn edge_name(&self, edge: EdgeIndex) -> Option<String> {
        self.edges.read().get(edge.as_usize()).cloned()
    }

    /// A new organization, seeded like the default one, with credentials of its own. `prepare` is called with its
    /// number before any client can log in to it.
    pub(crate) fn create(
        &self,
        name: Option<String>,
        now: Nanos,
        prepare: impl FnOnce(TenantIndex),
    ) -> Result<Arc<Tenant>, NotCreated> {
        let index = TenantIndex(self.next.fetch_add(1, Ordering::Relaxed));
        let mut seed = seed::OrganizationSeed::clone(&self.default.seed);
        seed.name = name.unwrap_or_else(|| format!("Tenant {}", index.0));
        let name = seed.name.clone();
        for client in &mut seed.clients {
            client.secret = client.secret.as_ref().map(|_| Uuid::new_v4().simple().to_string());
        }
        let tenant =
            Arc::new(Tenant::new(Arc::new(seed), Uuid::new_v4(), index, &mut self.edges.write(), now));
        let mut all = self.all.write();
        if all.len() >= self.seeded + MAX_CREATED {
            return Err(TooManyTenants.into());
        }
        if all.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            return Err(NotCreated::SameName(name));
        }
        prepare(index);
        register(&self.clients, &tenant);
        all.push(Arc::clone(&tenant));
        Ok(tenant)
    }

    /// Removes an organization that was created at run time. `None` if it does not exist.
    pub(crate) fn remove(&self, id: Uuid) -> Option<Arc<Tenant>> {
        let mut all = self.all.write();
        let created = all.iter().skip(self.seeded).position(|tenant| tenant.id == id)?;
        let tenant = all.remove(self.seeded + created);
        drop(all);
        self.clients.retain(|_, (of, _)| of.id != id);
        Some(tenant)
    }

    /// Whether the organization comes from a file, and so cannot be deleted.
    pub(crate) fn is_seeded(&self, id: Uuid) -> bool {
        self.all.read().iter().take(self.seeded).any(|tenant| tenant.id == id)
    }
}

fn register(clients: &DashMap<String, (Arc<Tenant>, Arc<Client>)>, tenant: &Arc<Tenant>) {
    for client in &tenant.clients {
        clients.insert(client.id.clone(), (Arc::clone(tenant), Arc::clone(client)));
    }
}

impl Tenant {
    fn new(
        seed: Arc<seed::OrganizationSeed>,
        id: Uuid,
        index: TenantIndex,
        edges: &mut Vec<String>,
        now: Nanos,
    ) -> Self {
        let edge = |edge: &seed::Edge| (intern(edges, &edge.name), edge.host.clone());
        let edges: Vec<_> = seed.edges.iter().map(edge).collect();
        let units: Vec<_> = seed.management_units.iter().map(|unit| ManagementUnit::of(unit, id)).collect();
        let clients = seed
            .clients
            .iter()
            .zip(0..)
            .map(|(client, index)| Arc::new(client_of(client, id, ClientIndex(index))));
        let clients: Vec<_> = clients.collect();
        Self {
            index,
            id,
            name: seed.name.clone(),
            oauth_clients: RwLock::new(clients.clone()),
            clients,
            data: RwLock::new(Data::unused(now)),
            units,
            edges,
            seed,
        }
    }
}

fn client_of(client: &seed::Client, organization: Uuid, index: ClientIndex) -> Client {
    Client {
        index,
        id: seed_id(organization, &format!("client/{}", client.name)).to_string(),
        name: client.name.clone(),
        secret: client.secret.clone(),
        grants: client.grants.iter().filter_map(|grant| Grant::from_name(grant)).collect(),
        scopes: client.scopes.clone().into(),
        redirect_uris: client.redirect_uris.clone(),
        extra: serde_json::Map::new(),
        token_lifetime: Duration::from_nanos(parse_duration(&client.token_lifetime).unwrap_or_default()),
    }
}

/// The number of an edge's name; edges come from files only, so the list stays short.
fn intern(names: &mut Vec<String>, name: &str) -> EdgeIndex {
    let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    EdgeIndex(u32::try_from(index).unwrap_or(u32::MAX))
}
