//! What the README shows, done: its limits files load, and its requests are answered as it says.

use std::process::Command;

use gcmock::platform::{Catalog, operations};
use gcmock::rules::{OperationCatalog, RuleIds, Source, load};

use crate::server::{Server, file, gcmock};

const README: &str = include_str!("../../README.md");

/// The address that the README's examples talk to.
const ADDRESS: &str = "127.0.0.1:8080";

/// The code blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if let Some(opened) = line.trim_start().strip_prefix("```") {
            let block: Vec<_> = lines.by_ref().take_while(|line| line.trim_start() != "```").collect();
            if opened == language {
                blocks.push(block.join("\n"));
            }
        }
    }
    blocks
}

/// The limits that a workflow has in a variable; TOML does not mind the indentation.
fn limits_of_the_workflow() -> String {
    const WORKFLOW: &str = include_str!("../../examples/ci/github-actions.yml");
    let (_, limits) = WORKFLOW.split_once("GCMOCK_LIMITS_TOML: |\n").expect("the variable");
    limits.split_once("    steps:").expect("what follows").0.to_owned()
}

#[test]
fn every_limits_file_that_it_shows_is_right() {
    let catalog = Catalog(operations());
    let shown = blocks("toml").into_iter().filter(|text| !text.contains("[[expect]]"));
    for text in shown.chain([limits_of_the_workflow()]) {
        let source = Source { name: "README.md".into(), text };
        if let Err(problems) = load(&[source], &|pattern| catalog.knows(pattern), &RuleIds::default()) {
            panic!("{problems}");
        }
    }
}

#[test]
fn every_expectation_that_it_shows_can_be_had() {
    let shown: Vec<_> = blocks("toml").into_iter().filter(|text| text.contains("[[expect]]")).collect();
    assert!(!shown.is_empty());
    for text in shown {
        let file = file("expect-readme.toml", &text);
        let output =
            gcmock().args(["run", "--expect"]).arg(file).args(["--", "true"]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(99), "it asks for requests, and none was sent");
    }
}

/// What `script` prints when the examples' server is this one.
fn run(script: &str, server: &Server) -> String {
    assert!(script.contains(ADDRESS), "{script}");
    let script = script.replace(ADDRESS, &server.address);
    let output = Command::new("sh").args(["-ec", &script]).output().expect("a shell");
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// In the order of the README, on one server: what comes later builds on what came before.
#[test]
fn the_requests_that_it_shows_are_answered_as_it_says() {
    let server = Server::start(&[]);
    let asks = blocks("sh").into_iter().filter(|block| block.contains("curl "));
    let said: Vec<_> = asks.map(|ask| run(&ask, &server)).collect();
    let counts: Vec<Vec<&str>> = said[0].lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(counts, [["180", "200"], ["1", "429"]]);
    let answered = |text: &str| said.iter().find(|answer| answer.contains(text)).expect("one of the blocks");
    answered(r#""limit":"users""#);
    let sockets = answered(r#""strict_adherence":false"#);
    let codes: Vec<_> = ["}429\n", "}426\n"].iter().map(|code| sockets.find(code)).collect();
    assert!(codes[0].is_some() && codes[0] < codes[1], "{sockets}");
}
