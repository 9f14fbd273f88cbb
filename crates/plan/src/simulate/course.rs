//! The way of a thread from sample to sample: controllers, timers, the end of a thread, errors.

use super::events::What;
use super::machine::Machine;
use super::redirect::redirect;
use super::timers::{Active, Delay, Waiting};
use super::walk::Walk;
use crate::Nanos;
use crate::model::{Action, Flow, OnError, Timer};

impl Machine<'_, '_> {
    /// Takes a thread to its next sampler, and schedules it. `now` may lie after the current event.
    pub(super) fn go_on(&mut self, id: u32, now: Nanos) {
        if self.stopped || self.threads[id as usize].is_over(now) {
            return self.finish(id, now);
        }
        match self.next_sampler(id, now) {
            None => self.finish(id, now),
            Some(branch) if self.tree.sampler(branch).is_some() => self.delay(id, branch, now, false),
            Some(parallel) => self.send_together(id, parallel, now),
        }
    }

    fn next_sampler(&mut self, id: u32, now: Nanos) -> Option<u32> {
        let (tree, thread) = (self.tree, &mut self.threads[id as usize]);
        let (root, _) = *tree.roots.get(thread.group)?;
        let mut walk = Walk {
            tree,
            spots: &mut thread.spots,
            shared: &mut self.shared,
            last: thread.last,
            random: &mut thread.random,
            now,
            retry_at: &mut thread.retry_at,
            steps: 0,
            ended: None,
        };
        let before = walk.spots.first().map(|spot| (spot.turn, spot.at));
        let found = walk.next(root);
        let after = walk.spots.first().map(|spot| (spot.turn, spot.at));
        let again =
            before.zip(after).is_some_and(|(before, after)| before.0 != after.0 || after.1 < before.1);
        if again && !self.plan.groups[thread.group].same_user {
            thread.connection = None;
        }
        found
    }

    /// Asks the timers of a sampler and schedules it.
    pub(super) fn delay(&mut self, id: u32, branch: u32, now: Nanos, resumed: bool) {
        let Some(sampler) = self.tree.sampler(branch) else { return self.finish(id, now) };
        let (plan, thread) = (self.plan, &mut self.threads[id as usize]);
        let state = &self.groups.states[thread.group];
        let active = Active { all: self.active, group: state.active, planned: state.planned };
        let delay = match sampler.timers.as_slice() {
            [] => Delay { wait: thread.retry_at.map_or(0, |at| at.saturating_sub(now)), ..Delay::default() },
            timers => self.timers.delay(plan, (timers, resumed), thread, active, now),
        };
        let start = now.saturating_add(delay.wait);
        if delay.stays {
            let end = thread.end.unwrap_or(now).max(now);
            return self.finish(id, end);
        }
        if delay.asks_again {
            thread.resume = Some(branch);
            return self.events.push(start, now, id, What::Resume);
        }
        if thread.end.is_some_and(|end| start > end) {
            return self.finish(id, now);
        }
        if delay.ends_test {
            self.stopped = true;
            return self.finish(id, now);
        }
        match delay.meets {
            Some(timer) => {
                self.meet(timer, Waiting { thread: id, sampler: branch, wait: delay.wait, since: now });
            }
            None => self.schedule(id, branch, start, now),
        }
    }

    /// A thread waits at a synchronizing timer until enough are there.
    fn meet(&mut self, timer: u32, waiting: Waiting) {
        let Some(Timer::Synchronize { threads, timeout }) = self.plan.timers.get(timer as usize) else {
            return;
        };
        let group = self.threads[waiting.thread as usize].group;
        let needed = if *threads == 0 { self.groups.states[group].planned } else { u64::from(*threads) };
        let all = self.timers.waiting.entry(timer).or_default();
        all.push(waiting);
        if all.len() as u64 >= needed {
            self.release_all(timer);
        } else if let Some(timeout) = timeout {
            self.events.push(self.now.saturating_add(*timeout), self.now, timer, What::Timeout);
        }
    }

    /// Releases the threads of a synchronizing timer whose first has waited long enough.
    pub(super) fn release(&mut self, timer: u32) {
        let Some(Timer::Synchronize { timeout: Some(timeout), .. }) = self.plan.timers.get(timer as usize)
        else {
            return;
        };
        let first = self.timers.waiting.get(&timer).and_then(|all| all.first());
        if first.is_some_and(|first| first.since.saturating_add(*timeout) <= self.now) {
            self.release_all(timer);
        }
    }

    fn release_all(&mut self, timer: u32) {
        for waiting in self.timers.waiting.remove(&timer).unwrap_or_default() {
            self.schedule(waiting.thread, waiting.sampler, self.now.saturating_add(waiting.wait), self.now);
        }
    }

    /// A wait that is no sample is over.
    pub(super) fn resume(&mut self, id: u32, now: Nanos) {
        match self.threads[id as usize].resume.take() {
            Some(branch) if !self.stopped => self.delay(id, branch, now, true),
            Some(_) => self.finish(id, now),
            None => self.go_on(id, now),
        }
    }

    /// A sample is over: its request permits are free, and its failure may change the thread's course.
    pub(super) fn end_sample(&mut self, id: u32, branch: u32, now: Nanos) {
        let thread = &mut self.threads[id as usize];
        thread.pending = thread.pending.saturating_sub(1);
        if thread.pending > 0 {
            return;
        }
        thread.running.clear();
        thread.answered = now;
        let keeps = match self.tree.sampler(branch).map(|sampler| &sampler.action) {
            Some(Action::Http(request)) => request.keep_alive,
            _ => true,
        };
        if !keeps {
            thread.connection = None;
        }
        let flow = match self.plan.groups[thread.group].on_error {
            _ if thread.last.ok => None,
            OnError::Continue => None,
            OnError::NextIteration => Some(Flow::NextIteration),
            OnError::StopThread => Some(Flow::StopThread),
            OnError::StopTest => Some(Flow::StopTest),
            OnError::StopTestNow => Some(Flow::StopTestNow),
        };
        match flow {
            None => self.go_on(id, now),
            Some(flow) => self.change_course(id, branch, flow, now),
        }
    }

    pub(super) fn change_course(&mut self, id: u32, branch: u32, flow: Flow, now: Nanos) {
        match flow {
            Flow::StopThread => self.finish(id, now),
            Flow::StopTest => {
                self.stopped = true;
                self.finish(id, now);
            }
            Flow::StopTestNow => self.stop_now(),
            Flow::NextIteration | Flow::Continue | Flow::Break => {
                let thread = &mut self.threads[id as usize];
                if redirect(self.tree, &mut thread.spots, branch, flow) {
                    self.finish(id, now);
                } else {
                    self.go_on(id, now);
                }
            }
        }
    }

    /// Ends a thread at `at`. What it holds is free then, not before.
    pub(super) fn finish(&mut self, id: u32, at: Nanos) {
        if at > self.now {
            self.events.push(at, self.now, id, What::Finish);
        } else {
            self.end_thread(id);
        }
    }
}
