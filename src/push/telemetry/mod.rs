//! Metrics and traces that leave this server, in the protocol of `OpenTelemetry` (OTLP) over http.
//!
//! | file | owns |
//! |---|---|
//! | `settings` | the endpoint and the `OTEL_…` variables |
//! | `span` | the span of a request |
//! | `queue` | the spans that wait, with their bound |
//! | `metric` | the metrics in the form of OTLP |
//! | `collector` | one export, and the log lines about a collector that is away |
//!
//! The endpoint has to be on this machine or on a host that the operator named, as the receivers of events have to be. A
//! request puts its span into a bounded queue and never waits. [`run`] sends what waits, and the metrics at each interval.
//! Metrics are not counted here: [`run`] is given the function that reads them for `/metrics` too.

mod collector;
mod metric;
mod queue;
mod settings;
mod span;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::collector::{Collector, Signal};
use self::metric::Starts;
use self::queue::Queue;
use self::settings::Settings;
pub(crate) use self::span::Served;
use super::delivery::address::Hosts;
use crate::observe::family::Family;

/// The time for the last export after the server has drained.
const LAST: Duration = Duration::from_secs(1);
/// The longest wait for a collector that is away.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The exporter of metrics and traces.
#[derive(Debug)]
pub(crate) struct Telemetry {
    tracer: SdkTracer,
    queue: Arc<Queue>,
    collector: Collector,
    resource: Resource,
    settings: Settings,
}

impl Telemetry {
    /// The exporter for `--otlp`, or for the endpoint of the environment; `None` where neither names one.
    ///
    /// # Errors
    /// What is wrong with an option or a variable, or why nothing is sent to that host.
    pub(crate) fn new(endpoint: Option<&str>, hosts: &Hosts) -> anyhow::Result<Option<Arc<Self>>> {
        let variable = |name: &str| std::env::var(name).ok();
        let Some(settings) = settings::read(endpoint, hosts, &variable)? else { return Ok(None) };
        let (queue, resource) = (Queue::new(settings.queue), resource());
        let provider = SdkTracerProvider::builder()
            .with_sampler(settings.sampler.clone())
            .with_resource(resource.clone())
            .with_span_processor(queue::Processor(Arc::clone(&queue)))
            .build();
        let scope = InstrumentationScope::builder("gcmock").with_version(env!("CARGO_PKG_VERSION")).build();
        let tracer = provider.tracer_with_scope(scope);
        Ok(Some(Arc::new(Self { tracer, collector: Collector::new(&settings), queue, resource, settings })))
    }

    /// Notes a request. It does not wait.
    pub(crate) fn note(&self, headers: &HeaderMap, served: &Served<'_>) {
        if self.settings.traces.is_some() {
            span::record(&self.tracer, headers, served);
        }
    }

    /// The spans that the collector did not get.
    pub(crate) fn lost_spans(&self) -> u64 {
        self.queue.lost()
    }

    async fn send_spans(&self, stop: &CancellationToken) {
        let (mut wait, mut is_reached) = (self.settings.delay, true);
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                () = self.queue.is_full_batch(), if is_reached => {}
            }
            is_reached = self.send_waiting().await.is_ok();
            let longer = wait.saturating_mul(2).min(LONGEST_WAIT.max(self.settings.delay));
            wait = if is_reached { self.settings.delay } else { longer };
        }
        let _ = self.send_waiting().await;
    }

    /// Sends every span that waits. Where the collector is away, they wait on.
    async fn send_waiting(&self) -> Result<(), collector::Away> {
        let Some(address) = &self.settings.traces else { return Ok(()) };
        loop {
            let batch = self.queue.oldest();
            let count = batch.len();
            if count == 0 {
                return Ok(());
            }
            let message = span::message(&self.resource, batch);
            match self.collector.send(Signal::Traces, address, &message).await {
                Ok(rejected) => self.queue.lose(rejected),
                Err(away) if away.may_come_back => return Err(away),
                Err(_) => self.queue.lose(count as u64),
            }
            self.queue.remove(count);
        }
    }

    async fn send_metrics(&self, read: impl Fn() -> Vec<Family>, stop: &CancellationToken) {
        let Some(address) = &self.settings.metrics else { return };
        let mut starts = Starts::new();
        let mut has_ended = false;
        while !has_ended {
            tokio::select! {
                () = stop.cancelled() => has_ended = true,
                () = tokio::time::sleep(self.settings.interval) => {}
            }
            // Sums of all time: what one export misses, the next one has.
            let message = metric::message(&self.resource, &read(), &mut starts);
            let _ = self.collector.send(Signal::Metrics, address, &message).await;
        }
    }
}

/// What every metric and span is from. The variables of the environment win.
fn resource() -> Resource {
    let own = [
        KeyValue::new("service.name", "gcmock"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
    ];
    let of_environment = Box::new(opentelemetry_sdk::resource::EnvResourceDetector::new());
    let resource = Resource::builder_empty().with_attributes(own).with_detector(of_environment);
    match std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty()) {
        Some(name) => resource.with_service_name(name).build(),
        None => resource.build(),
    }
}

/// Sends spans and metrics until `stop`, and then what is left, within a bounded time.
pub(crate) async fn run(
    telemetry: Arc<Telemetry>,
    read: impl Fn() -> Vec<Family> + Send + 'static,
    stop: CancellationToken,
) {
    let sending = async { tokio::join!(telemetry.send_spans(&stop), telemetry.send_metrics(read, &stop)) };
    let end = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST).await;
    };
    tokio::select! {
        _ = sending => {}
        () = end => {}
    }
    telemetry.queue.lose_the_rest();
    if telemetry.lost_spans() > 0 {
        tracing::warn!("--otlp: {} spans did not reach the collector", telemetry.lost_spans());
    }
}
