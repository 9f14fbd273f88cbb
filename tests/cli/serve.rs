//! `gcmock serve`: its banner, and the origin of its limits.

use futures_util::{SinkExt, StreamExt};
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::server::{Server, file, gcmock, limits};

/// The word after `label` in the banner.
fn after<'t>(banner: &'t str, label: &str) -> &'t str {
    let line = banner.lines().find(|line| line.trim_start().starts_with(label));
    let line = line.unwrap_or_else(|| panic!("no {label} in {banner}"));
    line.trim_start().trim_start_matches(label).trim()
}

#[test]
fn alone_it_serves_and_tells_a_newcomer_everything_on_stderr() {
    let server = Server::of(gcmock().env("GCMOCK_LISTEN", "127.0.0.1:0"));
    let banner = server.tells("jmeter -n");
    let uri = format!("http://{}", server.address);
    assert_eq!(server.stdout(), format!("gcmock listening on {uri}\n"));
    assert!(after(&banner, "admin").starts_with(&format!("{uri}/__admin/limits")), "{banner}");
    assert!(after(&banner, "curl").ends_with(&format!("{uri}/api/v2/users/me")), "{banner}");
    assert!(after(&banner, "jmeter").ends_with(&format!("-H 127.0.0.1 -P {}", server.port())), "{banner}");
    assert_eq!(after(&banner, "limits"), "the default limits", "{banner}");
    assert!(after(&banner, "client-credentials-token").starts_with("300 per "), "{banner}");

    let (id, secret) = (after(&banner, "client id"), after(&banner, "client secret"));
    let basic = format!("Authorization: Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let answer = server.ask("POST", "/oauth/token", &[&basic, form], "grant_type=client_credentials");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A free port below those that the system gives to the other tests.
fn free_port() -> String {
    let own = 20_000 + std::process::id() % 10_000;
    let free = |port: &u32| std::net::TcpListener::bind(format!("127.0.0.1:{port}")).is_ok();
    (own..32_000).find(free).expect("a free port").to_string()
}

#[test]
fn a_port_alone_is_on_loopback_and_replaces_that_of_the_address() {
    let served = |arguments: &[&str]| Server::of(gcmock().args(arguments)).address.clone();
    let port = free_port();
    let here = format!("127.0.0.1:{port}");
    assert_eq!(served(&["--port", &port]), here);
    assert_eq!(served(&["serve", "--listen", &port]), here);
    assert_eq!(served(&["--listen", &format!(":{port}")]), here);
    assert_eq!(served(&["--listen", &format!("localhost:{port}")]), here);
    assert_eq!(served(&["--listen", "0.0.0.0:1", "--port", &port]), format!("0.0.0.0:{port}"));
    let mut with_variable = gcmock();
    with_variable
        .args(["--port", &port])
        .env("GCMOCK_LISTEN", "127.0.0.1:1")
        .env("GCMOCK_PORT", "tcp://10.0.0.1:80");
    assert_eq!(Server::of(&mut with_variable).address, here);
}

#[test]
fn the_scenario_and_the_files_layer_in_their_order() {
    let (first, second) = (file("layer-1.toml", &limits("a", 1)), file("layer-2.toml", &limits("a", 2)));
    let files = format!("{},{}", first.display(), second.display());
    let mut command = gcmock();
    command.args(["serve", "--listen", "127.0.0.1:0", "--scenario", "messaging-tenant"]);
    let server = Server::of(command.env("GCMOCK_LIMITS", files));
    let banner = server.tells("jmeter -n");
    assert!(after(&banner, "messaging-send").starts_with("bucket of 1500"), "{banner}");
    assert!(after(&banner, "a  ").starts_with("2 per "), "{banner}");
    assert!(!banner.contains("org-app-user"), "the default limits are not loaded: {banner}");
    let origin = after(&banner, "limits  ");
    assert!(
        origin.starts_with("scenario messaging-tenant, ") && origin.contains("layer-2.toml only ("),
        "{banner}"
    );
    assert!(origin.ends_with("(--with-defaults adds the default limits)"), "{banner}");
    assert!(banner.contains("gcmock print plan messaging-tenant >"), "{banner}");
    assert!(after(&banner, "jmeter").ends_with(&format!("-Jport={}", server.port())), "{banner}");
    assert_eq!([(); 3].map(|()| server.asks_users_me()), [200, 200, 429]);
}

#[test]
fn a_scenario_stands_alone_unless_the_documented_limits_are_asked_for_beside_it() {
    // The thread's own limits are the last, and a limit that both files have is the later one's.
    let replaced = file("replaced.toml", &limits("users", 2));
    let replaced = replaced.to_str().expect("UTF-8");
    let arguments = ["--listen", "127.0.0.1:0", "--scenario", "messaging-tenant", "--limits", replaced];
    let serving = |more: &[&str], variable: &str| {
        let mut command = gcmock();
        command.args(arguments).args(more).env("GCMOCK_WITH_DEFAULTS", variable);
        Server::of(&mut command)
    };
    for server in [serving(&["--with-defaults"], "0"), serving(&[], "true")] {
        let banner = server.tells("jmeter -n");
        assert!(after(&banner, "limits  ").ends_with("replaced.toml over the default limits"), "{banner}");
        assert!(after(&banner, "client-credentials-token").starts_with("300 per "), "{banner}");
        assert!(after(&banner, "messaging-send").starts_with("bucket of 1500"), "{banner}");
        assert!(after(&banner, "users  ").starts_with("2 per 3m"), "{banner}");
        assert_eq!([(); 3].map(|()| server.asks_users_me()), [200, 200, 429]);
    }
    assert!(!serving(&[], "").tells("jmeter -n").contains("org-app-user"));
}

#[test]
fn a_plan_that_meets_other_limits_is_told_once_on_stderr() {
    let server = Server::start(&["--scenario", "wem-availability"]);
    let ask = |path: &str, plan: &str| {
        let marker = format!("Gcmock-Scenario: {plan}");
        server.ask("GET", path, &["Authorization: Bearer any", &marker], "").head.to_ascii_lowercase()
    };
    let other = "gcmock-scenario: plan=\"messaging-tenant\"; served=\"wem-availability\"";
    for path in ["/__admin/health", "/api/v2/users/me", "/api/v2/users/me"] {
        assert!(ask(path, "messaging-tenant").contains(other), "{path}");
    }
    assert!(!ask("/api/v2/users/me", "wem-availability").contains("gcmock-scenario"));
    assert!(ask("/api/v2/users/me", "\tsecret-hush").contains("gcmock-scenario: plan=\"unknown\""));
    let told = server.terminate().2;
    assert_eq!(
        told.matches("a plan of the scenario messaging-tenant meets other limits").count(),
        1,
        "{told}"
    );
    assert!(told.contains("gcmock serve --scenario messaging-tenant"), "{told}");
    assert!(!told.contains("scenario wem-availability meets") && !told.contains("hush"), "{told}");
}

#[test]
fn limits_are_told_by_the_environment_alone_where_no_file_can_be_mounted() {
    let serving = |text: &str| {
        let mut command = gcmock();
        command.args(["--listen", "127.0.0.1:0"]).env("GCMOCK_LIMITS_TOML", text);
        command
    };
    let told = Server::of(&mut serving(&limits("told", 1)));
    assert_eq!([(); 2].map(|()| told.asks_users_me()), [200, 429]);
    let file = file("under-the-text.toml", &limits("told", 1));
    let layered = Server::of(serving(&limits("told", 2)).env("GCMOCK_LIMITS", file));
    assert_eq!([(); 3].map(|()| layered.asks_users_me()), [200, 200, 429]);
    let empty = Server::of(&mut serving(""));
    assert!(after(&empty.tells("jmeter -n"), "users  ").starts_with("180 per "), "the default limits hold");
    let wrong = serving("[[limit]]\nnmae = \"x\"\n").output().expect("it runs");
    let why = String::from_utf8(wrong.stderr).expect("UTF-8");
    assert_eq!((wrong.status.code(), wrong.stdout.len()), (Some(2), 0), "{why}");
    assert!(why.contains("--limits-toml:2") && why.contains("nmae"), "{why}");
}

#[test]
fn a_switch_is_set_by_its_variable_as_containers_set_it() {
    for (value, status) in [("1", 401), ("true", 401), ("false", 200), ("", 200)] {
        let mut command = gcmock();
        command.args(["--listen", "127.0.0.1:0"]).env("GCMOCK_STRICT_AUTH", value);
        assert_eq!(Server::of(&mut command).asks_users_me(), status, "{value}");
    }
}

#[test]
fn the_admin_address_has_a_ready_line_of_its_own() {
    let mut server = Server::start(&["--admin-listen", "localhost:0"]);
    let banner = server.tells("jmeter -n");
    let said = server.stdout();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    let admin = lines[1].strip_prefix("gcmock admin listening on ").expect("the second line");
    assert!(after(&banner, "admin").starts_with(admin), "{banner}");
    let platform = lines[0].strip_prefix("gcmock listening on ").expect("the first line");
    admin.strip_prefix("http://").expect("in clear text").clone_into(&mut server.address);
    let index = server.ask("GET", "/__admin", &["Accept: application/json"], "").body;
    assert!(index.contains(&format!("\"platform\":\"{platform}\"")), "{index}");
}

#[test]
fn off_loopback_an_admin_token_is_made_up_and_said_on_stdout_alone() {
    let server = Server::of(gcmock().args(["--listen", "0.0.0.0:0"]));
    let banner = server.tells("jmeter -n");
    let said = server.stdout();
    let token = said.lines().find_map(|line| line.strip_prefix("gcmock admin token ")).expect("a token");
    assert!(token.len() >= 32, "{said}");
    assert!(!banner.contains(token), "{banner}");
}

#[test]
fn it_serves_on_when_its_output_is_not_read() {
    let mut command = gcmock();
    command.args(["--listen", "127.0.0.1:0"]).env("RUST_LOG", "trace");
    let server = Server::unheard(&mut command);
    for _ in 0..3 {
        server.signal("HUP");
        assert_eq!(server.asks_users_me(), 200);
    }
    assert_eq!(server.terminate().0.code(), Some(0));
}

const BEARER: &str = "pasted-bearer-4711";
const SECRET: &str = "basic-secret-4712";

/// At the most talkative level, with every library's own lines.
#[test]
fn no_token_is_ever_logged() {
    for (format, levels) in [("text", "trace"), ("json", "trace,tungstenite::protocol=trace")] {
        let mut command = gcmock();
        command.args(["--listen", "127.0.0.1:0", "--log-format", format]).env("RUST_LOG", levels);
        let server = Server::of(&mut command);
        let issued = speak_with_secrets(&server);
        over_http2(&server);
        over_a_websocket(&server);
        let (status, stdout, stderr) = server.terminate();
        assert_eq!(status.code(), Some(0), "{stderr}");
        assert!(stderr.contains("TRACE"), "{stderr}");
        let basic = STANDARD.encode(format!("somebody:{SECRET}"));
        for secret in [BEARER, SECRET, &basic, &issued] {
            for said in [&stdout, &stderr] {
                let line = said.lines().find(|line| line.contains(secret));
                assert_eq!(line, None, "{secret}");
            }
        }
    }
}

/// Logs in, with wrong secrets too, and uses the token that was issued; returns it.
fn speak_with_secrets(server: &Server) -> String {
    let banner = server.tells("jmeter -n");
    let (id, secret) = (after(&banner, "client id"), after(&banner, "client secret"));
    let form = "Content-Type: application/x-www-form-urlencoded";
    let credentials = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let answer = server.ask("POST", "/oauth/token", &[form], &credentials);
    let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let issued = body["access_token"].as_str().expect("a token").to_owned();
    for bearer in [BEARER, &issued] {
        let bearer = format!("Authorization: Bearer {bearer}");
        assert_eq!(server.ask("GET", "/api/v2/users", &[&bearer], "").status, 200);
        assert_eq!(server.ask("GET", "/api/v2/nonsense", &[&bearer], "").status, 404);
    }
    let basic = format!("Authorization: Basic {}", STANDARD.encode(format!("somebody:{SECRET}")));
    let wrong = format!("grant_type=client_credentials&client_id={id}&client_secret={SECRET}");
    assert_eq!(server.ask("POST", "/oauth/token", &[&basic, form], "grant_type=refresh_token").status, 400);
    assert_eq!(server.ask("POST", "/oauth/token", &[form], &wrong).status, 400);
    // In one write: the server answers and hangs up as soon as it has seen what it cannot read.
    let broken = format!("BROKEN Authorization: Bearer {BEARER}\r\n\r\n");
    server.connect().write_all(broken.as_bytes()).expect("open");
    issued
}

fn over_a_websocket(server: &Server) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("ws://{}/api/v2/platform/websocket?access_token={BEARER}", server.address);
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.expect("admitted");
        let text = format!("{{\"message\":\"ping\",\"token\":\"{SECRET}\"}}");
        socket.send(text.into()).await.expect("open");
        socket.next().await.expect("an answer").expect("a frame");
    });
}

fn over_http2(server: &Server) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(&server.address).await.expect("listening");
        let connected =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
        let (mut sender, connection) = connected.expect("HTTP/2");
        tokio::spawn(connection);
        let request = hyper::Request::get(format!("http://{}/api/v2/users", server.address))
            .header("authorization", format!("Bearer {BEARER}"))
            .body(Full::<Bytes>::default())
            .expect("valid");
        let response = sender.send_request(request).await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.into_body().collect().await.expect("a whole body");
    });
}

#[test]
fn what_is_logged_into_a_file_has_no_colour_codes() {
    let mut command = gcmock();
    command.args(["--listen", "127.0.0.1:0"]).env_remove("NO_COLOR").env("GCMOCK_LIMTS", "none.toml");
    let told = Server::of(&mut command).terminate().2;
    assert!(told.contains("WARN unknown variable") && !told.contains('\u{1b}'), "{told:?}");
}

#[test]
fn a_misspelt_variable_is_told_and_nothing_else_of_that_name() {
    let mut command = gcmock();
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("GCMOCK_LIMTS", "none.toml")
        .env("GCMOCK_SERVICE_HOST", "x");
    let told = Server::of(&mut command).terminate().2;
    assert!(told.contains("GCMOCK_LIMTS") && told.contains("did you mean GCMOCK_LIMITS?"), "{told}");
    assert!(!told.contains("GCMOCK_SERVICE_HOST"), "{told}");
}

#[test]
fn a_port_in_a_variable_that_is_not_read_is_one_line() {
    let told = |port: &str, uri: &str| {
        let mut command = gcmock();
        command.args(["--listen", "127.0.0.1:0"]).env("GCMOCK_PORT", port).env("GCMOCK_URI", uri);
        let said = Server::of(&mut command).terminate().2;
        let lines: Vec<_> = said.lines().filter(|line| line.contains("GCMOCK_PORT")).collect();
        assert!(lines.len() <= 1, "{said}");
        lines.concat()
    };
    let number = told("9090", "");
    assert!(number.contains("WARN") && number.contains("set GCMOCK_LISTEN=HOST:9090, or give --port 9090"));
    let service = told("tcp://10.0.0.1:8080", "");
    assert!(service.contains("INFO") && service.contains("as Kubernetes sets it"), "{service}");
    let neither = told("99999", "");
    assert!(neither.contains("WARN") && neither.contains("GCMOCK_PORT is not a port"), "{neither}");
    assert_eq!(told("9090", "http://127.0.0.1:9090"), "", "run has set it for its command");
    assert_eq!(told("", ""), "");
}

#[test]
fn the_admin_token_is_asked_for_with_a_header_that_clients_find_by_its_spelling() {
    let server = Server::start(&["--admin-token", "secret"]);
    let refused = server.ask("GET", "/__admin/limits", &[], "");
    assert_eq!(refused.status, 401);
    assert!(refused.head.contains("\r\nWWW-Authenticate: Bearer"), "{}", refused.head);
    assert!(refused.head.contains("\r\nININ-Correlation-Id: "), "{}", refused.head);
}
