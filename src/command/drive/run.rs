//! A run: what its users share, and the groups in their order.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use gcmock_plan::model::{Group, NodeId, Phase, Plan, Sampler, Start, TimerId};
use gcmock_plan::simulate::live::{Map, Thread, Together, arrivals_of, lives, planned};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::exchange::Line;
use super::governor::Governor;
use super::jtl::Row;
use super::request::Prepared;
use super::tally::Outlet;
use super::target::Target;
use super::template::Template;
use super::tokens::Bearers;
use super::user::User;
use crate::time::Nanos;
use crate::time::clock::Clock;

/// Waits longer than this look at the end of the run.
const LONG: Nanos = 50_000_000;
/// How often a Concurrency Thread Group looks at its threads, and as long as none runs.
const LOOK: Nanos = 1_000_000_000;
const LOOK_IF_EMPTY: Nanos = 10_000_000;
/// Connections that an open loop keeps for later requests.
const MOST_IDLE: usize = 10_000;
/// Arrivals of a group that are under way at once. Later ones wait, and are told as late: a target that falls behind
/// would else take all memory and all files of the driver.
const MOST_AT_ONCE: u32 = 10_000;

/// What the users of a run share. Instants count from [`Self::started`].
pub(super) struct Run {
    pub(super) map: Map<'static>,
    pub(super) together: Mutex<Together>,
    pub(super) target: Target,
    /// The request of each sampler, by node.
    pub(super) requests: Vec<Option<Prepared>>,
    /// The message of each sampler that writes one, by node.
    pub(super) messages: Vec<Option<Template>>,
    /// The name of each sampler whose name is not the same in all samples, by node.
    pub(super) names: Vec<Option<Template>>,
    pub(super) bearers: Bearers,
    pub(super) governor: Governor,
    pub(super) outlet: Arc<Outlet>,
    pub(super) clock: Clock,
    /// The start of the run on that clock.
    pub(super) started: Nanos,
    /// Whether a refused request is sent again.
    pub(super) retries: bool,
    /// The longest wait for an answer.
    pub(super) patience: Duration,
    /// Connections that are not used now, if arrivals share them.
    pub(super) idle: Option<Mutex<Vec<Line>>>,
    /// Wakes the group that replaces threads that have ended.
    pub(super) user_ended: Notify,
    /// Wakes the threads that wait at a timer, by timer.
    pub(super) gates: Vec<Gate>,
}

/// The threads that wait at a timer.
#[derive(Default)]
pub(super) struct Gate {
    waiting: Mutex<u32>,
    open: Notify,
}

impl Gate {
    /// Releases all threads that wait.
    fn release(&self, waiting: &mut u32) {
        *waiting = 0;
        self.open.notify_waiters();
    }
}

impl Run {
    /// The time since the start.
    pub(super) fn now(&self) -> Nanos {
        self.clock.now().saturating_sub(self.started)
    }

    /// Waits for an instant. Returns false if the run ends before.
    pub(super) async fn wait(&self, until: Nanos) -> bool {
        let left = until.saturating_sub(self.now());
        if left == 0 {
            return true;
        }
        let sleep = tokio::time::sleep(Duration::from_nanos(left));
        if left <= LONG {
            sleep.await;
            return true;
        }
        tokio::select! {
            () = sleep => true,
            () = self.governor.stop.cancelled() => false,
        }
    }

    /// Waits until `threads` threads wait at a timer.
    pub(super) async fn gather(&self, timer: TimerId, threads: u32, timeout: Option<Nanos>) {
        let Some(gate) = self.gates.get(timer.0 as usize) else { return };
        let opened = gate.open.notified();
        {
            let mut waiting = gate.waiting.lock();
            *waiting += 1;
            if *waiting >= threads {
                return gate.release(&mut waiting);
            }
        }
        let late = self.now().saturating_add(timeout.unwrap_or(Nanos::MAX / 4));
        tokio::select! {
            () = opened => {}
            // The first thread that gives up breaks JMeter's barrier for all.
            _ = self.wait(late) => gate.release(&mut gate.waiting.lock()),
        }
    }

    /// Waits at a timer until another thread wakes this one, or until an instant.
    pub(super) async fn hold(&self, timer: TimerId, until: Option<Nanos>) {
        let Some(gate) = self.gates.get(timer.0 as usize) else { return };
        tokio::select! {
            () = gate.open.notified() => {}
            _ = self.wait(until.unwrap_or(Nanos::MAX / 4)) => {}
        }
    }

    /// Wakes the thread that has waited longest at a timer.
    pub(super) fn wake(&self, timer: TimerId) {
        if let Some(gate) = self.gates.get(timer.0 as usize) {
            gate.open.notify_one();
        }
    }

    /// Whether a group starts no further threads.
    fn is_over(&self, group: usize) -> bool {
        self.governor.ends() || self.together.lock().is_stopped(group)
    }

    /// Writes a row. If the disk is too slow, the run ends.
    pub(super) fn write(&self, mut row: Row) {
        let together = self.together.lock();
        row.sample.all_threads = together.active();
        row.group_threads = together.active_of(row.group as usize);
        drop(together);
        row.sample.start = row.sample.start.saturating_add(self.started);
        if !self.outlet.push(row) {
            self.governor.fail("the result file cannot be written as fast as samples come".to_owned());
        }
    }

    /// A user has begun.
    fn begin(&self, group: usize) {
        self.together.lock().begin(group);
        self.outlet.users.fetch_add(1, Relaxed);
    }

    /// A user has ended.
    pub(super) fn end(&self, group: usize) {
        self.together.lock().end(group);
        self.outlet.users.fetch_sub(1, Relaxed);
        self.user_ended.notify_one();
    }

    /// A connection that no arrival uses.
    pub(super) fn pooled_line(&self) -> Option<Line> {
        self.idle.as_ref()?.lock().pop()
    }

    /// Keeps a connection for a later arrival.
    pub(super) fn keep_line(&self, line: Option<Line>) {
        if let (Some(idle), Some(line)) = (&self.idle, line) {
            let mut idle = idle.lock();
            if idle.len() < MOST_IDLE {
                idle.push(line);
            }
        }
    }

    fn plan(&self) -> &'static Plan {
        self.map.plan()
    }

    fn group(&self, index: usize) -> Option<&'static Group> {
        self.plan().groups.get(index)
    }

    /// Whether a user keeps its connection from one iteration to the next.
    pub(super) fn keeps_user(&self, group: usize) -> bool {
        self.group(group).is_none_or(|group| group.same_user)
    }

    /// The sampler of a node.
    pub(super) fn sampler(&self, node: NodeId) -> Option<&'static Sampler> {
        let node = self.plan().nodes.get(node.0 as usize)?;
        super::user::sampler_of(&node.kind)
    }
}

/// Runs all groups: those before the test, the test, those after it.
pub(super) async fn play(run: &'static Run) {
    for phase in [Phase::Setup, Phase::Main, Phase::Teardown] {
        let groups: Vec<usize> = run
            .plan()
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.phase == phase)
            .map(|(index, _)| index)
            .collect();
        let serial = run.plan().serial && phase == Phase::Main;
        if serial {
            for group in groups {
                play_group(run, group).await;
            }
        } else {
            futures_util::future::join_all(groups.into_iter().map(|group| play_group(run, group))).await;
        }
    }
}

/// Runs a group until its last thread has ended.
async fn play_group(run: &'static Run, index: usize) {
    let Some(group) = run.group(index).filter(|_| !run.governor.ends()) else { return };
    let started = run.now();
    let users = TaskTracker::new();
    match &group.start {
        Start::Concurrency { .. } => concurrency(run, index, &group.start, &users).await,
        Start::Arrivals { .. } => {
            let all = arrivals_of(&group.start, seed(run, index)).unwrap_or_default();
            arrive(run, index, (started, None), all, &users).await;
        }
        Start::OpenModel { steps, .. } => {
            let length = steps.iter().fold(0, |sum: Nanos, step| sum.saturating_add(step.length));
            let end = started.saturating_add(length);
            let mut begin = started;
            let cut = run.idle.is_none().then_some(end);
            for step in steps {
                let one = Start::OpenModel { steps: vec![*step], seed: 0 };
                let all = arrivals_of(&one, seed(run, index)).unwrap_or_default();
                arrive(run, index, (begin, cut), all, &users).await;
                begin = begin.saturating_add(step.length);
            }
            run.wait(end).await;
        }
        _ => closed(run, index, &group.start, &users).await,
    }
    users.close();
    users.wait().await;
}

fn seed(run: &Run, group: usize) -> u64 {
    run.started ^ (group as u64) << 48 ^ run.now()
}

/// Threads with a closed formula.
async fn closed(run: &'static Run, group: usize, start: &Start, users: &TaskTracker) {
    let started = run.now();
    let mut all: Vec<_> = lives(start).unwrap_or_default().into_iter().zip(0..).collect();
    all.sort_by_key(|(life, _)| life.begin);
    for (life, number) in all {
        if !run.wait(started + life.begin).await || run.is_over(group) {
            return;
        }
        let end = life.end.map(|end| started.saturating_add(end));
        let thread = Thread { group, number, started, end };
        enter(run, users, thread, started + life.begin);
    }
}

/// Arrivals: each is a new thread of one iteration.
async fn arrive(
    run: &'static Run,
    group: usize,
    (begin, end): (Nanos, Option<Nanos>),
    all: Vec<Nanos>,
    users: &TaskTracker,
) {
    for (at, number) in all.into_iter().zip(0..) {
        let at = begin.saturating_add(at);
        while run.together.lock().active_of(group) >= MOST_AT_ONCE {
            run.user_ended.notified().await;
        }
        if run.now() < at && !run.wait(at).await || run.is_over(group) {
            return;
        }
        let thread = Thread { group, number, started: at, end };
        enter(run, users, thread, at);
    }
}

/// A Concurrency Thread Group: it is looked at once a second, and whenever a thread has ended.
async fn concurrency(run: &'static Run, group: usize, start: &Start, users: &TaskTracker) {
    let started = run.now();
    let mut number = 0;
    while let Some(wanted) = planned(start, run.now() - started).filter(|_| !run.is_over(group)) {
        let running = run.together.lock().active_of(group);
        for _ in running..wanted {
            let thread = Thread { group, number, started, end: over(start, started) };
            number += 1;
            enter(run, users, thread, run.now());
        }
        let pause = if wanted == 0 { LOOK_IF_EMPTY } else { LOOK };
        tokio::select! {
            waited = run.wait(run.now() + pause) => if !waited { return },
            () = run.user_ended.notified() => {}
        }
    }
}

/// The end of a Concurrency Thread Group's threads.
fn over(start: &Start, started: Nanos) -> Option<Nanos> {
    match start {
        Start::Concurrency { ramp, hold, .. } => Some(started.saturating_add(*ramp).saturating_add(*hold)),
        _ => None,
    }
}

/// Starts a user. It counts as active from here on.
fn enter(run: &'static Run, users: &TaskTracker, thread: Thread, begin: Nanos) {
    run.begin(thread.group);
    users.spawn(User::live(run, thread, begin));
}
