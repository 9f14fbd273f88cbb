//! The wait of a request: the `[[latency]]` of a limits file.
//!
//! A wait is wire time, never model time, so a frozen clock delays no request. An admitted request waits `base`, a
//! refused one `throttled`. With `rises_from`, the wait of an admitted request rises from `base` to `throttled` as
//! its limit fills.

use std::time::Duration;

use gcmock_limit::Decision;
use parking_lot::Mutex;

use crate::rules::{Delay, Latency};

/// Draws random waits. Equal seeds draw equal waits.
#[derive(Debug)]
pub(crate) struct Latencies {
    enabled: bool,
    random: Mutex<fastrand::Rng>,
}

impl Latencies {
    /// Waits drawn from `seed`, or no waits at all.
    pub(crate) fn new(enabled: bool, seed: Option<u64>) -> Self {
        let random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Self { enabled, random: Mutex::new(random) }
    }

    /// The wait of a request with this decision. `refused` includes refusals by the adherence check.
    pub(crate) fn wait(&self, latency: Option<&Latency>, decision: &Decision<'_>, refused: bool) -> Duration {
        let Some(latency) = latency.filter(|_| self.enabled) else { return Duration::ZERO };
        wait_of(latency, decision, refused, &mut || self.random.lock().f64())
    }
}

/// The wait of a request with this decision. `draw` returns a number between 0 and 1.
pub(crate) fn wait_of(
    latency: &Latency,
    decision: &Decision<'_>,
    refused: bool,
    draw: &mut dyn FnMut() -> f64,
) -> Duration {
    if refused {
        return latency.throttled.unwrap_or_default();
    }
    let base = match latency.base {
        Delay::Fixed(delay) => delay,
        Delay::LogNormal { median, p99 } => log_normal(median, p99, normal(draw)),
    };
    match (latency.rises_from, latency.throttled) {
        (Some(from), Some(throttled)) => rise(base, throttled, from, share(decision)),
        _ => base,
    }
}

/// A draw from the standard normal distribution (Box and Muller).
fn normal(draw: &mut dyn FnMut() -> f64) -> f64 {
    let (u, v) = (draw(), draw());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The 99th percentile of the standard normal distribution.
const Z99: f64 = 2.326_347_874;

fn log_normal(median: Duration, p99: Duration, z: f64) -> Duration {
    let median = median.as_secs_f64();
    let sigma = if median > 0.0 { (p99.as_secs_f64() / median).max(1.0).ln() / Z99 } else { 0.0 };
    Duration::try_from_secs_f64(median * (sigma * z).exp()).unwrap_or(p99)
}

/// The governing limit's used share after the decision.
fn share(decision: &Decision<'_>) -> f64 {
    decision.governing.as_ref().map_or(0.0, |status| f64::from(status.used) / f64::from(status.capacity))
}

/// Rises linearly from `base` at the share `from` to `throttled` at 1.
fn rise(base: Duration, throttled: Duration, from: f64, share: f64) -> Duration {
    if share <= from || from >= 1.0 {
        return base;
    }
    let part = ((share - from) / (1.0 - from)).min(1.0);
    base + throttled.saturating_sub(base).mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Duration = Duration::from_millis(200);
    const THROTTLED: Duration = Duration::from_secs(2);

    #[test]
    fn latency_rises_in_a_straight_line_from_its_share_to_one() {
        assert_eq!(rise(BASE, THROTTLED, 0.5, 0.5), BASE);
        assert_eq!(rise(BASE, THROTTLED, 0.5, 0.75), Duration::from_millis(1100));
        assert_eq!(rise(BASE, THROTTLED, 0.5, 1.0), THROTTLED);
        assert_eq!(rise(BASE, THROTTLED, 0.5, 3.0), THROTTLED);
    }

    #[test]
    fn a_log_normal_delay_has_the_median_and_the_percentile_it_was_given() {
        assert_eq!(log_normal(BASE, THROTTLED, 0.0).as_millis(), 200);
        let p99 = log_normal(BASE, THROTTLED, Z99).as_secs_f64();
        assert!((p99 - 2.0).abs() < 1e-6, "{p99}");
        assert_eq!(log_normal(Duration::ZERO, THROTTLED, 5.0), Duration::ZERO);
    }
}
