//! The options of `gcmock serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::{Delivery, Node, Protection, Store, World, switch};
use crate::command::address;
use crate::time::duration::{DURATION_EXPECTED, parse_duration};

/// Options of `gcmock serve`. Each has an environment variable; order: flag, environment, default.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Serve {
    /// Address of the emulated platform. Port 0 picks a free port. `none` serves on --tls-listen only. A port
    /// alone, as 9090 or :9090, is on 127.0.0.1.
    #[arg(long, env = "GCMOCK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR", value_parser = listen)]
    pub(crate) listen: Listen,
    /// Port in place of the one in --listen. It has no variable: Kubernetes sets `GCMOCK_PORT` for services.
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Address for TLS: https and wss.
    #[arg(long, env = "GCMOCK_TLS_LISTEN", value_name = "ADDR", value_parser = address::parse)]
    pub(crate) tls_listen: Option<SocketAddr>,
    /// Certificate of the TLS address and its chain, PEM. Without it, the local CA issues one.
    #[arg(long, env = "GCMOCK_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's key, PEM.
    #[arg(long, env = "GCMOCK_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Additional name in the issued certificate, beside localhost and the loopback addresses. Repeatable.
    #[arg(long, env = "GCMOCK_TLS_HOST", value_name = "NAME", value_delimiter = ',')]
    pub(crate) tls_host: Vec<String>,
    /// Folder of the local CA and its certificate. Default: `~/.local/state/gcmock`.
    #[arg(long, env = "GCMOCK_STATE_DIR", value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// The options of the server.
    #[command(flatten)]
    pub(crate) world: World,
    /// Folder with any of `limits.toml` (unless --limits… or --scenario is given), `organizations`, `tls/cert.pem` and
    /// `tls/key.pem`. Each is used if it exists and its own option is not given.
    #[arg(long, env = "GCMOCK_CONFIG", value_name = "DIR")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of organization files in place of the embedded ones.
    #[arg(long, env = "GCMOCK_ORGANIZATIONS", value_name = "DIR")]
    pub(crate) organizations: Option<PathBuf>,
    /// Serve the admin API on an address of its own; the main port then keeps only health and ready.
    #[arg(long, env = "GCMOCK_ADMIN_LISTEN", value_name = "ADDR", value_parser = address::parse)]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Token that the admin API requires. Without it, the server generates a token and prints it if an address is not
    /// loopback. `none` switches the check off.
    #[arg(long, env = "GCMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) admin_token: Option<String>,
    /// Refuse bearer tokens that gcmock did not issue.
    #[arg(long, env = "GCMOCK_STRICT_AUTH", value_parser = switch)]
    pub(crate) strict_auth: bool,
    /// This server among several.
    #[command(flatten)]
    pub(crate) node: Node,
    /// Refuse requests whose token lacks the OAuth scope: 403 `missing.permissions`.
    #[arg(long, env = "GCMOCK_ENFORCE_SCOPES", value_parser = switch)]
    pub(crate) enforce_scopes: bool,
    /// Answer 404 to platform paths that have no handler, instead of a generic answer.
    #[arg(long, env = "GCMOCK_STRICT_PATHS", value_parser = switch)]
    pub(crate) strict_paths: bool,
    /// Offer conversations that wait in a queue to its idle agents, who answer after two seconds.
    #[arg(long, env = "GCMOCK_ROUTE_CONVERSATIONS", value_parser = switch)]
    pub(crate) route_conversations: bool,
    /// Number of requests that the journal keeps; 0 switches it off.
    #[arg(long, env = "GCMOCK_JOURNAL", value_name = "N", default_value_t = crate::observe::journal::DEFAULT_CAPACITY)]
    pub(crate) journal: usize,
    /// File that keeps the state: loaded at the start if it exists, written at the end, and by `POST /__admin/snapshot`. It
    /// has secrets; only its owner may read it. Not with --store.
    #[arg(long, env = "GCMOCK_STATE", value_name = "FILE", conflicts_with = "store")]
    pub(crate) state: Option<PathBuf>,
    /// Write a report at the end: one HTML page, or by its ending .txt, .md or .json. While the server runs, `gcmock
    /// report` writes it.
    #[arg(long, env = "GCMOCK_REPORT", value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Drop a WebSocket if its peer sends nothing for this time, not even a pong.
    #[arg(long, env = "GCMOCK_SOCKET_TIMEOUT", value_name = "DURATION", default_value = "90s", value_parser = wire_time)]
    pub(crate) socket_timeout: Duration,
    /// Format of log lines on stderr.
    #[arg(long, env = "GCMOCK_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// Send metrics and traces to this collector of OpenTelemetry, by OTLP over http, such as <http://127.0.0.1:4318>. Its host
    /// is this machine or a --webhook-host. Without it, `OTEL_EXPORTER_OTLP_ENDPOINT` names the collector. Needs a
    /// gcmock that is built with the feature otlp.
    #[arg(long, env = "GCMOCK_OTLP", value_name = "URL")]
    pub(crate) otlp: Option<String>,
    /// What leaves the server.
    #[command(flatten)]
    pub(crate) delivery: Delivery,
    /// The store of several nodes.
    #[command(flatten)]
    pub(crate) store: Store,
    /// The bounds of the server.
    #[command(flatten)]
    pub(crate) protection: Protection,
}

impl Serve {
    /// Whether only programs of this machine reach the emulated platform.
    pub(crate) fn is_local(&self) -> bool {
        let main = match self.listen {
            Listen::At(address) => Some(address),
            Listen::Nowhere => None,
        };
        main.into_iter().chain(self.tls_listen).all(|address| address.ip().to_canonical().is_loopback())
    }
}

/// The clear-text address of the emulated platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// None.
    Nowhere,
    /// This address.
    At(SocketAddr),
}

pub(super) fn listen(text: &str) -> Result<Listen, String> {
    if text == "none" {
        return Ok(Listen::Nowhere);
    }
    address::parse(text).map(Listen::At).map_err(|why| format!("{why}; or none"))
}

/// Reads a duration in the format of limits files.
pub(super) fn wire_time(text: &str) -> Result<Duration, String> {
    let nanos = parse_duration(text).filter(|nanos| *nanos > 0);
    nanos.map(Duration::from_nanos).ok_or_else(|| format!("expected {DURATION_EXPECTED}"))
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Plain text.
    Text,
    /// One JSON object for each line.
    Json,
}
