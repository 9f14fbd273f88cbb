//! Each schema and its reader give the same verdict on files that are right, and on such files with one mistake.

mod files;

use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use gcmock_limit::Scope;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use self::files::{expectations_files, limits_files, organization_files};
use super::*;
use crate::observe::verify::Expectations;
use crate::rules::{Grant, PRESETS, RuleIds, Source, load};
use crate::world::seed;
use crate::world::workforce::AgentStatus;

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn named(name: &str) -> Self {
        let document = serde_json::from_str(find(Some(name)).expect("a schema")).expect("JSON");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", document).expect("a document");
        let index = compiler.compile("schema.json", &mut schemas).expect("a schema");
        Self { schemas, index }
    }

    fn accepts(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }
}

fn limits(text: &str) -> Result<(), String> {
    let source = Source { name: "limits.toml".to_owned(), text: text.to_owned() };
    load(&[source], &|_| true, &RuleIds::default()).map(drop).map_err(|problems| problems.to_string())
}

fn organization(text: &str) -> Result<(), String> {
    seed::parse(text).map(drop)
}

fn expectations(text: &str) -> Result<(), String> {
    Expectations::read(text).map(drop)
}

type Reader = fn(&str) -> Result<(), String>;

/// The schemas with their readers, files that have every key, and what only the reader says.
fn files() -> [(&'static str, Reader, Vec<Value>, &'static [&'static str]); 3] {
    [
        (
            "limits",
            limits,
            limits_files(),
            &[
                "a second limit",
                "a second latency",
                "`p99` is less",
                "a second fault",
                "does not fit",
                "ends before it begins",
                "is not a limit",
            ],
        ),
        (
            "organization",
            organization,
            organization_files(),
            &[
                ": no ",
                "expected Available",
                "expected at most",
                "expected one of",
                "a second resource",
                "have the name",
                "a contact has",
                "DID pool",
                "extension pool",
            ],
        ),
        (
            "expectations",
            expectations,
            expectations_files(),
            &["is more than at_most", "is more than at_most_refusals"],
        ),
    ]
}

/// A document as TOML, its tables in one line.
fn toml(document: &Value) -> String {
    let top = document.as_object().expect("a table");
    let lines: Vec<_> = top.iter().map(|(key, value)| format!("{key:?} = {}\n", inline(value))).collect();
    lines.concat()
}

fn inline(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(values) => format!("[{}]", list(values.iter().map(inline).collect())),
        Value::Object(table) => {
            let pair = |(key, value): (&String, &Value)| format!("{key:?} = {}", inline(value));
            format!("{{ {} }}", list(table.iter().map(pair).collect()))
        }
        other => other.to_string(),
    }
}

/// The paths of a document's values.
fn paths(value: &Value) -> Vec<String> {
    let below = |key: String, value: &Value| -> Vec<String> {
        let inner = paths(value).into_iter().map(|path| format!("/{key}{path}"));
        std::iter::once(format!("/{key}")).chain(inner).collect()
    };
    match value {
        Value::Object(table) => table.iter().flat_map(|(key, value)| below(key.clone(), value)).collect(),
        Value::Array(values) => {
            values.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect()
        }
        _ => Vec::new(),
    }
}

#[derive(Clone, Debug)]
enum Mistake {
    Gone,
    Instead(Value),
    Beside(String, Value),
    Twice,
}

fn mistake() -> impl Strategy<Value = Mistake> {
    let texts = [
        "",
        " ",
        "a",
        "a\"b",
        "é",
        "a ",
        "0s",
        "1s",
        "1.5s",
        "1m30s",
        "30s1m",
        "1 s",
        "-1s",
        "1d",
        "5",
        "1.s",
        "1h2m3s4ms5us6ns",
        "GET /a",
        "GET  /a",
        " GET /a ",
        "GET /",
        "GET /a/",
        "GET /a//b",
        "GET /a*",
        "GET /{id}",
        "GET /a?b",
        "get /a",
        "GET",
        "WS /a",
        "WS /a b",
        "WS-MESSAGE /a",
        "WS-MESSAGE /a b",
        "WS-MESSAGE /a b c",
        "* /**",
        "tenant",
        "client_credentials",
        "inin",
        "concurrency",
        "request",
        "shadow",
        "On Queue",
        "on_queue",
        "Available",
        "1KiB/s",
        "0B/s",
        "auth-outage",
    ];
    let value = prop_oneof![
        prop::sample::select(texts.map(|text| json!(text)).to_vec()),
        prop::sample::select(vec![
            json!(true),
            json!(false),
            json!(0),
            json!(1),
            json!(-1),
            json!(1.5),
            json!(0.5),
            json!(4_294_967_294_u32),
            json!(4_294_967_295_u32),
            json!(4_294_967_296_u64),
            json!([]),
            json!({}),
            json!(["a"]),
            json!(["GET /a"]),
            json!([1]),
            json!({ "query": "q", "default": 0 }),
            json!({ "median": "1s", "p99": "0s" }),
            json!([{}]),
        ]),
        "[ -~]{0,120}".prop_map(|text| json!(text)),
    ];
    let keys = [
        "name",
        "refill",
        "period",
        "hold",
        "capacity",
        "unknown",
        "throttled",
        "rises_from",
        "default",
        "at_most",
        "limit",
        "preset",
        "status",
        "reset",
        "match",
        "retry_after",
        "after_time",
    ];
    prop_oneof![
        Just(Mistake::Gone),
        value.clone().prop_map(Mistake::Instead),
        (prop::sample::select(keys.to_vec()), value)
            .prop_map(|(key, value)| Mistake::Beside(key.to_owned(), value)),
        Just(Mistake::Twice),
    ]
}

/// Makes a mistake in the value at a path.
fn with(mut document: Value, path: &str, mistake: Mistake) -> Value {
    let (outer, last) = path.rsplit_once('/').expect("a path");
    match mistake {
        Mistake::Instead(value) => *document.pointer_mut(path).expect("a value") = value,
        Mistake::Gone | Mistake::Twice => {
            let twice = matches!(mistake, Mistake::Twice);
            match document.pointer_mut(outer).expect("a value") {
                Value::Array(values) if twice => values.push(values[0].clone()),
                Value::Array(values) => drop(values.remove(last.parse().expect("an index"))),
                Value::Object(table) if !twice => drop(table.remove(last)),
                _ => {}
            }
        }
        Mistake::Beside(key, value) => {
            if let Some(Value::Object(table)) = document.pointer_mut(outer) {
                table.insert(key, value);
            }
        }
    }
    document
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn a_schema_refuses_what_its_reader_refuses_and_nothing_else(which in 0..3_usize, file in any::<Index>(), at in any::<Index>(), mistake in mistake()) {
        thread_local! {
            static SCHEMAS: [Schema; 3] = ["limits", "organization", "expectations"].map(Schema::named);
        }
        let (name, read, files, only_reader) = files()[which].clone();
        let document = file.get(&files).clone();
        let paths = paths(&document);
        let path: &String = at.get(&paths);
        let is_table = document.pointer(path).is_some_and(Value::is_object);
        let by_position = is_table && matches!(mistake, Mistake::Instead(Value::Array(_)));
        let document = with(document, path, mistake);
        let accepted = SCHEMAS.with(|schemas| schemas[which].accepts(&document));
        match read(&toml(&document)) {
            // The reader ignores what follows status and count, and reads an array in place of a table by position.
            Ok(()) if document.pointer("/skill_group/0/agents/0/2").is_some() || by_position => prop_assert!(!accepted),
            Ok(()) => prop_assert!(accepted, "{name}: the reader takes {document}"),
            Err(why) if only_reader.iter().any(|only| why.contains(only)) => {}
            Err(why) => prop_assert!(!accepted, "{name}: {why}\n{document}"),
        }
    }
}

#[test]
fn the_files_that_mistakes_are_made_in_are_right_and_have_every_key() {
    for (name, read, files, _) in files() {
        let schema = Schema::named(name);
        for file in &files {
            assert_eq!(read(&toml(file)), Ok(()), "{file}");
            assert!(schema.accepts(file), "{file}");
        }
        let document: Value = serde_json::from_str(find(Some(name)).expect("a schema")).expect("JSON");
        let mut keys = BTreeSet::new();
        properties(&document, &mut keys);
        let used: BTreeSet<String> = files.iter().flat_map(paths).collect();
        let used: BTreeSet<_> = used.iter().filter_map(|path| path.rsplit('/').next()).collect();
        let missing: Vec<_> = keys.iter().filter(|key| !used.contains(&***key)).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

/// The keys of every table that a schema describes.
fn properties(schema: &Value, keys: &mut BTreeSet<String>) {
    let Value::Object(table) = schema else {
        return schema.as_array().into_iter().flatten().for_each(|inner| properties(inner, keys));
    };
    if let Some(Value::Object(own)) = table.get("properties") {
        keys.extend(own.keys().cloned());
    }
    table.values().for_each(|inner| properties(inner, keys));
}

/// The words that a schema allows at a location.
fn words(name: &str, pointer: &str) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(find(Some(name)).expect("a schema")).expect("JSON");
    let words = document.pointer(pointer).and_then(Value::as_array).expect("words");
    words.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_schema_names_every_scope_grant_and_status() {
    let limit = "/definitions/limit/properties";
    let scopes = words("limits", &format!("{limit}/scope/items/enum"));
    assert_eq!(scopes, set(Scope::ALL.into_iter().map(Scope::name)));
    let grants = words("limits", &format!("{limit}/grant/items/enum"));
    assert_eq!(grants, set(Grant::ALL.into_iter().map(Grant::name)));
    let presets = words("limits", "/definitions/fault/properties/preset/enum");
    assert_eq!(presets, set(PRESETS.iter().map(|preset| preset.name)));
    let fault = "/definitions/fault/properties";
    assert_eq!(words("limits", &format!("{fault}/scope/items/enum")), scopes);
    assert_eq!(words("limits", &format!("{fault}/grant/items/enum")), grants);
    let statuses = "/definitions/skillGroup/properties/agents/items/items/0/anyOf/0/enum";
    assert_eq!(words("organization", statuses), set(AgentStatus::names().split(", ")));
}

#[test]
fn the_keys_of_a_schema_are_those_that_its_reader_lists() {
    let unknown = |file: &str| limits(file).expect_err("an unknown key");
    for (file, pointer) in [
        ("zzz = 1", "/properties"),
        ("[response]\nzzz = 1", "/definitions/response/properties"),
        ("[[latency]]\nzzz = 1", "/definitions/latency/properties"),
        ("[[limit]]\nzzz = 1", "/definitions/limit/properties"),
        ("[[fault]]\nzzz = 1", "/definitions/fault/properties"),
    ] {
        let told = unknown(file);
        let listed =
            told.split("unknown key `zzz` (expected one of ").nth(1).and_then(|rest| rest.split(')').next());
        let document: Value = serde_json::from_str(find(Some("limits")).expect("a schema")).expect("JSON");
        let keys: BTreeSet<String> = document
            .pointer(pointer)
            .and_then(Value::as_object)
            .map(Map::keys)
            .expect("keys")
            .cloned()
            .collect();
        assert_eq!(set(listed.expect("a list").split(", ")), keys, "{told}");
    }
}
