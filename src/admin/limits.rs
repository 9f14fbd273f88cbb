//! The limits in force: shown with their totals, and replaced.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scope, Totals};
use serde::Serialize;
use serde_json::{Value, json};

use super::Resource;
use super::answer::{Answer, Refusal};
use super::input::Content;
use crate::platform::Platform;
use crate::rules::{Grant, Limit, Problems};
use crate::time::duration::format_duration;
use crate::wire::error::ApiError;

/// The name of a body of limits in its problems.
const NAME: &str = "request";

pub(super) fn resource() -> Resource {
    Resource::new().get("/__admin/limits", "the limits in force with their counts", show).put(
        "/__admin/limits",
        "replaces the limits (application/toml or application/json); a file with a mistake changes nothing",
        replace,
    )
}

async fn show(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(view(&platform))
}

fn view(platform: &Platform) -> Value {
    let config = platform.config.current();
    let limits: Vec<_> = config.limits.iter().map(|limit| View::of(platform, limit)).collect();
    let last_error = platform.config.last_error().map(|problems| json!({ "problems": problems }));
    json!({ "limits": limits, "lastError": last_error })
}

/// Waits for its turn behind a reload, which may read slow files.
async fn replace(State(platform): State<Arc<Platform>>, content: Content) -> Answer<Json<Value>> {
    let changed = tokio::task::spawn_blocking(move || put(&platform, &content)).await;
    changed.unwrap_or_else(|_| Err(ApiError::internal().into()))
}

fn put(platform: &Platform, content: &Content) -> Answer<Json<Value>> {
    if content.is_empty() {
        return Err(Refusal::bad("A limits file is required; {} is a file without limits."));
    }
    let unsaid = content.says_nothing();
    let replaced = if content.is_json() || unsaid && content.looks_like_json() {
        platform.config.replace_json(NAME, &content.json()?)
    } else if content.is_toml() || unsaid {
        platform.config.replace_toml(NAME, content.text()?)
    } else {
        return Err(content.unsupported("application/toml or application/json"));
    };
    let config = replaced.map_err(|problems: Problems| Refusal::from(problems))?;
    let mut shown = view(platform);
    shown["warnings"] = json!(config.warnings);
    Ok(Json(shown))
}

/// The name of a mode as limits files have it.
const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Shadow => "shadow",
    }
}

/// One limit, with the keys of limits files. A key that it does not have is null.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    name: &'a str,
    namespace: &'a str,
    key: &'a str,
    scope: Vec<&'static str>,
    #[serde(rename = "match")]
    matches: &'a [String],
    algorithm: &'static str,
    capacity: u32,
    refill: Option<u32>,
    period: Option<String>,
    retry_after: Option<String>,
    lockout: Option<String>,
    count_refused: bool,
    cost: Value,
    hold: Option<&'static str>,
    grant: Option<Vec<&'static str>>,
    value: u64,
    mode: &'static str,
    source: &'static str,
    file: &'a str,
    line: Option<usize>,
    totals: TotalsView,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TotalsView {
    hits: u64,
    admitted: u64,
    near: u64,
    refused: u64,
    shadow_refused: u64,
}

impl<'a> View<'a> {
    fn of(platform: &Platform, limit: &'a Limit) -> Self {
        let rule = &limit.rule;
        let (refill, period, hold) = quota(&rule.algorithm);
        Self {
            name: &rule.name,
            namespace: &rule.namespace,
            key: &rule.key,
            scope: rule.scope.iter().map(Scope::name).collect(),
            matches: &limit.matches,
            algorithm: rule.algorithm.name(),
            capacity: rule.algorithm.capacity(),
            refill,
            period: period.map(format_duration),
            retry_after: rule.retry_after.map(|seconds| format!("{seconds}s")),
            lockout: rule.lockout.map(format_duration),
            count_refused: rule.count_refused,
            cost: cost(&rule.cost),
            hold,
            grant: limit.grants.map(|grants| grants.iter().map(Grant::name).collect()),
            value: rule.value,
            mode: mode_name(rule.mode),
            source: rule.source.name(),
            file: &limit.location.file,
            line: limit.location.line,
            totals: TotalsView::of(platform.limiter.totals(rule.id)),
        }
    }
}

impl TotalsView {
    fn of(Totals { hits, admitted, near, refused, shadow_refused }: Totals) -> Self {
        Self { hits, admitted, near, refused, shadow_refused }
    }
}

/// Refill, period and hold, as far as an algorithm has them.
fn quota(algorithm: &Algorithm) -> (Option<u32>, Option<u64>, Option<&'static str>) {
    match *algorithm {
        Algorithm::TokenBucket { refill, period, .. } => (Some(refill), Some(period), None),
        Algorithm::FixedWindow { period, .. } => (None, Some(period), None),
        Algorithm::Concurrency { hold: Hold::Request, .. } => (None, None, Some("request")),
        Algorithm::Concurrency { hold: Hold::Connection, .. } => (None, None, Some("connection")),
    }
}

fn cost(cost: &Cost) -> Value {
    match cost {
        Cost::Fixed(cost) => json!(cost),
        Cost::Query { name, default } => json!({ "query": name, "default": default }),
    }
}
