//! The options of `gcmock import`.

use std::path::PathBuf;

use clap::Args;

/// Options of `gcmock import`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Import {
    /// A file, or a folder whose files are read together: Terraform (`*.tf`, `*.tf.json`), JSON of the API as the `gc`
    /// CLI writes it (`*.json`), users (`*.csv`), or recorded answers (`*.har`).
    #[arg(long, value_name = "PATH")]
    pub(crate) from: PathBuf,
    /// File to write, an organization for `--organizations`.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Keep names, e-mail addresses, phone numbers and places of people and customers, and redirect URIs. Secrets are
    /// never taken.
    #[arg(long)]
    pub(crate) keep_names: bool,
}
