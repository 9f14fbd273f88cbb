//! `gcmock find`: the largest or smallest value without a refusal, by runs of a command.

use std::process::Output;

use crate::server::{ended, gcmock, limits};

/// Runs a shell script that calls users/me, with `{}` in it.
fn find(arguments: &[&str], script: &str) -> Output {
    let limits = limits("me", 5);
    let mut command = gcmock();
    command.args(["find", "--no-latency", "--limits-toml", &limits]).args(arguments);
    ended(command.args(["--", "sh", "-c", script]))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const CALLS: &str = "for n in $(seq {}); do curl -s -o /dev/null -H 'Authorization: Bearer any' \"$GCMOCK_URI/api/v2/users/me\"; done";

#[test]
fn the_largest_value_without_a_refusal_is_found_and_its_neighbours_are_tried() {
    let output = find(&["--value", "1..20"], CALLS);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.starts_with("The largest value without a refusal is 5. 6: 1 of 6 requests refused, first at "),
        "{said}"
    );
    assert!(said.contains(", by me"), "{said}");
    let tried = text(&output.stderr);
    assert!(tried.contains("gcmock: 20: 15 of 20 requests refused"), "{tried}");
    for neighbour in ["gcmock: 4: no refusal of 4 requests", "gcmock: 6: 1 of 6"] {
        assert!(tried.contains(neighbour), "{neighbour}: {tried}");
    }
}

#[test]
fn the_smallest_value_is_found_and_told_as_json() {
    let script = CALLS.replace("seq {}", "seq $((12 - {}))");
    let output = find(&["--value", "1..11", "--smallest", "--format", "json"], &script);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((json["value"].as_u64(), json["kind"].as_str()), (Some(7), Some("smallest")), "{json}");
    let tried = json["tried"].as_array().expect("a list");
    let six = tried.iter().find(|trial| trial["value"] == 6).expect("the neighbour");
    assert_eq!(
        (six["refused"].as_u64(), six["byLimit"][0]["limit"].as_str()),
        (Some(1), Some("me")),
        "{six}"
    );
    assert!(six["firstRefusalSeconds"].is_number());
}

#[test]
fn a_range_that_is_refused_or_clean_everywhere_is_told() {
    let refused = find(&["--value", "6..9"], CALLS);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stdout), "Every value from 6 to 9 is refused.\n");
    let clean = find(&["--value", "1..3"], CALLS);
    assert_eq!(
        text(&clean.stdout),
        "The largest value without a refusal is 3: no value from 1 to 3 is refused.\n"
    );
}

#[test]
fn a_command_that_does_not_start_is_one_sentence_and_code_2() {
    let mut command = gcmock();
    let output = ended(command.args(["find", "--value", "1..3", "--", "/nowhere/load-tool", "{}"]));
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("cannot run /nowhere/load-tool"), "{said}");
    for value in ["1.5..3", "a..b", "3", "1..99999999999999999999"] {
        let output = find(&["--value", value], CALLS);
        assert_eq!(output.status.code(), Some(2), "{value}");
        assert!(text(&output.stderr).contains("expected two integers"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_command_that_cannot_be_judged_is_told() {
    for (arguments, script, code, why) in [
        (&["--value", "1..3"][..], "exit 0", 2, "the command has no {}"),
        (&["--value", "3..1"], "exit {}", 2, "the smaller one first"),
        (&["--value", "1..3"], "exit {}", 1, "sends no request to this server, and ends with 3"),
    ] {
        let output = find(arguments, script);
        assert_eq!(output.status.code(), Some(code), "{script}");
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}
