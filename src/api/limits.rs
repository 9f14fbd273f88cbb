//! The limits in force, in the vendor's shape.
//!
//! All published namespaces are listed, also those in which no limit is in force. A key that a file uses for two limits
//! is shown once, with the smaller value. Beside the limits of the files, a namespace shows what [`bounds`] has of it: bounds
//! that no limits file can state.

use gcmock_limit::Rule;
use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::Route;
use crate::catalog::NAMESPACES;
use crate::push::guest::MAX_CONNECTIONS;
use crate::push::{MAX_OF_OWNER, MAX_TOPICS};
use crate::rules::Config;
use crate::session::guest::MAX_ATTRIBUTES;
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
    limits_reply(call, &call.platform.config.current())
}

/// The limits of the files, without later changes by the admin API.
fn get_defaults(call: &Call<'_>) -> Result<Reply, ApiError> {
    limits_reply(call, &call.platform.config.file_rules())
}

/// A bound of the platform that is not a request rate.
struct Bound {
    namespace: &'static str,
    key: &'static str,
    value: usize,
    what: &'static str,
}

const fn bound(namespace: &'static str, key: &'static str, value: usize, what: &'static str) -> Bound {
    Bound { namespace, key, value, what }
}

/// The bounds whose value is known. docs/faq.md tells their sources, and which of them are enforced.
fn bounds(max_body: usize) -> [Bound; 9] {
    [
        bound("platform.api", "request.bytes.max", max_body, "bytes of a request's body"),
        bound("dataactions", "actions.total.max", 500, "data actions of the organization"),
        bound("dataactions", "actions.integration.max", 100, "data actions of one integration"),
        bound("analytics", "details.jobs.concurrent.access.max", 10, "details jobs at a time"),
        bound("conversation", "typing.rate.per.minute", 12, "typing events of one conversation and minute"),
        bound("notifications", "channels.max", MAX_OF_OWNER, "channels of one user and application"),
        bound("notifications", "topics.per.channel.max", MAX_TOPICS, "topics of one channel"),
        bound("web.messaging", "session.connections.max", MAX_CONNECTIONS, "connections of one session"),
        bound("web.messaging", ATTRIBUTES, MAX_ATTRIBUTES, "bytes of a message's attributes"),
    ]
}

const ATTRIBUTES: &str = "metadata.custom.attributes.bytes.max";

/// A limit as the listings show it.
struct LimitView<'c> {
    key: &'c str,
    value: u64,
    resource: &'c str,
    description: String,
    /// Whether it can be changed, and is counted: a bound is neither.
    is_rule: bool,
}

/// The limits of a namespace: those of the files, then the known bounds whose key no file has.
fn limits_of<'c>(config: &'c Config, namespace: &str, max_body: usize) -> Vec<LimitView<'c>> {
    let rules = strictest_rules(config, namespace);
    let mut all: Vec<LimitView<'c>> = rules.into_iter().map(to_view).collect();
    for one in bounds(max_body).iter().filter(|one| one.namespace == namespace) {
        if all.iter().all(|rule| rule.key != one.key) {
            all.push(view_of(one));
        }
    }
    all
}

fn to_view(rule: &Rule) -> LimitView<'_> {
    let description = format!("{}: {}, per {}", rule.name, rule.algorithm.name(), rule.scope);
    LimitView { key: &rule.key, value: rule.value, resource: &rule.name, description, is_rule: true }
}

fn view_of(bound: &Bound) -> LimitView<'static> {
    let value = u64::try_from(bound.value).unwrap_or(u64::MAX);
    let description = bound.what.to_owned();
    LimitView { key: bound.key, value, resource: bound.key, description, is_rule: false }
}

fn limits_reply(call: &Call<'_>, config: &Config) -> Result<Reply, ApiError> {
    let namespace = &*call.param("namespaceName")?;
    let limits = limits_of(config, namespace, call.platform.options.max_body);
    if limits.is_empty() && !NAMESPACES.contains(&namespace) {
        return Err(ApiError::no_such("limit namespace", namespace));
    }
    let shown =
        |limit: &LimitView<'_>| json!({ "key": limit.key, "namespace": namespace, "value": limit.value });
    Reply::ok(&json!({ "entities": limits.iter().map(shown).collect::<Vec<_>>() }))
}

fn get_docs(call: &Call<'_>) -> Result<Reply, ApiError> {
    let max_body = call.platform.options.max_body;
    let config = call.platform.config.current();
    let namespaces: Vec<Value> = namespace_names(&config)
        .into_iter()
        .map(|name| {
            let limits: Vec<Value> = limits_of(&config, name, max_body).iter().map(docs_of).collect();
            json!({ "name": name, "friendlyName": friendly_name(name), "limits": limits })
        })
        .collect();
    Reply::ok(&json!({ "url": "/__admin/limits", "namespaces": namespaces }))
}

fn docs_of(limit: &LimitView<'_>) -> Value {
    json!({
        "key": limit.key,
        "defaultValue": limit.value,
        "description": limit.description,
        "resource": limit.resource,
        "configurable": limit.is_rule,
        "trackable": limit.is_rule,
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
