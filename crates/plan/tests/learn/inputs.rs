//! Results as other tools, spreadsheets, clocks and several engines leave them: each gives the right limits, or says in one
//! sentence what is wrong.

use std::fmt::Write;

use gcmock_plan::learn::{By, Learned, Options, learn, to_text};
use gcmock_plan::report::{Material, Report};
use gcmock_plan::results::{Outcome, Results, Sample, merge, read};

use crate::simulator::{MILLISECOND, Run, SECOND};
use crate::{Truth, bucket, expect, truth, window};

fn run() -> Results {
    Run::of(vec![bucket(50, 6, 1)], 10, (200, 1500), 60).results()
}

fn truths() -> Vec<Truth> {
    vec![truth("token bucket", 50, 6.0)]
}

fn code(sample: &Sample) -> u16 {
    if let Outcome::Status(status) = sample.outcome { status } else { 0 }
}

/// The samples as a table with these columns and this separator. `write` writes the fields of a row.
fn table(
    results: &Results,
    header: &[&str],
    separator: char,
    write: impl Fn(&Sample) -> Vec<String>,
) -> String {
    let join = |fields: Vec<String>| fields.join(&separator.to_string());
    let mut text = join(header.iter().map(|name| (*name).to_owned()).collect());
    for sample in &results.samples {
        write!(text, "\n{}", join(write(sample))).expect("a row");
    }
    text + "\n"
}

fn millis(sample: &Sample) -> String {
    (sample.start / MILLISECOND).to_string()
}

fn plain(results: &Results) -> String {
    table(results, &["timeStamp", "elapsed", "label", "responseCode", "threadName"], ',', |sample| {
        let elapsed = sample.elapsed / MILLISECOND;
        vec![
            millis(sample),
            elapsed.to_string(),
            "a".into(),
            code(sample).to_string(),
            format!("U {}", sample.thread),
        ]
    })
}

fn learned(text: &str) -> (Learned, Results) {
    let results = read(text.as_bytes()).expect("results");
    (learn(&results, &Options::default()), results)
}

/// Fails unless the report counts what the file has.
fn expect_report(results: &Results) {
    let report = Report::of(&Material::of_results(results.clone(), "result.jtl"));
    let json: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
    let refused = results.samples.iter().filter(|sample| code(sample) == 429).count() as u64;
    let totals = &json["totals"];
    let counted = [&totals["offered"], &totals["refused"]].map(serde_json::Value::as_u64);
    assert_eq!(counted, [Some(results.samples.len() as u64), Some(refused)]);
    let is_noted = |warning: &String| report.notes.contains(warning);
    assert!(results.warnings.iter().all(is_noted), "{:?}", report.notes);
}

#[test]
fn other_columns_separators_decimal_commas_and_dates_give_the_same_limit() {
    let results = run();
    let few = table(&results, &["responseCode", "timeStamp"], ',', |sample| {
        vec![code(sample).to_string(), millis(sample)]
    });
    let commas = table(&results, &["timeStamp", "elapsed", "responseCode", "allThreads"], ';', |sample| {
        let at = format!("{},{:03}", sample.start / SECOND, sample.start / MILLISECOND % 1000);
        vec![at, format!("{},5", sample.elapsed / MILLISECOND), code(sample).to_string(), "10".into()]
    });
    let dates = table(&results, &["timeStamp", "elapsed", "responseCode"], '\t', |sample| {
        let second = sample.start / SECOND - 1_795_817_680;
        let (minute, second) = (14 + (40 + second) / 60, (40 + second) % 60);
        let at = format!("2026/11/27 22:{minute:02}:{second:02}.{:03}", sample.start / MILLISECOND % 1000);
        vec![at, (sample.elapsed / MILLISECOND).to_string(), code(sample).to_string()]
    });
    for (name, text) in [("few columns", few), ("decimal commas", commas), ("dates", dates)] {
        let (learned, results) = learned(&text);
        expect(name, &learned, &truths()).expect("the limit");
        expect_report(&results);
    }
}

#[test]
fn rows_in_no_order_are_sorted_and_the_limit_is_the_same() {
    let mut results = run();
    let count = results.samples.len();
    let shuffled = (0..count).map(|index| results.samples[index * 7919 % count].clone()).collect();
    results.samples = shuffled;
    let (learned, results) = learned(&plain(&results));
    expect("unsorted", &learned, &truths()).expect("the limit");
    assert_eq!(learned.warnings, ["the rows are in no order of time; they are sorted by their start"]);
    expect_report(&results);
}

#[test]
fn a_run_without_429_says_so_with_the_least_that_a_limit_is() {
    let mut results = run();
    results.samples.retain(|sample| code(sample) != 429);
    let (learned, results) = learned(&plain(&results));
    assert!(learned.limits.is_empty() && !learned.bounds.is_empty());
    let text = to_text(&learned, &results);
    let first = format!("No limit was met: none of {} requests was refused.", results.samples.len());
    assert_eq!(text.lines().next(), Some(first.as_str()));
    expect_report(&results);
}

#[test]
fn refusals_with_another_status_are_named_with_the_option_that_counts_them() {
    let text = plain(&run()).replace(",429,", ",503,");
    let (learned, results) = learned(&text);
    let count = results.samples.iter().filter(|sample| code(sample) == 503).count();
    let expected = format!("{count} answers have the status 503; --refused 503 counts them as refusals");
    assert_eq!(learned.warnings, [expected]);
    let options = Options { refused: vec![503] };
    expect("503", &learn(&results, &options), &truths()).expect("the limit");
}

#[test]
fn a_clock_that_steps_back_is_named_with_its_line() {
    let results = run();
    let middle = results.samples.len() / 2;
    let mut stepped = results;
    for sample in &mut stepped.samples[middle..] {
        sample.start -= 5 * SECOND;
    }
    let (learned, results) = learned(&plain(&stepped));
    let line = format!("line {}: the clock goes back by ", middle + 2);
    assert!(learned.warnings[0].starts_with(&line), "{:?}", learned.warnings);
    assert_eq!(learned.warnings.len(), 1, "{:?} {:?}", learned.warnings, learned.limits);
    expect_report(&results);
}

/// The run of two engines that share the limit. The second clock is ahead.
fn engines(run: &Run, ahead: i64) -> Vec<Results> {
    let all = run.results();
    let part = |which: u32| {
        let mut part = all.clone();
        part.samples.retain(|sample| sample.thread % 2 == which);
        for sample in part.samples.iter_mut().filter(|_| which == 1) {
            sample.start = sample.start.saturating_add_signed(ahead * 1_000_000);
        }
        part
    };
    vec![part(0), part(1)]
}

#[test]
fn the_clocks_of_two_engines_are_compared_by_the_limit_that_both_met() {
    let run = Run::of(vec![window(100, 10)], 20, (200, 2000), 120);
    for (ahead, words) in [(0, "agrees"), (1234, "ahead"), (-2790, "behind"), (3_601_000, "ahead")] {
        let joined = merge(engines(&run, ahead), &[429]);
        assert_eq!(joined.warnings.len(), 1);
        assert!(joined.warnings[0].contains(words), "{ahead}: {:?}", joined.warnings);
        let learned = learn(&joined, &Options::default());
        expect(&format!("{ahead} ms"), &learned, &[truth("fixed window", 100, 10.0).by(By::All)])
            .expect("the limit");
        expect_report(&joined);
    }
}

#[test]
fn the_clocks_of_two_engines_are_compared_by_the_status_that_is_a_refusal() {
    let mut parts = engines(&Run::of(vec![window(100, 10)], 20, (200, 2000), 120), 1234);
    let refusals = parts.iter_mut().flat_map(|part| &mut part.samples).filter(|sample| !sample.success);
    refusals.for_each(|sample| sample.outcome = Outcome::Status(503));
    let joined = merge(parts.clone(), &[503]);
    assert!(joined.warnings[0].contains("ahead"), "{:?}", joined.warnings);
    let learned = learn(&joined, &Options { refused: vec![503] });
    expect("503", &learned, &[truth("fixed window", 100, 10.0)]).expect("the limit");
    let joined = merge(parts, &[429]);
    assert!(joined.warnings[0].contains("do not tell"), "{:?}", joined.warnings);
}

#[test]
fn engines_without_refusals_say_that_their_clocks_are_not_known() {
    let joined = merge(engines(&Run::of(Vec::new(), 20, (200, 2000), 30), 1500), &[429]);
    let expected = "file 2: its refusals do not tell whether its clock is that of file 1; the times of both are taken as they are";
    assert_eq!(joined.warnings, [expected]);
    let learned = learn(&joined, &Options::default());
    assert_eq!(learned.warnings, [expected]);
}
