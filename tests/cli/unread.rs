//! Clients that send requests and do not read, over every kind of connection.

use std::path::Path;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::proxy::tunnel;
use crate::server::{Server, folder};
use crate::tls::{block_on, within};

const USERS: &str = "/api/v2/users?pageSize=500";
const AGENTS: &str = "/__admin/users?limit=100000";
const CLIENTS: usize = 20;

/// Requests that each client sends at once, so that their answers are more than the kernel buffers.
const REQUESTS: usize = 8;

trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// The kind of connection.
#[derive(Clone, Copy, Debug)]
enum Way {
    Clear,
    Tls,
    Tunnel,
    TlsInTunnel,
}

impl Way {
    async fn connect(self, server: &Server, https: &str, state: &Path) -> Box<dyn Stream> {
        let (host, ca) = ("api.mypurecloud.ie", state.join("ca.pem"));
        match self {
            Self::Clear => Box::new(TcpStream::connect(&server.address).await.expect("listening")),
            Self::Tls => {
                let stream = TcpStream::connect(https).await.expect("listening");
                Box::new(within(&ca, "localhost", stream).await.expect("trusted"))
            }
            Self::Tunnel => Box::new(tunnel(server, &format!("{host}:80")).await.1),
            Self::TlsInTunnel => {
                let stream = tunnel(server, &format!("{host}:443")).await.1;
                Box::new(within(&ca, host, stream).await.expect("trusted"))
            }
        }
    }

    /// A server, and clients that have asked it for `path`.
    async fn ask(self, path: &str, count: usize, options: &[&str]) -> (Server, Vec<Box<dyn Stream>>) {
        let state = folder(&format!("unread-{self:?}-{}-{count}", path.contains("admin")));
        let tls = ["--tls-listen", "127.0.0.1:0", "--state-dir", state.to_str().expect("UTF-8")];
        let server = Server::start(&[&tls, options].concat());
        server.tells("  try:");
        let said = server.stdout();
        let https = said.lines().nth(1).and_then(|line| line.rsplit_once("https://"));
        let https = https.expect("a second ready line").1.to_owned();
        let mut clients = Vec::new();
        for _ in 0..count {
            let mut client = self.connect(&server, &https, &state).await;
            let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n\r\n");
            client.write_all(head.repeat(REQUESTS).as_bytes()).await.expect("open");
            clients.push(client);
        }
        (server, clients)
    }
}

const WAYS: [(Way, &str); 5] = [
    (Way::Clear, USERS),
    (Way::Tls, USERS),
    (Way::Tunnel, USERS),
    (Way::TlsInTunnel, USERS),
    (Way::Clear, AGENTS),
];

#[test]
fn what_clients_do_not_read_is_bounded_in_all_and_probes_are_answered() {
    for (way, path) in WAYS {
        block_on(async {
            let (server, clients) = way.ask(path, CLIENTS, &["--max-unread", "800000"]).await;
            server.tells("--max-unread");
            assert_eq!(server.ask("GET", "/__admin/health", &[], "").status, 200, "{way:?}");
            drop(clients);
            assert_eq!(server.asks_users_me(), 200, "{way:?} {path}");
        });
    }
}

#[test]
fn a_client_that_reads_nothing_of_an_answer_is_disconnected() {
    for (way, path) in WAYS {
        let taken = block_on(async {
            let (_server, mut clients) = way.ask(path, 1, &["--request-timeout", "1s"]).await;
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            let mut taken = Vec::new();
            let _ = clients[0].read_to_end(&mut taken).await;
            taken
        });
        let head = String::from_utf8_lossy(&taken[..taken.len().min(1000)]).into_owned();
        let length = head.split("Content-Length: ").nth(1).and_then(|rest| rest.lines().next());
        let length: usize =
            length.unwrap_or_else(|| panic!("{way:?} {path}: {head:?}")).parse().expect("a number");
        assert!(taken.len() < REQUESTS * length, "{way:?} {path}: {} of {length}", taken.len());
    }
}
