//! The next sampler of a thread: one rule for each controller, as `GenericController.next` and its heirs have them.
//!
//! A controller is asked until it returns nothing; then its turn is over and its spot is as at the start. So a
//! controller can also be left in the middle of a turn, as interleaving controllers do. `choose` has those, `values` what
//! depends on the values of variables.

use fastrand::Rng;

use super::interleave::Choice;
use super::orders::Orders;
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
    /// Whether the Throughput Controllers among the children have decided for this turn.
    pub(super) decided: bool,
    /// A start, a seed or a count, as the controller needs it.
    pub(super) extra: u64,
}

impl Spot {
    /// The value of a variable whose spot this is.
    pub(super) fn value(&self) -> Option<i64> {
        (self.state == State::Inside).then_some(self.extra.cast_signed())
    }
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
    /// It does not run in this turn of the controller around it.
    Barred,
    /// It is over for good and has left the turn of the controller around it.
    Gone,
}

/// How the last sample of a thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) ok: bool,
    /// The instant that the `Retry-After` of its refusal names.
    pub(super) retry_after: Option<Nanos>,
}

/// One thread that looks for its next sampler.
pub(super) struct Walk<'a, 'p> {
    pub(super) tree: &'a Tree<'p>,
    /// The spots of the thread.
    pub(super) spots: &'a mut [Spot],
    /// The spots that all threads share, one for each branch.
    pub(super) shared: &'a mut [Spot],
    pub(super) last: Last,
    pub(super) orders: &'a mut Orders,
    pub(super) random: &'a mut Rng,
    pub(super) now: Nanos,
    /// Set by a retry: the instant before which the next sample does not start.
    pub(super) retry_at: &'a mut Option<Nanos>,
    pub(super) steps: u32,
    /// More questions without a sampler between them, and the thread goes round: a loop around nothing.
    pub(super) most_steps: u32,
    /// The number of the thread in its group, from 0.
    pub(super) number: u32,
    /// Whether the thread ends: a data set has no row for it.
    pub(super) ends: bool,
    /// Where transactions and loops are noted whose turn ends on the way.
    pub(super) ended: Option<&'a mut Vec<u32>>,
}

impl Walk<'_, '_> {
    pub(super) fn spot(&mut self, branch: u32) -> &mut Spot {
        &mut self.spots[self.tree.branch(branch).spot]
    }

    /// Whether nothing more is asked: the thread goes round, or ends.
    pub(super) const fn is_stopped(&self) -> bool {
        self.steps > self.most_steps || self.ends
    }

    /// Nothing more is asked: the thread goes round.
    pub(super) const fn go_round(&mut self) {
        self.steps = self.most_steps.saturating_add(1);
    }

    fn note_end(&mut self, branch: u32) {
        if let Some(ended) = &mut self.ended {
            ended.push(branch);
        }
    }

    /// The next sampler, or a parallel controller. `None`: the turn of this controller is over.
    pub(super) fn next(&mut self, branch: u32) -> Option<u32> {
        self.steps += 1;
        if self.is_stopped() {
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
            NodeKind::WhileSuccessful { at_entry } => {
                self.repeat_while(branch, |walk, is_entry| walk.last.ok || is_entry && !at_entry)
            }
            NodeKind::While { ref condition, on_turn: false } => {
                self.repeat_while(branch, |walk, is_entry| walk.goes_on(branch, condition, is_entry))
            }
            NodeKind::While { ref condition, on_turn: true } => {
                self.repeat_while(branch, |walk, is_entry| walk.holds_next(branch, condition, is_entry))
            }
            NodeKind::Index { of, .. } => {
                self.set_index(branch, of);
                None
            }
            NodeKind::Counter(ref counter) => {
                self.count(branch, counter);
                None
            }
            NodeKind::Retry { attempts, back_off } => self.retry(branch, attempts, back_off),
            NodeKind::Runtime { length } => self.runtime(branch, length),
            NodeKind::OnceOnly => self.entered_if(branch, Self::is_first),
            NodeKind::Once => self
                .entered_if(branch, |walk, branch| std::mem::replace(&mut walk.spot(branch).extra, 1) == 0),
            NodeKind::Percent { .. } | NodeKind::Total { .. } => self.throughput(branch, kind),
            NodeKind::Rows(ref rows) => {
                self.take_row(branch, rows);
                None
            }
            NodeKind::Critical { .. } => self.critical(branch),
            NodeKind::IfLast { ok, each } => self.entered_while(branch, each, |walk| walk.last.ok == ok),
            NodeKind::If { ref condition, each } => {
                self.entered_while(branch, each, |walk| walk.holds(branch, condition))
            }
            NodeKind::Every(period) => self.entered_if(branch, |walk, branch| walk.is_due(branch, period)),
            NodeKind::Interleave { across_threads, one_sampler } => {
                self.interleave(branch, Choice { drawn: false, across_threads, one_sampler })
            }
            NodeKind::Random { one_sampler } => {
                self.interleave(branch, Choice { drawn: true, across_threads: false, one_sampler })
            }
            NodeKind::RandomOrder => self.in_random_order(branch),
            NodeKind::Switch(child) => self.switch(branch, child),
            NodeKind::Select(ref selection) => self.select(branch, selection),
            NodeKind::Weighted { ref weights, drawn } => self.weighted(branch, weights, drawn),
            NodeKind::Parallel { .. } => self.parallel(branch),
            NodeKind::Never | NodeKind::Sampler(_) => None,
            NodeKind::Sequence => self.sequence(branch),
            NodeKind::Transaction { .. } => self.transaction(branch),
        }
    }

    /// One child after the other.
    pub(super) fn sequence(&mut self, branch: u32) -> Option<u32> {
        let tree = self.tree;
        if tree.branch(branch).has_shares && !std::mem::replace(&mut self.spot(branch).decided, true) {
            self.decide_shares(branch);
        }
        loop {
            let at = self.spot(branch).at;
            let Some(child) = tree.branch(branch).children.get(at as usize) else {
                let spot = self.spot(branch);
                (spot.at, spot.decided) = (0, false);
                return None;
            };
            let found = self.next(*child);
            if found.is_none() || tree.sampler(*child).is_some() {
                self.spot(branch).at += 1;
            }
            if found.is_some() || self.is_stopped() {
                return found;
            }
        }
    }

    /// Where each sampler has a turn, the row of a transaction has one as well.
    fn transaction(&mut self, branch: u32) -> Option<u32> {
        if std::mem::take(&mut self.spot(branch).extra) == 1 {
            return None;
        }
        let found = self.sequence(branch);
        if found.is_some() || self.is_stopped() {
            return found;
        }
        self.note_end(branch);
        let ends_apart = self.tree.branch(branch).ends_apart;
        self.spot(branch).extra = u64::from(ends_apart);
        ends_apart.then_some(branch)
    }

    fn repeat(&mut self, branch: u32, count: Option<u32>) -> Option<u32> {
        if count == Some(0) || self.ends_now(branch) {
            return None;
        }
        let mut begun = false;
        while !self.is_stopped() {
            if let Some(found) = self.sequence(branch) {
                return Some(found);
            }
            // Only a turn that gave nothing from its begin on shows that there is nothing left.
            if self.is_stopped() || begun && self.has_none_left(branch) {
                return None;
            }
            begun = true;
            self.steps += 1;
            self.note_end(branch);
            self.reset_counters(branch);
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
    pub(super) fn ends_now(&mut self, branch: u32) -> bool {
        let spot = self.spot(branch);
        let ends = spot.state == State::Served;
        if ends {
            *spot = Spot::default();
        }
        ends
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
        if found.is_none() && !self.is_stopped() {
            *self.spot(branch) = Spot::default();
        }
        found
    }

    /// A controller that decides at its entry whether it runs.
    pub(super) fn entered_if(
        &mut self,
        branch: u32,
        enters: impl FnOnce(&mut Self, u32) -> bool,
    ) -> Option<u32> {
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
        let begins = match self.tree.branch(parent).kind {
            Kind::Root(_) => true,
            Kind::Controller(kind) => kind.iterates(),
            Kind::Sampler(_) => false,
        } && self.spot(parent).turn == 0;
        // One that a failed sample has kept from its first turn runs in the next.
        let never_ran = std::mem::replace(&mut self.spot(branch).extra, 1) == 0;
        begins || never_ran
    }

    /// A Throughput Controller. The begin of a turn of the controller around it has decided whether it runs, also if the turn
    /// ends before it. After its last turn it stays at its end.
    fn throughput(&mut self, branch: u32, kind: &NodeKind) -> Option<u32> {
        if self.spot(branch).state == State::Barred {
            return None;
        }
        let NodeKind::Total { runs, per_thread } = *kind else { return self.sequence(branch) };
        if self.is_used_up(branch, runs, per_thread) {
            return None;
        }
        let found = self.sequence(branch);
        if found.is_none() && !self.is_stopped() && self.turns_run(branch, per_thread) >= u64::from(runs) {
            self.spot(branch).at = u32::try_from(self.tree.branch(branch).children.len()).unwrap_or(u32::MAX);
        }
        found
    }

    /// How many turns of a Throughput Controller have run.
    fn turns_run(&self, branch: u32, per_thread: bool) -> u64 {
        let spot = self.tree.branch(branch).spot;
        if per_thread { self.spots[spot].extra } else { self.shared[branch as usize].extra }
    }

    /// Whether a Throughput Controller has run its last turn to its end.
    pub(super) fn is_used_up(&self, branch: u32, runs: u32, per_thread: bool) -> bool {
        let place = self.tree.branch(branch);
        let is_over = self.spots[place.spot].at as usize >= place.children.len();
        runs == 0 || (is_over && self.turns_run(branch, per_thread) >= u64::from(runs))
    }

    /// Counts a turn of a Throughput Controller. Returns whether it runs.
    pub(super) fn throughput_runs(&mut self, branch: u32, kind: &NodeKind) -> bool {
        let (per_thread, most, percent) = match *kind {
            NodeKind::Percent { percent, per_thread } => (per_thread, None, percent),
            NodeKind::Total { runs, per_thread } => (per_thread, Some(runs), 100.0),
            _ => return false,
        };
        let counts = if per_thread { self.spot(branch) } else { &mut self.shared[branch as usize] };
        let runs = match most {
            Some(most) => counts.extra < u64::from(most),
            None => by_percent(counts.extra, counts.turn, percent),
        };
        counts.turn = counts.turn.saturating_add(1);
        counts.extra += u64::from(runs);
        runs
    }

    /// A controller that one thread runs at a time. It is returned itself first: the thread asks for its lock.
    fn critical(&mut self, branch: u32) -> Option<u32> {
        if self.spot(branch).state == State::Fresh {
            self.spot(branch).state = State::Inside;
            return Some(branch);
        }
        let found = self.sequence(branch);
        if found.is_none() {
            self.spot(branch).state = State::Fresh;
        }
        found
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
}

/// The share that a Throughput Controller runs: turn n runs if (100 · runs + 50) / (n + 1) < percent.
fn by_percent(runs: u64, turn: u32, percent: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "runs are fewer than turns, which are 32 bits")]
    let runs = runs as f64;
    runs.mul_add(100.0, 50.0) / (f64::from(turn) + 1.0) < percent
}
