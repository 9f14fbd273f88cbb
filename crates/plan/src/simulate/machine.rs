//! The event loop of a run.

use std::collections::HashMap;

use super::bound::Cut;
use super::critical::Locks;
use super::depends::Depends;
use super::events::{Events, What};
use super::groups::Groups;
use super::requests::{FixedCharges, Limiter, Requests};
use super::starts;
use super::steady::Watch;
use super::system::System;
use super::tally::{Run, Tally};
use super::thread::Thread;
use super::timers;
use super::tree::{Kind, Tree};
use super::walk::Spot;
use super::{Options, Unfit};
use crate::Nanos;
use crate::model::{Action, Flow, OnError, Phase, Plan, Start, ThroughputMode, Timer};

/// A run in progress.
pub(super) struct Machine<'a, 'p> {
    pub(super) plan: &'p Plan,
    pub(super) tree: &'a Tree<'p>,
    pub(super) requests: &'a Requests,
    pub(super) system: &'a dyn System,
    pub(super) options: &'a Options,
    pub(super) events: Events,
    pub(super) threads: Vec<Thread>,
    pub(super) free: Vec<u32>,
    pub(super) groups: Groups,
    /// The spots that all threads share, one for each branch.
    pub(super) shared: Vec<Spot>,
    pub(super) timers: timers::Shared,
    pub(super) locks: Locks,
    /// How many threads meet at each synchronizing timer.
    pub(super) parties: Vec<u32>,
    pub(super) limiter: Limiter,
    pub(super) fixed: FixedCharges<'a>,
    pub(super) tally: Tally,
    pub(super) phase: Phase,
    /// The start of the main groups.
    pub(super) main: Option<Nanos>,
    pub(super) active: u32,
    /// The time of the current event.
    pub(super) now: Nanos,
    /// Whether an answer needs no event of its own: nothing that threads share depends on its time.
    pub(super) immediate: bool,
    pub(super) stopped: bool,
    /// How long after the start of the main groups the HTTP client is loaded.
    pub(super) loads: Nanos,
    pub(super) connections: u64,
    /// The connected agents of each skill group, and how many sockets each has.
    pub(super) roster: HashMap<u32, HashMap<u32, u32>>,
    pub(super) watch: Watch,
    /// Events, and questions to controllers.
    pub(super) work: u64,
    /// Model time that was jumped over.
    pub(super) skipped: Nanos,
}

impl<'a, 'p> Machine<'a, 'p> {
    pub(super) fn new(
        plan: &'p Plan,
        tree: &'a Tree<'p>,
        requests: &'a Requests,
        system: &'a dyn System,
        options: &'a Options,
    ) -> Result<Self, Unfit> {
        let threads = plan.groups.iter().map(|group| starts::threads(&group.start)).sum();
        if threads > super::MAX_THREADS {
            return Err(Unfit::Threads(threads));
        }
        let warm =
            (0..).zip(&plan.groups).any(|(i, group)| group.phase == Phase::Setup && tree.sends_http(i));
        let nodes = (0..)
            .zip(&tree.branches)
            .map(|(index, branch)| branch.node.filter(|_| requests.of_branch(index).any(|met| !met.control)));
        Ok(Self {
            plan,
            tree,
            requests,
            system,
            options,
            events: Events::default(),
            threads: Vec::new(),
            free: Vec::new(),
            groups: Groups::of(plan),
            shared: vec![Spot::default(); tree.branches.len()],
            timers: timers::Shared::of(options.seed),
            locks: Locks::new(),
            parties: timers::parties(plan, tree),
            limiter: Limiter::default(),
            fixed: FixedCharges::of(requests),
            tally: Tally::new(&requests.rules, nodes),
            phase: Phase::Setup,
            main: None,
            active: 0,
            now: 0,
            immediate: is_immediate(plan, tree),
            stopped: false,
            loads: if warm { 0 } else { options.costs.jvm_start },
            connections: 0,
            roster: HashMap::new(),
            watch: Watch::of(plan, tree, requests, options),
            work: 0,
            skipped: 0,
        })
    }

    pub(super) fn run(mut self) -> Result<Run, Unfit> {
        self.events.push(0, 0, 0, What::Phase);
        while let Some((time, _, _, thread, what)) = self.events.pop() {
            self.tally.run.cut = self.is_cut(time);
            if self.tally.run.cut.is_some() {
                break;
            }
            self.work += 1;
            self.now = time;
            match what {
                What::Phase => self.next_phase()?,
                What::Group => self.start_threads(thread as usize),
                What::Begin => self.go_on(thread, time),
                What::Answer(branch) => self.end_sample(thread, branch, time),
                What::Resume => self.resume(thread, time),
                What::Timeout => self.release(thread),
                What::Look(ticket) => self.look_again(thread, ticket),
                What::Arrive(branch) => self.arrive(thread, branch, time),
                What::Finish => self.end_thread(thread),
            }
            if self.options.until_refused && self.tally.run.refused > 0 {
                self.tally.run.cut = Some(Cut::Refusal);
                break;
            }
        }
        Ok(self.results())
    }

    /// The time at which the run is cut. A jump moves it closer.
    pub(super) fn horizon(&self) -> Nanos {
        self.main.map_or(Nanos::MAX, |main| main.saturating_add(self.options.horizon)) - self.skipped
    }

    fn results(mut self) -> Run {
        let users = self.threads.iter().filter(|thread| thread.alive && thread.sent);
        let (sent, hit) = users.fold((0, 0), |(sent, hit), thread| (sent + 1, hit + u64::from(thread.hit)));
        self.tally.run.users += sent;
        self.tally.run.users_hit += hit;
        self.tally.run.played = self.watch.played;
        self.tally.run.work = self.work;
        self.tally.run.waiting = self.timers.waiting.values().map(|all| all.len() as u64).sum();
        self.tally.run.held = self.timers.held();
        let zero = self.main.unwrap_or(0);
        self.tally.run.reached = match self.tally.run.cut {
            Some(Cut::Horizon) => self.options.horizon,
            _ => self.now.saturating_sub(zero).saturating_add(self.skipped),
        };
        self.tally.run.first_sample = self.tally.run.first_sample.map(|at| at.saturating_sub(zero));
        self.tally.run
    }

    /// Ends the test at once.
    pub(super) fn stop_now(&mut self) {
        self.stopped = true;
        self.events.clear();
    }
}

/// Whether nothing that threads share depends on the time of an answer. Then a sample needs one event.
fn is_immediate(plan: &Plan, tree: &Tree<'_>) -> bool {
    let timers = plan.timers.iter().all(|timer| match timer {
        Timer::Throughput { mode, .. } => *mode == ThroughputMode::Thread,
        Timer::Precise { .. } | Timer::Shaping(_) | Timer::Synchronize { .. } => false,
        Timer::Constant(_)
        | Timer::Random { .. }
        | Timer::Pace { .. }
        | Timer::UserStart { .. }
        | Timer::Until(_) => true,
    });
    let controllers = tree.controllers().all(|kind| Depends::of(kind) != Depends::Others);
    let groups = plan.groups.iter().all(|group| {
        let stops = matches!(group.on_error, OnError::StopTest | OnError::StopTestNow);
        !stops && !matches!(group.start, Start::Concurrency { .. } | Start::Arrivals { .. })
    });
    let samplers = tree.branches.iter().all(|branch| match branch.kind {
        Kind::Sampler(sampler) => match &sampler.action {
            Action::Http(request) => request.keep_alive,
            Action::Flow(flow) => !matches!(flow, Flow::StopTest | Flow::StopTestNow),
            _ => true,
        },
        _ => true,
    });
    timers && controllers && groups && samplers && plan.groups.iter().all(|group| group.same_user)
}
