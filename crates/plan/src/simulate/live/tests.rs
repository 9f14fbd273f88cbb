//! A driver in model time: steps, answers, and the rows of transactions.

use super::*;
use crate::model::{Group, HttpRequest, Node, OnError, Phase, Timer};
use crate::results::Outcome;

const MILLI: Nanos = 1_000_000;
/// How long an answer takes.
const TAKES: Nanos = 10 * MILLI;

fn sampler(name: &str, action: Action, timers: &[u32]) -> Node {
    let timers = timers.iter().map(|timer| TimerId(*timer)).collect();
    let sampler = Sampler { action, timers, script_time: 0, silent: false };
    Node { name: name.into(), kind: NodeKind::Sampler(Box::new(sampler)), children: Vec::new() }
}

fn http(name: &str, timers: &[u32]) -> Node {
    sampler(name, Action::Http(HttpRequest::default()), timers)
}

fn controller(name: &str, kind: NodeKind, children: &[u32]) -> Node {
    Node { name: name.into(), kind, children: children.iter().map(|child| NodeId(*child)).collect() }
}

fn plan(
    loops: Option<u32>,
    on_error: OnError,
    children: &[u32],
    nodes: Vec<Node>,
    timers: Vec<Timer>,
) -> Plan {
    let start = Start::Threads { threads: 1, ramp: 0, delay: 0, duration: None, delayed: false };
    let children = children.iter().map(|child| NodeId(*child)).collect();
    let group =
        Group { name: "Users".into(), phase: Phase::Main, start, loops, on_error, same_user: true, children };
    Plan { groups: vec![group], nodes, timers, ..Plan::default() }
}

/// What one thread does, a line each; samples of the named samplers fail.
fn lines(plan: &Plan, end: Option<Nanos>, failing: &[&str]) -> Vec<String> {
    let map = Map::of(plan).expect("small");
    let mut together = Together::new(&map, 1);
    together.begin(0);
    let thread = Thread { group: 0, number: 0, started: 0, end };
    let (mut walker, mut now, mut lines) = (Walker::new(&map, thread, 1), 0, Vec::new());
    for _ in 0..200 {
        match walker.next(&map, &mut together, now) {
            Step::Sample { node, at } => {
                now = now.max(at);
                let name = &*plan.nodes[node.0 as usize].name;
                lines.push(format!("{} {name}", now / MILLI));
                let ok = !failing.contains(&name);
                let outcome = Outcome::Status(if ok { 200 } else { 429 });
                let sample = Sample { start: now, outcome, success: ok, received: 5, ..Sample::default() };
                now += TAKES;
                walker.answered(&map, &Answer { sample, end: now, retry_after: None });
            }
            Step::Pause { until } => now = now.max(until),
            Step::Transaction(Transaction { node, sample, samples, failed }) => {
                let (name, start) = (&plan.nodes[node.0 as usize].name, sample.start / MILLI);
                let (elapsed, code) = (sample.elapsed / MILLI, code(&sample.outcome));
                let counts = format!("{failed}/{samples} {} bytes", sample.received);
                lines.push(format!("= {name} {start} +{elapsed} {}{code} {counts}", sample.success));
            }
            Step::End { at } => {
                lines.push(format!("{} end", at / MILLI));
                return lines;
            }
            other => lines.push(format!("{other:?}")),
        }
    }
    lines
}

#[test]
fn a_thread_runs_its_samplers_in_order_with_their_timers() {
    let nodes = vec![http("a", &[0]), http("b", &[])];
    let plan = plan(Some(2), OnError::Continue, &[0, 1], nodes, vec![Timer::Constant(100 * MILLI)]);
    assert_eq!(lines(&plan, None, &[]), ["100 a", "110 b", "220 a", "230 b", "240 end"]);
}

#[test]
fn a_thread_ends_at_once_if_its_timer_leads_past_its_end() {
    let plan = plan(None, OnError::Continue, &[0], vec![http("a", &[0])], vec![Timer::Constant(100 * MILLI)]);
    assert_eq!(lines(&plan, Some(250 * MILLI), &[]), ["100 a", "210 a", "220 end"]);
}

#[test]
fn a_paced_user_waits_for_its_end_with_its_connection_open() {
    let pace = Timer::Pace { lead: 50 * MILLI, ramp: 0, pace: Some(100 * MILLI), think: 0 };
    let plan = plan(None, OnError::Continue, &[0], vec![http("a", &[0])], vec![pace]);
    assert_eq!(lines(&plan, Some(200 * MILLI), &[]), ["50 a", "150 a", "200 end"]);
}

fn code(outcome: &Outcome) -> String {
    if let Outcome::Status(code) = outcome { format!(" {code}") } else { String::new() }
}

#[test]
fn a_transaction_that_is_a_sample_has_the_code_of_the_first_failure_and_counts_as_one() {
    let parent = || NodeKind::Transaction { parent: true, with_timers: true };
    let nodes = vec![
        http("a", &[]),
        http("b", &[]),
        controller("inner", parent(), &[0, 1]),
        http("c", &[]),
        controller("outer", parent(), &[3, 2]),
    ];
    let plan = plan(Some(1), OnError::Continue, &[4], nodes, Vec::new());
    let rows = |failing| {
        let all = lines(&plan, None, failing).into_iter();
        all.filter(|line| line.starts_with('=')).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&["b"]),
        ["= inner 10 +20 false 429 1/2 10 bytes", "= outer 0 +30 false 429 1/2 15 bytes"]
    );
    assert_eq!(rows(&[]), ["= inner 10 +20 true 0/2 10 bytes", "= outer 0 +30 true 0/2 15 bytes"]);
}

#[test]
fn a_transaction_without_timers_leaves_out_the_pauses_of_one_in_it() {
    let parent = || NodeKind::Transaction { parent: true, with_timers: false };
    let nodes = vec![
        http("a", &[]),
        http("b", &[0]),
        controller("inner", parent(), &[0, 1]),
        http("c", &[]),
        controller("outer", parent(), &[3, 2]),
    ];
    let plan = plan(Some(1), OnError::Continue, &[4], nodes, vec![Timer::Constant(100 * MILLI)]);
    let rows: Vec<String> =
        lines(&plan, None, &[]).into_iter().filter(|line| line.starts_with('=')).collect();
    assert_eq!(rows, ["= inner 10 +20 true 0/2 10 bytes", "= outer 0 +30 true 0/2 15 bytes"]);
}

#[test]
fn a_transaction_ends_with_each_of_its_turns() {
    for (with_timers, second) in [(true, "+120"), (false, "+20")] {
        let kind = NodeKind::Transaction { parent: false, with_timers };
        let nodes = vec![http("a", &[]), http("b", &[0]), controller("both", kind, &[0, 1])];
        let plan = plan(Some(2), OnError::Continue, &[2], nodes, vec![Timer::Constant(100 * MILLI)]);
        assert_eq!(
            lines(&plan, None, &["b"]),
            [
                "0 a",
                "110 b",
                &format!("= both 0 {second} false 1/2 10 bytes"),
                "120 a",
                "230 b",
                &format!("= both 120 {second} false 1/2 10 bytes"),
                "240 end"
            ]
        );
    }
}

#[test]
fn a_failed_sample_changes_the_course_as_the_group_says() {
    let run = |on_error| {
        let plan = plan(Some(2), on_error, &[0, 1], vec![http("a", &[]), http("b", &[])], Vec::new());
        lines(&plan, None, &["a"])
    };
    assert_eq!(run(OnError::NextIteration), ["0 a", "10 a", "20 end"]);
    assert_eq!(run(OnError::StopThread), ["0 a", "10 end"]);
    assert_eq!(run(OnError::StopTest)[..2], ["0 a", "StopTest { at_once: false }"]);
}

#[test]
fn pauses_and_actions_are_no_samples() {
    let nodes = vec![
        http("a", &[]),
        sampler("pause", Action::Pause(30 * MILLI), &[]),
        sampler("leave", Action::Flow(crate::model::Flow::Break), &[]),
        http("never", &[]),
        controller("loop", NodeKind::Loop(None), &[0, 1, 2, 3]),
        http("b", &[]),
    ];
    let plan = plan(Some(1), OnError::Continue, &[4, 5], nodes, Vec::new());
    assert_eq!(lines(&plan, None, &[]), ["0 a", "40 b", "50 end"]);
}

#[test]
fn a_synchronizing_timer_asks_for_its_threads_and_then_starts() {
    let timer = Timer::Synchronize { threads: 0, timeout: Some(MILLI) };
    let plan = plan(Some(1), OnError::Continue, &[0], vec![http("a", &[0])], vec![timer]);
    assert_eq!(lines(&plan, None, &[])[1..], ["0 a", "10 end"]);
}

#[test]
fn iterations_are_counted() {
    let plan = plan(Some(3), OnError::Continue, &[0], vec![http("a", &[])], Vec::new());
    let map = Map::of(&plan).expect("small");
    let mut together = Together::new(&map, 1);
    let mut walker = Walker::new(&map, Thread { group: 0, number: 0, started: 0, end: None }, 1);
    for iteration in 0..3 {
        assert!(matches!(walker.next(&map, &mut together, 0), Step::Sample { .. }));
        assert_eq!(walker.iteration(), iteration);
        let sample = Sample { success: true, ..Sample::default() };
        walker.answered(&map, &Answer { sample, ..Answer::default() });
    }
}

/// How many samples some threads send that share a throughput shaping timer, driven in model time.
fn shaped(plan: &Plan, threads: u32, seed: u64) -> u64 {
    let map = Map::of(plan).expect("small");
    let mut together = Together::new(&map, seed);
    let mut walkers: Vec<Walker> = (0..threads)
        .map(|number| Walker::new(&map, Thread { group: 0, number, started: 0, end: None }, seed))
        .collect();
    // The threads that are due, with their instants; those that wait in the timer, the first first.
    let mut due: Vec<(Nanos, usize)> = (0..walkers.len()).map(|id| (0, id)).collect();
    let (mut held, mut samples) = (Vec::new(), 0);
    while let Some(&(now, id)) = due.iter().min() {
        due.retain(|(_, other)| *other != id);
        held.retain(|other| *other != id);
        match walkers[id].next(&map, &mut together, now) {
            Step::Sample { at, .. } => {
                samples += 1;
                let sample = Sample { success: true, ..Sample::default() };
                walkers[id].answered(&map, &Answer { sample, end: at + TAKES, retry_after: None });
                due.push((at + TAKES, id));
            }
            Step::Hold { until, .. } => {
                held.push(id);
                due.push((until.unwrap_or(Nanos::MAX), id));
            }
            Step::Wake { .. } => {
                let woken = held[0];
                due.retain(|(_, other)| *other != woken);
                due.extend([(now, woken), (now, id)]);
            }
            Step::Pause { until } => due.push((until, id)),
            Step::End { .. } => {}
            // Some threads still wait five seconds after the end of the schedule.
            Step::StopTest { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    samples
}

#[test]
fn threads_that_share_a_shaping_timer_send_as_many_samples_as_the_simulator_says() {
    use crate::simulate::tests::world::{bucket, limit};
    use crate::simulate::{Costs, Options, SECOND, run};
    let row = crate::model::ShapingRow { from: 10.0, to: 10.0, length: 8 * SECOND };
    for threads in [1, 7, 60] {
        let mut plan =
            plan(None, OnError::Continue, &[0], vec![http("a", &[0])], vec![Timer::Shaping(vec![row])]);
        plan.groups[0].start = Start::Threads { threads, ramp: 0, delay: 0, duration: None, delayed: false };
        for seed in 0..4 {
            let limits = limit("", vec![bucket(1000, 1)], TAKES, TAKES);
            let options = Options { costs: Costs::IDEAL, seed, ..Options::default() };
            let simulated = run(&plan, &limits, &options).expect("small").samples;
            assert!(simulated > 50 && simulated <= 90, "{simulated}");
            // Threads of one instant come in another order here.
            let driven = shaped(&plan, threads, seed);
            assert!(driven.abs_diff(simulated) <= 4, "{driven} of {simulated}, {threads} threads");
        }
    }
}
