//! Why a sample has no answer, in the words that JMeter's result files have: the class of an exception and its message.

use anyhow::{Error, anyhow};

/// A connect that failed.
pub(super) fn of_connect(error: &Error) -> Error {
    anyhow!("org.apache.http.conn.HttpHostConnectException: Connect failed: {error:#}")
}

/// A request that got no answer, or not all of it.
pub(super) fn of_exchange(error: &hyper::Error) -> Error {
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        anyhow!("org.apache.http.NoHttpResponseException: The target server failed to respond")
    } else if error.is_parse() {
        anyhow!("org.apache.http.client.ClientProtocolException: {error}")
    } else {
        anyhow!("java.net.SocketException: {error}")
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
