//! What is wrong with a value.

use serde_json::{Value, json};

use super::super::{Builder, Mode};
use super::{queue, schemas};

fn wrong(change: impl FnOnce(&mut Value)) -> String {
    let schemas = schemas();
    let mut value = queue();
    change(&mut value);
    let queue = schemas.definition("Queue").expect("defined");
    schemas.check(queue, &value, Mode::Request).map_or_else(|found| found.to_string(), |()| String::new())
}

#[test]
fn a_right_value_is_right_for_both_sides() {
    let schemas = schemas();
    let schema = schemas.definition("Queue").expect("defined");
    assert_eq!(schemas.check(schema, &queue(), Mode::Request), Ok(()));
    assert_eq!(schemas.check(schema, &queue(), Mode::Answer), Ok(()));
    assert_eq!(wrong(|value| value["unknown"] = json!({ "a": 1 })), "");
}

#[test]
fn the_first_wrong_place_is_named_with_its_path() {
    let set = |name: &'static str, to: Value| wrong(move |value| value[name] = to);
    assert_eq!(set("name", json!(5)), "name must be a string, not 5");
    assert_eq!(set("active", json!("maybe")), "active must be a boolean, not maybe");
    assert_eq!(set("memberCount", json!(1.5)), "memberCount must be a 32-bit integer, not 1.5");
    assert_eq!(
        set("memberCount", json!(5_000_000_000_u64)),
        "memberCount must be a 32-bit integer, not 5000000000"
    );
    assert_eq!(set("total", json!(u64::MAX)), "total must be a 64-bit integer, not 18446744073709551615");
    assert_eq!(set("media", json!("FAX")), "media must be one of call, chat, email, not \"FAX\"");
    assert_eq!(set("created", json!("soon")), "created must be a date-time, not \"soon\"");
    assert_eq!(set("day", json!("31.1.2026")), "day must be a date, not \"31.1.2026\"");
    assert_eq!(set("peer", json!("abc")), "peer must be a UUID, not \"abc\"");
    assert_eq!(set("divisions", json!("abc")), "divisions must be an array, not abc");
    assert_eq!(
        set("divisions", json!([{ "id": "d" }, { "id": 1 }])),
        "divisions[1].id must be a string, not 1"
    );
    assert_eq!(set("divisions", json!([{ "name": "Home" }])), "divisions[0].id is required");
    assert_eq!(set("labels", json!({ "a": [] })), "labels.a must be a string, not an array");
    assert_eq!(set("rule", json!({ "high": 3 })), "rule.low is required");
    assert_eq!(set("name", Value::Null), "name is required");
}

#[test]
fn a_request_may_leave_out_what_the_server_sets_and_send_null() {
    assert_eq!(wrong(|value| value["id"] = Value::Null), "");
    assert_eq!(wrong(|value| value["media"] = Value::Null), "");
    assert_eq!(wrong(|value| value["memberCount"] = json!(3.0)), "");
    let schemas = schemas();
    let schema = schemas.definition("Queue").expect("defined");
    let missing = schemas.check(schema, &json!({ "name": "Support" }), Mode::Answer).expect_err("no id");
    assert_eq!(missing.path(), "id");
    let null = schemas.check(schema, &json!({ "id": "q", "name": "n", "media": null }), Mode::Answer);
    assert!(null.is_err());
}

/// A form of an entity with a nested entity and a nested part, both with required properties.
fn in_mode(mode: Mode, value: &Value) -> String {
    let mut builder = Builder::default();
    let owner = "{id:s~ name:s! version:i! selfUri:s~}";
    let schema = builder.parse_type(&format!("{{name:s! owner:{owner} parts:[{{low:i! high:i}}] when:v}}"));
    let schema = schema.expect("a type");
    let schemas = builder.finish().expect("nothing undefined");
    schemas.check(schema, value, mode).map_or_else(|found| found.to_string(), |()| String::new())
}

#[test]
fn a_request_has_what_its_objects_require_and_refers_to_entities_by_their_ids() {
    let body = |owner: Value, part: Value| json!({ "name": "n", "owner": owner, "parts": [part] });
    let low = json!({ "low": 1 });
    for (owner, part, wrong) in [
        (json!({ "id": "1" }), low.clone(), ""),
        (json!({ "id": "1", "name": "n", "selfUri": "/" }), low.clone(), ""),
        (json!({ "id": "1", "state": "active" }), low.clone(), "owner.name is required"),
        (json!({ "id": "1" }), json!({ "id": "1", "high": 2 }), "parts[0].low is required"),
        (json!({ "name": "n" }), low, "owner.version is required"),
    ] {
        let body = body(owner, part);
        assert_eq!(in_mode(Mode::Request, &body), wrong, "{body}");
        assert_eq!(in_mode(Mode::Part, &body), wrong, "{body}");
        assert_eq!(in_mode(Mode::Types, &body), "", "{body}");
    }
}

#[test]
fn a_part_of_a_request_may_leave_out_what_the_body_itself_requires() {
    assert_eq!(in_mode(Mode::Request, &json!({})), "name is required");
    assert_eq!(in_mode(Mode::Part, &json!({})), "");
    assert_eq!(in_mode(Mode::Part, &json!({ "parts": [{}] })), "parts[0].low is required");
    assert_eq!(
        in_mode(Mode::Types, &json!({ "parts": [{ "low": "x" }] })),
        "parts[0].low must be a 32-bit integer, not x"
    );
}

#[test]
fn deep_nesting_ends() {
    let schemas = schemas();
    let mut value = json!({ "id": "d" });
    for _ in 0..200 {
        value = json!({ "id": "d", "parent": value });
    }
    let found = schemas.check(schemas.definition("Division").expect("defined"), &value, Mode::Request);
    assert!(found.expect_err("too deep").to_string().ends_with("is nested too deeply"));
}

#[test]
fn parameters_are_read_from_their_text() {
    let mut builder = Builder::default();
    let mut schema = |text| builder.parse_type(text).expect("a type");
    let (whole, flag, word, list, when) =
        (schema("i"), schema("b"), schema("(asc|desc)"), schema("[(a|b)]"), schema("t"));
    let schemas = builder.finish().expect("nothing undefined");
    for (schema, right) in [
        (whole, "25"),
        (flag, "True"),
        (word, "asc"),
        (list, "a"),
        (list, "a,b"),
        (when, "2026-01-31T08:30:00Z"),
        (whole, ""),
    ] {
        assert_eq!(schemas.check_text(schema, right), Ok(()), "{right}");
    }
    for (schema, wrong) in
        [(whole, "abc"), (whole, "1.5"), (flag, "maybe"), (word, "NO_SUCH"), (list, "a,c"), (when, "soon")]
    {
        assert!(schemas.check_text(schema, wrong).is_err(), "{wrong}");
    }
}
