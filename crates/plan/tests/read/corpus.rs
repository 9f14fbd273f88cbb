//! All plans below the folder that `GCMOCK_TEST_PLANS` names: each ends in a plan or in one sentence.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gcmock_plan::read::{Files, Options, decode, read};

/// Files beside a plan.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(path)).ok()
    }
}

fn plans(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            plans(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "jmx") {
            found.push(path);
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the numbers are what the test is run for by hand")]
#[expect(clippy::disallowed_methods, reason = "the time is printed, nothing depends on it")]
fn every_plan_of_a_folder_ends_in_a_plan_or_a_sentence() {
    let Ok(folder) = std::env::var("GCMOCK_TEST_PLANS") else { return };
    let (mut found, mut times, mut read_plans) = (Vec::new(), Vec::new(), 0);
    plans(Path::new(&folder), &mut found);
    found.sort();
    let options = Options { duration: Some(3_600_000_000_000), ..Options::default() };
    for path in &found {
        let files = Beside(path.parent().unwrap_or(Path::new(".")).to_owned());
        let bytes = std::fs::read(path).unwrap_or_default();
        let start = std::time::Instant::now();
        let result = decode(&bytes).and_then(|text| read(&text, &options, &files));
        times.push((start.elapsed(), path));
        match result {
            Ok((plan, reading)) => {
                read_plans += 1;
                let counts = (reading.exact.len(), reading.approximated.len(), reading.cannot.len());
                println!("{}: {} groups, {counts:?}", path.display(), plan.groups.len());
                for item in reading.approximated.iter().chain(&reading.cannot) {
                    println!(
                        "    {} {} {}: {} {:?}",
                        item.line, item.kind, item.name, item.assumed, item.option
                    );
                }
            }
            Err(error) => {
                let sentence = error.to_string();
                println!("{}: ERROR {sentence}", path.display());
                assert!(!sentence.contains('\n') && sentence.len() < 500, "{sentence}");
            }
        }
    }
    times.sort();
    let median = times.get(times.len() / 2).map_or(Duration::ZERO, |(time, _)| *time);
    println!("{read_plans} of {} plans read, median {median:?}, slowest {:?}", times.len(), times.last());
}
