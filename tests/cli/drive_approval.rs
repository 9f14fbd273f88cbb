//! `gcmock drive` against a host that is not loopback: what it tells on the terminal, and what it takes for a yes.
//!
//! The host is 0.0.0.0. It is not in the loopback network, and on Linux it leads to this machine.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

use crate::server::{PATIENCE, Server, ended, file, gcmock, limits, signal};

/// The last line before the answer.
const QUESTION: &str = "gcmock: type yes to start.";

/// How a run on a terminal has ended.
struct Ended {
    code: Option<i32>,
    /// What was on the terminal.
    said: String,
    stdout: String,
}

/// Runs `gcmock drive` on a terminal, and types a line after the question.
fn on_a_terminal(server: &Server, typed: &'static str, arguments: &[&str]) -> Ended {
    let target = format!("http://0.0.0.0:{}", server.port());
    let outside = ["--target", &target, "--i-have-approval", "0.0.0.0", "--max-rate", "100/s"];
    let mut command = gcmock();
    command.arg("drive").args(outside).args(arguments);
    run(command, typed)
}

fn run(mut command: Command, typed: &'static str) -> Ended {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("a terminal");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other side");
    command.stdin(theirs.try_clone().expect("open")).stderr(theirs).stdout(Stdio::piped());
    let child = command.spawn().expect("starts");
    // This process has to close its copies: the terminal ends with the last one.
    drop(command);
    let (ends, end) = mpsc::channel();
    thread::spawn(move || ends.send(talk(ours.into(), typed)));
    let Ok(said) = end.recv_timeout(PATIENCE) else {
        signal(child.id(), "KILL");
        panic!("it does not end");
    };
    let output = child.wait_with_output().expect("it runs");
    Ended { code: output.status.code(), said, stdout: String::from_utf8_lossy(&output.stdout).into_owned() }
}

/// Reads a terminal to its end. An end is an error on Linux.
fn talk(mut terminal: File, typed: &str) -> String {
    let (mut said, mut bytes, mut asked) = (Vec::new(), [0; 4096], false);
    while let Ok(count @ 1..) = terminal.read(&mut bytes) {
        said.extend_from_slice(&bytes[..count]);
        if !asked && String::from_utf8_lossy(&said).contains(QUESTION) {
            asked = true;
            terminal.write_all(typed.as_bytes()).expect("open");
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// How many requests a server has answered.
fn requests(server: &Server) -> String {
    server.ask("POST", "/__admin/requests/count", &["Content-Type: application/json"], "{}").body
}

fn open_loop<'a>(rate: &'a str, length: &'a str) -> [&'a str; 6] {
    ["--rate", rate, "--for", length, "--operation", "GET /api/v2/users/me"]
}

#[test]
fn anything_but_yes_sends_nothing() {
    let server = Server::start(&["--no-latency"]);
    for typed in ["no\n", "y\n", "\n", "yes please\n", "\u{4}"] {
        let ended = on_a_terminal(&server, typed, &open_loop("10/s", "1s"));
        assert_eq!(ended.code, Some(2), "{typed:?}: {}", ended.said);
        assert!(ended.said.contains("under the default limits of gcmock: Refused: "), "{}", ended.said);
        assert!(ended.said.contains(", at most 100 requests a second."), "{}", ended.said);
        assert!(ended.said.contains(": not started"), "{}", ended.said);
    }
    assert!(requests(&server).contains("\"count\":0"), "{}", requests(&server));
}

#[test]
fn the_prediction_before_the_yes_is_under_the_limits_of_the_options_and_a_line_tells_the_progress() {
    let server = Server::start(&["--no-latency"]);
    let expected = file("drive-expected.toml", &limits("expected", 5));
    let expected = expected.to_str().expect("UTF-8");
    let more = ["--limits", expected];
    let ended = on_a_terminal(&server, "yes\n", &[&open_loop("10/s", "3s")[..], &more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let prediction = format!("gcmock: under {expected}: Refused: about 2");
    assert!(ended.said.contains(&prediction) && ended.said.contains("by expected"), "{}", ended.said);
    assert!(ended.stdout.starts_with("Sent 30 in "), "{}", ended.stdout);
    for part in [" s  ", " users  ", " sent  0 refused  p50 ", "\r\x1b[K"] {
        assert!(ended.said.contains(part), "{part:?}: {:?}", ended.said);
    }
    assert!(ended.said.ends_with("\r\x1b[K"), "the line is taken away at the end: {:?}", ended.said);
    let scenario = on_a_terminal(
        &server,
        "no\n",
        &[&open_loop("1/s", "1s")[..], &["--scenario", "messaging-tenant"]].concat(),
    );
    assert!(scenario.said.contains("gcmock: under scenario messaging-tenant: "), "{}", scenario.said);
}

#[test]
fn limits_that_are_wrong_end_before_the_question() {
    let server = Server::start(&["--no-latency"]);
    for more in [["--limits", "/nowhere/limits.toml"], ["--scenario", "nowhere"]] {
        let ended = on_a_terminal(&server, "yes\n", &[&open_loop("1/s", "1s")[..], &more].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.said);
        assert!(ended.said.contains("nowhere") && !ended.said.contains(QUESTION), "{}", ended.said);
    }
}

#[test]
fn the_first_refusal_ends_a_run_outside_this_machine_and_the_nth_if_the_option_says_so() {
    for (most, told) in [(&[][..], "1"), (&["--abort-on-429", "3"][..], "3")] {
        let server = Server::start(&["--no-latency", "--limits-toml", &limits("few", 4)]);
        let ended = on_a_terminal(&server, "yes\n", &[&open_loop("20/s", "30s")[..], most].concat());
        assert_eq!(ended.code, Some(1), "{}", ended.said);
        let stopped = format!("stopped at refusal {told}: --abort-on-429 {told}");
        assert!(ended.said.contains(&stopped), "{}", ended.said);
    }
}

#[test]
fn a_run_on_this_machine_ends_at_the_third_refusal_if_the_option_says_so() {
    let server = Server::start(&["--no-latency", "--limits-toml", &limits("few", 4)]);
    let target = format!("http://{}", server.address);
    let mut command = gcmock();
    command.arg("drive").args(open_loop("20/s", "30s")).args(["--target", &target, "--abort-on-429", "3"]);
    let output = ended(&mut command);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("stopped at refusal 3: --abort-on-429 3") && said.lines().count() == 1, "{said}");
}
