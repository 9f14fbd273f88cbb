//! The next sampler of a thread: one rule for each controller, as `GenericController.next` and its heirs have them.
//!
//! A controller is asked until it returns nothing; then its turn is over and its spot is as at the start. So a
//! controller can also be left in the middle of a turn, as interleaving controllers do.

use fastrand::Rng;

use super::tree::{Kind, Tree};
use crate::Nanos;
use crate::model::NodeKind;

/// Where a thread is in one controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// The next child.
    pub(super) at: u32,
    /// Turns that are over.
    pub(super) turn: u32,
    /// Whether a turn has begun, is served, or is to end.
    pub(super) state: State,
    /// A start, a seed or a count, as the controller needs it.
    pub(super) extra: u64,
}

/// How far a turn of a controller is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// It has not begun.
    #[default]
    Fresh,
    /// It has begun.
    Inside,
    /// It has given its only sampler, and ends at the next question.
    Served,
}

/// How the last sample of a thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) ok: bool,
    /// The instant that the `Retry-After` of its refusal names.
    pub(super) retry_after: Option<Nanos>,
}

/// More questions without a sampler between them, and the thread ends: a loop around nothing.
const MAX_STEPS: u32 = 100_000;

/// One thread that looks for its next sampler.
pub(super) struct Walk<'a, 'p> {
    pub(super) tree: &'a Tree<'p>,
    /// The spots of the thread.
    pub(super) spots: &'a mut [Spot],
    /// The spots that all threads share, one for each branch.
    pub(super) shared: &'a mut [Spot],
    pub(super) last: Last,
    pub(super) random: &'a mut Rng,
    pub(super) now: Nanos,
    /// Set by a retry: the instant before which the next sample does not start.
    pub(super) retry_at: &'a mut Option<Nanos>,
    pub(super) steps: u32,
    /// Where transactions and loops are noted whose turn ends on the way.
    pub(super) ended: Option<&'a mut Vec<u32>>,
}

impl Walk<'_, '_> {
    fn spot(&mut self, branch: u32) -> &mut Spot {
        &mut self.spots[self.tree.branch(branch).spot]
    }

    fn note_end(&mut self, branch: u32) {
        if let Some(ended) = &mut self.ended {
            ended.push(branch);
        }
    }

    /// The next sampler, or a parallel controller. `None`: the turn of this controller is over.
    pub(super) fn next(&mut self, branch: u32) -> Option<u32> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return None;
        }
        match self.tree.branch(branch).kind {
            Kind::Sampler(_) => Some(branch),
            Kind::Root(count) => self.repeat(branch, count),
            Kind::Controller(kind) => self.controller(branch, kind),
        }
    }

    fn controller(&mut self, branch: u32, kind: &NodeKind) -> Option<u32> {
        match *kind {
            NodeKind::Loop(count) => self.repeat(branch, count),
            NodeKind::WhileSuccessful { at_entry } => self.while_successful(branch, at_entry),
            NodeKind::Retry { attempts, back_off } => self.retry(branch, attempts, back_off),
            NodeKind::Runtime { length } => self.runtime(branch, length),
            NodeKind::OnceOnly => self.entered_if(branch, Self::is_first),
            NodeKind::Percent { percent, per_thread } => self.entered_if(branch, |walk, branch| {
                let counts = walk.counts(branch, per_thread);
                let runs = by_percent(counts.extra, counts.turn, percent);
                counts.turn = counts.turn.saturating_add(1);
                counts.extra += u64::from(runs);
                runs
            }),
            NodeKind::Total { runs, per_thread } => self.entered_if(branch, |walk, branch| {
                let counts = walk.counts(branch, per_thread);
                let goes = counts.extra < u64::from(runs);
                counts.extra += u64::from(goes);
                goes
            }),
            NodeKind::IfLast { ok } => self.entered_if(branch, |walk, _| walk.last.ok == ok),
            NodeKind::Every(period) => self.entered_if(branch, |walk, branch| walk.is_due(branch, period)),
            NodeKind::Interleave { across_threads, one_sampler } => {
                self.interleave(branch, across_threads, one_sampler)
            }
            NodeKind::Random { one_sampler } => self.one_of(branch, one_sampler),
            NodeKind::RandomOrder => self.in_random_order(branch),
            NodeKind::Switch(child) => self.switch(branch, child),
            NodeKind::Parallel => self.parallel(branch),
            NodeKind::Never | NodeKind::Sampler(_) => None,
            NodeKind::Sequence => self.sequence(branch),
            NodeKind::Transaction { .. } => {
                let found = self.sequence(branch);
                if found.is_none() {
                    self.note_end(branch);
                }
                found
            }
        }
    }

    /// One child after the other.
    fn sequence(&mut self, branch: u32) -> Option<u32> {
        let tree = self.tree;
        loop {
            let at = self.spot(branch).at;
            let Some(child) = tree.branch(branch).children.get(at as usize) else {
                self.spot(branch).at = 0;
                return None;
            };
            let found = self.next(*child);
            if found.is_none() || tree.sampler(*child).is_some() {
                self.spot(branch).at += 1;
            }
            if found.is_some() || self.steps > MAX_STEPS {
                return found;
            }
        }
    }

    fn repeat(&mut self, branch: u32, count: Option<u32>) -> Option<u32> {
        if count == Some(0) || self.ends_now(branch) {
            return None;
        }
        while self.steps <= MAX_STEPS {
            if let Some(found) = self.sequence(branch) {
                return Some(found);
            }
            self.steps += 1;
            self.note_end(branch);
            let spot = self.spot(branch);
            spot.turn = if count.is_some() { spot.turn + 1 } else { 1 };
            if count.is_some_and(|count| spot.turn >= count) {
                spot.turn = 0;
                return None;
            }
        }
        None
    }

    /// Whether a break has ended this loop.
    fn ends_now(&mut self, branch: u32) -> bool {
        let spot = self.spot(branch);
        let ends = spot.state == State::Served;
        if ends {
            *spot = Spot::default();
        }
        ends
    }

    fn while_successful(&mut self, branch: u32, at_entry: bool) -> Option<u32> {
        if self.ends_now(branch) {
            return None;
        }
        if self.spot(branch).state == State::Fresh && at_entry && !self.last.ok {
            return None;
        }
        self.spot(branch).state = State::Inside;
        while self.steps <= MAX_STEPS {
            if let Some(found) = self.sequence(branch) {
                return Some(found);
            }
            self.steps += 1;
            self.spot(branch).turn = 1;
            if !self.last.ok {
                break;
            }
        }
        *self.spot(branch) = Spot::default();
        None
    }

    fn retry(&mut self, branch: u32, attempts: u32, back_off: Nanos) -> Option<u32> {
        if self.ends_now(branch) {
            return None;
        }
        if let Some(found) = self.sequence(branch) {
            return Some(found);
        }
        let turn = self.spot(branch).turn + 1;
        let Some(after) = self.last.retry_after.filter(|_| turn < attempts) else {
            self.spot(branch).turn = 0;
            return None;
        };
        let spread = back_off.saturating_mul(1 << (turn - 1).min(10));
        *self.retry_at = Some(after + self.random.u64(0..=spread / super::MILLI) * super::MILLI);
        self.spot(branch).turn = turn;
        self.sequence(branch)
    }

    fn runtime(&mut self, branch: u32, length: Nanos) -> Option<u32> {
        if self.ends_now(branch) {
            return None;
        }
        let now = self.now;
        let spot = self.spot(branch);
        if spot.state == State::Fresh {
            (spot.state, spot.extra) = (State::Inside, now);
        }
        let over = now.saturating_sub(spot.extra) >= length;
        let found = if over { None } else { self.sequence(branch).or_else(|| self.sequence(branch)) };
        if found.is_none() {
            *self.spot(branch) = Spot::default();
        }
        found
    }

    /// A controller that decides at its entry whether it runs.
    fn entered_if(&mut self, branch: u32, enters: impl FnOnce(&mut Self, u32) -> bool) -> Option<u32> {
        if self.spot(branch).state == State::Fresh && !enters(self, branch) {
            return None;
        }
        self.spot(branch).state = State::Inside;
        let found = self.sequence(branch);
        if found.is_none() {
            self.spot(branch).state = State::Fresh;
        }
        found
    }

    /// Whether this is the first iteration of the controller around a once-only controller.
    fn is_first(&mut self, branch: u32) -> bool {
        let Some(parent) = self.tree.branch(branch).parent else { return true };
        let first = match self.tree.branch(parent).kind {
            Kind::Root(_) | Kind::Controller(NodeKind::Loop(_) | NodeKind::WhileSuccessful { .. }) => {
                self.spot(parent).turn == 0
            }
            _ => self.spot(branch).extra == 0,
        };
        self.spot(branch).extra = 1;
        first
    }

    fn counts(&mut self, branch: u32, per_thread: bool) -> &mut Spot {
        if per_thread { self.spot(branch) } else { &mut self.shared[branch as usize] }
    }

    fn is_due(&mut self, branch: u32, period: Nanos) -> bool {
        let now = self.now;
        let last = &mut self.shared[branch as usize].extra;
        let due = now.saturating_sub(*last) >= period;
        if due {
            *last = now;
        }
        due
    }

    /// The child of this turn: a sampler once, a controller until it is over or once.
    fn serve(&mut self, branch: u32, child: u32, one_sampler: bool) -> Option<u32> {
        let found = self.next(child);
        let once = one_sampler || self.tree.sampler(child).is_some();
        self.spot(branch).state = match found {
            Some(_) if once => State::Served,
            Some(_) => State::Inside,
            None => State::Fresh,
        };
        found
    }

    /// Whether the turn of an interleaving controller has had its sampler.
    fn is_served(&mut self, branch: u32) -> bool {
        let spot = self.spot(branch);
        let served = spot.state == State::Served;
        if served {
            spot.state = State::Fresh;
        }
        served
    }

    fn interleave(&mut self, branch: u32, across: bool, one_sampler: bool) -> Option<u32> {
        self.one_child(branch, one_sampler, |walk, children| {
            let counts = walk.counts(branch, !across);
            let at = counts.turn as usize % children;
            counts.turn = u32::try_from(at + 1).unwrap_or(0);
            at
        })
    }

    fn one_of(&mut self, branch: u32, one_sampler: bool) -> Option<u32> {
        self.one_child(branch, one_sampler, |walk, children| walk.random.usize(0..children))
    }

    /// The sampler of one child: of the one that is not over yet, else of the one that `choose` returns for the number of children.
    fn one_child(
        &mut self,
        branch: u32,
        one_sampler: bool,
        mut choose: impl FnMut(&mut Self, usize) -> usize,
    ) -> Option<u32> {
        let children = &self.tree.branch(branch).children;
        if self.is_served(branch) || children.is_empty() {
            return None;
        }
        if self.spot(branch).state == State::Inside {
            let child = children[self.spot(branch).at as usize % children.len()];
            return self.serve(branch, child, one_sampler);
        }
        for _ in 0..children.len() {
            let at = choose(self, children.len());
            self.spot(branch).at = u32::try_from(at).unwrap_or(0);
            if let Some(found) = self.serve(branch, children[at], one_sampler) {
                return Some(found);
            }
        }
        None
    }

    fn in_random_order(&mut self, branch: u32) -> Option<u32> {
        if self.spot(branch).state == State::Fresh {
            let seed = self.random.u64(..);
            let spot = self.spot(branch);
            (spot.state, spot.extra) = (State::Inside, seed);
        }
        let mut order: Vec<u32> = self.tree.branch(branch).children.clone();
        Rng::with_seed(self.spot(branch).extra).shuffle(&mut order);
        while let Some(child) = order.get(self.spot(branch).at as usize) {
            let found = self.next(*child);
            if found.is_none() || self.tree.sampler(*child).is_some() {
                self.spot(branch).at += 1;
            }
            if found.is_some() {
                return found;
            }
        }
        *self.spot(branch) = Spot::default();
        None
    }

    fn switch(&mut self, branch: u32, child: usize) -> Option<u32> {
        let children = &self.tree.branch(branch).children;
        if self.is_served(branch) {
            return None;
        }
        // A position that does not exist reads as the first.
        let child = *children.get(child).or_else(|| children.first())?;
        self.serve(branch, child, false)
    }

    fn parallel(&mut self, branch: u32) -> Option<u32> {
        if self.is_served(branch) || self.tree.samplers_below(branch).is_empty() {
            return None;
        }
        self.spot(branch).state = State::Served;
        Some(branch)
    }
}

/// The share that a Throughput Controller runs: turn n runs if (100 · runs + 50) / (n + 1) < percent.
fn by_percent(runs: u64, turn: u32, percent: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "runs are fewer than turns, which are 32 bits")]
    let runs = runs as f64;
    runs.mul_add(100.0, 50.0) / (f64::from(turn) + 1.0) < percent
}
