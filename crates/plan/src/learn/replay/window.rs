//! Fixed windows: opened by the first admission, with a lockout or not, or aligned to the clock.

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::view::{Item, View};

/// Windows that their first admission opens.
#[derive(Debug)]
pub(super) struct Opened {
    groups: Vec<Group>,
    numbers: Numbers,
}

impl Opened {
    pub(super) fn new(view: &View, period: Nanos, (lockout, counts_refused): (Option<Nanos>, bool)) -> Self {
        let reaches = [period.saturating_sub(view.noise), period, period + view.noise];
        let numbers = Numbers { reaches, noise: view.noise, lockout, counts_refused };
        Self { groups: vec![Group::default(); view.groups], numbers }
    }
}

impl Replay for Opened {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        uses.extend(items.iter().map(|item| self.groups[item.group as usize].pass(item, &self.numbers)));
    }
}

/// The numbers of the limit.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    /// The period at its shortest, exactly, and at its longest.
    reaches: [Nanos; 3],
    noise: Nanos,
    lockout: Option<Nanos>,
    counts_refused: bool,
}

/// One window as it is if every window ends early, on time, or late by the noise.
///
/// An admission at the edge opens the next window or belongs to the last, and the stamps do not say which. A wrong guess would move all
/// later windows. The server's windows lie between the earliest and the latest.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    start: Nanos,
    used: i64,
    /// How many windows there were.
    number: u64,
}

impl Window {
    /// The number of the window that the next admission belongs to.
    const fn next(&self) -> u64 {
        if self.used == 0 { self.number + 1 } else { self.number }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Group {
    windows: [Window; 3],
    locked_until: Nanos,
    /// The use of the refusal that began the lockout. The lockout explains its refusals if its capacity explains that one.
    trigger: Option<Use>,
    /// Whether the window refused: then the next admission is in another one.
    refused: bool,
}

impl Group {
    fn pass(&mut self, item: &Item, numbers: &Numbers) -> Use {
        let locked = item.at < self.locked_until;
        let released = item.at.abs_diff(self.locked_until) <= numbers.noise;
        self.roll(item.at, locked, numbers);
        let usage = self.use_of(item.around(numbers.counts_refused));
        let unsure = self.is_unsure();
        let usage = match (released || unsure, locked) {
            (true, _) => Use::UNKNOWN,
            (false, true) if item.refused => self.trigger.unwrap_or(Use::LOCKED),
            (false, true) => Use::LOCKED,
            (false, false) => usage,
        };
        // A window that counts past its capacity refuses the same requests as one that stops there.
        if !item.refused || numbers.counts_refused && !locked {
            self.admit(item.at, unsure);
        }
        if item.refused && self.refuse(item.at, locked || released, numbers) {
            self.trigger = Some(usage);
        }
        usage
    }

    fn roll(&mut self, now: Nanos, locked: bool, numbers: &Numbers) {
        let [early, on_time, late] = &self.windows;
        let last = early.number.max(on_time.number).max(late.number);
        for (window, reach) in self.windows.iter_mut().zip(numbers.reaches) {
            // The engine frees a key wholly when its lockout ends.
            if locked {
                *window = Window { start: now, used: 0, number: last };
            } else if window.used > 0 && now - window.start >= reach {
                window.used = 0;
            }
        }
    }

    fn is_unsure(&self) -> bool {
        let [first, _, last] = &self.windows;
        first.next() != last.next()
    }

    fn use_of(&self, (before, after): (u32, u32)) -> Use {
        let [early, on_time, late] = &self.windows;
        let low = early.used.min(on_time.used).min(late.used) + 1 - i64::from(before);
        let high = early.used.max(on_time.used).max(late.used) + 1 + i64::from(after);
        Use { low, exact: on_time.used + 1, high }
    }

    fn admit(&mut self, now: Nanos, unsure: bool) {
        let after_refusal = self.refused && unsure;
        let [early, on_time, late] = &self.windows;
        let last = early.next().max(on_time.next()).max(late.next());
        for window in &mut self.windows {
            if window.used == 0 || after_refusal {
                let number = if after_refusal { last } else { window.number + 1 };
                *window = Window { start: now, used: 0, number };
                self.refused = false;
            }
            window.used += 1;
        }
    }

    /// Whether the refusal begins a lockout.
    fn refuse(&mut self, now: Nanos, locked: bool, numbers: &Numbers) -> bool {
        // Where refusals count, another limit may have refused in a window that is not full.
        self.refused = !numbers.counts_refused;
        // A refusal of an unused window belongs to the lockout before it, which the stamps put too early.
        let lockout = numbers.lockout.filter(|_| !locked && self.windows[1].used > 0);
        self.locked_until = lockout.map_or(self.locked_until, |lockout| now + lockout);
        lockout.is_some()
    }
}

/// Windows of the clock.
#[derive(Debug)]
pub(super) struct Aligned {
    groups: Vec<ClockWindow>,
    period: Nanos,
    phase: Nanos,
    noise: Nanos,
}

/// The window of one count.
#[derive(Clone, Copy, Debug, Default)]
struct ClockWindow {
    number: Nanos,
    used: i64,
    /// Admissions so shortly after its begin that they may belong to the window before.
    opening: i64,
    /// Admissions so shortly before its end that they may belong to the next window.
    closing: i64,
    /// Those of the window before.
    closed: i64,
}

impl Aligned {
    pub(super) fn new(view: &View, period: Nanos, phase: Nanos) -> Self {
        Self { groups: vec![ClockWindow::default(); view.groups], period, phase, noise: view.noise }
    }
}

impl Replay for Aligned {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        for item in items {
            let window = &mut self.groups[item.group as usize];
            let since = item.at.saturating_sub(self.phase);
            let (number, into) = (since / self.period, since % self.period);
            let (opens, closes) = (into <= self.noise, self.period - into <= self.noise);
            window.enter(number);
            let usage = window.use_of(item);
            if !item.refused {
                window.used += 1;
                window.opening += i64::from(opens);
                window.closing += i64::from(closes);
            }
            uses.push(if opens || closes { Use::UNKNOWN } else { usage });
        }
    }
}

impl ClockWindow {
    fn enter(&mut self, number: Nanos) {
        if number != self.number {
            let closed = if number == self.number + 1 { self.closing } else { 0 };
            *self = Self { number, closed, ..Self::default() };
        }
    }

    fn use_of(&self, item: &Item) -> Use {
        let exact = self.used + 1;
        let low = exact - i64::from(item.early) - self.opening;
        Use { low, exact, high: exact + i64::from(item.late) + self.closed }
    }
}
