//! `gcmock report`, and the report at the end of `serve` and `run`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::server::{Server, file, folder, gcmock, limits};

const ME: &str = "/api/v2/users/me";

/// A server with a frozen clock that admits two calls of users/me in three minutes.
fn serve(name: &str, more: &[&str]) -> Server {
    let path = file(&format!("report-{name}.toml"), &limits("me", 2));
    let arguments = ["--clock", "manual=2026-03-08T00:00:00Z", "--limits", path.to_str().expect("UTF-8")];
    Server::start(&[&arguments[..], more].concat())
}

fn call(server: &Server) -> u16 {
    server.ask("GET", ME, &["Authorization: Bearer secret-hush"], "").status
}

fn advance(server: &Server, by: &str) {
    let body = json!({ "action": "advance", "by": by }).to_string();
    assert_eq!(server.ask("PUT", "/__admin/clock", &["Content-Type: application/json"], &body).status, 200);
}

fn report(arguments: &[&str]) -> Output {
    gcmock().arg("report").args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn of_server(server: &Server, arguments: &[&str]) -> String {
    let url = format!("http://{}", server.address);
    let output = report(&[&["--url", &url][..], arguments].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

const SENTENCE: &str = "Refused: 2 of 5 (40 %), first at 30.0 s, by me (tenant, 2 per 180 s). Clean would be 0.67/min for each tenant.";

/// Three calls, of which one is refused, a retry that comes too early, and one that does not.
fn rehearse(server: &Server) {
    assert_eq!([call(server), call(server)], [200; 2]);
    advance(server, "30s");
    assert_eq!(call(server), 429);
    advance(server, "60s");
    assert_eq!(call(server), 429);
    advance(server, "120s");
    assert_eq!(call(server), 200);
}

#[test]
fn a_running_server_is_reported_in_every_form() {
    let server = serve("forms", &[]);
    rehearse(&server);
    let shown = of_server(&server, &[]);
    assert_eq!(shown.lines().next(), Some(SENTENCE));
    for line in ["2 callers", "1 callers were refused. Of 2 retries, 1 came before", "GET /api/v2/users/me"] {
        assert_eq!(shown.contains(line), line != "2 callers", "{line}: {shown}");
    }
    assert!(!shown.contains("hush"), "{shown}");
    let markdown = of_server(&server, &["--format", "markdown"]);
    assert!(markdown.starts_with("### ") && markdown.contains("| limit | scope |"), "{markdown}");
    let page = of_server(&server, &["--format", "html"]);
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"), "{page}");
    let json: Value = serde_json::from_str(&of_server(&server, &["--format", "json"])).expect("JSON");
    assert_eq!(json["sentence"], SENTENCE);
    assert_eq!(
        json["totals"],
        json!({
            "offered": 5, "admitted": 3, "refused": 2, "failed": 0, "withoutStatus": 0, "errors": 0,
            "mostFrequentError": null, "firstRefusalSeconds": 30.0
        })
    );
    let limit = &json["limits"][0];
    assert_eq!(
        (&limit["name"], &limit["hits"], &limit["lowestLevelPercent"]),
        (&json!("me"), &json!(5), &json!(0.0))
    );
    assert_eq!(limit["states"].as_str().map(|states| states.contains('r')), Some(true), "{limit}");
}

#[test]
fn another_status_than_429_is_counted_as_a_refusal_if_it_is_named() {
    let rows =
        "timeStamp,elapsed,label,responseCode\n1000,5,a,200\n2000,5,a,503\n3000,5,a,503\n4000,5,a,429\n";
    let results = file("report-503.csv", rows);
    let refused = |more: &[&str]| {
        let output = report(&[&[path(&results), "--format", "json"][..], more].concat());
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (json["totals"]["refused"].clone(), json["refusedStatuses"].clone())
    };
    assert_eq!(refused(&[]), (json!(1), json!([429])));
    assert_eq!(refused(&["--refused", "503"]), (json!(2), json!([503])));
    assert_eq!(refused(&["--refused", "503", "--refused", "429"]), (json!(3), json!([503, 429])));
}

#[test]
fn the_page_is_served_where_the_other_admin_routes_are_and_asks_for_the_token() {
    let server = Server::start(&["--admin-token", "secret"]);
    for route in ["/__admin/report", "/__admin/report.json"] {
        assert_eq!(server.ask("GET", route, &[], "").status, 401, "{route}");
        let answer = server.ask("GET", route, &["Authorization: Bearer secret"], "");
        assert_eq!(answer.status, 200, "{route}");
        assert!(
            answer.head.to_ascii_lowercase().contains("content-security-policy: default-src 'none'"),
            "{}",
            answer.head
        );
    }
    let answer = server.ask("GET", "/__admin/report?format=pdf", &["Authorization: Bearer secret"], "");
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("html, text, markdown"), "{}", answer.body);
}

#[test]
fn a_reset_begins_a_new_report() {
    let server = serve("reset", &[]);
    rehearse(&server);
    assert_eq!(server.ask("POST", "/__admin/reset", &[], "").status, 204);
    assert!(of_server(&server, &[]).starts_with("No requests.\n"));
    assert_eq!(call(&server), 200);
    assert!(of_server(&server, &[]).starts_with("Nothing refused: 1 requests in "));
}

#[test]
fn a_journal_that_forgets_leaves_the_counts_of_all_requests() {
    let server = serve("forgets", &["--journal", "2"]);
    rehearse(&server);
    let json: Value = serde_json::from_str(&of_server(&server, &["--format", "json"])).expect("JSON");
    assert_eq!((&json["totals"]["offered"], &json["totals"]["refused"]), (&json!(5), &json!(2)));
    assert_eq!(json["statistics"][0]["samples"], 2);
    assert!(json["notes"].to_string().contains("the last 2 requests"), "{}", json["notes"]);
}

#[test]
fn the_ending_of_a_file_says_its_form_and_an_old_file_is_replaced() {
    let server = serve("endings", &[]);
    rehearse(&server);
    let folder = folder("report-endings");
    for (name, begin) in [
        ("a.html", "<!DOCTYPE"),
        ("a.md", "###"),
        ("a.json", "{\"title\""),
        ("a.txt", "Refused"),
        ("a", "Refused"),
    ] {
        let out = folder.join(name);
        fs::write(&out, "old").expect("written");
        assert_eq!(of_server(&server, &["-o", path(&out)]), "");
        assert!(fs::read_to_string(&out).expect("written").starts_with(begin), "{name}");
    }
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 5, "nothing else is left");
    let url = format!("http://{}", server.address);
    let output = report(&["--url", &url, "-o", "/proc/nowhere/a.html"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--out /proc/nowhere/a.html"), "{}", text(&output.stderr));
}

#[test]
fn a_journal_in_a_file_is_reported_as_the_server_was() {
    let server = serve("journal", &[]);
    rehearse(&server);
    let url = format!("http://{}", server.address);
    let journal = gcmock().args(["requests", "--json", "--url", &url]).output().expect("it runs");
    let journal = file("report-journal.json", &text(&journal.stdout));
    let output = report(&["--journal", path(&journal)]);
    assert!(
        text(&output.stdout).starts_with("Refused: 2 of 5 (40 %), first at 30.0 s, by me.\n"),
        "{output:?}"
    );
}

#[test]
fn result_files_are_reported_and_joined() {
    let head = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,sentBytes,allThreads,Latency,Connect\n";
    let row = |at: u32, code: u32, thread: &str| {
        format!("17728000{at:05},50,Send,{code},x,{thread},{},400,200,3,49,0\n", code < 400)
    };
    let one = file("report-one.jtl", &(head.to_owned() + &row(0, 200, "a") + &row(2000, 429, "a")));
    let two = file("report-two.jtl", &(head.to_owned() + &row(1000, 200, "a")));
    let output = report(&[path(&one), path(&two)]);
    let shown = text(&output.stdout);
    assert!(
        shown.starts_with("Refused: 1 of 3 (33 %), first at 2.0 s.\n"),
        "{shown}{}",
        text(&output.stderr)
    );
    assert!(shown.contains("429/Too Many Requests"), "{shown}");
}

/// A result file of a request each 50 ms, whose first are admitted. `row` is what follows the label in the others.
fn mostly(name: &str, header: &str, admitted: &str, row: &str) -> String {
    let line = |at: u64| {
        let rest = if at < 20 { admitted } else { row };
        format!("{},5,GET /api/v2/users/me,{rest}\n", 1_795_817_600_000 + 50 * at)
    };
    let rows: String = (0..100).map(line).collect();
    path(&file(name, &format!("timeStamp,elapsed,label,{header}\n{rows}"))).to_owned()
}

#[test]
fn a_run_whose_answers_are_mostly_errors_is_no_success() {
    let unavailable = mostly("report-503.jtl", "responseCode,success", "200,true", "503,false");
    let markdown = text(&report(&[&unavailable, "--format", "markdown"]).stdout);
    assert!(markdown.starts_with("### ❌ "), "{markdown:.200}");
    assert!(markdown.contains("**Failed: 80 of 100 (80 %) in 5.0 s."), "{markdown:.300}");
    assert!(markdown.contains("most often with status 503. --refused 503 counts"), "{markdown:.300}");
    let refused = text(&report(&[&unavailable, "--refused", "503"]).stdout);
    assert!(refused.starts_with("Refused: 80 of 100 (80 %)"), "{refused:.200}");
    assert!(!refused.contains("--refused"), "{refused:.200}");
    let missing = mostly("report-404.jtl", "responseCode,success", "200,true", "404,false");
    let missing = text(&report(&[&missing]).stdout);
    assert!(missing.starts_with("Failed: 80 of 100") && !missing.contains("--refused"), "{missing:.200}");
    let page = text(&report(&[&unavailable, "--format", "html"]).stdout);
    assert!(page.contains("<header class=\"refused\">"), "{page:.300}");
}

#[test]
fn failures_of_a_file_without_statuses_are_not_called_unanswered() {
    let silent = mostly("report-silent.jtl", "success", "true", "false");
    let markdown = text(&report(&[&silent, "--format", "markdown"]).stdout);
    assert!(markdown.starts_with("### ❌ "), "{markdown:.200}");
    assert!(
        markdown.contains("80 requests failed without a status, so whether they were refused is not known."),
        "{markdown:.400}"
    );
    assert!(!markdown.contains("got no answer"), "{markdown:.400}");
    let learned = gcmock().args(["learn", &silent]).output().expect("it runs");
    let learned = text(&learned.stdout);
    assert!(learned.starts_with("No limit shows: 80 requests failed, and the file"), "{learned:.300}");
}

#[test]
fn the_refusals_of_each_limit_are_not_known_from_a_result_file() {
    let results = mostly("report-compared.jtl", "responseCode", "200", "429");
    let plan = "fixtures/plans/architect-scripts.jmx";
    let text = text(&report(&[&results, "--plan", plan, "--scenario", "architect-scripts"]).stdout);
    let rows: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with("refused by ")).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.contains("not known")), "{text:.1000}");
}

#[test]
fn what_cannot_be_read_is_one_sentence_and_leaves_no_file() {
    let folder = folder("report-bad");
    let out = folder.join("report.html");
    let page = file("report-page.jtl", "<!doctype html><html></html>");
    let journal = file("report-bad-journal.json", "[\n{\"time\": 1}]");
    for (arguments, told) in [
        (vec![path(&page)], "HTML"),
        (vec!["/proc/nowhere.jtl"], "/proc/nowhere.jtl"),
        (vec!["--journal", path(&journal)], "line 2 column 10"),
        (vec!["--journal", "a", "b"], "cannot be used with"),
    ] {
        let output = report(&[&arguments[..], &["-o", path(&out)]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(told), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 0, "{arguments:?}");
    }
    let output = report(&["--url", "http://127.0.0.1:1", "-o", path(&out)]);
    assert_eq!((output.status.code(), fs::read_dir(&folder).expect("a folder").count()), (Some(2), 0));
}

#[test]
fn run_and_serve_write_it_at_their_end() {
    let folder = folder("report-end");
    let out = folder.join("run.json");
    let script =
        "curl -s -o /dev/null -H 'Authorization: Bearer any' \"$GCMOCK_URI/api/v2/users/me?n=[1-3]\"";
    let run = |out: &str| {
        gcmock().args(["run", "--report", out, "--", "sh", "-c", script]).output().expect("it runs")
    };
    let output = run(path(&out));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Value = serde_json::from_str(&fs::read_to_string(&out).expect("written")).expect("JSON");
    assert_eq!(json["totals"]["offered"], 3);
    assert!(json["source"].as_str().is_some_and(|source| source.starts_with("gcmock run -- sh -c curl")));
    assert_eq!(run("/proc/nowhere/a.html").status.code(), Some(2), "before the command runs");

    let out = folder.join("serve.html");
    let server = serve("end", &["--report", path(&out)]);
    rehearse(&server);
    let told = server.terminate().2;
    assert!(!told.contains("gcmock report"), "{told}");
    let page = fs::read_to_string(&out).expect("written");
    assert!(page.contains("<h1>Refused: 2 of 5 (40\u{a0}%), first at 30.0\u{a0}s"), "{page}");
}

#[test]
fn an_ending_that_no_form_has_is_refused() {
    let result = file("report-ending.jtl", "timeStamp,responseCode\n1795817680000,200\n");
    let out = folder("report-ending").join("report.pdf");
    let output = report(&[path(&result), "-o", path(&out)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("expected an ending of .html"), "{}", text(&output.stderr));
    assert!(!out.exists(), "nothing was written");
    assert_eq!(report(&[path(&result), "-o", path(&out), "--format", "text"]).status.code(), Some(0));
}

#[test]
fn without_a_report_the_end_of_serve_says_how_to_get_one() {
    let server = serve("offered", &[]);
    assert_eq!(call(&server), 200);
    let told = server.terminate().2;
    assert!(
        told.contains("serve --report report.html, or gcmock report -o report.html while it runs"),
        "{told}"
    );
    let quiet = serve("not-offered", &[]).terminate().2;
    assert!(!quiet.contains("--report"), "{quiet}");
}

#[test]
fn a_plan_is_predicted_beside_what_was_observed_and_its_knobs_are_named() {
    let plan = gcmock().args(["print", "plan", "messaging-tenant"]).output().expect("it runs");
    let plan = file("report-plan.jmx", &text(&plan.stdout));
    let head = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes,sentBytes,allThreads,Latency,Connect\n";
    let result =
        file("report-plan.jtl", &(head.to_owned() + "1772800000000,80,Send,202,x,a,true,400,200,3,49,0\n"));
    let scenario = ["--scenario", "messaging-tenant", "--plan", path(&plan)];
    let output = report(&[&scenario[..], &[path(&result), "--format", "json"]].concat());
    let json: Value = serde_json::from_str(&text(&output.stdout)).unwrap_or_else(|error| {
        panic!("{error}: {}", text(&output.stderr));
    });
    let refused = &json["comparison"]["rows"][1];
    assert_eq!((&refused["what"], &refused["observed"]), (&json!("refused"), &json!(0.0)));
    assert!(refused["predicted"].as_f64().is_some_and(|predicted| predicted > 4000.0), "{refused}");
    let advice = json["advice"].to_string();
    assert!(advice.contains("\"threads\"") && advice.contains("100 users"), "{advice}");

    let alone = report(&scenario);
    assert_eq!(alone.status.code(), Some(2), "a running server has no plan");
    let bad = file("report-bad-plan.jmx", "<jmeterTestPlan>");
    let bad = report(&["--plan", path(&bad), path(&result)]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(text(&bad.stderr).contains("report-bad-plan.jmx"), "{}", text(&bad.stderr));
}
