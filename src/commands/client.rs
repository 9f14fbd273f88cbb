//! One small request to a running server, over plain http.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks `base` + `path` and returns status and body.
pub(super) async fn ask(
    method: Method,
    base: &str,
    path: &str,
    token: Option<&str>,
    body: String,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let asked = exchange(method, base, path, token, body);
    tokio::time::timeout(PATIENCE, asked).await.with_context(|| format!("{base} does not answer"))?
}

async fn exchange(
    method: Method,
    base: &str,
    path: &str,
    token: Option<&str>,
    body: String,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let base: Uri = base.parse().with_context(|| format!("{base} is no URL"))?;
    if base.scheme_str() != Some("http") {
        bail!("{base}: an http URL is expected, such as http://127.0.0.1:8080");
    }
    let authority = base.authority().context("the URL names no host")?;
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot reach {authority}"))?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    let response = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
    let status = response.status();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}
