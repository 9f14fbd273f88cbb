//! `/metrics`: the counters in the `OpenMetrics` text that Prometheus reads.
//!
//! Nothing is counted twice: at a scrape a [`Collector`] reads the atomics of [`crate::observe::metrics`] and the
//! totals of the limits. Labels are operations and limits, never a token and never a raw path. An operation appears
//! after its first request. To add a metric, add a line in [`Scrape::encode`].

use std::fmt::{Debug, Error, Formatter};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use gcmock_limit::Totals;
use http::header::CONTENT_TYPE;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::ControlPlane;
use super::answer::Answer;
use super::buckets::partitions;
use super::names;
use super::route::{Resource, get};
use crate::catalog::OperationId;
use crate::observe::metrics::Class;
use crate::platform::Platform;
use crate::server::{Bound, Protection};
use crate::wire::error::ApiError;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The label of requests to paths without an operation.
const UNKNOWN: &str = "unknown";

pub(super) fn resource() -> Resource {
    let scrape = get("/metrics", "counters and gauges for Prometheus", scrape);
    Resource::new().with(scrape.open().answers_text("application/openmetrics-text"))
}

async fn scrape(State(state): State<ControlPlane>) -> Answer<Response> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape(state)));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).map_err(|_| ApiError::internal())?;
    Ok(([(CONTENT_TYPE, OPENMETRICS)], text).into_response())
}

struct Scrape(ControlPlane);

impl Debug for Scrape {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result<(), Error> {
        f.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let (state, platform) = (&self.0, &*self.0.platform);
        build(&mut encoder)?;
        let live = partitions(platform).iter().map(|(_, buckets)| buckets.len()).sum();
        let gauges: [(&str, &str, usize); 7] = [
            (
                "gcmock_ready",
                "1 while the server accepts requests, 0 during the drain",
                usize::from(!state.stop.is_cancelled()),
            ),
            (
                "gcmock_limits_reload_failed",
                "1 if the last reload of the limits files failed and the old limits stay",
                usize::from(platform.config.last_error().is_some()),
            ),
            ("gcmock_tenants", "Organizations", platform.tenants.all().len()),
            ("gcmock_live_buckets", "Buckets of limits in memory", live),
            ("gcmock_connections", "Connections to the platform's listeners", state.protection.connections()),
            ("gcmock_open_sockets", "Open WebSockets", platform.sockets.len()),
            ("gcmock_journal_entries", "Requests in the journal", platform.journal.len()),
        ];
        for (name, help, value) in gauges {
            let mut gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            gauge.encode_gauge(&value)?;
        }
        let counters = [
            ("gcmock_sockets_opened", "Admitted WebSocket handshakes", platform.sockets.opened()),
            (
                "gcmock_frames_dropped",
                "Frames that were dropped because clients read too slowly",
                platform.sockets.dropped(),
            ),
        ];
        for (name, help, value) in counters {
            let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            counter.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
        }
        protection(&state.protection, &mut encoder)?;
        requests(platform, &mut encoder)?;
        durations(platform, &mut encoder)?;
        limits(platform, &mut encoder)?;
        faults(platform, &mut encoder)?;
        store(platform, &mut encoder)
    }
}

/// The store of several nodes, where there is one.
fn store(platform: &Platform, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let Some(store) = platform.nodes.as_ref().map(|nodes| &nodes.store) else { return Ok(()) };
    let gauges = [
        (
            "gcmock_store_failing",
            "1 while shared limits act without their store",
            usize::from(store.is_failing()),
        ),
        ("gcmock_nodes", "Servers that share the store", store.membership().others.len() + 1),
    ];
    for (name, help, value) in gauges {
        let mut gauge = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        gauge.encode_gauge(&value)?;
    }
    let (name, help) = ("gcmock_store_failures", "Requests that were decided without the store");
    let mut counter = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    counter.encode_counter::<NoLabelSet, _, u64>(&store.failures(), None)
}

fn build(encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let help = "The version of gcmock";
    let mut info = encoder.encode_descriptor("gcmock_build", help, None, MetricType::Info)?;
    info.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
}

fn protection(protection: &Protection, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let help = "Requests refused by the server's own bounds";
    let mut family =
        encoder.encode_descriptor("gcmock_protection_refused", help, None, MetricType::Counter)?;
    for bound in Bound::ALL {
        counter(&mut family, &[("bound", bound.label())], protection.refused(bound))?;
    }
    Ok(())
}

fn requests(platform: &Platform, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let help = "Answers of the emulated platform";
    let mut family = encoder.encode_descriptor("gcmock_requests", help, None, MetricType::Counter)?;
    let ids =
        std::iter::once(OperationId::UNKNOWN).chain(platform.catalog.iter().map(|operation| operation.id));
    for id in ids {
        let counts = Class::ALL.map(|(class, label)| (label, platform.metrics.answers(id, class)));
        if counts.iter().all(|(_, count)| *count == 0) {
            continue;
        }
        let operation = names::operation(platform, id).unwrap_or_else(|| UNKNOWN.to_owned());
        for (class, count) in counts {
            counter(&mut family, &[("operation", operation.as_str()), ("class", class)], count)?;
        }
    }
    Ok(())
}

fn durations(platform: &Platform, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let (name, help) =
        ("gcmock_request_duration_seconds", "Time from the head of a request to its answer, in real time");
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    for (class, label) in Class::ALL {
        let durations = platform.metrics.durations(class);
        let buckets = durations.buckets();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let labels = [("class", label)];
        let mut histogram = family.encode_family(&labels)?;
        histogram.encode_histogram::<NoLabelSet>(durations.seconds(), count, &buckets, None)?;
    }
    Ok(())
}

type Reading = (&'static str, &'static str, fn(&Totals) -> u64);

/// The words are those of Envoy's rate limit service.
const READINGS: [Reading; 5] = [
    ("gcmock_limit_total_hits", "Requests that the limit covered", |totals| totals.hits),
    ("gcmock_limit_within_limit", "Requests that the limit admitted", |totals| totals.admitted),
    (
        "gcmock_limit_near_limit",
        "Requests that the limit admitted and that left it more than 80 % used",
        |totals| totals.near,
    ),
    ("gcmock_limit_over_limit", "Requests that the limit refused", |totals| totals.refused),
    ("gcmock_limit_shadow_mode", "Requests that the limit would have refused, in shadow mode", |totals| {
        totals.shadow_refused
    }),
];

fn limits(platform: &Platform, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let config = platform.config.current();
    let all: Vec<_> =
        config.limits.iter().map(|limit| (&limit.rule, platform.limiter.totals(limit.rule.id))).collect();
    for (name, help, read) in READINGS {
        let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (rule, totals) in &all {
            let scope = rule.scope.to_string();
            let labels = [("limit", &*rule.name), ("namespace", &*rule.namespace), ("scope", &scope)];
            counter(&mut family, &labels, read(totals))?;
        }
    }
    Ok(())
}

fn faults(platform: &Platform, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let config = platform.config.current();
    if config.faults.is_empty() {
        return Ok(());
    }
    let help = "Requests and sockets that a fault struck";
    let mut family = encoder.encode_descriptor("gcmock_faults", help, None, MetricType::Counter)?;
    for fault in &config.faults {
        counter(&mut family, &[("fault", &*fault.name)], platform.faults.counts(&fault.name).struck)?;
    }
    Ok(())
}

fn counter(family: &mut MetricEncoder<'_>, labels: &impl EncodeLabelSet, value: u64) -> Result<(), Error> {
    family.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
}
