//! The limits in force, as Genesys shows them.
//!
//! A key that a file names twice (for two paths, say) is shown once, with the smaller value.

use gcmock_limit::Rule;
use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::{Route, get};
use crate::rules::Config;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/organizations/limits/namespaces", namespaces),
        get("/api/v2/organizations/limits/namespaces/{namespaceName}", in_force),
        get("/api/v2/organizations/limits/namespaces/{namespaceName}/defaults", defaults),
        get("/api/v2/organizations/limits/docs", docs),
    ]
}

/// The namespaces in force, in file order.
fn names(config: &Config) -> Vec<&str> {
    let mut names = Vec::new();
    for limit in &config.limits {
        if !names.contains(&&*limit.rule.namespace) {
            names.push(&*limit.rule.namespace);
        }
    }
    names
}

/// The rules of a namespace, one a key: the strictest.
fn rules<'c>(config: &'c Config, namespace: &str) -> Vec<&'c Rule> {
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

fn namespaces(call: &Call<'_>) -> Result<Reply, ApiError> {
    let config = call.platform.config.current();
    let names: Vec<String> = names(&config).into_iter().map(str::to_owned).collect();
    Reply::ok(&Page::of(names, call.page()?, call.path, call.query))
}

fn in_force(call: &Call<'_>) -> Result<Reply, ApiError> {
    entities(&call.platform.config.current(), &call.param("namespaceName")?)
}

/// The limits of the files, without later changes by the admin API.
fn defaults(call: &Call<'_>) -> Result<Reply, ApiError> {
    entities(&call.platform.config.file_rules(), &call.param("namespaceName")?)
}

fn entities(config: &Config, namespace: &str) -> Result<Reply, ApiError> {
    let rules = rules(config, namespace);
    if rules.is_empty() {
        return Err(ApiError::no_such("limit namespace", namespace));
    }
    let shown = |rule: &&Rule| json!({ "key": rule.key, "namespace": rule.namespace, "value": rule.value });
    Reply::ok(&json!({ "entities": rules.iter().map(shown).collect::<Vec<_>>() }))
}

fn docs(call: &Call<'_>) -> Result<Reply, ApiError> {
    let config = call.platform.config.current();
    let namespaces: Vec<Value> = names(&config)
        .into_iter()
        .map(|name| {
            let limits: Vec<Value> = rules(&config, name).into_iter().map(doc).collect();
            json!({ "name": name, "friendlyName": friendly(name), "limits": limits })
        })
        .collect();
    Reply::ok(&json!({ "url": "/__admin/limits", "namespaces": namespaces }))
}

fn doc(rule: &Rule) -> Value {
    json!({
        "key": rule.key,
        "defaultValue": rule.value,
        "description": format!("{}: {}, per {}", rule.name, rule.algorithm.name(), rule.scope),
        "resource": rule.name,
        "configurable": true,
        "trackable": true,
    })
}

/// `platform.api` as people write it: `Platform Api`.
fn friendly(namespace: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    namespace.split('.').map(capital).collect::<Vec<_>>().join(" ")
}
