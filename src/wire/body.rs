//! Bodies of answers, and the reading of request bodies.
//!
//! Most answers are one piece of bytes, so that case is free of boxes; what comes from the admin
//! router stays axum's. [`collect`] is the only way a request's body is read: bounded in size and
//! in time, because hyper bounds neither.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, EXPECT};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, Full};

/// Bytes of a refused body that are read and dropped, so that a client that writes first gets to read the answer.
const DRAIN_BYTES: u64 = 16 << 20;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it, at hand.
    Full(Full<Bytes>),
    /// Whatever an axum route gives.
    Axum(axum::body::Body),
}

impl Body {
    /// No bytes at all.
    pub(crate) fn empty() -> Self {
        Self::from(Bytes::new())
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Full(Full::new(bytes))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes()))
    }
}

impl From<axum::body::Body> for Body {
    fn from(body: axum::body::Body) -> Self {
        Self::Axum(body)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Full(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            Self::Axum(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(full) => full.is_end_stream(),
            Self::Axum(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(full) => full.size_hint(),
            Self::Axum(body) => body.size_hint(),
        }
    }
}

/// The body of an incoming request: hyper's own, or axum's.
pub(crate) trait Incoming: http_body::Body<Data = Bytes> + Unpin {}

impl<B: http_body::Body<Data = Bytes> + Unpin> Incoming for B {}

/// Why there is no body to work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// The client announced or sent more than this many bytes.
    #[error("the body has more than {0} bytes")]
    TooLarge(usize),
    /// The client compressed it, or encoded it otherwise.
    #[error("the body has the content encoding {0}")]
    Encoded(String),
    /// The client stopped sending, or sends too slowly.
    #[error("the body did not arrive in time")]
    Stalled,
    /// The connection or the encoding failed half-way.
    #[error("the body ended early")]
    Broken,
}

/// Bytes that [`collect`] may take of a body. One that announces more than `max` is refused unread.
pub(crate) fn due(body: &impl Incoming, max: usize) -> usize {
    if body.is_end_stream() {
        return 0;
    }
    let announced = body.size_hint().exact();
    announced.map_or(max, |bytes| usize::try_from(bytes).ok().filter(|bytes| *bytes <= max).unwrap_or(0))
}

/// Takes in the whole body of a request: at most `max` bytes, within `stall` of wire time.
///
/// A body that its head already rules out is refused unread. A client that did not ask with
/// `Expect: 100-continue` may send for a while all the same, so that it sees the answer.
pub(crate) async fn collect(
    headers: &HeaderMap,
    mut body: impl Incoming,
    max: usize,
    stall: Duration,
) -> Result<Bytes, BodyError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if let Some(refusal) = refusal_of_head(headers, &body, max) {
        // Reading would tell a client that expects `100-continue` to go on.
        if !headers.contains_key(EXPECT) {
            drain(&mut body).await;
        }
        return Err(refusal);
    }
    let collected = within(stall, gather(&mut body, max)).await;
    if collected == Err(BodyError::TooLarge(max)) {
        drain(&mut body).await;
    }
    collected
}

/// Why a body is refused before any of it is read.
fn refusal_of_head(headers: &HeaderMap, body: &impl Incoming, max: usize) -> Option<BodyError> {
    if body.size_hint().lower() > max as u64 {
        return Some(BodyError::TooLarge(max));
    }
    content_encoding(headers).map(BodyError::Encoded)
}

/// The content encodings other than `identity`, in the client's spelling; `None` for a body that is what it seems.
fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let values =
        headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut encodings = Vec::new();
    for value in values {
        let named = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        encodings.extend(named.filter(|name| !name.eq_ignore_ascii_case("identity")).map(str::to_owned));
    }
    (!encodings.is_empty()).then(|| encodings.join(", "))
}

/// Polls once before a timer is armed: nearly always the body came with the head.
async fn within(
    stall: Duration,
    gathering: impl Future<Output = Result<Bytes, BodyError>>,
) -> Result<Bytes, BodyError> {
    let mut gathering = pin!(gathering);
    match poll_fn(|cx| Poll::Ready(gathering.as_mut().poll(cx))).await {
        Poll::Ready(collected) => collected,
        Poll::Pending => tokio::time::timeout(stall, gathering).await.unwrap_or(Err(BodyError::Stalled)),
    }
}

async fn gather(body: &mut impl Incoming, max: usize) -> Result<Bytes, BodyError> {
    let mut first = Bytes::new();
    while first.is_empty() {
        let Some(data) = next(body).await? else { return Ok(first) };
        first = data;
    }
    if first.len() > max {
        return Err(BodyError::TooLarge(max));
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    match next(body).await? {
        None => Ok(first),
        Some(second) => join(&[first, second], body, max).await,
    }
}

async fn join(begun: &[Bytes], body: &mut impl Incoming, max: usize) -> Result<Bytes, BodyError> {
    let mut joined = BytesMut::new();
    for piece in begun {
        joined.extend_from_slice(piece);
    }
    while joined.len() <= max {
        let Some(data) = next(body).await? else { return Ok(joined.freeze()) };
        joined.extend_from_slice(&data);
    }
    Err(BodyError::TooLarge(max))
}

/// The next piece of data; trailers are passed over.
async fn next(body: &mut impl Incoming) -> Result<Option<Bytes>, BodyError> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Drops the rest of the body, within bounds. Beyond them the client is answered anyway.
async fn drain(body: &mut impl Incoming) {
    let throw_away = async {
        let mut drained = 0;
        while drained < DRAIN_BYTES {
            let Ok(Some(data)) = next(body).await else { return };
            drained += data.len() as u64;
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, throw_away).await;
}
