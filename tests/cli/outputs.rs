//! What commands write never replaces what they read, under whatever name it is known.

use std::fs;
use std::path::{Path, PathBuf};

use crate::server::{ended, folder, gcmock};

/// A folder with a file that each command takes, and a hard link to it.
fn linked(test: &str, name: &str, text: &str) -> (PathBuf, PathBuf) {
    let folder = folder(&format!("outputs-{test}"));
    let (file, link) = (folder.join(name), folder.join(format!("link-{name}")));
    fs::write(&file, text).expect("a file");
    fs::hard_link(&file, &link).expect("a link");
    (file, link)
}

/// Runs a command whose output is one of its inputs.
fn refused(arguments: &[&str], file: &Path) {
    let before = fs::read(file).expect("a file");
    let output = ended(gcmock().args(arguments));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), told.lines().count()), (Some(2), 1), "{arguments:?}: {told}");
    assert!(told.contains("the command reads this file as"), "{arguments:?}: {told}");
    assert_eq!(fs::read(file).expect("a file"), before, "{arguments:?}");
}

#[test]
fn an_output_that_is_one_of_the_inputs_is_refused_and_nothing_is_written() {
    let results = "timeStamp,elapsed,label,responseCode,threadName\n1795817680000,5,GET /a,200,user 1\n";
    let plan = fs::read_to_string("fixtures/plans/architect-scripts.jmx").expect("a plan");
    for linked_name in [false, true] {
        let pair = |test: &str, name: &str, text: &str| {
            let (file, link) = linked(&format!("{test}-{linked_name}"), name, text);
            let out = if linked_name { &link } else { &file }.to_str().expect("UTF-8").to_owned();
            (file.to_str().expect("UTF-8").to_owned(), out)
        };
        let check = |arguments: &[&str], file: &str| refused(arguments, Path::new(file));
        let (file, out) = pair("results", "results.jtl", results);
        check(&["learn", &file, "-o", &out], &file);
        check(&["report", &file, "-o", &out], &file);
        let (file, out) = pair("plan", "plan.jmx", &plan);
        check(&["rewrite", &file, "--out", &out], &file);
        check(&["predict", &file, "-o", &out], &file);
        check(&["drive", &file, "-l", &out], &file);
        check(&["run", "--plan", &file, "--report", &out, "--", "true"], &file);
        let (file, out) = pair("limits", "limits.toml", "");
        check(&["predict", "plan.jmx", "--limits", &file, "-o", &out], &file);
        check(&["run", "--limits", &file, "--junit", &out, "--", "true"], &file);
        check(&["--limits", &file, "--events-file", &out], &file);
        let (file, out) = pair("import", "users.json", "[]");
        check(&["import", "--from", &file, "-o", &out], &file);
    }
}

#[test]
fn an_import_never_replaces_a_file_of_the_folder_that_it_reads() {
    let (file, _) = linked("folder", "users.csv", "name\nAda\n");
    let folder = file.parent().and_then(Path::to_str).expect("a folder");
    refused(&["import", "--from", folder, "-o", file.to_str().expect("UTF-8")], &file);
}
