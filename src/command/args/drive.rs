//! The options of `gcmock drive`.

use std::path::PathBuf;

use clap::Args;

use super::World;
use super::plan::{PlanOptions, Rate, duration, length};
use crate::time::Nanos;

/// Options of `gcmock drive`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit code: 0, or 99 if an expectation failed; 1 for a failure of the run, 2 for wrong usage."
)]
pub(crate) struct Drive {
    /// The plan, a .jmx. Without it, --rate, --for and --operation say what is sent.
    #[arg(required_unless_present = "rate")]
    pub(crate) plan: Option<PathBuf>,
    /// URL of the server. The plan's own hosts are not used.
    #[arg(long, env = "GCMOCK_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) target: String,
    /// How the plan is read.
    #[command(flatten)]
    pub(crate) reading: PlanOptions,
    /// What is sent without a plan.
    #[command(flatten)]
    pub(crate) open: OpenLoop,
    /// Who asks.
    #[command(flatten)]
    pub(crate) tokens: Tokens,
    /// Send a refused request again after its `Retry-After`, at most nine times.
    #[arg(long)]
    pub(crate) retry: bool,
    /// The longest wait for an answer, such as 30s.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) answer_timeout: Nanos,
    /// Write each sample to a CSV file, with the columns of `JMeter`.
    #[arg(short = 'l', long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Expectations, TOML or JSON, as `gcmock run` has them.
    #[arg(long, env = "GCMOCK_EXPECT", value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// What protects a target that is not this machine.
    #[command(flatten)]
    pub(crate) safety: Safety,
    /// The limits that the target is predicted to have.
    #[command(flatten)]
    pub(crate) expected: ExpectedLimits,
}

/// The limits of the prediction that a target outside this machine needs.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ExpectedLimits {
    /// Limits of an embedded scenario, for the prediction before a target that is not this machine is loaded. Repeatable;
    /// comes before --limits.
    #[arg(long, env = "GCMOCK_SCENARIO", value_name = "NAME", value_delimiter = ',')]
    pub(crate) scenario: Vec<String>,
    /// Limits file of that prediction, in place of the default limits. Repeatable: later files layer over earlier ones.
    #[arg(long, env = "GCMOCK_LIMITS", value_name = "FILE", value_delimiter = ',')]
    pub(crate) limits: Vec<PathBuf>,
}

impl ExpectedLimits {
    /// A server with these limits.
    pub(crate) fn world(&self) -> World {
        World {
            scenario: self.scenario.clone(),
            limits: self.limits.clone(),
            clock: "system".to_owned(),
            ..World::default()
        }
    }
}

/// An open loop without a plan.
#[derive(Args, Clone, Debug)]
pub(crate) struct OpenLoop {
    /// Requests a second, such as 100/s or 6000/min, whatever the answers take.
    #[arg(long, value_name = "RATE", conflicts_with = "plan", requires_all = ["length", "operation"])]
    pub(crate) rate: Option<Rate>,
    /// The length of the run.
    #[arg(long = "for", id = "length", value_name = "TIME", value_parser = length, requires = "rate")]
    pub(crate) length: Option<Nanos>,
    /// The time in which the rate rises from 0.
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "rate")]
    pub(crate) ramp_up: Option<Nanos>,
    /// Draw the instants of the requests in place of spreading them evenly.
    #[arg(long, requires = "rate")]
    pub(crate) random: bool,
    /// The request: method and path, such as `GET /api/v2/users/me`. `WS /path` opens a WebSocket.
    #[arg(long, value_name = "OPERATION", requires = "rate")]
    pub(crate) operation: Option<String>,
    /// The body of the request, JSON.
    #[arg(long, value_name = "TEXT", requires = "rate")]
    pub(crate) body: Option<String>,
}

/// The credentials of the users.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Tokens {
    /// The token of all users, in place of the plan's.
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["token_file", "client_id"])]
    pub(crate) token: Option<String>,
    /// CSV with a column `token`, or one token a line: user n has token n, then the first again.
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    pub(crate) token_file: Option<PathBuf>,
    /// Log in with client credentials before the run.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// The secret of that client.
    #[arg(long, env = "GCMOCK_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub(crate) client_secret: Option<String>,
}

/// The bounds of a run. A target that is not on loopback needs all of them.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Safety {
    /// The host of the target, typed in full, if it is not this machine: you may load it.
    #[arg(long, value_name = "HOST", requires = "max_rate")]
    pub(crate) i_have_approval: Option<String>,
    /// The most requests a second, such as 50/s. Later requests wait.
    #[arg(long, value_name = "RATE")]
    pub(crate) max_rate: Option<Rate>,
    /// End the run at this number of refusals; 0: never. Default: 1 outside this machine, 0 on it.
    #[arg(long = "abort-on-429", value_name = "N")]
    pub(crate) abort_on_429: Option<u64>,
    /// PEM file of the authorities that the target's certificate is checked with. Default: those of this system.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}
