//! From raw schemas to [`Schemas`](crate::catalog::schema::Schemas).

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use super::mistake::Mistake;
use super::raw::RawSchema;
use super::words::RawKind;
use crate::catalog::schema::{Builder, Format, NewProperty, NewText, Range, SchemaId};

/// The deepest chain of `allOf` that is followed.
const DEEPEST: usize = 32;

/// Converts schemas, and knows where it is.
pub(super) struct Converter<'d> {
    pub(super) builder: Builder,
    definitions: &'d IndexMap<String, RawSchema>,
    /// What a reference to a definition begins with.
    prefix: &'static str,
    /// The names from the root to the place that is being converted.
    pub(super) path: Vec<&'d str>,
}

/// The properties of an object and of all that it is made of.
#[derive(Default)]
struct Merged<'d> {
    properties: IndexMap<&'d str, &'d RawSchema>,
    required: Vec<&'d str>,
}

/// A definition that the vendor's document calls an object. It is an array, as its name says.
const ARRAY: &str = "ArrayNode";

impl<'d> Converter<'d> {
    pub(super) fn new(definitions: &'d IndexMap<String, RawSchema>, prefix: &'static str) -> Self {
        Self { builder: Builder::default(), definitions, prefix, path: Vec::new() }
    }

    /// Converts every definition.
    pub(super) fn definitions(&mut self) -> Result<(), Mistake> {
        let names = self.prefix.trim_start_matches("#/").trim_end_matches('/').split('/');
        self.path.extend(names);
        for (name, raw) in self.definitions {
            let schema = match &**name {
                ARRAY => self.builder.parse_type("[*]").map_err(|wrong| self.mistake(wrong))?,
                _ => self.within(name, |converter| converter.schema(raw))?,
            };
            let defined = self.builder.define(name, schema);
            defined.map_err(|twice| self.mistake(twice.to_string()))?;
        }
        self.path.clear();
        Ok(())
    }

    /// A mistake at this place.
    pub(super) fn mistake(&self, what: impl Into<String>) -> Mistake {
        Mistake::at_path(self.path.join("."), what)
    }

    /// Converts what lies below `name`.
    pub(super) fn within<T>(
        &mut self,
        name: &'d str,
        convert: impl FnOnce(&mut Self) -> Result<T, Mistake>,
    ) -> Result<T, Mistake> {
        self.path.push(name);
        let converted = convert(self)?;
        self.path.pop();
        Ok(converted)
    }

    /// Converts one schema.
    pub(super) fn schema(&mut self, raw: &'d RawSchema) -> Result<SchemaId, Mistake> {
        if let Some(reference) = &raw.reference {
            let name = self.referred(reference)?;
            return Ok(self.builder.reference(name));
        }
        if let [only] = &*raw.all_of
            && raw.properties.0.is_empty()
        {
            return self.schema(only);
        }
        match kind(raw) {
            RawKind::Boolean => Ok(self.builder.boolean()),
            RawKind::Integer => Ok(self.builder.integer(!raw.format.is_narrow, range(raw))),
            RawKind::Number => Ok(self.builder.number(range(raw))),
            RawKind::String => Ok(self.builder.text(&text(raw))),
            RawKind::Array => self.array(raw),
            RawKind::Object => self.object(raw),
            RawKind::Any | RawKind::Unsaid => Ok(self.builder.any()),
        }
    }

    fn array(&mut self, raw: &'d RawSchema) -> Result<SchemaId, Mistake> {
        let items = match raw.items.0.as_deref() {
            Some(items) => self.within("items", |converter| converter.schema(items))?,
            None => self.builder.any(),
        };
        Ok(self.builder.array(items, raw.min_items.count().unwrap_or_default()))
    }

    fn object(&mut self, raw: &'d RawSchema) -> Result<SchemaId, Mistake> {
        let mut merged = Merged::default();
        self.merge(raw, &mut merged, 0)?;
        if let (true, Some(values)) = (merged.properties.is_empty(), raw.additional_properties.0.as_deref()) {
            let values = self.within("additionalProperties", |converter| converter.schema(values))?;
            return Ok(self.builder.map(values));
        }
        let mut properties = Vec::with_capacity(merged.properties.len());
        for (name, property) in &merged.properties {
            let schema =
                self.within("properties", |inner| inner.within(name, |inner| inner.schema(property)))?;
            let required = merged.required.contains(name);
            properties.push(NewProperty { name, schema, required, read_only: property.read_only });
        }
        Ok(self.builder.object(&properties))
    }

    /// Adds the properties of `raw`, and of the schemas that it is made of.
    fn merge(&self, raw: &'d RawSchema, merged: &mut Merged<'d>, depth: usize) -> Result<(), Mistake> {
        if depth == DEEPEST {
            return Err(self.mistake("allOf is nested too deeply, or leads back to itself"));
        }
        for part in &raw.all_of {
            self.merge(part, merged, depth + 1)?;
        }
        if let Some(reference) = &raw.reference {
            let name = self.referred(reference)?;
            let part = self.definitions.get(name);
            return part.map_or(Ok(()), |part| self.merge(part, merged, depth + 1));
        }
        merged.properties.extend(raw.properties.0.iter().map(|(name, property)| (&**name, property)));
        merged.required.extend(raw.required.0.iter().map(|name| &**name));
        Ok(())
    }

    /// The name of the definition that a reference means.
    fn referred(&self, reference: &str) -> Result<&'d str, Mistake> {
        let Some(name) = reference.strip_prefix(self.prefix) else {
            let expected = self.prefix;
            return Err(self.mistake(format!("$ref {reference:?}: expected {expected}NAME of this document")));
        };
        let decoded = percent_decode_str(name).decode_utf8_lossy().replace("~1", "/").replace("~0", "~");
        let known = self.definitions.get_key_value(&*decoded);
        let missing = || self.mistake(format!("$ref {reference:?} leads to nothing"));
        known.map(|(name, _)| name.as_str()).ok_or_else(missing)
    }
}

/// The type of a schema: what it says, or else what its keywords are for.
fn kind(raw: &RawSchema) -> RawKind {
    match raw.kind {
        RawKind::Unsaid if !raw.properties.0.is_empty() || !raw.all_of.is_empty() => RawKind::Object,
        RawKind::Unsaid if raw.additional_properties.0.is_some() => RawKind::Object,
        RawKind::Unsaid if raw.items.0.is_some() => RawKind::Array,
        RawKind::Unsaid if raw.words.is_some() => RawKind::String,
        said => said,
    }
}

fn range(raw: &RawSchema) -> Range {
    let (min, max) = (raw.minimum.number(), raw.maximum.number());
    Range { min: min.unwrap_or(Range::ALL.min), max: max.unwrap_or(Range::ALL.max) }
}

fn text(raw: &RawSchema) -> NewText<'_> {
    let named = raw.format.format;
    NewText {
        format: if named == Format::Plain { raw.pattern.0 } else { named },
        words: raw.words.iter().flat_map(|words| &words.0).map(|word| &**word).collect(),
        min_length: raw.min_length.count().unwrap_or_default(),
        max_length: raw.max_length.count(),
    }
}
