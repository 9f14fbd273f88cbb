//! The server that is loaded: its address, and the check that it is this machine or an approved host.
//!
//! The name is resolved once. Each connect checks the address again, so no later answer of a name server, proxy of the
//! environment or redirect leads to another machine: proxies are not read, and redirects are followed within the target.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use http::Uri;
use http::header::HeaderValue;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::wire::Stream;
use crate::command::args::Safety;
use crate::command::client;
use crate::files;
use crate::push::delivery::address::{PORT, port_of, without_secrets};

/// Files with the authorities that a system trusts, on the usual distributions.
const AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where all requests go.
pub(super) struct Target {
    /// The URL as it was given.
    pub(super) url: String,
    /// The value of `Host`.
    pub(super) host: HeaderValue,
    /// Whether it speaks TLS.
    pub(super) secure: bool,
    /// Whether it is this machine.
    pub(super) is_here: bool,
    addresses: Vec<SocketAddr>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Target {
    /// Resolves `url`. A host that is not this machine has to be the approved one.
    ///
    /// # Errors
    /// A URL that is none, a host without an address or without approval, missing authorities.
    pub(super) async fn resolve(url: &str, safety: &Safety) -> anyhow::Result<Self> {
        let (secure, name, port) = parts(url)?;
        let approved =
            safety.i_have_approval.as_deref().is_some_and(|typed| typed.eq_ignore_ascii_case(&name));
        // A name server may belong to others: it is asked for an approved name alone.
        if !is_known_here(&name) {
            check_approval(url, &name, approved, safety)?;
        }
        let addresses = addresses(&name, port).await.with_context(|| format!("--target {url}"))?;
        let is_here = addresses.iter().all(is_loopback);
        if !is_here {
            check_approval(url, &name, approved, safety)?;
        }
        let tls = if secure {
            Some((connector(is_here, safety.ca.as_deref())?, server_name(&name)?))
        } else {
            None
        };
        let host = authority(&name, port, secure);
        let host = HeaderValue::from_str(&host).with_context(|| format!("--target {url}"))?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), host, secure, is_here, addresses, tls })
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When no address accepts it, or the TLS handshake fails.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in &self.addresses {
            if self.is_here && !is_loopback(address) {
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => return self.welcome(stream).await,
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Whether a URL leads to the target: the same scheme, host and port.
    pub(super) fn owns(&self, url: &Uri) -> bool {
        let secure = url.scheme_str() == Some("https");
        let Some(of) = url.authority() else { return false };
        let Some(port) = port_of(of, if secure { 443 } else { 80 }) else { return false };
        let name = of.host().trim_matches(['[', ']']);
        let here = authority(name, port, secure);
        secure == self.secure && self.host.as_bytes().eq_ignore_ascii_case(here.as_bytes())
    }

    async fn welcome(&self, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some((connector, name)) => Ok(Box::new(connector.connect(name.clone(), stream).await?)),
        }
    }
}

/// Whether a host is an address, or the name of this machine that needs no name server.
fn is_known_here(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.parse::<std::net::IpAddr>().is_ok() || lower == "localhost" || lower.ends_with(".localhost")
}

/// Every rule for a target that is another machine, before anything is connected.
fn check_approval(url: &str, name: &str, approved: bool, safety: &Safety) -> anyhow::Result<()> {
    ensure!(
        approved,
        "--target {url}: {name} is not this machine, as far as is known without a name server. To load it, its owner has to agree: type --i-have-approval \
         {name} and --max-rate RATE"
    );
    ensure!(
        safety.max_rate.is_some(),
        "--target {url}: a target outside this machine needs --max-rate, such as 10/s"
    );
    Ok(())
}

/// Whether an address is of this machine: 127.0.0.0/8 or `::1`.
fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

fn parts(url: &str) -> anyhow::Result<(bool, String, u16)> {
    let shown = without_secrets(url);
    let expected = || anyhow!("--target {shown}: expected a URL such as http://127.0.0.1:8080");
    let uri: Uri = url.parse().map_err(|_| expected())?;
    let secure = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(expected()),
    };
    ensure!(
        uri.path().trim_end_matches('/').is_empty() && uri.query().is_none(),
        "--target {shown}: expected no path"
    );
    let authority = uri.authority().ok_or_else(expected)?;
    ensure!(!authority.as_str().contains('@'), "--target {shown}: expected no user name");
    let name = authority.host().trim_matches(['[', ']']).to_owned();
    let port = port_of(authority, if secure { 443 } else { 80 });
    Ok((secure, name, port.with_context(|| format!("--target {shown}: {PORT}"))?))
}

async fn addresses(name: &str, port: u16) -> anyhow::Result<Vec<SocketAddr>> {
    if let Ok(ip) = name.parse() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    // An image without a hosts file cannot resolve localhost.
    if name.eq_ignore_ascii_case("localhost") {
        return Ok(vec![([127, 0, 0, 1], port).into(), ([0, 0, 0, 0, 0, 0, 0, 1], port).into()]);
    }
    let found = tokio::net::lookup_host((name, port)).await;
    let found: Vec<_> = found.with_context(|| format!("the host {name:?} has no address"))?.collect();
    ensure!(!found.is_empty(), "the host {name:?} has no address");
    Ok(found)
}

/// The value of `Host`: without the port where it is the scheme's own.
fn authority(name: &str, port: u16, secure: bool) -> String {
    let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    if port == if secure { 443 } else { 80 } { name } else { format!("{name}:{port}") }
}

fn server_name(name: &str) -> anyhow::Result<ServerName<'static>> {
    ServerName::try_from(name.to_owned()).with_context(|| format!("{name} has no certificate"))
}

/// On this machine any certificate will do: a program that can listen there could read the requests anyway.
fn connector(is_here: bool, authorities: Option<&Path>) -> anyhow::Result<TlsConnector> {
    let config = match authorities {
        None if is_here => client::trusting()?,
        _ => checking(authorities)?,
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn checking(authorities: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let usual = || AUTHORITIES.iter().map(Path::new).find(|path| path.exists());
    let file = authorities
        .or_else(usual)
        .context("no file of this system has certificate authorities: --ca FILE")?;
    let shown = file.display();
    let mut roots = RootCertStore::empty();
    let pem = files::read(file, files::SETTINGS).with_context(|| format!("--ca {shown}"))?;
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok));
    ensure!(!roots.is_empty(), "--ca {shown}: it has no certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
