//! Reads of the files that an operator names. Each read has a bound. Without it, a device or a pipe without an end fills the
//! memory.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Take};
use std::path::Path;

/// The most bytes of a file of settings: expectations, organizations.
pub(crate) const SETTINGS: u64 = 16 << 20;
/// The most bytes of a certificate or key.
pub(crate) const PEM: u64 = 1 << 20;

/// Reads a whole file of at most `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Bounded::new(File::open(path)?, most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a whole file of at most `most` bytes of UTF-8.
pub(crate) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let not_text = |_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read(path, most)?).map_err(not_text)
}

/// A source that fails where it has more bytes than it may have.
#[derive(Debug)]
pub(crate) struct Bounded<R> {
    source: Take<R>,
    most: u64,
}

impl<R: Read> Bounded<R> {
    pub(crate) fn new(source: R, most: u64) -> Self {
        Self { source: source.take(most.saturating_add(1)), most }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(room)?;
        if self.source.limit() == 0 {
            let why = format!("it is larger than {} MiB", self.most >> 20);
            return Err(io::Error::new(ErrorKind::FileTooLarge, why));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_read_up_to_its_bound() {
        let mut text = String::new();
        assert_eq!(Bounded::new(&b"1234"[..], 4).read_to_string(&mut text).expect("short enough"), 4);
        let mut bytes = Vec::new();
        let error = Bounded::new(io::repeat(0), 1 << 20).read_to_end(&mut bytes).expect_err("no end");
        assert_eq!(error.to_string(), "it is larger than 1 MiB");
    }
}
