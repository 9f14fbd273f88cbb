//! A source of bytes that bounds one record, so that an open quote or an endless line does not fill the memory.

use std::cell::Cell;
use std::io::{self, BufRead, ErrorKind, Read};
use std::rc::Rc;

/// The most bytes of one row, or of one element's text.
const RECORD: usize = 16 << 20;

/// What is left of the bound of the record being read, and the lines read so far.
#[derive(Clone, Debug)]
pub(super) struct Meter(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    left: Cell<usize>,
    lines: Cell<u64>,
    last: Cell<Option<u8>>,
}

impl Meter {
    pub(super) fn new() -> Self {
        Self(Rc::new(Inner { left: Cell::new(RECORD), lines: Cell::new(1), last: Cell::new(None) }))
    }

    /// A record ended; the next one may be as long again.
    pub(super) fn next_record(&self) {
        self.0.left.set(RECORD);
    }

    /// The line of the next byte, counted by [`Input`] as a [`BufRead`].
    pub(super) fn line(&self) -> u64 {
        self.0.lines.get()
    }

    /// Whether the bytes read so far end within a line, counted by [`Input`] as a [`Read`].
    pub(super) fn is_within_line(&self) -> bool {
        self.0.last.get().is_some_and(|byte| !matches!(byte, b'\n' | b'\r'))
    }

    fn spend(&self, bytes: usize) {
        self.0.left.set(self.0.left.get().saturating_sub(bytes));
    }

    /// An error once the bound of a record is spent.
    fn check(&self) -> io::Result<()> {
        let message = "a row is longer than 16 MiB; perhaps a quotation mark is not closed";
        if self.0.left.get() > 0 { Ok(()) } else { Err(io::Error::new(ErrorKind::InvalidData, message)) }
    }

    fn count_lines(&self, bytes: &[u8]) {
        let lines = bytes.split(|byte| *byte == b'\n').count() - 1;
        self.0.lines.set(self.line() + lines as u64);
    }
}

/// A reader that spends a [`Meter`].
#[derive(Debug)]
pub(super) struct Input<R> {
    inner: R,
    meter: Meter,
}

impl<R> Input<R> {
    pub(super) fn new(inner: R, meter: &Meter) -> Self {
        Self { inner, meter: meter.clone() }
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.meter.check()?;
        let bytes = self.inner.read(buffer)?;
        self.meter.spend(bytes);
        if let Some(last) = buffer.get(..bytes).and_then(<[u8]>::last) {
            self.meter.0.last.set(Some(*last));
        }
        Ok(bytes)
    }
}

impl<R: BufRead> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.meter.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // The bytes are in the buffer, so this reads nothing.
        if let Ok(bytes) = self.inner.fill_buf() {
            self.meter.count_lines(bytes.get(..amount).unwrap_or_default());
        }
        self.meter.spend(amount);
        self.inner.consume(amount);
    }
}

/// A mistake of the source itself, in words of the user.
pub(super) fn io_message(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "the compressed file is cut off".to_owned(),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => error.to_string(),
        _ => format!("cannot read: {error}"),
    }
}
