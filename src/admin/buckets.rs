//! The buckets of one limit, those nearest to refusing first, over all organizations.

use std::cmp::Reverse;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use gcmock_limit::{BucketView, Buckets, Key, Rule, Scope, Scopes};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::Answer;
use super::input::{Named, Params};
use super::listing::listing;
use super::names;
use super::route::{LIMIT, Resource, delete, get};
use crate::catalog::OperationId;
use crate::platform::Platform;
pub(crate) use crate::platform::limiter::View;
use crate::rules::{Config, Limit};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::world::Tenant;
use crate::world::id::{ClientIndex, EdgeIndex, UserIndex};

/// The most buckets that are listed: there can be millions.
const MOST: usize = 10_000;
/// Buckets that are written at a time.
const PAGE: usize = 50;

pub(super) fn resource() -> Resource {
    const PATH: &str = "/__admin/limits/{name}/buckets";
    const ONE: &str = "/__admin/limits/{name}/buckets/{id}";
    let list = "the buckets of a limit, nearest to a refusal first (?limit=100)";
    let all = delete(PATH, "refills the buckets of a limit", refill);
    let one = delete(ONE, "refills one bucket, by the id that the list gives", refill_one);
    Resource::new().with(get(PATH, list, show).query(&[LIMIT]).answers::<Listed>()).with(all).with(one)
}

/// Buckets, and the organization that they belong to; none for those of the server itself.
pub(super) type Partition = (Option<Arc<Tenant>>, Buckets);

/// The buckets of the server itself and of each organization.
pub(super) fn partitions(platform: &Platform) -> Vec<Partition> {
    let tenants = platform.tenants.all().into_iter().filter_map(|tenant| {
        let buckets = platform.limiter.buckets(tenant.index)?;
        Some((Some(tenant), buckets))
    });
    std::iter::once((None, platform.limiter.server.clone())).chain(tenants).collect()
}

/// The values of a bucket's scopes in one string, for what distinguishes keys.
pub(super) fn key_text(
    platform: &Platform,
    tenant: Option<&Tenant>,
    rule: &Rule,
    view: &BucketView,
) -> String {
    Value::Object(readable(platform, tenant, rule.scope, view.key)).to_string()
}

/// The buckets of `rule` that are nearest to a refusal, with their organizations.
pub(crate) fn nearest(platform: &Platform, rule: &Rule, limit: usize) -> Vec<View> {
    nearest_of(&partitions(platform), rule, limit, platform.clock.now())
}

/// The buckets of `rule` in `partitions` that are nearest to a refusal, with their organizations.
pub(super) fn nearest_of(partitions: &[Partition], rule: &Rule, limit: usize, now: Nanos) -> Vec<View> {
    let of = |(tenant, buckets): &Partition| {
        let tenant = tenant.clone();
        buckets.nearest(rule, limit, now).into_iter().map(move |view| (tenant.clone(), view))
    };
    nearest_among(partitions.iter().flat_map(of).collect(), limit)
}

/// Those of `all` that are nearest to a refusal.
pub(super) fn nearest_among(mut all: Vec<View>, limit: usize) -> Vec<View> {
    all.sort_by_key(|(_, view)| Reverse((view.locked, view.used, view.refused, view.highest)));
    all.truncate(limit);
    all.shrink_to_fit();
    all
}

/// The buckets of a limit that are nearest to a refusal, as the store has them where it counts there.
async fn found(platform: &Platform, of: &Limit, limit: usize) -> Vec<View> {
    let tenants = platform.tenants.all();
    if let Some(all) = platform.limiter.shared_slots(of, &tenants, platform.clock.now()).await {
        return nearest_among(all, limit);
    }
    platform.limiter.refresh(of, &tenants).await;
    nearest(platform, &of.rule, limit)
}

async fn show(State(platform): State<Arc<Platform>>, Named(name): Named, params: Params) -> Answer<Response> {
    let limit = params.only(&[LIMIT])?.limit()?.min(MOST);
    let config = platform.config.current();
    let of = limit_of(&config, &name)?;
    let rule = of.rule.clone();
    let mut found = found(&platform, of, limit).await.into_iter();
    Ok(listing("buckets", move || {
        let page = found.by_ref().take(PAGE).map(|(tenant, view)| Row::of(&platform, &rule, tenant, &view));
        Some(page.collect::<Vec<_>>()).filter(|page| !page.is_empty())
    }))
}

#[derive(ToSchema)]
#[schema(as = Buckets)]
#[expect(dead_code, reason = "only its schema is used: the listing is written while it is read")]
struct Listed {
    buckets: Vec<Row>,
}

async fn refill(State(platform): State<Arc<Platform>>, Named(name): Named) -> Answer<StatusCode> {
    let config = platform.config.current();
    let of = limit_of(&config, &name)?;
    for (_, buckets) in partitions(&platform) {
        buckets.refill(of.rule.id);
    }
    platform.limiter.refill_store(of, platform.clock.now());
    platform.followed().await;
    Ok(StatusCode::NO_CONTENT)
}

async fn refill_one(
    State(platform): State<Arc<Platform>>,
    Named((name, id)): Named<(String, String)>,
) -> Answer<StatusCode> {
    let config = platform.config.current();
    let of = limit_of(&config, &name)?;
    let found = found(&platform, of, MOST).await.into_iter();
    let mut found = found.filter(|(tenant, view)| id_of(tenant.as_deref(), view.key) == id);
    let (tenant, view) = found.next().ok_or_else(|| ApiError::no_such("bucket", &id))?;
    platform.limiter.refill_one(of, tenant.as_deref(), view.key, platform.clock.now());
    platform.followed().await;
    Ok(StatusCode::NO_CONTENT)
}

/// The id of a bucket among those of its limit. It is a hash: a key can be made of a caller's token.
fn id_of(tenant: Option<&Tenant>, key: Key) -> String {
    let mut hasher = DefaultHasher::new();
    (tenant.map(|tenant| tenant.id), key).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn limit_of<'a>(config: &'a Config, name: &str) -> Answer<&'a Limit> {
    let named = config.limits.iter().find(|limit| &*limit.rule.name == name);
    Ok(named.ok_or_else(|| {
        let known: Vec<_> = config.limits.iter().map(|limit| &*limit.rule.name).collect();
        let mut error = ApiError::no_such("limit", name);
        error.message = format!("Unknown limit {name}. In force: {}", known.join(", ")).into();
        error
    })?)
}

/// One bucket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Bucket)]
struct Row {
    /// Names the bucket to be refilled alone.
    id: String,
    /// The organization; null for a limit of the whole server.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    tenant: Option<Uuid>,
    /// The value of each scope of the limit.
    #[schema(value_type = Object)]
    key: Map<String, Value>,
    level: u32,
    highest: u32,
    capacity: u32,
    refused: u32,
    /// Seconds.
    #[schema(minimum = 0)]
    resets_in: f64,
    /// Model time at which the window was opened; null for other algorithms, during a lockout, and while nothing is used.
    #[schema(required, format = DateTime)]
    opened: Option<String>,
    locked: bool,
}

impl Row {
    fn of(platform: &Platform, rule: &Rule, tenant: Option<Arc<Tenant>>, view: &BucketView) -> Self {
        Self {
            id: id_of(tenant.as_deref(), view.key),
            key: readable(platform, tenant.as_deref(), rule.scope, view.key),
            tenant: tenant.map(|tenant| tenant.id),
            level: view.used,
            highest: view.highest,
            capacity: view.capacity,
            refused: view.refused,
            resets_in: seconds(view.resets_in),
            opened: view.opened.map(rfc3339),
            locked: view.locked,
        }
    }
}

/// Seconds with three decimals, rounded up.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of a century fit a float's 53 bits")]
fn seconds(wait: Nanos) -> f64 {
    wait.div_ceil(1_000_000) as f64 / 1000.0
}

/// The values of a bucket's scopes, in a readable form.
fn readable(platform: &Platform, tenant: Option<&Tenant>, scopes: Scopes, key: Key) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut hashed: Vec<Scope> = Vec::new();
    for scope in scopes.iter() {
        match narrow(platform, tenant, scope, key) {
            Some(value) => drop(shown.insert(scope.name().to_owned(), value)),
            None => hashed.push(scope),
        }
    }
    match hashed.as_slice() {
        [] => {}
        [Scope::Ip] => drop(shown.insert("ip".to_owned(), ip(key.wide()))),
        [Scope::Connection] => drop(shown.insert("connection".to_owned(), json!(key.wide()))),
        // Several wide values are mixed into one number, so they cannot be shown.
        several => {
            let name: Vec<_> = several.iter().map(|scope| scope.name()).collect();
            shown.insert(name.join("+"), json!(names::short_hash(key.wide())));
        }
    }
    shown
}

/// The value of a scope that a key holds by number; `None` for the hashed ones.
fn narrow(platform: &Platform, tenant: Option<&Tenant>, scope: Scope, key: Key) -> Option<Value> {
    match (scope, tenant) {
        (Scope::Tenant, tenant) => Some(json!(tenant.map(|tenant| &tenant.name))),
        (Scope::Endpoint, _) => Some(json!(
            names::operation(platform, OperationId(key.endpoint()))
                .unwrap_or_else(|| "unknown paths".to_owned())
        )),
        (Scope::Edge, _) => Some(json!(platform.tenants.edge_name(EdgeIndex(key.edge())))),
        (Scope::User, Some(tenant)) => {
            Some(json!(names::user(tenant, UserIndex(key.user())).map(|(_, name)| name)))
        }
        (Scope::Client, Some(tenant)) => {
            let (id, name) = platform.client_name(tenant, ClientIndex(key.client()));
            Some(json!({ "id": id, "name": name }))
        }
        _ => None,
    }
}

/// An IPv4 address is itself, an IPv6 address its hash.
fn ip(value: u64) -> Value {
    match u32::try_from(value) {
        Ok(bits) => json!(Ipv4Addr::from_bits(bits).to_string()),
        Err(_) => json!(format!("ipv6 {}", names::short_hash(value))),
    }
}
