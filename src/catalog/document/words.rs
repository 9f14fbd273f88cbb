//! Values that an API document writes in more than one way, and the small types that they become.

use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::raw::RawSchema;
use crate::catalog::schema::Format;

/// The version of a document's format: a string, or a number where YAML has it without quotes.
#[derive(Debug)]
pub(super) struct Version(pub(super) String);

/// The type of a schema. Version 3.1 has several of them in an array, and `null` as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RawKind {
    /// None is given.
    #[default]
    Unsaid,
    /// Several, or an unknown one.
    Any,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// The format of a string or an integer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawFormat {
    pub(super) format: Format,
    /// Whether an integer has 32 bits.
    pub(super) is_narrow: bool,
}

/// A regular expression, as far as it means a format.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pattern(pub(super) Format);

/// Names: the words of an enumeration, or the required properties. Numbers and booleans among them are taken as they
/// are written. Old documents have a flag in place of required properties, which says nothing.
#[derive(Debug, Default)]
pub(super) struct Names(pub(super) Box<[Box<str>]>);

/// The properties of a schema, in their order.
#[derive(Debug, Default)]
pub(super) struct Keyed(pub(super) Box<[(Box<str>, RawSchema)]>);

/// A number; not a number where there is no bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound(f64);

/// A schema; `None` in place of true, false, or one for each item.
#[derive(Debug, Default)]
pub(super) struct OneSchema(pub(super) Option<Box<RawSchema>>);

/// A schema. Version 3.1 also writes true and false in its place; both allow anything here. An array is a mistake.
struct AnySchema(RawSchema);

/// The schemas that others refer to.
struct Definitions(IndexMap<String, RawSchema>);

/// A scalar as text; `None` for `null` and for what is no scalar.
struct Scalar(Option<Box<str>>);

/// Implements `Deserialize` with a visitor of the type itself.
macro_rules! visited {
    ($type:ty, $expecting:literal, { $($visit:tt)* }) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Of(PhantomData<$type>);
                impl<'de> Visitor<'de> for Of {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    $($visit)*
                }
                deserializer.deserialize_any(Of(PhantomData))
            }
        }
    };
}

visited!(Scalar, "a value", {
    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(Some(text.into())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(flag.to_string().into())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string().into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string().into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string().into())))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }
});

visited!(Version, "a version such as \"2.0\"", {
    fn visit_str<E>(self, text: &str) -> Result<Version, E> {
        Ok(Version(text.to_owned()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Version, E> {
        Ok(Version(format!("{number:.1}")))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Version, E> {
        Ok(Version(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Version, E> {
        Ok(Version(number.to_string()))
    }
});

visited!(RawKind, "a type or an array of types", {
    fn visit_str<E>(self, text: &str) -> Result<RawKind, E> {
        Ok(RawKind::from_name(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawKind, A::Error> {
        let mut kind = RawKind::Unsaid;
        while let Some(Scalar(name)) = seq.next_element()? {
            let Some(name) = name.filter(|name| **name != *"null") else { continue };
            kind = if kind == RawKind::Unsaid { RawKind::from_name(&name) } else { RawKind::Any };
        }
        Ok(kind)
    }
});

visited!(RawFormat, "the name of a format", {
    fn visit_str<E>(self, text: &str) -> Result<RawFormat, E> {
        Ok(RawFormat { format: Format::from_name(text), is_narrow: text == "int32" })
    }
});

visited!(Pattern, "a regular expression", {
    fn visit_str<E>(self, text: &str) -> Result<Pattern, E> {
        Ok(Pattern(Format::from_pattern(text)))
    }
});

visited!(Names, "an array of names", {
    fn visit_bool<E>(self, _: bool) -> Result<Names, E> {
        Ok(Names::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
        let mut all = Vec::new();
        while let Some(Scalar(name)) = seq.next_element()? {
            all.extend(name);
        }
        Ok(Names(all.into()))
    }
});

visited!(Keyed, "properties", {
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keyed, A::Error> {
        let mut all = Vec::new();
        while let Some((name, AnySchema(schema))) = map.next_entry()? {
            all.push((name, schema));
        }
        Ok(Keyed(all.into()))
    }
});

visited!(OneSchema, "a schema, true or false", {
    fn visit_bool<E>(self, _: bool) -> Result<OneSchema, E> {
        Ok(OneSchema(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneSchema, A::Error> {
        let schema = RawSchema::deserialize(MapAccessDeserializer::new(map))?;
        Ok(OneSchema(Some(Box::new(schema))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneSchema, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(OneSchema(None))
    }
});

visited!(AnySchema, "a schema, true or false", {
    fn visit_bool<E>(self, _: bool) -> Result<AnySchema, E> {
        Ok(AnySchema(RawSchema::default()))
    }

    fn visit_unit<E>(self) -> Result<AnySchema, E> {
        Ok(AnySchema(RawSchema::default()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AnySchema, A::Error> {
        RawSchema::deserialize(MapAccessDeserializer::new(map)).map(AnySchema)
    }
});

/// Reads the schema of a parameter or a content; `null` is none.
pub(super) fn schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawSchema>, D::Error> {
    let schema = Option::<AnySchema>::deserialize(deserializer)?;
    Ok(schema.map(|AnySchema(schema)| schema))
}

/// Reads an array of schemas.
pub(super) fn schemas<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[RawSchema]>, D::Error> {
    let all = Vec::<AnySchema>::deserialize(deserializer)?;
    Ok(all.into_iter().map(|AnySchema(schema)| schema).collect())
}

/// Reads the schemas that others refer to.
pub(super) fn definitions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<IndexMap<String, RawSchema>, D::Error> {
    Definitions::deserialize(deserializer).map(|Definitions(all)| all)
}

visited!(Definitions, "schemas by their names", {
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Definitions, A::Error> {
        let mut all = IndexMap::new();
        while let Some((name, AnySchema(schema))) = map.next_entry()? {
            all.insert(name, schema);
        }
        Ok(Definitions(all))
    }
});

visited!(Bound, "a number", {
    #[expect(clippy::cast_precision_loss, reason = "bounds are floats")]
    fn visit_i64<E>(self, number: i64) -> Result<Bound, E> {
        Ok(Bound(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "bounds are floats")]
    fn visit_u64<E>(self, number: u64) -> Result<Bound, E> {
        Ok(Bound(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Bound, E> {
        Ok(Bound(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Bound, E> {
        Ok(Bound(text.parse().unwrap_or(f64::NAN)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Bound, E> {
        Ok(Bound::default())
    }
});

impl RawKind {
    fn from_name(name: &str) -> Self {
        match name {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => Self::Any,
        }
    }
}

impl Default for Bound {
    fn default() -> Self {
        Self(f64::NAN)
    }
}

impl Bound {
    /// The bound, if there is one.
    pub(super) fn number(self) -> Option<f64> {
        Some(self.0).filter(|number| number.is_finite())
    }

    /// The bound as a count.
    pub(super) fn count(self) -> Option<u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of a float saturates"
        )]
        self.number().map(|number| number as u32)
    }
}
