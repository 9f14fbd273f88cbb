//! Verdicts on a run: expectations, and the behaviour of callers after a refusal.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal};
use super::input::{Content, Params};
use super::names;
use super::route::{LIMIT, Query, Resource, TENANT, get, post};
use crate::observe::audit::{Audit, CallerKey, Conduct, Herd};
use crate::observe::filter::{Filter, ResolvedFilter};
use crate::observe::verify::{Expectations, Verdict, callers, verify};
use crate::platform::Platform;
use crate::time::clock::rfc3339;

pub(super) fn resource() -> Resource {
    let expectations =
        "checks expectations: {\"expect\":[{\"operation\":\"POST /…\",\"at_most_refusals\":0}]}";
    let behaviour = "how callers behave after a refusal (?tenant=&operation=&limit=100)";
    let check = post("/__admin/verify", expectations, check).reads::<Expectations>();
    Resource::new()
        .with(check.answers::<Verdicts>())
        .with(get("/__admin/audit", behaviour, audit).query(&FILTER).answers::<AuditView>())
}

const FILTER: [Query; 3] = [TENANT, Query::of::<String>("operation", "a path template or a pattern"), LIMIT];

#[derive(Serialize, ToSchema)]
struct Verdicts {
    passed: bool,
    /// With `--store`: that it is of this server alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    results: Vec<Verdict>,
}

async fn check(State(platform): State<Arc<Platform>>, content: Content) -> Answer<Json<Verdicts>> {
    let expectations = content.json::<Expectations>()?.checked().map_err(Refusal::bad)?;
    let results = verify(platform.run_so_far(), &expectations);
    let passed = results.iter().all(|result| result.passed);
    Ok(Json(Verdicts { passed, note: platform.note_of_one_server(), results }))
}

async fn audit(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<AuditView>> {
    let params = params.only(&FILTER)?;
    params.tenant(&platform)?;
    let filter = Filter {
        tenant: params.get("tenant").map(str::to_owned),
        operation: params.get("operation").map(str::to_owned),
        ..Filter::default()
    };
    let (requests, wanted) = (platform.journal.requests(), ResolvedFilter::of(platform.names(), &filter));
    let asked = requests.iter().filter(|exchange| wanted.takes(exchange));
    let audit = Audit::of(asked, &callers(&platform.catalog, platform.clock.mode(), &requests));
    let mut callers: Vec<_> = audit.callers.iter().collect();
    callers.sort_by_key(|(_, conduct)| std::cmp::Reverse((conduct.early, conduct.refusals)));
    let callers = callers.into_iter().take(params.limit()?);
    Ok(Json(AuditView {
        early: audit.early(),
        unretried: audit.unretried(),
        forgotten: platform.journal.forgotten(),
        note: platform.note_of_one_server(),
        herds: audit.herds.iter().map(|herd| HerdView::of(&platform, herd)).collect(),
        callers: callers.map(|(key, conduct)| ConductView::of(&platform, key, conduct)).collect(),
    }))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Audit)]
struct AuditView {
    /// Retries before the time of `Retry-After`.
    early: u32,
    /// Callers that did not retry.
    unretried: u32,
    /// Entries that the journal has dropped.
    forgotten: u64,
    /// With `--store`: that it is of this server alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    herds: Vec<HerdView>,
    callers: Vec<ConductView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Herd)]
struct HerdView {
    #[schema(required)]
    operation: Option<String>,
    #[schema(format = DateTime)]
    at: String,
    retries: usize,
}

impl HerdView {
    fn of(platform: &Platform, herd: &Herd) -> Self {
        let operation = names::operation(platform, herd.operation);
        Self { operation, at: rfc3339(herd.at), retries: herd.retries }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conduct)]
struct ConductView {
    token: String,
    #[schema(required)]
    connection: Option<u32>,
    #[schema(required)]
    operation: Option<String>,
    refusals: u32,
    retries: u32,
    early: u32,
    earliest_by_ms: u64,
    /// Null if there were too few retries.
    #[schema(required)]
    gaps_grow: Option<bool>,
    #[schema(required)]
    jittered: Option<bool>,
}

impl ConductView {
    fn of(platform: &Platform, key: &CallerKey, conduct: &Conduct) -> Self {
        Self {
            token: names::short_hash(key.token),
            connection: key.connection,
            operation: names::operation(platform, key.operation),
            refusals: conduct.refusals,
            retries: conduct.retries,
            early: conduct.early,
            earliest_by_ms: conduct.earliest / 1_000_000,
            gaps_grow: conduct.gaps_grow(),
            jittered: conduct.is_jittered(),
        }
    }
}
