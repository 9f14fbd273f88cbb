//! Snapshots that are refused: with the reason, and nothing is changed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{LIMITED, QUEUES, SNAPSHOT, admin, limited, load, refused, save, use_it};
use crate::rest::{Client, mock};

/// A change of a snapshot, and a part of the message that refuses it.
type Mistake = (&'static str, fn(&mut Value));

const MISTAKES: &[Mistake] = &[
    ("format 1", |snapshot| snapshot["format"] = json!(1)),
    ("format \"2\"", |snapshot| snapshot["format"] = json!("2")),
    ("no format", |snapshot| drop(object(snapshot).remove("format"))),
    ("unknown field `include`", |snapshot| snapshot["include"] = json!("/etc/passwd")),
    ("unknown field `url`", |snapshot| first(snapshot)["data"]["url"] = json!("http://example.org/x")),
    ("the field `people` is missing", |snapshot| drop(object(&mut first(snapshot)["data"]).remove("people"))),
    ("`clock.now` must be a whole number", |snapshot| snapshot["clock"]["now"] = json!(-1)),
    ("no organization", |snapshot| first(snapshot)["id"] = json!("3f2504e0-4f89-41d3-9a0c-0305e82c3301")),
    ("twice", |snapshot| {
        let first = first(snapshot).clone();
        snapshot["organizations"].as_array_mut().expect("a list").push(first);
    }),
    ("two users have one id", |snapshot| {
        let users = users(snapshot);
        users.push(users[0].clone());
    }),
    ("users that it lacks", |snapshot| users(snapshot).truncate(1)),
    ("more users", |snapshot| {
        let users = users(snapshot);
        let one = users[0].clone();
        for number in 0..5001 {
            let mut user = one.clone();
            user["id"] = json!(format!("00000000-0000-4000-8000-{number:012}"));
            users.push(user);
        }
    }),
    ("no edge", |snapshot| first(snapshot)["data"]["workforce"]["edges"][0]["name"] = json!("elsewhere")),
    ("sides of a relation", |snapshot| {
        first(snapshot)["data"]["acd"]["members"]["holders"] = json!({});
    }),
    ("limits have mistakes", |snapshot| snapshot["server"]["limits"] = json!([{ "name": "x" }])),
    ("does not come before it", |snapshot| {
        first(snapshot)["data"]["conversations"]["lines"] = json!([{
            "conversation": 4096, "previous": 0, "at": 1, "text": "x", "direction": "Inbound", "receipt": null,
        }]);
    }),
    ("unknown OAuth client", |snapshot| {
        first(snapshot)["tokens"]["access"] = json!([{
            "digest": "x", "client": "nobody", "user": null, "grant": "Pasted", "hash": 1, "expires": 1,
        }]);
    }),
];

fn object(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().expect("an object")
}

fn first(snapshot: &mut Value) -> &mut Value {
    &mut snapshot["organizations"][0]
}

fn users(snapshot: &mut Value) -> &mut Vec<Value> {
    first(snapshot)["data"]["people"]["users"].as_array_mut().expect("a list")
}

#[tokio::test]
async fn a_bad_snapshot_is_refused_with_the_reason_and_changes_nothing() {
    let mock = limited().await;
    let client = Client::new(&mock);
    client.post(QUEUES, json!({ "name": "Kept" })).await.done();
    client.get(LIMITED[0]).await;
    let before = save(&mock).await;
    for (reason, change) in MISTAKES {
        let mut bad = before.clone();
        change(&mut bad);
        let told = refused(&mock, &bad).await;
        assert!(told.contains(*reason), "{reason}: {told}");
        assert!(told.len() < 3000, "{told}");
    }
    assert_eq!(save(&mock).await, before);
    assert_eq!(load(&mock, &before).await["organizations"], 2, "it is right otherwise");
}

#[tokio::test]
async fn a_truncated_snapshot_is_refused_wherever_it_ends() {
    let mock = mock().await;
    let before = save(&mock).await;
    let text = before.to_string();
    for length in [1, 2, 10, text.len() / 3, text.len() / 2, text.len() - 1] {
        let put = reqwest::Client::new().put(format!("{}{SNAPSHOT}", mock.uri()));
        let end = (0..=length).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        let part = text[..end].to_owned();
        let answer =
            put.header("content-type", "application/json").body(part).send().await.expect("an answer");
        assert_eq!(answer.status(), 400);
        let error = answer.text().await.expect("a body");
        assert!(error.contains("not a whole JSON document"), "{error}");
    }
    assert_eq!(save(&mock).await, before);
}

/// The part of a document that these choices lead to.
fn part<'v>(value: &'v mut Value, choices: &[usize]) -> &'v mut Value {
    let Some((choice, rest)) = choices.split_first() else { return value };
    let length = value.as_array().map(Vec::len).or_else(|| value.as_object().map(Map::len)).unwrap_or(0);
    if length == 0 {
        return value;
    }
    let inner = match value {
        Value::Array(items) => items.get_mut(choice % length),
        Value::Object(entries) => entries.values_mut().nth(choice % length),
        _ => None,
    };
    part(inner.expect("it has so many"), rest)
}

#[test]
fn a_snapshot_with_anything_in_it_is_loaded_or_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mock = runtime.block_on(limited());
    let before = runtime.block_on(async {
        use_it(&mock, &Client::new(&mock)).await;
        save(&mock).await
    });
    let anything = prop::sample::select(vec![
        Value::Null,
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!("x"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!({ "x": 1 }),
        json!(true),
    ]);
    let changes = (prop::collection::vec(any::<usize>(), 1..9), anything);
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    let outcome = runner.run(&changes, |(choices, other)| {
        let mut changed = before.clone();
        *part(&mut changed, &choices) = other;
        let (status, body) = runtime.block_on(admin(&mock, Method::PUT, SNAPSHOT, Some(&changed)));
        prop_assert!([200, 400].contains(&status), "{} {}", status, body);
        Ok(())
    });
    outcome.expect("no answer is an error of the server");
    assert_eq!(runtime.block_on(load(&mock, &before))["organizations"], 2);
}

#[tokio::test]
async fn what_is_no_snapshot_at_all_is_refused_in_plain_words() {
    let mock = mock().await;
    for other in [json!([]), json!(null), json!([1]), json!("text"), json!(7), json!({})] {
        let told = refused(&mock, &other).await;
        assert!(told.contains("it has no format; expected a snapshot that gcmock wrote"), "{other}: {told}");
    }
}

#[tokio::test]
async fn merges_that_lead_in_a_circle_are_refused() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let contact = json!({ "firstName": "Ada", "lastName": "L" });
    let made = client.post("/api/v2/externalcontacts/contacts", contact).await.done();
    let mut snapshot = save(&mock).await;
    let id = made["id"].as_str().expect("an id");
    first(&mut snapshot)["data"]["external"]["merged_into"] = json!({ id: id });
    assert!(refused(&mock, &snapshot).await.contains("in a circle"));
}
