//! `gcmock predict`: what a plan meets, without a server.

use std::fs;

use crate::server::{ended, folder, gcmock};

fn predicted(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = ended(gcmock().arg("predict").args(arguments));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let (code, out, err) = predicted(&[arguments, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).expect("JSON")
}

/// The clean values of a knob.
fn values(prediction: &serde_json::Value, knob: &str) -> Vec<u64> {
    let advice = prediction["advice"].as_array().expect("a list");
    advice.iter().filter(|value| value["knob"] == knob).filter_map(|value| value["value"].as_u64()).collect()
}

/// The refusals of all limits and of the adherence check.
fn refusals_by_cause(prediction: &serde_json::Value) -> u64 {
    let limits = prediction["byLimit"].as_array().expect("a list");
    let refused = |of: &serde_json::Value| of.as_u64().expect("a count");
    limits.iter().map(|limit| refused(&limit["refused"])).sum::<u64>() + refused(&prediction["notAdherent"])
}

#[test]
fn each_shipped_plan_is_predicted_as_a_real_jmeter_ran_it() {
    // The refusals of an unstarved JMeter 5.6.3, and those of exact arithmetic.
    let scenarios = [
        ("messaging-tenant", vec!["-Jduration=27"], 4999, 921..=1001),
        ("wem-availability", vec![], 5000, 3440..=3480),
        ("architect-scripts", vec![], 150, 60..=61),
        ("byoc-websocket", vec![], 200, 88..=91),
    ];
    for (scenario, properties, samples, refused) in scenarios {
        let plan = format!("fixtures/plans/{scenario}.jmx");
        let arguments: Vec<_> = ["--scenario", scenario, &plan].into_iter().chain(properties).collect();
        let prediction = json(&arguments);
        assert_eq!(prediction["bySampler"][0]["samples"], samples, "{scenario}: {}", prediction["sentence"]);
        let count = prediction["refused"].as_u64().expect("a count");
        assert!(refused.contains(&count), "{scenario}: {}", prediction["sentence"]);
        assert_eq!(refusals_by_cause(&prediction), count, "{scenario}: {}", prediction["sentence"]);
    }
}

#[test]
fn a_prediction_has_the_keys_that_programs_read() {
    let prediction = json(&["--scenario", "architect-scripts", "fixtures/plans/architect-scripts.jmx"]);
    for key in ["samples", "refused", "firstRefusalSeconds", "byLimit", "bySampler", "advice", "read"] {
        assert!(prediction.get(key).is_some(), "{key}");
    }
    let limit = &prediction["byLimit"][0];
    assert_eq!((&limit["limit"], &limit["refused"]), (&"architect-scripts".into(), &prediction["refused"]));
    assert!(
        limit["firstRefusalSeconds"].as_f64().is_some_and(|first| (4.5..5.5).contains(&first)),
        "{limit}"
    );
    for key in ["exact", "approximated", "cannot"] {
        assert!(prediction["read"][key].is_array(), "{key}");
    }
    let ramp = values(&prediction, "rampUp");
    assert!(ramp.iter().all(|value| (31..=32).contains(value)) && !ramp.is_empty(), "{ramp:?}");
}

#[test]
fn a_refusal_is_of_a_limit_or_of_the_adherence_check() {
    let plan = "fixtures/plans/byoc-websocket.jmx";
    let prediction = json(&["--scenario", "byoc-websocket", plan, "-Jagents=agent-", "--ideal"]);
    assert_eq!(prediction["refused"], 91);
    assert_eq!((&prediction["byLimit"][0]["refused"], &prediction["notAdherent"]), (&83.into(), &8.into()));
    assert_eq!(refusals_by_cause(&prediction), 91);
}

#[test]
fn users_are_predicted_without_a_plan() {
    let operation = "POST /api/v2/conversations/messages";
    let arguments = [
        "--scenario",
        "messaging-tenant",
        "--users",
        "200",
        "--every",
        "1s",
        "--operation",
        operation,
        "--ideal",
    ];
    let prediction = json(&arguments);
    assert_eq!((&prediction["samples"], &prediction["refused"]), (&12000.into(), &4501.into()));
    assert_eq!(values(&prediction, "threads"), [100, 124]);
    let (code, out, _) = predicted(&arguments);
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("Refused: about 4,501 of 12,000 (38 %), first at 15.0 s, by messaging-send"),
        "{out}"
    );
}

#[test]
fn a_page_is_written_as_a_whole_or_not_at_all() {
    let folder = folder("predict");
    let page = folder.join("prediction.html");
    let shown = page.display().to_string();
    let arguments =
        ["--scenario", "architect-scripts", "fixtures/plans/architect-scripts.jmx", "--format", "html"];
    let (code, out, err) = predicted(&[&arguments[..], &["-o", &shown]].concat());
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    let text = fs::read_to_string(&page).expect("a page");
    assert!(
        text.starts_with("<!DOCTYPE html>") && text.contains("<svg") && text.contains("Clean:"),
        "{text:.300}"
    );
    let missing = folder.join("no/folder/page.html").display().to_string();
    let (code, _, err) = predicted(&[&arguments[..], &["-o", &missing]].concat());
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("--out") && err.contains("page.html"), "{err}");
}

#[test]
fn the_ending_of_a_file_says_the_form_unless_an_option_does() {
    let folder = folder("predict-endings");
    let plan = ["--scenario", "architect-scripts", "fixtures/plans/architect-scripts.jmx", "--ideal"];
    let written = |name: &str, more: &[&str]| {
        let file = folder.join(name);
        let file = file.to_str().expect("UTF-8");
        let (code, _, err) = predicted(&[&plan[..], &["-o", file], more].concat());
        (code, fs::read_to_string(file).unwrap_or(err))
    };
    for (name, more, begin) in [
        ("a.html", &[][..], "<!DOCTYPE html>"),
        ("a.JSON", &[], "{"),
        ("a.txt", &[], "Refused: "),
        ("a", &[], "Refused: "),
        ("b.html", &["--format", "json"], "{"),
        ("a.md", &["--format", "text"], "Refused: "),
    ] {
        let (code, text) = written(name, more);
        assert!(code == Some(0) && text.starts_with(begin), "{name}: {text:.100}");
    }
    let (code, why) = written("a.pdf", &[]);
    assert_eq!(code, Some(2));
    assert!(why.contains("expected an ending of .html, .txt or .json, or --format"), "{why}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_sentence_and_code_1() {
    let plan = ["--scenario", "architect-scripts", "fixtures/plans/architect-scripts.jmx"];
    for format in ["text", "json", "html"] {
        let (code, _, err) = predicted(&[&plan[..], &["--format", format, "-o", "/dev/full"]].concat());
        assert_eq!((code, err.lines().count()), (Some(1), 1), "{err}");
        assert!(err.contains("--out /dev/full: No space left"), "{err}");
    }
}

#[test]
fn a_plan_that_no_value_helps_is_told_without_advice_that_is_refused() {
    // Each user sends two requests at once, and one is admitted in an hour.
    let limits = "[[limit]]\nname = \"one\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\n\
                  match = [\"GET /api/v2/users/me\"]\nalgorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"1h\"\n";
    let users = ["--users", "3", "--every", "1s", "--duration", "60s", "--ideal"];
    let operation = ["--operation", "GET /api/v2/users/me", "--limits-toml", limits];
    let prediction = json(&[&users[..], &operation].concat());
    assert_eq!((&prediction["samples"], &prediction["refused"]), (&180.into(), &179.into()));
    let advice = prediction["advice"].as_array().expect("a list");
    assert!(advice.iter().all(|advice| advice["value"] != 0), "{prediction}");
    let (code, out, _) = predicted(&[&users[..], &operation].concat());
    assert_eq!(code, Some(0));
    assert!(out.starts_with("Refused: about 179 of 180"), "{out}");
}

#[test]
fn a_wrong_plan_or_option_is_one_sentence_and_code_2() {
    let folder = folder("predict-wrong");
    let broken = folder.join("broken.jmx");
    fs::write(&broken, "<jmeterTestPlan>\n<hashTree>").expect("a file for the test");
    let broken = broken.display().to_string();
    for (arguments, said) in [
        (vec![broken.as_str()], "broken.jmx: line "),
        (vec!["no-such-plan.jmx"], "no-such-plan.jmx"),
        (vec!["--users", "5", "--operation", "nonsense"], "expected a method and a path"),
        (vec!["--users", "5", "--operation", "GET /api/v2/users/me", "--scenario", "none"], "none"),
        (vec!["--users", "5", "--operation", "GET /api/v2/users/me", "--duration", "0s"], "a run takes time"),
        (vec!["plan.jmx", "--tokens", "0"], "0 is not in 1.."),
    ] {
        let (code, out, err) = predicted(&arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

#[test]
fn a_property_that_the_plan_does_not_read_is_told() {
    let plan = "fixtures/plans/architect-scripts.jmx";
    let (code, _, err) = predicted(&["--scenario", "architect-scripts", plan, "-Jthread=5", "-JrampUp=40"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(err.trim_end(), format!("gcmock: {plan}: the plan does not read the property of -Jthread"));
}

#[test]
fn a_run_in_real_time_is_shown_beside_its_prediction() {
    let operation = "POST /api/v2/conversations/messages";
    let users = ["--users", "12", "--every", "1500ms", "--ramp-up", "0s", "--duration", "2s", "--ideal"];
    let arguments =
        [&["--scenario", "messaging-digital", "--verify", "--operation", operation], &users[..]].concat();
    let prediction = json(&arguments);
    // Ten connections are admitted, and two users are refused twice.
    for run in [&prediction, &prediction["observed"]] {
        assert_eq!((&run["samples"], &run["refused"]), (&24.into(), &4.into()), "{prediction}");
    }
    assert!(prediction["observed"]["firstRefusalSeconds"].is_number());
}
