//! The numbers of a report, against counting by hand.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the numbers are small"
)]

use gcmock_plan::report::{Material, Moment, Report};
use gcmock_plan::results::{Outcome, Results, Sample};
use proptest::prelude::*;

use crate::run::{MILLISECOND, SECOND, START, predicted_run, run, sample};

fn report(samples: Vec<Sample>) -> Report {
    let labels = vec!["a".into(), "b".into(), "all".into()];
    Report::of(&Material {
        results: Results { labels, samples, ..Results::default() },
        ..Material::default()
    })
}

#[test]
fn the_total_is_first_and_does_not_count_transactions_twice() {
    let parent = Sample { label: 2, transaction: true, success: false, ..sample(0, 200, 900) };
    let other = Sample { label: 1, ..sample(500, 429, 1000) };
    let report = report(vec![parent, sample(0, 200, 100), other, sample(1000, 200, 300)]);
    let rows: Vec<_> = report
        .statistics
        .iter()
        .map(|row| (row.label.as_str(), row.samples, row.fail, row.average))
        .collect();
    let shown: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
    assert_eq!(
        shown,
        [
            r#"("Total", 3, 1, 466.667)"#,
            r#"("a", 2, 0, 200.0)"#,
            r#"("all", 1, 1, 900.0)"#,
            r#"("b", 1, 1, 1000.0)"#
        ]
    );
    assert_eq!((report.totals.offered, report.totals.admitted, report.totals.refused), (3, 2, 1));
    assert_eq!(report.errors.len(), 1);
    assert_eq!((report.errors[0].error.as_str(), report.errors[0].count), ("429/Too Many Requests", 1));
}

#[test]
fn a_failed_sample_is_frustrated_and_a_slow_one_is_tolerated() {
    let slow = sample(0, 200, 1500);
    let report = report(vec![sample(0, 200, 500), slow, sample(0, 500, 1), sample(0, 200, 1501)]);
    assert_eq!(report.apdex[0].apdex.to_string(), "0.375");
}

#[test]
fn admitted_and_refused_times_are_never_mixed() {
    let report = Report::of(&run(200, 60));
    let (admitted, refused) = (&report.latency.admitted, &report.latency.refused);
    assert!(admitted.max < 1000.0 && refused.overall[0] >= 1000.0);
    assert_eq!(admitted.count + refused.count, 12_000);
}

#[test]
fn the_difference_of_a_prediction_is_shown_with_its_sign() {
    let report = Report::of(&predicted_run(200, 60));
    let rows = &report.comparison.as_ref().expect("a prediction").rows;
    let refused = rows.iter().find(|row| row.what == "refused").expect("a row");
    let (difference, percent) = refused.difference().expect("both");
    assert_eq!(difference.to_string(), (report.totals.refused.cast_signed() - 950).to_string());
    assert!(percent.is_some_and(|percent| percent > 0.0));
}

#[test]
fn where_the_journal_forgot_the_counts_of_the_limits_are_used() {
    let mut material = run(10, 20);
    let moment = |second: u64| Moment {
        from: START + second * SECOND,
        to: START + (second + 1) * SECOND,
        requests: 10,
        refused: 1,
    };
    material.history = (0..20).map(moment).collect();
    material.results.samples.drain(..150);
    // Its answer would come after the last second.
    material.results.samples.pop();
    material.dropped = 150;
    let report = Report::of(&material);
    assert_eq!((report.totals.offered, report.totals.refused), (200, 20));
    assert_eq!(report.axis.points, 20, "the axis begins where the run began");
    assert!(
        report.traffic.offered.mean.iter().all(|rate| rate.is_some_and(|rate| (rate - 10.0).abs() < 1e-9))
    );
    assert!(report.notes.iter().any(|note| note.contains("the last 49 requests")), "{:?}", report.notes);
}

proptest! {
    #[test]
    fn every_request_is_in_one_bin_and_has_one_fate(
        rows in proptest::collection::vec((0_u64..3_000_000, 0_usize..4, 0_u64..3000), 1..300),
    ) {
        let fate = |(millis, fate, elapsed): &(u64, usize, u64)| Sample {
            outcome: [Outcome::Status(200), Outcome::Status(429), Outcome::Status(500), Outcome::Failed("x".into())]
                [*fate].clone(),
            ..sample(*millis, 200, *elapsed)
        };
        let mut samples: Vec<_> = rows.iter().map(fate).collect();
        samples.sort_by_key(|sample| sample.start);
        let first = samples[0].start;
        let counted = report(samples.clone());
        let width = counted.axis.seconds_per_point as u64 * SECOND;
        let end = samples.iter().map(|sample| sample.start + sample.elapsed).max().expect("one");
        for (place, offered) in counted.traffic.offered.mean.iter().enumerate() {
            let (from, to) = (first + place as u64 * width, first + (place as u64 + 1) * width);
            let naive = samples.iter().filter(|sample| (from..to).contains(&sample.start)).count();
            // The last point may be shorter than the others.
            let seconds = (to.min((end - first) / SECOND * SECOND + SECOND + first) - from) / SECOND;
            let shown = offered.expect("known") * seconds as f64;
            prop_assert!((shown - naive as f64).abs() < 0.001 * seconds as f64 + 1e-9, "{place}: {shown} of {naive}");
        }
        let refused = rows.iter().filter(|(_, fate, _)| *fate == 1).count() as u64;
        prop_assert_eq!((counted.totals.offered, counted.totals.refused), (rows.len() as u64, refused));
        let naive = samples.iter().find(|sample| sample.outcome == Outcome::Status(429));
        let naive = naive.map(|sample| (sample.start - first) / MILLISECOND);
        prop_assert_eq!(counted.totals.first_refusal_seconds.map(|first| (first * 1000.0).round() as u64), naive);
    }
}
