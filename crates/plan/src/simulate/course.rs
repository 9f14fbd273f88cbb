//! The way of a thread from sample to sample: controllers, timers, the end of a thread, errors.

use super::events::What;
use super::gate::Waiting;
use super::machine::Machine;
use super::redirect::redirect;
use super::timers::{Active, Delay};
use super::walk::Walk;
use crate::Nanos;
use crate::model::{Action, Flow, OnError, Timer};

impl Machine<'_, '_> {
    /// Takes a thread to its next sampler, and schedules it. `now` may lie after the current event.
    pub(super) fn go_on(&mut self, id: u32, now: Nanos) {
        let is_stopped = self.is_stopped(id);
        let thread = &mut self.threads[id as usize];
        // JMeter looks at the end after each sample. One that waits for a lock meanwhile has another.
        let has_waited = std::mem::take(&mut thread.has_waited);
        if is_stopped || thread.is_over(now) && !has_waited {
            return self.finish(id, now);
        }
        let (found, is_round) = self.next_sampler(id, now);
        if is_round || self.stands_still(id, now) {
            return self.leave_circle(id, found, now);
        }
        match found {
            None => self.finish(id, now),
            Some(branch) if self.tree.sampler(branch).is_some() => {
                self.leave_sections(id, None, now);
                self.delay(id, branch, now, false);
            }
            // An event, not a call: a loop around it would fill the stack.
            Some(branch) if self.tree.is_step(branch) => {
                self.events.push(now.max(self.now), self.now, id, What::Resume);
            }
            Some(branch) => match self.tree.lock(branch) {
                Some(lock) => self.enter_section(id, branch, lock, now),
                None => self.send_together(id, branch, now),
            },
        }
    }

    /// The next sampler of a thread, and whether it goes round without one.
    fn next_sampler(&mut self, id: u32, now: Nanos) -> (Option<u32>, bool) {
        let most_steps = self.most_steps();
        let (tree, thread) = (self.tree, &mut self.threads[id as usize]);
        let Some((root, _)) = tree.roots.get(thread.group).copied() else { return (None, false) };
        let mut walk = Walk {
            tree,
            spots: &mut thread.spots,
            shared: &mut self.shared,
            last: thread.last,
            orders: &mut thread.orders,
            random: &mut thread.random,
            now,
            retry_at: &mut thread.retry_at,
            steps: 0,
            most_steps,
            number: thread.number,
            ends: false,
            ended: None,
        };
        let before = walk.spots.first().map(|spot| (spot.turn, spot.at));
        let found = walk.next(root);
        let found = found.filter(|_| !walk.ends);
        let is_round = walk.steps > most_steps;
        self.work += u64::from(walk.steps);
        let after = walk.spots.first().map(|spot| (spot.turn, spot.at));
        let again =
            before.zip(after).is_some_and(|(before, after)| before.0 != after.0 || after.1 < before.1);
        if again && !self.plan.groups[thread.group].same_user {
            thread.connection = None;
        }
        (found, is_round)
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
        if delay.gates.is_empty() && delay.wait > 0 && thread.end.is_some_and(|end| start > end) {
            return self.finish(id, now);
        }
        self.start_behind(delay, (id, branch), now);
    }

    /// Starts a sampler behind the timers that hold its thread.
    fn start_behind(&mut self, delay: Delay, (thread, sampler): (u32, u32), now: Nanos) {
        let Delay { wait, gates, .. } = delay;
        if gates.is_empty() {
            return self.schedule(thread, sampler, now.saturating_add(wait), now);
        }
        self.pass_gates(Waiting { thread, sampler, wait, gates, until: None }, now);
    }

    /// What the timers of a sampler beside others say. Its threads do not meet at a synchronizing timer.
    fn own_delay(&mut self, id: u32, branch: u32, now: Nanos) -> Delay {
        let Some(sampler) = self.tree.sampler(branch).filter(|sampler| !sampler.timers.is_empty()) else {
            return Delay::default();
        };
        let (plan, thread) = (self.plan, &mut self.threads[id as usize]);
        let state = &self.groups.states[thread.group];
        let active = Active { all: self.active, group: state.active, planned: state.planned };
        let mut delay = self.timers.delay(plan, (&sampler.timers, false), thread, active, now);
        delay.gates.retain(|timer| matches!(plan.timers.get(*timer as usize), Some(Timer::Shaping(_))));
        delay
    }

    /// Sends one sampler of a parallel controller after its own timers.
    pub(super) fn send_beside(&mut self, id: u32, sampler: u32, now: Nanos) {
        let delay = self.own_delay(id, sampler, now);
        self.start_behind(delay, (id, sampler), now);
    }

    /// A wait that is no sample is over.
    pub(super) fn resume(&mut self, id: u32, now: Nanos) {
        match self.threads[id as usize].resume.take() {
            Some(branch) if !self.is_stopped(id) => self.delay(id, branch, now, true),
            Some(_) => self.finish(id, now),
            None => self.go_on(id, now),
        }
    }

    /// A sample is over: its request permits are free, and its failure may change the thread's course.
    pub(super) fn end_sample(&mut self, id: u32, branch: u32, now: Nanos) {
        let thread = &mut self.threads[id as usize];
        thread.pending = thread.pending.saturating_sub(1);
        if let Some(next) = thread.queue.pop_front() {
            return self.send_beside(id, next, now);
        }
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
        let together = thread.together.take();
        let is_one_sample = together.as_ref().is_none_or(|turn| self.tree.is_one_sample(turn.parallel));
        thread.last.ok &= !(is_one_sample && together.as_ref().is_some_and(|turn| turn.failed));
        let flow = match self.plan.groups[thread.group].on_error {
            _ if thread.last.ok => None,
            OnError::Continue => None,
            OnError::NextIteration => Some(Flow::NextIteration),
            // The plugin's threads know nothing of what a failure does.
            _ if !is_one_sample => None,
            OnError::StopThread => Some(Flow::StopThread),
            OnError::StopTest => Some(Flow::StopTest),
            OnError::StopTestNow => Some(Flow::StopTestNow),
        };
        let branch = together.as_ref().map_or(branch, |turn| turn.parallel);
        match together.and_then(|turn| turn.flow).or(flow) {
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
                thread.last.ok = true;
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
