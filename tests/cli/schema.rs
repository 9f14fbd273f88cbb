//! The schemas that `gcmock print schema` prints: they accept every shipped file, and refuse the bad limits files of the
//! tests as far as a schema can.

use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

#[cfg(unix)]
use crate::documents::toml_blocks;
use crate::server::gcmock;

/// Bad files that a schema accepts, and the reasons.
const NOT_EXPRESSIBLE: [(&str, &str); 10] = [
    ("duplicate_latency", "two elements of an array are compared in one of their keys"),
    ("duplicate_name", "two elements of an array are compared in one of their keys"),
    ("fault_does_not_fit", "the kind of a fault is compared with its patterns"),
    ("fault_duplicate_name", "two elements of an array are compared in one of their keys"),
    ("fault_of_an_unknown_limit", "a name is compared with those of the limits"),
    ("fault_reversed", "two durations are compared"),
    ("p99_below_the_median", "two durations are compared"),
    ("patterns_of_no_operation", "the operations of the platform are 3,000"),
    ("period_overflow", "a duration is compared with the longest one"),
    ("period_too_long", "a duration is compared with the longest one"),
];

/// Bad files that are not TOML, so that no schema sees them.
const NOT_TOML: [&str; 3] = ["capacity_too_great", "syntax_duplicate_key", "syntax_error"];

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn printed(name: &str) -> Self {
        let printed = gcmock().args(["print", "schema", name]).output().expect("it runs");
        assert_eq!(printed.status.code(), Some(0));
        let document = serde_json::from_slice(&printed.stdout).expect("JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", document).expect("a document");
        let index = compiler.compile("schema.json", &mut schemas).expect("a schema");
        Self { schemas, index }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|error| format!("{error:#}"))
    }

    fn takes(&self, what: &str, text: &str) {
        let value = toml::from_str(text).unwrap_or_else(|error| panic!("{what}: {error}"));
        self.check(&value).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files
}

#[test]
fn every_bad_limits_file_is_refused_but_for_what_no_schema_can_express() {
    let schema = Schema::printed("limits");
    let (mut taken, mut not_toml) = (Vec::new(), Vec::new());
    for file in files("tests/it/bad_limits") {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        match toml::from_str::<Value>(&fs::read_to_string(&file).expect("a file")) {
            Err(_) => not_toml.push(name),
            Ok(value) if schema.check(&value).is_ok() => taken.push(name),
            Ok(_) => {}
        }
    }
    assert_eq!(taken, NOT_EXPRESSIBLE.map(|(name, _)| name));
    assert_eq!(not_toml, NOT_TOML);
}

#[test]
fn every_shipped_file_is_taken() {
    let (limits, organization) = (Schema::printed("limits"), Schema::printed("organization"));
    let shipped = ["fixtures/limits", "benches/throughput", "tests/sdk"].into_iter().flat_map(files);
    for file in shipped.chain([root().join("limits.toml")]) {
        limits.takes(&file.display().to_string(), &fs::read_to_string(&file).expect("a file"));
    }
    for file in files("fixtures/organizations") {
        organization.takes(&file.display().to_string(), &fs::read_to_string(&file).expect("a file"));
    }
}

#[test]
fn the_limits_in_the_workflow_to_copy_are_taken() {
    let file = "examples/ci/github-actions.yml";
    let text = fs::read_to_string(root().join(file)).expect("a file");
    let (before, limits) = text.split_once("GCMOCK_LIMITS_TOML: |\n").expect("limits");
    let indent = before.len() - before.trim_end_matches(' ').len();
    let inner = limits.lines().take_while(|line| line.len() - line.trim_start().len() > indent);
    Schema::printed("limits")
        .takes(file, &inner.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat());
}

#[cfg(unix)]
#[test]
fn every_example_of_the_documents_is_taken() {
    let schemas = ["limits", "expectations", "organization"].map(Schema::printed);
    let mut seen = [0; 3];
    for (page, text) in toml_blocks() {
        let which = match text {
            _ if text.contains("[[expect]]") => 1,
            _ if text.contains("[[administrator]]") => 2,
            _ => 0,
        };
        schemas[which].takes(&page, &text);
        seen[which] += 1;
    }
    assert!(seen.iter().all(|seen| *seen > 0), "{seen:?}");
}

#[test]
fn the_default_limits_name_the_schema_beside_them() {
    let text = fs::read_to_string(root().join("limits.toml")).expect("a file");
    let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema ./")).expect("a schema");
    let beside = fs::read_to_string(root().join(named)).expect("a file");
    let printed = gcmock().args(["print", "schema", "limits"]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&printed.stdout), beside);
}

#[test]
fn a_schema_that_is_not_there_is_told_with_those_that_are() {
    for arguments in [&["print", "schema"][..], &["print", "schema", "limit"]] {
        let output = gcmock().args(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("limits, organization, expectations"), "{told}");
    }
}
