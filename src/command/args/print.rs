//! The options of `gcmock print`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::command::address;
use crate::command::balancer::{Node, node};

/// Options of `gcmock print`.
#[derive(Args, Debug)]
pub(crate) struct Print {
    /// What to print.
    pub(crate) what: Printed,
    /// The scenario; without one, `limits` prints the default limits. Of a schema: limits, organization or
    /// expectations. Of `faults`: the fault whose limits file is printed; without one, all are listed. Of `balancer`:
    /// haproxy, nginx or envoy.
    pub(crate) name: Option<String>,
    /// File to write, in place of stdout.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Options of `gcmock print balancer`.
    #[command(flatten)]
    pub(crate) balancer: Balanced,
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
    /// The embedded faults, for `--fault` and `preset`, or the limits file of one.
    Faults,
    /// Each operation of the platform, and whether it is answered by hand or generically, as Markdown.
    Coverage,
    /// The configuration of a balancer in front of several servers.
    Balancer,
}

/// Options of `gcmock print balancer`.
#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct Balanced {
    /// Address of a server behind the balancer, HOST:PORT. Repeatable; the first is the server that is started with
    /// --node 1. Default: 127.0.0.1:8081, 127.0.0.1:8082 and 127.0.0.1:8083. [balancer]
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', value_parser = node)]
    pub(crate) node: Vec<Node>,
    /// Address that the balancer listens on. Default: 0.0.0.0:8080. [balancer]
    #[arg(long, value_name = "ADDR", value_parser = address::parse)]
    pub(crate) listen: Option<SocketAddr>,
    /// What meets one server: the requests of a token, or those of an organization. Default: token. [balancer]
    #[arg(long, value_name = "KEY")]
    pub(crate) by: Option<By>,
}

/// What meets one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// The requests of a token.
    #[default]
    Token,
    /// The requests of an organization.
    Organization,
}
