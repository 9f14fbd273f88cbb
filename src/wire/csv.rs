//! Files of comma-separated values.
//!
//! `file` writes those that clients fetch, `reader` reads those that clients send.

use std::borrow::Cow;

use super::error::ApiError;

/// A file of a header and of rows, with `\n` at the end of a line. A value is quoted where it has to be.
///
/// # Errors
/// When a row has more or fewer values than the header.
pub(crate) fn file<'v>(
    separator: u8,
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<Cow<'v, str>>>,
) -> Result<String, ApiError> {
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
    let broken = |_: csv::Error| ApiError::internal();
    writer.write_record(header).map_err(broken)?;
    for row in rows {
        writer.write_record(row.iter().map(|value| value.as_bytes())).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|_| ApiError::internal())?;
    String::from_utf8(bytes).map_err(|_| ApiError::internal())
}

/// Reads a file whose first row is its header. A byte order mark before it is left out.
pub(crate) fn reader(content: &str) -> csv::Reader<&[u8]> {
    csv::Reader::from_reader(content.trim_start_matches('\u{feff}').as_bytes())
}
