//! How header names are spelled on HTTP/1.1. Some clients look for them case-sensitively: JMeter's regular
//! expressions, and the Java SDK's `getCorrelationId()`.

use crate::support::{Raw, mock, window};

const EVERY_SET: &str = "[response]\nheaders = [\"x-ratelimit\", \"inin\", \"ietf\"]\n\n";

/// The names that title case would spell differently.
const VENDORS: [&str; 8] = [
    "ININ-Correlation-Id",
    "WWW-Authenticate",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "inin-ratelimit-allowed",
    "inin-ratelimit-count",
    "inin-ratelimit-reset",
];

const LIMITED: [&str; 6] = [
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "inin-ratelimit-allowed",
    "inin-ratelimit-count",
    "inin-ratelimit-reset",
];

/// A name as it is to be spelled.
fn spelled(name: &str) -> String {
    let vendors = VENDORS.iter().find(|vendors| vendors.eq_ignore_ascii_case(name));
    let title = |word: &str| word[..1].to_uppercase() + &word[1..].to_lowercase();
    vendors.map_or_else(
        || name.split('-').map(title).collect::<Vec<_>>().join("-"),
        |vendors| (*vendors).to_owned(),
    )
}

/// Checks every header name of an answer, and that `expected` are among them.
fn assert_spelled(what: &str, answer: &str, status: u16, expected: &[&str]) {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {head}");
    let names: Vec<_> = head.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    for name in &names {
        assert_eq!(*name, spelled(name), "{what}: {head}");
    }
    for name in expected {
        assert!(names.contains(name), "{what}: {name} in {head}");
    }
}

#[tokio::test]
async fn names_are_spelled_as_the_vendor_spells_them_whatever_is_answered() {
    let limits = window("users", "token", "GET /api/v2/users/me", 1, "")
        + &window("sockets", "token", "WS /api/v2/platform/websocket", 1, "");
    let mock = mock(&(EVERY_SET.to_owned() + &limits)).await;
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let preflight = "Origin: http://page.example\r\nAccess-Control-Request-Method: GET\r\n";
    let (me, socket) = ("/api/v2/users/me", "/api/v2/platform/websocket");
    let correlation = ["ININ-Correlation-Id"];
    let limited = [&correlation[..], &LIMITED].concat();
    let cases = [
        ("an answer", "GET", me, "", 200, limited.clone()),
        ("a refusal", "GET", me, "", 429, [&limited[..], &["Retry-After", "Gcmock-Limit"]].concat()),
        ("the probe of a socket", "GET", socket, "", 426, limited.clone()),
        ("a handshake", "GET", socket, handshake, 101, limited.clone()),
        ("a refused handshake", "GET", socket, handshake, 429, limited.clone()),
        ("a wrong handshake", "GET", socket, "Upgrade: websocket\r\n", 400, correlation.to_vec()),
        ("a generic answer", "GET", "/api/v2/greetings", "", 200, vec!["ININ-Correlation-Id", "Gcmock-Note"]),
        ("an unknown path", "GET", "/api/v2/nothing/here", "", 404, correlation.to_vec()),
        ("a wrong method", "PUT", me, "", 405, correlation.to_vec()),
        ("a failed login", "POST", "/oauth/token", "", 400, correlation.to_vec()),
        ("a preflight", "OPTIONS", me, preflight, 204, vec!["ININ-Correlation-Id", "Access-Control-Max-Age"]),
        ("an answer of the admin API", "GET", "/__admin/limits", "", 200, vec!["Content-Type"]),
        ("an error of the admin API", "GET", "/__admin/nothing", "", 404, correlation.to_vec()),
        ("a host that is not served", "GET", "http://www.example.com/", "", 403, vec!["Content-Length"]),
        ("a tunnel that is not served", "CONNECT", "www.example.com:443", "", 403, vec!["Content-Length"]),
        ("a head that is no HTTP", "GET", "\u{1}", "", 400, vec!["Content-Length"]),
    ];
    for (what, method, path, headers, status, expected) in cases {
        let mut raw = Raw::connect(&mock).await;
        let host = if path.starts_with("/__admin") { "localhost" } else { "x" };
        let known = format!("Host: {host}\r\nAuthorization: Bearer pasted\r\n");
        raw.send(format!("{method} {path} HTTP/1.1\r\n{known}{headers}\r\n")).await;
        let (_, answer) = raw.answer().await;
        assert_spelled(what, &answer, status, &expected);
    }
}

#[tokio::test]
async fn names_are_spelled_alike_in_each_set_of_headers() {
    for (set, expected) in
        [("x-ratelimit", &LIMITED[..3]), ("inin", &LIMITED[3..]), ("ietf", &["Ratelimit"][..])]
    {
        let limits = window("users", "token", "GET /api/v2/users/me", 1, "");
        let mock = mock(&format!("[response]\nheaders = [\"{set}\"]\n\n{limits}")).await;
        let mut raw = Raw::connect(&mock).await;
        let request = "GET /api/v2/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pasted\r\n\r\n";
        for status in [200, 429] {
            raw.send(request.to_owned()).await;
            let (_, answer) = raw.answer().await;
            assert_spelled(set, &answer, status, &[&["ININ-Correlation-Id"], expected].concat());
        }
    }
}
