//! What a report on result files is made of.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use gcmock_plan::report::Material;
use gcmock_plan::results;

use crate::command::Failure;

/// Reads result files and joins them.
///
/// # Errors
/// [`Failure::Usage`] with the file, its line and what is wrong.
pub(super) fn read(files: &[PathBuf]) -> Result<Material, Failure> {
    let read_one = |path: &PathBuf| {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        results::read(file).map_err(|error| anyhow!("{}: {error}", path.display()))
    };
    let parts: Result<Vec<_>, anyhow::Error> = files.iter().map(read_one).collect();
    let joined = results::merge(parts.map_err(Failure::Usage)?);
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names: Vec<_> = files.iter().map(name).collect();
    Ok(Material::of_results(joined, &names.join(", ")))
}
