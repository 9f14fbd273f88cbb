//! The settings of a server inside a test suite, and its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

use super::MockServer;
use crate::api::route::Routes;
use crate::instance::{Assembly, Instance, Listeners, Options, document};
use crate::platform::SocketTimeouts;
use crate::rules::{Layer, LiveConfig, SCENARIOS, Source, default_source};
use crate::server;
use crate::time::Nanos;
use crate::time::clock::Clock;

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
