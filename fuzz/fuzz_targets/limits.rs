//! A limits file that is anything: it loads, or every problem is told; and what loads, loads again.
#![no_main]

use gcmock::catalog::Catalog;
use gcmock::rules::{Config, OperationCatalog, Problems, RuleIds, Source, load};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| gcmock::api::routes().catalog);

fn read(text: &str) -> Result<Config, Problems> {
    let source = Source { name: "fuzzed.toml".into(), text: text.to_owned() };
    load(&[source], &|pattern| CATALOG.knows(pattern), &RuleIds::default())
}

fuzz_target!(|text: &str| match (read(text), read(text)) {
    (Ok(one), Ok(other)) => assert_eq!(one.limits.len(), other.limits.len()),
    (Err(problems), Err(_)) => assert!(!problems.0.is_empty() && !problems.to_string().is_empty()),
    _ => panic!("it loads now and then"),
});
