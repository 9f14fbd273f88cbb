//! The command line: its types and help texts, without behaviour. To add an option, add a field here and its page in
//! `docs/`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use clap_complete::Shell;

use crate::command::address;
use crate::server::tls::names::read_host;
use crate::server::{BODIES, UnreadBounds};
use crate::time::duration::{DURATION_EXPECTED, parse_duration};
use crate::wire::error::MAX_BODY;

/// A local mock of Genesys Cloud that applies the platform's rate limits.
///
/// Without a subcommand it serves on 127.0.0.1:8080 with the default limits.
#[derive(Debug, Parser)]
#[command(name = "gcmock", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// The subcommand; without it, `serve`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Options of `serve`.
    #[command(flatten)]
    pub(crate) serve: Serve,
}

/// What gcmock can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the emulated platform (the default).
    Serve(Box<Serve>),
    /// Validate limits files without starting: exit code 0, or 2 with every problem.
    Check {
        /// Limits files, in the order in which they layer.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Layer the files over the default limits, as `serve --with-defaults` does.
        #[arg(long, env = "GCMOCK_WITH_DEFAULTS", value_parser = switch)]
        with_defaults: bool,
    },
    /// List the embedded scenarios.
    Scenarios,
    /// Print a scenario's limits file or JMeter plan, the default limits, or a schema for editors.
    Print {
        /// What to print.
        what: Printed,
        /// The scenario; without one, `limits` prints the default limits. Of a schema: limits, organization or
        /// expectations.
        name: Option<String>,
    },
    /// Print test data of a running server, for JMeter's CSV Data Set.
    Export(Export),
    /// Print the requests that a running server remembers as a table, newest first.
    Requests(Requests),
    /// Write the local CA's certificate as ca.pem and as truststore.p12 for Java, and print how each client trusts it.
    Cert {
        /// Folder of the local CA, created if it does not exist. Default: `~/.local/state/gcmock`.
        #[arg(long, env = "GCMOCK_STATE_DIR", value_name = "DIR")]
        state_dir: Option<PathBuf>,
        /// Folder to write to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Serve on a free port while a command runs: `gcmock run -- COMMAND…`. The command's variables are `GCMOCK_URI`,
    /// `GCMOCK_HOST`, `GCMOCK_PORT`, `GCMOCK_CLIENT_ID` and `GCMOCK_CLIENT_SECRET`, and `GCMOCK_JMETER_ARGS` for the
    /// shipped plans. The exit code is the command's, or 99 if that is 0 and an expectation failed.
    Run(Box<Run>),
    /// Write a copy of a JMeter plan with gcmock in place of the platform's hosts, and list the differences.
    Rewrite {
        /// The plan.
        plan: PathBuf,
        /// File to write. Default: `NAME.gcmock.jmx` beside the plan.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// URL of the server.
        #[arg(long, env = "GCMOCK_URL", default_value = "http://127.0.0.1:8080")]
        url: String,
        /// Host that is rewritten beside the platform's own, such as api.example.com. Repeatable.
        #[arg(long, env = "GCMOCK_ALSO_SERVE", value_name = "HOST", value_delimiter = ',', value_parser = read_host)]
        also_serve: Vec<String>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write manual pages, one for gcmock and one for each of its commands.
    Man {
        /// Folder to write into.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Ask a running server whether it is healthy: exit code 0 if it is, else 1.
    Healthcheck(Health),
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

/// Options of a server, for every subcommand that starts one.
#[derive(Args, Clone, Debug)]
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
    /// Load the default limits too. Without it, the limits of --scenario and --limits stand alone. A limit of the
    /// same name replaces the default one.
    #[arg(long, env = "GCMOCK_WITH_DEFAULTS", value_parser = switch)]
    pub(crate) with_defaults: bool,
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
    /// Seed of random latencies. Two runs with one seed draw equal latencies.
    #[arg(long, env = "GCMOCK_SEED", value_name = "N")]
    pub(crate) seed: Option<u64>,
}

/// Options of `gcmock serve`. Each has an environment variable; order: flag, environment, default.
#[derive(Args, Clone, Debug)]
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
    /// Refuse requests whose token lacks the OAuth scope: 403 `missing.permissions`.
    #[arg(long, env = "GCMOCK_ENFORCE_SCOPES", value_parser = switch)]
    pub(crate) enforce_scopes: bool,
    /// Answer 404 to platform paths that have no handler, instead of a generic answer.
    #[arg(long, env = "GCMOCK_STRICT_PATHS", value_parser = switch)]
    pub(crate) strict_paths: bool,
    /// Number of requests that the journal keeps; 0 switches it off.
    #[arg(long, env = "GCMOCK_JOURNAL", value_name = "N", default_value_t = crate::observe::journal::DEFAULT_CAPACITY)]
    pub(crate) journal: usize,
    /// Drop a WebSocket if its peer sends nothing for this time, not even a pong.
    #[arg(long, env = "GCMOCK_SOCKET_TIMEOUT", value_name = "DURATION", default_value = "90s", value_parser = wire_time)]
    pub(crate) socket_timeout: Duration,
    /// Format of log lines on stderr.
    #[arg(long, env = "GCMOCK_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// The bounds of the server.
    #[command(flatten)]
    pub(crate) protection: Protection,
}

const UNREAD: UnreadBounds = UnreadBounds::DEFAULT;

/// The bounds that protect the server itself, apart from the emulated limits. Above a bound the answer is 503, never 429.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "The server's own protection")]
pub(crate) struct Protection {
    /// Connections that may be open at a time; more are answered 503. Default: no bound.
    #[arg(long, env = "GCMOCK_MAX_CONNECTIONS", value_name = "N")]
    pub(crate) max_connections: Option<NonZeroUsize>,
    /// Requests that may wait for their answer at a time; more are answered 503. Default: no bound.
    #[arg(long, env = "GCMOCK_MAX_IN_FLIGHT", value_name = "N")]
    pub(crate) max_in_flight: Option<NonZeroUsize>,
    /// Bytes of answers that one client may leave unread before its next request waits; a client that reads
    /// nothing of an answer for --request-timeout is disconnected.
    #[arg(long, env = "GCMOCK_MAX_UNREAD_PER_CONNECTION", value_name = "BYTES", default_value_t = UNREAD.per_connection)]
    pub(crate) max_unread_per_connection: NonZeroUsize,
    /// Bytes of answers that all clients together may leave unread before further requests wait.
    #[arg(long, env = "GCMOCK_MAX_UNREAD", value_name = "BYTES", default_value_t = UNREAD.all)]
    pub(crate) max_unread: NonZeroUsize,
    /// Bytes of request bodies in memory at a time; further bodies wait.
    #[arg(long, env = "GCMOCK_MAX_BODIES", value_name = "BYTES", default_value_t = BODIES)]
    pub(crate) max_bodies: NonZeroUsize,
    /// Largest head of a request, 8192 to 1048576; a longer one is answered 431.
    #[arg(long, env = "GCMOCK_MAX_HEAD", value_name = "BYTES", default_value_t = 65_536, value_parser = value_parser!(u32).range(8192..=1_048_576))]
    pub(crate) max_head: u32,
    /// Largest body of a request; a longer one is answered 413. The default is the platform's.
    #[arg(long, env = "GCMOCK_MAX_BODY", value_name = "BYTES", default_value_t = MAX_BODY)]
    pub(crate) max_body: usize,
    /// Time for a client to send the head of a request, and the same time again for the body.
    #[arg(long, env = "GCMOCK_REQUEST_TIMEOUT", value_name = "DURATION", default_value = "30s", value_parser = wire_time)]
    pub(crate) request_timeout: Duration,
    /// Close connections that were idle for this time, at least 75s. Default: never.
    #[arg(long, env = "GCMOCK_IDLE_TIMEOUT", value_name = "DURATION", value_parser = idle_time)]
    pub(crate) idle_timeout: Option<Duration>,
}

/// The clear-text address of the emulated platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// None.
    Nowhere,
    /// This address.
    At(SocketAddr),
}

fn listen(text: &str) -> Result<Listen, String> {
    if text == "none" {
        return Ok(Listen::Nowhere);
    }
    address::parse(text).map(Listen::At).map_err(|why| format!("{why}; or none"))
}

/// Options of `gcmock run`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Run {
    /// Expectations, TOML or JSON: `[[expect]]` with `operation`, `at_least`, `at_most`, `at_most_refusals`,
    /// `at_least_refusals`, `max_per_second`, `no_early_retries`, `retry_after_honoured`.
    #[arg(long, env = "GCMOCK_EXPECT", value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// Number of requests that the journal keeps. If the journal dropped an entry, no expectation passes.
    #[arg(long, env = "GCMOCK_JOURNAL", value_name = "N", default_value_t = crate::observe::journal::RUN_CAPACITY)]
    pub(crate) journal: usize,
    /// Write the verdicts as `JUnit` XML.
    #[arg(long, env = "GCMOCK_JUNIT", value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// The options of the server.
    #[command(flatten)]
    pub(crate) world: World,
    /// The command and its arguments, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// Reads a flag from its variable. An empty variable is false.
fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        _ => Err("expected true or false".to_owned()),
    }
}

/// Reads a duration in the format of limits files.
fn wire_time(text: &str) -> Result<Duration, String> {
    let nanos = parse_duration(text).filter(|nanos| *nanos > 0);
    nanos.map(Duration::from_nanos).ok_or_else(|| format!("expected {DURATION_EXPECTED}"))
}

/// Reads --idle-timeout. Load generators reuse connections that were idle for a minute, and report a closed one as a
/// failure.
fn idle_time(text: &str) -> Result<Duration, String> {
    const LEAST: Duration = Duration::from_secs(75);
    let least = |time: &Duration| *time >= LEAST;
    let enough = wire_time(text).ok().filter(least);
    enough.ok_or_else(|| {
        "expected at least 75s: clients reuse connections that have idled for a minute".to_owned()
    })
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Plain text.
    Text,
    /// One JSON object for each line.
    Json,
}

/// What `gcmock print` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Printed {
    /// A limits file.
    Limits,
    /// A JMeter plan.
    Plan,
    /// The JSON Schema of limits, organization or expectations files.
    Schema,
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
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// The server.
    #[command(flatten)]
    pub(crate) server: Running,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_of_serve_has_a_variable_of_its_own_name() {
        let command = Cli::command();
        let serve = command.find_subcommand("serve").expect("a subcommand");
        // Kubernetes sets the variable of --port to an URL, for every service that is called gcmock.
        for option in
            serve.get_arguments().filter(|option| option.get_id() != "help" && option.get_id() != "port")
        {
            let name = format!("GCMOCK_{}", option.get_id().as_str().to_uppercase());
            assert_eq!(option.get_env().and_then(std::ffi::OsStr::to_str), Some(name.as_str()));
        }
    }
}
