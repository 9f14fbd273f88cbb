//! Result files of load tools, for the commands that read them.

use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use gcmock_plan::results::{self, Results};

use super::Failure;
use crate::files;
use crate::rules::excerpt;

/// The most bytes of a result file. At most 10 million rows are read.
const MOST_BYTES: u64 = 8 << 30;

/// Refuses a file that is given twice: each of its requests would count twice.
fn each_once(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut known = HashSet::new();
    // A pipe is read once whatever its name, and a file that is not there is told when it is opened.
    let mut plain = files.iter().filter(|file| file.is_file());
    let twice = plain.find(|file| file.canonicalize().is_ok_and(|name| !known.insert(name)));
    twice.map_or(Ok(()), |file| Err(anyhow!("{} is given twice", file.display())))
}

/// Reads result files and joins them. `refused` are the statuses of a refusal, which show how far the clocks of the files differ.
///
/// # Errors
/// [`Failure::Usage`] with the file, its line and what is wrong.
pub(super) fn read(paths: &[PathBuf], refused: &[u16]) -> Result<Results, Failure> {
    each_once(paths).map_err(Failure::Usage)?;
    let read_one = |path: &PathBuf| {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let read = results::read(files::Bounded::new(file, MOST_BYTES));
        read.map_err(|error| anyhow!("{}: {}", path.display(), excerpt(&error.to_string())))
    };
    let parts: Result<Vec<Results>, anyhow::Error> = paths.iter().map(read_one).collect();
    Ok(results::merge(parts.map_err(Failure::Usage)?, refused))
}
