//! https and wss: certificates that are issued once and stored, and clients that trust them.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Server, folder, gcmock};

fn ran(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A server with https whose CA is kept in `state`.
fn serve(state: &Path) -> (Server, String) {
    let state = state.to_str().expect("UTF-8");
    let server = Server::start(&["--tls-listen", "127.0.0.1:0", "--state-dir", state]);
    assert!(
        server.tells("jmeter -n").contains("gcmock cert --out"),
        "the banner of an https server names gcmock cert"
    );
    let said = server.stdout();
    let https = said.lines().nth(1).and_then(|line| line.strip_prefix("gcmock listening on https://"));
    let https = https.unwrap_or_else(|| panic!("no second ready line: {said:?}")).to_owned();
    (server, https)
}

pub(crate) async fn within<S>(ca: &Path, name: &str, stream: S) -> std::io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("a certificate")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config =
        config.with_safe_default_protocol_versions().expect("versions").with_root_certificates(roots);
    let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    connector.connect(name, stream).await
}

pub(crate) async fn get(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    path: &str,
) -> String {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer any\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("open");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("UTF-8")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(crate::server::PATIENCE, future).await.expect("in time") })
}

pub(crate) const CHANNELS: &str = "/api/v2/notifications/channels";

#[test]
fn https_and_wss_are_served_beside_http_and_the_ca_is_kept() {
    let state = folder("tls-kept");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let (server, https) = serve(&state);
        let answer = block_on(async {
            let stream = TcpStream::connect(&https).await.expect("listening");
            let mut stream = within(&state.join("ca.pem"), "localhost", stream).await.expect("trusted");
            get(&mut stream, &https, CHANNELS).await
        });
        assert!(answer.contains(&format!("\"connectUri\":\"wss://{https}/channels/")), "{answer}");
        assert!(answer.contains("\r\nININ-Correlation-Id: "), "spelled over TLS too: {answer}");
        assert_eq!(server.asks_users_me(), 200, "http is served as well");
        seen.push(["ca.pem", "leaf.pem"].map(|name| fs::read(state.join(name)).expect("kept")));
        assert_eq!(server.terminate().0.code(), Some(0));
    }
    assert_eq!(seen[0], seen[1], "made once");
    #[cfg(unix)]
    for name in ["ca.key", "leaf.key"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(state.join(name)).expect("kept").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn with_another_ca_the_kept_certificate_is_made_anew() {
    let state = folder("tls-rotated");
    for removed in [&["ca.pem", "ca.key"][..], &["ca.pem"], &["leaf.key"]] {
        serve(&state).0.terminate();
        for name in removed {
            fs::remove_file(state.join(name)).expect("kept");
        }
        let (_server, https) = serve(&state);
        block_on(async {
            let stream = TcpStream::connect(&https).await.expect("listening");
            within(&state.join("ca.pem"), "localhost", stream).await.expect("signed by the CA that is there");
        });
    }
    let left = fs::read_dir(&state).expect("a folder").count();
    assert_eq!(left, 5, "no draft is left beside CA and leaf");
}

#[test]
fn processes_that_start_at_once_make_one_ca() {
    let state = folder("tls-together");
    let outs = [0, 1, 2, 3].map(|number| state.join(format!("out-{number}")));
    let made = outs.clone().map(|out| {
        let state = state.clone();
        std::thread::spawn(move || {
            ran(gcmock().args(["cert", "--out"]).arg(out).arg("--state-dir").arg(&state)).0
        })
    });
    for code in made {
        assert_eq!(code.join().expect("it runs"), Some(0));
    }
    let kept = fs::read_to_string(state.join("ca.pem")).expect("kept");
    for out in outs {
        assert_eq!(fs::read_to_string(out.join("ca.pem")).expect("written"), kept, "all show the same one");
    }
    serve(&state).0.terminate();
}

#[test]
fn a_websocket_is_opened_over_tls_under_a_host_of_the_vendors() {
    let state = folder("tls-wss");
    let (server, https) = serve(&state);
    block_on(async {
        let host = "streaming.apse1.pure.cloud";
        let stream = TcpStream::connect(&https).await.expect("listening");
        let stream = within(&state.join("ca.pem"), host, stream).await.expect("a certificate for that host");
        let url = format!("wss://{host}/api/v2/platform/websocket?access_token=any");
        let (mut socket, _) = client_async(url, stream).await.expect("a socket");
        socket.send(Message::text(r#"{"message":"ping"}"#)).await.expect("open");
        let pong = socket.next().await.expect("an answer").expect("a frame");
        assert!(pong.to_text().expect("a string").contains("pong"));
        let stranger = TcpStream::connect(&https).await.expect("listening");
        assert!(within(&state.join("ca.pem"), "api.example.com", stranger).await.is_err(), "no such name");
    });
    assert_eq!(server.terminate().0.code(), Some(0));
}

#[test]
fn http_can_be_left_out_but_not_everything() {
    let state = folder("tls-alone");
    let state = state.to_str().expect("UTF-8");
    let mut command = gcmock();
    command.args(["--listen", "none", "--tls-listen", "127.0.0.1:0", "--state-dir", state]);
    let server = Server::over_tls(&mut command);
    assert_eq!(server.stdout().lines().count(), 1, "one ready line");
    assert_eq!(server.terminate().0.code(), Some(0));
    let (code, _, told) = ran(gcmock().args(["--listen", "none"]));
    assert_eq!(code, Some(2));
    assert!(told.contains("--listen none") && told.contains("--tls-listen"), "{told}");
}

#[test]
fn certificates_that_can_not_be_used_are_told_with_option_and_file() {
    let state = folder("tls-bad");
    let file = |name: &str, text: &str| {
        let path = state.join(name);
        fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (nonsense, missing) = (file("nonsense.pem", "hello"), "/nowhere/cert.pem".to_owned());
    let (one, two) = (folder("tls-one"), folder("tls-two"));
    for folder in [&one, &two] {
        serve(folder).0.terminate();
    }
    let of = |folder: &Path, name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (of(&one, "leaf.pem"), of(&one, "leaf.key"));
    let (expired, expired_key) = expired_pair(&one);
    let locked =
        file("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let cases = [
        (&missing, &key, vec!["--tls-cert", &missing]),
        (&certificate, &locked, vec!["--tls-key", &locked, "passphrase"]),
        (&nonsense, &key, vec!["--tls-cert", &nonsense]),
        (&certificate, &nonsense, vec!["--tls-key", &nonsense]),
        (&certificate, &of(&two, "leaf.key"), vec!["--tls-key", "--tls-cert"]),
        (&expired, &expired_key, vec!["--tls-cert", &expired, "expired"]),
    ];
    for (certificate, key, told) in cases {
        let tls = [
            "--listen",
            "127.0.0.1:0",
            "--tls-listen",
            "127.0.0.1:0",
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
        ];
        let (code, stdout, stderr) = ran(gcmock().args(tls));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(told.iter().all(|part| stderr.contains(*part)), "{stderr}");
    }
    let (code, _, stderr) =
        ran(gcmock().args(["--listen", "127.0.0.1:0", "--tls-cert", &missing, "--tls-key", &key]));
    assert_eq!(code, Some(2), "tunnels would show it: {stderr}");
    fs::copy(two.join("ca.pem"), one.join("ca.pem")).expect("copied");
    let one = one.to_str().expect("UTF-8");
    let (code, _, stderr) =
        ran(gcmock().args(["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--state-dir", one]));
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("--state-dir") && stderr.contains("ca.pem: it does not match ca.key"),
        "{stderr}"
    );
    let (code, _, stderr) =
        ran(gcmock().args(["--tls-listen", "127.0.0.1:0", "--state-dir", "/proc/nowhere"]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("--state-dir: /proc/nowhere"), "{stderr}");
}

#[test]
fn what_clients_need_to_trust_it_is_written_out() {
    let (state, out) = (folder("tls-cert-state"), folder("tls-cert-out").join("new"));
    let arguments =
        ["cert", "--state-dir", state.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
    let (code, said, _) = ran(gcmock().args(arguments));
    assert_eq!(code, Some(0));
    for client in ["curl", "Python", "Node", "Java", "JMeter", "Go", "-m certifi", "SSL_CERT_FILE"] {
        assert!(said.contains(client), "{said}");
    }
    assert_eq!(fs::read(out.join("ca.pem")).expect("written"), fs::read(state.join("ca.pem")).expect("kept"));
    let store = fs::read(out.join("truststore.p12")).expect("written");
    let certificate = CertificateDer::from_pem_file(out.join("ca.pem")).expect("a certificate");
    // Java sees no entry without this attribute; tests/examples/run.sh lets it read the file.
    let trusted_key_usage = b"\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01";
    for part in [&*certificate, trusted_key_usage] {
        assert!(store.windows(part.len()).any(|window| window == part));
    }
}

#[test]
fn what_cert_prints_for_curl_works_from_any_folder() {
    let state = folder("tls-printed");
    let (server, https) = serve(&state);
    let out = folder("tls-printed out's");
    let (parent, name) = (out.parent().expect("a folder"), out.file_name().expect("a name"));
    let mut command = gcmock();
    command.args(["cert", "--state-dir"]).arg(&state).arg("--out").arg(name).current_dir(parent);
    let said = ran(&mut command).1;
    let line = said.lines().find_map(|line| line.strip_prefix("curl ")).expect("a line for curl");
    let port = https.rsplit(':').next().expect("a port");
    let line = line.replace("localhost:8443", &format!("localhost:{port}"));
    let answer = std::process::Command::new("sh").args(["-c", &format!("{line} -sS --noproxy '*'")]).output();
    let answer = String::from_utf8(answer.expect("a shell").stdout).expect("UTF-8");
    let health: serde_json::Value =
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{line}: {answer}"));
    assert_eq!(health["status"], "ok");
    server.terminate();
}

/// A certificate that was valid until 2021, and its key.
fn expired_pair(folder: &Path) -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut of = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("a name");
    (of.not_before, of.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    let files = ["old.pem", "old.key"].map(|name| folder.join(name).to_str().expect("UTF-8").to_owned());
    fs::write(&files[0], of.self_signed(&key).expect("signed").pem()).expect("written");
    fs::write(&files[1], key.serialize_pem()).expect("written");
    files.into()
}

#[test]
fn a_health_check_finds_the_server_by_the_same_variables() {
    let state = folder("tls-health");
    let mut command = gcmock();
    command.args(["--listen", "none", "--tls-listen", "127.0.0.1:0", "--state-dir"]).arg(&state);
    let server = Server::over_tls(&mut command);
    let health = |listen: &str, tls: &str| {
        ran(gcmock().arg("healthcheck").env("GCMOCK_LISTEN", listen).env("GCMOCK_TLS_LISTEN", tls))
    };
    let everywhere = format!("0.0.0.0:{}", server.port());
    let (code, said, told) = health("none", &everywhere);
    assert_eq!((code, said.as_str()), (Some(0), "healthy\n"), "{told}");
    let (code, _, told) = health(&everywhere, &everywhere);
    assert_eq!(code, Some(1), "what is asked is http: {told}");
    let clear = Server::start(&[]);
    let (code, ..) = health(&format!("0.0.0.0:{}", clear.port()), &everywhere);
    assert_eq!(code, Some(0));
}
