//! From the bytes of a document to its raw parts.

use std::io::{self, Chain, Cursor, ErrorKind, Read};

use flate2::read::MultiGzDecoder;

use super::mistake::Mistake;
use super::raw::RawDocument;

/// The most bytes of a document, unpacked. The document of the platform has 22 million.
pub(super) const MOST_BYTES: u64 = 64 << 20;

/// The text of a document. Nothing beyond [`MOST_BYTES`] is read or unpacked.
pub(super) fn text(mut reader: impl Read) -> Result<String, Mistake> {
    let mut start = Vec::new();
    let begun = reader.by_ref().take(2).read_to_end(&mut start);
    begun.map_err(|error| Mistake::whole(error.to_string()))?;
    let is_gzip = start == [0x1f, 0x8b];
    let whole: Chain<_, _> = Cursor::new(start).chain(reader);
    let bytes = if is_gzip { bounded(MultiGzDecoder::new(whole)) } else { bounded(whole) };
    let bytes = bytes.map_err(|error| unreadable(&error, is_gzip))?;
    if bytes.len() as u64 > MOST_BYTES {
        let unpacked = if is_gzip { " when it is unpacked" } else { "" };
        return Err(Mistake::whole(format!(
            "the document is larger than {} MiB{unpacked}",
            MOST_BYTES >> 20
        )));
    }
    utf8(bytes)
}

fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(error: &io::Error, is_gzip: bool) -> Mistake {
    let is_damaged = is_gzip
        && matches!(
            error.kind(),
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof
        );
    Mistake::whole(if is_damaged { format!("the gzip data is damaged: {error}") } else { error.to_string() })
}

fn utf8(mut bytes: Vec<u8>) -> Result<String, Mistake> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count() as u64;
        Mistake::at_line(line, 1, "the text is not UTF-8")
    })
}

/// The raw parts of a document: of JSON where the text begins with a brace, else of YAML.
pub(super) fn parse(text: &str) -> Result<RawDocument, Mistake> {
    if text.trim_start().is_empty() {
        return Err(Mistake::whole("the document is empty"));
    }
    if text.trim_start().starts_with(['{', '[']) { json(text) } else { yaml(text) }
}

fn json(text: &str) -> Result<RawDocument, Mistake> {
    serde_json::from_str(text).map_err(|error| {
        let shown = error.to_string();
        let what = shown.split(" at line ").next().unwrap_or_default();
        Mistake::at_line(error.line() as u64, error.column() as u64, what)
    })
}

fn yaml(text: &str) -> Result<RawDocument, Mistake> {
    serde_saphyr::from_str_with_options(text, yaml_options()).map_err(|error| {
        let place = error.location().map(|location| (location.line(), location.column()));
        let (line, column) = place.unwrap_or_default();
        let shown = error.without_snippet().to_string();
        let what = shown.lines().next().unwrap_or_default();
        Mistake::at_line(line, column, plain(what.split(" at line ").next().unwrap_or_default()))
    })
}

/// What the reader of YAML says, in words about the document. Its own messages name options of its library.
fn plain(what: &str) -> &str {
    let known = [
        ("budget breached: Documents", "expected one document, not several"),
        ("budget breached: Depth", "it is nested too deeply"),
        ("budget breached", "it is too large once its aliases are followed"),
        ("recursive references", "an alias is inside of what it refers to"),
    ];
    let found = known.iter().find(|(theirs, _)| what.starts_with(theirs));
    found.map_or_else(|| what.split(", set ").next().unwrap_or_default(), |(_, ours)| *ours)
}

/// Room for a document of [`MOST_BYTES`], and none for one that grows by its aliases.
fn yaml_options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: None,
            max_events: 20_000_000,
            max_nodes: 20_000_000,
            max_total_scalar_bytes: 64 << 20,
            max_depth: 128,
            max_documents: 1,
            max_aliases: 10_000,
        },
    }
}
