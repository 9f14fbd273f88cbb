//! `gcmock cert`: what a client needs to trust this machine's certificates.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Failure, print_out};
use crate::server::tls::{Authority, TRUSTSTORE_PASSWORD, state_folder};

/// Writes the local CA into `out`, as PEM and as a truststore, and says how each client is told of it.
pub(super) fn run(state: Option<PathBuf>, out: &Path) -> Result<(), Failure> {
    let state =
        state_folder(state).context("--state-dir: expected a folder, because this process has no HOME");
    let authority = state.and_then(|state| Authority::at(&state)).map_err(Failure::Usage)?;
    fs::create_dir_all(out).with_context(|| format!("--out {}", out.display())).map_err(Failure::Usage)?;
    let truststore = authority.truststore()?;
    for (name, content) in [("ca.pem", authority.pem().as_bytes()), ("truststore.p12", &truststore)] {
        let file = out.join(name);
        fs::write(&file, content)
            .with_context(|| format!("--out: {}", file.display()))
            .map_err(Failure::Usage)?;
    }
    print_out(&trusts(out))
}

/// How each client is told to trust it.
fn trusts(out: &Path) -> String {
    let (pem, p12) = (out.join("ca.pem"), out.join("truststore.p12"));
    let (pem, p12) = (pem.display(), p12.display());
    let java =
        format!("-Djavax.net.ssl.trustStore={p12} -Djavax.net.ssl.trustStorePassword={TRUSTSTORE_PASSWORD}");
    format!(
        "{pem}\n{p12} (password {TRUSTSTORE_PASSWORD})\n\n\
         curl      curl --cacert {pem} https://localhost:8443/__admin/health\n\
         Python    SSL_CERT_FILE={pem} REQUESTS_CA_BUNDLE={pem}; the SDK: configuration.ssl_ca_cert = \"{pem}\"\n\
         Node      NODE_EXTRA_CA_CERTS={pem}\n\
         Java      java {java}\n\
         JMeter    JVM_ARGS=\"{java}\" jmeter … (its HTTP and WebSocket samplers take any certificate)\n\
         Go        SSL_CERT_FILE={pem}\n"
    )
}
