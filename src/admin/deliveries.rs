//! The deliveries of events to webhooks, and a way to empty their log.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::input::Params;
use super::route::{LIMIT, Query, Resource, TENANT, delete, get};
use super::schema::one_of;
use crate::platform::Platform;
use crate::push::delivery::log::{Attempt, Entry, Source, State as Progress};
use crate::time::clock::rfc3339;
use crate::world::id::TenantIndex;

const PATH: &str = "/__admin/deliveries";
const LISTING: [Query; 3] =
    [LIMIT, TENANT, Query { name: "state", about: "the state of the deliveries", schema: states }];

pub(super) fn resource() -> Resource {
    let does = "the deliveries of events to webhooks, newest first (?limit=100&tenant=&state=)";
    Resource::new().with(get(PATH, does, list).query(&LISTING).answers::<Deliveries>()).with(delete(
        PATH,
        "empties the log of deliveries",
        clear,
    ))
}

fn states() -> RefOr<Schema> {
    one_of(Progress::ALL.map(Progress::name))
}

fn sources() -> RefOr<Schema> {
    one_of([Source::Trigger, Source::OpenMessaging, Source::Events].map(Source::name))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "a key of the answer")]
struct Deliveries {
    deliveries: Vec<View>,
    counts: Counts,
    /// Events that `--events-file` does not have, because the disk was too slow or failed.
    lost_events: u64,
}

/// Deliveries by state since the start or the last reset, of all organizations.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryCounts)]
struct Counts {
    waiting: u64,
    delivered: u64,
    failed: u64,
    expired: u64,
    dropped: u64,
    matched: u64,
    not_allowed: u64,
}

/// One delivery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
struct View {
    /// The header `Gcmock-Delivery`.
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    /// Model time of the event.
    #[schema(format = DateTime)]
    time: String,
    #[schema(required, value_type = Option<String>, format = "uuid")]
    tenant: Option<Uuid>,
    #[schema(schema_with = sources)]
    source: &'static str,
    /// The name of the trigger or integration.
    name: String,
    /// The topic of the event; empty for a message.
    topic: String,
    #[schema(required)]
    url: Option<String>,
    /// The size of the body.
    bytes: usize,
    #[schema(schema_with = states)]
    state: &'static str,
    /// Why nothing was sent, where the state does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    attempts: Vec<AttemptView>,
}

/// One attempt: the status of its answer, or the error.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryAttempt)]
struct AttemptView {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Milliseconds of real time until the outcome.
    took_ms: f64,
}

impl View {
    fn of(platform: &Platform, entry: Entry) -> Self {
        Self {
            id: entry.id,
            time: rfc3339(entry.time),
            tenant: tenant_id(platform, entry.tenant),
            source: entry.source.name(),
            name: entry.name.to_string(),
            topic: entry.topic,
            url: entry.url,
            bytes: entry.bytes,
            state: entry.state.name(),
            note: entry.note,
            attempts: entry.attempts.into_iter().map(AttemptView::of).collect(),
        }
    }
}

impl AttemptView {
    fn of(attempt: Attempt) -> Self {
        // Whole microseconds of at most some seconds.
        let took_ms = f64::from(u32::try_from(attempt.took / 1000).unwrap_or(u32::MAX)) / 1000.0;
        match attempt.outcome {
            Ok(status) => Self { status: Some(status), error: None, took_ms },
            Err(why) => Self { status: None, error: Some(why), took_ms },
        }
    }
}

fn tenant_id(platform: &Platform, index: TenantIndex) -> Option<Uuid> {
    platform.tenants.all().into_iter().find(|tenant| tenant.index == index).map(|tenant| tenant.id)
}

async fn list(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Deliveries>> {
    let params = params.only(&LISTING)?;
    let limit = params.limit()?;
    let tenant = params.get("tenant").map(|_| params.tenant(&platform)).transpose()?;
    let state = params.get("state").map(read_state).transpose()?;
    let deliveries = &platform.notifications.deliveries;
    let found = deliveries.newest(limit, |entry| {
        tenant.as_ref().is_none_or(|tenant| tenant.index == entry.tenant)
            && state.is_none_or(|state| state == entry.state)
    });
    Ok(Json(Deliveries {
        deliveries: found.into_iter().map(|entry| View::of(&platform, entry)).collect(),
        counts: Counts {
            waiting: deliveries.count(Progress::Waiting),
            delivered: deliveries.count(Progress::Delivered),
            failed: deliveries.count(Progress::Failed),
            expired: deliveries.count(Progress::Expired),
            dropped: deliveries.count(Progress::Dropped),
            matched: deliveries.count(Progress::Matched),
            not_allowed: deliveries.count(Progress::NotAllowed),
        },
        lost_events: deliveries.lost_events(),
    }))
}

fn read_state(text: &str) -> Answer<Progress> {
    Progress::ALL.into_iter().find(|state| state.name() == text).ok_or_else(|| {
        let known = Progress::ALL.map(Progress::name).join(", ");
        Refusal::bad(format!("state [{text}]: expected one of {known}"))
    })
}

async fn clear(State(platform): State<Arc<Platform>>) -> StatusCode {
    platform.notifications.deliveries.clear_log();
    StatusCode::NO_CONTENT
}
