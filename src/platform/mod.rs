//! The parts that handlers may use, composed once.
//!
//! `limiter` charges limits, `faults` counts faults, `effects` applies the effects of a change, `agenda` does later work,
//! `nodes` tells other nodes, `tokens` ends tokens, `snapshot` saves and loads the whole state. To give handlers another part, add a field to [`Platform`].

pub(crate) mod agenda;
pub(crate) mod effects;
pub(crate) mod faults;
pub(crate) mod limiter;
mod lookup;
pub(crate) mod nodes;
mod routing;
pub(crate) mod snapshot;
mod tokens;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use self::agenda::Agenda;
use self::faults::Faults;
use self::limiter::Limiter;
use self::nodes::Nodes;
use crate::catalog::Catalog;
use crate::files;
use crate::identity::{Identity, Realm, SigningKey};
use crate::observe::close_reason::CloseReason;
use crate::observe::feed::Feed;
use crate::observe::filter::Names;
use crate::observe::history::{Reading, RunHistory};
use crate::observe::journal::{Exchange, Journal};
use crate::observe::metrics::Metrics;
use crate::observe::refusals::Refusals;
use crate::observe::scenario_check::ScenarioCheck;
use crate::observe::verify;
use crate::push::delivery::{self, Deliveries};
use crate::push::guest::Guests;
use crate::push::registry::{Socket, Sockets};
use crate::push::roster::Roster;
use crate::push::{Notifications, Warnings};
use crate::rules::{LiveConfig, excerpt};
use crate::store::Store;
use crate::time::clock::{Clock, TooFar};
use crate::wire::error::MAX_BODY;
use crate::world::id::ClientIndex;
use crate::world::{NotCreated, Tenant, Tenants, seed};

/// The timeouts of sockets, in wire time.
#[derive(Clone, Copy, Debug)]
pub struct SocketTimeouts {
    /// The time between two heartbeats.
    pub heartbeat: Duration,
    /// A peer that sends nothing for so long, not even an answer to pings, is dropped.
    pub silence: Duration,
}

impl Default for SocketTimeouts {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(30), silence: Duration::from_secs(90) }
    }
}

/// The options of the emulated platform, apart from its limits.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Options {
    /// Refuse bearers that gcmock did not issue.
    pub(crate) strict_auth: bool,
    /// The name in the ids of channels and the tokens of guests, by which a balancer finds this server.
    pub(crate) node: String,
    /// The key of tokens that other servers know.
    pub(crate) token_key: Option<SigningKey>,
    /// Require the OAuth scope of each operation.
    pub(crate) enforce_scopes: bool,
    /// Answer 404 in place of a generic answer.
    pub(crate) strict_paths: bool,
    /// Offer conversations that wait in queues to idle agents.
    pub(crate) routes: bool,
    /// The seed of the faults that strike a share of the requests.
    pub(crate) seed: Option<u64>,
    /// The largest body of a request, in bytes.
    pub(crate) max_body: usize,
    /// Exchanges that the journal remembers.
    pub(crate) journal: usize,
    /// The organizations in place of the embedded ones.
    pub(crate) organizations: Option<Vec<seed::OrganizationSeed>>,
    /// The timeouts of sockets, in wire time.
    pub(crate) sockets: SocketTimeouts,
    /// What leaves this server.
    pub(crate) deliveries: delivery::Options,
    /// The store of limits that several nodes share.
    pub(crate) store: Option<Arc<Store>>,
    /// The exporter of metrics and traces.
    #[cfg(feature = "otlp")]
    pub(crate) telemetry: Option<Arc<crate::push::telemetry::Telemetry>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict_auth: false,
            node: "0".to_owned(),
            token_key: None,
            enforce_scopes: false,
            strict_paths: false,
            routes: false,
            seed: None,
            max_body: MAX_BODY,
            journal: crate::observe::journal::DEFAULT_CAPACITY,
            organizations: None,
            sockets: SocketTimeouts::default(),
            deliveries: delivery::Options::default(),
            store: None,
            #[cfg(feature = "otlp")]
            telemetry: None,
        }
    }
}

/// The state of one running server.
pub(crate) struct Platform {
    /// Model time.
    pub(crate) clock: Clock,
    /// The limits in force.
    pub(crate) config: Arc<LiveConfig>,
    /// The operations.
    pub(crate) catalog: Arc<Catalog>,
    /// The organizations.
    pub(crate) tenants: Tenants,
    /// The tokens.
    pub(crate) identity: Identity,
    /// Charges limits.
    pub(crate) limiter: Limiter,
    /// Counts faults.
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) metrics: Metrics,
    /// The refusals of limits.
    pub(crate) refusals: Refusals,
    /// What happened in each second since the last reset.
    pub(crate) history: RunHistory,
    /// The last seconds of real time, for the live page.
    pub(crate) feed: Feed,
    /// Requests that were answered before the last reset.
    before_reset: AtomicU64,
    /// Whether plans meet the limits that they were written for.
    pub(crate) scenario_check: ScenarioCheck,
    pub(crate) notifications: Notifications,
    /// Limits that are nearly used up.
    pub(crate) warnings: Warnings,
    /// The sessions of guests.
    pub(crate) guests: Guests,
    /// Every open socket.
    pub(crate) sockets: Sockets,
    /// What is due later.
    pub(crate) agenda: Agenda,
    /// Which agents are connected.
    pub(crate) roster: Roster,
    /// The snapshots that a reset goes back to.
    pub(crate) loaded: snapshot::Loaded,
    /// This node among others with the same store.
    pub(crate) nodes: Option<Arc<Nodes>>,
    /// The options of the emulated platform.
    pub(crate) options: Options,
}

impl Platform {
    /// A server's state with the limits of `config`.
    ///
    /// # Errors
    /// When the organizations can not be read, a fault names an edge that none of them has, or no event may be sent to
    /// the address of events.
    pub(crate) fn new(
        catalog: Arc<Catalog>,
        config: Arc<LiveConfig>,
        clock: Clock,
        options: Options,
    ) -> anyhow::Result<Self> {
        let seeds = options.organizations.clone().map_or_else(|| organizations(None), Ok)?;
        let tenants = Tenants::new(seeds, clock.now())?;
        config.name_edges(tenants.edge_names())?;
        let deliveries = Deliveries::new(options.deliveries.clone(), clock.clone())?;
        tenants.all().iter().for_each(|tenant| deliveries.read(tenant));
        let limiter = Limiter::with_store(options.store.clone());
        let nodes = options.store.clone().map(Nodes::new);
        // Nodes agree on one of the keys that they propose.
        let proposed = || nodes.is_some().then(SigningKey::random);
        let identity = Identity::new(options.strict_auth, options.token_key.clone().or_else(proposed));
        tenants.all().iter().for_each(|tenant| limiter.add(tenant.index));
        Ok(Self {
            metrics: Metrics::new(catalog.iter().count()),
            catalog,
            tenants,
            identity,
            limiter,
            faults: Faults::new(options.seed, clock.now()),
            journal: Journal::new(options.journal),
            refusals: Refusals::default(),
            history: RunHistory::new(clock.now()),
            feed: Feed::default(),
            before_reset: AtomicU64::default(),
            scenario_check: ScenarioCheck::default(),
            notifications: Notifications::new(deliveries),
            warnings: Warnings::default(),
            guests: Guests::default(),
            sockets: Sockets::default(),
            agenda: Agenda::new(clock.now()),
            roster: Roster::default(),
            loaded: snapshot::Loaded::default(),
            nodes,
            clock,
            config,
            options,
        })
    }

    /// The tables in which the names of the journal's filters are looked up.
    pub(crate) fn names(&self) -> Names<'_> {
        Names { catalog: &self.catalog, tenants: &self.tenants, limits: self.config.ids() }
    }

    /// The run so far, to be judged.
    pub(crate) fn run_so_far(&self) -> verify::Run<'_> {
        verify::Run { journal: &self.journal, names: self.names(), mode: self.clock.mode() }
    }

    /// The organizations and tokens that principals are identified from.
    pub(crate) fn realm(&self) -> Realm<'_> {
        Realm { tenants: &self.tenants, identity: &self.identity }
    }

    /// Resets limits, faults, buckets, journal, tokens and data. Sockets are closed; the clock and created
    /// organizations with their credentials stay. Where a snapshot was loaded, the server goes back to it, with its clock.
    pub(crate) fn reset(&self) {
        let _turn = self.nodes.as_ref().map(|nodes| nodes.turn());
        self.limiter.reset_store();
        self.reset_this_node();
        if let Some(nodes) = &self.nodes {
            nodes.was_reset(self);
        }
    }

    /// Resets this node, and not the store.
    pub(crate) fn reset_this_node(&self) {
        self.close_all("everything is reset");
        self.config.reset();
        self.clear();
        self.replay();
    }

    fn close_all(&self, why: &'static str) {
        self.sockets.close_where(|_| true, &CloseReason::operator(1012, why));
    }

    /// Resets everything but the limits.
    fn clear(&self) {
        self.limiter.reset();
        let now = self.clock.now();
        self.faults.reset(now);
        self.agenda.forget_events(None);
        for tenant in self.tenants.all() {
            tenant.reset(now);
            self.notifications.deliveries.read(&tenant);
        }
        self.notifications.deliveries.reset();
        self.tenants.reset_clients();
        self.identity.tokens.reset();
        self.warnings.reset();
        self.guests.reset();
        self.notifications.channels.forget(&self.notifications.hub, None);
        self.journal.clear();
        self.refusals.reset();
        self.before_reset.store(self.metrics.requests(), Ordering::Relaxed);
        self.history.reset(now);
    }

    /// Notes what happened since the last call. Called once a second, and before the history is read.
    pub(crate) fn note_history(&self) {
        let config = self.config.current();
        let refused = self.refusals.by_limit().iter().map(|(_, count)| count).sum();
        let limits = self.limiter.take_readings(config.rules().map(|rule| rule.id));
        let reading = Reading { at: self.clock.now(), requests: self.requests(), refused, limits };
        self.feed.add(&self.history.note(reading));
    }

    /// Requests that were answered since the last reset.
    pub(crate) fn requests(&self) -> u64 {
        self.metrics.requests().saturating_sub(self.before_reset.load(Ordering::Relaxed))
    }

    /// Writes an exchange into the journal, and counts it where it was refused.
    pub(crate) fn record(&self, exchange: Exchange) {
        if exchange.refused {
            self.refusals.count(&exchange);
        }
        self.journal.record(exchange);
    }

    /// Creates an organization, seeded like the default one, with credentials of its own.
    ///
    /// # Errors
    /// When there are too many, or one of that name.
    pub(crate) fn create_tenant(&self, name: Option<String>) -> Result<Arc<Tenant>, NotCreated> {
        let created = self.tenants.create(name, self.clock.now(), |index| self.limiter.add(index))?;
        self.notifications.deliveries.read(&created);
        Ok(created)
    }

    /// Ends the sockets, channels, subscriptions and buckets of a deleted organization. A reset does not bring its data
    /// back, except from the snapshot of a whole server.
    pub(crate) fn forget(&self, tenant: &Tenant) {
        self.end(tenant);
        self.loaded.forget(tenant.id);
    }

    fn end(&self, tenant: &Tenant) {
        let is_its = |socket: &Socket| socket.tenant_index() == Some(tenant.index);
        self.sockets.close_where(is_its, &CloseReason::operator(1012, "the organization is deleted"));
        self.notifications.channels.forget(&self.notifications.hub, Some(tenant.index));
        self.notifications.hub.forget(tenant.index);
        self.agenda.forget_events(Some(tenant.index));
        self.limiter.forget(tenant.index);
    }

    /// Moves model time forward. Everything that is due until then takes effect before this returns.
    ///
    /// # Errors
    /// When that leads past the year 2500.
    pub(crate) fn advance(&self, by: Duration) -> Result<(), TooFar> {
        let now = self.change_clock(|clock| clock.advance(by))?;
        agenda::run_until(self, now);
        Ok(())
    }

    /// The id and the name of a client, by its number in limits and the journal.
    pub(crate) fn client_name(&self, tenant: &Tenant, index: ClientIndex) -> (String, String) {
        let created = || tenant.oauth_clients().into_iter().find(|client| client.index == index);
        let client = tenant.clients.get(index.as_usize()).cloned().or_else(created);
        let client = client.as_ref().unwrap_or(self.identity.pasted());
        (client.id.clone(), client.name.clone())
    }
}

/// Reads the organizations: the embedded ones, or every `.toml` of a folder, `default.toml` first.
///
/// # Errors
/// When the folder or a file in it can not be read; the error names both.
pub(crate) fn organizations(folder: Option<&Path>) -> anyhow::Result<Vec<seed::OrganizationSeed>> {
    use anyhow::Context;
    let Some(folder) = folder else {
        let parsed = seed::EMBEDDED
            .iter()
            .map(|(file, text)| seed::parse(text).map_err(|error| anyhow::anyhow!("{file}: {error}")));
        return parsed.collect();
    };
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).with_context(|| format!("--organizations {shown}"))?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort_by_key(|file| (file.file_stem().is_none_or(|stem| stem != "default"), file.clone()));
    anyhow::ensure!(!files.is_empty(), "--organizations {shown}: no .toml file in it");
    let read = |file: &PathBuf| {
        let text = files::read_text(file, files::SETTINGS).with_context(|| file.display().to_string())?;
        seed::parse(&text).map_err(|error| anyhow::anyhow!("{}: {}", file.display(), excerpt(&error)))
    };
    let seeds = files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let mut first: HashMap<_, &PathBuf> = HashMap::new();
    for (file, seed) in files.iter().zip(&seeds) {
        // The ids of all that an organization has are made from its name.
        if let Some(first) = first.insert(seed.id(), file) {
            let (file, name, first) = (file.display(), excerpt(&seed.name), first.display());
            anyhow::bail!("{file}: a second organization {name}, after {first}");
        }
    }
    Ok(seeds)
}
