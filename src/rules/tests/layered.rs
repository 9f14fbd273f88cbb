//! Several files in layers, ids across loads, and limits by operation.

use std::time::Duration;

use super::*;
use crate::rules::{Delay, HeaderSets};

#[test]
fn a_later_limit_of_the_same_name_takes_the_earlier_ones_place() {
    let first = [window("a", 1), window("b", 1), window("c", 1)].concat();
    let second = [window("d", 2), window("b", 2)].concat();
    let config = load_all(&[source("1.toml", first), source("2.toml", second)]).expect("they are right");
    assert_eq!(names(&config), ["a", "b", "c", "d"]);
    assert_eq!(config.limits[1].rule.algorithm.capacity(), 2);
    assert_eq!(config.limits[1].location.to_string(), "2.toml:10");
}

#[test]
fn a_later_latency_of_the_same_match_takes_the_earlier_ones_place() {
    let latency =
        |path: &str, base: &str| format!("[[latency]]\nmatch = [\"GET {path}\"]\nbase = \"{base}\"\n");
    let first = [latency("/a", "1ms"), latency("/b", "1ms")].concat();
    let second = [latency("/c", "2ms"), latency("/a", "2ms")].concat();
    let config = load_all(&[source("1.toml", first), source("2.toml", second)]).expect("they are right");
    let bases: Vec<_> =
        config.latencies.iter().map(|latency| (latency.matches[0].as_str(), latency.base)).collect();
    let fixed = |millis| Delay::Fixed(Duration::from_millis(millis));
    assert_eq!(bases, [("GET /a", fixed(2)), ("GET /b", fixed(1)), ("GET /c", fixed(2))]);
}

#[test]
fn the_response_merges_key_by_key() {
    let config = load_all(&[
        source("1.toml", "[response]\nheaders = [\"inin\", \"ietf\"]\nexplain = false"),
        source("2.toml", "[response]\nreason_phrase = true"),
        source("3.toml", "[response]\nheaders = []"),
    ])
    .expect("they are right");
    assert_eq!(config.response.headers, HeaderSets::default());
    assert!(!config.response.explain);
    assert!(config.response.reason_phrase);
}

#[test]
fn ids_stay_across_loads_while_name_algorithm_and_scope_stay() {
    let ids = RuleIds::default();
    let ids_of = |text: String| -> Vec<_> {
        let config = load(&[source("a.toml", text)], &|_| true, &ids).expect("they are right");
        config.limits.iter().map(|limit| limit.rule.id).collect()
    };
    let first = ids_of([window("a", 1), window("b", 1)].concat());
    let second = ids_of([window("b", 5), window("c", 5)].concat());
    assert_eq!(first[1], second[0]);
    assert!(!first.contains(&second[1]));
    assert_eq!(ids.name(second[1]).as_deref(), Some("c"));
}

#[test]
fn an_indexed_operation_has_the_same_limits_as_its_path() {
    let texts =
        ["GET /api/v2/users/me", "GET /api/v2/users/*", "* /api/v2/**", "WS /channels/*", "POST /api/v2/**"];
    let limits = texts.map(|text| window(text, 1).replace("GET /api/v2/users\"", &format!("{text}\"")));
    let latencies = texts.map(|text| format!("[[latency]]\nmatch = [\"{text}\"]\nbase = \"1s\"\n"));
    let mut config = load_one(limits.concat() + &latencies.concat());
    let plain = config.clone();
    config.index(OPERATIONS.into_iter().map(|(id, method, template)| (OperationId(id), method, template)));
    for (operation, method, path) in [
        (3, "GET", "/api/v2/users"),
        (5, "GET", "/api/v2/users/me"),
        (5, "GET", "/api/v2/users/7"),
        (6, "WS", "/channels/x"),
        (4, "POST", "/api/v2/elsewhere"),
        (u32::MAX, "GET", "/api/v2/users/me"),
    ] {
        let names = |config: &Config, operation: Option<u32>| -> Vec<String> {
            config
                .limits_for(operation.map(OperationId), method.into(), path)
                .map(|limit| limit.rule.name.to_string())
                .collect()
        };
        assert_eq!(names(&config, Some(operation)), names(&plain, None), "{method} {path}");
        assert!(!names(&plain, None).is_empty(), "{method} {path}");
        let latency = |config: &Config, operation: Option<u32>| {
            config
                .latency_for(operation.map(OperationId), method.into(), path)
                .map(|latency| latency.matches.clone())
        };
        assert_eq!(latency(&config, Some(operation)), latency(&plain, None), "{method} {path}");
    }
}
