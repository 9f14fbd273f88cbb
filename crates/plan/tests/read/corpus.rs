//! Many plans, each of which ends in a prediction or in one sentence: variations of the plans of this repository, and all
//! plans below the folder that `GCMOCK_TEST_PLANS` names.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gcmock_limit::{Algorithm, Rule, RuleId, Scope, Scopes, Subject};
use gcmock_plan::model::Plan;
use gcmock_plan::predict::{self, Ask};
use gcmock_plan::read::{Files, Options, decode, read};
use gcmock_plan::simulate::{Costs, Met, Operation, System, Wait};

use crate::elements::{self, Folder};
use crate::variations::variation;

/// Plans that are made where `PROPTEST_CASES` does not say a fourth of another number. 250 cases are a thousand plans.
const PLANS: u64 = 100;
const SECOND: u64 = 1_000_000_000;
/// The longest run that is predicted.
const LONGEST: u64 = 5 * SECOND;
/// The longest sentence about a mistake.
const LONGEST_SENTENCE: usize = 500;

/// Files beside a plan.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(path)).ok()
    }
}

/// A service that counts all requests together, and takes its time: loops without a pause are not what is looked at.
struct Service;

impl System for Service {
    fn meet(&self, _: Operation<'_>) -> Met {
        let algorithm = Algorithm::TokenBucket { capacity: 20, refill: 5, period: SECOND };
        let rule = Rule::new(RuleId(0), "all", Scopes::default().with(Scope::Tenant), algorithm);
        let subject = Subject { has_tenant: true, ..Subject::default() };
        let wait = Wait::Fixed { admitted: SECOND / 10, refused: SECOND / 10 };
        Met { rules: vec![(Arc::new(rule), 1)], subjects: vec![subject], wait, ..Met::default() }
    }
}

/// How long plans took.
#[derive(Default)]
struct Times {
    reading: Vec<Duration>,
    slowest: (Duration, String),
    predicted: usize,
}

impl Times {
    /// Reads a plan and predicts it. What it ends in is one sentence.
    #[expect(clippy::disallowed_methods, reason = "the time is printed, nothing depends on it")]
    fn follow(&mut self, name: &str, bytes: &[u8], files: &dyn Files, advise: bool) {
        let begun = Instant::now();
        let read = catch_unwind(AssertUnwindSafe(|| plan(bytes, files)));
        self.reading.push(begun.elapsed());
        let read = read.unwrap_or_else(|_| panic!("{name}: reading panics"));
        let ends = read.and_then(|plan| {
            catch_unwind(AssertUnwindSafe(|| prediction(plan, advise)))
                .unwrap_or_else(|_| panic!("{name}: the prediction panics"))
        });
        self.predicted += usize::from(ends.is_ok());
        self.slowest = self.slowest.clone().max((begun.elapsed(), name.to_owned()));
        let sentence = ends.unwrap_or_else(|mistake| {
            assert!(mistake.len() < LONGEST_SENTENCE, "{name}: {mistake}");
            mistake
        });
        assert!(!sentence.trim().is_empty() && !sentence.contains('\n'), "{name}: {sentence:?}");
    }

    #[expect(clippy::print_stdout, reason = "the numbers are what the test is run for by hand")]
    fn tell(mut self) {
        self.reading.sort_unstable();
        let plans = self.reading.len();
        let median = self.reading.get(plans / 2).copied().unwrap_or_default();
        let (slowest, name) = self.slowest;
        println!(
            "{} of {plans} plans predicted, read in {median:.2?} in the median, slowest {name} in {slowest:.2?}",
            self.predicted
        );
    }
}

fn plan(bytes: &[u8], files: &dyn Files) -> Result<Plan, String> {
    let options = Options { duration: Some(LONGEST), ..Options::default() };
    let text = decode(bytes).map_err(|error| error.to_string())?;
    read(&text, &options, files).map(|(plan, _)| plan).map_err(|error| error.to_string())
}

fn prediction(plan: Plan, advise: bool) -> Result<String, String> {
    let is_short = predict::planned(&plan).is_some_and(|length| length <= LONGEST);
    let plan = if is_short { plan } else { predict::cut(&plan, LONGEST) };
    let ask = Ask { costs: Costs::MEASURED, seeds: 1, advise };
    let prediction = predict::predict(&plan, &Service, &ask);
    prediction.map(|prediction| prediction.sentence()).map_err(|error| error.to_string())
}

/// The plans below a folder.
fn plans(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(plans(&path));
        } else if path.extension().is_some_and(|kind| kind == "jmx") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The shipped plans, and those of the tests.
fn sources() -> Vec<String> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/plans");
    let all = [shipped, elements::folder()].map(|folder| plans(&folder)).concat();
    all.iter().map(|path| std::fs::read_to_string(path).expect("a plan")).collect()
}

#[test]
fn every_variation_of_a_plan_ends_in_a_prediction_or_a_sentence() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse::<u64>().ok());
    let (sources, mut times) = (sources(), Times::default());
    for number in 0..cases.map_or(PLANS, |cases| cases.saturating_mul(4)) {
        let text = variation(&sources, number);
        times.follow(&format!("variation {number}"), text.as_bytes(), &Folder, number.is_multiple_of(10));
    }
    times.tell();
}

#[test]
fn every_plan_of_a_folder_ends_in_a_prediction_or_a_sentence() {
    let Ok(folder) = std::env::var("GCMOCK_TEST_PLANS") else { return };
    let mut times = Times::default();
    for path in plans(Path::new(&folder)) {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let files = Beside(path.parent().unwrap_or(Path::new(".")).to_owned());
        times.follow(&path.display().to_string(), &bytes, &files, true);
    }
    times.tell();
}
