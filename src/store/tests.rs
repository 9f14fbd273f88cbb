//! The store decides as the engine does. Needs `redis-server` or `valkey-server`, or another one that `GCMOCK_TEST_STORE`
//! names; passes with a line where there is none and none is named.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gcmock_limit::{
    Algorithm, Buckets, Charge, Decision, Elsewhere, Hold, Key, Mode, Nanos, Permit, Rule, RuleId, Scopes,
    Subject,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redis::AsyncCommands;

use self::server::Server;
use super::BucketAction;
use super::calls::{Caller, Calls};
use super::question::{Answer, BucketCharge, BucketName, Decided, Question, limit_of};

mod nodes;
mod server;

const SECOND: Nanos = 1_000_000_000;
const NODE: Caller = Caller { node: 7, sequence: 0 };

fn algorithms() -> impl Strategy<Value = Algorithm> {
    let capacity = prop_oneof![1..6_u32, Just(3000), Just(u32::MAX - 1)];
    let refill = prop_oneof![1..8_u32, Just(1_000_003), Just(u32::MAX - 1)];
    let period = prop_oneof![1..5_u64, Just(SECOND), Just(60 * SECOND), Just(SECOND / 3), Just(u64::MAX / 3)];
    let tokens = (capacity.clone(), refill, period.clone())
        .prop_map(|(capacity, refill, period)| Algorithm::TokenBucket { capacity, refill, period });
    let window =
        (capacity.clone(), period).prop_map(|(capacity, period)| Algorithm::FixedWindow { capacity, period });
    let slots = capacity.prop_map(|capacity| Algorithm::Concurrency { capacity, hold: Hold::Request });
    prop_oneof![3 => tokens, 2 => window, 1 => slots]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let lockout = prop_oneof![3 => Just(None), 1 => Just(Some(2 * SECOND)), 1 => Just(Some(u64::MAX))];
    let one = (algorithms(), lockout, any::<bool>(), prop::bool::weighted(0.2));
    prop::collection::vec(one, 1..4).prop_map(|all| {
        let rule = |(id, (algorithm, lockout, count_refused, shadow))| {
            let name = format!("limit {id}");
            let mode = if shadow { Mode::Shadow } else { Mode::Enforce };
            Rule {
                lockout,
                count_refused,
                mode,
                ..Rule::new(RuleId(id), &name, Scopes::default(), algorithm)
            }
        };
        (0..).zip(all).map(rule).collect()
    })
}

/// One request: the time that passes before it, its cost, the limits that cover it, which key, and what happens to the
/// slots of an earlier one.
#[derive(Clone, Debug)]
struct Step {
    after: Nanos,
    cost: u32,
    covered: u8,
    key: u64,
    frees: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![
        3 => Just(0),
        3 => 0..3 * SECOND,
        1 => Just(61 * SECOND),
        1 => 0..u64::MAX / 1000,
        1 => 1..20_u64,
    ];
    let cost = prop_oneof![4 => Just(1), 2 => 1..9_u32, 1 => Just(u32::MAX - 2)];
    let step = (after, cost, 1..8_u8, 0..2_u64, any::<bool>())
        .prop_map(|(after, cost, covered, key, frees)| Step { after, cost, covered, key, frees });
    prop::collection::vec(step, 1..40)
}

/// The engine and the store beside each other.
struct Pair {
    buckets: Buckets,
    home: Arc<str>,
    permits: Vec<Permit>,
    held: HashMap<BucketName, u32>,
}

impl Pair {
    fn question(&self, rules: &[Rule], step: &Step, now: Nanos) -> (Vec<usize>, Question) {
        let covered: Vec<usize> = (0..rules.len()).filter(|at| step.covered >> at & 1 == 1).collect();
        let charges = covered.iter().map(|at| asked(&charge(&rules[*at], step), &self.home)).collect();
        (covered, Question { now, refused: false, task: BucketAction::Charge, charges })
    }
}

fn asked(charge: &Charge<'_>, home: &Arc<str>) -> BucketCharge {
    BucketCharge::new(charge, home, charge.key)
}

fn charge<'r>(rule: &'r Rule, step: &Step) -> Charge<'r> {
    let made = rule.charge(&Subject::default(), |_| None).expect("the rule has no scope");
    Charge { key: Key::from_halves([step.key, 0]), cost: step.cost, ..made }
}

/// What a client sees of a decision.
fn seen(decision: &Decision<'_>) -> impl PartialEq + std::fmt::Debug + use<> {
    let governing = decision.governing.as_ref().map(|status| {
        let times = (status.resets_in, status.wait, status.exact_wait);
        (status.rule.id, status.used, status.remaining, times)
    });
    let shadowed: Vec<_> = decision.shadowed.iter().map(|rule| rule.id).collect();
    (decision.refused, decision.retry_after, governing, shadowed)
}

fn beside<'r>(
    rules: &'r [Rule],
    covered: &[usize],
    step: &Step,
    answer: &Answer,
    now: Nanos,
) -> Decision<'r> {
    let charges: Vec<_> = covered.iter().map(|at| charge(&rules[*at], step)).collect();
    let elsewhere: Vec<Option<Elsewhere>> = answer.decided.iter().copied().map(Some).collect();
    gcmock_limit::decide_beside(&Buckets::default(), None, &charges, &elsewhere, now)
}

/// Runs the steps in calls of `batch` each. Slots are given back between the calls.
async fn agree(server: &mut Calls, rules: &[Rule], steps: &[Step], batch: usize, start: Nanos) {
    let home = format!("test {}", uuid::Uuid::new_v4()).into();
    let mut pair = Pair { buckets: Buckets::default(), home, permits: Vec::new(), held: HashMap::new() };
    server.join(NODE, b"").await.expect("it joins");
    let mut now = start;
    for part in steps.chunks(batch) {
        let mut asked = Vec::new();
        for step in part {
            now = now.saturating_add(step.after);
            let (covered, question) = pair.question(rules, step, now);
            asked.push((covered, question, now));
        }
        let questions: Vec<_> = asked.iter().map(|(_, question, _)| question).collect();
        let answers = server.decide(&questions, NODE).await.expect("it answers");
        for ((step, (covered, question, now)), answer) in part.iter().zip(&asked).zip(&answers) {
            let charges: Vec<_> = covered.iter().map(|at| charge(&rules[*at], step)).collect();
            let mut expected = gcmock_limit::decide(&pair.buckets, None, &charges, *now);
            assert_eq!(
                seen(&beside(rules, covered, step, answer, *now)),
                seen(&expected),
                "{step:?} at {now}"
            );
            pair.permits.append(&mut expected.permits.drain(..).collect());
            for slots in question.charged(answer).filter(|asked| asked.takes_slots()) {
                *pair.held.entry(slots.bucket.clone()).or_default() += slots.units;
            }
        }
        if part.iter().any(|step| step.frees) && !pair.permits.is_empty() {
            pair.permits.clear();
            let freed: Vec<_> = pair.held.drain().map(|(bucket, _)| (bucket, 0)).collect();
            server.hold(NODE.node, &freed).await.expect("it writes");
        }
    }
}

/// Runs the steps, and gives each back: the levels are those of before it. Every other one is refused by another limit.
async fn undo(server: &mut Calls, rules: &[Rule], steps: &[Step], start: Nanos) {
    let home = format!("test {}", uuid::Uuid::new_v4()).into();
    let pair = Pair { buckets: Buckets::default(), home, permits: Vec::new(), held: HashMap::new() };
    let mut now = start;
    for step in steps {
        now = now.saturating_add(step.after);
        let question = Question { refused: step.frees, ..pair.question(rules, step, now).1 };
        let peek = Question { task: BucketAction::Peek, refused: false, ..question.clone() };
        let before = server.decide(&[&peek], NODE).await.expect("it answers").remove(0);
        let answer = server.decide(&[&question], NODE).await.expect("it answers").remove(0);
        if !answer.decided.iter().all(|decided| decided.admits) {
            continue;
        }
        let decided = Decided { question, answer, resets: 0 };
        let freed: Vec<_> = decided.slots().map(|asked| (asked.bucket.clone(), 0)).collect();
        server.hold(NODE.node, &freed).await.expect("it writes");
        give_back_twice(server, &decided).await;
        let after = server.decide(&[&peek], NODE).await.expect("it answers").remove(0);
        let levels = |answer: &Answer| {
            answer.decided.iter().map(|decided| (decided.level.used, decided.admits)).collect::<Vec<_>>()
        };
        assert_eq!(levels(&before), levels(&after), "{step:?} at {now}");
    }
}

/// The second time does nothing: it is not known whether a call whose answer was lost was done.
async fn give_back_twice(server: &mut Calls, decided: &Decided) {
    static GIVEN: AtomicU64 = AtomicU64::new(1);
    let made = decided.made();
    let numbered =
        made.charges.iter().map(|asked| (GIVEN.fetch_add(1, Ordering::Relaxed), asked.clone(), made.at));
    let all: Vec<_> = numbered.collect();
    for _ in 0..2 {
        server.give_back(NODE.node, &all).await.expect("it gives back");
    }
}

fn with_a_store(what: impl Fn(&tokio::runtime::Runtime, &mut Calls, (Vec<Rule>, Vec<Step>, usize, Nanos))) {
    for server in [Server::start(), Server::start_cluster()].into_iter().flatten() {
        with_this_store(&server, &what);
    }
}

fn with_this_store(
    server: &Server,
    what: &impl Fn(&tokio::runtime::Runtime, &mut Calls, (Vec<Rule>, Vec<Step>, usize, Nanos)),
) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let connected = std::cell::RefCell::new(runtime.block_on(server.connect()));
    let starts = prop_oneof![Just(1_790_000_000 * SECOND), Just(0), 0..u64::MAX / 4];
    let cases = Config { failure_persistence: None, ..Config::default() };
    let ran = TestRunner::new(cases).run(&(rules(), steps(), 1..64_usize, starts), |drawn| {
        what(&runtime, &mut connected.borrow_mut(), drawn);
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{failure}");
    }
}

#[test]
fn the_store_decides_as_the_engine_does() {
    with_a_store(|runtime, server, (rules, steps, batch, start)| {
        runtime.block_on(agree(server, &rules, &steps, batch, start));
    });
}

#[test]
fn what_is_given_back_was_never_charged() {
    with_a_store(|runtime, server, (rules, steps, _, start)| {
        runtime.block_on(undo(server, &rules, &steps, start));
    });
}

#[test]
fn a_call_from_before_its_node_connected_again_changes_nothing() {
    let Some(server) = Server::start() else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut calls = server.connect().await;
        let window = Algorithm::FixedWindow { capacity: 5, period: SECOND };
        let rule = Rule::new(RuleId(0), "limit", Scopes::default(), window);
        let asked = asked(&rule.charge(&Subject::default(), |_| None).expect("no scope"), &"home".into());
        let question = Question {
            now: 1,
            refused: false,
            task: BucketAction::Charge,
            charges: [asked].into_iter().collect(),
        };
        let call = |sequence| Caller { sequence, ..NODE };
        let answers = calls.decide(&[&question], call(1)).await.expect("it answers");
        let lease = calls.join(call(3), b"").await.expect("it connects again");
        let (sequence, bytes) = lease.last.expect("the last call");
        assert_eq!((sequence, super::question::answers([&question].into_iter(), &bytes)), (1, Some(answers)));
        let stale = calls.decide(&[&question], call(2)).await.expect_err("it is too late");
        assert!(stale.to_string().contains("connected again"), "{stale}");
        let next = calls.decide(&[&question], call(3)).await.expect("it answers");
        assert_eq!(next[0].decided[0].level.used, 2, "the call that came too late charged nothing");
    });
}

fn question(rule: &Rule, task: BucketAction) -> Question {
    let charge = rule.charge(&Subject::default(), |_| None).expect("no scope");
    let asked = asked(&charge, &"home".into());
    Question { now: 1, refused: false, task, charges: [asked].into_iter().collect() }
}

#[test]
fn a_refill_lifts_a_lockout_and_keeps_slots() {
    let Some(server) = Server::start() else { return };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let mut calls = server.connect().await;
        calls.join(NODE, b"").await.expect("it joins");
        let slots = Algorithm::Concurrency { capacity: 2, hold: Hold::Request };
        let rule =
            Rule { lockout: Some(60 * SECOND), ..Rule::new(RuleId(0), "slots", Scopes::default(), slots) };
        let mut refused = Vec::new();
        for _ in 0..3 {
            let answers =
                calls.decide(&[&question(&rule, BucketAction::Charge)], NODE).await.expect("it answers");
            refused.push(answers[0].refused);
        }
        assert_eq!(refused, [false, false, true]);
        let refill = (BucketAction::Refill, 1);
        calls.keep_up(&"home".into(), &rule, refill, 0).await.expect("it refills");
        let again = question(&rule, BucketAction::Charge);
        calls.hold(NODE.node, &[(again.charges[0].bucket.clone(), 1)]).await.expect("it frees one");
        let answers = calls.decide(&[&again, &again], NODE).await.expect("it answers");
        let refused: Vec<_> = answers.iter().map(|answer| answer.refused).collect();
        assert_eq!(refused, [false, true], "one of two is still held");
    });
}

#[test]
fn a_limit_of_another_algorithm_is_another_limit_and_goes_when_no_node_has_it() {
    let Some(server) = Server::start() else { return };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let mut calls = server.connect().await;
        calls.join(NODE, b"").await.expect("it joins");
        let window = Algorithm::FixedWindow { capacity: 1, period: SECOND };
        let slots = Algorithm::Concurrency { capacity: 1, hold: Hold::Request };
        let [window, slots] = [window, slots].map(|of| Rule::new(RuleId(0), "one", Scopes::default(), of));
        for rule in [&window, &slots] {
            let answers =
                calls.decide(&[&question(rule, BucketAction::Charge)], NODE).await.expect("it answers");
            assert!(!answers[0].refused, "each counts for itself");
        }
        let sweep = (&"home".into(), std::slice::from_ref(&slots));
        let mut count = Vec::new();
        for seconds_ago in [0, 61] {
            // As if the limits had been found earlier.
            for limit in [&window, &slots] {
                let at: u64 = redis::cmd("TIME")
                    .query_async::<(u64, u64)>(&mut calls.connection)
                    .await
                    .expect("a time")
                    .0;
                let () = calls
                    .connection
                    .hset("gcmock:{all}:limits", limit_of(limit), at - seconds_ago)
                    .await
                    .expect("it writes");
                let () = calls.connection.hset("gcmock:{all}:limits", "", at).await.expect("it writes");
            }
            calls.sweep(sweep.0, sweep.1, 0, 1).await.expect("it sweeps");
            count.push(calls.connection.hlen::<_, usize>("gcmock:{home}:buckets").await.expect("a hash"));
        }
        assert_eq!(count, [2, 1], "no node has had the window in force for a minute");
    });
}
