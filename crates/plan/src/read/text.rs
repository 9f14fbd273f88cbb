//! The bytes of a file as text: UTF-8, UTF-16 with a mark, or the one-byte encodings that JMeter plans are found in.

use std::borrow::Cow;

use super::ReadError;

/// The text of a plan's bytes. The encoding is that of the byte order mark, else that of the XML declaration, else
/// UTF-8.
///
/// # Errors
/// An encoding that is not read, or bytes that are none of the declared one.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0, b'<', ..] => utf16(bytes, u16::from_be_bytes),
        [b'<', 0, ..] => utf16(bytes, u16::from_le_bytes),
        _ => declared(bytes),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = String::from_utf8_lossy(before).matches('\n').count() + 1;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        ReadError::line(line, "the file is not UTF-8, and its XML declaration names no other encoding")
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, ReadError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ReadError::whole("the file is UTF-16 and ends in the middle of a character"));
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map(Cow::Owned)
        .map_err(|_| ReadError::whole("the file is UTF-16 and has half a surrogate pair"))
}

fn declared(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    match encoding(bytes).as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => utf8(bytes),
        Some("iso-8859-1" | "latin1" | "windows-1252" | "cp1252" | "iso-8859-15") => {
            Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()))
        }
        Some(other) => utf8(bytes).map_err(|_| {
            ReadError::whole(format!("the encoding \"{other}\" is not read: save the plan as UTF-8"))
        }),
    }
}

/// The encoding that the XML declaration names, in small letters.
fn encoding(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?.to_owned();
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start().to_owned();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = value[1..].split(quote).next()?;
    Some(name.chars().take(40).collect::<String>().to_ascii_lowercase())
}
