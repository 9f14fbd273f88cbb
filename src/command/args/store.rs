//! The options of several nodes with one store.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::serve::wire_time;

/// Several nodes that refuse as one.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Several nodes with one store")]
pub(crate) struct Store {
    /// Valkey, or Redis from 6.2 on, that keeps the limits which all nodes share: valkey://HOST:PORT, with USER:PASSWORD@
    /// before the host and /DATABASE after it where needed; `valkey+sentinel://HOST,HOST/NAME` where sentinels name it;
    /// `valkey+cluster://HOST:PORT,HOST:PORT` for a cluster.
    #[arg(id = "store", long = "store", env = "GCMOCK_STORE", value_name = "URL", hide_env_values = true)]
    pub(crate) address: Option<String>,
    /// Limits that are in the store: those with `store = "shared"`, or `all` that do not say `store = "local"`. The default limits do
    /// not say so.
    #[arg(long, env = "GCMOCK_SHARE", value_name = "WHICH", default_value = "marked")]
    pub(crate) share: Share,
    /// Longest wait of a request for the store. After it, each shared limit acts as its `on_store_failure` says.
    #[arg(id = "store_timeout", long = "store-timeout", env = "GCMOCK_STORE_TIMEOUT", value_name = "DURATION", default_value = "50ms", value_parser = wire_time)]
    pub(crate) timeout: Duration,
}

/// Which limits are in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Share {
    /// Those that say so.
    Marked,
    /// All that do not say otherwise.
    All,
}
