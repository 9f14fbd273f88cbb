//! Verdicts on a run: expectations, and the behaviour of callers after a refusal.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Resource;
use super::answer::{Answer, Refusal};
use super::input::{Content, Params};
use super::names;
use crate::observe::audit::{Audit, CallerKey, Conduct};
use crate::observe::filter::{Filter, ResolvedFilter};
use crate::observe::verify::{Expectations, callers, verify};
use crate::platform::Platform;
use crate::time::clock::rfc3339;

pub(super) fn resource() -> Resource {
    let expectations =
        "checks expectations: {\"expect\":[{\"operation\":\"POST /…\",\"at_most_refusals\":0}]}";
    Resource::new().post("/__admin/verify", expectations, check).get(
        "/__admin/audit",
        "how callers behave after a refusal (?tenant=&operation=&limit=100)",
        audit,
    )
}

async fn check(State(platform): State<Arc<Platform>>, content: Content) -> Answer<Json<Value>> {
    let expectations = content.json::<Expectations>()?.checked().map_err(Refusal::bad)?;
    let results = verify(platform.run_so_far(), &expectations);
    Ok(Json(json!({ "passed": results.iter().all(|result| result.passed), "results": results })))
}

async fn audit(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Value>> {
    let params = params.only(&["tenant", "operation", "limit"])?;
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
    let shown: Vec<_> = callers.into_iter().take(params.limit()?).map(|one| shown(&platform, one)).collect();
    let herds = audit.herds.iter().map(|herd| {
        let operation = names::operation(&platform, herd.operation);
        json!({ "operation": operation, "at": rfc3339(herd.at), "retries": herd.retries })
    });
    Ok(Json(json!({
        "early": audit.early(),
        "unretried": audit.unretried(),
        "forgotten": platform.journal.forgotten(),
        "herds": herds.collect::<Vec<_>>(),
        "callers": shown,
    })))
}

fn shown(platform: &Platform, (asker, conduct): (&CallerKey, &Conduct)) -> Value {
    json!({
        "token": names::short_hash(asker.token),
        "connection": asker.connection,
        "operation": names::operation(platform, asker.operation),
        "refusals": conduct.refusals,
        "retries": conduct.retries,
        "early": conduct.early,
        "earliestByMs": conduct.earliest / 1_000_000,
        "gapsGrow": conduct.gaps_grow(),
        "jittered": conduct.is_jittered(),
    })
}
