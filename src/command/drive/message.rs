//! The answers of HTTP/1.1 as a driver needs them: of a head its status, four headers and the length of the body.
//!
//! A driver on the machine of its server has a few microseconds for a request. It keeps no header that it does not read.

use httparse::{EMPTY_HEADER, Header, Response, Status};

use super::exchange::Broken;

/// The most headers of an answer.
const MOST_HEADERS: usize = 128;

/// What is read of the head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The status.
    pub(super) status: u16,
    /// The length of its body, for any method but HEAD.
    pub(super) body: Length,
    /// Whether the connection stays open after it.
    pub(super) keeps: bool,
    /// The seconds of `Retry-After`.
    pub(super) retry_after: Option<u32>,
    /// Whether it is a page for people.
    pub(super) is_html: bool,
    /// Where a redirect leads to.
    pub(super) location: Option<Box<str>>,
}

/// How long a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// This number of bytes.
    Known(u64),
    /// It comes in chunks.
    Chunked,
    /// It ends with the connection.
    ToTheEnd,
}

impl Head {
    /// Reads a head, and how many bytes it has. None: it is not complete yet.
    ///
    /// # Errors
    /// What is not a head of HTTP/1.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Broken> {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut response = Response::new(&mut headers);
        match response.parse(bytes) {
            Ok(Status::Partial) => Ok(None),
            Ok(Status::Complete(length)) => Self::of(&response).map(|head| Some((head, length))),
            Err(error) => Err(Broken::Nonsense(error.to_string())),
        }
    }

    fn of(response: &Response<'_, '_>) -> Result<Self, Broken> {
        let mut head = Self {
            status: response.code.unwrap_or_default(),
            body: Length::ToTheEnd,
            keeps: response.version == Some(1),
            retry_after: None,
            is_html: false,
            location: None,
        };
        for header in response.headers.iter() {
            head.take(header)?;
        }
        if matches!(head.status, 100..=199 | 204 | 304) {
            head.body = Length::Known(0);
        }
        head.keeps &= head.body != Length::ToTheEnd && head.status != 101;
        Ok(head)
    }

    fn take(&mut self, header: &Header<'_>) -> Result<(), Broken> {
        let text = std::str::from_utf8(header.value).unwrap_or_default().trim();
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        // The length of the name decides for most headers.
        match header.name.len() {
            14 if is("content-length") => self.take_length(text)?,
            17 if is("transfer-encoding") => self.body = Length::Chunked,
            10 if is("connection") => {
                self.keeps = has(text, "keep-alive") || self.keeps && !has(text, "close");
            }
            11 if is("retry-after") => self.retry_after = text.parse().ok(),
            12 if is("content-type") => self.is_html = text.starts_with("text/html"),
            8 if is("location") && matches!(self.status, 300..=399) => self.location = Some(text.into()),
            _ => {}
        }
        Ok(())
    }

    /// A body in chunks has no other length (RFC 9112, section 6.3).
    fn take_length(&mut self, text: &str) -> Result<(), Broken> {
        let length = text.parse().map_err(|_| Broken::Nonsense(format!("a body of {text:?} bytes")))?;
        if self.body != Length::Chunked {
            self.body = Length::Known(length);
        }
        Ok(())
    }
}

/// Whether a list has an item.
fn has(list: &str, item: &str) -> bool {
    list.split(',').any(|other| other.trim().eq_ignore_ascii_case(item))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(text: &str) -> Head {
        let (head, length) = Head::read(text.as_bytes()).expect("a head").expect("complete");
        assert_eq!(length, text.len());
        head
    }

    #[test]
    fn a_head_tells_what_a_driver_needs() {
        let found = head(
            "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nRetry-After: 7\r\n\
             Content-Length: 120\r\nLocation: /x\r\n\r\n",
        );
        assert_eq!((found.status, found.retry_after, found.body), (429, Some(7), Length::Known(120)));
        assert_eq!((found.keeps, found.is_html, found.location), (true, false, None));
        let found =
            head("HTTP/1.1 302 Found\r\nLocation: /x y\r\ncontent-type: text/html;charset=utf-8\r\n\r\n");
        assert_eq!((found.location.as_deref(), found.is_html, found.keeps), (Some("/x y"), true, false));
    }

    #[test]
    fn the_length_of_a_body_and_the_end_of_a_connection_follow_from_the_head() {
        for (lines, body, keeps) in [
            ("1.1 200 OK\r\nContent-Length: 3", Length::Known(3), true),
            ("1.1 200 OK\r\nContent-Length: 3\r\nConnection: Close", Length::Known(3), false),
            ("1.0 200 OK\r\nContent-Length: 3", Length::Known(3), false),
            ("1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive", Length::Known(3), true),
            ("1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3", Length::Chunked, true),
            ("1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked", Length::Chunked, true),
            ("1.1 204 No Content", Length::Known(0), true),
            ("1.1 304 Not Modified\r\nContent-Length: 9", Length::Known(0), true),
            ("1.1 101 Switching Protocols\r\nConnection: Upgrade", Length::Known(0), false),
            ("1.1 200 OK", Length::ToTheEnd, false),
        ] {
            let found = head(&format!("HTTP/{lines}\r\n\r\n"));
            assert_eq!((found.body, found.keeps), (body, keeps), "{lines}");
        }
    }

    #[test]
    fn what_is_not_a_head_is_told() {
        for text in ["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/2 200\r\n\r\n"]
        {
            assert!(matches!(Head::read(text.as_bytes()), Err(Broken::Nonsense(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_head_is_complete_at_its_last_byte_and_not_before(cut in 0_usize..62) {
            let text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Some-Header: a value\r\n\r\n";
            prop_assert!(Head::read(&text.as_bytes()[..cut]).is_ok_and(|found| found.is_none()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Head::read(&bytes);
            let _ = Head::read(&[b"HTTP/1.1 200 OK\r\n", &bytes[..], b"\r\n\r\n"].concat());
        }
    }
}
