//! Limits that charge refused requests too, beside a limit that refuses retries.

use gcmock_limit::Rule;
use gcmock_plan::learn::{to_json, to_limits, to_text};

use crate::simulator::Run;
use crate::{Truth, bucket, expect, learned, second, truth, window};

/// A tight bucket whose refused users try again soon, and a limit that counts those tries.
fn run(counting: Rule, seconds: u64) -> Run {
    let counting = Rule { count_refused: true, ..second(counting) };
    Run::of(vec![bucket(20, 4, 1), counting], 10, (100, 1200), seconds)
}

fn window_of_quota() -> (Run, [Truth; 2]) {
    let truths = [truth("token bucket", 20, 4.0), truth("fixed window that counts refusals", 600, 60.0)];
    (run(window(600, 60), 300), truths)
}

#[test]
fn a_window_that_counts_refused_requests_is_learned_beside_another_limit() {
    let mut failures = Vec::new();
    for (jitter, seed) in [(0, 1), (15, 2)] {
        let (run, truths) = window_of_quota();
        let learned = learned(&Run { seed, ..run }.jitter(jitter));
        failures.extend(expect(&format!("jitter {jitter}, seed {seed}"), &learned, &truths).err());
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

#[test]
fn what_counts_refused_requests_is_told_and_written() {
    let (run, _) = window_of_quota();
    let (results, learned) = (run.results(), learned(&run));
    let text = to_text(&learned, &results);
    let told = "a fixed window of 600 in 60 s, opened by its first request, refused requests counted too";
    assert!(text.contains(told), "{text}");
    let file = to_limits(&learned, &results, &|_| true);
    let tables: Vec<&str> = file.split("[[limit]]").skip(1).collect();
    let counting: Vec<bool> = tables.iter().map(|table| table.contains("count_refused = true\n")).collect();
    let fixed: Vec<bool> =
        tables.iter().map(|table| table.contains("algorithm = \"fixed-window\"")).collect();
    assert_eq!((tables.len(), counting), (2, fixed), "{file}");
    let json = to_json(&learned, &results);
    let counted =
        json["limits"].as_array().expect("limits").iter().filter(|limit| limit["countsRefused"] == true);
    assert_eq!(counted.count(), 1, "{json}");
}
