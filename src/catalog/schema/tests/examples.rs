//! Values that are made or completed.

use serde_json::json;

use super::super::{Builder, Example, Mode};
use super::schemas;

#[test]
fn an_example_has_everything_at_the_top_and_what_is_required_below() {
    let schemas = schemas();
    let schema = schemas.definition("Queue").expect("defined");
    let example = schemas.example(schema, Example { self_uri: None, ..Example::of("q") });
    assert_eq!(schemas.check(schema, &example, Mode::Answer), Ok(()));
    let names: Vec<&str> = example.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!((names.len(), names[0], names[16]), (17, "id", "urn:x:1"));
    assert_eq!(example["rule"], json!({ "low": 1 }));
    assert_eq!(example["divisions"], json!([]));
    let division: Vec<&str> =
        example["division"].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(division, ["id", "name"]);
}

#[test]
fn one_seed_gives_one_value() {
    let schemas = schemas();
    let schema = schemas.definition("Queue").expect("defined");
    let made = |seed| schemas.example(schema, Example::of(seed));
    assert_eq!(made("a"), made("a"));
    assert_ne!(made("a")["id"], made("b")["id"]);
}

#[test]
fn an_array_has_the_items_that_it_must() {
    let schemas = schemas();
    let alias = schemas.definition("Alias").expect("defined");
    let example = schemas.example(alias, Example::of("q"));
    assert_eq!(example.as_array().map(Vec::len), Some(1));
    assert_eq!(schemas.check(alias, &example, Mode::Answer), Ok(()));
}

#[test]
fn what_is_stored_is_kept_and_completed() {
    let schemas = schemas();
    let schema = schemas.definition("Queue").expect("defined");
    let stored = json!({
        "name": "Support", "memberCount": "many", "secret": 1, "media": "fax", "division": { "id": "d", "x": 1 },
        "divisions": [{ "id": "a" }, 5, { "name": "Home" }], "labels": { "a": 1, "b": "c" }, "rule": {}, "total": 3.0,
    });
    let whole = schemas.complete(schema, stored.clone(), Example::of("q"));
    assert_eq!(schemas.check(schema, &whole, Mode::Answer), Ok(()));
    assert_eq!(
        (&whole["name"], &whole["memberCount"], &whole["media"]),
        (&json!("Support"), &json!(0), &json!("call"))
    );
    assert_eq!(
        (&whole["division"], &whole["labels"], &whole["total"]),
        (&json!({ "id": "d" }), &json!({ "b": "c" }), &json!(3))
    );
    assert_eq!(
        (whole["divisions"].as_array().map(Vec::len), &whole["divisions"][1]["name"]),
        (Some(2), &json!("Home"))
    );
    assert!(whole.get("secret").is_none());
    let least = schemas.complete(schema, stored, Example { whole: false, ..Example::of("q") });
    assert_eq!(schemas.check(schema, &least, Mode::Answer), Ok(()));
    assert!(least.get("active").is_none() && least.get("media").is_none());
}

#[test]
fn the_path_of_the_request_is_the_self_uri() {
    let mut builder = Builder::default();
    let schema = builder.parse_type("{id:s! selfUri:r~ owner:{id:s! selfUri:r}}").expect("a type");
    let schemas = builder.finish().expect("nothing undefined");
    let example = schemas.example(schema, Example { self_uri: Some("/api/v2/x/1"), ..Example::of("1") });
    assert_eq!(example["selfUri"], "/api/v2/x/1");
    assert_ne!(example["owner"]["selfUri"], "/api/v2/x/1");
}

#[test]
fn a_schema_that_requires_itself_ends() {
    let mut builder = Builder::default();
    builder.read("A\n  l A!\n  r A!\n  items [A]+!\n").expect("a text");
    let schemas = builder.finish().expect("nothing undefined");
    let example = schemas.example(schemas.definition("A").expect("defined"), Example::of("a"));
    assert!(example.to_string().len() < 2_000_000);
}
