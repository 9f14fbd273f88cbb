//! Limits files: what is accepted, what is refused and how it is told, and how patterns match.

mod pattern;
mod reload;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gcmock::catalog::OperationId;
use gcmock::rules::{
    Config, Cover, Delay, Grant, HeaderSets, OperationCatalog, Pattern, PatternMethod, Problems, RuleIds,
    SCENARIOS, Source, default_text, load, load_json,
};
use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scope, Scopes};
use proptest::prelude::*;
use serde_json::json;

/// A limit that differs by name only.
fn limit(name: &str, rest: &str) -> String {
    format!(
        "[[limit]]\nname = \"{name}\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\n\
         match = [\"GET /api/v2/users\"]\n{rest}\n"
    )
}

fn window(name: &str, capacity: u32) -> String {
    limit(name, &format!("algorithm = \"fixed-window\"\ncapacity = {capacity}\nperiod = \"60s\""))
}

fn source(name: &str, text: impl Into<String>) -> Source {
    Source { name: name.to_owned(), text: text.into() }
}

fn load_all(sources: &[Source]) -> Result<Config, Problems> {
    load(sources, &|_| true, &RuleIds::default())
}

fn load_one(text: impl Into<String>) -> Config {
    load_all(&[source("limits.toml", text)]).expect("a right file")
}

fn names(config: &Config) -> Vec<&str> {
    config.limits.iter().map(|limit| &*limit.rule.name).collect()
}

#[test]
fn each_mistake_is_told_with_its_line_and_what_was_expected() {
    let known = |pattern: &Pattern| !pattern.path().starts_with("/nowhere");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad_limits");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let told: Vec<String> = files
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let loaded =
                load(&[source(name, fs::read_to_string(file).unwrap())], &known, &RuleIds::default());
            loaded.expect_err(name).to_string()
        })
        .collect();
    insta::assert_snapshot!("bad_limits", told.join("\n\n"));
}

#[test]
fn the_mistakes_of_all_files_are_told_together() {
    let problems = load_all(&[source("a.toml", "x = 1"), source("b.toml", "y ="), source("c.toml", "z = 1")])
        .unwrap_err()
        .iter()
        .map(|problem| problem.location.to_string())
        .collect::<Vec<_>>();
    assert_eq!(problems, ["a.toml:1", "b.toml:1", "c.toml:1"]);
}

#[test]
fn json_of_the_same_shape_gives_the_same_limits() {
    let text = limit(
        "a",
        "algorithm = \"token-bucket\"\ncapacity = 9\nrefill = 3\nperiod = \"1s\"\ngrant = [\"pasted\"]\n\
         cost = { query = \"pageSize\", default = 25 }\n[response]\nheaders = [\"inin\"]",
    );
    let json = json!({
        "response": {"headers": ["inin"]},
        "limit": [{
            "name": "a", "namespace": "n", "key": "k", "scope": ["tenant"], "match": ["GET /api/v2/users"],
            "algorithm": "token-bucket", "capacity": 9, "refill": 3, "period": "1s", "grant": ["pasted"],
            "cost": {"query": "pageSize", "default": 25},
        }],
    });
    let from_toml = load_one(text);
    let from_json = load_json("body", &json, &|_| true, &RuleIds::default()).unwrap();
    assert_eq!(from_toml.response, from_json.response);
    assert_eq!(from_toml.limits[0].rule, from_json.limits[0].rule);
    assert_eq!(from_toml.limits[0].grants, from_json.limits[0].grants);
    assert_eq!(from_toml.limits[0].patterns, from_json.limits[0].patterns);
}

#[test]
fn mistakes_in_json_are_told_with_their_path() {
    let json = json!({
        "response": null,
        "limit": [{"name": "a", "capacity": 1.0, "match": ["GET /x", 7], "algorithm": "fixed-window"}, 3],
        "other": {},
    });
    let problems = load_json("body", &json, &|_| true, &RuleIds::default()).unwrap_err();
    insta::assert_snapshot!(problems.to_string());
    insta::assert_json_snapshot!(problems.iter().next().unwrap(), @r#"
    {
      "file": "body",
      "path": "other",
      "message": "unknown key `other`",
      "expected": "one of response, limit, latency"
    }
    "#);
}

#[test]
fn whatever_json_is_given_nothing_panics() {
    for json in
        [json!(null), json!([]), json!("x"), json!({"limit": {"limit": []}}), json!({"latency": [[]]})]
    {
        load_json("body", &json, &|_| true, &RuleIds::default()).unwrap_err();
    }
}

#[test]
fn an_empty_file_limits_nothing_and_has_the_default_response() {
    let config = load_one("");
    assert_eq!((config.limits.len(), config.latencies.len()), (0, 0));
    assert_eq!(config.response.headers, HeaderSets { x_ratelimit: true, inin: false, ietf: false });
    assert!(config.response.explain);
    assert!(!config.response.reason_phrase);
}

#[test]
fn what_a_limit_does_not_say_has_its_default() {
    let config = load_one(limit("a", "algorithm = \"concurrency\"\ncapacity = 7"));
    let rule = &config.limits[0].rule;
    assert_eq!(rule.algorithm, Algorithm::Concurrency { capacity: 7, hold: Hold::Request });
    assert_eq!((rule.value, &rule.cost, rule.mode), (7, &Cost::Fixed(1), Mode::Enforce));
    assert_eq!((rule.retry_after, rule.lockout, rule.count_refused), (None, None, false));
    assert_eq!(rule.source.name(), "assumed");
    assert!(config.limits[0].covers_grant(None));
}

#[test]
fn a_duration_may_have_several_units_and_a_fraction() {
    for (period, nanos) in [("1m30s", 90_000_000_000), ("1.5s", 1_500_000_000), ("1h0.5s", 3_600_500_000_000)]
    {
        let rest = format!("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"{period}\"");
        let config = load_one(limit("a", &rest));
        let expected = Algorithm::FixedWindow { capacity: 1, period: nanos };
        assert_eq!(config.limits[0].rule.algorithm, expected, "{period}");
    }
}

#[test]
fn every_key_of_a_limit_is_understood() {
    let config = load_one(limit(
        "a",
        "algorithm = \"token-bucket\"\ncapacity = 4294967294\nrefill = 100\nperiod = \"1ms\"\n\
         retry_after = \"1500ms\"\nlockout = \"2s\"\ncount_refused = true\ncost = 3\nvalue = 0\n\
         mode = \"shadow\"\nsource = \"reported\"\ngrant = [\"client_credentials\", \"refresh_token\"]",
    ));
    let limit = &config.limits[0];
    let rule = &limit.rule;
    let (capacity, refill, period) = (4_294_967_294, 100, 1_000_000);
    assert_eq!(rule.algorithm, Algorithm::TokenBucket { capacity, refill, period });
    assert_eq!((rule.retry_after, rule.lockout, rule.count_refused), (Some(2), Some(2_000_000_000), true));
    assert_eq!((&rule.cost, rule.value, rule.mode), (&Cost::Fixed(3), 0, Mode::Shadow));
    assert_eq!((&*rule.namespace, &*rule.key, rule.source.name()), ("n", "k", "reported"));
    assert_eq!(rule.scope, Scopes::default().with(Scope::Tenant));
    assert_eq!(limit.location.to_string(), "limits.toml:1");
    assert!(limit.covers_grant(Some(Grant::RefreshToken)));
    assert!(!limit.covers_grant(Some(Grant::Pasted)));
    assert!(!limit.covers_grant(None));
}

#[test]
fn a_latency_is_fixed_or_has_a_median_and_a_percentile() {
    let config = load_one(
        "[[latency]]\nmatch = [\"GET /a\"]\nbase = \"0s\"\nthrottled = \"2s\"\nrises_from = 1\n\
         [[latency]]\nmatch = [\"* /**\"]\nbase = { median = \"200ms\", p99 = \"450ms\" }\n",
    );
    assert_eq!(config.latencies[0].base, Delay::Fixed(Duration::ZERO));
    assert_eq!(config.latencies[0].throttled, Some(Duration::from_secs(2)));
    assert_eq!(config.latencies[0].rises_from, Some(1.0));
    let (median, p99) = (Duration::from_millis(200), Duration::from_millis(450));
    assert_eq!(config.latencies[1].base, Delay::LogNormal { median, p99 });
    assert_eq!(config.latencies[1].throttled, None);
}

#[test]
fn a_later_limit_of_the_same_name_takes_the_earlier_ones_place() {
    let first = [window("a", 1), window("b", 1), window("c", 1)].concat();
    let second = [window("d", 2), window("b", 2)].concat();
    let config = load_all(&[source("1.toml", first), source("2.toml", second)]).unwrap();
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
    let config = load_all(&[source("1.toml", first), source("2.toml", second)]).unwrap();
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
    .unwrap();
    assert_eq!(config.response.headers, HeaderSets::default());
    assert!(!config.response.explain);
    assert!(config.response.reason_phrase);
}

#[test]
fn every_embedded_file_loads_without_a_warning() {
    for (name, text) in SCENARIOS.iter().map(|s| (s.name, s.limits)).chain([("default", default_text())]) {
        let config = load_all(&[source(name, text)]).unwrap();
        assert!(!config.limits.is_empty(), "{name}");
        assert_eq!(config.warnings, [], "{name}");
    }
}

#[test]
fn the_default_limits_are_the_documented_ones() {
    let config = load_one(default_text());
    let told: Vec<String> = config
        .limits
        .iter()
        .map(|limit| {
            let rule = &limit.rule;
            let scope: Vec<_> = rule.scope.iter().map(Scope::name).collect();
            let grants: Vec<_> = limit.grants.iter().flat_map(|g| g.iter().map(Grant::name)).collect();
            format!(
                "{} {}/{} {:?} {scope:?} {grants:?} {} {:?}",
                rule.name,
                rule.namespace,
                rule.key,
                rule.algorithm,
                rule.source.name(),
                limit.matches
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn sharing_websockets_replaces_the_scripts_limit_by_name() {
    let scripts = SCENARIOS.iter().find(|scenario| scenario.name == "architect-scripts").unwrap().limits;
    let share = include_str!("../../fixtures/limits/share-websocket.toml");
    let config = load_all(&[source("scripts", scripts), source("share", share)]).unwrap();
    assert_eq!(names(&config), ["architect-scripts", "oauth-token"]);
    assert_eq!(config.limits[0].rule.scope, Scopes::default().with(Scope::Tenant));
    let covers =
        |method: &str, path: &str| config.limits_for(None, PatternMethod::from(method), path).count();
    assert_eq!(covers("WS", "/channels/streaming-0-a"), 1);
    assert_eq!(covers("GET", "/channels/streaming-0-a"), 0);
}

#[test]
fn waits_that_sdks_do_not_sit_out_are_warned_of() {
    let token_bucket = "algorithm = \"token-bucket\"\ncapacity = 10\n";
    let cases = [
        ("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"180s\"".to_owned(), 0),
        ("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"181s\"".to_owned(), 1),
        ("algorithm = \"fixed-window\"\ncapacity = 1\nperiod = \"1h\"\nretry_after = \"3m\"".to_owned(), 0),
        ("algorithm = \"concurrency\"\ncapacity = 1\nretry_after = \"180001ms\"".to_owned(), 1),
        ("algorithm = \"concurrency\"\ncapacity = 1\nlockout = \"4m\"".to_owned(), 1),
        (format!("{token_bucket}refill = 1\nperiod = \"3m\""), 0),
        (format!("{token_bucket}refill = 1\nperiod = \"3m\"\ncost = 2"), 1),
        (format!("{token_bucket}refill = 4294967294\nperiod = \"876000h\""), 0),
    ];
    for (rest, count) in cases {
        assert_eq!(load_one(limit("a", &rest)).warnings.len(), count, "{rest}");
    }
}

#[test]
fn a_warning_tells_where_and_what() {
    let rest = "algorithm = \"fixed-window\"\ncapacity = 10\nperiod = \"1h\"\ncost = 11";
    let told: Vec<_> = load_one(limit("a", rest)).warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    limits.toml:1: limit "a" can send a computed Retry-After of 1h, over 180 s: the Go, Java and .NET SDKs then stop retrying
    limits.toml:1: limit "a": a cost of 11 is charged as the capacity, 10
    "#);
}

#[test]
fn ids_stay_across_loads_while_name_algorithm_and_scope_stay() {
    let ids = RuleIds::default();
    let ids_of = |text: String| -> Vec<_> {
        let config = load(&[source("a.toml", text)], &|_| true, &ids).unwrap();
        config.limits.iter().map(|limit| limit.rule.id).collect()
    };
    let first = ids_of([window("a", 1), window("b", 1)].concat());
    let second = ids_of([window("b", 5), window("c", 5)].concat());
    assert_eq!(first[1], second[0]);
    assert!(!first.contains(&second[1]));
    assert_eq!(ids.name(second[1]).as_deref(), Some("c"));
}

proptest! {
    #[test]
    fn no_text_makes_loading_panic(text in "(\\[\\[limit\\]\\]\n|name = |scope = |\\[|\\]|\"|a|1|\n|match|=|é|\\{|\\})*") {
        let _ = load_all(&[source("x", text)]);
    }
}

#[test]
fn deep_nesting_is_refused_or_read_but_never_overflows() {
    let deep = 200_000;
    for text in [
        format!("x = {}", "[".repeat(deep)),
        format!("x = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("x = {}", "{a=".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        format!("[[{}a]]", "a.".repeat(deep)),
    ] {
        assert!(load_all(&[source("x", text)]).is_err());
    }
}

/// Two operations, and everything below `/api/v2`.
struct Catalog;

const OPERATIONS: [(u32, &str, &str); 3] =
    [(3, "GET", "/api/v2/users"), (5, "GET", "/api/v2/users/{id}"), (6, "WS", "/channels/{id}")];

impl OperationCatalog for Catalog {
    fn knows(&self, pattern: &Pattern) -> bool {
        OPERATIONS
            .iter()
            .any(|(_, method, template)| pattern.covers_template(*method, template) != Cover::Never)
    }

    fn each(&self, visit: &mut dyn FnMut(OperationId, &str, &str)) {
        for (id, method, template) in OPERATIONS {
            visit(OperationId(id), method, template);
        }
    }
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
