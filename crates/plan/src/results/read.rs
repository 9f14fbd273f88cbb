//! Finds out how a result file is written, and reads it.

use std::io::{BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::input::io_message;
use super::{ReadError, Results, table, vegeta, xml};

/// How many bytes are looked at to find the format.
const HEAD: u64 = 64 << 10;
const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Reads a result file, compressed with gzip or not: JMeter's JTL as CSV or XML, the CSV of k6, hey or oha, vegeta's CSV or JSON lines,
/// or another CSV with one row for each request. The rows come sorted by their start. The memory is that of the rows; at most 10 million are read.
///
/// The error is one sentence with the line: for a file of another format, a table of totals, or a row that cannot be read.
pub fn read(mut source: impl Read) -> Result<Results, ReadError> {
    let head = head(&mut source)?;
    if !head.starts_with(GZIP) {
        return plain(head, source);
    }
    let mut source = MultiGzDecoder::new(BufReader::new(Cursor::new(head).chain(source)));
    let head = self::head(&mut source)?;
    plain(head, source)
}

fn head(source: &mut impl Read) -> Result<Vec<u8>, ReadError> {
    let mut head = Vec::new();
    let read = source.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(|error| ReadError::whole(io_message(&error)))?;
    Ok(head)
}

fn plain(mut head: Vec<u8>, source: impl Read) -> Result<Results, ReadError> {
    if head.starts_with(BYTE_ORDER_MARK) {
        head.drain(..BYTE_ORDER_MARK.len());
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(ReadError::whole("the file is UTF-16; save it as UTF-8"));
    }
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => Err(ReadError::whole("the file is empty")),
        Some(b'<') if is_html(&head) => Err(ReadError::whole("the file is an HTML page, not a result file")),
        Some(b'<') => xml::read(BufReader::new(Cursor::new(head).chain(source))),
        Some(_) if is_of_gatling(&head) => Err(ReadError::whole(GATLING)),
        Some(b'{') => vegeta::read_lines(BufReader::new(Cursor::new(head).chain(source))),
        Some(b'[') => Err(ReadError::whole("the file is JSON; expected CSV, or JMeter's XML")),
        Some(_) if head.contains(&0) => {
            Err(ReadError::whole("the file is not text; expected CSV, or JMeter's XML"))
        }
        Some(_) => table::read(&head.clone(), Cursor::new(head).chain(source)),
    }
}

const GATLING: &str = "the file is a log of Gatling, which has no status codes; expected CSV with one row for each request, or \
                       JMeter's XML";

/// Gatling's simulation.log: lines that begin with the kind of a record, and since 3.11 records that begin with a byte of
/// their kind, the first one with the version.
fn is_of_gatling(head: &[u8]) -> bool {
    let is_line = |kind: &[u8]| head.starts_with(kind);
    let version = head.strip_prefix(&[0, 0, 0, 0]).and_then(|rest| rest.split_first());
    let is_version = version.is_some_and(|(length, rest)| {
        let version = rest.get(..usize::from(*length)).unwrap_or_default();
        version.contains(&b'.') && version.first().is_some_and(u8::is_ascii_digit) && version.is_ascii()
    });
    is_line(b"RUN\t") || is_line(b"ASSERTION\t") || is_version
}

fn is_html(head: &[u8]) -> bool {
    let start: Vec<u8> = head.iter().take(2000).map(u8::to_ascii_lowercase).collect();
    let start = String::from_utf8_lossy(&start);
    start.contains("<html") || start.contains("<!doctype html")
}
