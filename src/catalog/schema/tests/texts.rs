//! The text format.

use super::super::builder::Undefined;
use super::super::text::Mistake;
use super::super::{Builder, Format, Kind, Mode, NewProperty, NewText, Range};
use super::schemas;

fn mistake(text: &str) -> String {
    let mut builder = Builder::default();
    match builder.read(text) {
        Ok(()) => builder.finish().map_or_else(|undefined| undefined.to_string(), |_| String::new()),
        Err(mistake) => mistake.to_string(),
    }
}

#[test]
fn properties_keep_their_order_and_flags() {
    let schemas = schemas();
    let queue = schemas.object(schemas.definition("Queue").expect("defined")).expect("an object");
    let shown = |property: &super::super::arena::Property<'_>| {
        format!(
            "{}{}{}",
            property.name,
            if property.required { "!" } else { "" },
            if property.read_only { "~" } else { "" }
        )
    };
    let first: Vec<String> = queue.properties().take(3).map(|property| shown(&property)).collect();
    assert_eq!(first, ["id!~", "name!", "memberCount~"]);
    assert!(queue.find("urn:x:1").is_some() && queue.find("urn").is_none());
}

#[test]
fn an_alias_is_what_it_refers_to() {
    let schemas = schemas();
    let alias = schemas.definition("Alias").expect("defined");
    assert!(matches!(schemas.kind(alias), Kind::Array { min_items: 1, .. }));
}

#[test]
fn equal_schemas_are_stored_once() {
    let mut builder = Builder::default();
    let first = builder.parse_type("[{a:s! b:(X|Y)}]").expect("a type");
    assert_eq!(builder.parse_type("[{a:s! b:(X|Y)}]").expect("a type"), first);
    assert_ne!(builder.parse_type("[{a:s b:(X|Y)}]").expect("a type"), first);
}

#[test]
fn a_type_may_stand_alone() {
    let mut builder = Builder::default();
    let schema = builder.parse_type("{$ref:s! list:[{[i]}] any:{}}").expect("a type");
    let schemas = builder.finish().expect("nothing undefined");
    let right = serde_json::json!({ "$ref": "x", "list": [{ "k": [1] }], "any": 5 });
    assert_eq!(schemas.check(schema, &right, Mode::Answer), Ok(()));
}

#[test]
fn every_mistake_has_its_line() {
    let cases = [
        ("  id s\n", "line 1: a property before the first definition"),
        ("Queue\n  id q\n", "line 2: \"q\" is not a type"),
        ("Queue\n  id\n", "line 2: expected ' ', found end of line"),
        ("Queue\n  id s !\n", "line 2: unexpected ' '"),
        ("Queue\n  id [s\n", "line 2: expected ']', found end of line"),
        ("Queue\n  id (A||B)\n", "line 2: an enumeration has an empty word"),
        ("Queue\n  id {a:s,b:s}\n", "line 2: expected ' ', found ','"),
        ("\nqueue\n", "line 2: \"queue\" is not a definition's name"),
        ("Queue\n  id s\nQueue\n  id s\n", "line 3: Queue is defined twice"),
        ("Queue\n  id Nothing\n", "Nothing is not defined"),
        ("A = B\nB = A\n", "B is only a reference to itself"),
    ];
    for (text, expected) in cases {
        assert_eq!(mistake(text), expected, "{text}");
    }
    assert!(mistake(&format!("A = {}s", "[".repeat(100_000))).contains("nested too deeply"));
}

#[test]
fn other_sources_build_with_the_formats_and_bounds_that_they_know() {
    let mut builder = Builder::default();
    let formats = ["local-time", "local-date-time", "year-month", "interval", "uuid", "url", "double"];
    let mut formats = formats.map(Format::from_name).to_vec();
    formats.push(Format::from_pattern("^[A-Za-z0-9]+$"));
    let text = |format| NewText { format, min_length: 3, max_length: Some(40), ..NewText::default() };
    let texts: Vec<_> = formats.iter().map(|format| builder.text(&text(*format))).collect();
    let number = builder.number(Range { min: 0.5, max: 0.75 });
    let [first, .., last] = texts[..] else { return };
    let property = |name, schema| NewProperty { name, schema, required: true, read_only: false };
    let schema = builder.object(&[property("a", first), property("b", last), property("c", number)]);
    assert_eq!(builder.define("A", schema), Ok(()));
    assert_eq!(builder.define("A", schema), Err(Undefined::Twice("A".to_owned())));
    let schemas = builder.finish().expect("nothing undefined");
    let right = serde_json::json!({ "a": "08:30", "b": "abc", "c": 0.6 });
    assert_eq!(schemas.check(schema, &right, Mode::Answer), Ok(()));
    for wrong in
        [serde_json::json!({ "a": "08" }), serde_json::json!({ "b": "a b" }), serde_json::json!({ "c": 1 })]
    {
        assert!(schemas.check(schema, &wrong, Mode::Request).is_err(), "{wrong}");
    }
}

#[test]
fn a_mistake_reads_as_a_line() {
    let mistake = Mistake { line: 3, what: "expected ']', found end of line".to_owned() };
    assert_eq!(mistake.to_string(), "line 3: expected ']', found end of line");
}
