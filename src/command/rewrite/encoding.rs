//! The bytes of a plan as text, and back without a difference.
//!
//! UTF-8 and ASCII are read as they are. Of the encodings with one byte a character each byte becomes the
//! character of the same number: only ASCII is ever looked for or written, and the rest returns unchanged.

use std::borrow::Cow;

use crate::command::xml::Fault;

/// The most bytes that are searched for the encoding.
const MAX_DECLARATION: usize = 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The encoding of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    OneByte,
}

/// A document as text.
#[derive(Debug)]
pub(super) struct Source<'b> {
    /// The text after the byte order mark, if there is one.
    pub(crate) text: Cow<'b, str>,
    has_bom: bool,
    encoding: Encoding,
}

impl<'b> Source<'b> {
    /// # Errors
    /// What cannot be decoded, and where it is in the text before it.
    pub(super) fn decode(bytes: &'b [u8]) -> Result<Self, Unreadable> {
        let body = bytes.strip_prefix(BOM);
        let (body, has_bom) = (body.unwrap_or(bytes), body.is_some());
        if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [b'<', 0, ..] = body {
            return Err(unreadable("", "the document is UTF-16 or UTF-32; expected UTF-8"));
        }
        let encoding = read_declaration(body)?;
        if has_bom && encoding == Encoding::OneByte {
            return Err(unreadable(
                "",
                "the byte order mark says UTF-8, and the declaration another encoding",
            ));
        }
        Ok(Self { text: encoding.decode(body)?, has_bom, encoding })
    }

    /// The bytes of another text in this document's encoding.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        let mut bytes = if self.has_bom { BOM.to_vec() } else { Vec::new() };
        match self.encoding {
            Encoding::Utf8 | Encoding::Ascii => bytes.extend_from_slice(text.as_bytes()),
            // All written characters are ASCII, and every other character was one byte before.
            Encoding::OneByte => bytes.extend(text.chars().map(|char| u8::try_from(char).unwrap_or(b'?'))),
        }
        bytes
    }
}

impl Encoding {
    fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
        if self == Self::OneByte {
            return Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()));
        }
        if let Some(at) = bytes.iter().position(|byte| self == Self::Ascii && !byte.is_ascii()) {
            let before = String::from_utf8_lossy(&bytes[..at]);
            return Err(unreadable(&before, "the declaration says ASCII, and this byte is not ASCII"));
        }
        std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            unreadable(&before, "this byte is not valid UTF-8")
        })
    }

    fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        match name.as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "us-ascii" | "ascii" => Some(Self::Ascii),
            "latin1" | "latin-1" | "iso8859-1" | "koi8-r" | "koi8-u" => Some(Self::OneByte),
            name => {
                let number = ["iso-8859-", "windows-125", "cp125"]
                    .iter()
                    .find_map(|known| name.strip_prefix(known))?;
                number.parse::<u8>().is_ok_and(|number| number < 17).then_some(Self::OneByte)
            }
        }
    }
}

/// The text before an undecodable byte, and the fault.
pub(super) type Unreadable = (String, Fault);

fn unreadable(before: &str, message: &str) -> Unreadable {
    (before.to_owned(), Fault { at: before.len(), message: message.to_owned() })
}

/// The encoding that the XML declaration names; UTF-8 without one.
fn read_declaration(bytes: &[u8]) -> Result<Encoding, Unreadable> {
    let declaration =
        bytes.strip_prefix(b"<?xml").filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace));
    let declaration = declaration.unwrap_or_default();
    let declaration = String::from_utf8_lossy(&declaration[..declaration.len().min(MAX_DECLARATION)]);
    let line = declaration.split("?>").next().unwrap_or_default();
    let Some((_, value)) = line.split_once("encoding") else { return Ok(Encoding::Utf8) };
    let value = value.trim_start_matches([' ', '\t', '\r', '\n', '=']);
    let name = value.get(1..).and_then(|name| name.split(['"', '\'']).next()).unwrap_or_default();
    let unknown = || format!("the encoding {name:.40} is not known; expected UTF-8");
    Encoding::find(name).ok_or_else(|| unreadable("", &unknown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_decoded_is_encoded_as_it_was() {
        for bytes in [
            "<?xml version='1.0' encoding='utf-8'?><a>ü</a>".as_bytes(),
            "\u{feff}<a>ü</a>".as_bytes(),
            b"<?xml version=\"1.0\" encoding = \"ISO-8859-1\"?><a>\xfc\x80</a>",
            b"<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\xff</a>",
            b"<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a/>",
            b"",
        ] {
            let source = Source::decode(bytes).expect("text");
            assert_eq!(source.encode(&source.text), bytes);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_where_it_is() {
        for (bytes, before, says) in [
            (b"<a>\n\xff</a>".as_slice(), "<a>\n", "UTF-8"),
            (
                b"<?xml version='1.0' encoding='ascii'?>\xc3\xbc",
                "<?xml version='1.0' encoding='ascii'?>",
                "ASCII",
            ),
            (b"<?xml version='1.0' encoding='ebcdic'?><a/>", "", "ebcdic"),
            (b"<?xml version='1.0' encoding='UTF-8>'?><a/>", "", "UTF-8>"),
            (b"<?xml version='1.0' encoding='UTF-16'?><a/>", "", "UTF-16"),
            (b"\xff\xfe<\0a\0/\0>\0", "", "UTF-16"),
            (b"\xef\xbb\xbf<?xml version='1.0' encoding='latin1'?><a/>", "", "byte order mark"),
        ] {
            let (text, fault) = Source::decode(bytes).expect_err("unreadable");
            assert_eq!(text, before);
            assert!(fault.message.contains(says), "{}", fault.message);
        }
    }
}
