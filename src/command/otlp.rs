//! `--otlp`: the exporter of metrics and traces.

use std::sync::Arc;

use super::Failure;
use super::args::Serve;
use crate::push::telemetry::Telemetry;

/// The exporter, where the option or the environment names a collector.
pub(super) fn exporter(options: &Serve) -> Result<Option<Arc<Telemetry>>, Failure> {
    let hosts = options.delivery.options(options.is_local()).hosts;
    Telemetry::new(options.otlp.as_deref(), &hosts).map_err(Failure::Usage)
}
