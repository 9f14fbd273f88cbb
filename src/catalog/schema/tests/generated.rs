//! Properties that hold for every schema and every value.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::super::{Builder, Example, Mode, SchemaId, Schemas};

/// A type in our own text, up to three levels deep.
fn any_type() -> impl Strategy<Value = String> {
    let leaf =
        prop::sample::select(vec!["s", "i", "l", "n", "b", "t", "d", "u", "v", "r", "c", "*", "(A|B)", "N"]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 24, 4, |inner| {
        let flags = prop::sample::select(vec!["", "!", "~", "!~"]);
        let property = (prop::sample::select(vec!["id", "name", "a", "b"]), inner.clone(), flags);
        let object = prop::collection::vec(property, 1..5).prop_map(|all| {
            let all: Vec<String> =
                all.iter().map(|(name, of, flags)| format!("{name}:{of}{flags}")).collect();
            format!("{{{}}}", all.join(" "))
        });
        prop_oneof![
            object,
            inner.clone().prop_map(|of| format!("[{of}]")),
            inner.clone().prop_map(|of| format!("[{of}]+")),
            inner.prop_map(|of| format!("{{{of}}}")),
        ]
    })
}

/// JSON that sometimes fits: it has the names and words of the schemas.
fn any_json() -> impl Strategy<Value = Value> {
    let text =
        prop::sample::select(vec!["A", "x", "", "soon", "2026-01-31", "2026-01-31T08:30:00Z", "#abc", "é"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3.0..3.0).prop_map(Value::from),
        (-3..3).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let name = prop::sample::select(vec!["id", "name", "a", "b", "next", "other"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..5).prop_map(|all| {
                let all = all.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(all.collect::<Map<_, _>>())
            }),
        ]
    })
}

fn schema(text: &str) -> (Schemas, SchemaId) {
    let mut builder = Builder::default();
    builder.read("N\n  id s!\n  next N\n").expect("a text");
    let schema = builder.parse_type(text).expect("a type");
    (builder.finish().expect("nothing undefined"), schema)
}

/// Whether `part` is `whole` without some of its properties.
fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|of| is_within(value, of)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| is_within(part, whole))
        }
        _ => part == whole,
    }
}

proptest! {
    #[test]
    fn an_example_is_valid(text in any_type(), seed in "[a-z]{0,4}", whole: bool) {
        let (schemas, schema) = schema(&text);
        let example = schemas.example(schema, Example { whole, ..Example::of(&seed) });
        prop_assert_eq!(schemas.check(schema, &example, Mode::Answer), Ok(()), "{}: {}", text, example);
        prop_assert_eq!(schemas.check(schema, &example, Mode::Request), Ok(()));
        let again = schemas.complete(schema, example.clone(), Example { whole, ..Example::of("other") });
        prop_assert_eq!(again, example);
    }

    #[test]
    fn any_value_can_be_completed(text in any_type(), stored in any_json(), whole: bool) {
        let (schemas, schema) = schema(&text);
        let completed = schemas.complete(schema, stored, Example { whole, ..Example::of("x") });
        prop_assert_eq!(schemas.check(schema, &completed, Mode::Answer), Ok(()), "{}: {}", text, completed);
        let again = schemas.complete(schema, completed.clone(), Example { whole, ..Example::of("x") });
        prop_assert_eq!(again, completed);
    }

    #[test]
    fn what_is_right_is_completed_without_a_change(text in any_type(), value in any_json()) {
        let (schemas, schema) = schema(&text);
        if schemas.check(schema, &value, Mode::Answer).is_ok() && !value.is_null() {
            let completed = schemas.complete(schema, value.clone(), Example { whole: false, ..Example::of("x") });
            prop_assert!(is_within(&completed, &value), "{completed} of {value}");
        }
    }

    #[test]
    fn no_text_of_schemas_panics(text in "[A-Za-z!~*+|:{}()\\[\\] \n\"=#.]{0,60}") {
        let mut builder = Builder::default();
        drop(builder.read(&text).and_then(|()| Ok(builder.finish()?)));
        drop(Builder::default().parse_type(&text));
    }

    #[test]
    fn no_text_of_a_parameter_panics(text in any_type(), value in "\\PC{0,30}") {
        let (schemas, schema) = schema(&text);
        drop(schemas.check_text(schema, &value));
    }
}
