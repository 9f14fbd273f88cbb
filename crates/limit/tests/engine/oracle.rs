//! The token bucket beside `governor`, which decides by the generic cell rate algorithm.

use std::{num::NonZeroU32, time::Duration};

use governor::{Quota, RateLimiter, clock::FakeRelativeClock};

use super::*;

/// Requests in bursts, in step with the tokens, and far apart.
fn gap(random: &mut fastrand::Rng, token: Nanos) -> Nanos {
    match random.u8(0..10) {
        0..4 => 0,
        4..6 => random.u64(0..=token),
        6..8 => token,
        8 => token.saturating_sub(1),
        _ => random.u64(0..=token * 10),
    }
}

#[test]
fn the_token_bucket_decides_like_governor_over_a_million_decisions() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..1000 {
        let refill = random.u32(1..200);
        let token = if random.bool() { random.u64(1..50) } else { random.u64(1..SECOND) };
        let capacity = NonZeroU32::new(random.u32(1..40)).expect("at least 1");
        let rule = token_bucket(0, capacity.get(), refill, token * u64::from(refill));
        let quota = Quota::with_period(Duration::from_nanos(token)).expect("not zero").allow_burst(capacity);
        let clock = FakeRelativeClock::default();
        let (limits, oracle) = (Limits::default(), RateLimiter::direct_with_clock(quota, clock.clone()));
        let mut now = START;
        for step in 0..1000 {
            let gap = gap(&mut random, token);
            clock.advance(Duration::from_nanos(gap));
            now += gap;
            let cost = NonZeroU32::new(random.u32(1..4).min(capacity.get())).expect("at least 1");
            let expected = oracle.check_n(cost).expect("at most the capacity").is_err();
            let refused = limits.decide(&[charge(&rule, caller(0), cost.get())], now).refused;
            assert_eq!(refused, expected, "step {step} of {:?}", rule.algorithm);
        }
    }
}
