//! A JMeter plan from a file, with the options that say what the plan leaves to a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use gcmock_plan::model::Plan;
use gcmock_plan::read::{self, Files, Options, Reading};

use super::args::PlanOptions;
use super::{Failure, print_err};
use crate::files;
use crate::rules::excerpt;
use crate::time::duration::parse_duration;

/// The largest plan that is read. The tree of its elements takes many times as much.
const MOST_BYTES: u64 = 64 << 20;
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
    let bytes = files::read(file, MOST_BYTES).with_context(|| shown.to_string())?;
    let text = read::decode(&bytes).map_err(|error| anyhow!("{shown}: {}", excerpt(&error.to_string())))?;
    tell_unread(file, &text, options);
    tell_unused(file, &text, options);
    read::read(&text, &options_of(options)?, folder)
        .map_err(|error| anyhow!("{shown}: {}", excerpt(&error.to_string())))
}

/// Says which properties the plan has no use for. An included plan can use any, and JMeter's own have a dot.
fn tell_unread(file: &Path, text: &str, options: &PlanOptions) {
    let is_open = text.contains("IncludeController") || text.contains("__P(${");
    let is_used = |name: &str| is_open || name.contains('.') || names(text, name);
    for (name, _) in options.property.iter().filter(|(name, _)| !is_used(name)) {
        print_err(format_args!(
            "gcmock: {}: the plan does not read the property of -J{name}",
            file.display()
        ));
    }
}

/// Says which variables of --value the plan does not have. An included plan can have any.
fn tell_unused(file: &Path, text: &str, options: &PlanOptions) {
    let is_open = text.contains("IncludeController");
    for (name, _) in options.value.iter().filter(|(name, _)| !is_open && !text.contains(name.as_str())) {
        print_err(format_args!(
            "gcmock: {}: the plan does not have the variable of --value {name}",
            file.display()
        ));
    }
}

/// Whether a text has a name as the whole of an argument: after a parenthesis or a quotation mark, which XML may write as
/// `&quot;`.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text[..at].trim_end(), text[at + name.len()..].trim_start());
        before.ends_with(['(', '"', '\'', ';']) && after.starts_with([',', ')', '"', '\'', '&'])
    })
}

fn options_of(options: &PlanOptions) -> anyhow::Result<Options> {
    Ok(Options {
        properties: options.property.iter().cloned().collect(),
        values: options.value.iter().cloned().collect(),
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
        let is_file = fs::metadata(&path).is_ok_and(|data| data.is_file());
        if is_file { files::read(&path, MOST_INCLUDED).ok() } else { None }
    }
}
