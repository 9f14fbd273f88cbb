//! Sockets: admission, frames, and ends.

mod admission;
mod endings;
mod hostile;

use gcmock::MockServer;
use serde_json::Value;

use crate::support::{Client, limit};

/// A `[[limit]]` on open sockets of the organization.
fn open_sockets(capacity: u32) -> String {
    let rest = format!("algorithm = \"concurrency\"\ncapacity = {capacity}");
    limit("open-sockets", "tenant", "WS /api/v2/platform/websocket", &rest)
}

/// A `[[limit]]` on handshakes: `capacity` at once, one more a second.
fn handshakes(capacity: u32) -> String {
    let rest = format!("algorithm = \"token-bucket\"\ncapacity = {capacity}\nrefill = 1\nperiod = \"1s\"");
    limit("handshakes", "edge", "WS /api/v2/platform/websocket", &rest)
}

/// The open sockets, as the admin API lists them.
async fn listed(mock: &MockServer) -> Vec<Value> {
    let answer = Client::of(mock).get("/__admin/sockets").await;
    answer.json()["sockets"].as_array().expect("a list").clone()
}

/// The journal's entries of sockets, oldest first: status, event, close code and closing side.
fn socket_events(mock: &MockServer) -> Vec<(u16, &'static str, Option<u16>, Option<&'static str>)> {
    let entries = mock.requests().into_iter();
    let about = entries.filter_map(|entry| entry.socket.map(|socket| (entry.status, socket)));
    about.map(|(status, socket)| (status, socket.event, socket.code, socket.by)).collect()
}
