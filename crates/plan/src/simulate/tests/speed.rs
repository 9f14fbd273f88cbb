//! The time of long runs that refuse and do not repeat, printed and not judged.

use std::time::Instant;

use super::world::{Made, messaging};
use crate::model::{Spread, Timer};
use crate::simulate::{MILLI, Options, SECOND, run};

/// `cargo test --release -p gcmock-plan --lib eight_hours_that -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "it measures, and says what it measured")]
fn eight_hours_that_refuse_and_do_not_repeat() {
    let uniform = Timer::Random { spread: Spread::Uniform, range: 1000.0, offset: 370.0 };
    let shared = Timer::Throughput { per_minute: 12_000.0, mode: crate::model::ThroughputMode::AllShared };
    for (name, threads, timers) in [
        ("drawn think times", 340, vec![uniform]),
        ("a constant timer", 340, vec![Timer::Constant(873 * MILLI)]),
        ("a shared throughput timer", 400, vec![shared]),
    ] {
        let plan = Made::new(threads, 10 * SECOND, Some(8 * 3600 * SECOND), None).sends(timers);
        let options = Options { horizon: 9 * 3600 * SECOND, ..Options::default() };
        let begun = Instant::now();
        let run = run(&plan, &messaging(), &options).expect("a plan");
        let taken = begun.elapsed();
        let per_second = run.samples / 28_800;
        eprintln!(
            "{name}: {} samples, {per_second}/s, {} refused, {} played, in {taken:.2?}",
            run.samples, run.refused, run.played
        );
    }
}
