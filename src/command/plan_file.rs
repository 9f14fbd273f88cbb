//! A JMeter plan from a file, with the options that say what the plan leaves to a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use gcmock_plan::model::Plan;
use gcmock_plan::read::{self, Files, Options, Reading};

use super::Failure;
use super::args::PlanOptions;
use crate::time::duration::parse_duration;

/// The largest plan that is read.
const MOST_BYTES: u64 = 256 << 20;
/// The largest included plan or CSV file.
const MOST_INCLUDED: u64 = 64 << 20;

/// Reads a plan.
///
/// # Errors
/// What is wrong in the file, with its line, or with an option.
pub(super) fn read(file: &Path, options: &PlanOptions) -> Result<(Plan, Reading), Failure> {
    let folder =
        options.plan_folder.clone().or_else(|| file.parent().map(Path::to_owned)).unwrap_or_default();
    read_in(file, options, &Folder(folder)).map_err(Failure::Usage)
}

fn read_in(file: &Path, options: &PlanOptions, folder: &Folder) -> anyhow::Result<(Plan, Reading)> {
    let shown = file.display();
    let length = fs::metadata(file).with_context(|| shown.to_string())?.len();
    ensure!(length <= MOST_BYTES, "{shown}: a plan of more than 256 MB is not read");
    let bytes = fs::read(file).with_context(|| shown.to_string())?;
    let text = read::decode(&bytes).map_err(|error| anyhow!("{shown}: {error}"))?;
    read::read(&text, &options_of(options)?, folder).map_err(|error| anyhow!("{shown}: {error}"))
}

fn options_of(options: &PlanOptions) -> anyhow::Result<Options> {
    Ok(Options {
        properties: options.property.iter().cloned().collect(),
        conditions: named("--if", "true or false", &options.condition, |value| value.parse().ok())?,
        turns: named("--turns", "a number", &options.turns, |value| value.parse().ok())?,
        tokens: options.tokens,
        answer_times: named("--answer-time", "a time such as 40ms", &options.answer_time, parse_duration)?,
        duration: options.duration,
    })
}

/// The values of an option that is given for elements by name.
fn named<T>(
    option: &str,
    expected: &str,
    pairs: &[(String, String)],
    value_of: impl Fn(&str) -> Option<T>,
) -> anyhow::Result<BTreeMap<String, T>> {
    let read = |(name, value): &(String, String)| {
        let value =
            value_of(value).with_context(|| format!("{option} '{name}={value}': expected {expected}"))?;
        Ok((name.clone(), value))
    };
    pairs.iter().map(read).collect()
}

/// The files of a plan's folder.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.0.join(path);
        let small = fs::metadata(&path).ok().filter(|data| data.is_file() && data.len() <= MOST_INCLUDED);
        small.and_then(|_| fs::read(path).ok())
    }
}
