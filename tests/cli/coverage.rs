//! `gcmock print coverage`, and the page that it wrote.

use std::fs;

use crate::server::gcmock;

#[test]
fn the_page_of_the_coverage_is_what_the_program_prints() {
    let printed = gcmock().args(["print", "coverage"]).output().expect("it runs");
    assert_eq!(printed.status.code(), Some(0));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/coverage.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let printed = String::from_utf8(printed.stdout).expect("UTF-8");
    let differs = page.lines().zip(printed.lines()).find(|(one, other)| one != other);
    let same = differs.is_none() && page.len() == printed.len();
    assert!(same, "run: gcmock print coverage > docs/coverage.md; the first difference: {differs:?}");
}
