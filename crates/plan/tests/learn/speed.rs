//! The time that learning takes, printed and not judged.

use std::time::Instant;

use gcmock_plan::learn::{Options, learn};

use crate::bucket;
use crate::simulator::{Run, SECOND};

/// `cargo test --release -p gcmock-plan --test learn fifteen -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "it measures, and says what it measured")]
fn fifteen_thousand_rows() {
    let labels = vec![
        ("GET /api/v2/users", vec![0]),
        ("GET /api/v2/users/{id}", vec![0]),
        ("GET /api/v2/routing/queues", vec![0]),
        ("POST /api/v2/conversations/messages", vec![0]),
    ];
    let runs = [
        ("a bucket", Run::of(vec![bucket(500, 30, 1)], 60, (400, 2000), 310)),
        ("a counter, which nothing fits", counter()),
        (
            "a bucket and refusals at random, which nothing fits",
            Run { shed: 5, ..Run::of(vec![bucket(8000, 50, 1)], 200, (400, 2000), 100) },
        ),
        ("a counter of four labels and tokens", Run { labels, users_of_a_token: 5, ..counter() }),
    ];
    for (name, run) in runs {
        let results = run.results();
        let begun = Instant::now();
        let learned = learn(&results, &Options::default());
        let taken = begun.elapsed();
        eprintln!(
            "{name}: {} rows, {} refused, fits: {}, in {taken:.2?}",
            learned.rows, learned.refused, learned.fits
        );
    }
}

fn counter() -> Run {
    Run { counter: Some((300, 30 * SECOND)), ..Run::of(Vec::new(), 20, (200, 2000), 900) }
}
