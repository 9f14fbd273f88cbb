//! What the banner and the log of `gcmock serve` say of the store, and of the limits that count there.

use super::args::{self, Share};
use crate::instance::Instance;
use crate::platform::limiter::shared_names;
use crate::rules::Place;

/// Names that are listed. There may be thousands.
const NAMED: usize = 8;

/// The line of the banner; none without a store.
pub(super) fn line(instance: &Instance) -> Option<String> {
    let platform = instance.platform();
    let options = &platform.nodes.as_ref()?.store.options;
    let config = platform.config.current();
    let names = shared_names(&config, options);
    Some(format!("{}, shared limits: {}", without_user(&options.address), listed(&names)))
}

/// What does not fit together in the options and the limits; none if all does.
pub(super) fn warning(instance: &Instance, options: &args::Store) -> Option<String> {
    let config = instance.platform().config.current();
    if let Some(nodes) = &instance.platform().nodes {
        let none = shared_names(&config, &nodes.store.options).is_empty();
        return none.then(|| {
            "--store: no limit counts in the store. Write store = \"shared\" in a limit, or start with --share all"
                .to_owned()
        });
    }
    if options.share == Share::All {
        return Some("--share all without --store: this server counts all limits by itself".to_owned());
    }
    let marked = config.limits.iter().filter(|limit| limit.place == Some(Place::Shared));
    let names: Vec<&str> = marked.map(|limit| &*limit.rule.name).collect();
    (!names.is_empty()).then(|| {
        format!(
            "without --store this server counts limits with store = \"shared\" by itself: {}",
            listed(&names)
        )
    })
}

fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "none".to_owned(),
        count if count > NAMED => format!("{shown} and {} more", count - NAMED),
        _ => shown,
    }
}

/// An address without the user, the password and the options, which may have one too.
fn without_user(address: &str) -> String {
    let address = address.split('?').next().unwrap_or_default();
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let host = rest.rfind('@').and_then(|at| rest.get(at + 1..)).unwrap_or(rest);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, shown) in [
            ("valkey://127.0.0.1:6379", "valkey://127.0.0.1:6379"),
            ("rediss://user:p@ss@host:1/3", "rediss://host:1/3"),
            ("redis+unix:///run/socket?pass=secret", "redis+unix:///run/socket"),
            ("valkey+cluster://:secret@one,two", "valkey+cluster://one,two"),
        ] {
            assert_eq!(without_user(address), shown);
        }
    }

    #[test]
    fn many_names_are_cut() {
        assert_eq!(listed(&[]), "none");
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["a"; 10]), "a, a, a, a, a, a, a, a and 2 more");
    }
}
