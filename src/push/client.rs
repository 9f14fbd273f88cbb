//! Sends one request to an address that is allowed, on a connection of its own.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderValue, USER_AGENT};
use http::{Request, response};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use super::delivery::address::Address;

/// The time for the body of an answer, and the most bytes of it.
const REST: (Duration, usize) = (Duration::from_secs(1), 64 << 10);
/// The program in the header `User-Agent`.
const AGENT: &str = concat!("gcmock/", env!("CARGO_PKG_VERSION"));

/// Sends a POST. Returns the head of the answer and its body, which is empty where it is too slow or too long. A redirect is
/// not followed: the address that it names was not checked.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn post(
    address: &Address,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(response::Parts, Bytes), String> {
    let stream = address.connect().await.map_err(|error| format!("cannot connect: {error}"))?;
    let request = request(address, headers, body).map_err(|error| error.to_string())?;
    let opened = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = opened.map_err(|error| error.to_string())?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let answer = sender.send_request(request).await.map_err(|error| format!("no answer: {error}"))?;
    let (head, body) = answer.into_parts();
    // Read in any case, so that the receiver meets no reset.
    let read = tokio::time::timeout(REST.0, Limited::new(body, REST.1).collect()).await;
    let body = read.ok().and_then(Result::ok).map(Collected::to_bytes);
    Ok((head, body.unwrap_or_default()))
}

fn request(address: &Address, headers: HeaderMap, body: Bytes) -> http::Result<Request<Full<Bytes>>> {
    let mut request = Request::post(&address.path).body(Full::new(body))?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, HeaderValue::from_str(&address.authority)?);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
    Ok(request)
}
