//! Controllers that run one child at a turn, the next or one that is drawn: `InterleaveControl` and `RandomController`.
//!
//! A child that is over for good leaves the turn, as in `GenericController.currentReturnedNull`. Where a child that is a
//! controller runs one sampler at a turn, one that runs nothing is asked again and again: the stack of `JMeter`'s thread
//! overflows then.

use super::walk::{State, Walk};

/// How often a child that runs nothing is asked again before the thread goes round. `JMeter`'s stack holds about as many calls.
const MOST_ASKED_AGAIN: u32 = 1_000;

/// Whether the first position was set.
pub(super) const PLACED: u64 = 1;
/// Whether a controller has given a sampler in this turn.
const RETURNED: u64 = 2;
/// Whether the position has moved in this turn.
const MOVED: u64 = 4;
/// Where the child lies at which the search of this turn began, plus one. 0: it has not begun.
const SEARCH: u32 = 32;

/// How the next child is found.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// Whether it is drawn.
    pub(super) drawn: bool,
    /// Whether each thread begins at a place of its own.
    pub(super) across_threads: bool,
    /// Whether a child that is a controller runs one sampler at a turn.
    pub(super) one_sampler: bool,
}

impl Walk<'_, '_> {
    pub(super) fn interleave(&mut self, branch: u32, choice: Choice) -> Option<u32> {
        self.place(branch, choice);
        let mut asked = 0;
        while !self.is_stopped() {
            if self.spot(branch).state == State::Served {
                self.end_interleaved_turn(branch);
                return None;
            }
            if self.spot(branch).state == State::Fresh {
                self.begin_turn(branch);
                self.spot(branch).state = State::Inside;
            }
            let Some(child) = self.child_at(branch) else {
                if self.live_children(branch) == 0 {
                    return None;
                }
                self.spot(branch).at = if choice.drawn { self.draw(branch) } else { 0 };
                continue;
            };
            if self.is_search_over(branch, child) {
                self.end_interleaved_turn(branch);
                return None;
            }
            if self.tree.sampler(child).is_some() {
                return Some(self.serve(branch, child, choice));
            }
            let found = self.next(child);
            if self.is_stopped() {
                return found;
            }
            match found {
                Some(found) => {
                    self.spot(branch).extra |= RETURNED;
                    if choice.one_sampler {
                        self.serve(branch, child, choice);
                    } else {
                        self.spot(branch).extra &= (1 << SEARCH) - 1;
                    }
                    return Some(found);
                }
                None if self.is_done(child) => self.leave(branch, child),
                None if !choice.one_sampler => self.move_on(branch, choice),
                None => {
                    asked += 1;
                    if asked > MOST_ASKED_AGAIN {
                        self.go_round();
                    }
                }
            }
        }
        None
    }

    /// Sets the first position of a thread.
    fn place(&mut self, branch: u32, choice: Choice) {
        if self.spot(branch).extra & PLACED != 0 {
            return;
        }
        let number = self.number;
        let children = u32::try_from(self.live_children(branch)).unwrap_or(u32::MAX).max(1);
        let at = match choice {
            Choice { drawn: true, .. } => self.draw(branch),
            Choice { across_threads: true, .. } => number % children,
            Choice { .. } => 0,
        };
        let spot = self.spot(branch);
        (spot.at, spot.extra) = (at, spot.extra | PLACED);
    }

    fn draw(&mut self, branch: u32) -> u32 {
        let children = self.live_children(branch).max(1);
        u32::try_from(self.random.usize(0..children)).unwrap_or(0)
    }

    /// Whether the search has come back to where it began.
    fn is_search_over(&mut self, branch: u32, child: u32) -> bool {
        let place = u64::from(child) + 1;
        let spot = self.spot(branch);
        match spot.extra >> SEARCH {
            0 => spot.extra |= place << SEARCH,
            begin => return begin == place && spot.extra & MOVED != 0,
        }
        false
    }

    /// The turn has its sampler.
    fn serve(&mut self, branch: u32, child: u32, choice: Choice) -> u32 {
        self.move_on(branch, choice);
        self.spot(branch).state = State::Served;
        child
    }

    fn move_on(&mut self, branch: u32, choice: Choice) {
        let drawn = choice.drawn.then(|| self.draw(branch));
        let spot = self.spot(branch);
        if spot.extra & RETURNED != 0 {
            spot.state = State::Served;
        }
        spot.extra |= MOVED;
        spot.at = drawn.unwrap_or(spot.at.saturating_add(1));
    }

    /// The turn is over. The position stays.
    fn end_interleaved_turn(&mut self, branch: u32) {
        let spot = self.spot(branch);
        (spot.state, spot.extra) = (State::Fresh, spot.extra & PLACED);
    }
}
