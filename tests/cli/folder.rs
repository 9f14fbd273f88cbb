//! `--config`: a folder as a container mounts it.

use std::fs;
use std::path::Path;

use crate::server::{Server, folder, gcmock, limits};

#[test]
fn what_is_in_the_folder_holds_where_no_option_says_otherwise() {
    let config = folder("config-folder");
    fs::write(config.join("limits.toml"), limits("mounted", 1)).expect("a file");
    fs::create_dir(config.join("organizations")).expect("a folder");
    let embedded = include_str!("../../fixtures/organizations/neighbour.toml");
    fs::write(config.join("organizations/default.toml"), embedded).expect("a file");
    let path = config.to_str().expect("UTF-8");
    let server = Server::start(&["--config", path]);
    assert_eq!([server.asks_users_me(), server.asks_users_me()], [200, 429]);
    let me = server.ask("GET", "/api/v2/organizations/me", &["Authorization: Bearer any"], "");
    assert!(me.body.contains("\"Neighbour\""), "{}", me.body);
    let server = Server::start(&["--config", path, "--scenario", "messaging-tenant"]);
    assert_eq!([server.asks_users_me(), server.asks_users_me()], [200, 200], "an option comes first");
    let server = Server::start(&["--config", folder("config-folder-empty").to_str().expect("UTF-8")]);
    assert_eq!(server.asks_users_me(), 200, "nothing is mounted");
}

#[test]
fn every_mistake_in_the_folder_is_told_with_its_file() {
    let config = folder("config-folder-wrong");
    fs::write(config.join("limits.toml"), "[[limit]]\nnmae = \"x\"\n").expect("a file");
    let run = |config: &Path| {
        let arguments = ["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--config"];
        let output = gcmock().args(arguments).arg(config).output().expect("it runs");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let told = run(&config);
    assert!(told.contains("limits.toml") && told.contains("nmae"), "{told}");
    fs::remove_file(config.join("limits.toml")).expect("removed");
    fs::create_dir(config.join("tls")).expect("a folder");
    fs::write(config.join("tls/cert.pem"), "hello").expect("a file");
    let told = run(&config);
    assert!(told.contains("--tls-cert") && told.contains("cert.pem"), "{told}");
}
