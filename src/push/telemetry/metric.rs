//! The metrics as OTLP has them.

use std::collections::HashMap;
use std::time::UNIX_EPOCH;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum, number_data_point,
};
use opentelemetry_sdk::Resource;

use crate::observe::family::{self, Family, Labels, Values};
use crate::time::clock::{nanos, wall};

/// The instants from which the counters count. A counter that has fallen was reset since the last reading.
#[derive(Debug)]
pub(super) struct Starts {
    start: u64,
    last: u64,
    /// The start and the last sum of each metric.
    metrics: HashMap<&'static str, (u64, u64)>,
}

impl Starts {
    pub(super) fn new() -> Self {
        let now = wall_nanos();
        Self { start: now, last: now, metrics: HashMap::new() }
    }

    /// The start of a metric whose values add up to `sum` now.
    fn of(&mut self, name: &'static str, sum: u64) -> u64 {
        let (start, before) = self.metrics.entry(name).or_insert((self.start, 0));
        if sum < *before {
            *start = self.last;
        }
        *before = sum;
        *start
    }
}

/// Nanoseconds since the Unix epoch.
fn wall_nanos() -> u64 {
    nanos(wall().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The metrics as they are sent.
pub(super) fn message(
    resource: &Resource,
    families: &[Family],
    starts: &mut Starts,
) -> ExportMetricsServiceRequest {
    let now = wall_nanos();
    let metrics = families.iter().map(|family| metric(family, starts, now)).collect();
    starts.last = now;
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope()), metrics, ..ScopeMetrics::default() }];
    let resource_metrics =
        ResourceMetrics { resource: Some(resource.into()), scope_metrics, ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![resource_metrics] }
}

/// The program that measures.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "gcmock".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

fn metric(family: &Family, starts: &mut Starts, now: u64) -> Metric {
    // As it is called in the text of OpenMetrics.
    let suffix = if matches!(family.values, Values::Info(_)) { "_info" } else { "" };
    let unit = if family.name.ends_with("_seconds") { "s" } else { "" };
    Metric {
        name: format!("{}{suffix}", family.name),
        description: family.help.to_owned(),
        unit: unit.to_owned(),
        data: Some(data(family, starts, now)),
        ..Metric::default()
    }
}

fn data(family: &Family, starts: &mut Starts, now: u64) -> Data {
    let gauge = |labels, value| Data::Gauge(Gauge { data_points: vec![number(labels, value, 0, now)] });
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    match &family.values {
        Values::Info(labels) => gauge(labels, 1),
        Values::Gauge(value) => gauge(&Labels::new(), *value),
        Values::Counters(values) => {
            let start = starts.of(family.name, values.iter().map(|(_, value)| value).sum());
            let points = values.iter().map(|(labels, value)| number(labels, *value, start, now));
            Data::Sum(Sum { data_points: points.collect(), aggregation_temporality, is_monotonic: true })
        }
        Values::Histograms(values) => {
            let start = starts.of(family.name, values.iter().map(|(_, value)| value.count()).sum());
            let points = values.iter().map(|(labels, value)| distribution(labels, value, start, now));
            Data::Histogram(Histogram { data_points: points.collect(), aggregation_temporality })
        }
    }
}

fn number(labels: &Labels, value: u64, start: u64, now: u64) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: start,
        time_unix_nano: now,
        value: Some(number_data_point::Value::AsInt(i64::try_from(value).unwrap_or(i64::MAX))),
        ..NumberDataPoint::default()
    }
}

fn distribution(labels: &Labels, value: &family::Histogram, start: u64, now: u64) -> HistogramDataPoint {
    let (bounds, counts): (Vec<f64>, Vec<u64>) = value.buckets.iter().copied().unzip();
    HistogramDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: start,
        time_unix_nano: now,
        count: value.count(),
        sum: Some(value.sum),
        bucket_counts: counts,
        // The last bucket has no bound.
        explicit_bounds: bounds.into_iter().filter(|bound| bound.is_finite()).collect(),
        ..HistogramDataPoint::default()
    }
}

fn attributes(labels: &Labels) -> Vec<KeyValue> {
    let attribute = |(name, value): &(&str, String)| KeyValue {
        key: (*name).to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.clone())) }),
        ..KeyValue::default()
    };
    labels.iter().map(attribute).collect()
}
