//! The server as a proxy: tunnels, and the hosts that a client finds through them.

use std::fs;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::server::{Server, folder};
use crate::tls::{CHANNELS, block_on, get, within};

/// What the server's answer to a `CONNECT` of this authority is, and the connection.
pub(crate) async fn tunnel(server: &Server, authority: &str) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(&server.address).await.expect("listening");
    let request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("open");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    (String::from_utf8(head).expect("UTF-8"), stream)
}

#[test]
fn a_tunnel_carries_no_other_tunnel() {
    let server = Server::start(&[]);
    let told = block_on(async {
        let (head, mut stream) = tunnel(&server, "localhost:80").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        stream.write_all(b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("open");
        let mut told = [0; 12];
        stream.read_exact(&mut told).await.expect("an answer");
        String::from_utf8_lossy(&told).into_owned()
    });
    assert_eq!(told, "HTTP/1.1 403");
}

#[test]
fn a_proxys_client_finds_the_vendors_hosts_here_and_nothing_else() {
    let state = folder("tls-proxy");
    let server = Server::start(&["--state-dir", state.to_str().expect("UTF-8")]);
    block_on(async {
        let host = "api.mypurecloud.ie";
        let (head, stream) = tunnel(&server, &format!("{host}:443")).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let mut stream =
            within(&state.join("ca.pem"), host, stream).await.expect("a certificate for that host");
        let answer = get(&mut stream, host, CHANNELS).await;
        assert!(answer.contains("\"connectUri\":\"wss://streaming.mypurecloud.ie/channels/"), "{answer}");
        assert!(answer.contains("\r\nININ-Correlation-Id: "), "spelled in a tunnel too: {answer}");

        let (_, stream) = tunnel(&server, &format!("{host}:80")).await;
        let url = format!("ws://{host}/api/v2/platform/websocket?access_token=any");
        let (mut socket, _) = client_async(url, stream).await.expect("a plain socket through the tunnel");
        socket.send(Message::text(r#"{"message":"ping"}"#)).await.expect("open");
        assert!(
            socket
                .next()
                .await
                .expect("an answer")
                .expect("a frame")
                .to_text()
                .expect("a string")
                .contains("pong")
        );

        let (head, _) = tunnel(&server, "www.example.com:443").await;
        assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    });
    let absolute = |uri: &str| server.ask("GET", uri, &["Authorization: Bearer any"], "");
    assert_eq!(absolute("http://api.mypurecloud.com/api/v2/users/me").status, 200);
    let create =
        |uri: &str, host: &str| server.ask("POST", uri, &["Authorization: Bearer any", host], "").body;
    let proxied = create("http://api.usw2.pure.cloud/api/v2/notifications/channels", "X-Other: 1");
    assert!(proxied.contains("\"connectUri\":\"ws://streaming.usw2.pure.cloud/channels/"), "{proxied}");
    let deployments =
        server.ask("GET", "/api/v2/webdeployments/deployments", &["Authorization: Bearer any"], "").body;
    let id =
        deployments.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a deployment");
    let config =
        absolute(&format!("http://api-cdn.mypurecloud.jp/webdeployments/v1/deployments/{id}/config.json"))
            .body;
    assert!(config.contains("\"messagingEndpoint\":\"ws://webmessaging.mypurecloud.jp\""), "{config}");
    let refused = absolute("http://www.example.com/api/v2/users/me");
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("forwards nothing, and"), "{}", refused.body);
    assert_eq!(server.terminate().0.code(), Some(0));
}

#[test]
fn a_proxys_client_finds_edges_and_added_hosts_here_too() {
    let state = folder("tls-also-serve");
    let arguments =
        ["--state-dir", state.to_str().expect("UTF-8"), "--also-serve", "api.example.com,Other.Example.com"];
    let server = Server::start(&arguments);
    block_on(async {
        for host in ["platform-singapore.genesiscloud.com", "api.example.com", "other.example.com"] {
            let (head, stream) = tunnel(&server, &format!("{host}:443")).await;
            assert!(head.starts_with("HTTP/1.1 200"), "{host}: {head}");
            let mut stream =
                within(&state.join("ca.pem"), host, stream).await.expect("a certificate for that host");
            assert!(get(&mut stream, host, CHANNELS).await.starts_with("HTTP/1.1 200"), "{host}");
        }
        for host in ["platform-singapore.example.com", "example.com", "www.genesiscloud.com"] {
            let (head, _) = tunnel(&server, &format!("{host}:443")).await;
            assert!(head.starts_with("HTTP/1.1 403"), "{host}: {head}");
        }
    });
    let socket = "http://platform-singapore.genesiscloud.com/api/v2/users/me";
    assert_eq!(server.ask("GET", socket, &["Authorization: Bearer any"], "").status, 200);
    let edges = server.ask("GET", "/__admin/requests?limit=1", &[], "");
    assert!(edges.body.contains("\"edge\":\"singapore\""), "{}", edges.body);
    let rebound = server.ask("GET", "/__admin/requests", &["Host: platform-singapore.genesiscloud.com"], "");
    assert_eq!(
        rebound.status, 403,
        "a name below a domain that is not the vendor's is no way to the admin API"
    );
    assert_eq!(server.terminate().0.code(), Some(0));
}

#[test]
fn a_tunnel_is_opened_where_the_ca_can_not_be_kept_and_clients_can_ask_for_it() {
    let server = Server::start(&["--state-dir", "/proc/nowhere"]);
    let ca = server.ask("GET", "/__admin/ca.pem", &[], "");
    assert_eq!(ca.status, 200, "{}", ca.body);
    let pem = folder("tls-in-memory").join("ca.pem");
    fs::write(&pem, ca.body).expect("written");
    block_on(async {
        let (head, stream) = tunnel(&server, "api.mypurecloud.jp:443").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        within(&pem, "api.mypurecloud.jp", stream).await.expect("made by the CA that was shown");
    });
    assert!(server.tells("in memory").contains("--state-dir"));
}
