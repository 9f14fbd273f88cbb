//! `gcmock cert`: writes the local CA's certificate, and prints how clients trust it.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Failure, print_out};
use crate::server::tls::{Authority, TRUSTSTORE_PASSWORD, state_folder};

/// Writes the local CA's certificate into `out`, as PEM and as a truststore, and prints how each client trusts it.
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
    // The printed commands may run in another folder, so their paths are absolute.
    print_out(&trusts(&std::path::absolute(out).unwrap_or_else(|_| out.to_owned())))
}

/// The commands by which each client trusts it, quoted for a shell.
fn trusts(out: &Path) -> String {
    let [pem, p12] = ["ca.pem", "truststore.p12"].map(|name| out.join(name).display().to_string());
    let java = format!(
        "{} -Djavax.net.ssl.trustStorePassword={TRUSTSTORE_PASSWORD}",
        shell_quoted(&format!("-Djavax.net.ssl.trustStore={p12}"))
    );
    let shell = shell_quoted(&pem);
    format!(
        "{pem}\n{p12} (password {TRUSTSTORE_PASSWORD})\n\n\
         curl      curl --cacert {shell} https://localhost:8443/__admin/health\n\
         Python    SSL_CERT_FILE={shell} REQUESTS_CA_BUNDLE={shell} python3 …\n\
         \x20         Programs that read certifi's bundle and no variable, in their environment:\n\
         \x20         cat {shell} >> \"$(python3 -m certifi)\"\n\
         \x20         The SDK: configuration.ssl_ca_cert = {pem:?}\n\
         Node      NODE_EXTRA_CA_CERTS={shell}\n\
         Java      java {java}\n\
         JMeter    JVM_ARGS=\"{java}\" jmeter … (its HTTP and WebSocket samplers take any certificate)\n\
         Go        SSL_CERT_FILE={shell}\n"
    )
}

/// A word of the shell.
fn shell_quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+:@%,=".contains(char);
    if text.chars().all(is_plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        for (path, word) in [
            ("/home/me/certs/ca.pem", "/home/me/certs/ca.pem"),
            ("/home/my certs/ca.pem", "'/home/my certs/ca.pem'"),
            ("/it's/$HOME", "'/it'\\''s/$HOME'"),
        ] {
            assert_eq!(shell_quoted(path), word);
        }
    }
}
