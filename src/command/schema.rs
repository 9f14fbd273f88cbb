//! The JSON Schemas of the files that people write. Editors check a file by them while it is written.
//!
//! A schema is written by hand. Tests compare it with the reader of its files.

use anyhow::anyhow;

use super::Failure;

/// The schemas: name and text.
const SCHEMAS: [(&str, &str); 3] = [
    ("limits", include_str!("../../limits.schema.json")),
    ("organization", include_str!("../../fixtures/organizations/organization.schema.json")),
    ("expectations", include_str!("../../fixtures/expectations.schema.json")),
];

/// The schema of that name.
pub(super) fn find(name: Option<&str>) -> Result<&'static str, Failure> {
    let found = SCHEMAS.iter().find(|(known, _)| Some(*known) == name);
    let names = SCHEMAS.map(|(name, _)| name).join(", ");
    let said = name.map_or_else(|| "which schema?".to_owned(), |name| format!("unknown schema {name}"));
    found.map(|(_, text)| *text).ok_or_else(|| Failure::Usage(anyhow!("{said}; the schemas are {names}")))
}

#[cfg(test)]
mod tests;
