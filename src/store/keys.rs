//! The keys of the store.

/// The start of every key.
pub(super) const PREFIX: &str = "gcmock:";

/// The key of a home's buckets. The braces keep them in one slot of a cluster.
pub(super) fn buckets_of(home: &str) -> String {
    format!("{PREFIX}{{{home}}}:buckets")
}

/// The home whose buckets have that key.
pub(super) fn home_of(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX)?.strip_prefix('{')?.strip_suffix("}:buckets")
}

/// The key of the set of all homes' keys, so that a reset looks at no key of another program.
pub(super) fn index() -> String {
    format!("{PREFIX}index")
}

/// The key of the limits' numbers.
pub(super) fn numbers() -> String {
    format!("{PREFIX}numbers")
}

/// The key of the leases.
pub(super) fn nodes() -> String {
    format!("{PREFIX}nodes")
}

/// The key of the messages for nodes that join later.
pub(super) fn kept() -> String {
    format!("{PREFIX}kept")
}

/// The key of the nodes' last calls.
pub(super) fn last_calls() -> String {
    format!("{PREFIX}calls")
}

/// The key of what all nodes share.
pub(super) fn world() -> String {
    format!("{PREFIX}world")
}

/// The channel of messages to all nodes.
pub(super) fn messages() -> String {
    format!("{PREFIX}messages")
}

/// The key of the nodes' reports.
pub(super) fn reports() -> String {
    format!("{PREFIX}reports")
}

/// The key of the limits that nodes have in force.
pub(super) fn limits() -> String {
    format!("{PREFIX}limits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_read_from_its_key() {
        assert_eq!(home_of(&buckets_of("a}:b")), Some("a}:b"));
        assert_eq!(home_of("gcmock:nodes"), None);
    }
}
