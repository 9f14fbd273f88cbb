//! Tests of the scenarios' latencies, and of bursts of requests.

use std::time::Duration;

use gcmock_limit::{Buckets, Charge, Nanos, Subject, decide};

use super::*;
use crate::rules::{Delay, Limit, PatternMethod, Scenario};

/// The waits of an admitted and of a refused request of a scenario.
fn latency(scenario: &str, method: &str, path: &str) -> (Delay, Option<Duration>) {
    let config = config(scenario);
    let latency = config.latency_for(None, PatternMethod::Http(method), path);
    latency.map(|latency| (latency.base, latency.throttled)).expect("a latency")
}

#[test]
fn changes_of_a_status_take_two_hundred_milliseconds_and_refusals_two_seconds() {
    let (base, throttled) = latency("wem-availability", "PUT", PATH);
    assert_eq!(base, Delay::Fixed(Duration::from_millis(200)));
    assert_eq!(throttled, Some(Duration::from_secs(2)));
}

#[test]
fn messages_take_eighty_milliseconds_and_refusals_a_second() {
    let path = "/api/v2/conversations/messages/b1f8/communications/c2/messages";
    let (base, throttled) = latency("messaging-tenant", "POST", path);
    assert_eq!(base, Delay::Fixed(Duration::from_millis(80)));
    assert_eq!(throttled, Some(Duration::from_secs(1)));
}

/// Percent of refusals among an hour of independent agents: the gaps between changes are exponential.
fn an_hour_at_random(rate: f64, seed: u64) -> f64 {
    let config = config("wem-availability");
    let limits: Vec<_> = config.limits_for(None, PatternMethod::Http("PUT"), PATH).collect();
    let subject = Subject { has_tenant: true, ..Subject::default() };
    let charges: Vec<Charge<'_>> = limits.iter().map(|limit| charge(limit, &subject)).collect();
    assert_eq!(charges.len(), 1);
    let (server, tenant) = (Buckets::default(), Buckets::default());
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut at, mut refused, mut all) = (0.0, 0_u32, 0_u32);
    while at < 3600.0 {
        let now = START + Nanos::try_from(Duration::from_secs_f64(at).as_nanos()).expect("an hour");
        refused += u32::from(decide(&server, Some(&tenant), &charges, now).refused);
        all += 1;
        at -= (1.0 - random.f64()).ln() / rate;
    }
    100.0 * f64::from(refused) / f64::from(all)
}

const PATH: &str = "/api/v2/wfm/schedules/agents/a";
const START: Nanos = 1_770_000_000_000_000_000;

fn config(scenario: &str) -> Config {
    let scenario = Scenario::find(scenario).expect("embedded");
    let source = Source { name: scenario.name.into(), text: scenario.limits.into() };
    let mut config = load(&[source], &|_| true, &RuleIds::default()).expect("right");
    config.index(std::iter::empty());
    config
}

fn charge<'c>(limit: &'c Limit, subject: &Subject) -> Charge<'c> {
    limit.rule.charge(subject, |_| None).expect("a value for every scope")
}

#[test]
fn random_arrivals_show_the_threads_jump_between_a_hundred_and_a_hundred_and_thirty_a_second() {
    for seed in [1, 2] {
        let (below, above) = (an_hour_at_random(100.0, seed), an_hour_at_random(130.0, seed));
        assert!((2.0..=4.0).contains(&below), "{below} % at 100/s, seed {seed}");
        assert!((45.0..=50.0).contains(&above), "{above} % at 130/s, seed {seed}");
    }
}
