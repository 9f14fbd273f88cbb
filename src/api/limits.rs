//! The limits in force, in the vendor's shape.
//!
//! All published namespaces are listed, also those in which no limit is in force. A key that a file uses for two limits
//! is shown once, with the smaller value.

use gcmock_limit::Rule;
use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::Route;
use crate::catalog::NAMESPACES;
use crate::rules::Config;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/organizations/limits/namespaces", list_namespaces),
        Route::get("/api/v2/organizations/limits/namespaces/{namespaceName}", get_namespace),
        Route::get("/api/v2/organizations/limits/namespaces/{namespaceName}/defaults", get_defaults),
        Route::get("/api/v2/organizations/limits/docs", get_docs),
    ]
}

/// The namespaces of the limits in force, in file order, then the other published ones.
fn namespace_names(config: &Config) -> Vec<&str> {
    let mut names = Vec::new();
    let in_force = config.limits.iter().map(|limit| &*limit.rule.namespace);
    for name in in_force.chain(NAMESPACES) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The strictest rule of each key of a namespace.
fn strictest_rules<'c>(config: &'c Config, namespace: &str) -> Vec<&'c Rule> {
    let mut rules: Vec<&Rule> = Vec::new();
    for rule in config.limits.iter().map(|limit| &limit.rule).filter(|rule| *rule.namespace == *namespace) {
        match rules.iter_mut().find(|known| known.key == rule.key) {
            Some(known) if rule.value < known.value => *known = rule,
            Some(_) => {}
            None => rules.push(rule),
        }
    }
    rules
}

fn list_namespaces(call: &Call<'_>) -> Result<Reply, ApiError> {
    let config = call.platform.config.current();
    let names: Vec<String> = namespace_names(&config).into_iter().map(str::to_owned).collect();
    Reply::ok(&Page::of(names, call.page()?, call.path, call.query))
}

fn get_namespace(call: &Call<'_>) -> Result<Reply, ApiError> {
    limits_reply(&call.platform.config.current(), &call.param("namespaceName")?)
}

/// The limits of the files, without later changes by the admin API.
fn get_defaults(call: &Call<'_>) -> Result<Reply, ApiError> {
    limits_reply(&call.platform.config.file_rules(), &call.param("namespaceName")?)
}

fn limits_reply(config: &Config, namespace: &str) -> Result<Reply, ApiError> {
    let rules = strictest_rules(config, namespace);
    if rules.is_empty() && !NAMESPACES.contains(&namespace) {
        return Err(ApiError::no_such("limit namespace", namespace));
    }
    let shown = |rule: &&Rule| json!({ "key": rule.key, "namespace": rule.namespace, "value": rule.value });
    Reply::ok(&json!({ "entities": rules.iter().map(shown).collect::<Vec<_>>() }))
}

fn get_docs(call: &Call<'_>) -> Result<Reply, ApiError> {
    let config = call.platform.config.current();
    let namespaces: Vec<Value> = namespace_names(&config)
        .into_iter()
        .map(|name| {
            let limits: Vec<Value> = strictest_rules(&config, name).into_iter().map(rule_docs).collect();
            json!({ "name": name, "friendlyName": friendly_name(name), "limits": limits })
        })
        .collect();
    Reply::ok(&json!({ "url": "/__admin/limits", "namespaces": namespaces }))
}

fn rule_docs(rule: &Rule) -> Value {
    json!({
        "key": rule.key,
        "defaultValue": rule.value,
        "description": format!("{}: {}, per {}", rule.name, rule.algorithm.name(), rule.scope),
        "resource": rule.name,
        "configurable": true,
        "trackable": true,
    })
}

/// The namespace as a title: `Platform Api` for `platform.api`.
fn friendly_name(namespace: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    namespace.split('.').map(capital).collect::<Vec<_>>().join(" ")
}
