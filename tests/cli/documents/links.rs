//! Links within the repository have existing targets.

use super::page::{Page, all_pages, root};

/// The targets of the links in a line, pictures included.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

fn problem(page: &Page, target: &str) -> Option<String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let folder = root().join(&page.path).parent().expect("a page is in a folder").to_owned();
    let file = if path.is_empty() { root().join(&page.path) } else { folder.join(path) };
    if !file.exists() {
        return Some(format!("{}: {target} does not exist", page.path));
    }
    let known =
        anchor.is_empty() || Page::read(file.to_str().expect("UTF-8")).anchors().contains(&anchor.to_owned());
    (!known).then(|| format!("{}: {target} has no such heading", page.path))
}

#[test]
fn every_relative_link_and_anchor_exists() {
    let mut problems = Vec::new();
    let mut followed = 0;
    for page in all_pages() {
        let links = page.prose.iter().flat_map(|line| targets(line));
        for target in links.filter(|target| !target.contains("://") && !target.starts_with("mailto:")) {
            followed += 1;
            problems.extend(problem(&page, target));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(followed > 50, "only {followed} links were found");
}

/// Every page has a link from another page, because readers do not find it otherwise.
#[test]
fn every_page_of_docs_is_linked_from_the_readme() {
    let readme = Page::read("README.md").prose.join("\n");
    for page in all_pages().iter().filter(|page| page.path.starts_with("docs/")) {
        assert!(readme.contains(&format!("]({})", page.path)), "README does not link {}", page.path);
    }
}

/// The paths in CONTRIBUTING exist.
#[test]
fn every_path_that_contributing_names_exists() {
    let page = Page::read("CONTRIBUTING.md");
    let paths = page.code_spans().filter(|span| span.contains('/') && !span.contains(' '));
    let missing: Vec<_> = paths.filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
