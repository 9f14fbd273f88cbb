//! The proof that a run repeats itself, and the jump over the repetitions.
//!
//! A run is deterministic. So once everything that decides its course is, relative to the time, what it was before, it
//! does the same again and again until something ends. The state is compared whenever one chosen thread has sent a
//! request, with a state that is kept and replaced after 1, 2, 4, 8, … comparisons (Brent's method): a repetition of any
//! length is found. The requests of one period are then counted once more for each period, and the ends move closer.
//!
//! Plans with random timers, counting controllers, WebSockets or waits for an instant are played in full.

use super::Options;
use super::depends::Depends;
use super::machine::Machine;
use super::requests::Requests;
use super::system::Wait;
use super::thread::Thread;
use super::tree::{Kind, Tree};
use super::walk::State;
use crate::Nanos;
use crate::model::{Action, NodeKind, Phase, Plan, Start, Timer};

/// Looks for a repetition.
#[derive(Debug)]
pub(super) struct Watch {
    /// Requests that were played one by one.
    pub(super) played: u64,
    /// Whether a repetition may be found.
    looks: bool,
    /// The thread whose requests are the moments of comparison.
    thread: Option<u32>,
    /// Comparisons since the state was kept, and how many it is kept for.
    compared: u64,
    kept_for: u64,
    kept: Option<Kept>,
}

/// The state of a run at an earlier time.
#[derive(Debug)]
struct Kept {
    now: Nanos,
    /// The sampler of the chosen thread. With another, no state has to be compared.
    sampler: u32,
    buckets: Vec<u64>,
    threads: Vec<u64>,
    /// The iterations of each thread.
    turns: Vec<u32>,
}

/// The most requests of one period.
const MAX_PERIOD: usize = 2_000_000;
/// The most buckets of one limit that are compared.
const MAX_BUCKETS: usize = 10_000;

impl Watch {
    pub(super) fn of(plan: &Plan, tree: &Tree<'_>, requests: &Requests, options: &Options) -> Self {
        let looks = options.skip && repeats(plan, tree, requests);
        Self { played: 0, looks, thread: None, compared: 0, kept_for: 1, kept: None }
    }

    /// A thread has ended. Another is chosen, and nothing before counts.
    pub(super) fn forget(&mut self) {
        (self.thread, self.kept, self.compared, self.kept_for) = (None, None, 0, 1);
    }
}

/// Whether nothing in the plan is drawn, counts without end, or depends on an instant.
fn repeats(plan: &Plan, tree: &Tree<'_>, requests: &Requests) -> bool {
    let timers = plan.timers.iter().all(|timer| {
        matches!(
            timer,
            Timer::Constant(_) | Timer::Throughput { .. } | Timer::Pace { .. } | Timer::UserStart { .. }
        )
    });
    // The rows that are next are a part of the state.
    let is_state = |kind: &NodeKind| matches!(kind, NodeKind::Rows(_));
    let controllers = tree.controllers().all(|kind| Depends::of(kind) == Depends::Nothing || is_state(kind));
    let starts = plan.groups.iter().all(|group| {
        matches!(group.start, Start::Threads { .. } | Start::Ultimate(_) | Start::Stepping { .. })
    });
    let samplers = tree.branches.iter().all(|branch| match branch.kind {
        Kind::Sampler(sampler) => {
            !matches!(sampler.action, Action::SocketOpen(_) | Action::SocketMessage(_) | Action::SocketClose)
        }
        _ => true,
    });
    let drawn = requests.all().any(|met| matches!(met.wait, Wait::Asked { random: true, .. }));
    let connections = requests.all().any(super::system::Met::counts_connections);
    timers && controllers && starts && samplers && !drawn && !connections
}

impl Machine<'_, '_> {
    /// Compares the state after a request of the chosen thread.
    pub(super) fn look_for_repetition(&mut self, id: u32) {
        if !self.watch.looks || self.phase != Phase::Main || self.stopped || !self.groups.all_started() {
            return;
        }
        if *self.watch.thread.get_or_insert(id) != id || !self.threads[id as usize].alive {
            return;
        }
        if self.tally.log.as_ref().is_some_and(|log| log.len() > MAX_PERIOD) {
            (self.watch.looks, self.tally.log) = (false, None);
            return;
        }
        if let Some(kept) = self.watch.kept.take() {
            if kept.sampler == self.threads[id as usize].sampler && self.is_as_it_was(&kept) {
                return self.jump(&kept);
            }
            self.watch.kept = Some(kept);
            self.watch.compared += 1;
        }
        if self.watch.kept.is_none() || self.watch.compared >= self.watch.kept_for {
            self.watch.kept_for = self.watch.kept_for.saturating_mul(2);
            self.watch.compared = 0;
            self.watch.kept = Some(Kept {
                now: self.now,
                sampler: self.threads[id as usize].sampler,
                buckets: self.buckets(),
                threads: self.state_of_threads(),
                turns: self.threads.iter().map(Thread::turns).collect(),
            });
            self.tally.log = Some(Vec::new());
        }
    }

    fn is_as_it_was(&mut self, kept: &Kept) -> bool {
        kept.buckets == self.buckets() && self.watch.looks && kept.threads == self.state_of_threads()
    }

    /// The state of all buckets. What is used and when it is full again determine a bucket.
    fn buckets(&mut self) -> Vec<u64> {
        let mut state = Vec::new();
        for rule in &self.requests.rules {
            for buckets in [&self.limiter.server, &self.limiter.tenant] {
                let mut views = buckets.nearest(rule, MAX_BUCKETS, self.now);
                self.watch.looks &= views.len() < MAX_BUCKETS;
                views.sort_unstable_by_key(|view| view.key);
                for view in views {
                    state.extend([view.key.wide(), view.key.client().into(), view.key.user().into()]);
                    state.extend([view.key.endpoint(), view.key.edge(), view.used].map(u64::from));
                    state.extend([view.resets_in, u64::from(view.locked)]);
                }
            }
        }
        state
    }

    /// The state of all threads and the events to come, relative to the time.
    fn state_of_threads(&mut self) -> Vec<u64> {
        // To read and compare a thread costs about half a step.
        self.work += self.threads.len() as u64 / 2;
        let mut state = Vec::with_capacity(self.threads.len() * 24);
        self.timers.state(self.now, &mut state);
        let rows = self.tree.branches.iter().filter(|branch| branch.is_shared_set());
        state.extend(rows.filter_map(|branch| self.shared.get(branch.counter)).map(|spot| spot.extra));
        for thread in &self.threads {
            thread.state(self.now, self.plan.groups[thread.group].loops.is_some(), &mut state);
        }
        let mut events: Vec<_> = self.events.iter().collect();
        events.sort_unstable();
        for (time, known, _, thread, what) in events {
            let (what, branch) = what.code();
            state.extend([time.wrapping_sub(self.now), known.wrapping_sub(self.now)]);
            state.extend([u64::from(*thread), what, branch]);
        }
        state
    }

    /// Jumps over all whole periods before the first end of a thread. Two periods are left for what is already known
    /// of the time to come.
    fn jump(&mut self, kept: &Kept) {
        self.watch.looks = false;
        let period = self.now - kept.now;
        let log = self.tally.log.take().unwrap_or_default();
        let left = |end: Nanos| (end.saturating_sub(self.now) / period.max(1)).saturating_sub(2);
        let horizon = left(self.horizon());
        let alive = || self.threads.iter().zip(&kept.turns).filter(|(thread, _)| thread.alive);
        let by_end = alive().filter_map(|(thread, _)| thread.end).map(left).min().unwrap_or(horizon);
        let by_turns = alive().filter_map(|(thread, turns)| {
            let count = self.plan.groups[thread.group].loops?;
            let each = thread.turns().checked_sub(*turns).filter(|each| *each > 0)?;
            Some(u64::from(count.saturating_sub(thread.turns()) / each).saturating_sub(2))
        });
        let times = horizon.min(by_end).min(by_turns.min().unwrap_or(horizon));
        let length = times.saturating_mul(period);
        // A run that ends at the first refusal has none in its period: only the counts matter.
        let replayed = if self.options.until_refused { 0 } else { times };
        self.tally.run.samples += log.len() as u64 * (times - replayed);
        for time in 1..=replayed {
            for decided in &log {
                self.tally.repeat(*decided, time * period);
            }
        }
        self.skip(length, kept, times);
    }

    /// Moves the ends closer, and what is counted later by the same time later.
    fn skip(&mut self, length: Nanos, kept: &Kept, times: u64) {
        for (thread, turns) in self.threads.iter_mut().zip(&kept.turns) {
            thread.end = thread.end.map(|end| end.saturating_sub(length));
            if self.plan.groups[thread.group].loops.is_some() {
                let each = u64::from(thread.turns().saturating_sub(*turns));
                thread.add_turns(u32::try_from(each.saturating_mul(times)).unwrap_or(u32::MAX));
            }
        }
        self.skipped = length;
        self.tally.later = length;
        self.tally.run.skipped = length;
    }
}

impl Thread {
    /// Iterations of its group that are over.
    fn turns(&self) -> u32 {
        self.spots.first().map_or(0, |spot| spot.turn)
    }

    fn add_turns(&mut self, turns: u32) {
        if let Some(spot) = self.spots.first_mut() {
            spot.turn = spot.turn.saturating_add(turns);
        }
    }

    /// What decides its course, relative to the time.
    fn state(&self, now: Nanos, counts: bool, state: &mut Vec<u64>) {
        state.push(self.alive.into());
        if !self.alive {
            return;
        }
        let since = |at: Option<Nanos>| at.map_or([0, 0], |at| [1, now.wrapping_sub(at)]);
        for (index, spot) in self.spots.iter().enumerate() {
            let turn = if index == 0 && counts { u32::from(spot.turn > 0) } else { spot.turn };
            let inside = match spot.state {
                State::Fresh => 0,
                State::Inside => 1,
                State::Served => 2,
                State::Barred => 3,
                State::Gone => 4,
            };
            let inside = inside + 8 * u64::from(spot.decided);
            state.extend([(u64::from(spot.at) << 32) | u64::from(turn), inside, spot.extra]);
        }
        self.due.iter().for_each(|due| state.extend(since(*due)));
        state.extend(since(self.last.retry_after));
        state.extend(since(self.retry_at));
        state.extend([self.last.ok.into(), now.wrapping_sub(self.answered), self.pending.into()]);
        state.extend([u64::from(self.connects), self.sampler.into()]);
        state.extend(self.resume.map_or([0, 0], |branch| [1, branch.into()]));
        state.extend(since(self.connection.as_ref().map(|connection| connection.since)));
        let kept = self.connection.iter().flat_map(|connection| &connection.permits);
        for permit in kept.chain(&self.running) {
            state.extend([u64::from(permit.rule().0), permit.key().wide()]);
        }
    }
}
