//! What a target outside this machine needs before anything is sent: the prediction, and a yes.

use std::io::{IsTerminal as _, stdin};

use anyhow::anyhow;
use gcmock_plan::model::Plan;

use crate::command::args::{Drive, Rate};
use crate::command::{Failure, banner, predict, print_err};

/// Says what the plan meets under the limits of the options, and asks for a yes on the terminal.
///
/// # Errors
/// Without a terminal, with limits that are wrong, or with another answer.
pub(super) fn ask(url: &str, plan: &Plan, options: &Drive) -> Result<(), Failure> {
    let refused = |why: String| Failure::Usage(anyhow!("--target {url}: {why}"));
    if !stdin().is_terminal() {
        return Err(refused("a target outside this machine needs a yes typed on a terminal".to_owned()));
    }
    let most = options.safety.max_rate.map_or(0.0, Rate::per_second);
    let world = options.expected.world();
    let (limits, met) = (banner::layer_names(&world), predict::sentence(plan, &world)?);
    let limits = if limits.is_empty() { "the default limits of gcmock" } else { &limits };
    print_err(format_args!("gcmock: under {limits}: {met}"));
    print_err(format_args!(
        "gcmock: the plan {:?} goes to {url}, at most {most} requests a second.",
        plan.name
    ));
    print_err("gcmock: type yes to start.");
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(|error| refused(error.to_string()))?;
    if answer.trim() == "yes" { Ok(()) } else { Err(refused("not started".to_owned())) }
}
