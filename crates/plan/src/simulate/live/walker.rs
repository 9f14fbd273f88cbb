//! The way of one thread through its plan: controllers, then timers, then the sampler; errors, and the rows of
//! transactions.

use std::sync::Arc;

use super::open::Open;
use super::{Answer, Map, Step, Thread, Together, Transaction};
use crate::Nanos;
use crate::model::{Action, Flow, OnError, Timer, TimerId};
use crate::simulate::bound::MOST_STEPS;
use crate::simulate::choose::is_first_turn;
use crate::simulate::gate::Gates;
use crate::simulate::redirect::redirect;
use crate::simulate::shaping::{Asked, Stops};
use crate::simulate::walk::{Last, State, Walk};
use crate::simulate::{MILLI, random, thread, timers};

/// What a thread does after a wait, before it looks for its next sampler.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Then {
    /// Asks the timers of a sampler: all of them, or those that are asked after the pacing script.
    Ask(u32, bool),
    /// Comes to the timers that still hold a sampler, and starts it after the rest of its wait.
    Gates(Held),
    /// Asks a throughput shaping timer again.
    Look(u32, Held),
    /// Changes its course.
    Flow(u32, Flow),
    /// Ends the test.
    StopTest(bool),
    /// Asks for the lock of a critical section.
    Lock(u32, u32),
    /// Ends at this instant.
    End(Nanos),
}

/// A sampler that timers hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    branch: u32,
    /// What its other timers add afterwards.
    wait: Nanos,
    gates: Gates,
}

/// One thread on its way through the plan.
#[derive(Debug)]
pub struct Walker {
    thread: thread::Thread,
    root: u32,
    iteration: u32,
    then: Option<Then>,
    /// Open transactions, the outermost first.
    open: Vec<Open>,
    /// Rows to tell, the last one first.
    rows: Vec<Transaction>,
    /// The critical sections that it is in: the lock, the section, and the hold of it.
    sections: Vec<(u32, u32, Arc<()>)>,
}

impl Walker {
    /// A thread that begins. `seed` is that of its own timers.
    pub fn new(map: &Map<'_>, thread: Thread, seed: u64) -> Self {
        let (root, spots) = map.tree.roots.get(thread.group).copied().unwrap_or((0, 1));
        let random = random::generator(seed, (thread.group as u64) << 32 | u64::from(thread.number));
        let of = (thread.group, thread.number);
        let mut state = thread::Thread::new(of, spots, map.plan.timers.len(), random);
        (state.made, state.end) = (thread.started, thread.end);
        Self {
            thread: state,
            root,
            iteration: 0,
            then: None,
            open: Vec::new(),
            rows: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// Iterations of the group that the thread has begun, from 0.
    pub const fn iteration(&self) -> u32 {
        self.iteration
    }

    /// A thread beside this one, with the values that its variables have: for a sampler that runs beside others.
    #[must_use]
    pub fn beside(&self, map: &Map<'_>, thread: Thread, seed: u64) -> Self {
        let mut other = Self::new(map, thread, seed);
        other.thread.spots.clone_from(&self.thread.spots);
        other
    }

    /// The value that a variable has. `None`: none yet.
    pub fn value(&self, map: &Map<'_>, variable: u32) -> Option<i64> {
        let spot = map.tree.variables_of.get(self.thread.group)?.get(&variable)?;
        self.thread.spots.get(*spot)?.value()
    }

    /// What the thread does at `now`.
    pub fn next(&mut self, map: &Map<'_>, together: &mut Together, now: Nanos) -> Step {
        if let Some(row) = self.rows.pop() {
            return Step::Transaction(row);
        }
        // A thread that a timer held until its end sends its sample all the same, as in JMeter.
        let goes_on = match &self.then {
            Some(Then::End(_) | Then::StopTest(_) | Then::Look(..)) => true,
            Some(Then::Gates(held)) => held.wait == 0 && !together.is_stopped(self.thread.group),
            _ => false,
        };
        if !goes_on && (self.thread.is_over(now) || together.is_stopped(self.thread.group)) {
            return self.end_at(now);
        }
        match self.then.take() {
            None => self.look(map, together, now),
            Some(Then::Ask(branch, resumed)) => self.ask(map, together, (branch, resumed), now),
            Some(Then::Gates(held)) => self.pass_gates(map, together, held, now),
            Some(Then::Look(timer, held)) => {
                together.timers.shaping(timer).0.waiting -= 1;
                self.shape(map, together, (timer, held), now)
            }
            Some(Then::Lock(branch, lock)) => self.enter_section(together, (branch, lock), now),
            Some(Then::Flow(branch, flow)) => self.flow(map, branch, flow, now),
            Some(Then::StopTest(at_once)) => Step::StopTest { at_once },
            Some(Then::End(at)) => self.end_at(at.max(now)),
        }
    }

    /// Tells how the sample of the last step ended.
    pub fn answered(&mut self, map: &Map<'_>, answer: &Answer) {
        let ok = answer.sample.success;
        self.thread.last = Last { ok, retry_after: answer.retry_after };
        self.thread.answered = answer.end;
        let elapsed = answer.end.saturating_sub(answer.sample.start);
        Open::add(&mut self.open, &answer.sample, elapsed, answer.end);
        let on_error = map.plan.groups.get(self.thread.group).map(|group| group.on_error);
        let sampler = self.thread.sampler;
        let is_one_sample = map.tree.sampler(sampler).is_some() || self.is_one_sample(map);
        match on_error.filter(|_| !ok).unwrap_or_default() {
            OnError::Continue => {}
            OnError::StopThread | OnError::StopTest | OnError::StopTestNow if !is_one_sample => {}
            OnError::NextIteration => {
                redirect(&map.tree, &mut self.thread.spots, self.thread.sampler, Flow::NextIteration);
                self.thread.last.ok = true;
            }
            OnError::StopThread => self.then = Some(Then::End(answer.end)),
            OnError::StopTest => self.then = Some(Then::StopTest(false)),
            OnError::StopTestNow => self.then = Some(Then::StopTest(true)),
        }
    }

    /// Whether the samplers of the current [`Step::Parallel`](super::Step) are one sample, which fails if one of them does.
    pub fn is_one_sample(&self, map: &Map<'_>) -> bool {
        map.tree.is_one_sample(self.thread.sampler)
    }

    /// Looks for the next sampler.
    fn look(&mut self, map: &Map<'_>, together: &mut Together, now: Nanos) -> Step {
        let mut ended = Vec::new();
        let thread = &mut self.thread;
        let mut walk = Walk {
            tree: &map.tree,
            spots: &mut thread.spots,
            shared: &mut together.spots,
            last: thread.last,
            orders: &mut thread.orders,
            random: &mut thread.random,
            now,
            retry_at: &mut thread.retry_at,
            steps: 0,
            most_steps: MOST_STEPS,
            number: thread.number,
            ends: false,
            ended: Some(&mut ended),
        };
        let found = walk.next(self.root).filter(|_| !walk.ends);
        self.iteration += u32::from(ended.contains(&self.root));
        let Some(branch) = found else { return self.end_at(now) };
        self.leave_sections(map, branch);
        if let Some(lock) = map.tree.lock(branch) {
            return self.enter_section(together, (branch, lock), now);
        }
        if map.tree.is_step(branch) {
            self.change_transactions(map, branch, &ended, now);
            return self.rows.pop().map_or(Step::Pause { until: now }, Step::Transaction);
        }
        self.thread.sampler = branch;
        self.change_transactions(map, branch, &ended, now);
        self.then = Some(Then::Ask(branch, false));
        self.next(map, together, now)
    }

    /// Frees the locks of the critical sections that the thread has left, or comes to again.
    fn leave_sections(&mut self, map: &Map<'_>, found: u32) {
        let spots = &self.thread.spots;
        self.sections.retain(|(_, section, _)| {
            let spot = spots.get(map.tree.branch(*section).spot);
            *section != found && spot.is_some_and(|spot| spot.state != State::Fresh)
        });
    }

    /// Enters a critical section, or asks again a millisecond later.
    fn enter_section(&mut self, together: &mut Together, (branch, lock): (u32, u32), now: Nanos) -> Step {
        let own = self.sections.iter().find(|(held, ..)| *held == lock).map(|(.., hold)| Arc::clone(hold));
        if let Some(hold) = own.or_else(|| together.take(lock)) {
            self.sections.push((lock, branch, hold));
            return Step::Pause { until: now };
        }
        self.then = Some(Then::Lock(branch, lock));
        Step::Pause { until: now.saturating_add(MILLI) }
    }

    /// Ends the thread, after the rows of its open transactions.
    fn end_at(&mut self, at: Nanos) -> Step {
        self.rows.extend(Open::close(&mut self.open, 0));
        match self.rows.pop() {
            None => {
                self.sections.clear();
                Step::End { at }
            }
            Some(row) => {
                self.then = Some(Then::End(at));
                Step::Transaction(row)
            }
        }
    }

    /// Closes the transactions that have ended, and opens those around the next sampler.
    fn change_transactions(&mut self, map: &Map<'_>, sampler: u32, ended: &[u32], now: Nanos) {
        let around = map.transactions(sampler);
        let stays = |open: &Open| {
            !ended.contains(&open.branch) && around.iter().any(|(branch, ..)| *branch == open.branch)
        };
        let kept = self.open.iter().take_while(|open| stays(open)).count();
        self.rows.extend(Open::close(&mut self.open, kept));
        self.open.extend(around.into_iter().skip(kept).map(|of| Open::new(of, now)));
    }

    /// Asks the timers of a sampler. `resumed`: the pacing script has had its wait.
    fn ask(
        &mut self,
        map: &Map<'_>,
        together: &mut Together,
        (branch, resumed): (u32, bool),
        now: Nanos,
    ) -> Step {
        let active = timers::Active {
            all: together.active,
            group: together.active_of(self.thread.group),
            planned: map.group_threads(self.thread.group),
        };
        let timers = map.tree.sampler(branch).map_or(&[][..], |sampler| &sampler.timers);
        let delay = together.timers.delay(map.plan, (timers, resumed), &mut self.thread, active, now);
        let retry = self.thread.retry_at.take().filter(|_| !delay.asks_again);
        let at = now.saturating_add(delay.wait).max(retry.unwrap_or(0));
        let is_held = !delay.gates.is_empty();
        let ends = |end: &Nanos| (at > *end && !is_held) || (delay.stays && at >= *end);
        if let Some(end) = self.thread.end.filter(ends) {
            return self.end_at(if delay.stays { end } else { now });
        }
        if delay.asks_again {
            self.then = Some(Then::Ask(branch, true));
            return Step::Pause { until: at };
        }
        let held = Held { branch, wait: at - now, gates: delay.gates };
        self.pass_gates(map, together, held, now)
    }

    /// Comes to the timers that hold a sampler, and starts it behind the last.
    fn pass_gates(&mut self, map: &Map<'_>, together: &mut Together, mut held: Held, now: Nanos) -> Step {
        let Some(timer) = held.gates.pop() else {
            return self.start(map, held.branch, now.saturating_add(held.wait));
        };
        if matches!(map.plan.timers.get(timer as usize), Some(Timer::Shaping(_))) {
            return self.shape(map, together, (timer, held), now);
        }
        let left = self.thread.end.map(|end| end.saturating_sub(now));
        match gather(map, timer, left) {
            Some(step) => {
                self.then = Some(Then::Gates(held));
                step
            }
            None => self.pass_gates(map, together, held, now),
        }
    }

    /// Asks a throughput shaping timer.
    fn shape(
        &mut self,
        map: &Map<'_>,
        together: &mut Together,
        (timer, held): (u32, Held),
        now: Nanos,
    ) -> Step {
        let Some(Timer::Shaping(rows)) = map.plan.timers.get(timer as usize) else { return self.end_at(now) };
        let state = &mut together.timers.shaping(timer).0;
        let (asked, stops) = state.ask(rows, now);
        let wakes = asked == Asked::Goes && state.waiting > 0;
        state.waiting += u32::from(asked != Asked::Goes);
        match stops {
            Some(Stops::Group) => together.stop(self.thread.group),
            Some(Stops::Test) => return Step::StopTest { at_once: false },
            None => {}
        }
        let timer_id = TimerId(timer);
        match asked {
            Asked::Waits(until) => {
                self.then = Some(Then::Look(timer, held));
                Step::Hold { timer: timer_id, until }
            }
            Asked::Goes => {
                self.then = Some(Then::Gates(held));
                if wakes { Step::Wake { timer: timer_id } } else { Step::Pause { until: now } }
            }
        }
    }

    /// Starts a sampler.
    fn start(&mut self, map: &Map<'_>, branch: u32, at: Nanos) -> Step {
        let Some(sampler) = map.tree.sampler(branch) else {
            let is_first = is_first_turn(&self.thread.spots, &map.tree, branch);
            let turn = map.tree.together(branch, is_first);
            self.then = turn.flow.map(|flow| Then::Flow(branch, flow));
            if turn.samplers.is_empty() {
                return Step::Pause { until: at };
            }
            let nodes = turn.samplers.iter().filter_map(|branch| map.tree.branch(*branch).node).collect();
            return Step::Parallel { nodes, most: map.tree.most_together(branch), at };
        };
        match (&sampler.action, map.tree.branch(branch).node) {
            (Action::Pause(length), _) => {
                let until = at.saturating_add(*length);
                Step::Pause { until: self.thread.end.map_or(until, |end| until.min(end)) }
            }
            (Action::Flow(flow), _) => {
                self.then = Some(Then::Flow(branch, *flow));
                Step::Pause { until: at }
            }
            (_, Some(node)) => Step::Sample { node, at },
            (_, None) => Step::Pause { until: at },
        }
    }

    fn flow(&mut self, map: &Map<'_>, branch: u32, flow: Flow, now: Nanos) -> Step {
        match flow {
            Flow::StopThread => self.end_at(now),
            Flow::StopTest => Step::StopTest { at_once: false },
            Flow::StopTestNow => Step::StopTest { at_once: true },
            Flow::NextIteration | Flow::Continue | Flow::Break => {
                self.thread.last.ok = true;
                if redirect(&map.tree, &mut self.thread.spots, branch, flow) {
                    return self.end_at(now);
                }
                Step::Pause { until: now }
            }
        }
    }
}

/// The wait at a synchronizing timer.
fn gather(map: &Map<'_>, timer: u32, left: Option<Nanos>) -> Option<Step> {
    let Some(Timer::Synchronize { timeout, .. }) = map.plan.timers.get(timer as usize) else {
        return None;
    };
    let threads = *map.parties.get(timer as usize)?;
    let timeout = [*timeout, left].into_iter().flatten().min();
    Some(Step::Gather { timer: TimerId(timer), threads, timeout })
}
