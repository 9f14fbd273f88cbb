//! The keys of the store.

/// The start of every key.
pub(super) const PREFIX: &str = "gcmock:";
/// The start of the keys that belong to no organization. The braces keep them in one slot of a cluster.
macro_rules! of_all {
    ($name:literal) => {
        concat!("gcmock:{all}:", $name)
    };
}

/// The key of a home's buckets. The braces keep them in one slot of a cluster.
pub(super) fn buckets_of(home: &str) -> String {
    format!("{PREFIX}{{{home}}}:buckets")
}

/// The home whose buckets have that key.
pub(super) fn home_of(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX)?.strip_prefix('{')?.strip_suffix("}:buckets")
}

/// The key of the set of all homes' keys, so that a reset looks at no key of another program.
pub(super) const fn index() -> &'static str {
    of_all!("index")
}

/// The key of the limits' numbers.
pub(super) const fn numbers() -> &'static str {
    of_all!("numbers")
}

/// The key of the leases.
pub(super) const fn nodes() -> &'static str {
    of_all!("nodes")
}

/// The key of the messages for nodes that join later.
pub(super) const fn kept() -> &'static str {
    of_all!("kept")
}

/// The key of the nodes' last calls.
pub(super) const fn last_calls() -> &'static str {
    of_all!("calls")
}

/// The key of what all nodes share.
pub(super) const fn world() -> &'static str {
    of_all!("world")
}

/// The channel of messages to all nodes.
pub(super) const fn messages() -> &'static str {
    of_all!("messages")
}

/// The key of the nodes' reports.
pub(super) const fn reports() -> &'static str {
    of_all!("reports")
}

/// The key of the limits that nodes have in force.
pub(super) const fn limits() -> &'static str {
    of_all!("limits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_read_from_its_key() {
        assert_eq!(home_of(&buckets_of("a}:b")), Some("a}:b"));
        assert_eq!(home_of(nodes()), None);
    }
}
