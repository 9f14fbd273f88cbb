//! Bodies of answers, and the reading of request bodies.
//!
//! Most answers are one piece of bytes, so that case needs no box. Answers of the admin router stay axum's.
//! [`collect`] is the only reader of request bodies. It bounds size and time, because hyper bounds neither.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, EXPECT};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use parking_lot::Mutex;

/// Bytes of a refused body that are read and dropped, so that a client that writes first gets to read the answer.
const DRAIN_BYTES: u64 = 16 << 20;

/// The time for reading and dropping a refused body.
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// The body of an answer: all of it, at hand, or what an axum route gives.
pub(crate) type Body = Either<Full<Bytes>, axum::body::Body>;

/// A body at hand.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(bytes.into()))
}

/// A body without bytes.
pub(crate) fn empty() -> Body {
    full(Bytes::new())
}

/// The body of an incoming request: hyper's own, or axum's.
pub(crate) trait Incoming: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin {}

impl<B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Incoming for B {}

/// The reason why a body cannot be read.
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

/// The content encodings that a request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encodings {
    /// None: its body is JSON or a form.
    Identity,
    /// That of a file: `gzip`, which the receiver unpacks.
    Gzip,
}

impl Encodings {
    /// Whether a body may have these encodings, one over the other.
    fn allows(self, names: &[String]) -> bool {
        match names {
            [] => true,
            [name] => (self == Self::Gzip) && name.eq_ignore_ascii_case("gzip"),
            _ => false,
        }
    }
}

/// Takes in the whole body of a request: at most `max` bytes, within `stall` of wire time.
///
/// A body that its head already rules out is refused unread. A client that did not ask with
/// `Expect: 100-continue` may send for a while all the same, so that it sees the answer.
pub(crate) async fn collect(
    headers: &HeaderMap,
    mut body: impl Incoming,
    max: usize,
    encodings: Encodings,
    stall: Duration,
) -> Result<Bytes, BodyError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if let Some(refusal) = refusal_of_head(headers, &body, max, encodings) {
        discard(headers, &mut body).await;
        return Err(refusal);
    }
    let collected = within(stall, gather(&mut body, max)).await;
    if collected == Err(BodyError::TooLarge(max)) {
        drain(&mut body).await;
    }
    collected
}

/// The refusal of a body before it is read.
fn refusal_of_head(
    headers: &HeaderMap,
    body: &impl Incoming,
    max: usize,
    encodings: Encodings,
) -> Option<BodyError> {
    if body.size_hint().lower() > max as u64 {
        return Some(BodyError::TooLarge(max));
    }
    content_encoding(headers, encodings).map(BodyError::Encoded)
}

/// The content encodings if they are not allowed, in the client's spelling.
fn content_encoding(headers: &HeaderMap, allowed: Encodings) -> Option<String> {
    let values =
        headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut names = Vec::new();
    for value in values {
        let named = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.extend(named.filter(|name| !name.eq_ignore_ascii_case("identity")).map(str::to_owned));
    }
    (!allowed.allows(&names)).then(|| names.join(", "))
}

/// Polls once before it sets a timer, because the body nearly always arrives with the head.
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

/// The whole body. Most come in one piece, which is not copied.
async fn gather(body: &mut impl Incoming, max: usize) -> Result<Bytes, BodyError> {
    let mut body = Limited::new(body, max);
    let all = gather_unmeasured(&mut body).await;
    all.map_err(
        |error| {
            if error.is::<LengthLimitError>() { BodyError::TooLarge(max) } else { BodyError::Broken }
        },
    )
}

/// Pieces are joined as they come: kept side by side, a body of chunks of one byte would take 32 bytes for each.
async fn gather_unmeasured(body: &mut impl Incoming) -> Result<Bytes, BoxError> {
    let Some(first) = next(body).await? else { return Ok(Bytes::new()) };
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next(body).await? else { return Ok(first) };
    let mut joined = BytesMut::from(&*first);
    joined.extend_from_slice(&second);
    while let Some(data) = next(body).await? {
        joined.extend_from_slice(&data);
    }
    Ok(joined.freeze())
}

/// The next piece with data in it; trailers are passed over.
async fn next(body: &mut impl Incoming) -> Result<Option<Bytes>, BoxError> {
    while let Some(frame) = body.frame().await {
        match frame.map_err(Into::into)?.into_data() {
            Ok(data) if !data.is_empty() => return Ok(Some(data)),
            _ => {}
        }
    }
    Ok(None)
}

/// Reads and drops a body that no route has read: hyper closes the connection under a body that is left unread, and
/// says so in no header. A client that waits for `100-continue` has sent nothing.
pub(crate) async fn discard(headers: &HeaderMap, body: &mut impl Incoming) {
    if !body.is_end_stream() && !headers.contains_key(EXPECT) {
        drain(body).await;
    }
}

/// A body for a reader that may leave some of it, and the place where that is found once the reader is done.
pub(crate) fn lend<B: Incoming>(body: B) -> (Lent<B>, Unread<B>) {
    let unread = Unread(Arc::new(Mutex::new(None)));
    (Lent { body: Some(body), unread: Unread(Arc::clone(&unread.0)) }, unread)
}

/// See [`lend`].
pub(crate) struct Lent<B> {
    body: Option<B>,
    unread: Unread<B>,
}

/// See [`lend`].
pub(crate) struct Unread<B>(Arc<Mutex<Option<B>>>);

impl<B> Unread<B> {
    /// The body, if its reader is done.
    pub(crate) fn take(&self) -> Option<B> {
        self.0.lock().take()
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        *self.unread.0.lock() = self.body.take();
    }
}

impl<B: Incoming> http_body::Body for Lent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, http_body::Body::size_hint)
    }
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    async fn collected(pieces: &[&'static str], max: usize) -> Result<Bytes, BodyError> {
        let frames =
            pieces.iter().map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from_static(piece.as_bytes()))));
        let trailers = std::iter::once(Ok(Frame::trailers(HeaderMap::new())));
        let frames: Vec<_> = frames.chain(trailers).collect();
        collect(
            &HeaderMap::new(),
            StreamBody::new(stream::iter(frames)),
            max,
            Encodings::Identity,
            Duration::from_secs(60),
        )
        .await
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_joined_up_to_its_bound_and_refused_beyond() {
        for pieces in [&["abcdef"][..], &["abc", "def"], &["", "a", "", "bc", "d", "ef", ""]] {
            assert_eq!(collected(pieces, 6).await, Ok(Bytes::from_static(b"abcdef")), "{pieces:?}");
            assert_eq!(collected(pieces, 5).await, Err(BodyError::TooLarge(5)), "{pieces:?}");
        }
        assert_eq!(collected(&[], 0).await, Ok(Bytes::new()));
    }

    #[test]
    fn a_file_is_compressed_once_and_any_other_body_not_at_all() {
        let refused = |values: &[&'static str], allowed| {
            let values = values.iter().map(|value| (CONTENT_ENCODING, http::HeaderValue::from_static(value)));
            content_encoding(&values.collect(), allowed)
        };
        assert_eq!(refused(&[], Encodings::Identity), None);
        assert_eq!(refused(&["identity"], Encodings::Identity), None);
        assert_eq!(refused(&["GZip"], Encodings::Identity).as_deref(), Some("GZip"));
        assert_eq!(refused(&["identity, GZip"], Encodings::Gzip), None);
        assert_eq!(refused(&["gzip, gzip"], Encodings::Gzip).as_deref(), Some("gzip, gzip"));
        assert_eq!(refused(&["gzip", "br"], Encodings::Gzip).as_deref(), Some("gzip, br"));
    }
}
