//! One small request to a running server: over http, or https to this machine.
//!
//! The certificate is not checked on loopback: a program that can listen there could read the answer anyway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use bytes::Bytes;
use gcmock_plan::report::CONTENT_SECURITY_POLICY;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Failure;
use super::args::Running;
use super::token_file;
use crate::platform::snapshot::MAX_BYTES;
use crate::push::delivery::address::{PORT, port_of, without_secrets};
use crate::rules::excerpt;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of an answer, because any program can listen at the address.
const MOST: usize = MAX_BYTES;
/// What helps after a 401.
const HINT: &str = " The option --admin-token and the variable GCMOCK_ADMIN_TOKEN give the token.";

/// Asks `base` + `path` and returns status and body.
pub(super) async fn ask(
    method: Method,
    base: &str,
    path: &str,
    token: Option<&str>,
    body: String,
) -> anyhow::Result<(StatusCode, Bytes)> {
    ask_within(PATIENCE, method, base, path, token, body).await
}

/// The text that gcmock at `base` answers. A page for people comes from another program: one that gcmock writes has the
/// policy of its reports.
///
/// # Errors
/// [`Failure::Usage`] for a server that is not there or is not gcmock, else [`Failure::Running`].
pub(super) async fn text_from(base: &str, path: &str, token: Option<&str>) -> Result<String, Failure> {
    let answer = ask(Method::GET, base, path, token, String::new()).await.map_err(Failure::Usage)?;
    let (status, body) = (answer.0, String::from_utf8_lossy(&answer.1));
    let start = body.trim_start().get(..5).unwrap_or_default().to_ascii_lowercase();
    if (start == "<!doc" || start == "<html") && !body.contains(CONTENT_SECURITY_POLICY) {
        let what = format!("{base} answers HTML (status {status}): it is not gcmock's admin API");
        return Err(Failure::Usage(anyhow!(what)));
    }
    Ok(text_of(base, answer)?)
}

/// Asks `base` + `path` for an answer that may take as long as `patience`, and returns status and body.
pub(super) async fn ask_within(
    patience: Duration,
    method: Method,
    base: &str,
    path: &str,
    token: Option<&str>,
    body: String,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let asked = exchange(method, base, path, token, body);
    tokio::time::timeout(patience, asked).await.with_context(|| format!("{base} does not answer"))?
}

/// The admin token that is given, or that of a server of the same user on this machine.
pub(super) fn token_for(server: &Running) -> Option<String> {
    let given = server.admin_token.clone().filter(|token| !token.is_empty());
    given.or_else(|| token_file::find(&server.url))
}

/// The JSON of an answer that `base` gave; an error where it is a refusal.
pub(super) fn json_of(base: &str, answer: (StatusCode, Bytes)) -> anyhow::Result<Value> {
    let body = body_of(base, answer)?;
    serde_json::from_slice(&body).ok().with_context(|| format!("{base} does not answer JSON"))
}

/// The text of an answer that `base` gave; an error where it is a refusal.
pub(super) fn text_of(base: &str, answer: (StatusCode, Bytes)) -> anyhow::Result<String> {
    let body = body_of(base, answer)?;
    String::from_utf8(body.into()).with_context(|| format!("{base} does not answer text"))
}

fn body_of(base: &str, (status, body): (StatusCode, Bytes)) -> anyhow::Result<Bytes> {
    if status.is_success() {
        return Ok(body);
    }
    let answer: Option<Value> = serde_json::from_slice(&body).ok();
    let message = answer.and_then(|answer| answer["message"].as_str().map(str::to_owned));
    let message = message.unwrap_or_else(|| excerpt(&String::from_utf8_lossy(&body)));
    let hint = if status == StatusCode::UNAUTHORIZED { HINT } else { "" };
    Err(anyhow!("{base} answers {status}: {message}{hint}"))
}

async fn exchange(
    method: Method,
    base: &str,
    path: &str,
    token: Option<&str>,
    body: String,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let base: Uri = base.parse().with_context(|| format!("{base} is not a URL"))?;
    let authority = base.authority().context("the URL names no host")?;
    let stream = connect(&base, authority).await?;
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
    let body = Limited::new(response.into_body(), MOST).collect().await;
    let body = body.map_err(|error| anyhow!("cannot read the answer: {error}"))?;
    Ok((status, body.to_bytes()))
}

/// A stream that a request is sent on.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn connect(base: &Uri, authority: &Authority) -> anyhow::Result<Box<dyn Stream>> {
    let shown = without_secrets(&base.to_string());
    let (secure, port) = match base.scheme_str() {
        Some("http") => (false, 80),
        Some("https") => (true, 443),
        _ => anyhow::bail!("{shown}: expected a URL such as http://127.0.0.1:8080"),
    };
    let host = authority.host().trim_matches(['[', ']']);
    let port = port_of(authority, port).with_context(|| format!("{shown}: {PORT}"))?;
    let address = (host, port);
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot reach {authority}"))?;
    if !secure {
        return Ok(Box::new(stream));
    }
    let here = stream.peer_addr().as_ref().is_ok_and(is_here);
    ensure!(here, "{shown}: https works only to this machine; use http for other hosts");
    let name = ServerName::try_from(host.to_owned())?;
    Ok(Box::new(TlsConnector::from(Arc::new(trusting()?)).connect(name, stream).await?))
}

fn is_here(peer: &SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback()
}

/// A client that takes whatever certificate this machine shows.
///
/// # Errors
/// When the cryptography offers no usual version of TLS.
pub(super) fn trusting() -> anyhow::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let verifier = Arc::new(AnyCertificate(provider));
    let config = config.with_safe_default_protocol_versions()?.dangerous();
    Ok(config.with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Takes whatever certificate this machine shows; the handshake itself is checked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
