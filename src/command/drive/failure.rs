//! Why a sample has no answer, in the words that JMeter's result files have: the class of an exception and its message.

use std::io;

use anyhow::{Error, anyhow};

use super::exchange::Broken;
use super::redirect::MOST;

/// A connect that failed.
pub(super) fn of_connect(error: &io::Error) -> Error {
    anyhow!("org.apache.http.conn.HttpHostConnectException: Connect failed: {error}")
}

/// A request that got no answer, or not all of it.
pub(super) fn of_exchange(broken: &Broken) -> Error {
    match broken {
        Broken::Closed => {
            anyhow!("org.apache.http.NoHttpResponseException: The target server failed to respond")
        }
        Broken::Nonsense(why) => anyhow!("org.apache.http.client.ClientProtocolException: {why}"),
        Broken::Failed(error) => anyhow!("java.net.SocketException: {error}"),
    }
}

/// A message without an open WebSocket.
pub(super) fn no_socket() -> Error {
    anyhow!("java.io.IOException: There is no open WebSocket")
}

/// No answer in time.
pub(super) fn timed_out() -> Error {
    anyhow!("java.net.SocketTimeoutException: Read timed out")
}

/// A redirect too many.
pub(super) fn too_many_redirects() -> Error {
    anyhow!("java.io.IOException: Exceeded maximum number of redirects: {MOST}")
}
