//! One element of a plan with its properties, as the file has them.

use std::sync::Arc;

/// An element: a thread group, a controller, a sampler, a timer, a configuration.
#[derive(Clone, Debug)]
pub(super) struct Element {
    /// Its class without the package.
    pub(super) kind: Arc<str>,
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its line, from 1.
    pub(super) line: u32,
    /// The included file that has it. `None`: the plan itself.
    pub(super) file: Option<Arc<str>>,
    /// Whether it is enabled.
    pub(super) enabled: bool,
    /// Its properties.
    pub(super) properties: Vec<Property>,
    /// The elements below it.
    pub(super) children: Vec<Self>,
}

/// A property: a text, or a list of other properties.
#[derive(Clone, Debug)]
pub(super) struct Property {
    /// Its name. Empty or the name of an entry in a list.
    pub(super) name: Box<str>,
    /// Its text.
    pub(super) text: Box<str>,
    /// Its entries.
    pub(super) items: Vec<Self>,
}

impl Property {
    /// The text of an entry of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|entry| &*entry.text)
    }

    /// Its text, and those of all entries in it.
    pub(super) fn texts(&self) -> Vec<&str> {
        let below = self.items.iter().flat_map(Self::texts);
        std::iter::once(&*self.text).chain(below).filter(|text| !text.is_empty()).collect()
    }

    /// The entry of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.items.iter().find(|entry| &*entry.name == name)
    }
}

impl Element {
    /// The property of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| &*property.name == name)
    }

    /// The text of the property of this name. `None` if there is none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.find(name).map(|property| &*property.text)
    }

    /// The text of the property of this name, or an empty one.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The entries of a collection.
    pub(super) fn list(&self, name: &str) -> &[Property] {
        self.find(name).map_or(&[], |property| &property.items)
    }

    /// Says that the element and all below it come from this file.
    pub(super) fn mark_file(&mut self, file: &Arc<str>) {
        self.file.get_or_insert_with(|| Arc::clone(file));
        self.children.iter_mut().for_each(|child| child.mark_file(file));
    }

    /// The children that are enabled.
    pub(super) fn enabled_children(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(|child| child.enabled)
    }

    /// Whether the comment, the script or the condition has the line `gcmock: WORD`.
    pub(super) fn marked(&self, word: &str) -> bool {
        let mut texts = self.properties.iter().map(|property| &*property.text);
        texts.any(|text| {
            text.split("gcmock: ").skip(1).any(|rest| rest.split_whitespace().next() == Some(word))
        })
    }
}
