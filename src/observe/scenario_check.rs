//! Compares the scenario that a load test was written for with the limits that are served.
//!
//! The shipped plans name their scenario in a header. Under other limits the results of a plan look right and mean
//! nothing, so each answer carries a header, and the log has one warning. A request without the header costs one look-up.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::rules::{Config, SCENARIOS, Scenario};

/// Names the scenario of a plan in its requests; in an answer, that other limits are in force.
pub(crate) const GCMOCK_SCENARIO: HeaderName = HeaderName::from_static("gcmock-scenario");

/// Scenarios of plans that met other limits, and are in the log by now.
#[derive(Debug, Default)]
pub(crate) struct ScenarioCheck {
    /// A bit for each of [`SCENARIOS`], and one for all unknown names.
    logged: AtomicU32,
}

impl ScenarioCheck {
    /// The header of the answer, if the limits of the request's scenario are not in force.
    pub(crate) fn compare(&self, request: &HeaderMap, config: &Config) -> Option<HeaderValue> {
        let name = request.get(GCMOCK_SCENARIO)?;
        let known = SCENARIOS.iter().position(|scenario| scenario.name.as_bytes() == name.as_bytes());
        let scenario = known.and_then(|index| SCENARIOS.get(index));
        if scenario.is_some_and(|scenario| scenario.is_served_by(config)) {
            return None;
        }
        // A name that is not one of ours may be any text: it is not repeated.
        let plan = scenario.map_or("unknown", |scenario| scenario.name);
        let served = Scenario::served_by(config).join(", ");
        let served = if served.is_empty() { "none" } else { &served };
        self.log_once(known.unwrap_or(SCENARIOS.len()), plan, served);
        HeaderValue::try_from(format!("plan=\"{plan}\"; served=\"{served}\"")).ok()
    }

    fn log_once(&self, bit: usize, plan: &str, served: &str) {
        let bit = 1 << bit;
        if self.logged.load(Ordering::Relaxed) & bit == 0
            && self.logged.fetch_or(bit, Ordering::Relaxed) & bit == 0
        {
            tracing::warn!(
                "a plan of the scenario {plan} meets other limits; this server has the scenario: {served}. \
                 Start the right server with: gcmock serve --scenario {plan}"
            );
        }
    }

    /// Allows a new warning, because other limits are in force.
    pub(crate) fn reset(&self) {
        self.logged.store(0, Ordering::Relaxed);
    }
}
