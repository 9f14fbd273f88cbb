//! The configurations of balancers, and servers that accept the tokens of one another.

use crate::server::{Server, ended, gcmock};

const KEY: &str = "the key of two servers";

/// Code, stdout and stderr of `gcmock print`.
fn print(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = ended(gcmock().arg("print").args(arguments));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_configuration_names_its_servers_and_its_own_address() {
    for (balancer, first, listen) in [
        ("haproxy", "server 1 127.0.0.1:8081", "bind 0.0.0.0:8080"),
        ("nginx", "server 127.0.0.1:8081", "listen 0.0.0.0:8080;"),
        ("envoy", "address: \"127.0.0.1\", port_value: 8081", "address: \"0.0.0.0\", port_value: 8080"),
    ] {
        let (code, text, told) = print(&["balancer", balancer]);
        assert_eq!((code, told.as_str()), (Some(0), ""));
        assert!(text.contains(first) && text.contains(listen), "{text}");
        assert!(text.contains("gcmock serve --listen 127.0.0.1:8083 --node 3"), "{text}");
        let own = ["balancer", balancer, "--node", "one.test:1", "--node", "two.test:2", "--listen", "9000"];
        let (code, text, _) = print(&own);
        assert_eq!(code, Some(0));
        assert!(text.contains("two.test") && text.contains("9000") && !text.contains("8081"), "{text}");
        let file =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{balancer}.configuration"));
        let to_a_file = [&own[..], &["-o", file.to_str().expect("UTF-8")]].concat();
        assert_eq!(print(&to_a_file), (Some(0), String::new(), String::new()));
        assert_eq!(std::fs::read_to_string(file).expect("written"), text);
    }
}

#[test]
fn what_can_not_be_printed_is_wrong_usage() {
    for (arguments, why) in [
        (&["balancer"][..], "which balancer?; expected haproxy, nginx, envoy"),
        (&["balancer", "caddy"], "unknown balancer caddy; expected haproxy, nginx, envoy"),
        (&["balancer", "nginx", "--node", "here"], "expected HOST:PORT"),
        (&["balancer", "nginx", "--node", "a:1", "--node", "a:1"], "--node a:1 is given twice"),
        (&["balancer", "nginx", "--listen", "here"], "the port is missing"),
        (&["balancer", "nginx", "--by", "user"], "token, organization"),
        (&["limits", "--by", "token"], "--by is an option of gcmock print balancer"),
        (&["faults", "--node", "a:1"], "--node is an option of gcmock print balancer"),
    ] {
        let (code, text, told) = print(arguments);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{told}");
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn a_name_or_a_key_that_no_balancer_can_use_is_refused() {
    for (arguments, why) in [
        (["--node", "One"], "lower-case letters and digits"),
        (["--node", "a-b"], "lower-case letters and digits"),
        (["--node", ""], "lower-case letters and digits"),
        (["--token-key", "short"], "at least 16 characters"),
    ] {
        let output = ended(gcmock().args(arguments));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && told.contains(why), "{told}");
    }
}

/// A token of an agent, issued by this server.
fn token_of(server: &Server) -> String {
    let issued = server.ask("POST", "/__admin/tokens?limit=1", &["Content-Type: application/json"], "{}");
    let issued: serde_json::Value = serde_json::from_str(&issued.body).expect("JSON");
    issued["tokens"][0]["token"].as_str().expect("a token").to_owned()
}

/// The status and the body of users/me with this token.
fn me(server: &Server, token: &str) -> (u16, String) {
    let answer = server.ask("GET", "/api/v2/users/me", &[&format!("Authorization: Bearer {token}")], "");
    (answer.status, answer.body)
}

#[test]
fn servers_of_one_key_accept_the_tokens_of_one_another() {
    let start = |key: &str| Server::start(&["--token-key", key]);
    let (one, two, stranger) = (start(KEY), start(KEY), start("the key of another server"));
    let token = token_of(&one);
    assert!(token.starts_with("gcmock-00000000"), "of the default organization: {token}");
    let here = me(&one, &token);
    assert_eq!(here.0, 200);
    assert_eq!(me(&two, &token), here, "the same user");
    assert_eq!(me(&stranger, &token).0, 401);
    assert_eq!(me(&Server::start(&[]), &token).0, 401);
    let header = format!("Authorization: Bearer {token}");
    assert_eq!(two.ask("DELETE", "/api/v2/tokens/me", &[&header], "").status, 200);
    assert_eq!(me(&two, &token).0, 401, "a revoked token is not adopted again");
}

#[test]
fn a_channel_names_its_server() {
    let server = Server::start(&["--node", "seven"]);
    let made = server.ask("POST", "/api/v2/notifications/channels", &["Authorization: Bearer me"], "");
    assert!(made.body.contains("/channels/streaming-seven-"), "{}", made.body);
}
