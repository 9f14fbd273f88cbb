//! Faults of the binary: presets, bad files, and resets over TLS and through a tunnel.

use std::io::ErrorKind;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::proxy::tunnel;
use crate::server::{Server, file, folder, gcmock};
use crate::tls::{block_on, within};

const HOST: &str = "api.mypurecloud.ie";

fn told(arguments: &[&str]) -> (Option<i32>, String) {
    let output = gcmock().args(arguments).output().expect("it runs");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// Sends a request, and reads until the end: the bytes, and the kind of error of an end that is none.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> (Vec<u8>, Option<ErrorKind>) {
    let head = format!("GET /api/v2/users/me HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer any\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("open");
    let mut read = Vec::new();
    let ended = stream.read_to_end(&mut read).await;
    (read, ended.err().map(|error| error.kind()))
}

/// A server with https and this fault, and the folder of its CA.
fn serve(name: &str, fault: &str) -> (Server, std::path::PathBuf) {
    let state = folder(&format!("faults-{name}"));
    let text = format!("[[fault]]\nname = \"a\"\nmatch = [\"* /api/v2/**\"]\n{fault}\n");
    let limits = file(&format!("faults-{name}.toml"), &text);
    let (state_path, limits) = (state.to_str().expect("UTF-8"), limits.to_str().expect("UTF-8"));
    let server =
        Server::start(&["--tls-listen", "127.0.0.1:0", "--state-dir", state_path, "--limits", limits]);
    (server, state.join("ca.pem"))
}

#[test]
fn a_reset_reaches_clients_over_tls_and_in_a_tunnel() {
    let (server, ca) = serve("reset", "reset = true");
    block_on(async {
        let stream = TcpStream::connect(server.https()).await.expect("listening");
        let mut stream = within(&ca, "localhost", stream).await.expect("trusted");
        assert_eq!(ask(&mut stream).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
        let stream = tunnel(&server, &format!("{HOST}:443")).await.1;
        let mut stream = within(&ca, HOST, stream).await.expect("trusted");
        assert_eq!(ask(&mut stream).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
        let mut stream = tunnel(&server, &format!("{HOST}:80")).await.1;
        assert_eq!(ask(&mut stream).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
    });
}

#[test]
fn an_answer_is_cut_after_exactly_n_bytes_over_tls() {
    let (server, ca) = serve("close", "close = 123");
    block_on(async {
        let stream = TcpStream::connect(server.https()).await.expect("listening");
        let mut stream = within(&ca, "localhost", stream).await.expect("trusted");
        let (read, error) = ask(&mut stream).await;
        assert_eq!(read.len(), 123);
        assert_eq!(error, Some(ErrorKind::UnexpectedEof), "TLS is not closed in order");
    });
}

#[test]
fn the_embedded_faults_are_listed_and_each_file_of_them_is_right() {
    let listed = gcmock().args(["print", "faults"]).output().expect("it runs");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let page = include_str!("../../docs/faults.md");
    for name in listed.lines().map(|line| line.split_whitespace().next().expect("a name")) {
        assert!(page.contains(&format!("`{name}`")), "{name} is not in docs/faults.md");
        let printed = gcmock().args(["print", "faults", name]).output().expect("it runs").stdout;
        let path = file(&format!("faults-{name}.toml"), &String::from_utf8(printed).expect("UTF-8"));
        let checked = gcmock().arg("check").arg(path).output().expect("it runs");
        assert!(String::from_utf8_lossy(&checked.stdout).starts_with("ok: 0 limits and 1 fault in "));
        let ran = gcmock().args(["run", "--fault", name, "--", "true"]).output().expect("it runs");
        assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn a_preset_layers_over_the_default_limits() {
    let server = Server::start(&["--clock", "manual", "--fault", "auth-outage,gateway-502"]);
    let get = |path: &str| server.ask("GET", path, &[], "").body;
    assert!(get("/__admin/limits").contains("client-credentials-token"));
    let faults = get("/__admin/faults");
    assert!(faults.contains("\"auth-outage\"") && faults.contains("\"gateway-502\""), "{faults}");
}

#[test]
fn unknown_presets_edges_and_limits_are_told_with_their_place_and_what_is_there() {
    for command in [&["serve"][..], &["run"], &["print", "faults"]] {
        let option: &[&str] =
            if command[0] == "print" { &["auth-outge"] } else { &["--fault", "auth-outge"] };
        let rest: &[&str] = if command[0] == "run" { &["--", "true"] } else { &[] };
        let (code, said) = told(&[command, option, rest].concat());
        assert_eq!(code, Some(2), "{said}");
        assert!(
            said.contains("unknown fault auth-outge") && said.contains("did you mean auth-outage?"),
            "{said}"
        );
    }
    let edge = file("faults-edge.toml", "[[fault]]\nname = \"a\"\nedge_down = \"moon\"\n");
    let (code, said) = told(&["serve", "--listen", "127.0.0.1:0", "--limits", edge.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("faults-edge.toml:1: `edge_down` is \"moon\", which is not an edge"), "{said}");
    assert!(said.contains("chicago"), "{said}");
    let refuse = "[[fault]]\nname = \"a\"\nmatch = [\"* /api/v2/**\"]\nrefuse = \"users\"\n";
    let refuse = file("faults-refuse.toml", refuse);
    let refuse = refuse.to_str().expect("UTF-8");
    let (code, said) = told(&["check", refuse]);
    assert_eq!(code, Some(2));
    assert!(said.contains("`refuse` is \"users\", which is not a limit"), "{said}");
    assert_eq!(told(&["check", "--with-defaults", refuse]).0, Some(0));
}
