//! The limits in force: shown with their totals, changed and replaced.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scope, Totals};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{OneOfBuilder, Schema};

use super::answer::{Answer, Refusal};
use super::input::{Content, Named};
use super::route::{Resource, get, patch, put};
use super::schema::{null, one_of};
use crate::platform::Platform;
use crate::platform::nodes::{LimitsText, Report};
use crate::rules::{Grant, Limit, OnStoreFailure, Place, Problem, Problems};
use crate::time::duration::format_duration;
use crate::wire::error::ApiError;

/// The name of a body of limits in its problems.
const NAME: &str = "request";
/// A limits file with little effect, for clients that try the example of the document.
const EXAMPLE: &str = r#"[[limit]]
name = "one"
namespace = "example"
key = "one.rate"
scope = ["tenant"]
match = ["GET /api/v2/users/me"]
algorithm = "fixed-window"
capacity = 1
period = "60s"
"#;

pub(super) fn resource() -> Resource {
    const PATH: &str = "/__admin/limits";
    const ONE: &str = "/__admin/limits/{name}";
    let does =
        "replaces the limits (application/toml or application/json); a file with a mistake changes nothing";
    let change_does = "changes numbers of one limit: {\"capacity\":600}; the levels of its buckets stay";
    let replace = put(PATH, does, replace).reads_text("application/toml", EXAMPLE).reads::<LimitsFile>();
    Resource::new()
        .with(get(PATH, "the limits in force with their counts", show).answers::<InForce>())
        .with(replace.answers::<InForce>())
        .with(patch(ONE, change_does, change).reads::<LimitChange>().answers::<View>())
}

/// The keys of a limit that change, as limits files have them. A null removes a key.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used: the reader of limits files checks the whole limit")]
struct LimitChange {
    #[schema(minimum = 1)]
    capacity: Option<u32>,
    #[schema(minimum = 1)]
    refill: Option<u32>,
    /// A duration such as `60s`.
    period: Option<String>,
    retry_after: Option<String>,
    lockout: Option<String>,
    count_refused: Option<bool>,
    value: Option<u64>,
    #[schema(schema_with = modes)]
    mode: Option<&'static str>,
}

/// A limits file as JSON, with the keys of limits.toml. `gcmock print schema limits` prints its whole schema.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the reader of limits files reports more than one mistake"
)]
struct LimitsFile {
    #[schema(value_type = Option<Vec<Object>>)]
    limit: Option<Vec<Value>>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Limits)]
struct InForce {
    limits: Vec<View>,
    /// The error of the last reload of the limits files.
    #[schema(required)]
    last_error: Option<LastError>,
    /// Warnings about the limits that were just put in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<Problem>>,
}

#[derive(Serialize, ToSchema)]
struct LastError {
    problems: Vec<Problem>,
}

impl InForce {
    fn now(platform: &Platform) -> Self {
        let config = platform.config.current();
        let last_error = platform.config.last_error();
        let others = others(platform);
        Self {
            limits: config.limits.iter().map(|limit| View::of(platform, limit, others.as_deref())).collect(),
            last_error: last_error.map(|problems| LastError { problems: problems.0.clone() }),
            warnings: None,
        }
    }
}

async fn show(State(platform): State<Arc<Platform>>) -> Json<InForce> {
    Json(InForce::now(&platform))
}

/// Waits for its turn behind a reload, which may read slow files.
async fn replace(State(platform): State<Arc<Platform>>, content: Content) -> Answer<Json<InForce>> {
    let here = Arc::clone(&platform);
    let changed = tokio::task::spawn_blocking(move || put_in_force(&here, &content)).await;
    let limits = changed.unwrap_or_else(|_| Err(ApiError::internal().into()))?;
    platform.followed().await;
    Ok(limits)
}

fn put_in_force(platform: &Platform, content: &Content) -> Answer<Json<InForce>> {
    if content.is_empty() {
        return Err(Refusal::bad("A limits file is required; {} is a file without limits."));
    }
    let unsaid = content.says_nothing();
    let given = if content.is_json() || unsaid && content.looks_like_json() {
        LimitsText::Json(content.json()?)
    } else if content.is_toml() || unsaid {
        LimitsText::Toml(content.text()?)
    } else {
        return Err(content.unsupported("application/toml or application/json"));
    };
    let _turn = platform.nodes.as_ref().map(|nodes| nodes.turn());
    let replaced = given.put_in_force(&platform.config, NAME);
    let config = replaced.map_err(|problems: Problems| Refusal::from(problems))?;
    if let Some(nodes) = &platform.nodes {
        nodes.limits_replaced(platform, Some(given));
    }
    let warnings = Some(config.warnings.clone());
    Ok(Json(InForce { warnings, ..InForce::now(platform) }))
}

async fn change(
    State(platform): State<Arc<Platform>>,
    Named(name): Named,
    content: Content,
) -> Answer<Json<View>> {
    let here = Arc::clone(&platform);
    let changed = tokio::task::spawn_blocking(move || change_one(&here, &name, &content)).await;
    let limit = changed.unwrap_or_else(|_| Err(ApiError::internal().into()))?;
    platform.followed().await;
    Ok(limit)
}

fn change_one(platform: &Platform, name: &str, content: &Content) -> Answer<Json<View>> {
    let keys: Map<String, Value> = content.json()?;
    if keys.is_empty() {
        return Err(Refusal::bad("expected a key of the limit, such as capacity"));
    }
    if keys.contains_key("name") {
        return Err(Refusal::bad("name: the name of a limit can not be changed"));
    }
    let told = platform.nodes.as_ref().map(|nodes| (nodes, nodes.turn(), keys.clone()));
    let config =
        platform.config.change_limit(name, keys).map_err(|problems: Problems| Refusal::from(problems))?;
    if let Some((nodes, _turn, keys)) = told.filter(|_| config.is_some()) {
        nodes.limit_changed(platform, name, &keys);
    }
    let config = config.unwrap_or_else(|| platform.config.current());
    let limit = config.limits.iter().find(|limit| &*limit.rule.name == name);
    let limit = limit.ok_or_else(|| ApiError::no_such("limit", name))?;
    Ok(Json(View::of(platform, limit, others(platform).as_deref())))
}

/// The other nodes with the same store, and their reports. `None` without a store.
fn others(platform: &Platform) -> Option<Vec<(u32, Report)>> {
    platform.nodes.as_ref().map(|nodes| nodes.others())
}

/// The name of a mode as limits files have it.
const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Shadow => "shadow",
    }
}

/// One limit, with the keys of limits files. A key that it does not have is null.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Limit)]
struct View {
    name: String,
    namespace: String,
    key: String,
    scope: Vec<&'static str>,
    #[serde(rename = "match")]
    matches: Vec<String>,
    #[schema(schema_with = algorithms)]
    algorithm: &'static str,
    capacity: u32,
    #[schema(required)]
    refill: Option<u32>,
    #[schema(required)]
    period: Option<String>,
    #[schema(required)]
    retry_after: Option<String>,
    #[schema(required)]
    lockout: Option<String>,
    count_refused: bool,
    cost: CostView,
    #[schema(required)]
    hold: Option<&'static str>,
    #[schema(required)]
    grant: Option<Vec<&'static str>>,
    value: u64,
    #[schema(schema_with = modes)]
    mode: &'static str,
    source: &'static str,
    #[schema(required, schema_with = places)]
    store: Option<&'static str>,
    #[schema(schema_with = failures)]
    on_store_failure: &'static str,
    file: String,
    #[schema(required)]
    line: Option<usize>,
    /// The counts; with `--store` the sums over all nodes. Another node reports at most 200 of the limits that it has met, and
    /// zeros stand for the others.
    totals: TotalsView,
    /// With `--store`: the counts of each node, those of other nodes about a second old. Zeros also stand for a limit that
    /// another node does not report: it reports at most 200 of those that it has met.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<Share>>,
}

/// What a node has counted of a limit.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitShare)]
struct Share {
    /// Its number, drawn at its start.
    node: u32,
    /// Its name, of `--node`.
    name: String,
    counts: TotalsView,
}

fn algorithms() -> RefOr<Schema> {
    one_of(["token-bucket", "fixed-window", "concurrency"])
}

fn modes() -> RefOr<Schema> {
    one_of([Mode::Enforce, Mode::Shadow].map(mode_name))
}

fn places() -> RefOr<Schema> {
    OneOfBuilder::new().item(one_of([Place::Local, Place::Shared].map(Place::name))).item(null()).into()
}

fn failures() -> RefOr<Schema> {
    one_of(OnStoreFailure::ALL.map(OnStoreFailure::name))
}

/// The units of a request: a number, or a parameter of its query that has it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Cost)]
enum CostView {
    Fixed(u32),
    Query { query: String, default: u32 },
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Totals)]
struct TotalsView {
    hits: u64,
    admitted: u64,
    near: u64,
    refused: u64,
    shadow_refused: u64,
}

impl View {
    fn of(platform: &Platform, limit: &Limit, others: Option<&[(u32, Report)]>) -> Self {
        let rule = &limit.rule;
        let own = platform.limiter.totals(rule.id);
        let of_others = || others.into_iter().flatten().map(|(_, report)| report.totals(&rule.name));
        let (refill, period, hold) = quota(&rule.algorithm);
        Self {
            name: rule.name.to_string(),
            namespace: rule.namespace.to_string(),
            key: rule.key.to_string(),
            scope: rule.scope.iter().map(Scope::name).collect(),
            matches: limit.matches.clone(),
            algorithm: rule.algorithm.name(),
            capacity: rule.algorithm.capacity(),
            refill,
            period: period.map(format_duration),
            retry_after: rule.retry_after.map(|seconds| format!("{seconds}s")),
            lockout: rule.lockout.map(format_duration),
            count_refused: rule.count_refused,
            cost: CostView::of(&rule.cost),
            hold,
            grant: limit.grants.map(|grants| grants.iter().map(Grant::name).collect()),
            value: rule.value,
            mode: mode_name(rule.mode),
            source: rule.source.name(),
            store: limit.place.map(Place::name),
            on_store_failure: limit.on_store_failure.name(),
            file: limit.location.file.to_string(),
            line: limit.location.line,
            totals: TotalsView::of(of_others().fold(own, Totals::and)),
            nodes: others.and_then(|others| shares(platform, &rule.name, own, others)),
        }
    }
}

/// The counts of each node, this one's too.
fn shares(platform: &Platform, limit: &str, own: Totals, others: &[(u32, Report)]) -> Option<Vec<Share>> {
    let share =
        |node, name: &str, totals| Share { node, name: name.to_owned(), counts: TotalsView::of(totals) };
    let this = share(platform.nodes.as_ref()?.store.node, &platform.options.node, own);
    let others = others.iter().map(|(node, report)| share(*node, &report.name, report.totals(limit)));
    let mut all: Vec<_> = std::iter::once(this).chain(others).collect();
    all.sort_by(|one, other| (&one.name, one.node).cmp(&(&other.name, other.node)));
    Some(all)
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

impl CostView {
    fn of(cost: &Cost) -> Self {
        match cost {
            Cost::Fixed(cost) => Self::Fixed(*cost),
            Cost::Query { name, default } => Self::Query { query: name.to_string(), default: *default },
        }
    }
}
