//! A certificate authority of this machine alone, made once and used again.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use jiff::ToSpan;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::clock::timestamp;
use crate::limit::Nanos;

/// What Java's habit is to protect a truststore with.
pub const TRUSTSTORE_PASSWORD: &str = "changeit";

/// How long a certificate holds: some clients take none that holds longer.
const LEAF_DAYS: i64 = 800;
/// A certificate that holds for less than this is made anew.
const RENEW: Nanos = 30 * 24 * 3600 * 1_000_000_000;

/// The local certificate authority.
pub struct Authority {
    key: KeyPair,
    pem: String,
    /// Where it is kept; in memory alone without it.
    folder: Option<PathBuf>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority that is kept in `folder`; a missing one is made, with its folder.
    ///
    /// # Errors
    /// When the folder can not be read or written; the error names `--state-dir` and the file.
    pub fn at(folder: &Path) -> anyhow::Result<Self> {
        let (certificate, key) = (folder.join("ca.pem"), folder.join("ca.key"));
        if !certificate.exists() && !key.exists() {
            Self::make(folder)?;
        }
        let pem = read(&certificate)?;
        let key = KeyPair::from_pem(&read(&key)?).with_context(|| in_state(&key))?;
        Ok(Self { key, pem, folder: Some(folder.to_owned()) })
    }

    /// An authority that is gone with this process.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn in_memory() -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        Ok(Self { pem: params().self_signed(&key)?.pem(), key, folder: None })
    }

    fn make(folder: &Path) -> anyhow::Result<()> {
        let key = KeyPair::generate()?;
        let certificate = params().self_signed(&key)?;
        make_folder(folder)?;
        // The key first: with it alone, the next start says what is missing.
        write(&folder.join("ca.key"), key.serialize_pem().as_bytes())?;
        write(&folder.join("ca.pem"), certificate.pem().as_bytes())
    }

    /// The authority's own certificate, PEM: what clients are told to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The same as a PKCS#12 truststore that Java loads with [`TRUSTSTORE_PASSWORD`].
    ///
    /// # Errors
    /// When the certificate is none.
    pub fn truststore(&self) -> anyhow::Result<Vec<u8>> {
        use p12_keystore::{Certificate, KeyStore, KeyStoreEntry};
        let der = CertificateDer::from_pem_slice(self.pem.as_bytes())?;
        let mut store = KeyStore::new();
        let certificate = Certificate::from_der(&der).map_err(|error| anyhow!("{error}"))?;
        store.add_entry("gcmock", KeyStoreEntry::Certificate(certificate));
        store.writer(TRUSTSTORE_PASSWORD).write().map_err(|error| anyhow!("{error}"))
    }

    /// A certificate for `names`, which are host names and addresses.
    pub(super) fn leaf(
        &self,
        names: &[String],
        now: Nanos,
        provider: &CryptoProvider,
    ) -> anyhow::Result<CertifiedKey> {
        let (certificate, key) = self.issue(names, now)?;
        certified(&certificate, &key, provider)
    }

    /// The same, kept beside the authority and used again for the same names until it is nearly over.
    pub(super) fn kept_leaf(
        &self,
        names: &[String],
        now: Nanos,
        provider: &CryptoProvider,
    ) -> anyhow::Result<CertifiedKey> {
        let Some(folder) = &self.folder else { return self.leaf(names, now, provider) };
        let [certificate, key, about] = ["leaf.pem", "leaf.key", "leaf.txt"].map(|name| folder.join(name));
        let kept = fs::read_to_string(&about).unwrap_or_default();
        let (ends, of) = kept.split_once(' ').unwrap_or_default();
        let holds = ends.parse::<Nanos>().is_ok_and(|ends| ends > now.saturating_add(RENEW));
        if !holds || of != names.join(" ") {
            let (new, new_key) = self.issue(names, now)?;
            write(&certificate, new.as_bytes())?;
            write(&key, new_key.as_bytes())?;
            let ends = now.saturating_add(LEAF_DAYS.unsigned_abs() * 24 * 3600 * 1_000_000_000);
            write(&about, format!("{ends} {}", names.join(" ")).as_bytes())?;
        }
        certified(&read(&certificate)?, &read(&key)?, provider).with_context(|| in_state(&certificate))
    }

    fn issue(&self, names: &[String], now: Nanos) -> anyhow::Result<(String, String)> {
        let key = KeyPair::generate()?;
        let mut leaf =
            CertificateParams::new(names).with_context(|| format!("--tls-host {}", names.join(" ")))?;
        leaf.distinguished_name.push(DnType::CommonName, names.first().map_or("gcmock", String::as_str));
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let [(from_year, from_month, from_day), (year, month, day)] =
            [day_after(now, -1)?, day_after(now, LEAF_DAYS)?];
        leaf.not_before = date_time_ymd(from_year, from_month, from_day);
        leaf.not_after = date_time_ymd(year, month, day);
        let issuer = Issuer::new(params(), &self.key);
        let certificate = leaf.signed_by(&key, &issuer)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }
}

/// What the authority is, the same at every start, so that its key is all that has to be kept.
fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "gcmock local CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1));
    params
}

/// Year, month and day, so many days from now.
fn day_after(now: Nanos, days: i64) -> anyhow::Result<(i32, u8, u8)> {
    let day = timestamp(now).to_zoned(jiff::tz::TimeZone::UTC).date().checked_add(days.days())?;
    Ok((day.year().into(), u8::try_from(day.month())?, u8::try_from(day.day())?))
}

fn certified(certificate: &str, key: &str, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
    Ok(CertifiedKey::from_der(chain, key, provider)?)
}

fn in_state(file: &Path) -> String {
    format!("--state-dir: {}", file.display())
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| in_state(file))
}

/// A folder and a file that nobody else may read: keys are kept in them.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| in_state(folder))
}

fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).and_then(|mut opened| opened.write_all(content)).with_context(|| in_state(file))
}
