//! Warnings: valid settings that may surprise.

use gcmock_limit::{Algorithm, Cost, Rule};

use super::Limit;
use super::problem::Problem;
use crate::time::Nanos;
use crate::time::duration::format_duration;

const SECOND: Nanos = 1_000_000_000;
/// The Go, Java and .NET SDKs stop retrying above this wait.
const PATIENCE: Nanos = 180 * SECOND;

/// The warnings of one limit.
pub(super) fn of_limit(limit: &Limit) -> impl Iterator<Item = Problem> + use<> {
    [long_wait(limit), clamped_cost(limit)].into_iter().flatten()
}

fn long_wait(limit: &Limit) -> Option<Problem> {
    let (which, wait) = match limit.rule.retry_after {
        Some(seconds) => ("a", Nanos::from(seconds) * SECOND),
        None => ("a computed", longest_wait(&limit.rule)),
    };
    (wait > PATIENCE).then(|| {
        let wait = format_duration(wait.div_ceil(SECOND) * SECOND);
        let name = &limit.rule.name;
        let message = format!(
            "limit \"{name}\" can send {which} Retry-After of {wait}, over 180 s: the Go, Java and .NET SDKs then stop retrying"
        );
        Problem::plain(&limit.location, message)
    })
}

fn clamped_cost(limit: &Limit) -> Option<Problem> {
    let capacity = limit.rule.algorithm.capacity();
    let (Cost::Fixed(cost) | Cost::Query { default: cost, .. }) = limit.rule.cost;
    (cost > capacity).then(|| {
        let name = &limit.rule.name;
        let message = format!("limit \"{name}\": a cost of {cost} is charged as the capacity, {capacity}");
        Problem::plain(&limit.location, message)
    })
}

/// The longest computed wait of a key.
fn longest_wait(rule: &Rule) -> Nanos {
    let own = match rule.algorithm {
        Algorithm::FixedWindow { period, .. } => period,
        Algorithm::TokenBucket { capacity, refill, period } => {
            let most = match rule.cost {
                Cost::Fixed(cost) => cost.min(capacity),
                Cost::Query { .. } => capacity,
            };
            let wait = (u128::from(most) * u128::from(period)).div_ceil(u128::from(refill.max(1)));
            Nanos::try_from(wait).unwrap_or(Nanos::MAX - SECOND)
        }
        Algorithm::Concurrency { .. } => SECOND,
    };
    own.max(rule.lockout.unwrap_or_default())
}
