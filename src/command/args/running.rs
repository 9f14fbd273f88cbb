//! The options of the commands that ask a running server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::serve::{Listen, listen};
use crate::command::address;

/// A running server.
#[derive(Args, Clone, Debug)]
pub(crate) struct Running {
    /// URL of the server.
    #[arg(long, env = "GCMOCK_URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// Admin token, if the server requires one. The token of a server of the same user on this machine is found
    /// without it.
    #[arg(long, env = "GCMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) admin_token: Option<String>,
}

/// Options of `gcmock healthcheck`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Health {
    /// URL of the server. Default: the server that the variables of `serve` describe.
    #[arg(long, env = "GCMOCK_URL")]
    pub(crate) url: Option<String>,
    /// The address of that server.
    #[arg(long, env = "GCMOCK_LISTEN", default_value = "127.0.0.1:8080", value_parser = listen, hide = true)]
    pub(crate) listen: Listen,
    /// The TLS address of that server.
    #[arg(long, env = "GCMOCK_TLS_LISTEN", value_parser = address::parse, hide = true)]
    pub(crate) tls_listen: Option<SocketAddr>,
}

/// Options of `gcmock export`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Export {
    /// What to export.
    pub(crate) what: Exported,
    /// Maximum number of entries.
    #[arg(long, default_value_t = 1000)]
    pub(crate) count: usize,
    /// The server.
    #[command(flatten)]
    pub(crate) server: Running,
    /// Comma-separated values with a header line, instead of JSON.
    #[arg(long)]
    pub(crate) csv: bool,
    /// Organization, by id or name. Default: the default organization.
    #[arg(long)]
    pub(crate) tenant: Option<String>,
}

/// What `gcmock export` exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Exported {
    /// Users: id, name, email.
    Users,
    /// Agents: id, name, skill group, status.
    Agents,
    /// Queues: id, name.
    Queues,
    /// One token for each user: user id, name, token.
    Tokens,
}

/// Options of `gcmock snapshot`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Snapshot {
    /// What to do.
    pub(crate) what: Keeping,
    /// File of the snapshot. Only its owner may read it: it has secrets.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The server.
    #[command(flatten)]
    pub(crate) server: Running,
    /// Only this organization, by id or name. Default: the whole server.
    #[arg(long)]
    pub(crate) tenant: Option<String>,
}

/// What `gcmock snapshot` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Keeping {
    /// Write the state of the server to the file.
    Save,
    /// Load the file into the server.
    Load,
}

/// Options of `gcmock requests`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Requests {
    /// Maximum number of entries.
    #[arg(long, default_value_t = 100)]
    pub(crate) count: usize,
    /// Only requests with this status: `429`, or `4xx`.
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Only requests of this organization, by id or name.
    #[arg(long)]
    pub(crate) tenant: Option<String>,
    /// Only requests of this operation: `GET /api/v2/users/{userId}`, a pattern as in limits files, or a path.
    #[arg(long)]
    pub(crate) operation: Option<String>,
    /// Only requests that this limit refused; `adherence` is the adherence check.
    #[arg(long, alias = "limit-name", value_name = "NAME")]
    pub(crate) limit: Option<String>,
    /// Only requests that this fault struck; `*` is any.
    #[arg(long, value_name = "NAME")]
    pub(crate) fault: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// The server.
    #[command(flatten)]
    pub(crate) server: Running,
}
