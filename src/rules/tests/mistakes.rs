//! Tests of refused files and their messages.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn each_mistake_is_told_with_its_line_and_what_was_expected() {
    let known = |pattern: &Pattern| !pattern.path().starts_with("/nowhere");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad_limits");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let told: Vec<String> = files
        .iter()
        .map(|file| {
            let name = file.file_name().and_then(OsStr::to_str).expect("a name");
            let loaded =
                load(&[source(name, fs::read_to_string(file).expect("a text"))], &known, &RuleIds::default());
            loaded.expect_err(name).to_string()
        })
        .collect();
    in_the_snapshots(|| insta::assert_snapshot!("it__config__bad_limits", told.join("\n\n")));
}

#[test]
fn the_mistakes_of_all_files_are_told_together() {
    let problems = load_all(&[source("a.toml", "x = 1"), source("b.toml", "y ="), source("c.toml", "z = 1")])
        .unwrap_err()
        .iter()
        .map(|problem| problem.location.to_string())
        .collect::<Vec<_>>();
    assert_eq!(problems, ["a.toml:1", "b.toml:1", "c.toml:1"]);
}

#[test]
fn mistakes_in_json_are_told_with_their_path() {
    let json = json!({
        "response": null,
        "limit": [{"name": "a", "capacity": 1.0, "match": ["GET /x", 7], "algorithm": "fixed-window"}, 3],
        "other": {},
    });
    let problems = load_json("body", &json, &|_| true, &RuleIds::default()).unwrap_err();
    in_the_snapshots(|| {
        insta::assert_snapshot!(
            "it__config__mistakes_in_json_are_told_with_their_path",
            problems.to_string()
        );
    });
    insta::assert_json_snapshot!(problems.iter().next().expect("a problem"), @r#"
    {
      "file": "body",
      "path": "other",
      "message": "unknown key `other`",
      "expected": "one of response, limit, latency, fault"
    }
    "#);
}

#[test]
fn whatever_json_is_given_nothing_panics() {
    for json in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"limit": {"limit": []}}),
        json!({"latency": [[]]}),
        json!({"fault": [7]}),
    ] {
        load_json("body", &json, &|_| true, &RuleIds::default()).unwrap_err();
    }
}

proptest! {
    #[test]
    fn no_text_makes_loading_panic(text in "(\\[\\[limit\\]\\]\n|\\[\\[fault\\]\\]\n|status = |between = |preset = |name = |scope = |\\[|\\]|\"|a|1|\n|match|=|é|\\{|\\})*") {
        let _ = load_all(&[source("x", text)]);
    }
}

#[test]
fn deep_nesting_is_refused_or_read_but_never_overflows() {
    let deep = 200_000;
    for text in [
        format!("x = {}", "[".repeat(deep)),
        format!("x = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}", "{a=".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        format!("[[{}a]]", "a.".repeat(deep)),
    ] {
        assert!(load_all(&[source("x", text)]).is_err());
    }
}
