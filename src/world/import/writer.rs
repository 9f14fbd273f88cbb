//! The text of an organization's file, as it is written: TOML, its top first and its tables after it.

use std::fmt::Write;

use indexmap::IndexSet;

use super::kind::Kind;
use super::names::Names;
use super::notes::Notes;
use super::resource::Resource;

/// The longest line of an array. A longer array has a line for each value.
const LONGEST: usize = 100;

/// The file that is written, and what is not taken.
#[derive(Debug)]
pub(super) struct Writer {
    text: String,
    notes: Notes,
    /// Whether names, addresses and phone numbers of people and of customers are kept.
    pub(super) keeps_names: bool,
}

impl Writer {
    /// An empty file.
    pub(super) fn new(notes: Notes, keeps_names: bool) -> Self {
        Self { text: String::new(), notes, keeps_names }
    }

    /// The text and the notes.
    pub(super) fn into_parts(self) -> (String, Notes) {
        (self.text, self.notes)
    }

    /// Counts something of an entity that is not taken.
    pub(super) fn note(&mut self, of: &Resource, what: &str) {
        self.notes.add(what, &of.file);
    }

    /// A line that is not read.
    pub(super) fn comment(&mut self, text: &str) {
        let _ = writeln!(self.text, "# {text}");
    }

    /// The head of a table of a list: `[[queue]]`.
    pub(super) fn table(&mut self, key: &str) {
        let _ = writeln!(self.text, "\n[[{key}]]");
    }

    /// The head of a table, and its name.
    pub(super) fn named(&mut self, key: &str, name: &str) {
        self.table(key);
        self.string("name", name);
    }

    /// A key with a string.
    pub(super) fn string(&mut self, key: &str, value: &str) {
        self.literal(key, &quoted(value));
    }

    /// A key with a string, unless there is none.
    pub(super) fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(key, value);
        }
    }

    /// A key with a value that is TOML.
    pub(super) fn literal(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.text, "{key} = {value}");
    }

    /// A key with an array of strings, unless it is empty.
    pub(super) fn strings<T: AsRef<str>>(&mut self, key: &str, values: &[T]) {
        if !values.is_empty() {
            self.literal(key, &array(values));
        }
    }

    /// The names of the entities of that kind that have these keys, each once. Keys that the export lacks are counted as
    /// references of the entity `of`.
    pub(super) fn resolve(
        &mut self,
        names: &Names<'_>,
        of: &Resource,
        kind: Kind,
        keys: &[&str],
    ) -> Vec<String> {
        let mut found: IndexSet<&str> = IndexSet::new();
        for key in keys {
            if let Some(name) = names.find(kind, key) {
                found.insert(name);
            } else {
                let what = format!("{}: {} that the export lacks", of.kind.word(), kind.word());
                self.note(of, &what);
            }
        }
        found.into_iter().map(str::to_owned).collect()
    }
}

/// An array of strings of TOML.
pub(super) fn array<T: AsRef<str>>(values: &[T]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value.as_ref())).collect();
    let line = format!("[{}]", values.join(", "));
    if line.chars().count() <= LONGEST { line } else { format!("[\n  {},\n]", values.join(",\n  ")) }
}

/// A string of TOML, in quotes, whatever characters it has.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            char if char.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        one: String,
        many: Vec<String>,
    }

    proptest! {
        #[test]
        fn a_written_string_is_read_as_it_was(one in ".{0,200}", many in prop::collection::vec(any::<String>(), 1..9)) {
            let mut out = Writer::new(Notes::default(), false);
            out.string("one", &one);
            out.strings("many", &many);
            let file: File = toml::from_str(&out.into_parts().0).expect("TOML");
            prop_assert_eq!((file.one, file.many), (one, many));
        }
    }

    #[test]
    fn a_long_array_has_a_line_for_each_value() {
        assert_eq!(array(&["a", "b\""]), r#"["a", "b\""]"#);
        let long = array(&["x".repeat(60), "y".repeat(60)]);
        assert_eq!(long.lines().count(), 4);
    }
}
