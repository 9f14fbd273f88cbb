//! The metrics as they are read: by `/metrics`, and by the exporter of OTLP.
//!
//! Nothing is counted twice: this reads the atomics of [`crate::observe::metrics`] and the totals of the limits. Labels are
//! operations and limits, never a token and never a raw path. An operation appears after its first request. To add a
//! metric, add a line in [`read`].

use gcmock_limit::Totals;

use super::ControlPlane;
use super::buckets::partitions;
use super::names;
use crate::catalog::OperationId;
use crate::observe::family::{Family, Histogram, Labels, Values};
use crate::observe::metrics::Class;
use crate::platform::Platform;
use crate::server::{Bound, Protection};

/// The label of requests to paths without an operation.
const UNKNOWN: &str = "unknown";

/// All metrics, in the order in which they are shown.
pub(crate) fn read(state: &ControlPlane) -> Vec<Family> {
    let platform = &*state.platform;
    let mut all = vec![build()];
    all.extend(gauges(state));
    all.extend(sockets(platform));
    all.extend([protection(&state.protection), requests(platform), durations(platform)]);
    all.extend(limits(platform));
    all.extend(faults(platform));
    all.extend(store(platform));
    #[cfg(feature = "otlp")]
    all.extend(lost_spans(platform));
    all
}

fn build() -> Family {
    let labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    Family { name: "gcmock_build", help: "The version of gcmock", values: Values::Info(labels) }
}

fn gauges(state: &ControlPlane) -> [Family; 7] {
    let platform = &*state.platform;
    let gauge = |name, help, value: usize| Family::gauge(name, help, value as u64);
    let live = partitions(platform).iter().map(|(_, buckets)| buckets.len()).sum();
    [
        gauge(
            "gcmock_ready",
            "1 while the server accepts requests, 0 during the drain",
            usize::from(!state.stop.is_cancelled()),
        ),
        gauge(
            "gcmock_limits_reload_failed",
            "1 if the last reload of the limits files failed and the old limits stay",
            usize::from(platform.config.last_error().is_some()),
        ),
        gauge("gcmock_tenants", "Organizations", platform.tenants.all().len()),
        gauge("gcmock_live_buckets", "Buckets of limits in memory", live),
        gauge(
            "gcmock_connections",
            "Connections to the platform's listeners",
            state.protection.connections(),
        ),
        gauge("gcmock_open_sockets", "Open WebSockets", platform.sockets.len()),
        gauge("gcmock_journal_entries", "Requests in the journal", platform.journal.len()),
    ]
}

fn sockets(platform: &Platform) -> [Family; 2] {
    [
        Family::counter("gcmock_sockets_opened", "Admitted WebSocket handshakes", platform.sockets.opened()),
        Family::counter(
            "gcmock_frames_dropped",
            "Frames that were dropped because clients read too slowly",
            platform.sockets.dropped(),
        ),
    ]
}

fn protection(protection: &Protection) -> Family {
    let values = Bound::ALL.map(|bound| (labels([("bound", bound.label())]), protection.refused(bound)));
    let help = "Requests refused by the server's own bounds";
    Family::counters("gcmock_protection_refused", help, values.into())
}

fn requests(platform: &Platform) -> Family {
    let mut values = Vec::new();
    let ids =
        std::iter::once(OperationId::UNKNOWN).chain(platform.catalog.iter().map(|operation| operation.id));
    for id in ids {
        let counts = Class::ALL.map(|(class, label)| (label, platform.metrics.answers(id, class)));
        if counts.iter().all(|(_, count)| *count == 0) {
            continue;
        }
        let operation = names::operation(platform, id).unwrap_or_else(|| UNKNOWN.to_owned());
        let labelled =
            |(class, count)| (labels([("operation", operation.as_str()), ("class", class)]), count);
        values.extend(counts.map(labelled));
    }
    Family::counters("gcmock_requests", "Answers of the emulated platform", values)
}

fn durations(platform: &Platform) -> Family {
    let values = Class::ALL.map(|(class, label)| {
        let durations = platform.metrics.durations(class);
        let histogram = Histogram { sum: durations.seconds(), buckets: durations.buckets() };
        (labels([("class", label)]), histogram)
    });
    Family {
        name: "gcmock_request_duration_seconds",
        help: "Time from the head of a request to its answer, in real time",
        values: Values::Histograms(values.into()),
    }
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

fn limits(platform: &Platform) -> Vec<Family> {
    let config = platform.config.current();
    let all: Vec<_> =
        config.limits.iter().map(|limit| (&limit.rule, platform.limiter.totals(limit.rule.id))).collect();
    let family = |(name, help, read): Reading| {
        let values = all.iter().map(|(rule, totals)| {
            let scope = rule.scope.to_string();
            let named = [("limit", &*rule.name), ("namespace", &*rule.namespace), ("scope", &scope)];
            (labels(named), read(totals))
        });
        Family::counters(name, help, values.collect())
    };
    READINGS.map(family).into()
}

fn faults(platform: &Platform) -> Option<Family> {
    let config = platform.config.current();
    let struck = |name: &str| platform.faults.counts(name).struck;
    let values: Vec<_> =
        config.faults.iter().map(|fault| (labels([("fault", &*fault.name)]), struck(&fault.name))).collect();
    let help = "Requests and sockets that a fault struck";
    (!values.is_empty()).then(|| Family::counters("gcmock_faults", help, values))
}

/// The store of several nodes, where there is one.
fn store(platform: &Platform) -> Vec<Family> {
    let Some(store) = platform.nodes.as_ref().map(|nodes| &nodes.store) else { return Vec::new() };
    let nodes = store.membership().others.len() as u64 + 1;
    vec![
        Family::gauge(
            "gcmock_store_failing",
            "1 while shared limits act without their store",
            u64::from(store.is_failing()),
        ),
        Family::gauge("gcmock_nodes", "Servers that share the store", nodes),
        Family::counter(
            "gcmock_store_failures",
            "Requests that were decided without the store",
            store.failures(),
        ),
    ]
}

/// The spans that no collector got, where there is one.
#[cfg(feature = "otlp")]
fn lost_spans(platform: &Platform) -> Option<Family> {
    let telemetry = platform.options.telemetry.as_ref()?;
    Some(Family::counter(
        "gcmock_otlp_spans_lost",
        "Spans that the collector did not get",
        telemetry.lost_spans(),
    ))
}

fn labels<const N: usize>(labels: [(&'static str, &str); N]) -> Labels {
    labels.map(|(name, value)| (name, value.to_owned())).into()
}
