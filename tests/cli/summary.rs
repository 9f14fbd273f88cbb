//! The summary of `serve` and `run`: the first refusal of each limit, and a table at the end.

use serde_json::{Value, json};

use crate::server::{Server, file, gcmock, limits};

const ME: &str = "/api/v2/users/me";

fn ask(server: &Server, path: &str, bearer: &str) -> u16 {
    server.ask("GET", path, &[&format!("Authorization: Bearer {bearer}")], "").status
}

fn advance(server: &Server, by: &str) {
    let body = json!({ "action": "advance", "by": by }).to_string();
    assert_eq!(server.ask("PUT", "/__admin/clock", &["Content-Type: application/json"], &body).status, 200);
}

/// A server with a frozen clock, and limits of one call of users/me and two of users for the whole organization.
fn serve(name: &str, more: &[&str]) -> Server {
    let users = limits("users-list", 2).replace("users/me", "users");
    let path = file(&format!("{name}.toml"), &(limits("me", 1) + &users));
    let arguments = ["--clock", "manual=2026-03-08T00:00:00Z", "--limits", path.to_str().expect("UTF-8")];
    Server::start(&[&arguments[..], more].concat())
}

/// The cells of a limit's row, split where two spaces stand.
fn row<'t>(told: &'t str, limit: &str) -> Vec<&'t str> {
    let is_its = |line: &&str| line.starts_with(&format!("  {limit} ")) && !line.contains("per 3m");
    let line = told.lines().rfind(is_its).unwrap_or_else(|| panic!("no {limit} in {told}"));
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_first_refusal_of_each_limit_is_one_line_without_a_token() {
    let server = serve("first-refusal", &[]);
    for (path, expected) in [(ME, [200, 429, 429, 429]), ("/api/v2/users", [200, 200, 429, 429])] {
        assert_eq!([(); 4].map(|()| ask(&server, path, "secret-hush")), expected, "{path}");
    }
    server.tells("first refusal by users-list");
    let told = server.terminate().2;
    let lines: Vec<_> = told.lines().filter(|line| line.contains("first refusal by")).collect();
    assert_eq!(lines.len(), 2, "{told}");
    let expected = "first refusal by me (scope tenant) at 2026-03-08T00:00:00.000Z: GET /api/v2/users/me, \
                    caller pasted-token (administrator) of Rehearsal, retry after 180 s";
    assert!(lines[0].ends_with(expected), "{}", lines[0]);
    assert!(!told.contains("hush"), "{told}");
}

#[test]
fn at_its_end_it_tells_what_each_limit_did() {
    for signal in ["TERM", "INT"] {
        let server = serve(&format!("table-{signal}"), &[]);
        assert_eq!(ask(&server, ME, "any"), 200);
        advance(&server, "60s");
        assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [429; 2]);
        advance(&server, "120s");
        assert_eq!([ask(&server, ME, "any"), ask(&server, "/api/v2/users", "any")], [200; 2]);
        server.signal(signal);
        let told = server.terminate().2;
        assert!(told.contains("gcmock: 5 requests, 2 refusals: me 2\n"), "{told}");
        let first = "2026-03-08T00:01:00.000Z (+60.000 s)";
        assert_eq!(
            row(&told, "me"),
            ["me", "tenant", "4", "2", "2", first, "1 of 1", "1 of 2 retries too early"]
        );
        assert_eq!(row(&told, "users-list"), ["users-list", "tenant", "1", "1", "0", "-", "1 of 2", "-"]);
    }
}

#[test]
fn waiting_as_told_is_told_too() {
    let server = serve("honoured", &[]);
    assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [200, 429]);
    advance(&server, "180s");
    assert_eq!(ask(&server, ME, "any"), 200);
    assert_eq!(row(&server.terminate().2, "me")[7], "honoured");

    let server = serve("gives-up", &[]);
    assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [200, 429]);
    assert_eq!(row(&server.terminate().2, "me")[7], "no retries");

    let server = serve("no-journal", &["--journal", "0"]);
    assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [200, 429]);
    let told = server.terminate().2;
    assert_eq!(row(&told, "me")[7], "unknown: the journal is too small", "{told}");
    assert!(told.contains("1 refusal: me 1"), "{told}");
}

#[test]
fn a_limit_that_only_counts_and_the_adherence_check_have_their_rows() {
    let shadow = limits("me", 1) + "mode = \"shadow\"\n";
    let path = file("table-shadow.toml", &shadow);
    let server = Server::start(&["--limits", path.to_str().expect("UTF-8")]);
    assert_eq!([(); 3].map(|()| ask(&server, ME, "any")), [200; 3]);
    let json = ["Content-Type: application/json"];
    let on_break = json!({ "status": "On Break" }).to_string();
    assert_eq!(server.ask("PUT", "/__admin/agents/agent-1", &json, &on_break).status, 200);
    assert_eq!(ask(&server, "/api/v2/platform/websocket?agentId=agent-1", "any"), 429);
    let line = server.tells("first refusal by adherence (scope user)");
    assert!(line.contains("WS /api/v2/platform/websocket"), "{line}");
    let told = server.terminate().2;
    assert_eq!(row(&told, "me")[2..5], ["3", "1", "2 (shadow)"], "{told}");
    assert_eq!(row(&told, "adherence")[1..5], ["user", "-", "-", "1"], "{told}");
    assert!(told.contains("4 requests, 1 refusal: adherence 1"), "{told}");
}

#[test]
fn a_reset_begins_again() {
    let server = serve("begins-again", &[]);
    assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [200, 429]);
    server.tells("first refusal by me");
    assert_eq!(server.ask("POST", "/__admin/reset", &[], "").status, 204);
    advance(&server, "1s");
    assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [200, 429]);
    let told = server.terminate().2;
    assert_eq!(told.matches("first refusal by me").count(), 2, "{told}");
    assert!(told.contains("gcmock: 2 requests, 1 refusal: me 1\n"), "{told}");
    assert_eq!(row(&told, "me")[2..6], ["2", "1", "1", "2026-03-08T00:00:01.000Z (+0.000 s)"], "{told}");
}

#[test]
fn a_log_of_json_stays_one() {
    let server = serve("table-json", &["--log-format", "json"]);
    assert_eq!([(); 2].map(|()| ask(&server, ME, "any")), [200, 429]);
    let told = server.terminate().2;
    let (_, lines) = told.split_once("jmeter -n").expect("the banner");
    let lines: Vec<Value> = lines
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let fields: Vec<_> = lines.iter().map(|line| &line["fields"]).collect();
    assert!(
        fields[0]["message"].as_str().is_some_and(|text| text.starts_with("first refusal by me")),
        "{told}"
    );
    assert_eq!(fields[1]["message"], "2 requests, 1 refusal: me 1");
    assert_eq!(
        (&fields[2]["limit"], &fields[2]["refused"], &fields[2]["capacity"]),
        (&json!("me"), &json!(1), &json!(1))
    );
}

#[test]
fn a_server_that_was_asked_nothing_says_so_in_one_line() {
    let told = serve("nothing", &[]).terminate().2;
    assert!(told.ends_with("gcmock: no requests, no refusals\n"), "{told}");
}

#[test]
fn the_refusals_need_no_reader() {
    let path = file("unread-refusals.toml", &limits("me", 1));
    let mut command = gcmock();
    command.args(["--listen", "127.0.0.1:0", "--limits"]).arg(path);
    let server = Server::unheard(&mut command);
    assert_eq!([(); 3].map(|()| server.asks_users_me()), [200, 429, 429]);
    assert_eq!(server.terminate().0.code(), Some(0));
}

#[test]
fn run_tells_the_same_under_the_output_of_its_command() {
    let path = file("table-of-run.toml", &limits("me", 1));
    let script = "for n in 1 2 3; do curl -s -o /dev/null -H 'Authorization: Bearer secret-hush' $GCMOCK_URI/api/v2/users/me; done
                  echo the end >&2; exit 3";
    let output = gcmock().args(["run", "--limits"]).arg(path).args(["--", "sh", "-c", script]).output();
    let output = output.expect("it runs");
    let told = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{told}");
    let (_, under) = told.split_once("the end\n").expect("what the command says");
    assert!(under.starts_with("gcmock: first refusal by me (scope tenant) at "), "{told}");
    assert!(under.contains("gcmock: 3 requests, 2 refusals: me 2\n"), "{told}");
    assert_eq!(row(under, "me")[2..5], ["3", "1", "2"], "{told}");
    assert!(!told.contains("hush"), "{told}");
}
