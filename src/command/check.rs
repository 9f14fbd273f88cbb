//! `gcmock check`: validates limits files without starting anything.

use std::path::PathBuf;

use super::{Failure, print_err, print_out};
use crate::rules::{
    Config, Pattern, Problem, Problems, RuleIds, Source, default_source, load, load_part, read_source,
};

/// All files are right.
const OK: u8 = 0;
/// Wrong usage or configuration.
const WRONG: u8 = 2;

/// Validates each file, then all of them layered, over the default limits if asked. Returns the exit code. Problems
/// and warnings go to stderr, the summary to stdout.
pub(crate) fn run(
    files: &[PathBuf],
    with_defaults: bool,
    known: &dyn Fn(&Pattern) -> bool,
) -> Result<u8, Failure> {
    let report = Report::of(files, with_defaults, known);
    report.problems.iter().for_each(print_err);
    report.warnings.iter().for_each(|warning| print_err(format_args!("warning: {warning}")));
    print_out(&report.right.iter().flat_map(|line| [line, "\n"]).collect::<String>())?;
    Ok(if report.problems.is_empty() { OK } else { WRONG })
}

/// The problems, warnings and counts of the files.
#[derive(Default)]
struct Report {
    right: Vec<String>,
    warnings: Vec<Problem>,
    problems: Vec<Problem>,
}

impl Report {
    fn of(files: &[PathBuf], with_defaults: bool, known: &dyn Fn(&Pattern) -> bool) -> Self {
        let mut report = Self::default();
        let mut sources = Vec::new();
        for file in files {
            match read_source(file) {
                Ok(source) => sources.push(source),
                Err(problem) => report.problems.push(problem),
            }
        }
        let ids = RuleIds::default();
        // A fault may name a limit of another file.
        let load_one = if sources.len() > 1 || with_defaults { load_part } else { load };
        for source in &sources {
            report.add_file(source, load_one(std::slice::from_ref(source), known, &ids));
        }
        if with_defaults {
            sources.insert(0, default_source());
        }
        if sources.len() > 1 && report.problems.is_empty() {
            report.add_layered(load(&sources, known, &ids));
        }
        report
    }

    fn add_file(&mut self, source: &Source, loaded: Result<Config, Problems>) {
        match loaded {
            Ok(config) => {
                self.right.push(format!("ok: {} in {}", counted(&config), source.name));
                self.warnings.extend(config.warnings);
            }
            Err(problems) => self.problems.extend(problems.0),
        }
    }

    fn add_layered(&mut self, loaded: Result<Config, Problems>) {
        match loaded {
            Ok(config) => self.right.push(format!("ok: {} together", counted(&config))),
            Err(problems) => self.problems.extend(problems.0),
        }
    }
}

fn counted(config: &Config) -> String {
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let (limits, faults) = (config.limits.len(), config.faults.len());
    let and_faults =
        if faults == 0 { String::new() } else { format!(" and {faults} fault{}", plural(faults)) };
    format!("{limits} limit{}{and_faults}", plural(limits))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_ends_with_0_or_2() {
        let folder = std::env::temp_dir().join(format!("gcmock-check-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the test");
        let (good, bad) = (folder.join("good.toml"), folder.join("bad.toml"));
        fs::write(&good, default_source().text).expect("a file for the test");
        fs::write(&bad, "x = 1").expect("a file for the test");
        let known = |_: &Pattern| true;
        let run = |files: &[PathBuf]| run(files, false, &known).expect("stdout takes it");
        assert_eq!(run(std::slice::from_ref(&good)), 0);
        assert_eq!(run(&[good.clone(), good.clone()]), 0);
        assert_eq!(run(&[good, bad]), 2);
        assert_eq!(run(&[folder.join("missing.toml")]), 2);
        assert_eq!(run(std::slice::from_ref(&folder)), 2);
        fs::remove_dir_all(&folder).expect("removed");
    }
}
