//! The capacity that explains the most, as a threshold over the uses of a replay.

use super::replay::Use;
use super::view::{Item, View};

/// How much a wrong admission weighs. A refusal can have a reason outside the limit; an admission over the capacity has none.
pub(super) const WRONG: u64 = 3;
/// Its weight where another limit shall explain the refusals that are left.
pub(super) const WRONG_OF_TWO: u64 = 10;

/// The part of the refusals that a kind may leave unexplained: one in this number.
pub(super) const UNKNOWN: u64 = 10;

/// The best capacity of a replay, and what it leaves unexplained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) capacity: u64,
    /// The capacities that explain as much.
    pub(super) low: u64,
    pub(super) high: u64,
    /// Admissions that the limit would have refused.
    pub(super) wrong: u64,
    /// Refusals that the limit would have admitted, those that its scope does not cover among them.
    pub(super) unexplained: u64,
    /// The weighted cost by the stamps alone, without time noise. It decides between equal ones.
    pub(super) strict: u64,
}

impl Score {
    pub(super) const fn cost(&self, weight: u64) -> u64 {
        weight * self.wrong + self.unexplained
    }
}

/// Rows by the capacity at which they begin or end to contradict, with the time noise and by the stamps alone.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    /// Admissions that are wrong below this capacity.
    admitted: u32,
    /// Refusals that are unexplained from this capacity on.
    refused: u32,
    admitted_exactly: u32,
    refused_exactly: u32,
}

/// The rows that have been replayed, by the capacity at which each contradicts.
#[derive(Debug, Default)]
pub(super) struct Scorer {
    bins: Vec<Bin>,
    /// The greatest bin with a row. Beyond it the cost does not change.
    reach: usize,
    /// The greatest capacity.
    top: usize,
    admissions: Counts,
    /// Admissions that contradict every capacity.
    always: Counts,
    /// Refusals of which the kind is unsure.
    unknown: u64,
    /// How many may be unknown, and the refusals that the scope does not cover.
    may_be_unknown: u64,
    outside: u64,
}

/// A number of rows with the time noise, and by the stamps alone.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    noisy: u64,
    exact: u64,
}

/// What a capacity leaves, as the capacities are gone through.
#[derive(Clone, Copy, Debug)]
struct Left {
    wrong: Counts,
    unexplained: Counts,
}

impl Left {
    fn pass(&mut self, bin: &Bin) {
        self.wrong.noisy -= u64::from(bin.admitted);
        self.wrong.exact -= u64::from(bin.admitted_exactly);
        self.unexplained.noisy += u64::from(bin.refused);
        self.unexplained.exact += u64::from(bin.refused_exactly);
    }

    const fn score(&self, capacity: u64, weight: u64) -> Score {
        let strict = weight * self.wrong.exact + self.unexplained.exact;
        let (wrong, unexplained) = (self.wrong.noisy, self.unexplained.noisy);
        Score { capacity, low: capacity, high: capacity, wrong, unexplained, strict }
    }
}

impl Scorer {
    /// Prepares for the rows of a view.
    pub(super) fn begin(&mut self, view: &View) {
        let top = view.items.len() + 1;
        let dirty = self.bins.len().min(self.reach + 1);
        self.bins[..dirty].fill(Bin::default());
        if self.bins.len() <= top {
            self.bins.resize(top + 1, Bin::default());
        }
        (self.top, self.reach, self.outside) = (top, 1, view.outside);
        (self.admissions, self.always, self.unknown) = Default::default();
        self.may_be_unknown = view.refusals / UNKNOWN;
    }

    /// Adds rows with their uses.
    pub(super) fn add(&mut self, items: &[Item], uses: &[Use]) {
        for (item, usage) in items.iter().zip(uses) {
            if item.excused {
                continue;
            }
            if usage.is_unknown() {
                self.unknown += u64::from(item.refused);
            } else if item.refused {
                // Over the top the refusal is explained by every capacity.
                self.bump(usage.high, |bin| &mut bin.refused);
                self.bump(usage.exact, |bin| &mut bin.refused_exactly);
            } else {
                let counted = self.bump(usage.low, |bin| &mut bin.admitted);
                self.admissions.noisy += u64::from(counted);
                self.always.noisy += u64::from(!counted);
                let counted = self.bump(usage.exact, |bin| &mut bin.admitted_exactly);
                self.admissions.exact += u64::from(counted);
                self.always.exact += u64::from(!counted);
            }
        }
    }

    #[inline]
    fn bump(&mut self, bin: i64, which: impl Fn(&mut Bin) -> &mut u32) -> bool {
        let bin = usize::try_from(bin.max(0)).unwrap_or(usize::MAX);
        if bin > self.top {
            return false;
        }
        self.reach = self.reach.max(bin);
        *which(&mut self.bins[bin]) += 1;
        true
    }

    /// The least cost of the rows so far. More rows never cost less.
    pub(super) fn least(&self, weight: u64) -> u64 {
        let mut left = self.nothing();
        let costs = self.bins[..=self.reach].iter().skip(1).map(|bin| {
            left.pass(bin);
            weight * left.wrong.noisy + left.unexplained.noisy
        });
        costs.min().unwrap_or_default()
    }

    /// What the capacity 0 leaves.
    fn nothing(&self) -> Left {
        let (admissions, always) = (self.admissions, self.always);
        let without = self.without();
        let wrong = Counts { noisy: admissions.noisy + always.noisy, exact: admissions.exact + always.exact };
        let mut left = Left { wrong, unexplained: Counts { noisy: without, exact: without } };
        left.pass(&self.bins[0]);
        left
    }

    /// Refusals that no capacity explains. A kind that is unsure of nearly every row must not win by it.
    const fn without(&self) -> u64 {
        self.outside + self.unknown.saturating_sub(self.may_be_unknown)
    }

    /// The best capacity of the rows so far.
    pub(super) fn score(&self, weight: u64) -> Score {
        let mut left = self.nothing();
        let mut best: Option<Score> = None;
        for (capacity, bin) in (0u64..).zip(&self.bins[..=self.reach]).skip(1) {
            left.pass(bin);
            best = Some(better(best, left.score(capacity, weight), weight));
        }
        let best = best.unwrap_or_else(|| left.score(1, weight));
        // Beyond the last bin every capacity is as good as the last one.
        let high = if best.high == self.reach as u64 { self.top as u64 } else { best.high };
        Score { high, capacity: best.low.midpoint(high), ..best }
    }

    /// The capacities around `best` whose cost is at most `most`, of the rows so far.
    pub(super) fn range(&self, best: u64, weight: u64, most: u64) -> (u64, u64) {
        let mut left = self.nothing();
        let (mut low, mut high, mut ended) = (best, best, false);
        let mut run: Option<u64> = None;
        for (capacity, bin) in (0u64..).zip(&self.bins[..=self.top]).skip(1) {
            left.pass(bin);
            let cheap = weight * left.wrong.noisy + left.unexplained.noisy <= most;
            run = run.or(Some(capacity)).filter(|_| cheap);
            if capacity == best {
                low = run.unwrap_or(best);
            }
            ended |= capacity > best && !cheap;
            if capacity > best && !ended {
                high = capacity;
            }
        }
        (low, high)
    }
}

/// Whether a limit of the capacity says of a row what was seen.
#[inline]
pub(super) fn explains(item: &Item, usage: Use, capacity: u64) -> bool {
    let capacity = i64::try_from(capacity).unwrap_or(i64::MAX);
    usage.is_unknown() || if item.refused { usage.high > capacity } else { usage.low <= capacity }
}

/// The better of two, or the first with a wider range if they are equal and neighbours.
fn better(best: Option<Score>, here: Score, weight: u64) -> Score {
    let Some(best) = best else { return here };
    let key = |score: &Score| (score.cost(weight), score.strict);
    if key(&here) < key(&best) {
        here
    } else if key(&here) == key(&best) && here.capacity == best.high + 1 {
        Score { high: here.capacity, ..best }
    } else {
        best
    }
}
