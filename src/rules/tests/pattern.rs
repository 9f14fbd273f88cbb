//! Which requests a pattern covers.

use proptest::prelude::*;

use super::{Cover, Pattern};

const PATTERNS: &[(&str, &str, &str, bool)] = &[
    ("GET /api/v2/users", "GET", "/api/v2/users", true),
    ("GET /api/v2/users", "HEAD", "/api/v2/users", false),
    ("GET /api/v2/users", "GET", "/api/v2/users/", false),
    ("GET /api/v2/users", "GET", "/api/v2/Users", false),
    ("* /api/v2/users", "HEAD", "/api/v2/users", true),
    ("* /api/v2/users", "REPORT", "/api/v2/users", true),
    ("* /api/v2/users", "WS", "/api/v2/users", false),
    ("WS /channels/*", "WS", "/channels/a", true),
    ("WS /channels/*", "GET", "/channels/a", false),
    ("WS /channels/*", "WS-MESSAGE onMessage", "/channels/a", false),
    ("WS-MESSAGE /v1", "WS-MESSAGE", "/v1", true),
    ("WS-MESSAGE /v1", "WS-MESSAGE onMessage", "/v1", true),
    ("WS-MESSAGE /v1 onMessage", "WS-MESSAGE onMessage", "/v1", true),
    ("WS-MESSAGE /v1 onMessage", "WS-MESSAGE echo", "/v1", false),
    ("WS-MESSAGE /v1 onMessage", "WS-MESSAGE", "/v1", false),
    ("GET /users/*", "GET", "/users/1", true),
    ("GET /users/*", "GET", "/users", false),
    ("GET /users/*", "GET", "/users/", false),
    ("GET /users/*", "GET", "/users/1/queues", false),
    ("GET /users/*/queues", "GET", "/users/1/queues", true),
    ("GET /users/**", "GET", "/users", true),
    ("GET /users/**", "GET", "/users/", true),
    ("GET /users/**", "GET", "/users/1/queues", true),
    ("GET /users/**", "GET", "/usersearch", false),
    ("GET /**", "GET", "/", true),
    ("GET /**", "GET", "*", true),
    ("GET /", "GET", "/", true),
    ("GET /", "GET", "/a", false),
    ("GET /**/members", "GET", "/members", true),
    ("GET /**/members", "GET", "/queues/1/members", true),
    ("GET /**/members", "GET", "/members/members/1", false),
    ("GET /a/**/b/**/c", "GET", "/a/b/b/x/c/c", true),
    ("GET /a/**/**/c", "GET", "/a/c", true),
    ("GET /api/v2/scim/v2/Users/*", "GET", "/api/v2/scim/v2/users/A", true),
    ("GET /api/v2/scim/Groups", "GET", "/api/v2/scim/groups", true),
    ("GET /api/v2/%75sers", "GET", "/api/v2/users", true),
];

#[test]
fn patterns_match_as_written() {
    for (pattern, method, path, expected) in PATTERNS {
        let parsed = Pattern::parse(pattern).expect("a pattern");
        assert_eq!(parsed.matches(*method, path), *expected, "{pattern} on {method} {path}");
        assert_eq!(parsed.to_string(), *pattern);
    }
}

#[test]
fn a_pattern_covers_all_some_or_none_of_an_operation() {
    for (pattern, method, template, expected) in [
        ("GET /users/*", "GET", "/users/{id}", Cover::Always),
        ("* /users/**", "GET", "/users/{id}/queues", Cover::Always),
        ("GET /users/me", "GET", "/users/{id}", Cover::Maybe),
        ("GET /users/me", "GET", "/users/me", Cover::Always),
        ("GET /users/*", "GET", "/users/me", Cover::Always),
        ("GET /users/*", "POST", "/users/{id}", Cover::Never),
        ("GET /users/*", "GET", "/users", Cover::Never),
        ("GET /users/**/me", "GET", "/users/{id}", Cover::Maybe),
        ("GET /users/**/queues", "GET", "/users/{id}/queues", Cover::Always),
        ("GET /a/*", "GET", "/a/{file}.json", Cover::Always),
        ("GET /a/b.json", "GET", "/a/{file}.json", Cover::Maybe),
        ("WS /channels/*", "WS", "/channels/{id}", Cover::Always),
        ("* /channels/*", "WS", "/channels/{id}", Cover::Never),
        ("WS-MESSAGE /v1 echo", "WS-MESSAGE", "/v1", Cover::Maybe),
        ("GET /a/**", "GET", "/a/{*rest}", Cover::Always),
        ("GET /a/*", "GET", "/a/{*rest}", Cover::Maybe),
        ("GET /a/b/c/d", "GET", "/a/{*rest}", Cover::Maybe),
        ("GET /b/**", "GET", "/a/{*rest}", Cover::Never),
    ] {
        let parsed = Pattern::parse(pattern).expect("a pattern");
        assert_eq!(parsed.covers_template(method, template), expected, "{pattern} on {method} {template}");
    }
}

/// The definition, as slow as it may be.
fn naive(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", after @ ..], _) => (0..=path.len()).any(|taken| naive(after, &path[taken..])),
        (["*", after @ ..], [first, rest @ ..]) => !first.is_empty() && naive(after, rest),
        ([literal, after @ ..], [first, rest @ ..]) => literal == first && naive(after, rest),
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_is_what_its_definition_says(
        pattern in prop::collection::vec(prop::sample::select(vec!["a", "b", "*", "**"]), 0..7),
        path in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", ""]), 1..7),
    ) {
        let written = format!("GET /{}", pattern.join("/"));
        let parsed = Pattern::parse(&written).expect("a pattern");
        // "/" has no segment, not an empty one.
        let segments: &[&str] = if path == [""] { &[] } else { &path };
        prop_assert_eq!(parsed.matches("GET", &format!("/{}", path.join("/"))), naive(&pattern, segments));
    }

    #[test]
    fn what_covers_a_template_agrees_with_matching(
        pattern in prop::collection::vec(prop::sample::select(vec!["a", "b", "*", "**"]), 0..6),
        template in prop::collection::vec(prop::sample::select(vec!["a", "b", "{x}"]), 0..6),
        values in prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 6),
    ) {
        let parsed = Pattern::parse(&format!("GET /{}", pattern.join("/"))).expect("a pattern");
        let filled: Vec<_> = template.iter().zip(&values).map(|(t, v)| if *t == "{x}" { v } else { t }).copied().collect();
        let matches = parsed.matches("GET", &format!("/{}", filled.join("/")));
        match parsed.covers_template("GET", &format!("/{}", template.join("/"))) {
            Cover::Always => prop_assert!(matches),
            Cover::Never => prop_assert!(!matches),
            Cover::Maybe => {}
        }
    }
}

#[test]
fn a_hostile_pattern_is_matched_in_a_bounded_number_of_steps() {
    let pattern = Pattern::parse(&format!("GET {}/b", "/**/a".repeat(30))).expect("a pattern");
    assert!(!pattern.matches("GET", &"/a".repeat(20_000)));
    assert!(Pattern::parse(&format!("GET {}", "/a".repeat(65))).is_err());
}
