//! gcmock inside a test suite.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
//! use std::time::Duration;
//!
//! let limits = r#"
//!     [[limit]]
//!     name      = "one-a-minute"
//!     namespace = "example"
//!     key       = "one.rate.per.minute"
//!     scope     = ["tenant"]
//!     match     = ["GET /api/v2/users/me"]
//!     algorithm = "fixed-window"
//!     capacity  = 1
//!     period    = "60s"
//! "#;
//! let mock = gcmock::MockServer::builder().limits_toml(limits).manual_clock().start().await?;
//! let ask = || reqwest::Client::new().get(format!("{}/api/v2/users/me", mock.uri())).bearer_auth("any").send();
//!
//! assert_eq!(ask().await?.status(), 200);
//! let refused = ask().await?;
//! assert_eq!(refused.status(), 429);
//! assert_eq!(refused.headers()["retry-after"], "60");
//!
//! mock.advance(Duration::from_secs(60));          // a minute passes in no time
//! assert_eq!(ask().await?.status(), 200);
//! assert_eq!(mock.requests().len(), 3);
//! # Ok(())
//! # })
//! # }
//! ```

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use super::{Assembly, Instance, Listeners, Options, document};
#[cfg(test)]
use crate::admin::ControlPlane;
use crate::admin::buckets;
use crate::admin::entry::{self, Entry};
use crate::api::route::Routes;
use crate::observe::filter::Filter;
use crate::platform::{Platform, SocketTimeouts};
use crate::rules::{Layer, LiveConfig, SCENARIOS, Source, default_source};
use crate::server;
use crate::time::Nanos;
use crate::time::clock::Clock;

/// A server on a free port of this machine; it stops when dropped.
pub struct MockServer {
    instance: Instance,
}

/// How a client of an organization logs in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The client's id.
    pub id: String,
    /// Its secret; `None` of a public client.
    pub secret: Option<String>,
}

/// Leaves the secret out.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The counts of a limit, over all organizations and callers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitUsage {
    /// Requests that it covered.
    pub requests: u64,
    /// Requests that it let pass.
    pub admitted: u64,
    /// Requests that it refused.
    pub refused: u64,
    /// Requests that it would have refused, in shadow mode.
    pub shadow_refused: u64,
    /// Units in use at this instant, over all of its buckets.
    pub in_use: u64,
}

/// The settings of a [`MockServer`].
#[derive(Clone, Debug, Default)]
pub struct Builder {
    layers: Vec<Layer>,
    time: Time,
    document: Option<PathBuf>,
    options: Options,
}

/// The mode of its clock.
#[derive(Clone, Copy, Debug, Default)]
enum Time {
    #[default]
    System,
    /// Only when it is advanced, from an instant or from now on.
    Manual(Option<Nanos>),
}

impl MockServer {
    /// A server with the documented default limits on the system's clock.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> anyhow::Result<Self> {
        Self::builder().start().await
    }

    /// Chooses limits, clock and behaviour first.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The base URL: `http://127.0.0.1:PORT`.
    pub fn uri(&self) -> String {
        self.instance.uri()
    }

    /// The id and secret of the default organization's first client.
    pub fn credentials(&self) -> (String, String) {
        let tenant = self.platform().tenants.default_tenant();
        let client = tenant.clients.iter().find(|client| client.secret.is_some());
        client.map_or_else(Default::default, |client| {
            (client.id.clone(), client.secret.clone().unwrap_or_default())
        })
    }

    /// A client by the name of its organization and its own name. `None` if there is none.
    pub fn client(&self, organization: &str, name: &str) -> Option<Credentials> {
        let tenant = self.platform().tenants.find(Some(organization))?;
        let client = tenant.client(name)?;
        Some(Credentials { id: client.id.clone(), secret: client.secret.clone() })
    }

    /// The counts of the limit `name`. `None` if no such limit is in force.
    pub fn limit(&self, name: &str) -> Option<LimitUsage> {
        let config = self.platform().config.current();
        let rule = config.rules().find(|rule| *rule.name == *name)?;
        let totals = self.platform().limiter.totals(rule.id);
        let buckets = buckets::nearest(self.platform(), rule, usize::MAX);
        Some(LimitUsage {
            requests: totals.hits,
            admitted: totals.admitted,
            refused: totals.refused,
            shadow_refused: totals.shadow_refused,
            in_use: buckets.iter().map(|(_, bucket)| u64::from(bucket.used)).sum(),
        })
    }

    /// Puts the faults of a limits file's text in force, `[[fault]]` tables and nothing else, each in place of the one of
    /// its name. [`Self::reset`] removes them.
    ///
    /// # Errors
    /// All mistakes at once; nothing is changed then.
    pub fn add_fault(&self, toml: &str) -> anyhow::Result<()> {
        let put = self.platform().config.put_faults_toml("fault", toml);
        put.map_err(|problems| anyhow!("{problems}"))
    }

    /// Removes the fault `name`. False if there is none.
    pub fn remove_fault(&self, name: &str) -> bool {
        self.platform().config.remove_fault(name)
    }

    /// The number of requests and sockets that the fault `name` struck. `None` if no such fault is in force.
    pub fn struck(&self, name: &str) -> Option<u64> {
        let config = self.platform().config.current();
        config.faults.iter().find(|fault| *fault.name == *name)?;
        Some(self.platform().faults.counts(name).struck)
    }

    /// Moves model time forward: limits, tokens and message states follow at once.
    ///
    /// # Panics
    /// When that leads past the year 2500.
    pub fn advance(&self, by: Duration) {
        let advanced = self.platform().advance(by);
        advanced.expect("a test stays below the year 2500");
    }

    /// All requests so far with their answers, oldest first.
    pub fn requests(&self) -> Vec<Entry> {
        let mut entries = entry::newest(self.platform(), usize::MAX, &Filter::default());
        entries.reverse();
        entries
    }

    /// Limits, faults, buckets, journal, tokens and data back to the start; the clock stays.
    pub fn reset(&self) {
        self.platform().reset();
    }

    /// The instant of model time, since the Unix epoch.
    pub fn now(&self) -> Nanos {
        self.platform().clock.now()
    }

    /// The number of Open WebSockets.
    pub fn open_sockets(&self) -> usize {
        self.platform().sockets.len()
    }

    pub(crate) fn platform(&self) -> &Arc<Platform> {
        self.instance.platform()
    }

    #[cfg(test)]
    pub(crate) const fn control_plane(&self) -> &ControlPlane {
        self.instance.control_plane()
    }

    /// Answers the requests in flight, then stops. Dropping the server stops it without waiting.
    pub async fn stop(self) {
        self.instance.drain().await;
    }
}

impl Builder {
    /// The text of a limits file, in place of the default limits; repeatable, later ones layer over
    /// earlier ones.
    #[must_use]
    pub fn limits_toml(mut self, text: impl Into<String>) -> Self {
        let name = format!("limits[{}]", self.layers.len());
        self.layers.push(Layer::Text(Source { name, text: text.into() }));
        self
    }

    /// A limits file, in place of the default limits. It can be repeated; later files layer over earlier ones.
    #[must_use]
    pub fn limits_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.layers.push(Layer::File(file.into()));
        self
    }

    /// The limits of an embedded scenario, in place of the default limits. An unknown name fails the start.
    #[must_use]
    pub fn scenario(mut self, name: &str) -> Self {
        self.layers.push(scenario_layer(name).unwrap_or_else(|| Layer::File(name.into())));
        self
    }

    /// An API document, in place of the built-in list of operations: Swagger 2.0 or `OpenAPI` 3, JSON or YAML, gzip or
    /// not. Requests are checked against it, and answers have its shapes. A wrong document fails the start.
    #[must_use]
    pub fn spec(mut self, file: impl Into<PathBuf>) -> Self {
        self.document = Some(file.into());
        self
    }

    /// Sets a clock that is frozen until it is advanced.
    #[must_use]
    pub fn manual_clock(mut self) -> Self {
        self.time = Time::Manual(None);
        self
    }

    /// Sets a clock that is frozen at an instant (nanoseconds since the Unix epoch) until it is advanced.
    #[must_use]
    pub fn manual_clock_at(mut self, start: Nanos) -> Self {
        self.time = Time::Manual(Some(start));
        self
    }

    /// Refuses bearers that were not issued by this server.
    #[must_use]
    pub fn strict_auth(mut self) -> Self {
        self.options.platform.strict_auth = true;
        self
    }

    /// Requires the OAuth scope of each operation.
    #[must_use]
    pub fn enforce_scopes(mut self) -> Self {
        self.options.platform.enforce_scopes = true;
        self
    }

    /// Answers 404 in place of a generic answer.
    #[must_use]
    pub fn strict_paths(mut self) -> Self {
        self.options.platform.strict_paths = true;
        self
    }

    /// Offers conversations that wait in queues to idle agents.
    #[must_use]
    pub fn route_conversations(mut self) -> Self {
        self.options.platform.routes = true;
        self
    }

    /// The timeouts of sockets, in wire time.
    #[must_use]
    pub fn socket_waits(mut self, timeouts: SocketTimeouts) -> Self {
        self.options.platform.sockets = timeouts;
        self
    }

    /// The seed of random latencies, and of faults that strike a share of the requests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = Some(seed);
        self
    }

    /// A host that events may be sent to, beside this machine.
    #[must_use]
    pub fn webhook_host(mut self, host: impl AsRef<str>) -> Self {
        self.options.platform.deliveries.hosts.named.push(host.as_ref().to_ascii_lowercase());
        self
    }

    /// The wait before the second attempt to deliver an event, in real time; a second without it.
    #[must_use]
    pub fn webhook_retry(mut self, wait: Duration) -> Self {
        self.options.platform.deliveries.retry = wait;
        self
    }

    /// Appends every event to a file, a line each, in the form of Amazon `EventBridge`.
    #[must_use]
    pub fn events_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.options.platform.deliveries.file = Some(file.into());
        self
    }

    /// Sends every event to a URL, in the form of Amazon `EventBridge`, signed with `secret`. An address that is not
    /// allowed fails the start.
    #[must_use]
    pub fn events_url(mut self, url: impl Into<String>, secret: impl Into<String>) -> Self {
        let deliveries = &mut self.options.platform.deliveries;
        (deliveries.url, deliveries.secret) = (Some(url.into()), Some(secret.into()));
        self
    }

    /// Switches all configured latency off.
    #[must_use]
    pub fn no_latency(mut self) -> Self {
        self.options.latency = false;
        self
    }

    /// Reads the limits without starting a server.
    ///
    /// # Errors
    /// All problems of the limits at once, or the first of the API document.
    pub fn check(self) -> anyhow::Result<()> {
        let checked = live_config(&document::routes(self.document.as_deref())?, self.layers);
        checked.map(drop).map_err(|problems| anyhow!("{problems}"))
    }

    /// Binds a free port and serves; ready when it returns.
    ///
    /// # Errors
    /// When limits are wrong (all problems at once), the API document is wrong, or no port is free.
    #[expect(clippy::unused_async, reason = "it needs a runtime to spawn on")]
    pub async fn start(self) -> anyhow::Result<MockServer> {
        let routes = document::routes(self.document.as_deref())?;
        let config = live_config(&routes, self.layers).map_err(|problems| anyhow!("{problems}"))?;
        let clock = match self.time {
            Time::System => Clock::system(),
            Time::Manual(start) => Clock::manual(start),
        };
        let assembly = Assembly::new(routes, config, clock, self.options)?;
        let main = server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let instance =
            Instance::start(&assembly, Listeners { main: Some(main), tls: None, admin: None }, None)?;
        Ok(MockServer { instance })
    }
}

/// The embedded scenario of that name, as a layer.
pub(crate) fn scenario_layer(name: &str) -> Option<Layer> {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name)?;
    let source = Source { name: format!("{name}.toml"), text: scenario.limits.to_owned() };
    Some(Layer::Text(source))
}

/// The configuration of `layers`; the default limits where there are none.
pub(crate) fn live_config(
    routes: &Routes,
    mut layers: Vec<Layer>,
) -> Result<Arc<LiveConfig>, crate::rules::Problems> {
    if layers.is_empty() {
        layers.push(Layer::Text(default_source()));
    }
    LiveConfig::new(layers, Arc::clone(&routes.catalog) as _).map(Arc::new)
}
