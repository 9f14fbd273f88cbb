//! From raw schemas to [`Schemas`](crate::catalog::schema::Schemas).

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use super::mistake::Mistake;
use super::raw::RawSchema;
use super::words::{Bound, SchemaOrFlag};
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

impl<'d> Converter<'d> {
    pub(super) fn new(definitions: &'d IndexMap<String, RawSchema>, prefix: &'static str) -> Self {
        Self { builder: Builder::default(), definitions, prefix, path: Vec::new() }
    }

    /// Converts every definition.
    pub(super) fn definitions(&mut self) -> Result<(), Mistake> {
        let names = self.prefix.trim_start_matches("#/").trim_end_matches('/').split('/');
        self.path.extend(names);
        for (name, raw) in self.definitions {
            let schema = self.within(name, |converter| converter.schema(raw))?;
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
        if let [only] = raw.all_of.as_slice()
            && raw.properties.is_empty()
        {
            return self.schema(only);
        }
        match kind(raw) {
            "boolean" => Ok(self.builder.boolean()),
            "integer" => Ok(self.builder.integer(raw.format.as_deref() != Some("int32"), range(raw))),
            "number" => Ok(self.builder.number(range(raw))),
            "string" => Ok(self.builder.text(&text(raw))),
            "array" => self.array(raw),
            "object" => self.object(raw),
            _ => Ok(self.builder.any()),
        }
    }

    fn array(&mut self, raw: &'d RawSchema) -> Result<SchemaId, Mistake> {
        let items = match raw.items.as_ref().and_then(|items| items.0.as_deref()) {
            Some(items) => self.within("items", |converter| converter.schema(items))?,
            None => self.builder.any(),
        };
        Ok(self.builder.array(items, count(raw.min_items).unwrap_or_default()))
    }

    fn object(&mut self, raw: &'d RawSchema) -> Result<SchemaId, Mistake> {
        let mut merged = Merged::default();
        self.merge(raw, &mut merged, 0)?;
        if let (true, Some(SchemaOrFlag::Schema(values))) =
            (merged.properties.is_empty(), &raw.additional_properties)
        {
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
        merged.properties.extend(raw.properties.iter().map(|(name, property)| (name.as_str(), property)));
        merged.required.extend(raw.required.0.iter().map(String::as_str));
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
fn kind(raw: &RawSchema) -> &str {
    let said = raw.kind.as_ref().map(|kinds| kinds.0.as_slice()).unwrap_or_default();
    let mut said = said.iter().filter(|kind| *kind != "null");
    match (said.next(), said.next()) {
        (Some(only), None) => only,
        (None, _) if !raw.properties.is_empty() || !raw.all_of.is_empty() => "object",
        (None, _) if matches!(raw.additional_properties, Some(SchemaOrFlag::Schema(_))) => "object",
        (None, _) if raw.items.is_some() => "array",
        (None, _) if raw.words.is_some() => "string",
        _ => "any",
    }
}

fn range(raw: &RawSchema) -> Range {
    let bound = |bound: Option<Bound>, otherwise| bound.and_then(|bound| bound.0).unwrap_or(otherwise);
    Range { min: bound(raw.minimum, Range::ALL.min), max: bound(raw.maximum, Range::ALL.max) }
}

fn count(bound: Option<Bound>) -> Option<u32> {
    bound.and_then(Bound::count)
}

fn text(raw: &RawSchema) -> NewText<'_> {
    let named = Format::from_name(raw.format.as_deref().unwrap_or_default());
    let format = match (named, &raw.pattern) {
        (Format::Plain, Some(pattern)) => Format::from_pattern(pattern),
        _ => named,
    };
    NewText {
        format,
        words: raw.words.iter().flat_map(|words| &words.0).map(String::as_str).collect(),
        min_length: count(raw.min_length).unwrap_or_default(),
        max_length: count(raw.max_length),
    }
}
