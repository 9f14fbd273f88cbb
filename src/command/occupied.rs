//! Explains why a listener cannot bind its address, and which program uses the port.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::{client, reachable};
use crate::rules::Scenario;

/// The time for the program on the port to identify itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// Explains the error, and suggests another port.
pub(super) async fn explain(address: SocketAddr, option: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => format!("{} {}", holder(address).await, other_port(address, option)),
        ErrorKind::AddrNotAvailable => format!("this machine does not have the address {}", address.ip()),
        ErrorKind::PermissionDenied => {
            format!("{error}; ports below 1024 need a privilege. {}", other_port(address, option))
        }
        _ => error.to_string(),
    }
}

fn other_port(address: SocketAddr, option: &str) -> String {
    let port = address.port().checked_add(1).unwrap_or(8080).max(1024);
    if option == "--listen" {
        return format!("Choose another port: --port {port}, or --port 0 for any free port.");
    }
    let other = |port| SocketAddr::new(address.ip(), port);
    format!("Choose another port: {option} {}, or {option} {} for any free port.", other(port), other(0))
}

/// Describes the program that listens on the port.
async fn holder(address: SocketAddr) -> String {
    let address = reachable(address);
    let (clear, tls) = (format!("http://{address}"), format!("https://{address}"));
    let (clear, tls) = tokio::join!(health(&clear), health(&tls));
    let gcmock = clear.or(tls).as_ref().and_then(describe_gcmock);
    gcmock.unwrap_or_else(|| "the port is in use by another program.".to_owned())
}

async fn health(base: &str) -> Option<Value> {
    let asked = client::ask(Method::GET, base, "/__admin/health", None, String::new());
    let (_, body) = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    serde_json::from_slice(&body).ok()
}

/// Describes a gcmock by its health answer. Only checked values are repeated, because any program may have answered.
fn describe_gcmock(health: &Value) -> Option<String> {
    let is_plain = |text: &&str| text.len() < 40 && text.bytes().all(|byte| byte.is_ascii_graphic());
    let version = health["version"].as_str().filter(is_plain)?;
    let served = health["scenarios"].as_array().filter(|_| health["status"] == "ok")?;
    let known = served.iter().filter_map(|name| Scenario::find(name.as_str()?));
    let names: Vec<_> = known.map(|scenario| scenario.name).collect();
    let serves =
        if names.is_empty() { "no scenario".to_owned() } else { format!("scenario {}", names.join(", ")) };
    // Process 1 of a container is another process on this machine.
    let process = health["pid"].as_u64().filter(|pid| *pid > 1).map(|pid| format!(", process {pid}"));
    let process = process.unwrap_or_default();
    Some(format!("the port is in use by another gcmock: version {version}{process}, {serves}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_gcmock_is_introduced() {
        let told = |health: Value| describe_gcmock(&health);
        let mut health = json!({ "status": "ok", "version": "0.9.0", "pid": 77, "scenarios": ["messaging-tenant", "\u{1b}[31m"] });
        let expected =
            "the port is in use by another gcmock: version 0.9.0, process 77, scenario messaging-tenant.";
        assert_eq!(told(health.clone()).as_deref(), Some(expected));
        health["pid"] = json!(1);
        health["scenarios"] = json!([]);
        let expected = "the port is in use by another gcmock: version 0.9.0, no scenario.";
        assert_eq!(told(health.clone()).as_deref(), Some(expected));
        health["version"] = json!("\u{1b}[31m");
        assert_eq!(told(health), None);
        assert_eq!(
            told(json!({ "status": "healthy", "version": "3.9.1", "message": "WireMock is ok" })),
            None
        );
    }

    #[test]
    fn another_port_is_suggested_by_the_option_that_was_used() {
        let suggested = |address: &str, option| other_port(address.parse().expect("an address"), option);
        assert!(suggested("127.0.0.1:8080", "--listen").contains("--port 8081, or --port 0"));
        assert!(
            suggested("127.0.0.1:443", "--tls-listen")
                .contains("--tls-listen 127.0.0.1:1024, or --tls-listen 127.0.0.1:0")
        );
        assert!(suggested("[::1]:65535", "--admin-listen").contains("--admin-listen [::1]:8080,"));
    }
}
