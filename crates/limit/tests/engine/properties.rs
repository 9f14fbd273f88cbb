//! The engine on random rules and random schedules.

use gcmock_limit::{Permit, Totals};
use proptest::prelude::*;

use super::{
    model::{Ask, Governing, Model, Verdict},
    *,
};

/// A request of a schedule: its delay after the last one, its caller, its cost and its rules.
#[derive(Clone, Copy, Debug)]
struct Step {
    gap: Nanos,
    caller: u64,
    cost: u32,
    rules: u8,
    held: bool,
    /// Frees the oldest slot first.
    release: bool,
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    let lengths = || prop_oneof![1..40_u64, 1..5 * SECOND, (1..8_u64).prop_map(|n| n * SECOND)];
    prop_oneof![
        (1..9_u32, 1..8_u32, lengths()).prop_map(|(capacity, refill, period)| Algorithm::TokenBucket {
            capacity,
            refill,
            period
        }),
        (1..9_u32, lengths()).prop_map(|(capacity, period)| Algorithm::FixedWindow { capacity, period }),
        (1..5_u32).prop_map(|capacity| Algorithm::Concurrency { capacity, hold: Hold::Request }),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let one = (
        algorithms(),
        prop::option::weighted(0.2, 0..20_u32),
        prop::option::weighted(0.3, prop_oneof![1..40_u64, 1..4 * SECOND]),
        prop::bool::weighted(0.4),
        prop::bool::weighted(0.2),
    );
    prop::collection::vec(one, 1..5).prop_map(|all| {
        let numbered = all.into_iter().zip(0..);
        let build = |((algorithm, retry_after, lockout, count_refused, shadow), id)| Rule {
            retry_after,
            lockout,
            count_refused,
            mode: if shadow { Mode::Shadow } else { Mode::Enforce },
            ..rule(id, algorithm)
        };
        numbered.map(build).collect()
    })
}

fn schedule() -> impl Strategy<Value = Vec<Step>> {
    let gaps = prop_oneof![4 => Just(0), 2 => 1..20_u64, 2 => 0..SECOND, 1 => 0..6 * SECOND];
    let step = (gaps, 0..2_u64, 0..12_u32, 1..16_u8, prop::bool::weighted(0.1), any::<bool>()).prop_map(
        |(gap, caller, cost, rules, held, release)| Step { gap, caller, cost, rules, held, release },
    );
    prop::collection::vec(step, 1..60)
}

fn asks(rules: &[Rule], step: Step) -> Vec<Ask<'_>> {
    let chosen = rules.iter().filter(|rule| step.rules & (1 << rule.id.0) != 0);
    chosen
        .map(|rule| Ask {
            rule,
            key: caller(step.caller),
            cost: step.cost,
            held: step.held && matches!(rule.algorithm, Algorithm::Concurrency { .. }),
        })
        .collect()
}

/// Every second rule lives with the server, so that both partitions take part.
fn charges<'r>(asks: &[Ask<'r>]) -> Vec<Charge<'r>> {
    let home = |rule: &Rule| if rule.id.0.is_multiple_of(2) { Home::Tenant } else { Home::Server };
    let charge = |ask: &Ask<'r>| Charge {
        rule: ask.rule,
        key: ask.key,
        cost: ask.cost,
        held: ask.held,
        home: home(ask.rule),
    };
    asks.iter().map(charge).collect()
}

fn verdict(decision: &Decision<'_>) -> Verdict {
    Verdict {
        refused: decision.refused,
        retry_after: decision.retry_after.map(u128::from),
        governing: decision.governing.map(|status| Governing {
            rule: status.rule.id,
            used: u64::from(status.used),
            remaining: u64::from(status.remaining),
            resets_in: u128::from(status.resets_in),
            wait: u128::from(status.wait),
            exact_wait: u128::from(status.exact_wait),
        }),
        shadowed: decision.shadowed.iter().map(|rule| rule.id).collect(),
    }
}

fn slots(permit: &Permit, rules: &[Rule], costs: &[(RuleId, u32)]) -> u64 {
    let rule = rules.iter().find(|rule| rule.id == permit.rule()).expect("the rule of the permit");
    let (_, cost) = costs.iter().find(|(id, _)| *id == rule.id).expect("it was charged");
    u64::from((*cost).clamp(1, rule.algorithm.capacity()))
}

/// Everything the buckets hold, in an order of its own.
fn contents(limits: &Limits, rules: &[Rule], now: Nanos) -> Vec<(RuleId, Key, u32, Nanos, bool)> {
    let mut all: Vec<_> = rules
        .iter()
        .flat_map(|rule| {
            let both = [&limits.server, &limits.tenant].map(|home| home.nearest(rule, usize::MAX, now));
            let views = both.into_iter().flatten();
            views.map(|view| (rule.id, view.key, view.used, view.resets_in, view.locked))
        })
        .collect();
    all.sort_unstable();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_decision_equals_the_naive_model(rules in rules(), schedule in schedule()) {
        let (limits, mut model, mut now) = (Limits::default(), Model::default(), START);
        let mut permits: Vec<(Permit, u64)> = Vec::new();
        for step in schedule {
            now += step.gap;
            if step.release && !permits.is_empty() {
                let (permit, slots) = permits.remove(0);
                model.release(permit.rule(), permit.key(), slots);
            }
            let asks = asks(&rules, step);
            let peeked = verdict(&limits.peek(&charges(&asks), now));
            let decision = limits.decide(&charges(&asks), now);
            let expected = model.decide(&asks, now);
            prop_assert_eq!(verdict(&decision), expected.clone());
            prop_assert_eq!(peeked, expected, "peek foretells the decision");
            let costs: Vec<_> = asks.iter().map(|ask| (ask.rule.id, ask.cost)).collect();
            for permit in decision.permits {
                let slots = slots(&permit, &rules, &costs);
                permits.push((permit, slots));
            }
        }
        for rule in &rules {
            let homes = [&limits.server, &limits.tenant];
            let totals = homes.map(|home| home.totals(rule.id));
            prop_assert!(totals.contains(&model.totals(rule.id)), "{totals:?}");
            prop_assert!(totals.contains(&Totals::default()), "a rule lives in one place");
            for view in homes.into_iter().flat_map(|home| home.nearest(rule, usize::MAX, now)) {
                prop_assert_eq!(view.refused, model.refused(rule.id, view.key));
            }
        }
    }

    #[test]
    fn a_refused_request_charges_nothing(rules in rules(), schedule in schedule()) {
        let rules: Vec<Rule> =
            rules.into_iter().map(|rule| Rule { count_refused: false, lockout: None, ..rule }).collect();
        let (limits, mut now, mut permits) = (Limits::default(), START, Vec::new());
        for step in schedule {
            now += step.gap;
            let asks = asks(&rules, step);
            let (before, count) = (contents(&limits, &rules, now), limits.tenant.len());
            let decision = limits.decide(&charges(&asks), now);
            if decision.refused {
                prop_assert_eq!(contents(&limits, &rules, now), before);
                prop_assert_eq!(limits.tenant.len(), count);
                prop_assert!(decision.permits.is_empty());
            }
            permits.extend(decision.permits);
        }
    }

    #[test]
    fn a_lone_client_that_waits_its_retry_after_is_admitted(rules in rules(), schedule in schedule()) {
        let rules: Vec<Rule> = rules.into_iter().map(|rule| Rule { retry_after: None, ..rule }).collect();
        let (limits, mut now) = (Limits::default(), START);
        for step in schedule {
            now += step.gap;
            let charges = charges(&asks(&rules, step));
            if let Some(seconds) = limits.decide(&charges, now).retry_after {
                now += Nanos::from(seconds) * SECOND;
                prop_assert!(!limits.decide(&charges, now).refused, "after {seconds} s");
            }
        }
    }

    #[test]
    fn no_interval_admits_more_than_capacity_plus_what_accrued(
        (capacity, refill, period) in (1..20_u32, 1..20_u32, 1..3 * SECOND),
        schedule in schedule(),
    ) {
        let (limits, rule) = (Limits::default(), token_bucket(0, capacity, refill, period));
        let admitted = admitted(&limits, &rule, &schedule);
        for (index, (start, _)) in admitted.iter().enumerate() {
            let mut sum = 0;
            for (at, cost) in &admitted[index..] {
                sum += u128::from(*cost);
                let accrued = u128::from(at - start) * u128::from(refill) / u128::from(period);
                prop_assert!(sum <= u128::from(capacity) + accrued);
            }
        }
    }

    #[test]
    fn no_window_admits_more_than_its_capacity(
        (capacity, period) in (1..20_u32, 1..3 * SECOND),
        schedule in schedule(),
    ) {
        let (limits, rule) = (Limits::default(), fixed_window(0, capacity, period));
        let (mut opened, mut sum) = (None, 0);
        for (at, cost) in admitted(&limits, &rule, &schedule) {
            if opened.is_none_or(|start| at - start >= period) {
                (opened, sum) = (Some(at), 0);
            }
            sum += cost;
            prop_assert!(sum <= capacity);
        }
    }

    #[test]
    fn a_token_bucket_is_exact_for_every_accepted_number(
        (capacity, refill) in (1..u32::MAX, 1..u32::MAX),
        period in 1..=u64::MAX,
        schedule in prop::collection::vec((0..=u64::MAX / 64, any::<u32>(), 0..64_u32), 1..60),
    ) {
        let (limits, rule) = (Limits::default(), token_bucket(0, capacity, refill, period));
        let (mut now, mut anchor, mut taken) = (0_u64, 0_u64, 0_u128);
        for (gap, cost, shift) in schedule {
            now += gap >> shift;
            let (cost, refill, period) = ((cost >> (shift % 32)).clamp(1, capacity), u128::from(refill), u128::from(period));
            let accrued = u128::from(now - anchor) * refill / period;
            if accrued >= taken {
                (anchor, taken) = (now, 0);
            }
            let used = taken - accrued.min(taken);
            let admitted = used + u128::from(cost) <= u128::from(capacity);
            taken += if admitted { u128::from(cost) } else { 0 };
            let decision = limits.decide(&[charge(&rule, caller(0), cost)], now);
            let status = decision.governing.expect("an enforced rule");
            prop_assert_eq!(decision.refused, !admitted);
            prop_assert_eq!(u128::from(status.used), used + if admitted { u128::from(cost) } else { 0 });
            let full_at = u128::from(anchor) + (taken * period).div_ceil(refill);
            let resets_in = full_at - u128::from(now);
            prop_assert_eq!(u128::from(status.resets_in), resets_in.min(u64::MAX.into()));
        }
    }

    #[test]
    fn nothing_overflows_at_any_number_or_instant(
        numbers in (any::<u32>(), any::<u32>(), any::<u64>(), any::<Option<u64>>(), any::<Option<u32>>()),
        edges in (0..4_u8, 0..4_u8, 0..4_u8),
        kind in 0..3_u8,
        count_refused in any::<bool>(),
        schedule in prop::collection::vec((any::<u64>(), 0..4_u8, any::<u32>()), 1..40),
    ) {
        let (capacity, refill, period, lockout, retry_after) = numbers;
        let [capacity, refill] = [(capacity, edges.0), (refill, edges.1)].map(|(value, edge)| to_edge(value.into(), edge, u32::MAX.into()));
        let [capacity, refill] = [capacity, refill].map(|value| u32::try_from(value).expect("an edge of u32"));
        let period = to_edge(period, edges.2, u64::MAX);
        let algorithm = match kind {
            0 => Algorithm::TokenBucket { capacity, refill, period },
            1 => Algorithm::FixedWindow { capacity, period },
            _ => Algorithm::Concurrency { capacity, hold: Hold::Request },
        };
        let rule = Rule { lockout, retry_after, count_refused, ..rule(0, algorithm) };
        let (limits, mut permits) = (Limits::default(), Vec::new());
        for (now, edge, cost) in schedule {
            let now = to_edge(now, edge, u64::MAX);
            let decision = limits.decide(&[charge(&rule, caller(0), cost)], now);
            let status = decision.governing.expect("an enforced rule");
            prop_assert!(status.used <= capacity);
            prop_assert_eq!(decision.refused, decision.retry_after.is_some());
            permits.extend(decision.permits);
            limits.tenant.sweep(&|_| Some(&rule), now);
            limits.tenant.nearest(&rule, 3, now);
        }
    }

    #[test]
    fn a_reload_keeps_what_is_in_use(
        old in algorithms(),
        (capacity, refill, period) in (1..9_u32, 1..8_u32, 1..5 * SECOND),
        (schedule, pause) in (schedule(), 0..2 * SECOND),
    ) {
        let new = match old {
            Algorithm::TokenBucket { .. } => Algorithm::TokenBucket { capacity, refill, period },
            Algorithm::FixedWindow { period, .. } => Algorithm::FixedWindow { capacity, period },
            Algorithm::Concurrency { hold, .. } => Algorithm::Concurrency { capacity, hold },
        };
        let (limits, old, new) = (Limits::default(), rule(0, old), rule(0, new));
        let (mut now, mut permits) = (START, Vec::new());
        for step in schedule {
            now += step.gap;
            permits.extend(limits.decide(&[charge(&old, caller(0), step.cost)], now).permits);
        }
        now += pause;
        let used = limits.used(&old, now);
        limits.tenant.settle(&old, now);
        prop_assert_eq!(limits.used(&new, now), used);
        prop_assert_eq!(limits.peek(&[charge(&new, caller(0), 1)], now).refused, used >= capacity);
        if let Algorithm::TokenBucket { .. } = new.algorithm {
            let full = (u64::from(used) * period).div_ceil(u64::from(refill));
            prop_assert_eq!(limits.used(&new, now + full), 0);
            prop_assert!(used == 0 || limits.used(&new, now + full - 1) > 0);
        }
    }
}

/// Zero is not an accepted number, and must not cause a panic.
fn to_edge(value: u64, edge: u8, max: u64) -> u64 {
    match edge {
        0 => value % 4,
        1 => max - value % 4,
        _ => value.min(max),
    }
}

/// Runs a schedule of the first caller, and returns when what was admitted.
fn admitted(limits: &Limits, rule: &Rule, schedule: &[Step]) -> Vec<(Nanos, u32)> {
    let (mut now, mut admitted) = (START, Vec::new());
    for step in schedule {
        now += step.gap;
        let cost = step.cost.clamp(1, rule.algorithm.capacity());
        if !limits.decide(&[charge(rule, caller(0), cost)], now).refused {
            admitted.push((now, cost));
        }
    }
    admitted
}
