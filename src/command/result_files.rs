//! Result files of load tools, for the commands that read them.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use gcmock_plan::results::{self, Results};

use super::Failure;

/// Reads result files and joins them. `refused` are the statuses of a refusal, which show how far the clocks of the files differ.
///
/// # Errors
/// [`Failure::Usage`] with the file, its line and what is wrong.
pub(super) fn read(files: &[PathBuf], refused: &[u16]) -> Result<Results, Failure> {
    let read_one = |path: &PathBuf| {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        results::read(file).map_err(|error| anyhow!("{}: {error}", path.display()))
    };
    let parts: Result<Vec<Results>, anyhow::Error> = files.iter().map(read_one).collect();
    Ok(results::merge(parts.map_err(Failure::Usage)?, refused))
}
