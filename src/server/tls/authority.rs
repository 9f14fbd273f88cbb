//! A certificate authority of this machine alone, made once and used again.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::ToSpan;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::truststore;
use crate::files;
use crate::time::Nanos;
use crate::time::clock::timestamp;

/// The password that Java uses for truststores by default.
pub(crate) const TRUSTSTORE_PASSWORD: &str = "changeit";

/// How long a certificate holds: some clients take none that holds longer.
const LEAF_DAYS: i64 = 800;
/// A certificate with less time left than this is replaced.
const RENEW: Nanos = 30 * 24 * 3600 * 1_000_000_000;

/// The local certificate authority.
pub(crate) struct Authority {
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
    pub(crate) fn at(folder: &Path) -> anyhow::Result<Self> {
        let (certificate, kept) = (folder.join("ca.pem"), folder.join("ca.key"));
        if !certificate.exists() && !kept.exists() {
            make_folder(folder)?;
            write_first(&kept, KeyPair::generate()?.serialize_pem().as_bytes())?;
        }
        let key = KeyPair::from_pem(&read(&kept)?).with_context(|| in_state(&kept))?;
        if !certificate.exists() {
            write_first(&certificate, params().self_signed(&key)?.pem().as_bytes())?;
        }
        let pem = read(&certificate)?;
        let of_key = certifies(&pem, &key).with_context(|| in_state(&certificate))?;
        ensure!(
            of_key,
            "{}: it does not match ca.key in the same folder; delete both to create new ones",
            in_state(&certificate)
        );
        Ok(Self { key, pem, folder: Some(folder.to_owned()) })
    }

    /// An authority that exists only in this process.
    ///
    /// # Errors
    /// When no key can be made.
    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        Ok(Self { pem: params().self_signed(&key)?.pem(), key, folder: None })
    }

    /// The authority's own certificate as PEM, for clients to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The authority's certificate as a PKCS#12 truststore that Java loads with [`TRUSTSTORE_PASSWORD`].
    ///
    /// # Errors
    /// When the PEM has no certificate.
    pub(crate) fn truststore(&self) -> anyhow::Result<Vec<u8>> {
        let certificate = CertificateDer::from_pem_slice(self.pem.as_bytes())?;
        Ok(truststore::write("gcmock", &certificate, TRUSTSTORE_PASSWORD))
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

    /// A certificate that is kept beside the authority, and used again for the same names until it nearly expires.
    pub(super) fn kept_leaf(
        &self,
        names: &[String],
        now: Nanos,
        provider: &CryptoProvider,
    ) -> anyhow::Result<CertifiedKey> {
        let Some(folder) = &self.folder else { return self.leaf(names, now, provider) };
        let files = ["leaf.pem", "leaf.key", "leaf.txt"].map(|name| folder.join(name));
        // Of another CA, or of other names, it is of no use.
        let about = format!("{} {}", STANDARD.encode(Sha256::digest(&self.pem)), names.join(" "));
        if let Some(kept) = read_leaf(&files, &about, now, provider) {
            return Ok(kept);
        }
        let (certificate, key) = self.issue(names, now)?;
        let ends = now.saturating_add(LEAF_DAYS.unsigned_abs() * 24 * 3600 * 1_000_000_000);
        for (file, content) in files.iter().zip([&certificate, &key, &format!("{ends} {about}")]) {
            write(file, content.as_bytes())?;
        }
        certified(&certificate, &key, provider)
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

/// The parameters of the authority. They are equal at every start, so that only its key has to be kept.
fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "gcmock local CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2049, 1, 1));
    params
}

/// Year, month and day, `days` from now.
fn day_after(now: Nanos, days: i64) -> anyhow::Result<(i32, u8, u8)> {
    let day = timestamp(now).to_zoned_datetime(jiff::tz::TimeZone::UTC).date().checked_add(days.days())?;
    Ok((day.year().into(), u8::try_from(day.month())?, u8::try_from(day.day())?))
}

/// The leaf that is kept, unless it is nearly over or another one was wanted.
fn read_leaf(
    [certificate, key, about]: &[PathBuf; 3],
    wanted: &str,
    now: Nanos,
    provider: &CryptoProvider,
) -> Option<CertifiedKey> {
    let kept = files::read_text(about, files::PEM).ok()?;
    let (ends, of) = kept.split_once(' ')?;
    let holds = ends.parse::<Nanos>().ok()? > now.saturating_add(RENEW);
    let [certificate, key] = [certificate, key].map(|file| files::read_text(file, files::PEM).ok());
    certified(&certificate?, &key?, provider).ok().filter(|_| holds && of == wanted)
}

/// Whether a certificate is that of a key.
fn certifies(certificate: &str, key: &KeyPair) -> anyhow::Result<bool> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes())?)?;
    let key = key.subject_public_key_info();
    // A root's key comes without the tag and the length that it has in the certificate.
    Ok(roots.roots.iter().any(|root| key.ends_with(&root.subject_public_key_info)))
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
    files::read_text(file, files::PEM).with_context(|| in_state(file))
}

/// A folder and a file that no other user can read, for keys.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| in_state(folder))
}

/// Replaces a file in one step: another process reads the old one or the new one.
fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let draft = draft(file, content)?;
    fs::rename(&draft, file).with_context(|| in_state(file))
}

/// A private file that the first of several processes makes, and the others use.
fn write_first(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let draft = draft(file, content)?;
    let made = match fs::hard_link(&draft, file) {
        // Not every file system has links; without them the last one wins.
        Err(_) if !file.exists() => fs::rename(&draft, file),
        _ => fs::remove_file(&draft),
    };
    made.with_context(|| in_state(file))
}

/// A file of this process alone, beside the one that it is to become.
fn draft(file: &Path, content: &[u8]) -> anyhow::Result<PathBuf> {
    let draft = file.with_extension(Uuid::new_v4().simple().to_string());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft).and_then(|mut opened| opened.write_all(content)).with_context(|| in_state(file))?;
    Ok(draft)
}
