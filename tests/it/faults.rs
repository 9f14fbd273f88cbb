//! Faults on purpose: which requests they strike, what clients see of them, and how they come and go.

mod admin;
mod answers;
mod bytes;
mod sockets;

use gcmock::MockServer;

use crate::support::window;

const ME: &str = "/api/v2/users/me";

/// A `[[fault]]` of requests to the API; `rest` is its other keys.
fn fault(name: &str, rest: &str) -> String {
    fault_on("* /api/v2/**", name, rest)
}

fn fault_on(pattern: &str, name: &str, rest: &str) -> String {
    format!("[[fault]]\nname = \"{name}\"\nmatch = [\"{pattern}\"]\n{rest}\n\n")
}

/// A limit of a hundred requests, to see that no fault is charged to it.
fn limit() -> String {
    window("all", "tenant", "* /api/v2/**", 100, "")
}

/// A server with these faults and that limit, on a clock that stands.
async fn mock(faults: &str) -> MockServer {
    crate::support::mock(&(limit() + faults)).await
}

/// The names of the faults in the journal, oldest first; empty for a request without one.
fn noted(mock: &MockServer) -> Vec<String> {
    mock.requests().into_iter().map(|entry| entry.fault.unwrap_or_default()).collect()
}
