//! TLS: which certificate a client gets.
//!
//! `authority` is the local CA. It makes certificates and is kept in a state directory. `names` are the vendor's
//! hosts: a certificate is made when a client asks for one of them. A certificate of the operator's own serves every
//! name. No key is shown or logged.

mod authority;
pub(crate) mod names;
mod truststore;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use dashmap::DashMap;
use rustls::CertificateError::{Expired, ExpiredContext, NotValidYetContext};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OnceCell;
use tokio_rustls::{Accept, TlsAcceptor};

pub(crate) use self::authority::{Authority, TRUSTSTORE_PASSWORD};

use self::names::Hosts;
use crate::files;
use crate::time::Nanos;
use crate::time::clock::{Clock, rfc3339};

/// Bytes of answers that a session encrypts ahead of the socket: a record.
const SEND_BUFFER: usize = 16 << 10;

/// Certificates of single hosts that are kept, at most.
const MAX_MADE: usize = 1024;

/// Where certificates come from.
#[derive(Clone, Debug)]
pub(crate) enum Certificates {
    /// From files, PEM.
    Given {
        /// The certificate and those that lead to its root.
        certificate: PathBuf,
        key: PathBuf,
    },
    /// From the local CA.
    Made {
        /// Where that is kept; in memory alone without it.
        state: Option<PathBuf>,
        /// Names beside localhost and the loopback addresses.
        hosts: Vec<String>,
        /// Hosts that are served beside the platform's: each gets a certificate of its own.
        also: Vec<String>,
    },
}

impl Certificates {
    /// The local CA of the user of this process.
    pub(crate) fn of_this_user(also: Vec<String>) -> Self {
        Self::Made { state: state_folder(None), hosts: Vec::new(), also }
    }
}

/// Where the local CA is kept unless the operator says otherwise: nowhere, for a process without a home,
/// because any user can have written to a shared folder.
pub(crate) fn state_folder(given: Option<PathBuf>) -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = || variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")));
    given.or_else(|| Some(state()?.join("gcmock")))
}

/// Ends the TLS of clients.
#[derive(Clone)]
pub(crate) struct Ends {
    /// Takes a connection's handshake.
    pub(crate) acceptor: TlsAcceptor,
    /// The local CA, PEM, where it made the certificates.
    pub(crate) ca: Option<Arc<str>>,
}

/// Takes a client's handshake, over a session that buffers little of what is to be sent.
pub(super) fn accept<IO: AsyncRead + AsyncWrite + Unpin>(acceptor: &TlsAcceptor, stream: IO) -> Accept<IO> {
    acceptor.accept_with(stream, |session| session.set_buffer_limit(Some(SEND_BUFFER)))
}

/// Ends TLS once that is asked for: certificates are read, or made, when the first client wants them.
#[derive(Default)]
pub(crate) struct LazyEnds {
    certificates: Option<Certificates>,
    ends: OnceCell<Ends>,
}

impl LazyEnds {
    /// Uses `ends` where a listener has them already; else `certificates`, or those of this user.
    pub(crate) fn new(certificates: Option<Certificates>, ends: Option<Ends>) -> Self {
        Self { certificates, ends: OnceCell::new_with(ends) }
    }

    /// Ends the TLS of clients.
    ///
    /// # Errors
    /// When certificates can not be read or made.
    pub(crate) async fn get(&self) -> anyhow::Result<Ends> {
        let made = self.ends.get_or_try_init(|| async {
            let certificates =
                self.certificates.clone().unwrap_or_else(|| Certificates::of_this_user(Vec::new()));
            tokio::task::spawn_blocking(move || ends_or_in_memory(&certificates)).await?
        });
        made.await.cloned()
    }
}

/// Ends the TLS of clients.
///
/// # Errors
/// When a file is missing, can not be read or written, or does not fit; the error names option and file.
pub(crate) fn ends(certificates: &Certificates) -> anyhow::Result<Ends> {
    let provider = Arc::new(ring::default_provider());
    let now = wall_clock();
    match certificates {
        Certificates::Given { certificate, key } => {
            resolved(Resolver::given(certificate, key, now, &provider)?, provider)
        }
        Certificates::Made { state, hosts, also } => {
            let authority = state.as_deref().map_or_else(Authority::in_memory, Authority::at)?;
            let resolver = Resolver::made(authority, hosts, now, provider.clone())?;
            resolved(Resolver { also: also.clone(), ..resolver }, provider)
        }
    }
}

/// Ends TLS for tunnels, for which no option asked: a local CA that cannot be stored is created in memory.
///
/// # Errors
/// When a file that was named is missing or does not fit.
pub(crate) fn ends_or_in_memory(certificates: &Certificates) -> anyhow::Result<Ends> {
    let Certificates::Made { hosts, also, .. } = certificates else { return ends(certificates) };
    ends(certificates).or_else(|error| {
        tracing::warn!(
            error = format!("{error:#}"),
            "the local CA exists only in memory and cannot be stored"
        );
        ends(&Certificates::Made { state: None, hosts: hosts.clone(), also: also.clone() })
    })
}

/// Certificates hold in real time, whatever the model's is.
fn wall_clock() -> Nanos {
    Clock::system().now()
}

fn resolved(resolver: Resolver, provider: Arc<CryptoProvider>) -> anyhow::Result<Ends> {
    let ca = resolver.authority.as_ref().map(|(authority, ..)| authority.pem().into());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Ends { acceptor: TlsAcceptor::from(Arc::new(config)), ca })
}

/// Refuses a certificate that every client would refuse because of its dates.
fn holds(certificate: &CertificateDer<'_>, now: Nanos, provider: &Arc<CryptoProvider>) -> anyhow::Result<()> {
    // A client that trusts the certificate itself checks the dates first; other errors do not matter here.
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone().into_owned())?;
    let client =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build()?;
    let (name, now) = ("localhost".try_into()?, UnixTime::since_unix_epoch(Duration::from_nanos(now)));
    match client.verify_server_cert(certificate, &[], &name, &[], now) {
        Err(Error::InvalidCertificate(NotValidYetContext { not_before, .. })) => {
            bail!("the certificate is not valid before {}", date(not_before))
        }
        Err(Error::InvalidCertificate(ExpiredContext { not_after, .. })) => {
            bail!("the certificate has expired: it was valid until {}", date(not_after))
        }
        Err(Error::InvalidCertificate(Expired)) => bail!("the certificate expires before it becomes valid"),
        _ => Ok(()),
    }
}

fn date(time: UnixTime) -> String {
    rfc3339(time.as_secs().saturating_mul(1_000_000_000))
}

fn read_chain(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let pem = files::read(file, files::PEM)?;
    Ok(CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?)
}

/// Reads a key. It checks for a passphrase, because the error of such a key would otherwise be about an unknown format.
fn private_key(file: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    let pem = files::read(file, files::PEM)?;
    let encrypted = pem.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED);
    anyhow::ensure!(
        !encrypted,
        "the key is encrypted; expected one without a passphrase (openssl pkey -in KEY -out PLAIN)"
    );
    Ok(PrivateKeyDer::from_pem_slice(&pem)?)
}

/// Picks the certificate of a connection.
#[derive(Debug)]
struct Resolver {
    default: Arc<CertifiedKey>,
    /// Makes the others, where there is a local CA.
    authority: Option<(Authority, Arc<CryptoProvider>, Nanos)>,
    /// Hosts that are served beside the platform's.
    also: Vec<String>,
    /// Of the platform's hosts, of which there are a hundred or so.
    made: DashMap<String, Arc<CertifiedKey>>,
}

impl Resolver {
    fn given(
        certificate: &Path,
        key: &Path,
        now: Nanos,
        provider: &Arc<CryptoProvider>,
    ) -> anyhow::Result<Self> {
        let chain =
            read_chain(certificate).with_context(|| format!("--tls-cert {}", certificate.display()))?;
        let leaf = chain
            .first()
            .with_context(|| format!("--tls-cert {}: no certificate in it", certificate.display()))?;
        holds(leaf, now, provider).with_context(|| format!("--tls-cert {}", certificate.display()))?;
        let private = private_key(key).with_context(|| format!("--tls-key {}", key.display()))?;
        let unfit = |error| {
            anyhow!(
                "--tls-key {} does not match --tls-cert {}: {error}",
                key.display(),
                certificate.display()
            )
        };
        let default = CertifiedKey::from_der(chain, private, provider).map_err(unfit)?;
        Ok(Self { default: Arc::new(default), authority: None, also: Vec::new(), made: DashMap::new() })
    }

    fn made(
        authority: Authority,
        hosts: &[String],
        now: Nanos,
        provider: Arc<CryptoProvider>,
    ) -> anyhow::Result<Self> {
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        names.extend(hosts.iter().cloned());
        let default = authority.kept_leaf(&names, now, &provider)?;
        Ok(Self {
            default: Arc::new(default),
            authority: Some((authority, provider, now)),
            also: Vec::new(),
            made: DashMap::new(),
        })
    }

    /// Whether a certificate of its own is made for a host; the router says which of them are served.
    fn is_made_for(&self, host: &str) -> bool {
        self.also.iter().any(|also| also == host)
            || names::is_below_region(host)
            || Hosts::default().serves(host)
    }

    fn for_host(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let (authority, provider, now) = self.authority.as_ref()?;
        if let Some(made) = self.made.get(name) {
            return Some(Arc::clone(made.value()));
        }
        let made = authority.leaf(&[name.to_owned()], *now, provider).inspect_err(|error| {
            tracing::error!(error = format!("{error:#}"), name, "cannot issue a certificate for a host");
        });
        let made = Arc::new(made.ok()?);
        // Clients choose the labels of edges, so the number of kept certificates is bounded.
        if self.made.len() >= MAX_MADE {
            self.made.clear();
        }
        self.made.insert(name.to_owned(), Arc::clone(&made));
        Some(made)
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let made = name.filter(|name| self.is_made_for(name)).and_then(|name| self.for_host(&name));
        Some(made.unwrap_or_else(|| Arc::clone(&self.default)))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};

    use super::*;

    const DAY: Nanos = 24 * 3600 * 1_000_000_000;

    /// A certificate that holds from 2020 to 2021; signed by itself, or by a CA that no client knows.
    fn dated(issuer: Option<&str>) -> CertificateDer<'static> {
        let key = KeyPair::generate().expect("a key");
        let mut of = CertificateParams::new(["gcmock.example".to_owned()]).expect("a name");
        (of.not_before, of.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        let signed = issuer.map_or_else(
            || of.self_signed(&key),
            |name| {
                let issuer = CertificateParams::new([name.to_owned()]).expect("a name");
                of.signed_by(&key, &Issuer::new(issuer, KeyPair::generate().expect("a key")))
            },
        );
        signed.expect("signed").into()
    }

    #[test]
    fn a_certificate_is_refused_for_its_dates_alone() {
        let provider = Arc::new(ring::default_provider());
        let begins = 18_262 * DAY;
        for certificate in [dated(None), dated(Some("ca.example"))] {
            let told = |now| holds(&certificate, now, &provider).map_err(|error| error.to_string());
            let early = "the certificate is not valid before 2020-01-01T00:00:00.000Z".to_owned();
            let late = "the certificate has expired: it was valid until 2021-01-01T00:00:00.000Z".to_owned();
            assert_eq!(told(begins - DAY), Err(early));
            assert_eq!(told(begins), Ok(()));
            assert_eq!(told(begins + 366 * DAY), Ok(()));
            assert_eq!(told(begins + 367 * DAY), Err(late));
        }
    }
}
