//! `gcmock run`: a server for one command, the exit code of the command, and the verdict over its requests.

use std::process::Output;

use crate::server::{file, gcmock};

/// Runs a shell script within `gcmock run` with these arguments before it.
fn run(arguments: &[&str], script: &str) -> Output {
    let mut command = gcmock();
    command.arg("run").args(arguments).args(["--", "sh", "-c", script]);
    command.output().expect("it runs")
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A shell command that calls users/me `calls` times.
fn calls(count: u32) -> String {
    format!(
        "for n in $(seq {count}); do curl -s -o /dev/null -H 'Authorization: Bearer any' \"$GCMOCK_URI/api/v2/users/me\"; done"
    )
}

#[test]
fn the_command_finds_the_server_and_its_exit_code_is_the_result() {
    let login = "curl -s -o /dev/null -w '%{http_code}' -u \"$GCMOCK_CLIENT_ID:$GCMOCK_CLIENT_SECRET\" \
                 -d grant_type=client_credentials \"$GCMOCK_URI/oauth/token\"; exit 7";
    let output = run(&[], login);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(7), &b"200"[..]), "{}", told(&output));
    assert_eq!(run(&[], "kill -9 $$").status.code(), Some(137));
}

#[test]
fn the_command_finds_what_jmeter_takes() {
    let script = "echo \"$GCMOCK_URI http://$GCMOCK_HOST:$GCMOCK_PORT\"; printf '%s\\n' $GCMOCK_JMETER_ARGS";
    let output = run(&[], script);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<_> = said.lines().collect();
    let (uri, same) = lines[0].split_once(' ').expect("two addresses");
    assert_eq!(uri, same);
    let port = uri.rsplit(':').next().expect("a port");
    assert_eq!(lines[1..], ["-Jhost=127.0.0.1", &format!("-Jport={port}")]);
}

#[test]
fn a_scenario_is_said_to_stand_alone_before_the_command_runs() {
    let limits = "curl -s \"$GCMOCK_URI/__admin/limits\"";
    let alone = run(&["--scenario", "architect-scripts"], limits);
    assert!(
        told(&alone).starts_with("gcmock: limits: scenario architect-scripts only ("),
        "{}",
        told(&alone)
    );
    let served = String::from_utf8_lossy(&alone.stdout);
    assert!(served.contains("architect-scripts") && !served.contains("org-app-user"), "{served}");
    let beside = run(&["--scenario", "architect-scripts", "--with-defaults"], limits);
    let served = String::from_utf8_lossy(&beside.stdout);
    assert!(served.contains("architect-scripts") && served.contains("org-app-user"), "{served}");
    assert!(!told(&beside).contains("alone"), "{}", told(&beside));
}

#[test]
fn an_expectation_that_fails_is_told_and_a_failing_command_wins() {
    let expect = file(
        "expect-run.toml",
        "[[expect]]\nname = \"few <calls>\"\noperation = \"GET /api/v2/users/me\"\nat_most = 2\n\n\
         [[expect]]\nat_least = 1\nat_most_refusals = 0\nmax_per_second = 1000\nno_early_retries = true\n",
    );
    let junit = expect.with_extension("xml");
    let paths = [&expect, &junit].map(|path| path.to_str().expect("UTF-8").to_owned());
    let arguments = ["--expect", &paths[0], "--junit", &paths[1]];
    let output = run(&arguments, &calls(3));
    assert_eq!(output.status.code(), Some(99), "{}", told(&output));
    assert!(
        told(&output).contains("FAILED  few <calls>: 3 requests, at most 2 were expected"),
        "{}",
        told(&output)
    );
    assert!(told(&output).contains("passed  expectation 2"), "{}", told(&output));
    let xml = std::fs::read_to_string(&junit).expect("written");
    assert!(xml.contains("failures=\"1\"") && xml.contains("few &lt;calls&gt;"), "{xml}");
    assert_eq!(tests(&xml), 3);
    assert_eq!(run(&arguments, &calls(2)).status.code(), Some(0));
    assert_eq!(run(&arguments, &format!("{}; exit 3", calls(3))).status.code(), Some(3));
    let xml = std::fs::read_to_string(&junit).expect("written");
    assert!(xml.contains("failures=\"2\"") && xml.contains("it ended with exit code 3"), "{xml}");
}

/// The number of tests in a report. A report that is not XML fails.
fn tests(xml: &str) -> usize {
    let is_allowed =
        |char: char| matches!(char, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{1_0000}'..);
    assert!(xml.chars().all(is_allowed), "{xml:?}");
    let report = quick_junit::Report::deserialize_from_str(xml).expect("a report");
    assert_eq!(report.test_suites.iter().map(|suite| suite.test_cases.len()).sum::<usize>(), report.tests);
    report.tests
}

#[test]
fn no_character_of_a_command_makes_a_report_that_is_no_xml() {
    let report = file("control.xml", "");
    let arguments = ["--junit", report.to_str().expect("UTF-8")];
    assert_eq!(run(&arguments, "exit 3 # \u{1}\u{7}\u{1b}[31m\u{fffe} ]]> <&\u{b}").status.code(), Some(3));
    let xml = std::fs::read_to_string(&report).expect("written");
    assert_eq!(tests(&xml), 1);
    assert!(xml.contains("]]&gt; &lt;&amp;"), "{xml}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_command_which_may_clean_up() {
    let script =
        "trap 'kill $!; echo tidied; exit 4' TERM; kill -TERM $PPID; sleep 20 >&- 2>&- & wait; exit 5";
    let output = run(&[], script);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(4), &b"tidied\n"[..]),
        "{}",
        told(&output)
    );
}

#[test]
fn nothing_passes_that_was_forgotten() {
    let expect = file("expect-forgotten.toml", "[[expect]]\nat_most_refusals = 0\n");
    let arguments = ["--expect", expect.to_str().expect("UTF-8"), "--journal", "2"];
    assert_eq!(run(&arguments, &calls(2)).status.code(), Some(0));
    let output = run(&arguments, &calls(3));
    assert_eq!(output.status.code(), Some(99));
    assert!(told(&output).contains("dropped 1 older entries: --journal"), "{}", told(&output));
}

#[test]
fn what_can_not_be_run_or_read_is_told_before_anything_is_served() {
    let report = file("not-started.xml", "");
    let nothing = gcmock().args(["run", "--junit"]).arg(&report).args(["--", "no-such-program"]).output();
    let nothing = nothing.expect("it runs");
    assert_eq!(nothing.status.code(), Some(2));
    let reported = std::fs::read_to_string(report).expect("written");
    assert!(reported.contains("<failure message=\"cannot run no-such-program"), "{reported}");
    assert!(told(&nothing).contains("cannot run no-such-program"), "{}", told(&nothing));
    let wrong = file("expect-wrong.toml", "[[expect]]\nat_mots = 2\n");
    let wrong = wrong.to_str().expect("UTF-8");
    for (path, why) in [(wrong, "at_mots"), ("/nowhere/expect.toml", "/nowhere/expect.toml")] {
        let output = run(&["--expect", path], "exit 0");
        assert_eq!(output.status.code(), Some(2));
        assert!(told(&output).contains("--expect") && told(&output).contains(why), "{}", told(&output));
    }
    assert_eq!(gcmock().arg("run").output().expect("it runs").status.code(), Some(2), "no command");
}

#[test]
fn the_command_finds_the_organizations_of_a_folder() {
    let organizations = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/organizations");
    let output = run(&["--organizations", organizations], &calls(1));
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let wrong = run(&["--organizations", "/nowhere"], "true");
    assert_eq!(wrong.status.code(), Some(2), "{}", told(&wrong));
    assert!(told(&wrong).contains("--organizations /nowhere"), "{}", told(&wrong));
}
