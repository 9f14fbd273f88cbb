//! The time of a large report, printed and not judged.

use std::time::Instant;

use gcmock_plan::report::Report;

use crate::run::predicted_run;

/// `cargo test --release -p gcmock-plan --test report million -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "it measures, and says what it measured")]
fn a_report_of_a_million_samples() {
    let material = predicted_run(200, 5000);
    let begun = Instant::now();
    let report = Report::of(&material);
    let counted = begun.elapsed();
    let begun_page = Instant::now();
    let page = report.html();
    eprintln!(
        "{} samples: counted in {counted:.2?}, written in {:.2?}, {} bytes",
        material.results.samples.len(),
        begun_page.elapsed(),
        page.len()
    );
}
