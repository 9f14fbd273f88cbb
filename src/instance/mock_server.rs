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

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;

pub use self::builder::Builder;
pub(crate) use self::builder::{live_config, scenario_layer};
use super::Instance;
#[cfg(test)]
use crate::admin::ControlPlane;
use crate::admin::buckets;
use crate::admin::entry::{self, Entry};
use crate::observe::filter::Filter;
use crate::platform::Platform;
use crate::time::Nanos;

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
