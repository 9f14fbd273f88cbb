//! The file of the admin token, where commands find it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use crate::server::{Server, folder, gcmock};

/// A server that asks for a token, with this runtime folder.
fn serving(runtime: &Path, arguments: &[&str]) -> Server {
    let mut command = gcmock();
    command.env("XDG_RUNTIME_DIR", runtime).args(["--listen", "0.0.0.0:0"]).args(arguments);
    Server::of(&mut command)
}

/// What `gcmock export` says that has this runtime folder, and otherwise an empty environment with another home.
fn export(url: &str, runtime: Option<&Path>, arguments: &[&str]) -> Output {
    let mut command = gcmock();
    command.env_clear().env("HOME", "/nonexistent");
    runtime.map(|runtime| command.env("XDG_RUNTIME_DIR", runtime));
    command.args(["export", "users", "--count", "1", "--url", url]).args(arguments).output().expect("it runs")
}

fn said(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[test]
fn commands_of_the_same_user_find_the_token_until_the_server_ends() {
    let runtime = folder("token-runtime");
    let server = serving(&runtime, &[]);
    let file = runtime.join(format!("gcmock/admin-token-0.0.0.0:{}", server.port()));
    let token = fs::read_to_string(&file).expect("a file");
    assert!(server.stdout().contains(&format!("gcmock admin token {token}\n")), "{token}");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    for host in ["127.0.0.1", "localhost"] {
        let exported = export(&format!("http://{host}:{}", server.port()), Some(&runtime), &[]);
        assert!(exported.status.success(), "{}", said(&exported.stderr));
        assert!(said(&exported.stdout).contains("\"name\""), "{}", said(&exported.stdout));
    }
    let mut requests = gcmock();
    requests.env("XDG_RUNTIME_DIR", &runtime).args(["requests", "--url"]);
    let listed = requests.arg(format!("http://127.0.0.1:{}", server.port())).output().expect("it runs");
    assert!(listed.status.success(), "{}", said(&listed.stderr));
    let (status, _, stderr) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(!stderr.contains(&token), "no log has the token: {stderr}");
    assert!(!file.exists(), "it ends with the server");
}

#[test]
fn a_command_finds_the_token_in_an_environment_that_has_nothing() {
    let mut command = gcmock();
    let server = Server::of(command.env_clear().args(["serve", "--listen", "0.0.0.0:0"]));
    let exported = export(&format!("http://127.0.0.1:{}", server.port()), None, &[]);
    assert!(exported.status.success(), "{}", said(&exported.stderr));
    server.terminate();
}

#[test]
fn a_command_without_the_token_says_how_it_is_given() {
    let (runtime, other) = (folder("token-other"), folder("token-none"));
    let server = serving(&runtime, &[]);
    let url = format!("http://127.0.0.1:{}", server.port());
    for arguments in [&[][..], &["--admin-token", ""], &["--admin-token", "wrong"]] {
        let refused = export(&url, Some(&other), arguments);
        let told = said(&refused.stderr);
        assert!(refused.status.code() == Some(1) && told.contains("GCMOCK_ADMIN_TOKEN"), "{told}");
    }
    let wrong = export(&url, Some(&runtime), &["--admin-token", "wrong"]);
    assert_eq!(wrong.status.code(), Some(1), "the token that is given comes first");
}

#[test]
fn a_killed_server_leaves_a_file_that_no_command_uses() {
    let runtime = folder("token-killed");
    let server = serving(&runtime, &["--admin-token", "mine"]);
    let (port, file) = (server.port().to_owned(), format!("gcmock/admin-token-0.0.0.0:{}", server.port()));
    drop(server);
    assert_eq!(fs::read_to_string(runtime.join(&file)).expect("a file"), "mine");
    let stranger = std::net::TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free");
    let asking = std::thread::spawn(move || export(&format!("http://127.0.0.1:{port}"), Some(&runtime), &[]));
    let (mut stream, _) = stranger.accept().expect("a command");
    let mut head = [0; 4096];
    let read = std::io::Read::read(&mut stream, &mut head).expect("a request");
    assert!(!said(&head[..read]).to_lowercase().contains("authorization"), "{}", said(&head[..read]));
    drop((stream, stranger));
    assert_eq!(asking.join().expect("no panic").status.code(), Some(1));
}

#[test]
fn a_listener_of_its_own_for_the_admin_api_is_found_too() {
    let runtime = folder("token-listener");
    let server = serving(&runtime, &["--admin-token", "mine", "--admin-listen", "127.0.0.1:0"]);
    let stdout = server.stdout();
    let admin =
        stdout.lines().find_map(|line| line.strip_prefix("gcmock admin listening on ")).expect("a line");
    assert!(export(admin, Some(&runtime), &[]).status.success());
    assert_eq!(fs::read_dir(runtime.join("gcmock")).expect("a folder").count(), 1);
}
