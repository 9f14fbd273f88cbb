//! SIGTERM and SIGINT drain a server. SIGHUP reloads its limits.

use std::fs;
use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use crate::server::{Answer, Server, file, limits};

/// The number of checks for a change of a limits file.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 3000;

#[test]
fn told_to_end_it_ends_well() {
    for name in ["TERM", "INT"] {
        let server = Server::start(&[]);
        assert_eq!(server.asks_users_me(), 200);
        server.signal(name);
        let (status, _, stderr) = server.terminate();
        assert_eq!(status.code(), Some(0), "{name}: {stderr}");
    }
}

/// The latency is much longer than the drain. The drain ends the wait, and the answer is complete.
#[test]
fn a_request_in_flight_is_answered_before_the_end() {
    let slow = "[[latency]]\nmatch = [\"POST /api/v2/routing/queues\"]\nbase = \"60s\"\n";
    let slow = file("in-flight.toml", slow);
    let server = Server::start(&["--limits", slow.to_str().unwrap()]);
    let mut stream = server.connect();
    let body = r#"{"name":"in flight"}"#;
    let head = format!(
        "POST /api/v2/routing/queues HTTP/1.1\r\nHost: gcmock\r\nAuthorization: Bearer any\r\n\
         Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("open");
    // Only now is the request certainly with its handler.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("an interim answer");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).expect("open");
    let (status, _, stderr) = server.terminate();
    assert_eq!(status.code(), Some(0), "{stderr}");
    let answer = Answer::read(&mut stream);
    assert!((200..300).contains(&answer.status), "{}\n{}", answer.head, answer.body);
    assert!(answer.body.contains("in flight"), "{}", answer.body);
}

/// Asks for readiness on a new connection; `None` if the drain closed it before the answer.
fn probe(server: &Server) -> Option<String> {
    let mut stream = server.connect();
    let ask = b"GET /__admin/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(ask).ok()?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).ok()?;
    Some(String::from_utf8_lossy(&status[9..]).into_owned())
}

#[test]
fn a_probe_hears_that_it_is_not_ready_while_the_end_is_held_up() {
    for admin in [&[][..], &["--admin-listen", "127.0.0.1:0"]] {
        let server = Server::start(admin);
        let mut stream = server.connect();
        let head = "POST /api/v2/routing/queues HTTP/1.1\r\nHost: gcmock\r\nAuthorization: Bearer any\r\n\
                    Expect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("open");
        stream.read_exact(&mut [0; 25]).expect("an interim answer");
        server.signal("TERM");
        let told = (0..LOOKS).filter_map(|_| probe(&server));
        assert_eq!(told.into_iter().find(|status| status != "200"), Some("503".to_owned()));
        assert_eq!(server.terminate().0.code(), Some(0));
    }
}

/// Asks until the answer is `status`.
fn comes_to(server: &Server, status: u16) {
    for _ in 0..LOOKS {
        if server.asks_users_me() == status {
            return;
        }
        thread::sleep(LOOK);
    }
    panic!("never {status}");
}

#[test]
fn a_changed_file_is_in_force_after_a_hang_up() {
    let path = file("reloaded.toml", &limits("a", 1));
    let server = Server::start(&["--limits", path.to_str().unwrap()]);
    comes_to(&server, 429);
    fs::write(&path, limits("a", 1_000_000)).expect("a file");
    server.signal("HUP");
    comes_to(&server, 200);
}

#[test]
fn a_hang_up_reads_the_files_even_where_they_did_not_change() {
    let path = file("unchanged.toml", &limits("a", 1));
    let server = Server::start(&["--limits", path.to_str().unwrap()]);
    server.tells("jmeter -n");
    server.signal("HUP");
    server.tells("limits reloaded");
}

#[test]
fn a_bad_file_keeps_the_old_limits_and_is_told() {
    let path = file("reloaded-badly.toml", &limits("a", 1));
    let server = Server::start(&["--limits", path.to_str().unwrap()]);
    comes_to(&server, 429);
    fs::write(&path, limits("a", 1_000_000).replace("tenant", "planet")).expect("a file");
    server.signal("HUP");
    let told = server.tells("planet");
    assert!(told.contains("limits not reloaded, the old ones stay"), "{told}");
    assert_eq!(server.asks_users_me(), 429);

    fs::write(&path, limits("a", 1_000_000)).expect("a file");
    server.signal("HUP");
    comes_to(&server, 200);
}

#[test]
fn a_hang_up_between_truncating_and_writing_keeps_limits_and_levels() {
    let path = file("truncated.toml", &limits("a", 1));
    let server = Server::start(&["--limits", path.to_str().unwrap()]);
    comes_to(&server, 429);
    fs::write(&path, "").expect("a file");
    server.signal("HUP");
    let told = server.tells("the file is empty");
    assert!(told.contains("limits not reloaded, the old ones stay"), "{told}");
    assert_eq!(server.asks_users_me(), 429);

    fs::write(&path, limits("a", 1)).expect("a file");
    server.signal("HUP");
    server.tells("limits reloaded");
    assert_eq!(server.asks_users_me(), 429);
}
