//! `gcmock completions` and `gcmock man`: completion scripts and manual pages.

use std::fs;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::{Failure, print_out};

/// Prints a shell's completion script.
pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "gcmock", &mut script);
    print_out(&String::from_utf8_lossy(&script))
}

/// Writes a manual page for gcmock and one for each subcommand.
pub(super) fn man(folder: &Path) -> Result<(), Failure> {
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.with_context(|| folder.display().to_string()).map_err(Failure::Usage)
}
