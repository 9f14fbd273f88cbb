//! A path with the values of its parameters.

/// Where the value of a path parameter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An entity that exists.
    Stored,
    /// A word, a number or a date: no entity.
    Word,
    /// An id that may name nothing.
    Invented,
}

/// A path with the values of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) segments: Vec<String>,
    /// The parameters: their index in `segments`, and where their value comes from.
    pub(crate) parameters: Vec<(usize, Origin)>,
}

impl Address {
    /// The address of a path that `template` fits.
    pub(crate) fn of(template: &str, path: &str) -> Self {
        let segments: Vec<_> = path.split('/').map(str::to_owned).collect();
        let names = template.split('/').enumerate().filter(|(_, name)| name.starts_with('{'));
        Self { segments, parameters: names.map(|(index, _)| (index, Origin::Stored)).collect() }
    }

    pub(crate) fn path(&self) -> String {
        self.segments.join("/")
    }

    /// A text with the values of the parameters of `template` in place of their names.
    pub(crate) fn filled(&self, template: &str, text: &str) -> String {
        let names = template.split('/').zip(&self.segments).filter(|(name, _)| name.starts_with('{'));
        names.fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The path with another value at that index.
    pub(crate) fn with(&self, index: usize, value: &str) -> String {
        let mut segments = self.segments.clone();
        value.clone_into(&mut segments[index]);
        segments.join("/")
    }
}
