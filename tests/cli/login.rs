//! The live page of a server that requires an admin token.

use std::io::Write;

use crate::server::{Answer, Server};

const PAGE: &str = "Accept: text/html,*/*;q=0.8";

#[test]
fn a_browser_gets_a_page_that_asks_for_the_token_and_every_other_client_gets_json() {
    let server = Server::start(&["--admin-token", "mine"]);
    for path in ["/", "/__admin", "/__admin/ui"] {
        let page = server.ask("GET", path, &[PAGE], "");
        assert_eq!(page.status, 200);
        let head = page.head.to_lowercase();
        for header in [
            "content-type: text/html",
            "referrer-policy: no-referrer",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(head.contains(header), "{header} is missing from {head}");
        }
        assert!(!head.contains("set-cookie"), "{head}");
        assert!(page.body.contains("type=\"password\"") && !page.body.contains("mine"));
    }
    for (path, headers) in [
        ("/", &["Accept: */*"][..]),
        ("/", &[PAGE, "Authorization: Bearer wrong"]),
        ("/?token=mine", &["Accept: */*"]),
        ("/__admin/limits", &[PAGE]),
        ("/__admin/limits?token=mine", &[PAGE]),
    ] {
        let refused = server.ask("GET", path, headers, "");
        assert!(refused.status == 401 && refused.body.starts_with('{'), "{path}: {}", refused.body);
    }
}

#[test]
fn the_page_that_asks_for_the_token_is_not_for_other_origins() {
    let server = Server::start(&["--admin-token", "mine"]);
    let foreign = server.ask("GET", "/", &[PAGE, "Origin: http://example.org"], "");
    assert_eq!(foreign.status, 403);
    let mut stream = server.connect();
    let head = format!("GET / HTTP/1.1\r\nHost: example.org\r\n{PAGE}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("open");
    let rebound = Answer::read(&mut stream);
    assert!(rebound.status == 403 && !rebound.body.contains("password"), "{}", rebound.body);
    let preflight = server.ask("OPTIONS", "/", &["Access-Control-Request-Method: GET"], "");
    assert!(!preflight.head.to_lowercase().contains("access-control-allow"), "{}", preflight.head);
}
