//! Controllers that depend on a condition, and what sets the variables of conditions: counters, the rows of data sets.

use super::restart::initialize_below;
use super::walk::{Spot, State, Walk};
use crate::model::{ByValue, Child, Condition, Counter, IndexOf, Rows, Selection, Share, Value};

impl Walk<'_, '_> {
    /// Turns as long as a condition holds, at the entry and after each turn.
    pub(super) fn repeat_while(
        &mut self,
        branch: u32,
        mut holds: impl FnMut(&mut Self, bool) -> bool,
    ) -> Option<u32> {
        if self.ends_now(branch) {
            return None;
        }
        if self.spot(branch).state == State::Fresh && !holds(self, true) {
            return None;
        }
        self.spot(branch).state = State::Inside;
        while !self.is_stopped() {
            if let Some(found) = self.sequence(branch) {
                return Some(found);
            }
            self.steps += 1;
            self.spot(branch).turn = 1;
            if !holds(self, false) {
                break;
            }
        }
        *self.spot(branch) = Spot::default();
        None
    }

    /// One turn if a condition holds at the entry, or as long as it holds before each sampler.
    pub(super) fn entered_while(
        &mut self,
        branch: u32,
        each: bool,
        holds: impl FnOnce(&mut Self) -> bool,
    ) -> Option<u32> {
        let asks = each || self.spot(branch).state == State::Fresh;
        if asks && !holds(self) {
            initialize_below(self.tree, self.spots, branch);
            let spot = self.spot(branch);
            (spot.at, spot.state, spot.decided) = (0, State::Fresh, false);
            return None;
        }
        self.entered_if(branch, |_, _| true)
    }

    /// Whether a condition on a value holds.
    pub(super) fn holds(&mut self, branch: u32, condition: &Condition) -> bool {
        let value = self.looked_at(branch, condition.value);
        *self.truth(condition).at(value)
    }

    /// Whether one more turn runs. JMeter asks after a turn and once more before the next: it draws twice.
    pub(super) fn goes_on(&mut self, branch: u32, condition: &Condition, is_entry: bool) -> bool {
        let asks_twice = !is_entry && matches!(condition.value, Value::Drawn { .. });
        self.holds(branch, condition) && (!asks_twice || self.holds(branch, condition))
    }

    fn truth<'c>(&self, condition: &'c Condition) -> &'c ByValue<bool> {
        if self.last.ok { &condition.ok } else { &condition.failed }
    }

    /// Whether a condition on the index of a controller's own turn holds. JMeter asks after a turn and once more before the
    /// next, which has the next index.
    pub(super) fn holds_next(&self, branch: u32, condition: &Condition, is_entry: bool) -> bool {
        let truth = self.truth(condition);
        let over = self.value(branch).filter(|_| !is_entry);
        let next = over.map_or(0, |over| over.saturating_add(1));
        over.is_none_or(|over| *truth.at(Some(over))) && *truth.at(Some(next))
    }

    /// The child that a value names.
    pub(super) fn selected(&mut self, branch: u32, selection: &Selection) -> Child {
        *selection.child.at(self.looked_at(branch, selection.value))
    }

    fn looked_at(&mut self, branch: u32, value: Value) -> Option<i64> {
        match value {
            Value::Of(_) => self.value(branch),
            Value::Drawn { least, most } => Some(self.random.i64(least..=most)),
        }
    }

    /// The value of the variable of a branch.
    fn value(&self, branch: u32) -> Option<i64> {
        self.spots[self.tree.branch(branch).variable].value()
    }

    /// Sets the variable of a counter, as `CounterConfig.iterationStart` does.
    pub(super) fn count(&mut self, branch: u32, counter: &Counter) {
        let place = self.tree.branch(branch);
        let spot =
            if counter.per_thread { &mut self.spots[place.spot] } else { &mut self.shared[place.counter] };
        let has_begun = std::mem::replace(&mut spot.state, State::Inside) == State::Inside;
        let next = spot.extra.cast_signed();
        let value =
            if has_begun && (counter.per_thread || next <= counter.end) { next } else { counter.start };
        let next = value.wrapping_add(counter.increment);
        let begins_again = counter.per_thread && next > counter.end;
        spot.extra = if begins_again { counter.start } else { next }.cast_unsigned();
        self.set(branch, value);
    }

    /// Sets the variable of an index. The first turn of a controller is its turn 0.
    pub(super) fn set_index(&mut self, branch: u32, of: IndexOf) {
        let is_first = self.tree.branch(branch).parent.is_none_or(|parent| self.spot(parent).turn == 0);
        let value = match of {
            IndexOf::Thread => i64::from(self.number) + 1,
            IndexOf::Turn if is_first => 0,
            IndexOf::Turn => self.value(branch).map_or(0, |last| last.saturating_add(1)),
        };
        self.set(branch, value);
    }

    fn set(&mut self, branch: u32, value: i64) {
        let variable = &mut self.spots[self.tree.branch(branch).variable];
        (variable.state, variable.extra) = (State::Inside, value.cast_unsigned());
    }

    /// A new iteration of a group: some counters begin again.
    pub(super) fn reset_counters(&mut self, branch: u32) {
        let tree = self.tree;
        for spot in &tree.branch(branch).resets {
            self.spots[*spot] = Spot::default();
        }
    }

    /// Takes a row of a data set, as `FileServer.readLine` does. At the end of the file the thread ends, or the variable says so.
    pub(super) fn take_row(&mut self, branch: u32, rows: &Rows) {
        let counter = self.tree.branch(branch).counter;
        let next = match rows.share {
            Share::Thread => &mut self.spots[counter].extra,
            Share::Group | Share::All => &mut self.shared[counter].extra,
        };
        if *next >= rows.count && rows.recycles {
            *next = 0;
        }
        let row = *next;
        *next = rows.count.min(row + 1);
        let is_end = row >= rows.count || rows.empty.binary_search(&row).is_ok();
        self.ends |= is_end && rows.stops;
        if let Some(place) = rows.variable {
            self.set(branch, place.first.saturating_add_unsigned(row));
        }
    }
}
