//! Everything the process shares, built once.

pub mod agenda;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gcmock_limit::{Buckets, RetiredRules, Rule, RuleId};
use parking_lot::Mutex;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use self::agenda::Engine;
use crate::api;
use crate::catalog::operation::OperationIndex;
use crate::identity::Identity;
use crate::observe::close_reason::CloseReason;
use crate::observe::journal::Journal;
use crate::observe::metrics::Metrics;
use crate::observe::scenario_check::ScenarioCheck;
use crate::pipeline::latency::Latencies;
use crate::push::guest::Guests;
use crate::push::registry::{Socket, Sockets};
use crate::push::roster::Roster;
use crate::push::{Notifications, Warnings};
use crate::rules::{Config, Cover, LiveConfig, OperationCatalog, Pattern};
use crate::server::tls::{self, Certificates};
use crate::server::{self, Bounds, Protection};
use crate::session::task::Waits;
use crate::time::clock::{Clock, TooFar};
use crate::wire::error::MAX_BODY;
use crate::world::{Tenant, Tenants, seed};

/// How a server behaves, beside its limits.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Options {
    /// Refuse bearers that were not issued here.
    pub strict_auth: bool,
    /// Ask tokens for the scopes of what they do.
    pub enforce_scopes: bool,
    /// Answer 404 where an answer by shape would be given.
    pub strict_paths: bool,
    /// Wait the configured latency.
    pub latency: bool,
    /// Makes what is drawn at random the same in every run.
    pub seed: Option<u64>,
    /// Exchanges that the journal remembers.
    pub journal: usize,
    /// The organizations in place of the embedded ones.
    pub organizations: Option<Vec<seed::Organization>>,
    /// What sockets wait for, in wire time.
    pub sockets: Waits,
    /// What listeners wait for, in wire time, and read.
    pub wire: server::Options,
    /// What the platform's listeners take on at most.
    pub bounds: Bounds,
    /// The largest body of a request, in bytes.
    pub max_body: usize,
    /// Where the certificates of tunnels come from; a folder of this machine's user without it.
    pub certificates: Option<Certificates>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict_auth: false,
            enforce_scopes: false,
            strict_paths: false,
            latency: true,
            seed: None,
            journal: crate::observe::journal::DEFAULT_CAPACITY,
            organizations: None,
            sockets: Waits::default(),
            wire: server::Options::default(),
            bounds: Bounds::default(),
            max_body: MAX_BODY,
            certificates: None,
        }
    }
}

/// The state of one running server.
pub struct Platform {
    /// Model time.
    pub clock: Clock,
    /// The limits in force.
    pub config: Arc<LiveConfig>,
    /// What can be asked.
    pub operations: Arc<OperationIndex>,
    /// The organizations.
    pub tenants: Tenants,
    /// Who is asking.
    pub identity: Identity,
    /// Buckets of limits that belong to no organization.
    pub server_buckets: Buckets,
    /// Limits that have left the configuration, and whose buckets are kept for a while.
    retired: Mutex<RetiredRules>,
    /// What happened.
    pub journal: Journal,
    /// What happened, in numbers.
    pub metrics: Metrics,
    /// Whether plans meet the limits that they were written for.
    pub scenario_check: ScenarioCheck,
    /// What requests wait for.
    pub latencies: Latencies,
    /// Who hears of what happens.
    pub notifications: Notifications,
    /// Limits that are nearly used up.
    pub warnings: Warnings,
    /// The sessions of guests.
    pub guests: Guests,
    /// Every open socket.
    pub sockets: Sockets,
    /// What lets the workforce's changes take effect.
    pub engine: Engine,
    /// Which agents are connected.
    pub roster: Roster,
    /// What ends the TLS of listeners and tunnels, once it is asked for.
    tls: OnceCell<tls::Ends>,
    /// What the platform's listeners have taken on.
    pub protection: Arc<Protection>,
    /// Cancelled when the server drains.
    pub stop: CancellationToken,
    /// How it behaves.
    pub options: Options,
}

impl Platform {
    /// A server's state with the limits of `config`.
    ///
    /// # Errors
    /// When the organizations can not be read.
    pub fn new(config: Arc<LiveConfig>, clock: Clock, options: Options) -> anyhow::Result<Self> {
        let operations = operations();
        let seeds = options.organizations.clone().map_or_else(|| organizations(None), Ok)?;
        let tenants = Tenants::new(seeds, clock.now())?;
        Ok(Self {
            metrics: Metrics::new(operations.iter().count()),
            operations,
            tenants,
            identity: Identity::new(options.strict_auth),
            server_buckets: Buckets::default(),
            retired: Mutex::default(),
            journal: Journal::new(options.journal),
            scenario_check: ScenarioCheck::default(),
            latencies: Latencies::new(options.latency, options.seed),
            notifications: Notifications::default(),
            warnings: Warnings::default(),
            guests: Guests::default(),
            sockets: Sockets::default(),
            engine: Engine::new(clock.now()),
            roster: Roster::default(),
            tls: OnceCell::new(),
            protection: Arc::new(Protection::new(options.bounds)),
            stop: CancellationToken::new(),
            clock,
            config,
            options,
        })
    }

    /// Everything back to the start: limits as the files say, buckets, journal, tokens and data. Sockets
    /// are closed; the clock and created organizations with their credentials stay.
    pub fn reset(&self) {
        self.sockets.close_where(|_| true, &CloseReason::operator(1012, "everything is reset"));
        self.config.reset();
        self.retired.lock().clear();
        self.server_buckets.reset();
        let now = self.clock.now();
        for tenant in self.tenants.all() {
            tenant.reset(now);
        }
        self.identity.tokens.reset();
        self.warnings.reset();
        self.guests.reset();
        self.notifications.channels.forget(&self.notifications.hub, None);
        self.journal.clear();
    }

    /// Ends TLS as its listener does.
    #[must_use]
    pub fn with_tls(self, ends: Option<tls::Ends>) -> Self {
        Self { tls: OnceCell::new_with(ends), ..self }
    }

    /// What ends TLS; certificates are looked up, or made, when the first client asks for a tunnel.
    ///
    /// # Errors
    /// When they can not be read or made.
    pub async fn tls(&self) -> anyhow::Result<tls::Ends> {
        let made = self.tls.get_or_try_init(|| async {
            let certificates = self.options.certificates.clone().unwrap_or_else(Certificates::of_this_user);
            tokio::task::spawn_blocking(move || tls::ends_or_in_memory(&certificates)).await?
        });
        made.await.cloned()
    }

    /// Ends what a deleted organization still has: its sockets, channels and subscriptions.
    pub fn forget(&self, tenant: &Tenant) {
        let is_its = |socket: &Socket| socket.tenant_index() == Some(tenant.index);
        self.sockets.close_where(is_its, &CloseReason::operator(1012, "the organization is deleted"));
        self.notifications.channels.forget(&self.notifications.hub, Some(tenant.index));
        self.notifications.hub.forget(tenant.index);
    }

    /// Moves model time forward; what is due until then takes effect before this returns.
    ///
    /// # Errors
    /// When that leads past the year 2500.
    pub fn advance(&self, by: Duration) -> Result<(), TooFar> {
        let now = self.clock.advance(by)?;
        agenda::run_until(self, now);
        Ok(())
    }

    /// Tells the sockets of an edge, by its place, that they are to leave.
    pub fn announce_draining(&self, tenant: &Tenant, edge: usize) {
        let here = |socket: &&Arc<Socket>| {
            socket.tenant_index() == Some(tenant.index) && tenant.edge_place(socket.subject.edge) == edge
        };
        for socket in self.sockets.all().iter().filter(here) {
            socket.announce_closing("The edge is being taken out of service. Connect again within a minute.");
        }
    }

    /// Id and name of a client by the number that limits and the journal know it by.
    pub fn client_name(&self, tenant: &Tenant, index: u32) -> (String, String) {
        let client = tenant.clients.get(index as usize).unwrap_or(self.identity.pasted());
        (client.id.clone(), client.name.clone())
    }

    /// Prepares every bucket for other limits. A limit whose numbers change settles under its old numbers first.
    /// The buckets of a limit that leaves are kept for a minute of model time, in case it comes back.
    pub fn change_rules(&self, old: &Config, new: &Config) {
        self.scenario_check.reset();
        let now = self.clock.now();
        let mut retired = self.retired.lock();
        let [before, after]: [Vec<&Rule>; 2] = [old, new].map(|config| config.rules().collect());
        let has = |rules: &[&Rule], id: RuleId| rules.iter().any(|rule| rule.id == id);
        // The sweep may not have come to a rule whose time is over, and which may come back now.
        let expired = retired.expire(now);
        let changed = retired.change(&before, &after, now);
        let known = |id| !expired.contains(&id) && (has(&after, id) || retired.get(id).is_some());
        for buckets in self.partitions() {
            for rule in &changed {
                buckets.settle(rule, now);
            }
            buckets.retain_rules(&known);
        }
    }

    /// The buckets of the server's own and of every organization.
    fn partitions(&self) -> impl Iterator<Item = Buckets> {
        let tenants = self.tenants.all().into_iter().map(|tenant| tenant.buckets.clone());
        std::iter::once(self.server_buckets.clone()).chain(tenants)
    }

    /// Sweeps idle buckets, a part of them each time.
    pub fn sweep(&self) {
        let (config, now) = (self.config.current(), self.clock.now());
        let mut retired = self.retired.lock();
        retired.expire(now);
        let rule = |id| config.rules().find(|rule| rule.id == id).or_else(|| retired.get(id));
        self.partitions().for_each(|buckets| buckets.sweep(&rule, now));
    }
}

/// The index of everything that is emulated.
pub fn operations() -> Arc<OperationIndex> {
    Arc::new(OperationIndex::new(api::operations()))
}

/// Reads the organizations: the embedded ones, or every `.toml` of a folder, `default.toml` first.
///
/// # Errors
/// When the folder or a file in it can not be read; the error names both.
pub fn organizations(folder: Option<&Path>) -> anyhow::Result<Vec<seed::Organization>> {
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
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        seed::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
    };
    files.iter().map(read).collect()
}

/// What limits files may name: the operations, and all that is answered by shape.
pub struct Catalog(pub Arc<OperationIndex>);

impl Catalog {
    /// Whether some request of an indexed operation can match.
    pub fn touches(&self, pattern: &Pattern) -> bool {
        self.0.iter().any(|operation| touches(pattern, operation.verb(), operation.template))
    }
}

impl OperationCatalog for Catalog {
    fn knows(&self, pattern: &Pattern) -> bool {
        self.touches(pattern) || api::generic::covers(pattern) || is_of_sockets(pattern)
    }

    fn each(&self, visit: &mut dyn FnMut(u32, &str, &str)) {
        for operation in self.0.iter() {
            visit(operation.id, operation.verb(), operation.template);
        }
    }
}

/// The platform's socket paths: limits files name them before gcmock opens sockets, so that the same
/// file serves then.
fn is_of_sockets(pattern: &Pattern) -> bool {
    const PATHS: [&str; 3] = ["/api/v2/platform/websocket", "/channels/{channelId}", "/v1"];
    PATHS.iter().any(|path| touches(pattern, "WS", path) || touches(pattern, "WS-MESSAGE", path))
}

fn touches(pattern: &Pattern, method: &str, template: &str) -> bool {
    pattern.covers_template(method, template) != Cover::Never
}
