//! Builds [`Schemas`]: equal schemas, names and enumerations become one.

use std::fmt;

use foldhash::fast::RandomState;

use super::arena::{
    Definition, NameId, Names, Node, Range, SchemaId, Schemas, Span, StoredProperty, StoredText,
};
use super::format::Format;
use super::least;

/// The most properties of one object: an offset among them has 16 bits.
pub(crate) const MOST_PROPERTIES: usize = 10_000;

/// The document has a hundred thousand keys to look up, each a few bytes.
type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// Schemas under construction.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    schemas: Schemas,
    names: HashMap<Box<str>, NameId>,
    nodes: HashMap<Node, SchemaId>,
    texts: HashMap<StoredText, u32>,
    ranges: HashMap<(u64, u64), u32>,
    words: HashMap<Box<[NameId]>, Span>,
    objects: HashMap<Box<[StoredProperty]>, Span>,
    /// Each name that is defined or referred to, and its index in the definitions.
    defined: HashMap<NameId, u32>,
    meanings: HashMap<NameId, Meaning>,
}

/// What the name of a property says of its values.
#[derive(Clone, Copy, Debug)]
struct Meaning {
    least: Option<f64>,
    format: Format,
}

/// A property for [`Builder::object`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewProperty<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: SchemaId,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
}

/// A string for [`Builder::text`].
#[derive(Clone, Debug, Default)]
pub(crate) struct NewText<'a> {
    pub(crate) format: Format,
    /// The allowed words; empty where every string is allowed.
    pub(crate) words: Vec<&'a str>,
    pub(crate) min_length: u32,
    pub(crate) max_length: Option<u32>,
}

/// A reference that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undefined {
    /// Nothing has this name.
    Missing(String),
    /// The definition of this name is a reference that leads back to itself.
    Circular(String),
    /// Two definitions have this name.
    Twice(String),
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "{name} is not defined"),
            Self::Circular(name) => write!(f, "{name} is only a reference to itself"),
            Self::Twice(name) => write!(f, "{name} is defined twice"),
        }
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The most references that may lead from one to the next without a schema between them.
const LONGEST_CHAIN: usize = 64;

/// The definition of a name that was only referred to so far.
const UNDEFINED: SchemaId = SchemaId(u32::MAX);

impl Builder {
    /// A schema that admits any value.
    pub(crate) fn any(&mut self) -> SchemaId {
        self.node(Node::Any)
    }

    /// A boolean.
    pub(crate) fn boolean(&mut self) -> SchemaId {
        self.node(Node::Boolean)
    }

    /// A whole number of 32 or (`wide`) 64 bits.
    pub(crate) fn integer(&mut self, wide: bool, range: Range) -> SchemaId {
        let range = self.range(range);
        self.node(Node::Integer { wide, range })
    }

    /// A number.
    pub(crate) fn number(&mut self, range: Range) -> SchemaId {
        let range = self.range(range);
        self.node(Node::Number { range })
    }

    /// A string.
    pub(crate) fn text(&mut self, text: &NewText<'_>) -> SchemaId {
        let stored = StoredText {
            format: text.format,
            words: self.words(&text.words),
            min_length: text.min_length,
            max_length: text.max_length.unwrap_or(u32::MAX),
        };
        self.stored_text(stored)
    }

    fn stored_text(&mut self, stored: StoredText) -> SchemaId {
        let texts = &mut self.schemas.texts;
        let at = *self.texts.entry(stored).or_insert_with(|| {
            texts.push(stored);
            index(texts.len() - 1)
        });
        self.node(Node::Text(at))
    }

    /// An array with at least `min_items` items.
    pub(crate) fn array(&mut self, items: SchemaId, min_items: u32) -> SchemaId {
        self.node(Node::Array { items, min_items })
    }

    /// An object with any names, whose values have the schema `values`.
    pub(crate) fn map(&mut self, values: SchemaId) -> SchemaId {
        self.node(Node::Map(values))
    }

    /// An object. One without properties says nothing about its values, so it is any value, as Java's `Object` is. Of
    /// two properties with one name the last counts. Properties beyond [`MOST_PROPERTIES`] are ignored.
    pub(crate) fn object(&mut self, properties: &[NewProperty<'_>]) -> SchemaId {
        let is_slot = properties.iter().any(|property| property.name == "stopTime");
        let mut stored: Vec<StoredProperty> = Vec::with_capacity(properties.len());
        let mut places: HashMap<NameId, usize> =
            HashMap::with_capacity_and_hasher(properties.len(), RandomState::default());
        for new in properties.iter().take(MOST_PROPERTIES) {
            let name = self.name(new.name);
            let NewProperty { required, read_only, .. } = *new;
            let schema = if is_slot { self.of_slot(new) } else { self.formatted(new) };
            let property = StoredProperty { name, schema, required, read_only };
            let at = *places.entry(name).or_insert(stored.len());
            match stored.get_mut(at) {
                Some(earlier) => *earlier = property,
                None => stored.push(property),
            }
        }
        if stored.is_empty() {
            return self.any();
        }
        let span = self.span_of(stored);
        self.node(Node::Object(span))
    }

    /// The schema of a property of a time slot: a day of the week, of which Monday is 1, and two times.
    fn of_slot(&mut self, new: &NewProperty<'_>) -> SchemaId {
        match new.name {
            "day" => self.integer(false, Range { min: 1.0, max: 7.0 }),
            "startTime" => self.formatted(&NewProperty { name: "stopTime", ..*new }),
            _ => self.formatted(new),
        }
    }

    /// The schema of a property, with the format or the smallest number that its name means where it names none.
    fn formatted(&mut self, new: &NewProperty<'_>) -> SchemaId {
        let Meaning { least, format } = self.meaning(new.name);
        if let Some(least) = least {
            return self.at_least(least, new.schema);
        }
        match self.schemas.nodes.get(new.schema.0 as usize) {
            _ if format == Format::Plain => new.schema,
            Some(Node::Array { items, min_items }) => {
                let (items, min_items) = (*items, *min_items);
                let items = self.formatted(&NewProperty { schema: items, ..*new });
                self.array(items, min_items)
            }
            Some(Node::Text(at)) => {
                let stored = self.schemas.texts.get(*at as usize).copied();
                let plain = stored.filter(|text| text.format == Format::Plain && text.words.count == 0);
                plain.map_or(new.schema, |text| self.stored_text(StoredText { format, ..text }))
            }
            _ => new.schema,
        }
    }

    /// The meaning of a name, which is worked out once: a few thousand names have many properties each.
    fn meaning(&mut self, name: &str) -> Meaning {
        let id = self.name(name);
        let meaning = || Meaning { least: least::of_property(name), format: Format::of_property(name) };
        *self.meanings.entry(id).or_insert_with(meaning)
    }

    /// The schema of a number without a smallest one, with that smallest number.
    fn at_least(&mut self, min: f64, schema: SchemaId) -> SchemaId {
        let range_of = |at: &u32| self.schemas.ranges.get(*at as usize).copied();
        let open = |at| range_of(at).filter(|range| range.min == f64::NEG_INFINITY && range.max >= min);
        match self.schemas.nodes.get(schema.0 as usize) {
            Some(Node::Integer { wide, range }) => {
                let (wide, range) = (*wide, open(range));
                range.map_or(schema, |range| self.integer(wide, Range { min, ..range }))
            }
            Some(Node::Number { range }) => {
                open(range).map_or(schema, |range| self.number(Range { min, ..range }))
            }
            _ => schema,
        }
    }

    /// A reference to the definition `name`, which may follow later.
    pub(crate) fn reference(&mut self, name: &str) -> SchemaId {
        let at = self.definition_of(name);
        self.node(Node::Named(at))
    }

    /// Gives `schema` a name.
    pub(crate) fn define(&mut self, name: &str, schema: SchemaId) -> Result<(), Undefined> {
        let at = self.definition_of(name) as usize;
        match self.schemas.definitions.get_mut(at) {
            Some(definition) if definition.schema == UNDEFINED => definition.schema = schema,
            _ => return Err(Undefined::Twice(name.to_owned())),
        }
        Ok(())
    }

    /// The schemas, once every reference leads to a definition.
    pub(crate) fn finish(mut self) -> Result<Schemas, Undefined> {
        for at in 0..self.schemas.definitions.len() {
            let end = self.end_of(index(at))?;
            if let Some(definition) = self.schemas.definitions.get_mut(at) {
                definition.schema = end;
            }
        }
        self.schemas.shrink();
        Ok(self.schemas)
    }

    /// The schema that is no reference, at the end of the references that begin at the definition `at`.
    fn end_of(&self, at: u32) -> Result<SchemaId, Undefined> {
        let name = |at: u32| {
            let found = self.schemas.definitions.get(at as usize);
            found.map_or_else(String::new, |found| self.schemas.names.get(found.name).to_owned())
        };
        let mut place = at;
        for _ in 0..LONGEST_CHAIN {
            let schema = self.schemas.definitions.get(place as usize).map_or(UNDEFINED, |found| found.schema);
            if schema == UNDEFINED {
                return Err(Undefined::Missing(name(place)));
            }
            match self.schemas.nodes.get(schema.0 as usize) {
                Some(Node::Named(next)) => place = *next,
                _ => return Ok(schema),
            }
        }
        Err(Undefined::Circular(name(at)))
    }

    fn definition_of(&mut self, name: &str) -> u32 {
        let name = self.name(name);
        let definitions = &mut self.schemas.definitions;
        *self.defined.entry(name).or_insert_with(|| {
            definitions.push(Definition { name, schema: UNDEFINED });
            index(definitions.len() - 1)
        })
    }

    fn node(&mut self, node: Node) -> SchemaId {
        let nodes = &mut self.schemas.nodes;
        *self.nodes.entry(node).or_insert_with(|| {
            nodes.push(node);
            SchemaId(index(nodes.len() - 1))
        })
    }

    fn range(&mut self, range: Range) -> u32 {
        let ranges = &mut self.schemas.ranges;
        *self.ranges.entry((range.min.to_bits(), range.max.to_bits())).or_insert_with(|| {
            ranges.push(range);
            index(ranges.len() - 1)
        })
    }

    fn words(&mut self, words: &[&str]) -> Span {
        let ids: Box<[NameId]> = words.iter().map(|word| self.name(word)).collect();
        let table = &mut self.schemas.words;
        *self.words.entry(ids).or_insert_with_key(|ids| {
            let span = Span { first: index(table.len()), count: index(ids.len()) };
            table.extend_from_slice(ids);
            span
        })
    }

    fn span_of(&mut self, stored: Vec<StoredProperty>) -> Span {
        let Schemas { properties, sorted, names, .. } = &mut self.schemas;
        *self.objects.entry(stored.into()).or_insert_with_key(|stored| {
            let span = Span { first: index(properties.len()), count: index(stored.len()) };
            properties.extend_from_slice(stored);
            let mut order: Vec<u16> = (0..=u16::MAX).take(stored.len()).collect();
            order.sort_by_key(|at| stored.get(*at as usize).map(|found| names.get(found.name)));
            sorted.append(&mut order);
            span
        })
    }

    fn name(&mut self, name: &str) -> NameId {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        let Names { text, ends } = &mut self.schemas.names;
        text.push_str(name);
        ends.push(index(text.len()));
        let id = NameId(index(ends.len() - 1));
        self.names.insert(name.into(), id);
        id
    }
}

impl Schemas {
    fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.words.shrink_to_fit();
        self.properties.shrink_to_fit();
        self.sorted.shrink_to_fit();
        self.definitions.shrink_to_fit();
        self.names.text.shrink_to_fit();
        self.names.ends.shrink_to_fit();
    }
}
