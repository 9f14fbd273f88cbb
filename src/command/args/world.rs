//! What a server is to be: its limits, its clock, its hosts.

use std::path::{Path, PathBuf};

use clap::Args;

use super::switch;
use crate::server::tls::names::read_host;

/// Options of a server, for every subcommand that starts one.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct World {
    /// Use the limits of an embedded scenario; see `gcmock scenarios`. Repeatable; comes before --limits.
    #[arg(long, env = "GCMOCK_SCENARIO", value_name = "NAME", value_delimiter = ',')]
    pub(crate) scenario: Vec<String>,
    /// Limits file, in place of the default limits. Repeatable: later files layer over earlier ones.
    #[arg(long, env = "GCMOCK_LIMITS", value_name = "FILE", value_delimiter = ',')]
    pub(crate) limits: Vec<PathBuf>,
    /// Content of a limits file, where no file can be mounted. Layers over --limits.
    #[arg(long, env = "GCMOCK_LIMITS_TOML", value_name = "TEXT", hide_env_values = true)]
    pub(crate) limits_toml: Option<String>,
    /// Load the default limits too. Without it, only the limits of --scenario and --limits apply. A limit of the
    /// same name replaces the default one.
    #[arg(long, env = "GCMOCK_WITH_DEFAULTS", value_parser = switch)]
    pub(crate) with_defaults: bool,
    /// Strike with an embedded fault; see `gcmock print faults`. Repeatable. It layers over --limits.
    #[arg(long, env = "GCMOCK_FAULT", value_name = "NAME", value_delimiter = ',')]
    pub(crate) fault: Vec<String>,
    /// API document in place of the built-in list of operations: Swagger 2.0 or `OpenAPI` 3, JSON or YAML, gzip or not.
    /// Requests are checked against it, and answers have its shapes.
    #[arg(long, env = "GCMOCK_SPEC", value_name = "FILE")]
    pub(crate) spec: Option<PathBuf>,
    /// Host that proxy mode serves beside the platform's own, such as api.example.com. Repeatable.
    #[arg(long, env = "GCMOCK_ALSO_SERVE", value_name = "HOST", value_delimiter = ',', value_parser = read_host)]
    pub(crate) also_serve: Vec<String>,
    /// `system`, or `manual`: frozen until PUT /__admin/clock advances it. `manual=2026-03-08T00:00:00Z` starts at
    /// that time instead of now.
    #[arg(long, env = "GCMOCK_CLOCK", default_value = "system", value_name = "MODE")]
    pub(crate) clock: String,
    /// Switch all configured latency off.
    #[arg(long, env = "GCMOCK_NO_LATENCY", value_parser = switch)]
    pub(crate) no_latency: bool,
    /// Seed of random latencies and faults. Two runs with one seed draw equal latencies, and strike the same requests.
    #[arg(long, env = "GCMOCK_SEED", value_name = "N")]
    pub(crate) seed: Option<u64>,
}

impl World {
    /// The files that these options name, and `others` that the command reads.
    pub(crate) fn files<'o>(&'o self, others: &[Option<&'o Path>]) -> Vec<&'o Path> {
        let own = self.limits.iter().chain(&self.spec).map(PathBuf::as_path);
        own.chain(others.iter().copied().flatten()).collect()
    }
}
