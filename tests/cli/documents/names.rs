//! Commands, options, variables and routes that the pages name are the program's own, and the other way round.

use std::collections::BTreeSet;

use super::page::{Block, Page, root, user_pages};
use crate::server::{Server, gcmock};

/// The output of `--help` for a command, or for the program.
fn help_of(command: Option<&str>) -> String {
    let output = gcmock().args(command).arg("--help").output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The commands that the program lists, without `help`.
fn commands() -> Vec<String> {
    let help = help_of(None);
    let (_, listed) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = listed.lines().take_while(|line| !line.is_empty());
    let lines = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The output of `--help` for all commands.
fn help() -> String {
    commands().iter().map(|command| help_of(Some(command))).collect()
}

/// Whether the program accepts the command line, apart from missing files and servers.
fn is_understood(line: &str) -> bool {
    let ends = [" -- ", " > ", " | ", " && ", " &"];
    let line = ends.iter().fold(line, |line, end| line.split(end).next().unwrap_or(line));
    let arguments = line.split_whitespace().skip(1);
    gcmock().args(arguments).arg("--help").output().expect("it runs").status.success()
}

fn is_command(line: &&str) -> bool {
    line.trim() == "gcmock" || line.trim_start().starts_with("gcmock ")
}

#[test]
fn every_command_line_is_understood() {
    for page in user_pages() {
        let shown = page.blocks_in("sh").flat_map(|block: &Block| block.text.lines());
        for line in shown.chain(page.code_spans()).filter(is_command) {
            assert!(is_understood(line), "{}: {line}", page.path);
        }
    }
}

/// The words of a text that begin with `prefix` and continue like the name of an option or a variable.
fn names<'t>(text: &'t str, prefix: &'t str) -> impl Iterator<Item = &'t str> {
    let ends = |rest: &str| rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    text.match_indices(prefix).map(move |(at, _)| {
        let rest = &text[at..];
        rest[..ends(rest).unwrap_or(rest.len())].trim_end_matches(['-', '_'])
    })
}

#[test]
fn every_option_and_variable_exists() {
    let help = help();
    let known: BTreeSet<_> = names(&help, "--").chain(names(&help, "GCMOCK_")).collect();
    for page in user_pages() {
        let options = page.code_spans().filter(|span| span.starts_with("--"));
        let options = options.flat_map(|span| names(span, "--"));
        let variables = page.code_spans().flat_map(|span| names(span, "GCMOCK_"));
        for name in options.chain(variables).filter(|name| *name != "GCMOCK" && *name != "--cacert") {
            assert!(known.contains(name), "{}: {name} is in no --help", page.path);
        }
    }
}

/// The options that `--help` lists, each at the start of its line.
fn options(help: &str) -> BTreeSet<&str> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let options = lines.filter_map(|line| names(line, "--").next());
    options.filter(|name| !["--help", "--version"].contains(name)).collect()
}

#[test]
fn every_command_and_option_is_on_a_page() {
    let read = |page: &Page| std::fs::read_to_string(root().join(&page.path)).expect("a page");
    let text: String = user_pages().iter().map(read).collect();
    let named: BTreeSet<_> = names(&text, "--").collect();
    for command in commands() {
        assert!(text.contains(&format!("gcmock {command}")), "no page shows gcmock {command}");
        for option in options(&help_of(Some(&command))) {
            assert!(named.contains(option), "no page names {option} of gcmock {command}");
        }
    }
}

/// The routes of the admin API's document, as `METHOD /path`.
fn routes() -> BTreeSet<String> {
    let server = Server::start(&[]);
    let answer = server.ask("GET", "/__admin/openapi.json", &[], "");
    let document: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let methods = |(path, item): (&String, &serde_json::Value)| {
        let keys: Vec<_> = item.as_object().expect("an item").keys().cloned().collect();
        let verbs =
            keys.into_iter().filter(|key| ["get", "put", "post", "delete", "patch"].contains(&key.as_str()));
        verbs.map(|verb| format!("{} {path}", verb.to_uppercase())).collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

/// The table's first column: `` `GET`, `PUT /__admin/clock` `` names two routes.
fn documented() -> BTreeSet<String> {
    let page = Page::read("docs/admin-api.md");
    let mut routes = BTreeSet::new();
    for line in page.prose.iter().filter(|line| line.starts_with("| `")) {
        let cell = line.split('|').nth(1).unwrap_or_default();
        let mut verbs: Vec<&str> = Vec::new();
        for span in cell.split('`').skip(1).step_by(2) {
            let (verb, path) = span.split_once(' ').unwrap_or((span, ""));
            verbs.push(verb);
            if path.starts_with('/') {
                routes.extend(verbs.drain(..).map(|verb| format!("{verb} {path}")));
            }
        }
    }
    routes
}

#[test]
fn the_page_of_the_admin_api_lists_its_routes() {
    let mut documented = documented();
    documented.insert("GET /".to_owned());
    assert_eq!(documented, routes());
}

/// The row of a limit in the page of sources, as its own file has it.
fn row(limit: &toml::Table) -> String {
    let text = |key: &str| limit[key].as_str().expect("a string").to_owned();
    let scope =
        limit["scope"].as_array().expect("an array").iter().map(|scope| scope.as_str().expect("a string"));
    let scope = scope.collect::<Vec<_>>().join(", ");
    format!(
        "| `{}` | {} per {} | {scope} | {} |",
        text("name"),
        limit["capacity"].as_integer().expect("an integer"),
        text("period"),
        text("source")
    )
}

#[test]
fn the_page_of_sources_has_every_default_limit_with_its_number() {
    let limits: toml::Table =
        std::fs::read_to_string(root().join("limits.toml")).expect("a file").parse().expect("TOML");
    let page = Page::read("docs/faq.md").prose.join("\n");
    for limit in limits["limit"].as_array().expect("limits") {
        let row = row(limit.as_table().expect("a table"));
        assert!(page.contains(&row), "docs/faq.md does not have {row}");
    }
}
