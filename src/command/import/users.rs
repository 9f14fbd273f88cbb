//! Users as rows of comma-separated values, with a line of names at the top.

use csv::StringRecord;

use crate::rules::excerpt;
use crate::world::import::Export;

/// Adds the users of a text. It needs a column `name` or `email`; other columns are noted.
///
/// # Errors
/// What is wrong, with its line.
pub(super) fn add(text: &str, export: &mut Export) -> Result<(), String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| mistake(&error))?.clone();
    let (name, email) = (column(&header, &["name", "full name"]), column(&header, &["email", "e-mail"]));
    if name.is_none() && email.is_none() {
        return Err("line 1: expected a column name or email".to_owned());
    }
    for (index, title) in header.iter().enumerate() {
        if Some(index) != name && Some(index) != email {
            export.note(&format!("column {title} of users"));
        }
    }
    for row in reader.records() {
        let row = row.map_err(|error| mistake(&error))?;
        let cell = |column: Option<usize>| column.and_then(|column| row.get(column)).unwrap_or_default();
        add_user(cell(name), cell(email), export)?;
    }
    Ok(())
}

/// Adds a user. One without a name has that of its address, and an empty row is none.
fn add_user(name: &str, email: &str, export: &mut Export) -> Result<(), String> {
    let of_address = email.split('@').next().unwrap_or_default();
    let name = if name.is_empty() { of_address } else { name };
    if name.is_empty() { Ok(()) } else { export.add_user(name, email) }
}

/// The separator of the first line. Some spreadsheets write semicolons.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if first.contains(';') && !first.contains(',') { b';' } else { b',' }
}

/// The index of the column that has one of these names.
fn column(header: &StringRecord, names: &[&str]) -> Option<usize> {
    header.iter().position(|title| names.iter().any(|name| title.eq_ignore_ascii_case(name)))
}

fn mistake(error: &csv::Error) -> String {
    let line = error.position().map(|position| format!("line {}: ", position.line())).unwrap_or_default();
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{line}{len} values, expected {expected_len}")
        }
        _ => format!("{line}{}", excerpt(&error.to_string())),
    }
}
