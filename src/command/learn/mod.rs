//! `gcmock learn`: limits from the results of a run. `journal` makes results of a server's journal.

mod journal;

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use gcmock_plan::learn::{self, Learned, Options};
use gcmock_plan::results::{self, Results};

use super::args::{Learn, LearnFormat, ProbeFor};
use super::{Failure, output, print_out};
use crate::instance::document;
use crate::rules::{OperationCatalog, Pattern};

/// Reads the results, prints what they say of limits, and writes the limits file.
pub(super) async fn run(options: &Learn) -> Result<(), Failure> {
    if let Some(out) = &options.out {
        output::check_writable("--out", out)?;
    }
    let results = match &options.from {
        Some(url) => journal::read(url, options.admin_token.as_deref()).await?,
        None => read(&options.files)?,
    };
    let learned = learn::learn(&results, &Options { refused: options.refused.clone() });
    if let Some(out) = &options.out {
        let catalog = document::routes(None).map_err(Failure::Usage)?.catalog;
        let known = |text: &str| Pattern::parse(text).is_ok_and(|pattern| catalog.knows(&pattern));
        let text = learn::to_limits(&learned, &results, &known);
        output::write_whole("--out", out, &text)?;
    }
    print_out(&answer(options, &learned, &results)?)
}

fn answer(options: &Learn, learned: &Learned, results: &Results) -> Result<String, Failure> {
    let none =
        || Failure::Running(anyhow!("no open question is a matter of load, so there is no probe to plan"));
    match (options.plan_probe, options.format) {
        (Some(ProbeFor::Jmeter), _) => learn::to_plan(learned).ok_or_else(none),
        (Some(ProbeFor::Drive), _) => learn::to_arguments(learned).ok_or_else(none),
        (None, LearnFormat::Text) => Ok(learn::to_text(learned, results)),
        (None, LearnFormat::Json) => {
            let text = serde_json::to_string_pretty(&learn::to_json(learned, results));
            Ok(text.map_err(anyhow::Error::from)? + "\n")
        }
    }
}

/// Reads result files and joins them.
fn read(files: &[PathBuf]) -> Result<Results, Failure> {
    let read_one = |path: &PathBuf| {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        results::read(file).map_err(|error| anyhow!("{}: {error}", path.display()))
    };
    let parts: Result<Vec<Results>, anyhow::Error> = files.iter().map(read_one).collect();
    Ok(results::merge(parts.map_err(Failure::Usage)?))
}
