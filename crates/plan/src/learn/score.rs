//! The capacity that explains the most, as a threshold over the uses of a replay.

use super::replay::Use;
use super::view::{Item, View};

/// How much a wrong admission weighs. A refusal can have a reason outside the limit; an admission over the capacity has none.
pub(super) const WRONG: u64 = 3;
/// Its weight where another limit shall explain the refusals that are left.
pub(super) const WRONG_OF_TWO: u64 = 10;

/// The part of the refusals that a kind may leave unexplained: one in this number.
const UNKNOWN: u64 = 10;

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

/// Histograms of uses by the capacity at which a row begins or ends to contradict.
#[derive(Debug, Default)]
pub(super) struct Scorer {
    /// `admitted[u]`: admissions that are wrong below the capacity u.
    admitted: Vec<u32>,
    /// `refused[u]`: refusals that are unexplained from the capacity u on.
    refused: Vec<u32>,
    admitted_exactly: Vec<u32>,
    refused_exactly: Vec<u32>,
    /// Admissions that contradict every capacity.
    always: u64,
    /// Refusals that no capacity explains.
    without: u64,
}

impl Scorer {
    /// The best capacity for the uses of a view.
    pub(super) fn score(&mut self, view: &View, uses: &[Use], weight: u64) -> Score {
        let top = view.items.len() + 1;
        let (always_wrong, strictly_wrong) = self.fill(view, uses, top);
        let mut best: Option<Score> = None;
        let (mut wrong, mut strict_wrong) =
            (sum(&self.admitted) + always_wrong, sum(&self.admitted_exactly) + strictly_wrong);
        let (mut unexplained, mut strict_unexplained) = (self.without, self.without);
        for capacity in 0..=top {
            wrong -= u64::from(self.admitted[capacity]);
            strict_wrong -= u64::from(self.admitted_exactly[capacity]);
            unexplained += u64::from(self.refused[capacity]);
            strict_unexplained += u64::from(self.refused_exactly[capacity]);
            if capacity == 0 {
                continue;
            }
            let strict = weight * strict_wrong + strict_unexplained;
            let here = Score {
                capacity: capacity as u64,
                low: capacity as u64,
                high: capacity as u64,
                wrong,
                unexplained,
                strict,
            };
            best = Some(better(best, here, weight));
        }
        let best = best.unwrap_or(Score {
            capacity: 1,
            low: 1,
            high: 1,
            wrong: 0,
            unexplained: view.outside,
            strict: 0,
        });
        Score { capacity: best.low.midpoint(best.high), ..best }
    }

    /// The capacities around `best` whose cost is at most `most`, after [`Scorer::score`] of the same uses.
    pub(super) fn range(&self, best: u64, weight: u64, most: u64) -> (u64, u64) {
        let (mut wrong, mut unexplained) = (sum(&self.admitted) + self.always, self.without);
        let (mut low, mut high, mut ended) = (best, best, false);
        let mut run: Option<u64> = None;
        for (capacity, (admitted, refused)) in (0..).zip(self.admitted.iter().zip(&self.refused)) {
            wrong -= u64::from(*admitted);
            unexplained += u64::from(*refused);
            let cheap = capacity > 0 && weight * wrong + unexplained <= most;
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

    /// Returns the admissions that contradict every capacity, with and without noise.
    fn fill(&mut self, view: &View, uses: &[Use], top: usize) -> (u64, u64) {
        for histogram in
            [&mut self.admitted, &mut self.refused, &mut self.admitted_exactly, &mut self.refused_exactly]
        {
            histogram.clear();
            histogram.resize(top + 1, 0);
        }
        let (mut always, mut strictly, mut unknown, mut refusals) = (0, 0, 0, 0);
        let at = |bin: i64| usize::try_from(bin.max(0)).unwrap_or(usize::MAX);
        for (item, usage) in view.items.iter().zip(uses) {
            let counts = item.refused && !item.excused;
            refusals += u64::from(counts);
            unknown += u64::from(counts && usage.is_unknown());
            if usage.is_unknown() || item.excused {
                continue;
            }
            if item.refused {
                // Over the top the refusal is explained by every capacity.
                bump(&mut self.refused, at(usage.high));
                bump(&mut self.refused_exactly, at(usage.exact));
            } else {
                always += u64::from(!bump(&mut self.admitted, at(usage.low)));
                strictly += u64::from(!bump(&mut self.admitted_exactly, at(usage.exact)));
            }
        }
        self.always = always;
        // A kind that is unsure of nearly every row must not win by it.
        self.without = view.outside + unknown.saturating_sub(refusals / UNKNOWN);
        (always, strictly)
    }
}

/// Whether a limit of the capacity says of a row what was seen.
pub(super) fn explains(item: &Item, usage: Use, capacity: u64) -> bool {
    let capacity = i64::try_from(capacity).unwrap_or(i64::MAX);
    usage.is_unknown() || if item.refused { usage.high > capacity } else { usage.low <= capacity }
}

fn bump(histogram: &mut [u32], bin: usize) -> bool {
    histogram.get_mut(bin).map(|count| *count += 1).is_some()
}

fn sum(histogram: &[u32]) -> u64 {
    histogram.iter().map(|count| u64::from(*count)).sum()
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
