//! Documents of both versions, in both languages, and documents that are wrong.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::read as read_document;
use crate::catalog::Document;
use crate::catalog::schema::{Example, Mode};

fn read(text: impl AsRef<[u8]>) -> Result<Document, String> {
    read_document(text.as_ref()).map_err(|mistake| mistake.to_string())
}

fn mistake(text: impl AsRef<[u8]>) -> String {
    read(text).map_or_else(|mistake| mistake, |_| String::new())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

/// A small document of Swagger 2.0.
fn old() -> Value {
    json!({
        "swagger": "2.0", "info": { "title": "x" }, "basePath": "/api/v2",
        "parameters": { "size": { "name": "pageSize", "in": "query", "type": "integer", "format": "int32" } },
        "paths": {
            "/things/{thingId}": {
                "parameters": [{ "name": "thingId", "in": "path", "required": true, "type": "string" }],
                "get": { "responses": { "200": { "schema": { "$ref": "#/definitions/Thing" } }, "404": {} } },
                "delete": { "responses": { "default": { "description": "done" } } },
            },
            "/things": {
                "post": {
                    "parameters": [
                        { "name": "body", "in": "body", "required": true, "schema": { "$ref": "#/definitions/Thing" } },
                        { "$ref": "#/parameters/size" },
                        { "name": "expand", "in": "query", "type": "array", "items": { "type": "string", "enum": ["a", "b"] } },
                    ],
                    "responses": { "202": {}, "201": { "schema": { "$ref": "#/definitions/Thing" } } },
                },
            },
        },
        "definitions": {
            "Thing": {
                "type": "object", "required": ["name", "size"],
                "properties": {
                    "id": { "type": "string", "readOnly": true },
                    "name": { "type": "string" },
                    "$ref": { "type": "string", "format": "uri" },
                    "size": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 10 },
                    "kind": { "type": "string", "enum": ["BIG", "SMALL"] },
                    "next": { "$ref": "#/definitions/Thing" },
                    "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                },
            },
        },
    })
}

#[test]
fn an_old_document_has_operations_and_schemas() {
    let document = read(old().to_string()).expect("a document");
    let shown: Vec<String> = document
        .operations
        .iter()
        .map(|operation| {
            format!("{} {} {}", operation.method, operation.template, operation.facts.status.as_u16())
        })
        .collect();
    let expected = [
        "GET /api/v2/things/{thingId} 200",
        "DELETE /api/v2/things/{thingId} 204",
        "POST /api/v2/things 201",
    ];
    assert_eq!(shown, expected);
    let [get, delete, post] = document.operations.as_slice() else { panic!("three operations") };
    assert!(get.facts.query.is_empty() && get.facts.detailed);
    assert!(delete.facts.answer.is_none() && get.facts.body.is_none());
    let names: Vec<&str> = post.facts.query.iter().map(|parameter| &*parameter.name).collect();
    assert_eq!(names, ["pageSize", "expand"]);
    assert!(document.schemas.check_text(post.facts.query[0].schema, "abc").is_err());
    assert!(document.schemas.check_text(post.facts.query[1].schema, "a,c").is_err());
    let body = post.facts.body.expect("a body");
    let wrong = document.schemas.check(body.schema, &json!({ "name": "x", "size": 11 }), Mode::Request);
    assert_eq!(wrong.expect_err("too large").to_string(), "size must have a value of at most 10, not 11");
}

#[test]
fn an_answer_of_a_document_is_valid_and_may_have_a_property_named_ref() {
    let document = read(old().to_string()).expect("a document");
    let answer = document.operations[0].facts.answer.expect("a schema");
    let example = document.schemas.example(answer, Example::of("t"));
    assert_eq!(document.schemas.check(answer, &example, Mode::Answer), Ok(()));
    assert!(
        example["$ref"].is_string() && example["next"]["size"] == 1 && example["next"].get("kind").is_none()
    );
}

#[test]
fn a_new_document_in_yaml_says_the_same() {
    let text = r"
openapi: 3.1.0
servers:
  - url: https://api.example.com/api/v2
paths:
  /things:
    post:
      parameters:
        - $ref: '#/components/parameters/size'
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Thing'}
      responses:
        200:
          description: done
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Thing'
                  - properties: {extra: {type: [string, 'null'], format: date-time}}
                    required: [extra]
components:
  parameters:
    size: {name: pageSize, in: query, schema: {type: integer, format: int32}}
  schemas:
    Thing:
      required: [name]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string, minLength: 3}
        kind: {enum: [BIG, 5, yes, null]}
";
    let document = read(text).expect("a document");
    let post = &document.operations[0];
    assert_eq!((&*post.template, post.facts.status.as_u16()), ("/api/v2/things", 200));
    let example = document.schemas.example(post.facts.answer.expect("a schema"), Example::of("t"));
    let names: Vec<&str> = example.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["id", "name", "kind", "extra"]);
    assert!(post.facts.body.expect("a body").required);
    assert!(document.schemas.check_text(post.facts.query[0].schema, "x").is_err());
}

#[test]
fn gzip_and_a_byte_order_mark_are_read() {
    assert!(read(packed(old().to_string().as_bytes())).is_ok());
    assert!(read(format!("\u{feff}{}", old())).is_ok());
}

#[test]
fn every_mistake_has_its_place() {
    let changed = |pointer: &str, to: Value| {
        let mut document = old();
        *document.pointer_mut(pointer).expect("a place") = to;
        mistake(document.to_string())
    };
    assert_eq!(mistake(""), ": the document is empty");
    assert_eq!(
        mistake("{\n  \"swagger\": \"2.0\",\n  \"paths\": [\n}"),
        ":3:11: invalid type: sequence, expected a map"
    );
    assert_eq!(mistake("{}"), ": expected an API document with \"swagger\": \"2.0\" or \"openapi\": \"3…\"");
    assert_eq!(mistake("{\"swagger\": \"2.0\"}"), ": no path of the document begins with /api/v2/");
    assert_eq!(mistake("swagger: '2.0'\npaths:\n  /x: [\n"), ":3:7: expected mapping start");
    assert_eq!(mistake(b"{\n\xff}"), ":2:1: the text is not UTF-8");
    let dangling = json!({ "$ref": "#/definitions/Nothing" });
    assert_eq!(
        changed("/definitions/Thing/properties/next", dangling),
        ": definitions.Thing.properties.next: $ref \"#/definitions/Nothing\" leads to nothing"
    );
    assert_eq!(
        changed("/paths/~1things/post/parameters/1", json!({ "$ref": "other.yaml#/x" })),
        ": paths./things.post: $ref \"other.yaml#/x\" leads to nothing"
    );
    assert_eq!(
        changed("/definitions/Thing", json!({ "$ref": "#/definitions/Thing" })),
        ": Thing is only a reference to itself"
    );
    let circular = json!({ "allOf": [{ "$ref": "#/definitions/Thing" }, { "properties": {} }] });
    assert!(changed("/definitions/Thing", circular).contains("leads back to itself"));
}

#[test]
fn a_mistake_is_told_without_the_names_of_this_program() {
    let new = |paths: Value| mistake(json!({ "openapi": "3.0.0", "paths": paths }).to_string());
    for wrong in [json!({ "/api/v2/x": "y" }), json!({ "/api/v2/x": { "get": 1 } })] {
        let told = new(wrong);
        assert!(told.contains("expected a path") || told.contains("expected an operation"), "{told}");
    }
    let schema = json!({ "get": { "responses": { "200": { "content": { "application/json": { "schema": "x" } } } } } });
    assert!(new(json!({ "/api/v2/x": schema })).ends_with("expected a schema, true or false"));
    let yaml = |text: &str| mistake(format!("openapi: 3.0.0\n{text}"));
    assert_eq!(yaml("paths: {}\n---\nopenapi: 3.0.0\n"), ":3:1: expected one document, not several");
    assert_eq!(yaml("paths: &p\n  /x: *p\n"), ":3:7: an alias is inside of what it refers to");
    assert_eq!(yaml("paths: {}\npaths: {}\n"), ":3:1: duplicate mapping key: paths");
    let deep = yaml(&format!("x: {}", "[".repeat(5000)));
    assert!(!deep.contains("budget"), "{deep}");
}

#[test]
fn true_and_false_are_schemas() {
    let content = json!({ "application/json": { "schema": true } });
    let answer = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } });
    let thing = json!({ "type": "object", "allOf": [true], "properties": { "any": true, "none": false, "id": { "type": "string" } } });
    let get = json!({ "responses": { "200": { "content": answer } } });
    let post =
        json!({ "requestBody": { "content": content }, "responses": { "200": { "content": content } } });
    let document = json!({ "openapi": "3.1.0", "paths": { "/api/v2/things": { "get": get, "post": post } },
        "components": { "schemas": { "Thing": thing, "Any": true } } });
    let document = read(document.to_string()).expect("a document");
    assert_eq!(document.operations.len(), 2);
}

#[test]
fn null_is_no_schema() {
    let content: super::raw::RawContent =
        serde_json::from_value(json!({ "schema": null })).expect("a content");
    assert!(content.schema.is_none());
    let content: super::raw::RawContent =
        serde_json::from_value(json!({ "schema": true })).expect("a content");
    assert!(content.schema.is_some());
}

#[test]
fn a_document_that_is_too_large_is_not_read_to_its_end() {
    let large = std::io::repeat(b' ').take(100 << 20);
    let mistake = read_document(large).expect_err("too large").to_string();
    assert_eq!(mistake, ": the document is larger than 64 MiB");
}

#[test]
fn a_gzip_bomb_is_not_unpacked_and_damage_is_named() {
    let bomb = packed(&vec![b' '; 65 << 20]);
    assert_eq!(mistake(bomb), ": the document is larger than 64 MiB when it is unpacked");
    let mut cut = packed(old().to_string().as_bytes());
    cut.truncate(40);
    assert!(mistake(cut).starts_with(": the gzip data is damaged"));
}

#[test]
fn a_yaml_document_can_not_grow_by_its_aliases() {
    let mut text = "swagger: '2.0'\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        text.extend([format!("a{level}: &a{level} [{items}]\n")]);
    }
    let found = mistake(text);
    assert!(found.starts_with(':') && !found.contains("no path"), "{found}");
}

#[test]
fn deep_nesting_is_a_mistake() {
    let deep = format!(
        "{{\"swagger\":\"2.0\",\"definitions\":{{\"A\":{}1{}}}}}",
        "{\"items\":".repeat(5000),
        "}".repeat(5000)
    );
    assert!(mistake(deep).starts_with(":1:"));
    let deep = format!("swagger: '2.0'\nx: {}", "[".repeat(5000));
    assert!(mistake(deep).starts_with(':'));
}
