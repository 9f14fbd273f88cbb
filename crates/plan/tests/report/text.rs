//! The forms of text, as snapshots.

use gcmock_plan::report::Report;

use crate::run::{predicted_run, run};

#[test]
fn a_terminal_shows_the_sentence_the_traffic_and_the_tables() {
    insta::assert_snapshot!(Report::of(&predicted_run(200, 60)).text());
}

#[test]
fn a_pull_request_shows_the_sentence_and_folds_what_is_long() {
    insta::assert_snapshot!(Report::of(&predicted_run(200, 60)).markdown());
}

#[test]
fn a_clean_run_names_the_nearest_limit() {
    let mut material = run(80, 30);
    material.limits[1].would_have_refused = 0;
    insta::assert_snapshot!(Report::of(&material).text());
}

#[test]
fn programs_read_every_number() {
    let report: serde_json::Value =
        serde_json::from_str(&Report::of(&predicted_run(8, 4)).json()).expect("JSON");
    insta::assert_json_snapshot!(report);
}
