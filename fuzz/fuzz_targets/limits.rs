//! A limits file that is anything: it loads, or every problem is told; and what loads, loads again.
#![no_main]

use gcmock::app::{Catalog, operations};
use gcmock::config::{Config, OperationCatalog, Problems, RuleIds, Source, load};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog(operations()));

fn read(text: &str) -> Result<Config, Problems> {
    let source = Source { name: "fuzzed.toml".into(), text: text.to_owned() };
    load(&[source], &|pattern| CATALOG.knows(pattern), &RuleIds::default())
}

fuzz_target!(|text: &str| match (read(text), read(text)) {
    (Ok(one), Ok(other)) => assert_eq!(one.limits.len(), other.limits.len()),
    (Err(problems), Err(_)) => assert!(!problems.0.is_empty() && !problems.to_string().is_empty()),
    _ => panic!("it loads now and then"),
});
