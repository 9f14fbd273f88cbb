//! Runs of refusals: what they show of the length of a period or of a lockout, and whether they ever end.

use super::view::{Item, View};
use crate::Nanos;

/// Refusals without an end are a ban only if they last for at least one part in this number of the run.
const LONG: Nanos = 4;

/// The runs of refusals of all counts of a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs {
    /// Runs that an admission ended.
    pub(super) ended: u64,
    /// From the first refusal of the longest run to its last.
    pub(super) longest: Nanos,
    /// From the first refusal to the admission that ended the run, where that took least.
    pub(super) shortest: Option<Nanos>,
    /// The least and greatest number of admissions before the first refusal of a count.
    pub(super) before: (u64, u64),
}

/// One count, as its rows come.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    admitted: u64,
    refused: bool,
    /// First and last refusal of the open run.
    run: Option<(Nanos, Nanos)>,
}

impl Runs {
    pub(super) fn of(view: &View) -> Self {
        let mut runs = Self { before: (u64::MAX, 0), ..Self::default() };
        let mut counts = vec![Count::default(); view.groups];
        for item in view.items.iter().filter(|item| !item.excused) {
            runs.pass(&mut counts[item.group as usize], item, view.noise);
        }
        for (first, last) in counts.iter().filter_map(|count| count.run) {
            runs.longest = runs.longest.max(last - first);
        }
        runs.before.0 = runs.before.0.min(runs.before.1);
        runs
    }

    fn pass(&mut self, count: &mut Count, item: &Item, noise: Nanos) {
        if item.refused {
            if !count.refused {
                self.before = (self.before.0.min(count.admitted), self.before.1.max(count.admitted));
            }
            count.refused = true;
            count.run = Some((count.run.map_or(item.at, |(first, _)| first), item.at));
            return;
        }
        count.admitted += 1;
        // A refusal among admissions within the noise came in another order.
        let Some((first, last)) = count.run.take().filter(|(first, _)| item.at - first > noise) else {
            return;
        };
        self.ended += 1;
        self.longest = self.longest.max(last - first);
        self.shortest = Some(self.shortest.map_or(item.at - first, |least| least.min(item.at - first)));
    }

    /// Whether one run at most ended, so that it shows lengths of time as ranges only.
    pub(super) const fn shows_once(&self) -> bool {
        self.ended <= 1
    }

    /// Whether what was refused was refused to the end of a run of this length.
    pub(super) const fn is_for_good(&self, span: Nanos) -> bool {
        self.ended == 0 && self.longest.saturating_mul(LONG) >= span && self.before.1 > 0
    }
}
