//! Variables that gcmock does not read, although the operator may expect it: misspelt ones, and `GCMOCK_PORT`.
//!
//! A name is reported only if it is nearly one of gcmock's. Other programs set `GCMOCK_…` too, as Kubernetes does for
//! every service whose name begins so.

use std::ffi::OsStr;

use clap::CommandFactory;

use super::args::Cli;
use super::inner::EXPORTED;
use crate::spelling::nearest;

/// The end of variables that Kubernetes sets for services: `GCMOCK_TLS_PORT` is similar to `GCMOCK_TLS_HOST`.
const OF_SERVICES: &str = "_PORT";
/// The most wrong letters of a misspelt name.
const MISSPELT: usize = 2;

/// Reports the variables that gcmock does not read, one line for each.
pub(super) fn report_unread() {
    warn_of_misspelt();
    report_endpoint();
    report_port(std::env::var("GCMOCK_PORT").unwrap_or_default().trim());
}

/// `GCMOCK_PORT` is not an option, because Kubernetes sets it to a URL in the pods beside a service called gcmock.
fn report_port(port: &str) {
    // `gcmock run` sets both for its command, which may be a gcmock.
    let is_from_run = std::env::var("GCMOCK_URI").is_ok_and(|uri| !uri.is_empty());
    if port.is_empty() || is_from_run {
        return;
    }
    if port.contains("://") {
        tracing::info!(
            "GCMOCK_PORT has the URL of a service, as Kubernetes sets it, and is not read; GCMOCK_LISTEN sets the port"
        );
    } else if let Ok(port) = port.parse::<u16>() {
        tracing::warn!("GCMOCK_PORT is not read; set GCMOCK_LISTEN=HOST:{port}, or give --port {port}");
    } else {
        tracing::warn!(
            "GCMOCK_PORT is not a port, and is not read; set GCMOCK_LISTEN=HOST:PORT, or give --port PORT"
        );
    }
}

/// Other programs of the operator read this variable too, so it is no mistake.
fn report_endpoint() {
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    if cfg!(not(feature = "otlp")) && std::env::var_os(ENDPOINT).is_some_and(|value| !value.is_empty()) {
        tracing::info!("{ENDPOINT} is not read: this gcmock is built without the feature otlp");
    }
}

/// Warns about variables whose names are almost those that gcmock reads.
fn warn_of_misspelt() {
    let known = known_variables();
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        if let Some(meant) = variable_meant(&name, &known) {
            tracing::warn!("unknown variable {name}; did you mean {meant}?");
        }
    }
}

/// Every variable that a command reads, and those that `run` gives to its own.
fn known_variables() -> Vec<String> {
    let command = Cli::command();
    let options = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let read = options.filter_map(|option| option.get_env().and_then(OsStr::to_str));
    read.chain(EXPORTED).map(str::to_owned).collect()
}

fn variable_meant<'k>(name: &str, known: &'k [String]) -> Option<&'k str> {
    let others = !name.starts_with("GCMOCK") || name.ends_with(OF_SERVICES);
    if others || known.iter().any(|known| known == name) {
        return None;
    }
    nearest(name, known.iter().map(String::as_str), MISSPELT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nearly_a_variable_is_told() {
        let known = known_variables();
        let told = |name| variable_meant(name, &known);
        assert_eq!(told("GCMOCK_LIMTS"), Some("GCMOCK_LIMITS"));
        assert_eq!(told("GCMOCK_TLS_CRET"), Some("GCMOCK_TLS_CERT"));
        assert_eq!(told("GCMOCKLISTEN"), Some("GCMOCK_LISTEN"));
        let others = ["GCMOCK_SERVICE_HOST", "GCMOCK_PORT", "GCMOCK_TLS_PORT", "LISTEN"];
        assert_eq!(others.map(told), [None; 4]);
        assert_eq!(["GCMOCK_LIMITS", "GCMOCK_CLIENT_SECRET"].map(told), [None; 2], "they are spelt well");
    }
}
