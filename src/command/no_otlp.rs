//! `--otlp` in a build without the feature of that name.

use anyhow::anyhow;

use super::Failure;
use super::args::Serve;

/// Refuses the option.
pub(super) fn refuse(options: &Serve) -> Result<(), Failure> {
    match &options.otlp {
        None => Ok(()),
        Some(_) => Err(Failure::Usage(anyhow!(
            "--otlp: this gcmock is built without it; in a clone of its repository, `cargo install --locked --path . \
             --features otlp` builds one that has it"
        ))),
    }
}
