//! The server's own bounds: above them the answer is 503, never 429, and the operator is never refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::server::{Answer, Server, file, gcmock};

const WHO: &str = "GET /api/v2/users/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n\r\n";

/// A connection that stays open, and the status of its first answer.
fn asks(server: &Server) -> (TcpStream, String) {
    let mut stream = server.connect();
    stream.write_all(WHO.as_bytes()).expect("open");
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("an answer");
    (stream, String::from_utf8_lossy(&status[9..]).into_owned())
}

#[test]
fn connections_beyond_the_bound_are_told_whose_bound_it_is() {
    let server = Server::start(&["--max-connections", "2"]);
    let kept: Vec<_> = (0..2).map(|_| asks(&server)).collect();
    assert!(kept.iter().all(|(_, status)| status == "200"));
    let mut over = server.connect();
    over.write_all(WHO.as_bytes()).expect("open");
    let refused = Answer::read(&mut over);
    assert_eq!(refused.status, 503, "{}", refused.body);
    for part in ["own protection", "--max-connections", "\"service.unavailable\"", "2 connections"] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let mut operator = server.connect();
    operator.write_all(b"GET /__admin/limits HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("open");
    let answer = Answer::read(&mut operator);
    assert_eq!(answer.status, 200, "the operator is never refused");
    assert!(answer.head.to_ascii_lowercase().contains("connection: close"), "{}", answer.head);
    assert_eq!(operator.read(&mut [0]).expect("closed"), 0, "but has no place to stay");
    let metrics = server.ask("GET", "/metrics", &[], "");
    assert!(
        metrics.body.contains("gcmock_protection_refused_total{bound=\"connections\"} 1\n"),
        "{}",
        metrics.body
    );
    drop(kept);
    let seen = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        asks(&server).1 == "200"
    });
    assert!(seen, "room again once the others are gone");
}

#[test]
fn a_request_beyond_the_bound_is_told_so_and_the_operator_never_is() {
    let slow = file(
        "in-flight-bound.toml",
        "[[latency]]\nmatch = [\"POST /api/v2/routing/queues\"]\nbase = \"60s\"\n",
    );
    let server = Server::start(&["--max-in-flight", "1", "--limits", slow.to_str().expect("UTF-8")]);
    let head = "POST /api/v2/routing/queues HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n";
    let ask = || server.ask("GET", "/api/v2/users/me", &["Authorization: Bearer any"], "");
    // The one that is to wait may itself come while another one is answered, and be refused.
    let both = (0..50).find_map(|_| {
        let mut waiting = server.connect();
        write!(waiting, "{head}Content-Length: 12\r\n\r\n{{\"name\":\"q\"}}").expect("open");
        Some((waiting, (0..100).map(|_| ask()).find(|answer| answer.status != 200)?))
    });
    let (waiting, refused) = both.expect("one waits, and another is refused");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.body.contains("--max-in-flight"), "{}", refused.body);
    assert_eq!(server.ask("GET", "/__admin/limits", &[], "").status, 200);
    drop(waiting);
    let room = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        ask().status == 200
    });
    assert!(room, "room again");
}

#[test]
fn heads_and_bodies_have_the_sizes_that_were_asked_for() {
    let server = Server::start(&["--max-head", "8192", "--max-body", "100"]);
    let long = format!("X-Long: {}", "x".repeat(9000));
    assert_eq!(server.ask("GET", "/api/v2/users/me", &["Authorization: Bearer any", &long], "").status, 431);
    let body = format!("{{\"x\":\"{}\"}}", "x".repeat(100));
    let answer = server.ask("POST", "/api/v2/conversations/messages", &["Authorization: Bearer any"], &body);
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("Maximum bytes: 100"), "{}", answer.body);
    let path = "/api/v2/organizations/limits/namespaces/platform.api";
    let limits = server.ask("GET", path, &["Authorization: Bearer any"], "").body;
    let expected = r#"{"key":"request.bytes.max","namespace":"platform.api","value":100}"#;
    assert!(limits.contains(expected), "{limits}");
}

#[test]
fn a_body_that_does_not_come_is_a_408() {
    let server = Server::start(&["--request-timeout", "200ms"]);
    for path in ["/api/v2/conversations/messages", "/__admin/verify"] {
        let mut stream = server.connect();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n");
        write!(stream, "{head}Content-Length: 50\r\n\r\n{{").expect("open");
        assert_eq!(Answer::read(&mut stream).status, 408, "{path}");
    }
}

#[test]
fn a_duration_of_an_option_may_have_several_units_and_a_fraction() {
    let server = Server::start(&["--request-timeout", "1.5s", "--idle-timeout", "1m30s"]);
    assert_eq!(server.asks_users_me(), 200);
}

#[test]
fn bodies_wait_until_there_is_room_for_them() {
    let server = Server::start(&["--max-bodies", "1000000"]);
    for path in ["/api/v2/conversations/messages", "/__admin/verify"] {
        let begin = |more: &str, sent: usize| {
            let mut stream = server.connect();
            let head =
                format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n{more}");
            let rest =
                "Content-Type: application/json\r\nConnection: close\r\nContent-Length: 400000\r\n\r\n";
            write!(stream, "{head}{rest}{}", "[".repeat(sent)).expect("open");
            stream
        };
        // The server asks for a body as soon as it has room for it.
        let with_room = || {
            let mut stream = begin("Expect: 100-continue\r\n", 0);
            let mut asked = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
            stream.read_exact(&mut asked).expect("room");
            assert!(asked.starts_with(b"HTTP/1.1 100"), "{path}");
            stream
        };
        let mut first = (with_room(), with_room());
        let answer = server.ask("POST", "/api/v2/users/me", &["Authorization: Bearer any"], "[]");
        assert_eq!(answer.status, 405, "small bodies need no room");
        let mut third = begin("", 100_000);
        third.set_read_timeout(Some(std::time::Duration::from_millis(300))).expect("a socket");
        assert!(third.read(&mut [0]).is_err(), "there is no room for it: {path}");
        third.set_read_timeout(Some(crate::server::PATIENCE)).expect("a socket");
        write!(first.0, "{}", "[".repeat(400_000)).expect("read");
        assert_eq!(Answer::read(&mut first.0).status, 400, "{path}");
        write!(third, "{}", "[".repeat(300_000)).expect("read");
        assert_eq!(Answer::read(&mut third).status, 400, "{path}");
    }
}

#[test]
fn bounds_that_would_break_clients_are_refused_with_the_reason() {
    let wrong = [
        (["--idle-timeout", "60s"], "at least 75s"),
        (["--max-connections", "0"], "--max-connections"),
        (["--max-in-flight", "many"], "--max-in-flight"),
        (["--max-head", "100"], "8192"),
        (["--max-unread", "0"], "--max-unread"),
        (["--max-unread-per-connection", "4M"], "--max-unread-per-connection"),
        (["--max-bodies", "0"], "--max-bodies"),
        (["--request-timeout", "0s"], "--request-timeout"),
    ];
    for (arguments, why) in wrong {
        let output = gcmock().args(arguments).output().expect("it runs");
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{told}");
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}
