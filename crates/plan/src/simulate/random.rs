//! Everything that is drawn, from seeded generators.

use fastrand::Rng;

use super::depends::Depends;
use super::requests::Requests;
use super::system::Wait;
use super::tree::Tree;
use crate::model::{Plan, Start, Timer};

/// A generator for one purpose: a thread, a timer, a group.
pub(super) fn generator(seed: u64, purpose: u64) -> Rng {
    Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03))
}

/// Whether anything in a run is drawn.
pub(super) fn draws(plan: &Plan, tree: &Tree<'_>, requests: &Requests) -> bool {
    let is_drawn =
        |timer: &Timer| matches!(timer, Timer::Random { .. } | Timer::Precise { .. } | Timer::Shaping(_));
    let timers = plan.timers.iter().any(is_drawn);
    let controllers = tree.controllers().any(|kind| Depends::of(kind) == Depends::Chance);
    let arrivals = plan.groups.iter().any(|group| match &group.start {
        Start::OpenModel { steps, .. } => steps.iter().any(|step| step.random),
        Start::Threads { .. }
        | Start::Ultimate(_)
        | Start::Stepping { .. }
        | Start::Concurrency { .. }
        | Start::Arrivals { .. } => false,
    });
    let waits = requests.all().any(|met| matches!(met.wait, Wait::Asked { random: true, .. }));
    timers || controllers || arrivals || waits
}

/// A draw from the standard normal distribution (Box and Muller).
pub(super) fn normal(random: &mut Rng) -> f64 {
    let (u, v) = (random.f64(), random.f64());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The largest mean whose Poisson distribution is drawn by counting.
const COUNTED_MEAN: f64 = 4000.0;

/// A draw from the Poisson distribution. Beyond a mean of 4,000 the normal distribution stands for it: they differ by
/// less than a hundredth of the deviation there.
pub(super) fn poisson(random: &mut Rng, mean: f64) -> f64 {
    if !(mean > 0.0 && mean.is_finite()) {
        return 0.0;
    }
    if mean > COUNTED_MEAN {
        return (normal(random).mul_add(mean.sqrt(), mean)).round().max(0.0);
    }
    let (mut count, mut sum) = (0.0, 0.0);
    loop {
        sum -= (1.0 - random.f64()).ln();
        if sum > mean {
            return count;
        }
        count += 1.0;
    }
}

/// A non-negative number of milliseconds as nanoseconds, the fraction dropped as `JMeter` drops it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(super) fn whole_milliseconds(value: f64) -> crate::Nanos {
    let milliseconds = value.abs().trunc().min(1e12);
    if milliseconds.is_finite() { milliseconds as u64 * super::MILLI } else { 0 }
}
