//! Values that an API document writes in more than one way.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::raw::RawSchema;

/// The version of a document's format: a string, or a number where YAML has it without quotes.
#[derive(Debug)]
pub(super) struct Version(pub(super) String);

/// One string or several, without `null`: the types of a schema, or the words of an enumeration. Numbers and booleans
/// among them are taken as they are written.
#[derive(Debug, Default)]
pub(super) struct Texts(pub(super) Vec<String>);

/// The required properties. Old documents have a flag in the property itself, which says nothing about its parts.
#[derive(Debug, Default)]
pub(super) struct NamesOrFlag(pub(super) Vec<String>);

/// A number. Anything else in its place is no bound.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound(pub(super) Option<f64>);

/// A schema, or whether there is any.
#[derive(Debug)]
pub(super) enum SchemaOrFlag {
    Schema(Box<RawSchema>),
    Any,
}

/// The schema of an array's items; `None` where each item has its own.
#[derive(Debug, Default)]
pub(super) struct Items(pub(super) Option<Box<RawSchema>>);

/// A scalar as text; `None` for `null` and for what is no scalar.
struct Scalar(Option<String>);

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
        Ok(Scalar(Some(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(flag.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar(Some(number.to_string())))
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

visited!(Texts, "a string or an array of strings", {
    fn visit_str<E>(self, text: &str) -> Result<Texts, E> {
        Ok(Texts(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
        let mut all = Vec::new();
        while let Some(Scalar(text)) = seq.next_element()? {
            all.extend(text);
        }
        Ok(Texts(all))
    }
});

visited!(NamesOrFlag, "an array of names", {
    fn visit_bool<E>(self, _: bool) -> Result<NamesOrFlag, E> {
        Ok(NamesOrFlag::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<NamesOrFlag, A::Error> {
        let mut all = Vec::new();
        while let Some(name) = seq.next_element()? {
            all.push(name);
        }
        Ok(NamesOrFlag(all))
    }
});

visited!(SchemaOrFlag, "a schema, true or false", {
    fn visit_bool<E>(self, _: bool) -> Result<SchemaOrFlag, E> {
        Ok(SchemaOrFlag::Any)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SchemaOrFlag, A::Error> {
        RawSchema::deserialize(MapAccessDeserializer::new(map)).map(Box::new).map(SchemaOrFlag::Schema)
    }
});

visited!(Items, "a schema", {
    fn visit_bool<E>(self, _: bool) -> Result<Items, E> {
        Ok(Items(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Items, A::Error> {
        RawSchema::deserialize(MapAccessDeserializer::new(map)).map(|schema| Items(Some(Box::new(schema))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Items(None))
    }
});

visited!(Bound, "a number", {
    #[expect(clippy::cast_precision_loss, reason = "bounds are floats")]
    fn visit_i64<E>(self, number: i64) -> Result<Bound, E> {
        Ok(Bound(Some(number as f64)))
    }

    #[expect(clippy::cast_precision_loss, reason = "bounds are floats")]
    fn visit_u64<E>(self, number: u64) -> Result<Bound, E> {
        Ok(Bound(Some(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Bound, E> {
        Ok(Bound(Some(number).filter(|number| number.is_finite())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Bound, E> {
        Ok(Bound(text.parse().ok()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Bound, E> {
        Ok(Bound(None))
    }
});

impl Bound {
    /// The bound as a count.
    pub(super) fn count(self) -> Option<u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of a float saturates"
        )]
        self.0.map(|number| number as u32)
    }
}
