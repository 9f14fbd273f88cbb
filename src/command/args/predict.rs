//! The options of `gcmock predict`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::World;
use super::plan::{PlanOptions, duration};
use crate::time::Nanos;

/// Options of `gcmock predict`.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Exit code: 0, or 2 for a wrong plan, limits file or option.")]
pub(crate) struct Predict {
    /// The plan, a .jmx. Without it, --users, --every and --operation say what is sent.
    #[arg(required_unless_present = "users")]
    pub(crate) plan: Option<PathBuf>,
    /// The limits that it meets.
    #[command(flatten)]
    pub(crate) world: World,
    /// How the plan is read.
    #[command(flatten)]
    pub(crate) reading: PlanOptions,
    /// What is sent without a plan.
    #[command(flatten)]
    pub(crate) users: WithoutPlan,
    /// What the load generator costs.
    #[command(flatten)]
    pub(crate) generator: Generator,
    /// Number of seeds with which a plan with random timers is run.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) seeds: u32,
    /// Then run the plan in real time against a server of this process, and show what it met beside the prediction.
    #[arg(long)]
    pub(crate) verify: bool,
    /// How the prediction is written. Default: by the ending of --out, which is .html, .txt or .json; else text.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Shape>,
    /// File to write. Default: stdout.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Users without a plan.
#[derive(Args, Clone, Debug)]
pub(crate) struct WithoutPlan {
    /// Number of users, for a prediction without a plan.
    #[arg(long, value_name = "N", conflicts_with = "plan", requires = "operation", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) users: Option<u32>,
    /// The time from one request of a user to its next.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) every: Nanos,
    /// The time in which the users start.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) ramp_up: Nanos,
    /// What each user sends, such as `POST /api/v2/conversations/messages`; `WS /path` opens a WebSocket once.
    #[arg(long, value_name = "OPERATION", requires = "users")]
    pub(crate) operation: Option<String>,
}

/// What the load generator and the network cost.
#[derive(Args, Clone, Debug)]
pub(crate) struct Generator {
    /// Time in which `JMeter` loads its HTTP client. It is 0 for a plan whose setUp groups send HTTP.
    #[arg(long, value_name = "TIME", default_value = "400ms", value_parser = duration)]
    pub(crate) jvm_start: Nanos,
    /// Time that `JMeter` takes to make one thread.
    #[arg(long, value_name = "TIME", default_value = "2ms", value_parser = duration)]
    pub(crate) thread_cost: Nanos,
    /// Round trip time of the network.
    #[arg(long, value_name = "TIME", default_value = "0ms", value_parser = duration)]
    pub(crate) rtt: Nanos,
    /// A load generator without any cost of its own.
    #[arg(long)]
    pub(crate) ideal: bool,
}

/// How a prediction is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// Text for a terminal, the sentence first.
    Text,
    /// JSON.
    Json,
    /// A page.
    Html,
}
