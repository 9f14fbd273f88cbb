//! `gcmock report`: a report on a running server, on a journal or on result files; and the report at the end of `serve`
//! and `run`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use gcmock_plan::report::{Material, Report};

use super::args::{self, Form};
use super::output::{check_writable, write_whole};
use super::{Failure, client, journal, predict, print_out, result_files};
use crate::files;
use crate::rules::excerpt;

/// Writes the report.
pub(super) async fn run(options: &args::Report) -> Result<(), Failure> {
    if let Some(out) = &options.out {
        let mut inputs = options.world.files(&[options.journal.as_deref(), options.plan.as_deref()]);
        inputs.extend(options.results.iter().map(PathBuf::as_path));
        check_writable("--out", out, &inputs)?;
    }
    if options.plan.is_some() && options.journal.is_none() && options.results.is_empty() {
        return Err(Failure::Usage(anyhow!(
            "--plan: expected a result file or --journal as well; for a server, gcmock run has --plan"
        )));
    }
    let form = options.format.map_or_else(|| form_by_name(options.out.as_deref()), Ok)?;
    let text = match (&options.journal, options.results.as_slice()) {
        (Some(file), _) => write(&Report::of(&predicted(options, of_journal(file)?)?), form),
        (None, []) => of_server(options, form).await?,
        (None, files) => write(&Report::of(&predicted(options, of_results(files, &options.refused)?)?), form),
    };
    match &options.out {
        Some(out) => write_whole("--out", out, &text),
        None => print_out(&text),
    }
}

/// The material with the prediction of the plan, if there is one.
fn predicted(options: &args::Report, material: Material) -> Result<Material, Failure> {
    let Some(plan) = &options.plan else { return Ok(material) };
    let prediction = predict::for_report(plan, &options.reading, &options.world)?;
    Ok(Material { prediction: Some((&prediction).into()), ..material })
}

/// Writes the report at the end of `serve` or `run`, in the form of the file's ending, HTML for an unknown one.
pub(super) fn write_at_end(material: &Material, file: &Path) -> Result<(), Failure> {
    write_whole("--report", file, &write(&Report::of(material), form_of(file).unwrap_or(Form::Html)))
}

/// The form of a report that goes to this file or to stdout. A name without an ending is that of a text.
fn form_by_name(out: Option<&Path>) -> Result<Form, Failure> {
    let Some(out) = out.filter(|out| out.extension().is_some()) else { return Ok(Form::Text) };
    form_of(out).ok_or_else(|| {
        let expected = "expected an ending of .html, .txt, .md or .json, or --format";
        Failure::Usage(anyhow!("--out {}: {expected}", out.display()))
    })
}

/// The form that the ending of a file's name says.
fn form_of(file: &Path) -> Option<Form> {
    match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "html" | "htm" => Some(Form::Html),
        "txt" | "text" => Some(Form::Text),
        "md" | "markdown" => Some(Form::Markdown),
        "json" => Some(Form::Json),
        _ => None,
    }
}

fn write(report: &Report, form: Form) -> String {
    match form {
        Form::Html => report.html(),
        Form::Text => report.text(),
        Form::Markdown => report.markdown(),
        Form::Json => report.json() + "\n",
    }
}

/// What a report on result files is made of.
fn of_results(files: &[PathBuf], refused: &[u16]) -> Result<Material, Failure> {
    let names: Vec<_> = files.iter().map(|file| name_of(file)).collect();
    Ok(Material::of_results(result_files::read(files, refused)?, &names.join(", ")))
}

/// The most bytes of the file of a journal: a million entries take a third of it.
const MOST_JOURNAL: u64 = 1 << 30;

/// What a report on the file of a journal is made of.
fn of_journal(file: &Path) -> Result<Material, Failure> {
    let shown = file.display();
    let text = files::read_text(file, MOST_JOURNAL).with_context(|| format!("--journal {shown}"));
    let entries = journal::parse(&text.map_err(Failure::Usage)?);
    let results = entries.map_err(|error| format!("{error}; expected the output of gcmock requests --json"));
    let results = results.and_then(journal::results);
    let results = results.map_err(|why| Failure::Usage(anyhow!("--journal {shown}: {}", excerpt(&why))))?;
    let mut material = Material::of_results(results, &name_of(file));
    material.notes.push(
        "An entry of a journal names its token and not its connection, so retries are matched by token and operation."
            .to_owned(),
    );
    Ok(material)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The report of a running server, which counts it itself: its journal is larger than its report.
async fn of_server(options: &args::Report, form: Form) -> Result<String, Failure> {
    let path = match form {
        Form::Html => "/__admin/report",
        Form::Text => "/__admin/report?format=text",
        Form::Markdown => "/__admin/report?format=markdown",
        Form::Json => "/__admin/report.json",
    };
    let (url, token) = (&options.server.url, client::token_for(&options.server));
    let text = client::text_from(url, path, token.as_deref()).await?;
    Ok(if form == Form::Json { text.trim_end().to_owned() + "\n" } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_file_says_its_form() {
        let form = |name: &str| form_of(Path::new(name));
        assert_eq!([form("a.html"), form("a.HTM")], [Some(Form::Html); 2]);
        assert_eq!(
            (form("b.md"), form("b.json"), form("b.txt")),
            (Some(Form::Markdown), Some(Form::Json), Some(Form::Text))
        );
        assert_eq!([form("report"), form(".html"), form("a.pdf")], [None; 3]);
    }
}
