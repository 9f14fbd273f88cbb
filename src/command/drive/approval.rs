//! What a target outside this machine needs before anything is sent: what is going to be sent, and a yes.

use std::io::{IsTerminal as _, stdin};

use anyhow::{bail, ensure};
use gcmock_plan::model::{Plan, Start};

use crate::command::args::{Rate, Safety};
use crate::command::print_err;

/// Says what is going to be sent, and asks for a yes on the terminal.
///
/// # Errors
/// Without a terminal, or with another answer.
pub(super) fn ask(url: &str, plan: &Plan, safety: &Safety) -> anyhow::Result<()> {
    ensure!(
        stdin().is_terminal(),
        "--target {url}: a target outside this machine needs a yes typed on a terminal"
    );
    let most = safety.max_rate.map_or(0.0, Rate::per_second);
    print_err(format_args!("gcmock: {} to {url}, at most {most} requests a second.", offered(plan)));
    print_err("gcmock: type yes to start.");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { bail!("not started") }
}

/// What a plan offers, in words.
fn offered(plan: &Plan) -> String {
    let threads: u64 = plan.groups.iter().map(|group| threads(&group.start)).sum();
    format!("the plan {:?} sends requests of up to {threads} users", plan.name)
}

fn threads(start: &Start) -> u64 {
    match start {
        Start::Threads { threads, .. } | Start::Stepping { threads, .. } => u64::from(*threads),
        Start::Ultimate(rows) => rows.iter().map(|row| u64::from(row.threads)).sum(),
        Start::Concurrency { target, .. } => u64::from(*target),
        Start::Arrivals { concurrency, .. } => u64::from(concurrency.unwrap_or(1)),
        Start::OpenModel { .. } => 1,
    }
}
