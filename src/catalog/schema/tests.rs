//! Tests of the schema engine.

mod checks;
mod examples;
mod generated;
mod texts;

use serde_json::{Value, json};

use super::{Builder, Schemas};

/// Schemas of a small platform.
const TEXT: &str = r"
# A small platform.
Queue
  id s~!
  name s!
  memberCount i~
  total l
  rate n
  active b
  created t
  day d
  peer u
  color c
  media (call|chat|email)
  division Division
  divisions [Division]
  labels {s}
  extra *
  rule {low:i! high:i}
  urn:x:1 s
";

fn schemas() -> Schemas {
    let mut builder = Builder::default();
    let text = TEXT.replace("urn:x:1", "\"urn:x:1\"");
    builder.read(&text).expect("a text of schemas");
    builder
        .read("Division\n  id s!\n  name s\n  parent Division\nQueues = [Queue]+\nAlias = Queues\n")
        .expect("more");
    builder.finish().expect("nothing undefined")
}

/// A queue that is right.
fn queue() -> Value {
    json!({
        "id": "q", "name": "Support", "memberCount": 3, "total": 5_000_000_000_u64, "rate": 0.5, "active": true,
        "created": "2026-01-31T08:30:00.000Z", "day": "2026-01-31", "peer": "0b1f2a3c-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "color": "#a0b1c2", "media": "chat", "division": { "id": "d" }, "divisions": [{ "id": "d", "name": "Home" }],
        "labels": { "a": "b" }, "extra": [1, { "x": null }], "rule": { "low": 1 }, "urn:x:1": "y",
    })
}
