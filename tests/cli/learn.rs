//! `gcmock learn`: limits from result files and from a journal.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::server::{Server, ended, file, folder, gcmock, limits};

/// Results of a made-up service that admits `capacity` and then `rate` a second.
fn results(name: &str, capacity: f64, rate: f64) -> PathBuf {
    let mut text = String::from("timeStamp,elapsed,label,responseCode,threadName\n");
    let (mut at, mut used, mut seed) = (0_u32, 0.0_f64, 1_u32);
    while at < 60_000 {
        seed = (seed * 1103 + 12345) % 10007;
        let step = 40 + seed % 200;
        at += step;
        used = (used - rate * f64::from(step) / 1000.0).max(0.0);
        let admitted = used + 1.0 <= capacity;
        used += if admitted { 1.0 } else { 0.0 };
        let code = if admitted { 200 } else { 429 };
        let time = 1_795_817_680_000 + u64::from(at);
        writeln!(text, "{time},5,GET /api/v2/users/{{id}},{code},user {}", at % 7).expect("a row");
    }
    file(name, &text)
}

fn learn(arguments: &[&str]) -> Output {
    gcmock().arg("learn").args(arguments).output().expect("gcmock")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_limit_is_learned_from_a_file_and_the_limits_file_is_accepted() {
    let results = results("learn-bucket.jtl", 10.0, 2.0);
    let out = folder("learn-bucket").join("learned.toml");
    let said = stdout(&learn(&[text(&results), "--out", text(&out)]));
    assert!(said.starts_with("Learned: a token bucket of 10, refilled at 2/s, over all requests"), "{said}");
    let limits = fs::read_to_string(&out).expect("a limits file");
    for line in [
        "capacity = 10",
        "refill = 2",
        "period = \"1s\"",
        "source = \"learned\"",
        "match = [\"GET /api/v2/users/*\"]",
    ] {
        assert!(limits.contains(line), "{limits}");
    }
    let checked = gcmock().arg("check").arg(&out).output().expect("gcmock check");
    assert!(checked.status.success(), "{}\n{limits}", String::from_utf8_lossy(&checked.stderr));
    assert_eq!(
        fs::read_dir(out.parent().expect("a folder")).expect("a folder").count(),
        1,
        "no part is left"
    );
}

#[test]
fn a_limit_of_handshakes_without_urls_covers_every_websocket() {
    let calls = fs::read_to_string(results("learn-calls.jtl", 10.0, 2.0)).expect("results");
    let opens =
        calls.replace("GET /api/v2/users/{id},200", "Open,101").replace("GET /api/v2/users/{id}", "Open");
    let (results, out) = (file("learn-opens.jtl", &opens), folder("learn-opens").join("learned.toml"));
    stdout(&learn(&[text(&results), "-o", text(&out)]));
    let limits = fs::read_to_string(&out).expect("a limits file");
    assert!(limits.contains("match = [\"WS /**\"]"), "{limits}");
    let checked = gcmock().arg("check").arg(&out).output().expect("gcmock check");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn the_answer_is_json_on_request() {
    let results = results("learn-json.jtl", 10.0, 2.0);
    let said = stdout(&learn(&[text(&results), "--format", "json"]));
    let answer: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(answer["limits"][0]["kind"], "token bucket");
    assert_eq!(answer["limits"][0]["capacity"], 10);
    assert_eq!(answer["fits"], true);
}

#[test]
fn a_probe_is_planned_for_jmeter_or_for_drive() {
    let results = results("learn-probe.jtl", 10.0, 2.0);
    let plan = stdout(&learn(&[text(&results), "--plan-probe"]));
    assert!(plan.contains("<OpenModelThreadGroup") && plan.contains("pause(6 s)"), "{plan}");
    let commands = stdout(&learn(&[text(&results), "--plan-probe", "drive"]));
    assert!(commands.contains("gcmock drive --rate "), "{commands}");
}

#[test]
fn the_probe_settles_the_capacity_when_drive_runs_it() {
    let first = results("learn-settle.jtl", 10.0, 2.0);
    let folder = folder("learn-settle");
    let (plan, second) = (folder.join("probe.jmx"), folder.join("probe.jtl"));
    let asks = |files: &[&str]| {
        let answer = stdout(&learn(&[files, &["--format", "json"]].concat()));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["limits"][0]["kind"], "token bucket", "{answer}");
        let questions = answer["questions"].as_array().expect("a list").clone();
        let of_capacity =
            |asked: &Value| asked["question"].as_str().is_some_and(|text| text.contains("capacity"));
        questions.iter().any(of_capacity)
    };
    assert!(asks(&[text(&first)]));
    fs::write(&plan, stdout(&learn(&[text(&first), "--plan-probe"]))).expect("a plan");
    let bucket =
        limits("me", 10).replace("fixed-window", "token-bucket").replace("\"3m\"", "\"1s\"\nrefill = 2");
    let server = Server::start(&["--no-latency", "--limits-toml", &bucket]);
    let target = format!("http://{}", server.address);
    let mut drive = gcmock();
    drive.args(["drive", text(&plan), "-Jtoken=any", "--target", &target, "-l", text(&second)]);
    assert!(stdout(&ended(&mut drive)).starts_with("Sent 3"), "two bursts of 17");
    assert!(!asks(&[text(&first), text(&second)]));
}

#[test]
fn limits_that_do_not_fit_are_comments() {
    // A window of three seconds, whose capacity is another one each time.
    let mut rows = String::from("timeStamp,responseCode\n");
    let (mut seed, mut window, mut used) = (1_u64, 0, 0);
    for row in 0_u64..600 {
        seed = (seed * 1103 + 12345) % 10007;
        let at = row * 97 + seed % 89;
        used = if at / 3000 == window { used } else { 0 };
        window = at / 3000;
        let admitted = used < 3 + (window * window * 7 + window * 3) % 23;
        used += u64::from(admitted);
        writeln!(rows, "{},{}", 1_795_817_680_000 + at, if admitted { 200 } else { 429 }).expect("a row");
    }
    let (results, out) = (file("learn-none.jtl", &rows), folder("learn-none").join("learned.toml"));
    let said = stdout(&learn(&[text(&results), "-o", text(&out)]));
    assert!(said.starts_with("No kind of limit that is known here fits. The nearest: "), "{said}");
    let limits = fs::read_to_string(&out).expect("a limits file");
    assert!(limits.contains("# [[limit]]") && !limits.contains("\n[[limit]]"), "{limits}");
    let checked = gcmock().arg("check").arg(&out).output().expect("gcmock check");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn without_refusals_the_bounds_are_told() {
    let results = file("learn-bounds.jtl", "timeStamp,responseCode\n1795817680000,200\n1795817680100,200\n");
    let said = stdout(&learn(&[text(&results)]));
    assert!(said.starts_with("No limit was met: none of 2 requests was refused.\n"), "{said}");
    assert!(said.contains("A limit for each 1 s is at least 2"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence_and_exit_code_2() {
    let page = file("learn-page.jtl", "<html><body>Sign in</body></html>");
    let totals = file("learn-totals.csv", "Type,Name,Request Count\nGET,/,1\n");
    let broken = file("learn-broken.jtl", "timeStamp,elapsed,responseCode\n1,x,200\n1,1,200\n");
    let missing = PathBuf::from("no-such.jtl");
    for (path, why) in [
        (&page, "learn-page.jtl: the file is an HTML page"),
        (&totals, "learn-totals.csv: line 1: this is a table of totals"),
        (&broken, "learn-broken.jtl: line 2: the elapsed time is \"x\""),
        (&missing, "cannot open no-such.jtl"),
    ] {
        let out = folder("learn-bad").join("learned.toml");
        let output = learn(&[text(path), "-o", text(&out)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.lines().count() == 1, "{said}");
        assert!(!out.exists(), "no half-written file");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_exit_code_1() {
    let results = results("learn-full.jtl", 10.0, 2.0);
    let output = learn(&[text(&results), "-o", "/dev/full"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/dev/full"));
}

#[test]
fn the_journal_of_a_running_server_is_read() {
    let path = file("learn-journal.toml", &limits("calls", 5));
    let server = Server::of(
        gcmock().args(["serve", "--listen", "127.0.0.1:0", "--clock", "manual", "--limits"]).arg(path),
    );
    for _ in 0..20 {
        server.asks_users_me();
    }
    let said = stdout(&learn(&["--from", &format!("http://{}", server.address), "--format", "json"]));
    let answer: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&answer["samples"], &answer["refused"]), (&20.into(), &15.into()), "{said}");
}

#[test]
fn a_server_that_is_not_there_or_not_gcmock_is_one_sentence_and_exit_code_2() {
    let page = page_server();
    for (command, option) in [("learn", "--from"), ("report", "--url")] {
        for (url, why) in
            [("http://127.0.0.1:9", "cannot reach"), (&page, "answers HTML (status 404 Not Found)")]
        {
            let output = ended(gcmock().args([command, option, url]));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{command}: {said}");
            assert!(said.contains(why) && said.lines().count() == 1, "{command}: {said}");
        }
    }
}

/// The URL of a server that answers each request with a page for people.
fn page_server() -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let page = "<!DOCTYPE html>\n<html>\n<body>not here</body>\n</html>\n";
            let _ = write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    format!("http://{address}")
}

#[test]
fn a_file_that_is_given_twice_is_refused() {
    let results = results("learn-twice.jtl", 10.0, 2.0);
    let output = learn(&[text(&results), text(&results)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("learn-twice.jtl is given twice"), "{said}");
}
