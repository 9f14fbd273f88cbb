//! The routes of a server: with the built-in operations, or with those of the user's own API document.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, anyhow};

use crate::api;
use crate::api::route::Routes;
use crate::catalog::document;
use crate::rules::excerpt;

/// The routes with the operations of the document in `file`; without one, with the built-in operations.
///
/// # Errors
/// When the file can not be read, or is not an API document: with the file, and the place in it.
pub(crate) fn routes(file: Option<&Path>) -> anyhow::Result<Routes> {
    let Some(file) = file else { return Ok(api::routes()) };
    let shown = file.display();
    let opened = File::open(file).with_context(|| format!("--spec {shown}"))?;
    let document = document::read(opened);
    let document = document.map_err(|mistake| anyhow!("--spec {shown}{}", excerpt(&mistake.to_string())))?;
    Ok(api::routes_of(document))
}
