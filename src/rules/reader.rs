//! Reads one table key by key, and notes every mistake on the way.

use super::problem::{Location, Problem};
use super::tree::{Entry, Node, Value};

/// A kind of value: its reader, and its description in messages.
pub(super) struct Kind<T> {
    pub(super) expected: &'static str,
    pub(super) read: fn(&Node) -> Option<T>,
}

/// A value and its location.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) location: Location,
}

/// Reads the keys of a table one by one. [`Reader::finish`] reports the keys that were not read.
pub(super) struct Reader<'a, 'p> {
    entries: &'a [Entry],
    location: &'a Location,
    asked: Vec<&'static str>,
    forbidden: Vec<&'static str>,
    problems: &'p mut Vec<Problem>,
}

impl<'a, 'p> Reader<'a, 'p> {
    /// The table of `node`, unless it is something else.
    pub(super) fn open(node: &'a Node, what: &str, problems: &'p mut Vec<Problem>) -> Option<Self> {
        if let Value::Table(entries) = &node.value {
            return Some(Self {
                entries,
                location: &node.location,
                asked: Vec::new(),
                forbidden: Vec::new(),
                problems,
            });
        }
        problems.push(Problem::new(&node.location, format!("{what} is {}", node.display()), "a table"));
        None
    }

    /// A table within this one.
    pub(super) fn inside(&mut self, node: &'a Node, what: &str) -> Option<Reader<'a, '_>> {
        Reader::open(node, what, self.problems)
    }

    /// The node of a key, if it is there.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.ask(key);
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The node of a key that must be there.
    pub(super) fn need(&mut self, key: &'static str, expected: &str) -> Option<&'a Node> {
        let node = self.get(key);
        if node.is_none() {
            self.problems.push(Problem::new(self.location, format!("`{key}` is missing"), expected));
        }
        node
    }

    /// The value of a key, if it is there and right.
    pub(super) fn optional<T>(&mut self, key: &'static str, kind: &Kind<T>) -> Option<T> {
        let node = self.get(key)?;
        self.read(key, node, kind)
    }

    /// The value of a key that must be there.
    pub(super) fn required<T>(&mut self, key: &'static str, kind: &Kind<T>) -> Option<T> {
        let node = self.need(key, kind.expected)?;
        self.read(key, node, kind)
    }

    /// The elements of an array. A wrong element is reported and left out.
    pub(super) fn list<T>(&mut self, key: &'static str, node: &'a Node, kind: &Kind<T>) -> Vec<T> {
        self.elements(key, node, kind.expected).iter().filter_map(|node| self.read(key, node, kind)).collect()
    }

    /// The elements of an array, none if it is something else.
    pub(super) fn elements(&mut self, key: &str, node: &'a Node, expected: &str) -> &'a [Node] {
        if let Value::Array(nodes) = &node.value {
            return nodes;
        }
        let message = format!("`{key}` is {}", node.display());
        self.problem(&node.location, message, &format!("an array of {expected}"));
        &[]
    }

    /// Reports a key that is present and does not belong beside the others.
    pub(super) fn forbid(&mut self, key: &'static str, beside: &str, expected: &str) {
        self.forbidden.push(key);
        if let Some(entry) = self.entries.iter().find(|entry| entry.key == key) {
            let message = format!("`{key}` does not belong to {beside}");
            self.problems.push(Problem::new(&entry.location, message, expected));
        }
    }

    /// Notes a mistake.
    pub(super) fn problem(&mut self, location: &Location, message: impl Into<String>, expected: &str) {
        self.problems.push(Problem::new(location, message, expected));
    }

    /// The location of the table.
    pub(super) const fn location(&self) -> &'a Location {
        self.location
    }

    /// Reports every key that was not read.
    pub(super) fn finish(self) {
        let expected = format!("one of {}", self.asked.join(", "));
        let known = |key: &str| self.asked.contains(&key) || self.forbidden.contains(&key);
        let unknown = self.entries.iter().filter(|entry| !known(&entry.key));
        self.problems.extend(unknown.map(|entry| {
            Problem::new(&entry.location, format!("unknown key `{}`", shorten(&entry.key)), &*expected)
        }));
    }

    fn ask(&mut self, key: &'static str) {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
    }

    fn read<T>(&mut self, key: &str, node: &Node, kind: &Kind<T>) -> Option<T> {
        let value = (kind.read)(node);
        if value.is_none() {
            self.problem(&node.location, format!("`{key}` is {}", node.display()), kind.expected);
        }
        value
    }
}

fn shorten(key: &str) -> String {
    key.chars().take(60).flat_map(char::escape_debug).collect()
}
