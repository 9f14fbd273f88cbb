//! `/metrics`: the counters in the `OpenMetrics` text that Prometheus reads.
//!
//! At a scrape a [`Collector`] writes what `families` reads.

use std::fmt::{Debug, Error, Formatter};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::answer::Answer;
use super::route::{Resource, get};
use super::{ControlPlane, families};
use crate::observe::family::{Family, Histogram, Labels, Values};
use crate::wire::error::ApiError;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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
        families::read(&self.0).iter().try_for_each(|family| encode(family, &mut encoder))
    }
}

fn encode(family: &Family, encoder: &mut DescriptorEncoder<'_>) -> Result<(), Error> {
    let metric_type = match family.values {
        Values::Info(_) => MetricType::Info,
        Values::Gauge(_) => MetricType::Gauge,
        Values::Counters(_) => MetricType::Counter,
        Values::Histograms(_) => MetricType::Histogram,
    };
    let mut metric = encoder.encode_descriptor(family.name, family.help, None, metric_type)?;
    match &family.values {
        Values::Info(labels) => metric.encode_info(labels),
        Values::Gauge(value) => metric.encode_gauge(value),
        Values::Counters(values) => {
            values.iter().try_for_each(|(labels, value)| counter(&mut metric, labels, *value))
        }
        Values::Histograms(values) => {
            values.iter().try_for_each(|(labels, value)| histogram(&mut metric, labels, value))
        }
    }
}

fn counter(metric: &mut MetricEncoder<'_>, labels: &Labels, value: u64) -> Result<(), Error> {
    // A set without labels would be written as an empty pair of braces.
    if labels.is_empty() {
        return metric.encode_counter::<NoLabelSet, _, u64>(&value, None);
    }
    metric.encode_family(labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn histogram(metric: &mut MetricEncoder<'_>, labels: &Labels, value: &Histogram) -> Result<(), Error> {
    let mut metric = metric.encode_family(labels)?;
    metric.encode_histogram::<NoLabelSet>(value.sum, value.count(), &value.buckets, None)
}
