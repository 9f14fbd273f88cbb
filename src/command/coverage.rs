//! `gcmock print coverage`: the page `docs/coverage.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::catalog::{Answered, Catalog, Coverage};

const HEAD: &str = "\
# Coverage

[All pages](../README.md#all-pages)

Every operation that gcmock answers, as `gcmock print coverage` prints it. `GET /__admin/coverage` says the same of a running server.

* **by hand**: it has state and rules of its own.
* **generic**: the answer has the documented status and the documented kind, such as a page, an array or a single thing. What a client creates is
  listed, read, changed and deleted. The answer has the header `Gcmock-Note: generic`.
* **checked**: a body field of a wrong type, an unknown word of an enumeration, a missing required field and a wrong date are refused with the
  vendor's 400, and so are query parameters.

Paths are below `/api/v2`, but for those of the last table.

";

/// The page.
pub(super) fn page(catalog: &Catalog) -> String {
    let all = catalog.coverage();
    let mut families: BTreeMap<&str, Vec<&Coverage<'_>>> = BTreeMap::new();
    for one in &all {
        families.entry(one.family()).or_default().push(one);
    }
    let outside = families.remove("");
    let mut page = HEAD.to_owned();
    page.push_str(&overview(&all, &families));
    for (family, operations) in &families {
        page.push_str(&table(family, operations));
    }
    if let Some(operations) = outside {
        page.push_str(&table("Outside of /api/v2", &operations));
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// The counts of each family, and of all.
fn overview(all: &[Coverage<'_>], families: &BTreeMap<&str, Vec<&Coverage<'_>>>) -> String {
    let mut text = "| family | operations | by hand | checked |\n|---|---|---|---|\n".to_owned();
    for (family, operations) in families {
        push_counts(&mut text, family, operations);
    }
    push_counts(&mut text, "**all**", &all.iter().collect::<Vec<_>>());
    text.push('\n');
    text
}

fn push_counts(text: &mut String, name: &str, operations: &[&Coverage<'_>]) {
    let count = |what: fn(&Coverage<'_>) -> bool| operations.iter().filter(|one| what(one)).count();
    let (by_hand, checked) = (count(|one| one.answered == Answered::ByHand), count(|one| one.validated));
    // Writing to a string does not fail.
    let _ = writeln!(text, "| {name} | {} | {by_hand} | {checked} |", operations.len());
}

fn table(title: &str, operations: &[&Coverage<'_>]) -> String {
    let mut text = format!("## {title}\n\n| operation | answer | requests |\n|---|---|---|\n");
    for one in operations {
        let path = one.path.strip_prefix("/api/v2").unwrap_or(one.path);
        let answer = match one.answered {
            Answered::Removed => "404: removed by the vendor",
            Answered::ByHand if !one.published => "by hand, not in the published API",
            Answered::ByHand => "by hand",
            Answered::Generic => "generic",
        };
        let checked = if one.validated { "checked" } else { "" };
        let _ = writeln!(text, "| `{} {path}` | {answer} | {checked} |", one.method);
    }
    text.push('\n');
    text
}
