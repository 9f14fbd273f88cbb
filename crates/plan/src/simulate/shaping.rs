//! The Throughput Shaping Timer, as `VariableThroughputTimer.delay` of jmeter-plugins (4e7cf81) has it: threads wait in the
//! timer until the current second has a place for them.
//!
//! A thread that finds no place waits for its own time, which grows with the threads that wait already, or until a thread
//! that goes wakes the one that has waited longest. A place that no thread takes before its second ends is lost: with many
//! waiting threads the plugin sends fewer samples than its schedule has, and so does this model.
//!
//! The seconds are those of the machine's clock, so the first is a part of one. Where it begins is drawn.

use std::collections::{HashMap, VecDeque};

use super::gate::Waiting;
use super::{MILLI, SECOND};
use crate::Nanos;
use crate::model::ShapingRow;

/// The state of one timer.
#[derive(Debug)]
pub(super) struct Shaping {
    /// How much of a second of the clock was over at time 0.
    phase: Nanos,
    /// The second of the first call, and the current one.
    first: Option<u64>,
    current: u64,
    /// The samples of the current second: those that it has, and those that were sent.
    rate: f64,
    sent: u64,
    /// How often the timer has asked threads to stop: once in each second after its schedule.
    stops: u32,
    /// When the thread looks again that stands for all that wait after the end of the schedule.
    looks_at: Option<Nanos>,
    /// The threads that wait in the timer.
    pub(super) waiting: u32,
}

/// What a thread does that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Goes on, and wakes another one.
    Goes,
    /// Waits until this instant, or until another thread wakes it. `None`: only another thread does.
    Waits(Option<Nanos>),
}

/// Whom the timer stops when its schedule is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stops {
    /// The group of the thread that asked.
    Group,
    /// The test.
    Test,
}

/// How often the timer stops groups before it stops the test.
const STOPS_OF_GROUPS: u32 = 5;

impl Shaping {
    pub(super) const fn new(phase: Nanos) -> Self {
        Self { phase, first: None, current: 0, rate: 0.0, sent: 0, stops: 0, looks_at: None, waiting: 0 }
    }

    /// A thread asks at `now`. It is not one of [`Self::waiting`].
    pub(super) fn ask(&mut self, rows: &[ShapingRow], now: Nanos) -> (Asked, Option<Stops>) {
        let millis = now.saturating_add(self.phase) / MILLI;
        let stops = self.look_at(rows, millis / 1000);
        self.looks_at = self.looks_at.filter(|at| now < *at);
        let due = float(self.sent) * (1000.0 / self.rate);
        // A rate of 0 makes it no number, and the first sample of such a second goes, as in the plugin.
        let asked = if float(millis % 1000) < due { self.wait(now, due) } else { Asked::Goes };
        self.sent += u64::from(asked == Asked::Goes);
        (asked, stops)
    }

    /// Begins a second, if it is another one.
    fn look_at(&mut self, rows: &[ShapingRow], second: u64) -> Option<Stops> {
        let is_first = self.first.is_none();
        let first = *self.first.get_or_insert(second);
        if second == self.current && !is_first {
            return None;
        }
        (self.current, self.sent) = (second, 0);
        if let Some(rate) = rate_in(rows, second.saturating_sub(first)) {
            self.rate = rate;
            return None;
        }
        self.rate = if self.rate > 0.0 { self.rate } else { 1.0 };
        self.stops += 1;
        Some(if self.stops > STOPS_OF_GROUPS { Stops::Test } else { Stops::Group })
    }

    /// Until when a thread waits that finds no place. `due`: the millisecond of the next place.
    fn wait(&mut self, now: Nanos, due: f64) -> Asked {
        if self.stops > 0 {
            // All threads look every ten milliseconds then. One of them stands for all.
            let next = self.current * SECOND + whole(due.ceil().min(1000.0)) * MILLI;
            let is_first = self.looks_at.is_none();
            let next = *self.looks_at.get_or_insert(next.saturating_sub(self.phase).max(now + 1));
            return Asked::Waits(is_first.then_some(next));
        }
        let millis = (1000.0 * float(u64::from(self.waiting) + 1) / self.rate + 1.0).trunc();
        // The plugin waits for as long as an integer can say: four weeks.
        let forever = f64::from(i32::MAX);
        Asked::Waits((millis < forever).then(|| now.saturating_add(whole(millis).saturating_mul(MILLI))))
    }
}

/// The samples of a second of the schedule. `None`: it is over. A second at the end of a row still belongs to it, so that
/// the schedule has one second more than its rows.
fn rate_in(rows: &[ShapingRow], second: u64) -> Option<f64> {
    let mut left = second;
    for row in rows {
        let length = row.length / SECOND;
        if left <= length {
            let rate = row.from + float(left) * (row.to - row.from) / float(length);
            return Some(rate).filter(|rate| rate.is_nan() || *rate >= 0.0);
        }
        left -= length;
    }
    None
}

/// The length of a schedule, with the second at its end.
pub(crate) fn length(rows: &[ShapingRow]) -> Nanos {
    rows.iter().fold(SECOND, |sum: Nanos, row| sum.saturating_add(row.length / SECOND * SECOND))
}

/// Threads that wait, in the order in which they are woken.
#[derive(Debug, Default)]
pub(super) struct Queue {
    order: VecDeque<u32>,
    held: HashMap<u32, Waiting>,
    tickets: u32,
}

impl Queue {
    /// Holds a thread. Returns its ticket.
    pub(super) fn hold(&mut self, waiting: Waiting) -> u32 {
        self.tickets = self.tickets.wrapping_add(1);
        self.order.push_back(self.tickets);
        self.held.insert(self.tickets, waiting);
        self.tickets
    }

    /// The thread of a ticket, unless it was woken before.
    pub(super) fn take(&mut self, ticket: u32) -> Option<Waiting> {
        self.held.remove(&ticket)
    }

    /// The thread that has waited longest.
    pub(super) fn first(&mut self) -> Option<Waiting> {
        while let Some(ticket) = self.order.pop_front() {
            if let Some(waiting) = self.held.remove(&ticket) {
                return Some(waiting);
            }
        }
        None
    }

    pub(super) fn len(&self) -> u64 {
        self.held.len() as u64
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate, a count of samples or a number of seconds")]
const fn float(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturating")]
const fn whole(value: f64) -> u64 {
    value as u64
}
