//! A report as one HTML page: no network, no other file, readable without script, light, dark and printed.
//!
//! The page is XML as well, so that a test reads it with a parser. `escape` has the text of labels, `plot` draws a chart,
//! `sections` has the charts and tables in their order, `charts` those of JMeter's dashboard. The style and the script are
//! files of their own. The script contains no character that XML would need escaped.

mod charts;
mod escape;
mod plot;
pub(crate) mod prediction;
mod sections;

use std::fmt::Write;

use self::escape::Escaped;
use super::Report;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a browser may do with a report: draw it. It fetches nothing, and runs the script that is in it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

impl Report {
    /// The report as one HTML page.
    pub fn html(&self) -> String {
        document(&self.title, |page| sections::write(self, page))
    }
}

/// A page of that title, whose content `write` adds.
fn document(title: &str, write: impl FnOnce(&mut String) -> std::fmt::Result) -> String {
    let mut page = String::with_capacity(1 << 17);
    // Writing to a string does not fail.
    let _ = write_document(title, write, &mut page);
    page
}

fn write_document(
    title: &str,
    write: impl FnOnce(&mut String) -> std::fmt::Result,
    page: &mut String,
) -> std::fmt::Result {
    let title = Escaped(title);
    writeln!(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>")?;
    writeln!(page, "<meta http-equiv=\"Content-Security-Policy\" content=\"{CONTENT_SECURITY_POLICY}\"/>")?;
    writeln!(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")?;
    writeln!(page, "<meta name=\"color-scheme\" content=\"light dark\"/><title>{title}</title>")?;
    writeln!(page, "<style>{STYLE}</style></head>\n<body><main>")?;
    write(page)?;
    writeln!(page, "</main>\n<script>{SCRIPT}</script></body></html>")
}
