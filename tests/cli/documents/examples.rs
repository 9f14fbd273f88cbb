//! Runs the blocks of a page: requests get the shown answers, files load, commands succeed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use super::page::{Block, Page, root, user_pages};
use crate::server::{Server, file, folder, gcmock};

/// The addresses that the examples name: http, https, and a second port for http.
const HTTP: &str = "127.0.0.1:8080";
const HTTPS: &str = "127.0.0.1:8443";

/// Stands in for JMeter: the plan is a shipped one, and the server that it goes to serves its scenario. With
/// `GCMOCK_TEST_JMETER` the real one runs.
const JMETER: &str = r#"#!/bin/sh
set -e
[ -z "$GCMOCK_TEST_JMETER" ] || exec "$GCMOCK_TEST_JMETER" "-Jport=$PORT" "$@"
for argument; do
    case $argument in
        -Jport=*) PORT=${argument#-Jport=} ;;
        -*) ;;
        *) [ "$before" != -t ] || plan=$argument ;;
    esac
    before=$argument
done
for name in $(gcmock scenarios | cut -d' ' -f1); do
    gcmock print plan "$name" | cmp -s - "$plan" || continue
    limit=$(gcmock print limits "$name" | sed -n 's/^name *= *"\(.*\)"/\1/p' | head -1)
    curl -sf "http://127.0.0.1:$PORT/__admin/limits?pretty=false" | grep -q "\"$limit\"" && exit
    echo "the server on $PORT does not serve $name" >&2
    exit 1
done
echo "$plan is not a shipped plan" >&2
exit 1
"#;

/// A reader's machine: a folder, the programs on the PATH, and the server that runs now.
struct Desk {
    page: String,
    folder: PathBuf,
    server: Server,
    https: String,
}

impl Desk {
    fn new(page: &str) -> Self {
        let folder = folder(&format!("documents-{}", page.replace(['/', '.'], "-")));
        let bin = folder.join("bin");
        fs::create_dir(&bin).expect("a folder for programs");
        fs::hard_link(env!("CARGO_BIN_EXE_gcmock"), bin.join("gcmock"))
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_gcmock"), bin.join("gcmock")).map(drop))
            .expect("the program on the PATH");
        executable(&bin.join("jmeter"), JMETER);
        // On a frozen clock no window ends while a slow machine still counts.
        let serve = ["serve", "--listen", "127.0.0.1:0", "--clock", "manual"];
        let server = Server::of(at(&folder, gcmock()).args(serve));
        Self { page: page.to_owned(), folder, server, https: HTTPS.to_owned() }
    }

    /// Replaces the addresses of the text by those of the test.
    fn here(&self, text: &str) -> String {
        text.replace(HTTP, &self.server.address).replace(HTTPS, &self.https)
    }

    /// The output of a block.
    fn run(&self, block: &Block) -> String {
        let script = self.here(&block.text);
        let path =
            format!("{}:{}", self.folder.join("bin").display(), std::env::var("PATH").expect("a PATH"));
        let mut shell = Command::new("sh");
        shell.args(["-ec", &script]).env("PATH", path).env("PORT", self.server.port());
        shell.env("GCMOCK_URL", format!("http://{}", self.server.address));
        let output = at(&self.folder, shell).output().expect("a shell");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {script}\n{stderr}", self.page);
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A reader cannot start a second server on a port in use, so the page has to say how the first one ends.
    fn serve(&mut self, block: &Block) {
        assert!(block.before.contains("Ctrl-C"), "{}: {} starts while another runs", self.page, block.text);
        let line = block.text.replace(HTTP, "127.0.0.1:0").replace(HTTPS, "127.0.0.1:0");
        let arguments: Vec<_> = line.split_whitespace().skip(1).collect();
        let mut command = at(&self.folder, gcmock());
        command.args(arguments).env("GCMOCK_LISTEN", "127.0.0.1:0");
        self.server = Server::of(&mut command);
        if line.contains("--tls-listen") {
            self.https = self.server.https();
        }
    }
}

/// Runs in its own folder, without settings of the user.
fn at(folder: &Path, mut command: Command) -> Command {
    command.current_dir(folder).env("HOME", folder).env_remove("XDG_STATE_HOME").env_remove("http_proxy");
    command
}

fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program that may run");
}

/// Runs of numbers as `#`, so that times and counts may differ, and runs of blanks as one, because the columns of a table are as
/// wide as the numbers.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let inside =
            character == '.' && masked.ends_with('#') && characters.peek().is_some_and(char::is_ascii_digit);
        if character == ' ' && masked.ends_with(' ') {
            continue;
        }
        if !(character.is_ascii_digit() || inside) {
            masked.push(character);
        } else if !masked.ends_with('#') {
            masked.push('#');
        }
    }
    masked
}

fn words(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split_whitespace().collect()).collect()
}

/// Every line of `shown`, in order, each in the parts around its `…`.
fn assert_like(said: &str, shown: &str, page: &str) {
    let (said, mut from) = (masked(said), 0);
    for part in shown.lines().flat_map(|line| line.split('…')).map(str::trim).filter(|part| !part.is_empty())
    {
        let found = said[from..].find(&masked(part));
        from += found.unwrap_or_else(|| panic!("{page}: {part:?} is not in\n{}", &said[from..]))
            + masked(part).len();
    }
}

fn follow(page: &Page) {
    let mut desk = None;
    let mut said = String::new();
    for block in &page.blocks {
        let desk = desk.get_or_insert_with(|| Desk::new(&page.path));
        match (block.language.as_str(), block.tag.as_str()) {
            ("sh", "") => said = desk.run(block),
            ("sh", "serve") => desk.serve(block),
            ("text", "output") => assert_eq!(words(&said), words(&block.text), "{}", page.path),
            ("text", "like") => assert_like(&said, &block.text, &page.path),
            ("sh", "elsewhere") | ("toml" | "rust" | "text", "") | ("toml", "organization") => {}
            (language, tag) => panic!("{}: no test knows a block of {language} {tag}", page.path),
        }
    }
}

#[test]
fn what_the_pages_show_is_so_when_it_is_done_in_their_order() {
    thread::scope(|scope| {
        for page in user_pages() {
            scope.spawn(move || follow(&page));
        }
    });
}

/// Before a newcomer sees a refusal there is nothing to read that does not fit a screen.
#[test]
fn a_first_refusal_comes_early_in_the_readme() {
    let text = fs::read_to_string(root().join("README.md")).expect("a README");
    let refusal = text.lines().position(|line| line.contains("[1-181]")).expect("a first refusal");
    assert!(refusal <= 50, "it comes in line {refusal}");
}

/// The limits that a workflow has in a variable; TOML does not mind the indentation.
fn limits_of_the_workflow() -> String {
    let workflow = fs::read_to_string(root().join("examples/ci/github-actions.yml")).expect("an example");
    let (_, limits) = workflow.split_once("GCMOCK_LIMITS_TOML: |\n").expect("the variable");
    limits.split_once("    steps:").expect("what follows").0.to_owned()
}

#[test]
fn every_limits_file_that_they_show_is_right() {
    let pages = user_pages();
    let shown = pages.iter().flat_map(|page| page.blocks_in("toml")).filter(|block| block.tag.is_empty());
    let shown = shown.map(|block| block.text.clone());
    let limits = shown.filter(|text| !text.contains("[[expect]]")).chain([limits_of_the_workflow()]);
    for (text, number) in limits.zip(1..) {
        let file = file(&format!("documents-limits-{number}.toml"), &text);
        let output = gcmock().arg("check").arg(file).output().expect("it runs");
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_organization_file_that_they_show_starts_a_server_and_a_wrong_reference_is_told_as_shown() {
    let page = Page::read("docs/organizations.md");
    let shown = page.blocks_in("toml").next().expect("a first file").text.clone();
    let wrong = shown.replace("skill_groups = [\"Voice\"]", "skill_groups = [\"Video\"]");
    let told = page.blocks_in("text").next().expect("a message").text.clone();
    let folders = [("right", &shown), ("wrong", &wrong)].map(|(name, text)| {
        let folder = folder(&format!("organizations-{name}"));
        fs::write(folder.join("acme.toml"), text).expect("a file");
        folder.to_str().expect("UTF-8").to_owned()
    });
    Server::start(&["--organizations", &folders[0]]);
    let refused = gcmock().args(["--listen", "127.0.0.1:0", "--organizations", &folders[1]]).output();
    let refused = refused.expect("it runs");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(told.trim()), "{said}");
}

#[test]
fn the_page_of_organizations_has_every_key_of_the_schema() {
    let page = fs::read_to_string(root().join("docs/organizations.md")).expect("a page");
    let output = gcmock().args(["print", "schema", "organization"]).output().expect("it runs");
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for key in schema["properties"].as_object().expect("keys").keys() {
        assert!(page.contains(&format!("`{key}`")) || page.contains(&format!("`[[{key}]]`")), "{key}");
    }
}

#[test]
fn every_expectation_that_they_show_can_be_had() {
    let pages = user_pages();
    let shown = pages
        .iter()
        .flat_map(|page| page.blocks_in("toml"))
        .filter(|block| block.text.contains("[[expect]]"));
    let judged = shown.map(|block| {
        let file = file("documents-expect.toml", &block.text);
        let output = gcmock().args(["run", "--expect"]).arg(file).args(["--", "true"]).output();
        assert_eq!(
            output.expect("it runs").status.code(),
            Some(99),
            "it expects requests, and none was sent"
        );
    });
    assert!(judged.count() > 0);
}

/// A test of that file runs with all others, so what is copied from here compiles and passes.
#[test]
fn the_rust_that_they_show_is_part_of_an_example_that_runs() {
    let example = fs::read_to_string(root().join("examples/rust/tests/mock_server.rs")).expect("an example");
    for page in user_pages() {
        for block in page.blocks_in("rust") {
            let mut lines = example.lines();
            for line in block.text.lines().filter(|line| !line.trim().is_empty()) {
                assert!(lines.any(|other| other == line), "{}: {line:?} is not in the example", page.path);
            }
        }
    }
}
