//! The files that gcmock carries: the documented limits and the scenarios.

use gcmock_limit::{Scope, Scopes};

use super::*;
use crate::rules::{Grant, PatternMethod, SCENARIOS, default_text};

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
    in_the_snapshots(|| {
        insta::assert_snapshot!("it__config__the_default_limits_are_the_documented_ones", told.join("\n"));
    });
}

#[test]
fn sharing_websockets_replaces_the_scripts_limit_by_name() {
    let scripts = SCENARIOS.iter().find(|scenario| scenario.name == "architect-scripts").unwrap().limits;
    let share = include_str!("../../../fixtures/limits/share-websocket.toml");
    let config = load_all(&[source("scripts", scripts), source("share", share)]).unwrap();
    assert_eq!(names(&config), ["architect-scripts", "oauth-token"]);
    assert_eq!(config.limits[0].rule.scope, Scopes::default().with(Scope::Tenant));
    let covers =
        |method: &str, path: &str| config.limits_for(None, PatternMethod::from(method), path).count();
    assert_eq!(covers("WS", "/channels/streaming-0-a"), 1);
    assert_eq!(covers("GET", "/channels/streaming-0-a"), 0);
}
