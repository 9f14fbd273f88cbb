//! What a target outside this machine needs before anything is sent: the prediction, and a yes.

use std::io::{IsTerminal as _, stdin};

use anyhow::anyhow;
use gcmock_plan::model::Plan;

use crate::command::args::{Rate, Safety};
use crate::command::{Failure, predict, print_err};

/// Says what the plan meets under the default limits, and asks for a yes on the terminal.
///
/// # Errors
/// Without a terminal, or with another answer.
pub(super) fn ask(url: &str, plan: &Plan, safety: &Safety) -> Result<(), Failure> {
    let refused = |why: String| Failure::Usage(anyhow!("--target {url}: {why}"));
    if !stdin().is_terminal() {
        return Err(refused("a target outside this machine needs a yes typed on a terminal".to_owned()));
    }
    let most = safety.max_rate.map_or(0.0, Rate::per_second);
    print_err(format_args!("gcmock: under the default limits of gcmock: {}", predict::sentence(plan)?));
    print_err(format_args!(
        "gcmock: the plan {:?} goes to {url}, at most {most} requests a second.",
        plan.name
    ));
    print_err("gcmock: type yes to start.");
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(|error| refused(error.to_string()))?;
    if answer.trim() == "yes" { Ok(()) } else { Err(refused("not started".to_owned())) }
}
