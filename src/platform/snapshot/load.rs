//! A snapshot is read and checked, and only then put in place.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::levels::{self, Names};
use super::{BadSnapshot, Documents, Part, SavedClock, SavedLevels, SavedServer, Snapshot, Summary, parse};
use crate::identity::token::saved::SavedTokens;
use crate::observe::close_reason::CloseReason;
use crate::platform::Platform;
use crate::platform::agenda::DueMessage;
use crate::push::registry::Socket;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::snapshot::{Created, Unfit};
use crate::world::{Client, MAX_CREATED, Organization, Tenant};

/// An organization that can be put in place.
struct Ready {
    tenant: Arc<Tenant>,
    /// Whether this server does not list it yet.
    is_new: bool,
    data: Organization,
    clients: Vec<Client>,
    levels: Vec<SavedLevels>,
    tokens: SavedTokens,
}

/// A whole server that can be put in place.
struct Whole {
    clock: SavedClock,
    server: SavedServer,
    organizations: Vec<Ready>,
}

impl Platform {
    /// Loads the snapshot of a whole server. Sockets are closed; the journal and all counts begin again. Organizations
    /// that were created here and are not in the snapshot are deleted.
    ///
    /// # Errors
    /// When it is no snapshot for this server, or this server has a store; nothing is changed then.
    pub(crate) fn load(&self, bytes: Bytes) -> Result<Summary, BadSnapshot> {
        if self.nodes.is_some() {
            return Err(BadSnapshot::Shared);
        }
        let mut loaded = self.loaded.0.lock();
        let whole = check_whole(self, &bytes)?;
        let summary = Summary { bytes: bytes.len(), ..summary(&whole.organizations) };
        self.close_all("a snapshot is loaded");
        for tenant in self.tenants.all() {
            let stays = whole.organizations.iter().any(|ready| ready.tenant.id == tenant.id);
            if !stays && self.tenants.remove(tenant.id).is_some() {
                self.end(&tenant);
            }
        }
        self.clear();
        put_whole(self, whole);
        *loaded = Documents { whole: Some(bytes), of_one: Vec::new() };
        Ok(summary)
    }

    /// Loads one organization of a snapshot. Its sockets are closed. The clock and the limits stay as they are.
    ///
    /// # Errors
    /// When the snapshot has no such organization, or is of a later model time; nothing is changed then.
    pub(crate) fn load_tenant(&self, tenant: &Arc<Tenant>, bytes: &[u8]) -> Result<Summary, BadSnapshot> {
        let mut loaded = self.loaded.0.lock();
        let (snapshot, now) = (parse(bytes)?, self.clock.now());
        if snapshot.clock.now > now {
            return Err(BadSnapshot::Later { saved: rfc3339(snapshot.clock.now), now: rfc3339(now) });
        }
        let ready = check_one(self, tenant, snapshot)?;
        let summary = Summary { bytes: bytes.len(), ..summary(std::slice::from_ref(&ready)) };
        put_one(self, ready);
        let document = self.save(Some(tenant)).map(Bytes::from).unwrap_or_default();
        loaded.of_one.retain(|(id, _)| *id != tenant.id);
        loaded.of_one.push((tenant.id, document));
        Ok(summary)
    }

    /// Loads again what was loaded before, after a reset. Organizations that were created since stay.
    pub(in crate::platform) fn replay(&self) {
        let loaded = self.loaded.0.lock();
        if let Some(bytes) = &loaded.whole {
            match check_whole(self, bytes) {
                Ok(whole) => put_whole(self, whole),
                Err(error) => tracing::error!("the loaded snapshot is not restored: {error}"),
            }
        }
        for (id, bytes) in &loaded.of_one {
            let Some(tenant) = self.tenants.all().into_iter().find(|tenant| tenant.id == *id) else {
                continue;
            };
            // The clock may have gone back since, which is as good as before.
            match parse(bytes).and_then(|snapshot| check_one(self, &tenant, snapshot)) {
                Ok(ready) => put_one(self, ready),
                Err(error) => tracing::error!("the organization {} is not restored: {error}", tenant.name),
            }
        }
    }
}

fn summary(organizations: &[Ready]) -> Summary {
    let conversations = organizations.iter().map(|ready| ready.data.conversations().iter().count()).sum();
    Summary { organizations: organizations.len(), conversations, bytes: 0 }
}

fn check_whole(platform: &Platform, bytes: &[u8]) -> Result<Whole, BadSnapshot> {
    let snapshot = parse(bytes)?;
    let server = snapshot.server.ok_or(BadSnapshot::OfOne)?;
    platform.config.check_limits(&server.limits).map_err(BadSnapshot::Limits)?;
    if snapshot.organizations.iter().filter(|part| part.created).count() > MAX_CREATED {
        return Err(BadSnapshot::TooMany);
    }
    let mut ids = HashSet::new();
    if let Some(part) = snapshot.organizations.iter().find(|part| !ids.insert(part.id)) {
        return Err(BadSnapshot::Twice(part.id));
    }
    // A snapshot may claim any time; that of this server is sound.
    let now = platform.clock.now();
    let organizations: Result<Vec<_>, _> =
        snapshot.organizations.into_iter().map(|part| check(platform, part, now)).collect();
    Ok(Whole { clock: snapshot.clock, server, organizations: organizations? })
}

fn check_one(
    platform: &Platform,
    tenant: &Tenant,
    snapshot: Snapshot<Organization>,
) -> Result<Ready, BadSnapshot> {
    let mut parts = snapshot.organizations.into_iter();
    let part = parts.find(|part| part.id == tenant.id).ok_or(BadSnapshot::Lacks(tenant.id))?;
    check(platform, part, platform.clock.now())
}

/// The organization as it can be put in place. An unknown one that was created is made, and not listed.
fn check(platform: &Platform, part: Part<Organization>, now: Nanos) -> Result<Ready, BadSnapshot> {
    let Part { id, name, created, secrets, clients, levels, tokens, data } = part;
    let (tenant, is_new) = match find(platform, id) {
        Some(tenant) => (tenant, false),
        None if created => {
            (platform.tenants.recreate(Created { id, name: name.clone(), secrets }, now), true)
        }
        None => return Err(BadSnapshot::NoOrganization { name, id }),
    };
    let unfit = |why: Unfit| BadSnapshot::Organization { name: name.clone(), why };
    platform.tenants.check_clients(&tenant, &clients).map_err(unfit)?;
    // The admin API issues tokens of a client of the file also when that client was removed.
    let is_known = |id: &str| {
        clients.iter().any(|client| client.id == id) || tenant.clients.iter().any(|client| client.id == id)
    };
    if let Some(client) = tokens.unknown_client(is_known) {
        return Err(BadSnapshot::Token { name: name.clone(), client: client.to_owned() });
    }
    if !tokens.are_bounded() {
        return Err(unfit(Unfit::Large("tokens")));
    }
    let data = tenant.fit(data, now).map_err(unfit)?;
    Ok(Ready { tenant, is_new, data, clients, levels, tokens })
}

fn find(platform: &Platform, id: Uuid) -> Option<Arc<Tenant>> {
    platform.tenants.all().into_iter().find(|tenant| tenant.id == id)
}

/// Puts a whole server in place of one that has just been reset.
fn put_whole(platform: &Platform, whole: Whole) {
    let Whole { clock, server, organizations } = whole;
    platform.clock.restore(clock.mode, clock.now);
    let now = platform.clock.now();
    platform.agenda.restart(now);
    platform.faults.reset(now);
    platform.history.reset(now);
    if let Err(problems) = platform.config.put_limits("snapshot", &server.limits) {
        tracing::error!("the limits of the snapshot are not in force: {problems}");
    }
    platform.identity.tokens.rekey(server.hash_key, &server.revoked);
    let names = Names::of(platform);
    levels::restore(platform, &names, &platform.limiter.server, &server.levels);
    for ready in organizations {
        put(platform, &names, ready);
    }
}

/// Puts one organization in place of the present one.
fn put_one(platform: &Platform, ready: Ready) {
    let tenant = Arc::clone(&ready.tenant);
    let is_its = |socket: &Socket| socket.tenant_index() == Some(tenant.index);
    platform.sockets.close_where(is_its, &CloseReason::operator(1012, "a snapshot is loaded"));
    platform.notifications.channels.forget(&platform.notifications.hub, Some(tenant.index));
    platform.agenda.forget_events(Some(tenant.index));
    platform.identity.tokens.forget(tenant.id);
    if let Some(buckets) = platform.limiter.buckets(tenant.index) {
        buckets.reset();
    }
    put(platform, &Names::of(platform), ready);
}

fn put(platform: &Platform, names: &Names, ready: Ready) {
    let Ready { tenant, is_new, data, clients, levels, tokens } = ready;
    if is_new && let Err(full) = platform.tenants.enlist(&tenant, |index| platform.limiter.add(index)) {
        tracing::error!("the organization {} is not restored: {full}", tenant.name);
        return;
    }
    for (at, conversation) in data.conversations().upcoming() {
        platform.agenda.publish_later(&DueMessage { tenant: tenant.index, conversation }, &[at]);
    }
    tenant.put(data);
    platform.notifications.deliveries.read(&tenant);
    platform.tenants.put_clients(&tenant, clients);
    let clients = [tenant.oauth_clients(), tenant.clients.clone()].concat();
    platform.identity.tokens.restore(&tenant, &clients, tokens);
    if let Some(buckets) = platform.limiter.buckets(tenant.index) {
        levels::restore(platform, names, &buckets, &levels);
    }
}
