//! `gcmock import`: the file of an organization, made of exports. It connects to nothing.
//!
//! `files` finds the files and reads each to a text within bounds. `document` turns a text into a document by its form: JSON
//! here, HCL in `terraform`, a recording in `har`, rows in `users`. `world::import` makes the organization of the documents.

mod document;
mod files;
mod har;
mod terraform;
mod users;

use anyhow::anyhow;

use self::files::Input;
use super::args::Import;
use super::output::{check_writable, write_whole};
use super::{Failure, print_err, print_out};
use crate::rules::excerpt;
use crate::world::import::{Export, Written};
use crate::world::seed;

/// Reads the exports, writes the file, and lists what was not taken.
pub(super) fn run(options: &Import) -> Result<(), Failure> {
    let mut export = Export::default();
    let files = files::find(&options.from, &mut export).map_err(Failure::Usage)?;
    let inputs: Vec<_> = files.iter().map(|file| file.path.as_path()).collect();
    check_writable("--out", &options.out, &inputs)?;
    let written = read(options, &files, export).map_err(Failure::Usage)?.organization(options.keep_names);
    let shown = options.from.display();
    // What the server would refuse is not written.
    seed::parse(&written.text).map_err(|why| Failure::Usage(anyhow!("--from {shown}: {why}")))?;
    write_whole("--out", &options.out, &written.text)?;
    report(options, &written)
}

/// The entities of all files.
fn read(options: &Import, files: &[Input], mut export: Export) -> anyhow::Result<Export> {
    let shown = options.from.display();
    for file in files {
        let path = file.path.display();
        export.enter(&file.name());
        let text = files::read(file).map_err(|why| anyhow!("{path}: {}", excerpt(&why.to_string())))?;
        document::add(file, &text, &mut export).map_err(|why| anyhow!("{path}: {}", excerpt(&why)))?;
    }
    if export.is_empty() {
        let expected = "expected resources genesyscloud_*, entities of the API with a selfUri, or users";
        anyhow::bail!("--from {shown}: nothing to import; {expected}");
    }
    Ok(export)
}

fn report(options: &Import, written: &Written) -> Result<(), Failure> {
    let lines = written.notes.lines();
    if !lines.is_empty() {
        print_err(format_args!(
            "gcmock: not taken over as it is, also listed at the end of the file:\n  {}",
            lines.join("\n  ")
        ));
    }
    let (count, out) = (written.entities, options.out.display());
    let names = if options.keep_names { "Names are kept." } else { "Names of people are made up." };
    print_out(&format!("Wrote {out} from {count} entities. {names} Look it over before you share it.\n"))
}
