//! The groups of a plan: their phases, and the start of their threads.

use std::collections::VecDeque;

use super::arrivals::{arrivals, length};
use super::events::What;
use super::machine::Machine;
use super::random::generator;
use super::starts::{self, Life, lives};
use super::thread::Thread;
use super::{MILLI, SECOND, Unfit};
use crate::Nanos;
use crate::model::{Phase, Plan, Start};

/// The groups of a plan.
#[derive(Debug)]
pub(super) struct Groups {
    /// The groups that start together, in order.
    batches: VecDeque<(Phase, Vec<usize>)>,
    pub(super) states: Vec<GroupState>,
    /// Threads that are alive or to come, and groups whose threads are not counted yet.
    open: u64,
}

/// One group.
#[derive(Debug, Default)]
pub(super) struct GroupState {
    origin: Nanos,
    /// The threads to come and their numbers, the first last.
    coming: Vec<(Life, u32)>,
    pub(super) active: u32,
    /// How many threads it has made.
    made: u32,
    /// How many threads the group has in all, as timers count them.
    pub(super) planned: u64,
    /// Whether a thread that ends is replaced.
    replaces: bool,
    /// Whether a timer has stopped it.
    pub(super) stopped: bool,
}

impl Groups {
    pub(super) fn of(plan: &Plan) -> Self {
        let of = |phase: Phase| {
            let groups = (0..).zip(&plan.groups);
            let its: Vec<usize> = groups.filter(|(_, group)| group.phase == phase).map(|(i, _)| i).collect();
            its
        };
        let mut batches = VecDeque::from([(Phase::Setup, of(Phase::Setup))]);
        if plan.serial {
            batches.push_back((Phase::Main, Vec::new()));
            batches.extend(of(Phase::Main).into_iter().map(|group| (Phase::Main, vec![group])));
        } else {
            batches.push_back((Phase::Main, of(Phase::Main)));
        }
        batches.push_back((Phase::Teardown, of(Phase::Teardown)));
        let states = plan.groups.iter().map(|group| GroupState {
            planned: starts::threads(&group.start),
            replaces: matches!(group.start, Start::Concurrency { .. }),
            ..GroupState::default()
        });
        Self { batches, states: states.collect(), open: 0 }
    }

    /// Whether all threads have started.
    pub(super) fn all_started(&self) -> bool {
        self.states.iter().all(|state| state.coming.is_empty() && !state.replaces)
    }
}

impl Machine<'_, '_> {
    /// Starts the next groups. A test that was stopped runs no further groups.
    pub(super) fn next_phase(&mut self) -> Result<(), Unfit> {
        if self.stopped {
            return Ok(());
        }
        let Some((phase, groups)) = self.groups.batches.pop_front() else { return Ok(()) };
        self.phase = phase;
        if phase == Phase::Main {
            self.main.get_or_insert(self.now);
        }
        self.groups.open = groups.len() as u64;
        for group in &groups {
            self.open_group(*group)?;
        }
        if groups.is_empty() {
            self.events.push(self.now, self.now, 0, What::Phase);
        }
        Ok(())
    }

    fn open_group(&mut self, group: usize) -> Result<(), Unfit> {
        let plan = self.plan;
        let start = &plan.groups[group].start;
        let coming = match start {
            Start::OpenModel { .. } | Start::Arrivals { .. } => self.arriving(group)?,
            _ => lives(start, self.options.costs.thread)?,
        };
        let mut coming: Vec<(Life, u32)> = coming.into_iter().zip(0..).collect();
        // The first is taken from the end.
        coming.sort_by_key(|(life, number)| std::cmp::Reverse((life.begin, *number)));
        let first = coming.last().map_or(0, |(life, _)| life.begin);
        self.groups.open += coming.len() as u64;
        let state = &mut self.groups.states[group];
        (state.origin, state.coming) = (self.now, coming);
        self.push_group(self.now.saturating_add(first), group);
        Ok(())
    }

    fn arriving(&self, group: usize) -> Result<Vec<Life>, Unfit> {
        let start = &self.plan.groups[group].start;
        let mut random = generator(self.options.seed, !(group as u64));
        let end = match start {
            Start::OpenModel { steps, .. } => length(steps),
            Start::Arrivals { ramp, hold, .. } => ramp.saturating_add(*hold),
            _ => 0,
        };
        let life = |begin| Life { begin, made: begin, end: Some(end) };
        Ok(arrivals(start, &mut random)?.into_iter().map(life).collect())
    }

    fn push_group(&mut self, time: Nanos, group: usize) {
        self.events.push(time, self.now, u32::try_from(group).unwrap_or(u32::MAX), What::Group);
    }

    /// Starts the threads of a group that are due.
    pub(super) fn start_threads(&mut self, group: usize) {
        if self.groups.states[group].replaces {
            return self.poll(group);
        }
        loop {
            let state = &mut self.groups.states[group];
            let begin = state.coming.last().map(|(life, _)| state.origin.saturating_add(life.begin));
            match begin {
                Some(begin) if begin <= self.now => {
                    let Some((life, number)) = state.coming.pop() else { return };
                    if self.has_room(group) {
                        self.spawn(group, number, life);
                    } else {
                        self.close_one();
                    }
                }
                Some(begin) => return self.push_group(begin, group),
                None => return self.close_one(),
            }
        }
    }

    /// Whether an arrival finds fewer than the most iterations at a time.
    fn has_room(&self, group: usize) -> bool {
        let state = &self.groups.states[group];
        match self.plan.groups[group].start {
            Start::Arrivals { concurrency: Some(most), .. } => state.active < most && !state.stopped,
            _ => !self.stopped && !state.stopped,
        }
    }

    /// Looks at how many threads a Concurrency Thread Group plans.
    fn poll(&mut self, group: usize) {
        if self.top_up(group) {
            let wait = if self.groups.states[group].active == 0 { 10 * MILLI } else { SECOND };
            self.push_group(self.now + wait, group);
        } else {
            self.close_one();
        }
    }

    /// Starts the threads that a Concurrency Thread Group plans now. Returns whether the group goes on.
    fn top_up(&mut self, group: usize) -> bool {
        let Start::Concurrency { target, ramp, steps, hold } = self.plan.groups[group].start else {
            return false;
        };
        let (since, is_stopped) =
            (self.now - self.groups.states[group].origin, self.groups.states[group].stopped);
        let planned =
            starts::planned(target, ramp, steps, hold, since).filter(|_| !self.stopped && !is_stopped);
        let Some(planned) = planned else { return false };
        let active = self.groups.states[group].active;
        let end = Some(ramp.saturating_add(hold));
        for _ in active..planned {
            let state = &mut self.groups.states[group];
            let number = state.made;
            state.made = state.made.saturating_add(1);
            self.groups.open += 1;
            self.spawn(group, number, Life { begin: since, made: since, end });
        }
        true
    }

    fn spawn(&mut self, group: usize, number: u32, life: Life) {
        let spots = self.tree.roots.get(group).map_or(1, |(_, spots)| *spots);
        let purpose = ((group as u64) << 32) | u64::from(number);
        let random = generator(self.options.seed, purpose);
        let mut thread = Thread::new((group, number), spots, self.plan.timers.len(), random);
        let state = &mut self.groups.states[group];
        thread.made = state.origin.saturating_add(life.made);
        thread.end = life.end.map(|end| state.origin.saturating_add(end));
        state.active += 1;
        self.active += 1;
        let id = if let Some(id) = self.free.pop() {
            self.threads[id as usize] = thread;
            id
        } else {
            self.threads.push(thread);
            u32::try_from(self.threads.len() - 1).unwrap_or(u32::MAX)
        };
        self.events.push(self.now, self.now, id, What::Begin);
    }

    /// Ends a thread: its connections close, and its place in the group is free.
    pub(super) fn end_thread(&mut self, id: u32) {
        self.close_socket(id);
        self.leave_all_sections(id);
        let thread = &mut self.threads[id as usize];
        if !thread.alive {
            return;
        }
        thread.alive = false;
        thread.running.clear();
        thread.connection = None;
        let (group, sent, hit) = (thread.group, thread.sent, thread.hit);
        let lived = thread.made < self.now;
        self.tally.run.users += u64::from(sent);
        self.tally.run.users_hit += u64::from(sent && hit);
        self.active -= 1;
        self.groups.states[group].active -= 1;
        self.free.push(id);
        self.watch.forget();
        self.close_one();
        // A thread that took no time is replaced at the next look. If it were replaced now, time would not go on.
        if self.groups.states[group].replaces && lived {
            self.top_up(group);
        }
    }

    /// One thread or group less. After the last one the next phase begins.
    fn close_one(&mut self) {
        self.groups.open = self.groups.open.saturating_sub(1);
        if self.groups.open == 0 {
            self.events.push(self.now, self.now, 0, What::Phase);
        }
    }
}
