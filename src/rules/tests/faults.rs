//! Tests of `[[fault]]`: defaults, layers, presets, and what a fault names.

use gcmock_limit::Scopes;
use serde_json::json;

use super::*;
use crate::rules::{
    FAULT_KINDS, Fault, FaultKind, KindExample, PRESETS, Trigger, expected_presets, load_part,
};

fn fault(name: &str, rest: &str) -> String {
    format!("[[fault]]\nname = \"{name}\"\nmatch = [\"GET /api/v2/users\"]\n{rest}\n")
}

fn fault_names(config: &Config) -> Vec<&str> {
    config.faults.iter().map(|fault| &*fault.name).collect()
}

#[test]
fn a_fault_strikes_every_request_unless_it_says_otherwise() {
    let config = load_one(fault("a", "status = 503"));
    let Fault { scope, grants, trigger, kind, .. } = &config.faults[0];
    assert_eq!((*scope, *grants, *trigger), (Scopes::default(), None, Trigger::ALWAYS));
    assert_eq!(*kind, FaultKind::Status { status: 503, retry_after: None });
    assert!(trigger.is_total() && trigger.is_open(u64::MAX));
}

#[test]
fn the_example_of_every_kind_is_a_fault() {
    for KindExample { key, matches, value } in FAULT_KINDS {
        let matches = matches.map_or_else(String::new, |of| format!("match = [\"{of}\"]\n"));
        let named = value.replace("name of a limit", "limit");
        let text = format!("{}\n[[fault]]\nname = \"a\"\n{matches}{key} = {named}\n", window("limit", 1));
        assert_eq!(fault_names(&load_one(text)), ["a"], "{key}");
    }
}

#[test]
fn a_token_is_revoked_by_requests_alone() {
    let at = |pattern: &str| format!("[[fault]]\nname = \"a\"\nmatch = [\"{pattern}\"]\nrevoke = true");
    load_one(at("GET /api/v2/users"));
    let refused = load_all(&[source("f.toml", at("WS /api/v2/platform/websocket"))]).unwrap_err().to_string();
    assert!(refused.contains("does not fit") && refused.contains("an HTTP method"), "{refused}");
}

#[test]
fn a_later_fault_of_the_same_name_takes_the_earlier_ones_place() {
    let first = [fault("a", "reset = true"), fault("b", "reset = true")].concat();
    let second = [fault("c", "garble = true"), fault("a", "garble = true")].concat();
    let config = load_all(&[source("1.toml", first), source("2.toml", second)]).expect("they are right");
    assert_eq!(fault_names(&config), ["a", "b", "c"]);
    assert_eq!(config.faults[0].kind, FaultKind::Garble);
    assert_eq!(config.faults[0].location.to_string(), "2.toml:5");
}

#[test]
fn a_fault_may_name_a_limit_of_another_file_but_none_that_is_not_there() {
    let refusing = source("2.toml", fault("a", "refuse = \"limit\""));
    load_all(&[source("1.toml", window("limit", 1)), refusing.clone()]).expect("they are right");
    let alone = load_all(std::slice::from_ref(&refusing)).unwrap_err().to_string();
    assert_eq!(
        alone,
        "2.toml:1: `refuse` is \"limit\", which is not a limit (expected the name of a limit; there is none)"
    );
    load_part(&[refusing], &|_| true, &RuleIds::default()).expect("they are right");
}

#[test]
fn every_preset_is_a_right_file_whose_keys_can_be_replaced() {
    for preset in PRESETS {
        let own = load_one(preset.text);
        assert_eq!(fault_names(&own), [preset.name]);
        let named = load_one(format!("[[fault]]\npreset = \"{}\"", preset.name));
        assert!(own.faults[0].is_like(&named.faults[0]), "{named:?}");
        let other = load_one(format!(
            "[[fault]]\npreset = \"{}\"\nname = \"b\"\ntimes = 2\nbetween = [\"0s\", \"1s\"]\nscope = [\"user\"]",
            preset.name
        ));
        let fault = &other.faults[0];
        assert_eq!(
            (&*fault.name, fault.trigger.times, fault.trigger.between),
            ("b", Some(2), Some((0, 1_000_000_000)))
        );
        assert_eq!((&fault.kind, fault.trigger.share), (&own.faults[0].kind, own.faults[0].trigger.share));
        assert_eq!(fault.scope.to_string(), "user");
    }
}

#[test]
fn an_unknown_preset_is_told_with_the_nearest_one() {
    assert!(expected_presets("auth-outge").ends_with("; did you mean auth-outage?"));
    assert!(expected_presets("x").ends_with("connection-resets"));
    assert!(expected_presets(&"x".repeat(1 << 20)).len() < 500);
}

#[test]
fn a_fault_of_share_0_covers_nothing() {
    let mut config =
        load_one([fault("a", "reset = true\nshare = 0"), fault("b", "reset = true\nshare = 0.0")].concat());
    let covering = |config: &Config, id| config.faults_for(id, "GET".into(), "/api/v2/users").count();
    assert_eq!(covering(&config, None), 0);
    config.index(OPERATIONS.into_iter().map(|(id, method, template)| (OperationId(id), method, template)));
    assert_eq!((covering(&config, Some(OperationId(3))), config.faults.len()), (0, 2));
}

#[test]
fn single_faults_come_and_go_and_a_wrong_one_changes_nothing() {
    let layers = vec![crate::rules::Layer::Text(source("a.toml", fault("a", "reset = true")))];
    let live = crate::rules::LiveConfig::new(layers, std::sync::Arc::new(Catalog)).expect("they are right");
    live.name_edges(vec!["chicago".to_owned()]).expect("a known edge");
    let names = || fault_names(&live.current()).join(" ");
    live.put_fault("request", &json!({ "name": "b", "edge_down": "chicago" })).expect("a right one");
    live.put_fault("request", &json!({ "name": "a", "match": ["GET /api/v2/users"], "garble": true }))
        .expect("a right one");
    assert_eq!((names().as_str(), &live.current().faults[0].kind), ("a b", &FaultKind::Garble));
    for (wrong, told) in [
        (
            json!({ "name": "c", "edge_down": "boston" }),
            "request: `edge_down` is \"boston\", which is not an edge (expected \"*\" or one of chicago)",
        ),
        (
            json!({ "name": "c", "match": ["GET /api/v2/users"], "refuse": "x" }),
            "request: `refuse` is \"x\", which is not a limit (expected the name of a limit; there is none)",
        ),
        (
            json!({ "name": "c", "match": ["GET /api/v2/users"], "garble": true, "share": 2.0 }),
            "request: share: `share` is 2.0 (expected a number from 0 to 1)",
        ),
        (json!([]), "request: `fault` is an array (expected a table)"),
    ] {
        assert_eq!(live.put_fault("request", &wrong).unwrap_err().to_string(), told);
    }
    assert!(live.put_faults_toml("text", &window("limit", 1)).is_err());
    assert!(live.remove_fault("b") && !live.remove_fault("b"));
    assert_eq!(names(), "a");
    live.put_faults_toml("text", &[fault("d", "reset = true"), fault("e", "close = 1")].concat())
        .expect("they are right");
    assert_eq!(names(), "a d e");
    live.reset();
    assert_eq!((names().as_str(), &live.current().faults[0].kind), ("a", &FaultKind::Reset));
}

#[test]
fn there_are_at_most_a_thousand_faults() {
    let text: String = (0..1001).map(|number| fault(&format!("f{number}"), "reset = true")).collect();
    let told = load_all(&[source("a.toml", text)]).unwrap_err().to_string();
    assert_eq!(told, "a.toml:4002: too many faults (expected at most 1000)");
}
