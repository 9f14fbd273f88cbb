//! Controllers, against what `JMeter` does.

use proptest::prelude::*;

use super::world::{Limits, Made, http, ideal};
use crate::model::{Action, Child, Flow, NodeId, NodeKind, OnError, Plan, Rows, Share};
use crate::simulate::{MAX_BRANCHES, MILLI, Met, Options, Run, Unfit, Wait, run};

/// Each path is sent without a limit, and takes a millisecond.
fn open(paths: &[&'static str]) -> Limits {
    let wait = Wait::Fixed { admitted: MILLI, refused: MILLI };
    Limits(paths.iter().map(|path| (*path, Met { wait, ..Met::default() })).collect())
}

/// How often each sampler was sent, in the order of the plan.
fn counts(plan: &Plan) -> Vec<u64> {
    let run = ideal(plan, &open(&["/a", "/b", "/c"]));
    run.samplers.iter().map(|sampler| sampler.samples).collect()
}

/// A group of one thread and `loops` iterations of what `build` makes.
fn plan(loops: u32, build: impl FnOnce(&mut Made) -> Vec<NodeId>) -> Plan {
    let mut made = Made::new(1, 0, None, Some(loops));
    let children = build(&mut made);
    made.of(children)
}

/// A controller around one sampler, in a group of `loops` iterations: how often the sampler runs.
fn runs(loops: u32, kind: NodeKind) -> u64 {
    let plan = plan(loops, |made| {
        let sampler = made.http("/a", vec![]);
        vec![made.node("controller", kind, vec![sampler])]
    });
    counts(&plan)[0]
}

#[test]
fn loops_multiply_and_a_once_only_controller_runs_in_the_first_iteration() {
    assert_eq!(runs(3, NodeKind::Loop(Some(4))), 12);
    assert_eq!(runs(3, NodeKind::Loop(Some(0))), 0);
    assert_eq!(runs(3, NodeKind::OnceOnly), 1);
    assert_eq!(runs(3, NodeKind::Never), 0);
    assert_eq!(runs(3, NodeKind::Sequence), 3);
    assert_eq!(runs(3, NodeKind::Total { runs: 2, per_thread: true }), 2);
    let nested = plan(3, |made| {
        let sampler = made.http("/a", vec![]);
        let once = made.node("once", NodeKind::OnceOnly, vec![sampler]);
        vec![made.node("loop", NodeKind::Loop(Some(5)), vec![once])]
    });
    assert_eq!(counts(&nested), [3], "once in each entry of the loop");
}

#[test]
fn an_interleaving_controller_runs_the_next_child_at_each_turn() {
    let plan = |one_sampler| {
        plan(7, |made| {
            let [a, b, c] = ["/a", "/b", "/c"].map(|path| made.http(path, vec![]));
            let both = made.node("both", NodeKind::Sequence, vec![b, c]);
            let kind = NodeKind::Interleave { across_threads: false, one_sampler };
            vec![made.node("interleave", kind, vec![a, both])]
        })
    };
    assert_eq!(counts(&plan(false)), [4, 3, 3]);
    assert_eq!(counts(&plan(true)), [4, 2, 1]);
}

#[test]
fn an_interleaving_controller_finds_the_next_of_many_children_at_once() {
    const CHILDREN: u32 = 40_000;
    let plan = plan(CHILDREN, |made| {
        let children = (0..CHILDREN).map(|_| made.http("/a", vec![])).collect();
        let kind = NodeKind::Interleave { across_threads: false, one_sampler: false };
        vec![made.node("interleave", kind, children)]
    });
    assert!(counts(&plan).iter().all(|count| *count == 1));
}

#[test]
fn controllers_find_the_next_of_many_controllers_at_once() {
    const CHILDREN: u32 = 10_000;
    let sent = |kind: &NodeKind, turns| {
        let plan = plan(turns, |made| {
            let full = |made: &mut Made| {
                let sampler = made.http("/a", vec![]);
                made.node("full", NodeKind::Sequence, vec![sampler])
            };
            let children = (0..CHILDREN).map(|at| {
                if at % 2 == 0 { full(made) } else { made.node("empty", NodeKind::Sequence, vec![]) }
            });
            let children = children.collect();
            vec![made.node("controller", kind.clone(), children)]
        });
        counts(&plan).iter().sum::<u64>()
    };
    let interleave = |one_sampler| NodeKind::Interleave { across_threads: false, one_sampler };
    let random = NodeKind::Random { one_sampler: false };
    let all = [interleave(false), interleave(true), random].map(|kind| sent(&kind, CHILDREN));
    assert_eq!(all, [u64::from(CHILDREN); 3]);
    assert_eq!(sent(&NodeKind::RandomOrder, 2), u64::from(CHILDREN));
}

#[test]
fn a_random_controller_runs_one_child_and_a_random_order_all() {
    let plan = |kind: NodeKind| {
        plan(100, |made| {
            let children = ["/a", "/b", "/c"].map(|path| made.http(path, vec![])).to_vec();
            vec![made.node("controller", kind, children)]
        })
    };
    let random = counts(&plan(NodeKind::Random { one_sampler: false }));
    assert_eq!(random.iter().sum::<u64>(), 100);
    assert!(random.iter().all(|count| *count > 15), "{random:?}");
    assert_eq!(counts(&plan(NodeKind::RandomOrder)), [100, 100, 100]);
    assert_eq!(counts(&plan(NodeKind::Switch(Child::At(1)))), [0, 100, 0]);
    assert_eq!(counts(&plan(NodeKind::Parallel { most: None, is_sample: false })), [100, 100, 100]);
}

#[test]
fn a_parallel_controller_sends_no_more_than_its_limit_at_a_time() {
    let lasts = |most| {
        let plan = plan(10, |made| {
            let children = ["/a", "/b", "/c"].map(|path| made.http(path, vec![])).to_vec();
            vec![made.node("controller", NodeKind::Parallel { most, is_sample: false }, children)]
        });
        assert_eq!(counts(&plan), [10, 10, 10]);
        ideal(&plan, &open(&["/a", "/b", "/c"])).reached / MILLI
    };
    assert_eq!([lasts(None), lasts(Some(3)), lasts(Some(2)), lasts(Some(1))], [10, 10, 20, 30]);
}

#[test]
fn loops_without_a_sampler_below_a_parallel_controller_take_no_time() {
    let plan = plan(10, |made| {
        let inner = made.node("inner", NodeKind::Loop(Some(u32::MAX)), vec![]);
        let outer = made.node("outer", NodeKind::Loop(Some(u32::MAX)), vec![inner]);
        let child = made.http("/a", vec![]);
        vec![made.node("controller", NodeKind::Parallel { most: None, is_sample: false }, vec![outer, child])]
    });
    assert_eq!(counts(&plan), [10]);
}

#[test]
fn samplers_of_a_parallel_controller_wait_for_their_own_timers() {
    let plan = plan(10, |made| {
        let timer = made.timer(crate::model::Timer::Constant(4 * MILLI));
        let children = [("/a", vec![timer]), ("/b", vec![])].map(|(path, timers)| made.http(path, timers));
        vec![made.node(
            "controller",
            NodeKind::Parallel { most: Some(1), is_sample: false },
            children.to_vec(),
        )]
    });
    assert_eq!(ideal(&plan, &open(&["/a", "/b", "/c"])).reached / MILLI, 60);
}

#[test]
fn a_weighted_switch_draws_in_proportion() {
    let plan = plan(1000, |made| {
        let children = ["/a", "/b", "/c"].map(|path| made.http(path, vec![])).to_vec();
        vec![made.node("weighted", NodeKind::Weighted { weights: vec![5, 3, 2], drawn: true }, children)]
    });
    let counts = counts(&plan);
    assert_eq!(counts.iter().sum::<u64>(), 1000);
    assert!(counts.iter().zip([500, 300, 200]).all(|(count, mean)| count.abs_diff(mean) < 60), "{counts:?}");
}

#[test]
fn a_weighted_switch_passes_over_many_children_that_run_nothing() {
    const MANY: usize = 50_000;
    let plan = plan(1, |made| {
        let mut children: Vec<_> =
            (0..MANY).map(|_| made.node("empty", NodeKind::Sequence, vec![])).collect();
        children.push(made.http("/a", vec![]));
        let weights = [vec![1], vec![0; MANY]].concat();
        vec![made.node("weighted", NodeKind::Weighted { weights, drawn: false }, children)]
    });
    assert_eq!(counts(&plan), [0], "the turn is the first child's");
}

#[test]
fn the_weights_of_a_switch_are_bounded_as_its_children_are() {
    let weighted = |rows| {
        plan(1, |made| {
            let weights = vec![1; rows];
            vec![made.node("weighted", NodeKind::Weighted { weights, drawn: false }, vec![])]
        })
    };
    let check = |rows| run(&weighted(rows), &open(&[]), &Options::default()).map(|_| ());
    assert_eq!([check(10), check(MAX_BRANCHES)], [Ok(()), Err(Unfit::Branches)]);
}

#[test]
fn actions_change_the_course_of_a_thread() {
    let plan = |flow| {
        plan(5, |made| {
            let [a, b, c] = ["/a", "/b", "/c"].map(|path| made.http(path, vec![]));
            let action = made.sampler("action", Action::Flow(flow), vec![]);
            let inner = made.node("loop", NodeKind::Loop(Some(2)), vec![a, action, b]);
            vec![inner, c]
        })
    };
    assert_eq!(counts(&plan(Flow::Continue)), [10, 0, 5]);
    assert_eq!(counts(&plan(Flow::Break)), [5, 0, 5]);
    assert_eq!(counts(&plan(Flow::NextIteration)), [5, 0, 0]);
    assert_eq!(counts(&plan(Flow::StopThread)), [1, 0, 0]);
    assert_eq!(counts(&plan(Flow::StopTestNow)), [1, 0, 0]);
}

#[test]
fn a_failed_sample_starts_the_next_iteration_or_ends_the_thread() {
    let sent = |on_error| {
        let mut plan = plan(4, |made| ["/a", "/b", "/c"].map(|path| made.http(path, vec![])).to_vec());
        plan.groups[0].on_error = on_error;
        let mut limits = open(&["/a", "/b", "/c"]);
        limits.0[1].1.fails = true;
        let run: Run = ideal(&plan, &limits);
        run.samplers.iter().map(|sampler| sampler.samples).collect::<Vec<_>>()
    };
    assert_eq!(sent(OnError::Continue), [4, 4, 4]);
    assert_eq!(sent(OnError::NextIteration), [4, 4, 0]);
    assert_eq!(sent(OnError::StopThread), [1, 1, 0]);
    assert_eq!(sent(OnError::StopTest), [1, 1, 0]);
}

#[test]
fn a_loop_around_nothing_ends_its_thread() {
    let empty = plan(1, |made| vec![made.node("loop", NodeKind::Loop(None), vec![])]);
    assert_eq!(ideal(&empty, &open(&[])).samples, 0);
    let silent = plan(1, |made| {
        let script = made.sampler("script", Action::Other { takes: 0 }, vec![]);
        vec![made.node("loop", NodeKind::Loop(None), vec![script])]
    });
    let run = ideal(&silent, &open(&[]));
    assert_eq!((run.cut, run.circles.threads, &*run.circles.name), (None, 1, "loop"));
}

#[test]
fn one_thread_at_a_time_is_in_a_critical_section() {
    let mut made = Made::new(3, 0, None, Some(2));
    let inside = made.http("/a", vec![]);
    let section = made.node("section", NodeKind::Critical { lock: 0 }, vec![inside]);
    let plan = made.of(vec![section]);
    let run = ideal(&plan, &open(&["/a"]));
    // Each of the six turns waits for the millisecond of the one before.
    assert_eq!((run.samples, run.length), (6, 5 * MILLI));
}

#[test]
fn a_thread_that_waits_for_a_section_at_its_end_has_one_more_sample() {
    let mut made = Made::new(4, 0, Some(1001 * MILLI), None);
    let (before, after) = (made.http("/a", vec![]), made.http("/b", vec![]));
    let pause = made.sampler("pause", Action::Pause(500 * MILLI), vec![]);
    let section = made.node("section", NodeKind::Critical { lock: 0 }, vec![before, pause, after]);
    let plan = made.of(vec![section]);
    let run = ideal(&plan, &open(&["/a", "/b"]));
    let sent: Vec<u64> = run.samplers.iter().filter(|it| it.samples > 0).map(|it| it.samples).collect();
    // The second pause is cut, and its thread ends. The others come in one after the other.
    assert_eq!(sent, [2 + 3, 1]);
}

/// A data set of five rows that ends threads.
const fn data_set(share: Share) -> Rows {
    Rows { set: 0, count: 5, empty: Vec::new(), share, recycles: false, stops: true, variable: None }
}

#[test]
fn the_rows_of_a_data_set_are_shared_as_it_says() {
    let sent = |share| {
        let mut made = Made::new(3, 0, None, None);
        let rows = made.node("rows", NodeKind::Rows(Box::new(data_set(share))), vec![]);
        let sampler = made.http("/a", vec![]);
        ideal(&made.of(vec![rows, sampler]), &open(&["/a"])).samples
    };
    assert_eq!([sent(Share::All), sent(Share::Group), sent(Share::Thread)], [5, 5, 15]);
}

#[test]
fn a_controller_that_contains_itself_is_refused() {
    let mut made = Made::new(1, 0, None, Some(1));
    let node = made.node("loop", NodeKind::Sequence, vec![NodeId(0)]);
    let plan = made.of(vec![node]);
    let run = crate::simulate::run(&plan, &open(&[]), &crate::simulate::Options::default());
    assert_eq!(run.err(), Some(crate::simulate::Unfit::Depth));
}

/// The turns that a Throughput Controller of this percentage runs, counted naively.
fn by_hand(turns: u32, percent: f64) -> u64 {
    let mut runs: u32 = 0;
    for turn in 0..turns {
        if f64::from(100 * runs + 50) / (f64::from(turn) + 1.0) < percent {
            runs += 1;
        }
    }
    runs.into()
}

/// A tree of sequences, loops and conditions, and how often it sends in one turn.
#[derive(Clone, Debug)]
enum Shape {
    Send,
    Loop(u32, Vec<Self>),
    Sequence(Vec<Self>),
    Never(Vec<Self>),
}

impl Shape {
    fn sends(&self) -> u64 {
        let all = |shapes: &[Self]| shapes.iter().map(Self::sends).sum::<u64>();
        match self {
            Self::Send => 1,
            Self::Loop(count, shapes) => u64::from(*count) * all(shapes),
            Self::Sequence(shapes) => all(shapes),
            Self::Never(_) => 0,
        }
    }

    fn build(&self, made: &mut Made) -> NodeId {
        let of = |made: &mut Made, kind, shapes: &[Self]| {
            let children = shapes.iter().map(|shape| shape.build(made)).collect();
            made.node("controller", kind, children)
        };
        match self {
            Self::Send => made.sampler("send", http("/a"), vec![]),
            Self::Loop(count, shapes) => of(made, NodeKind::Loop(Some(*count)), shapes),
            Self::Sequence(shapes) => of(made, NodeKind::Sequence, shapes),
            Self::Never(shapes) => of(made, NodeKind::Never, shapes),
        }
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    Just(Shape::Send).prop_recursive(4, 24, 4, |inner| {
        let some = prop::collection::vec(inner, 0..4);
        prop_oneof![
            (0..4_u32, some.clone()).prop_map(|(count, shapes)| Shape::Loop(count, shapes)),
            some.clone().prop_map(Shape::Sequence),
            some.prop_map(Shape::Never),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_percentage_runs_the_turns_that_jmeter_runs(turns in 1..200_u32, percent in 0.0..110.0_f64) {
        let kind = NodeKind::Percent { percent, per_thread: true };
        prop_assert_eq!(runs(turns, kind), by_hand(turns, percent));
    }

    #[test]
    fn loops_and_sequences_send_as_often_as_they_say(shape in shape(), loops in 0..5_u32) {
        let plan = plan(loops, |made| vec![shape.build(made)]);
        let run = ideal(&plan, &open(&["/a"]));
        prop_assert_eq!(run.samples, u64::from(loops) * shape.sends());
    }
}
