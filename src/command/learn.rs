//! `gcmock learn`: limits from the results of a run.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use gcmock_plan::learn::{self, Learned, Options};
use gcmock_plan::results::{Outcome, Results};

use super::args::{Learn, LearnFormat, ProbeFor, Running};
use super::{Failure, client, journal, output, print_out, result_files};
use crate::instance::document;
use crate::push::delivery::address::without_secrets;
use crate::rules::{OperationCatalog, Pattern};

/// The most entries of a journal that are read; the answer to more is larger than [`client::ask`] takes.
const MOST: usize = 80_000;

/// Reads the results, prints what they say of limits, and writes the limits file.
pub(super) async fn run(options: &Learn) -> Result<(), Failure> {
    if let Some(out) = &options.out {
        let inputs: Vec<_> = options.files.iter().map(PathBuf::as_path).collect();
        output::check_writable("--out", out, &inputs)?;
    }
    let results = match &options.from {
        Some(url) => of_server(url, options.admin_token.as_deref()).await?,
        None => result_files::read(&options.files, &options.refused)?,
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

/// The journal of a running server. The adherence check and faults are not limits: what they refused is left out.
async fn of_server(url: &str, admin_token: Option<&str>) -> Result<Results, Failure> {
    let server = Running { url: url.to_owned(), admin_token: admin_token.map(str::to_owned) };
    let token = client::token_for(&server);
    let path = format!("/__admin/requests?limit={MOST}");
    let text = client::text_from(url, &path, token.as_deref()).await?;
    let url = without_secrets(url);
    let mut entries =
        journal::parse(&text).with_context(|| format!("the answer of {url} is not a journal"))?;
    entries.retain(|entry| !entry.is_not_adherent() && !entry.is_struck());
    let results = journal::results(entries).map_err(|why| anyhow!("{url}: {why}"))?;
    Ok(with_refusals(results))
}

/// The login host refuses with 400. The limit's name says that it was a limit.
fn with_refusals(mut results: Results) -> Results {
    for sample in results.samples.iter_mut().filter(|sample| sample.limit.is_some()) {
        sample.outcome = Outcome::Status(429);
    }
    results
}
