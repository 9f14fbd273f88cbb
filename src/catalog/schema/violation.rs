//! What is wrong with a value, and where.

use std::fmt;

/// The first wrong place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The path to it, from the inside out.
    steps: Vec<Step>,
    /// What is wrong there.
    pub(crate) wrong: Wrong,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Item(usize),
}

/// What can be wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Another type: what was expected, and the value, shortened.
    Type { expected: &'static str, value: String },
    /// Not one of the words of an enumeration.
    Word { value: String, allowed: String },
    /// Not in this format: a date, a date-time, a UUID, a color.
    Format { expected: &'static str, value: String },
    /// A number, a length or a count outside its range.
    Range { expected: String, value: String },
    /// A required property is missing or null.
    Missing,
    /// Nested too deeply to be checked.
    TooDeep,
}

impl Violation {
    /// A violation at the root of the value.
    pub(super) fn here(wrong: Wrong) -> Self {
        Self { steps: Vec::new(), wrong }
    }

    /// The violation, seen from the object that has it in the property `name`.
    pub(super) fn in_property(mut self, name: &str) -> Self {
        self.steps.push(Step::Name(name.to_owned()));
        self
    }

    /// The violation, seen from the array that has it in its item `at`.
    pub(super) fn in_item(mut self, at: usize) -> Self {
        self.steps.push(Step::Item(at));
        self
    }

    /// The path of the wrong place, such as `divisions[0].name`; empty for the value itself.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(name),
                Step::Name(name) => path.extend([".", name]),
                Step::Item(at) => path.extend(["[", &at.to_string(), "]"]),
            }
        }
        path
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        let place = if path.is_empty() { "the value" } else { &path };
        match &self.wrong {
            Wrong::Type { expected, value } => write!(f, "{place} must be {expected}, not {value}"),
            Wrong::Word { value, allowed } => write!(f, "{place} must be one of {allowed}, not {value:?}"),
            Wrong::Format { expected, value } => write!(f, "{place} must be a {expected}, not {value:?}"),
            Wrong::Range { expected, value } => write!(f, "{place} must have {expected}, not {value}"),
            Wrong::Missing => write!(f, "{place} is required"),
            Wrong::TooDeep => write!(f, "{place} is nested too deeply"),
        }
    }
}
