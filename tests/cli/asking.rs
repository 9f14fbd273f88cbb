//! Commands that ask a running server and then end: its health, test data, the journal.

use std::net::TcpListener;

use crate::server::{Server, file, limits};
use crate::short::{prints, run};

#[test]
fn health_is_asked_for_at_the_running_server() {
    let server = Server::start(&[]);
    let url = format!("http://{}", server.address);
    assert_eq!(prints(&["healthcheck", "--url", &url]), "healthy\n");
    let (code, stdout, _) = run(&["healthcheck"], &[("GCMOCK_URL", &url)]);
    assert_eq!((code, stdout.as_str()), (0, "healthy\n"));
}

#[test]
fn a_missing_server_is_not_healthy() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, stdout, stderr) = run(&["healthcheck", "--url", &format!("http://{free}")], &[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("cannot reach"), "{stderr}");
    let (code, _, stderr) = run(&["export", "users", "--url", &format!("http://{free}")], &[]);
    assert_eq!(code, 1, "{stderr}");
}

/// The cells of a CSV text, its header line first.
fn cells(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn test_data_is_exported_for_a_csv_data_set() {
    let server = Server::start(&[]);
    let url = format!("http://{}", server.address);
    for (what, columns) in [
        ("users", &["id", "name", "email"][..]),
        ("agents", &["id", "name", "skillGroup", "status"]),
        ("queues", &["id", "name"]),
        ("tokens", &["userId", "name", "token"]),
    ] {
        let csv = prints(&["export", what, "--csv", "--count", "3", "--url", &url]);
        let rows = cells(&csv);
        assert_eq!(rows[0], columns);
        assert_eq!(rows.len(), 4, "{csv}");
        let json = prints(&["export", what, "--count", "3", "--url", &url]);
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        for (row, object) in rows[1..].iter().zip(json.as_array().expect("a list")) {
            assert_eq!(object[columns[1]], row[1], "the same in both");
        }
    }
}

#[test]
fn an_exported_token_is_a_users_own() {
    let server = Server::start(&["--strict-auth"]);
    let url = format!("http://{}", server.address);
    let csv = prints(&["export", "tokens", "--csv", "--count", "1", "--url", &url]);
    let rows = cells(&csv);
    let me = server.ask("GET", "/api/v2/users/me", &[&format!("Authorization: Bearer {}", rows[1][2])], "");
    assert_eq!(me.status, 200, "{}", me.body);
    assert!(me.body.contains(rows[1][0]), "{}", me.body);
}

#[test]
fn another_organizations_users_are_exported_by_its_name() {
    let server = Server::start(&[]);
    let url = format!("http://{}", server.address);
    let csv = prints(&["export", "users", "--csv", "--count", "1", "--tenant", "Neighbour", "--url", &url]);
    assert!(csv.contains("@neighbour.example"), "{csv}");
    let (code, stdout, stderr) = run(&["export", "users", "--tenant", "Nobody", "--url", &url], &[]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("404") && stderr.contains("Nobody"), "{stderr}");
}

#[test]
fn the_journal_of_a_running_server_is_printed_as_a_table() {
    let limits = file("journal-table.toml", &limits("two-a-window", 1));
    let server = Server::start(&["--limits", limits.to_str().expect("UTF-8")]);
    let url = format!("http://{}", server.address);
    assert_eq!([server.asks_users_me(), server.asks_users_me()], [200, 429]);
    let table = prints(&["requests", "--url", &url]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["TIME", "STATUS", "OPERATION", "CALLER", "LIMIT", "RETRY", "AFTER", "TOOK"]);
    assert_eq!(lines.len(), 3, "{table}");
    assert_eq!((lines[1][1], lines[2][1]), ("429", "200"), "the newest first");
    assert!(table.contains("GET /api/v2/users/me") && lines[1].contains(&"two-a-window"), "{table}");
    let refused =
        prints(&["requests", "--url", &url, "--status", "4xx", "--limit", "two-a-window", "--count", "5"]);
    assert_eq!(refused.lines().count(), 2, "{refused}");
    let json = prints(&["requests", "--url", &url, "--operation", "/api/v2/users/me", "--json"]);
    let entries: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((entries.as_array().map(Vec::len), &entries[0]["status"]), (Some(2), &429.into()));
    let (code, _, told) = run(&["requests", "--url", &url, "--limit", "tow-a-window"], &[]);
    assert!(code == 1 && told.contains("Unknown limit [tow-a-window]; expected: two-a-window"), "{told}");
}

#[test]
fn answers_of_the_admin_api_are_indented_for_a_terminal() {
    let server = Server::start(&[]);
    let lines = |agent: &str, accept: &str, path: &str| {
        let headers = [format!("User-Agent: {agent}"), format!("Accept: {accept}")];
        let answer = server.ask("GET", path, &[&headers[0], &headers[1]], "");
        assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_ok(), "{}", answer.body);
        answer.body.trim_end().lines().count()
    };
    let (curl, health) = ("curl/8.5.0", "/__admin/health");
    assert!(lines(curl, "*/*", health) > 1 && lines(curl, "*/*", "/__admin/nowhere") > 1);
    assert!(lines("Java/17", "*/*", "/__admin/health?pretty") > 1);
    assert!(lines("Java/17", "*/*", "/__admin/requests?pretty&limit=1") > 1);
    assert_eq!(lines("Java/17", "*/*", health), 1);
    assert_eq!(lines(curl, "application/json", health), 1);
    assert_eq!(lines(curl, "*/*", "/__admin/health?pretty=false"), 1);
}
