//! Tests of every key of a limits file and its default.

use std::time::Duration;

use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scope, Scopes};
use serde_json::json;

use super::*;
use crate::rules::{Delay, Grant, HeaderSets};

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
