//! The user's own API document: Swagger 2.0 or `OpenAPI` 3, JSON or YAML, compressed with gzip or not.
//!
//! [`read`] goes three steps: [`source`] makes text of bytes and bounds their size, [`raw`] has the parts of
//! the document that are used and skips the rest, [`convert`] and [`operations`] make schemas and operations of them.
//! They have the place of the [`published`](super::published) ones. Nothing here opens a file. A new keyword is a field in [`raw`] and its use in [`convert`].

mod convert;
mod mistake;
mod operations;
mod raw;
mod single;
mod source;
#[cfg(test)]
mod tests;
mod words;

use std::io::Read;

use super::facts::Document;

pub(crate) use mistake::Mistake;
pub(crate) use single::JsonSchema;

/// Reads a document to its end.
///
/// # Errors
/// With the line or the path of the first mistake.
pub(crate) fn read(reader: impl Read) -> Result<Document, Mistake> {
    let text = source::text(reader)?;
    let raw = source::parse(&text)?;
    drop(text);
    operations::document(&raw)
}
