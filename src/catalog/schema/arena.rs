//! Where schemas lie: flat tables that point into each other by index.
//!
//! The document of the platform has some 28,000 property schemas. As a tree of boxed structs they take 10 MB, here they
//! take one: equal schemas, names and enumerations are stored once.

use super::format::Format;

/// The index of a schema in its [`Schemas`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SchemaId(pub(super) u32);

/// The index of an interned name or enumeration word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NameId(pub(super) u32);

/// Where a list begins in its table, and its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) first: u32,
    pub(super) count: u32,
}

impl Span {
    /// The list, in its table.
    pub(super) fn of<T>(self, table: &[T]) -> &[T] {
        let first = self.first as usize;
        table.get(first..first + self.count as usize).unwrap_or_default()
    }
}

/// A schema as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Any,
    Boolean,
    Integer {
        wide: bool,
        range: u32,
    },
    Number {
        range: u32,
    },
    /// The index of a [`StoredText`].
    Text(u32),
    Array {
        items: SchemaId,
        min_items: u32,
    },
    Map(SchemaId),
    /// A span of properties.
    Object(Span),
    /// The index of a definition.
    Named(u32),
}

/// The rule of a string as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StoredText {
    pub(super) format: Format,
    /// The allowed words; empty where every string is allowed.
    pub(super) words: Span,
    pub(super) min_length: u32,
    pub(super) max_length: u32,
}

/// The smallest and the largest number that a schema allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Range {
    /// Every number.
    pub(crate) const ALL: Self = Self { min: f64::NEG_INFINITY, max: f64::INFINITY };

    /// Whether `number` lies in the range.
    pub(crate) fn contains(self, number: f64) -> bool {
        self.min <= number && number <= self.max
    }

    /// The number of the range that is nearest to `number`. A range whose ends are reversed has none: its minimum.
    pub(super) fn nearest(self, number: f64) -> f64 {
        number.min(self.max).max(self.min)
    }
}

/// A property as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StoredProperty {
    pub(super) name: NameId,
    pub(super) schema: SchemaId,
    pub(super) required: bool,
    pub(super) read_only: bool,
}

/// A schema that has a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definition {
    pub(super) name: NameId,
    pub(super) schema: SchemaId,
}

/// Texts, each stored once.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) text: String,
    pub(super) ends: Vec<u32>,
}

impl Names {
    /// The text of a name.
    pub(super) fn get(&self, NameId(at): NameId) -> &str {
        let end =
            |at: Option<u32>| at.and_then(|at| self.ends.get(at as usize)).map_or(0, |end| *end as usize);
        self.text.get(end(at.checked_sub(1))..end(Some(at))).unwrap_or_default()
    }
}

/// Every schema of one source. It is built by a [`Builder`](super::Builder) and does not change.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(super) nodes: Vec<Node>,
    pub(super) texts: Vec<StoredText>,
    pub(super) ranges: Vec<Range>,
    pub(super) words: Vec<NameId>,
    pub(super) properties: Vec<StoredProperty>,
    /// For each span of properties: their offsets in the span, sorted by name.
    pub(super) sorted: Vec<u16>,
    pub(super) definitions: Vec<Definition>,
    pub(super) names: Names,
}

/// A schema as its readers see it, with references followed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'s> {
    /// Any value: a schema that says nothing.
    Any,
    Boolean,
    /// A whole number of 32 or (`wide`) 64 bits.
    Integer {
        wide: bool,
        range: Range,
    },
    Number(Range),
    Text(TextRule<'s>),
    Array {
        items: SchemaId,
        min_items: u32,
    },
    /// An object with any names, whose values have one schema.
    Map(SchemaId),
    Object(Object<'s>),
}

/// What a string has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextRule<'s> {
    schemas: &'s Schemas,
    rule: StoredText,
}

impl<'s> TextRule<'s> {
    /// Its format.
    pub(crate) fn format(self) -> Format {
        self.rule.format
    }

    /// The allowed words; none where every string is allowed.
    pub(crate) fn words(self) -> impl ExactSizeIterator<Item = &'s str> {
        self.rule.words.of(&self.schemas.words).iter().map(move |name| self.schemas.names.get(*name))
    }

    /// The fewest and the most characters.
    pub(crate) fn lengths(self) -> (usize, usize) {
        (self.rule.min_length as usize, self.rule.max_length as usize)
    }
}

/// The properties of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'s> {
    schemas: &'s Schemas,
    span: Span,
}

/// One property of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property<'s> {
    pub(crate) name: &'s str,
    pub(crate) schema: SchemaId,
    /// Whether each object has it; a request only has to where it is not read-only.
    pub(crate) required: bool,
    /// Whether the server sets it.
    pub(crate) read_only: bool,
}

impl<'s> Object<'s> {
    /// Its properties in the order of their source.
    pub(crate) fn properties(self) -> impl ExactSizeIterator<Item = Property<'s>> {
        self.stored().iter().map(move |stored| self.view(*stored))
    }

    /// Its required properties.
    pub(crate) fn required(self) -> impl Iterator<Item = Property<'s>> {
        self.stored().iter().filter(|stored| stored.required).map(move |stored| self.view(*stored))
    }

    /// The property of that name.
    pub(crate) fn find(self, name: &str) -> Option<Property<'s>> {
        let (stored, sorted) = (self.stored(), self.span.of(&self.schemas.sorted));
        let name_at =
            |offset: u16| stored.get(offset as usize).map(|found| self.schemas.names.get(found.name));
        let at = sorted.binary_search_by(|offset| name_at(*offset).cmp(&Some(name))).ok()?;
        Some(self.view(*stored.get(*sorted.get(at)? as usize)?))
    }

    fn stored(self) -> &'s [StoredProperty] {
        self.span.of(&self.schemas.properties)
    }

    fn view(self, stored: StoredProperty) -> Property<'s> {
        let StoredProperty { name, schema, required, read_only } = stored;
        Property { name: self.schemas.names.get(name), schema, required, read_only }
    }
}

impl Schemas {
    /// The schema with that name.
    #[cfg(test)]
    pub(super) fn definition(&self, name: &str) -> Option<SchemaId> {
        let found = self.definitions.iter().find(|definition| self.names.get(definition.name) == name);
        found.map(|found| found.schema)
    }

    /// The schema itself, with its reference followed. An id of another source is any value.
    pub(crate) fn kind(&self, schema: SchemaId) -> Kind<'_> {
        match self.nodes.get(self.resolved(schema).0 as usize) {
            None | Some(Node::Any | Node::Named(_)) => Kind::Any,
            Some(Node::Boolean) => Kind::Boolean,
            Some(Node::Integer { wide, range }) => Kind::Integer { wide: *wide, range: self.range(*range) },
            Some(Node::Number { range }) => Kind::Number(self.range(*range)),
            Some(Node::Text(at)) => self.text(*at),
            Some(Node::Array { items, min_items }) => Kind::Array { items: *items, min_items: *min_items },
            Some(Node::Map(values)) => Kind::Map(*values),
            Some(Node::Object(span)) => Kind::Object(Object { schemas: self, span: *span }),
        }
    }

    /// The object that `schema` is, if it is one.
    pub(crate) fn object(&self, schema: SchemaId) -> Option<Object<'_>> {
        match self.kind(schema) {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    fn text(&self, at: u32) -> Kind<'_> {
        let rule = self.texts.get(at as usize);
        rule.map_or(Kind::Any, |rule| Kind::Text(TextRule { schemas: self, rule: *rule }))
    }

    fn range(&self, at: u32) -> Range {
        self.ranges.get(at as usize).copied().unwrap_or(Range::ALL)
    }

    /// The schema that a reference means. The builder has shortened chains of references to one step.
    fn resolved(&self, schema: SchemaId) -> SchemaId {
        match self.nodes.get(schema.0 as usize) {
            Some(Node::Named(at)) => self.definitions.get(*at as usize).map_or(schema, |found| found.schema),
            _ => schema,
        }
    }
}
