//! The headers of one answer, gathered in one piece of memory.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;
use uuid::Uuid;

/// The media type of bodies.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Names the exchange. The value equals `contextId` in the body of an error.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");

/// The headers of one answer whose values are formatted for it.
///
/// All values share one piece of memory: an allocation for each costs more than the decision that they report.
#[derive(Debug, Default)]
pub(crate) struct HeaderBlock {
    text: String,
    ends: SmallVec<[(HeaderName, usize); 8]>,
}

impl HeaderBlock {
    /// No headers yet, and room for those of a refusal.
    pub(crate) fn new() -> Self {
        Self { text: String::with_capacity(256), ends: SmallVec::new() }
    }

    /// Adds a header with the value that `write` appends.
    pub(crate) fn add(&mut self, name: HeaderName, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push((name, self.text.len()));
    }

    /// Adds a header of a number.
    pub(crate) fn number(&mut self, name: HeaderName, value: impl itoa::Integer) {
        self.add(name, |text| text.push_str(itoa::Buffer::new().format(value)));
    }

    /// The id of the exchange.
    pub(crate) fn correlation(&mut self, context: Uuid) {
        let mut buffer = Uuid::encode_buffer();
        let id = context.hyphenated().encode_lower(&mut buffer);
        self.add(CORRELATION_ID, |text| text.push_str(id));
    }

    /// Moves all headers into `headers`. The name of a limit can be any text; a value that no header can hold is
    /// left out.
    pub(crate) fn move_into(mut self, headers: &mut HeaderMap) {
        let (text, mut start) = (Bytes::from(self.text), 0);
        // Drained, because an iterator by value moves the whole array.
        for (name, end) in self.ends.drain(..) {
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(start..end)) {
                headers.insert(name, value);
            }
            start = end;
        }
    }
}
